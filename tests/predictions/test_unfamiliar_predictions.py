"""Predictions as a newcomer has them: per cent, logits, decimal commas; what is said of each."""

import re

import numpy as np
import pandas as pd
import pytest

from trifit.errors import InputError
from trifit.predictions import Reading, read_predictions

BOTH, ONE = Reading(label="y", probs="p_*"), Reading(label="y", probs="p", positive="b")


@pytest.fixture
def frame(rng):
    p = rng.uniform(0.05, 0.95, size=40)
    return pd.DataFrame({"y": np.where(rng.random(40) < p, "b", "a"), "p_a": 1 - p, "p_b": p})


def read(frame, tmp_path, reading=BOTH, **written):
    path = tmp_path / "preds.csv"
    frame.to_csv(path, index=False, **written)
    return read_predictions({"preds": path}, reading).forecasts.log_probs["preds"]


def wrong(frame, change):
    """The frame with other numbers in its two columns."""
    return frame.assign(**{name: change(frame[name]) for name in ("p_a", "p_b")})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda p: 100 * p, "are these per cent? divide them by 100"),
        (lambda p: [f"{100 * x:.0f}%" for x in p], "write shares such as 0.25, not per cent"),
        (lambda p: np.log(p), "are these logits? give them as such (--logits)"),
        (lambda p: np.log(p) + 9, "are these logits? give them as such (--logits)"),
        (lambda p: 0.8 * p, "divide rows by their sum"),
    ],
)
def test_columns_that_are_no_probabilities_say_what_they_may_be(frame, tmp_path, change, said):
    with pytest.raises(InputError, match=re.escape(said)):
        read(wrong(frame, change), tmp_path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda p: 100 * p, "per cent? divide them by 100"),
        (lambda p: np.log(p / (1 - p)), "logits? give them as such (--logits)"),
    ],
)
def test_a_single_column_is_shown_as_it_is_written(frame, tmp_path, change, said):
    single = pd.DataFrame({"y": frame["y"], "p": change(frame["p_b"])})
    off = next(x for x in single["p"] if not 0 <= x <= 1)
    with pytest.raises(InputError, match=re.escape(f"holds {off:.3g}, expected a probability")):
        read(single, tmp_path, ONE)
    with pytest.raises(InputError, match=re.escape(said)):
        read(single, tmp_path, ONE)


def test_decimal_commas_say_the_same_numbers(frame, tmp_path):
    point = read(frame, tmp_path)
    assert np.array_equal(read(frame, tmp_path, sep=";", decimal=","), point)


def test_a_comma_in_one_column_is_a_comma_in_all(tmp_path):
    """1,234 alone is a thousand or one and a bit; beside -0,5 it is the latter."""
    path = tmp_path / "logits.csv"
    path.write_text("y;z_a;z_b\na;1,234;-0,5\nb;-2,345;0,25\na;3,456;0,125\nb;-1,111;0,75\n")
    reading = Reading(label="y", logits="z_*")
    log_odds = np.diff(read_predictions({"m": path}, reading).forecasts.log_probs["m"])[:, 0]
    assert log_odds == pytest.approx([-1.734, 2.595, -3.331, 1.861])
    path.write_text("y;z_a;z_b\na;1,234;-2,345\nb;-2,345;1,234\n")
    with pytest.raises(InputError, match=r"'1,234', which is 1234 or 1.234; write numbers with a"):
        read_predictions({"m": path}, reading)


def test_labels_without_a_column_say_how_columns_are_named(frame, tmp_path):
    other = frame.rename(columns={"p_a": "p_0", "p_b": "p_1"})
    with pytest.raises(InputError, match="these are for '0', '1'; name each column after its cla"):
        read(other, tmp_path)


def test_a_star_stands_for_no_column_with_another_role(frame, tmp_path):
    """As scikit-learn's users write them: a column for each class, and the label beside them."""
    bare = frame.rename(columns={"p_a": "a", "p_b": "b"}).assign(row=range(40), part=[0, 1] * 20)
    reading = Reading(label="y", probs="*", row_id="row", by=("part:2",))
    assert np.allclose(read(bare, tmp_path, reading), np.log(frame[["p_a", "p_b"]]))
    with pytest.raises(InputError, match=r"no column 'Y'"):
        read(bare, tmp_path, Reading(label="Y", probs="*"))


def test_predicted_classes_are_no_probabilities(frame, tmp_path):
    hard = pd.DataFrame({"y": frame["y"], "pred": frame["y"]})
    with pytest.raises(InputError, match=r"'pred' holds .* predicted classes are no probabilities"):
        read(hard, tmp_path, Reading(label="y", probs="pred", positive="b"))
    one = frame.assign(p_a=frame["p_a"].astype(str).where(frame.index != 3, "none"))
    with pytest.raises(InputError, match=r"'none' in data row 4 where a number is needed$"):
        read(one, tmp_path)
