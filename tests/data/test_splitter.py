"""Splits that the user made: scikit-learn's splitters, and pairs of row numbers."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    PredefinedSplit,
    RepeatedKFold,
    ShuffleSplit,
    StratifiedKFold,
    TimeSeriesSplit,
)

from trifit.data import Splitter, choose_split, load_dataset
from trifit.errors import InputError
from trifit.run import run_comparison
from trifit.run.settings import Settings
from trifit.types import SplitBy, SplitRule

IRIS = load_dataset("iris")
SHUFFLED = np.random.default_rng(0).permutation(IRIS.n_obs)


def split_by(cv, seed=0):
    return choose_split(
        IRIS, n_coefficients=lambda: 5, rng=np.random.default_rng(seed), cv=Splitter.of(cv)
    )


def same(a, b):
    return all(
        (x == y).all()
        for p, q in zip(a.parts, b.parts, strict=True)
        for x, y in zip(p, q, strict=True)
    )


def test_a_splitters_folds_are_those_that_are_used():
    cv = StratifiedKFold(4, shuffle=True, random_state=0)
    split = split_by(cv)
    assert split.kind == "cv"
    for (train, test), (a, b) in zip(split.parts, cv.split(IRIS.X, IRIS.y), strict=True):
        assert (train == a).all()
        assert (test == b).all()
    splitter = "StratifiedKFold(n_splits=4, random_state=0, shuffle=True)"
    assert split.rule == SplitRule(by=SplitBy.SPLITTER, splitter=splitter)


def test_pairs_of_any_iterable_are_taken_as_they_are():
    halves = np.array_split(SHUFFLED, 2)
    pairs = ((halves[1 - k].tolist(), halves[k]) for k in range(2))
    split = split_by(pairs)
    assert [sorted(test) for _, test in split.parts] == [sorted(half) for half in halves]
    assert split.rule.splitter.startswith("<2 given splits, ")
    one = split_by([(SHUFFLED[:100], SHUFFLED[100:])])
    assert one.kind == "holdout"
    assert len(one.test_rows) == 50


def test_what_a_splitter_leaves_to_chance_comes_from_the_seed():
    cv = StratifiedKFold(3, shuffle=True)
    assert same(split_by(cv, 1), split_by(cv, 1))
    assert not same(split_by(cv, 1), split_by(cv, 2))
    assert cv.random_state is None
    fixed = StratifiedKFold(3, shuffle=True, random_state=5)
    assert same(split_by(fixed, 1), split_by(fixed, 2))


class Halves:
    """A splitter that is not scikit-learn's."""

    def split(self, X, y, groups):
        yield np.flatnonzero(groups % 2), np.flatnonzero(groups % 2 == 0)


def test_groups_are_passed_to_splitters_that_ask_for_them():
    """Of the others scikit-learn warns; here every warning is an error."""
    grouped = replace(IRIS, groups=np.arange(IRIS.n_obs) // 5)
    for cv in (GroupKFold(3), Halves()):
        split = Splitter.of(cv).split(grouped, np.random.default_rng(0))
        for train, test in split.parts:
            assert not set(grouped.groups[train]) & set(grouped.groups[test])
        assert split.rule.n_both == 0
    split = Splitter.of(KFold(3, shuffle=True, random_state=1)).split(
        grouped, np.random.default_rng(0)
    )
    assert split.rule.n_both == 28


def test_rows_may_be_left_untested():
    cv = PredefinedSplit(np.where(np.arange(150) % 3 == 0, np.arange(150) % 2, -1))
    assert len(split_by(cv).test_rows) == 50


@pytest.mark.parametrize(
    ("cv", "text"),
    [
        ("five", "cv 'five': expected a number of folds, a splitter"),
        (2.5, "cv 2.5: expected"),
        (True, "cv True: expected"),
        ([1, 2], "a list of other things"),
        ([], "it contains no split"),
        ([(range(100), range(90, 150))], "row 90 is both a training and a test row in split 1"),
        ([(range(100), range(100, 150))], "class 'virginica' has no training row in split 1"),
        ([(SHUFFLED, [150])], "split 1 names row 150; the data have rows 0 to 149"),
        ([(SHUFFLED[1:], [-1])], "split 1 names row -1"),
        ([(SHUFFLED[:100], [120, 120])], "names a row twice"),
        ([(SHUFFLED[:100], np.arange(150) > 100)], "split 1 holds bool"),
        ([(SHUFFLED[:100], [])], "expected row numbers"),
        ([(SHUFFLED[1:], SHUFFLED[:1])], "one row is tested"),
        (ShuffleSplit(5, test_size=0.5, random_state=0), "is tested in"),
        (RepeatedKFold(n_splits=3, n_repeats=2, random_state=0), "is tested in 2 splits"),
        (KFold(3), "has no training row in split 1"),
        (TimeSeriesSplit(3), "has no training row in split 1"),
        (GroupKFold(3), "cannot split these rows: ValueError: The 'groups' parameter"),
        (KFold(500), "cannot split these rows"),
    ],
)
def test_what_cannot_split_is_refused_in_a_line(cv, text):
    with pytest.raises(InputError) as caught:
        split_by(cv)
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)


def test_settings_say_which_splitter_in_words():
    given = Settings(cv=StratifiedKFold(3)).given
    assert str(given["cv"]) == "StratifiedKFold(n_splits=3, random_state=None, shuffle=False)"
    assert Settings(cv=np.int64(3)).cv == 3
    halves = np.array_split(SHUFFLED, 2)
    pairs = [(halves[0], halves[1])]
    again = [(halves[0].tolist(), tuple(halves[1]))]
    other = [(halves[1], halves[0])]
    one, two, three = (repr(Splitter.of(p)) for p in (pairs, again, other))
    assert one == two != three


@pytest.mark.broad
def test_a_comparison_with_a_splitter_is_that_of_its_folds(overlapping):
    cv = StratifiedKFold(3, shuffle=True, random_state=0)
    run = run_comparison(overlapping, cv=cv, nuts=False)
    pairs = list(cv.split(overlapping.X, overlapping.y))
    assert (run.test_rows == np.concatenate([test for _, test in pairs])).all()
    assert run.comparison.evaluation.kind == "cv"
    said = "StratifiedKFold(n_splits=3, random_state=0, shuffle=True)"
    assert run.comparison.provenance.settings["cv"] == said
    assert f"cv={said}" in run.comparison.provenance.command
