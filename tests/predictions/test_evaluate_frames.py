"""Dataframes and groups that say in which order they stand, or that a row has no group."""

import numpy as np
import pandas as pd
import pytest

import trifit
from trifit.errors import InputError


@pytest.fixture
def forecasts(rng):
    """Sharp and right: any other order of rows or columns costs nats."""
    y = pd.Series(rng.integers(2, size=60), index=[f"r{i}" for i in range(60)])
    right = np.where(y == 1, 0.9, 0.1)
    return pd.DataFrame({"a": 1 - right, "b": right}, index=y.index), y


def loss(probs, y, **settings):
    return trifit.evaluate(probs, y, **settings).contestants["model"].scores.log_loss.value


def test_rows_in_another_order_are_refused(forecasts, rng):
    probs, y = forecasts
    other = probs.iloc[rng.permutation(60)]
    with pytest.raises(InputError, match=r"probs and y .* different orders; give y\.loc\[probs\."):
        trifit.evaluate(other, y)
    with pytest.raises(InputError, match=r"probs\['forest'\] and y have the same row index"):
        trifit.evaluate({"tree": probs, "forest": other}, y)
    assert loss(other, y.loc[other.index]) == pytest.approx(-np.log(0.9))


def test_columns_in_another_order_are_refused(forecasts):
    probs, y = forecasts
    with pytest.raises(InputError, match=r"columns b and a, .* a and b: another order"):
        trifit.evaluate(probs[["b", "a"]], y, class_names=["a", "b"])
    assert loss(probs, y, class_names=["a", "b"]) == pytest.approx(-np.log(0.9))
    named = probs.rename(columns=lambda name: f"p_{name}")
    assert loss(named, y, class_names=["a", "b"]) == pytest.approx(-np.log(0.9))


def test_classes_have_names_of_their_own(forecasts):
    probs, y = forecasts
    with pytest.raises(InputError, match="class_names: 'a' appears twice"):
        trifit.evaluate(probs, y, class_names=["a", "a"])
    with pytest.raises(InputError, match="class_names: 'a' appears twice"):
        trifit.evaluate_draws(np.stack([probs, probs]), y, class_names=["a", "a"])


@pytest.mark.parametrize("none", [np.nan, None, pd.NA, pd.NaT])
def test_a_row_without_a_group_is_refused(forecasts, none):
    probs, y = forecasts
    groups = [i // 3 if none is np.nan else f"g{i // 3}" for i in range(60)]
    groups[7] = groups[9] = none
    message = r"groups: row 7 has none \(2 of 60 rows\)"
    with pytest.raises(InputError, match=message):
        trifit.evaluate(probs, y, groups=groups)
    with pytest.raises(InputError, match=message):
        trifit.evaluate_draws(np.stack([probs, probs]), y, groups=pd.Series(groups, dtype=object))


def test_groups_of_two_types_are_refused(forecasts):
    probs, y = forecasts
    with pytest.raises(InputError, match=r"groups: .*; give names of one type"):
        trifit.evaluate(probs, y, groups=np.array([*range(59), "x"], dtype=object))


@pytest.mark.parametrize("none", [np.nan, None, pd.NA, pd.NaT])
def test_what_is_missing_divides_as_missing(forecasts, none):
    probs, y = forecasts
    sites = pd.Series(["north", none, "south"] * 20, dtype=object)
    table = trifit.evaluate(probs, y, by={"site": sites}).subgroups()
    assert table["n_obs"].droplevel(["fit", "by"]).to_dict() == {
        "north": 20, "south": 20, "(missing)": 20,
    }  # fmt: skip
