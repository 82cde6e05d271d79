"""Sets of classes: hand values, the guarantee, MAPIE's own answer, what is refused."""

import numpy as np
import pytest

from trifit.conformal import checked_level, conformal, enough_rows, highest_probability
from trifit.errors import InputError
from trifit.recalibration import deal

pytest.importorskip("mapie")


def rows(rng, n, k=3, sharper=1.0):
    """Probabilities with log-odds so many times too large, and labels."""
    true = rng.dirichlet(np.ones(k), size=n)
    y = (rng.random(n)[:, None] > true.cumsum(axis=1)[:, :-1]).sum(axis=1)
    given = true**sharper
    return given / given.sum(axis=1, keepdims=True), y


def test_highest_probability_by_hand():
    probs = np.array([[0.1, 0.6, 0.3], [0.5, 0.25, 0.25], [1.0, 0.0, 0.0]])
    assert highest_probability(probs, 0.9).tolist() == [[False, True, True], [True] * 3, [1, 0, 0]]
    assert highest_probability(probs, 0.5).sum(axis=1).tolist() == [1, 1, 1]
    assert highest_probability(probs, 0.501).sum(axis=1).tolist() == [1, 2, 1]


def test_highest_probability_of_calibrated_forecasts_covers(rng):
    probs, y = rows(rng, 4000)
    inside = highest_probability(probs, 0.8)
    assert (inside * probs).sum(axis=1).min() >= 0.8 - 1e-9
    assert inside[np.arange(4000), y].mean() > 0.8


def test_conformal_sets_by_hand():
    """The threshold of a fold: the ceil((n + 1) 0.75)-th smallest 1 - p of the other rows' labels.

    Of 7 others it is the sixth: 1 - p of 0.1, 0.2, ..., 0.7 gives 0.6.
    """
    p = np.r_[1 - np.arange(1, 8) / 10, 0.41, 0.39, np.full(5, 0.9)]
    probs, y = np.column_stack([p, 1 - p]), np.zeros(14, dtype=np.int64)
    inside = conformal(probs, y, 0.75, np.repeat([0, 1], 7))
    assert inside[7:9].tolist() == [[True, True], [False, True]]


@pytest.mark.parametrize("sharper", [0.3, 1.0, 4.0])
def test_conformal_sets_cover_whatever_the_probabilities(rng, sharper):
    """Coverage 0.9 within 4 standard errors; own sets of too sharp probabilities fall short."""
    probs, y = rows(rng, 3000, sharper=sharper)
    inside = conformal(probs, y, 0.9, deal(y, seed=rng))
    assert inside[np.arange(3000), y].mean() == pytest.approx(0.9, abs=4 * 0.0055)
    own = highest_probability(probs, 0.9)[np.arange(3000), y].mean()
    assert (own < 0.87) == (sharper > 1)


def test_only_other_folds_matter(rng):
    """A fold's sets do not change with its own labels."""
    probs, y = rows(rng, 200)
    fold = deal(y, seed=rng)
    other = np.where(fold == 2, (y + 1) % 3, y)
    a, b = (conformal(probs, labels, 0.8, fold) for labels in (y, other))
    assert np.array_equal(a[fold == 2], b[fold == 2])
    assert not np.array_equal(a, b)


def test_a_class_without_a_row_in_some_folds_is_no_matter(rng):
    probs, y = rows(rng, 60, k=4)
    y = np.where(y == 3, 0, y)
    y[0] = 3
    assert conformal(probs, y, 0.8, deal(y, seed=rng)).shape == (60, 4)


@pytest.mark.parametrize("level", [0, 1, -0.1, 1.5, "high", True, [0.9]])
def test_levels_are_shares(level):
    with pytest.raises(InputError, match="expected a coverage above 0 and below 1"):
        checked_level(level)


def test_what_cannot_be_is_refused(monkeypatch):
    with pytest.raises(InputError, match="soft labels are in no set"):
        checked_level(0.9, np.full((3, 2), 0.5))
    assert checked_level(None) is None
    assert checked_level(np.float64(0.9)) == 0.9
    monkeypatch.setattr("trifit.conformal.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'trifit\[conformal\]'"):
        checked_level(0.9)


@pytest.mark.parametrize("level", [0.05, 0.5, 0.9, 0.95])
def test_enough_rows_are_enough_for_the_library(rng, level):
    """And hardly more: two rows fewer are refused."""
    least = next(n for n in range(2, 100) if enough_rows(n, level))

    def tried(n):
        probs, y = rows(rng, 2 * n)
        return conformal(probs, y, level, np.repeat([0, 1], n))

    assert tried(least).shape == (2 * least, 3)
    if least > 3:
        with pytest.raises(ValueError, match="too low"):
            tried(least - 2)
