"""Stratified splits, number by number scikit-learn's."""

import numpy as np
import pytest
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, train_test_split

from trifit.stratified import stratified_folds, stratified_holdout


def labels(rng):
    """Class codes of which each occurs twice at least, in any order."""
    n_classes = int(rng.integers(2, 6))
    shares = rng.dirichlet(np.ones(n_classes))
    y = rng.choice(n_classes, size=rng.integers(5, 200), p=shares)
    return rng.permutation(np.r_[y, np.arange(n_classes), np.arange(n_classes)])


def same(ours, theirs):
    return all(
        np.array_equal(a, b)
        for one, other in zip(ours, theirs, strict=True)
        for a, b in zip(one, other, strict=True)
    )


@pytest.mark.filterwarnings("ignore:The least populated class")
@pytest.mark.parametrize("case", range(100))
def test_folds_are_those_of_scikit_learn(case):
    rng = np.random.default_rng(case)
    y, seed = labels(rng), int(rng.integers(2**31))
    n_folds = int(rng.integers(2, min(8, np.bincount(y).max()) + 1))
    theirs = StratifiedKFold(n_folds, shuffle=True, random_state=seed).split(y, y)
    assert same(stratified_folds(y, n_folds, seed), theirs)
    groups = rng.integers(n_folds + 10, size=len(y))
    theirs = StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed).split(y, y, groups)
    assert same(stratified_folds(y, n_folds, seed, groups), theirs)


@pytest.mark.parametrize("case", range(100))
def test_held_out_rows_are_those_of_scikit_learn(case):
    rng = np.random.default_rng(case)
    y, seed = labels(rng), int(rng.integers(2**31))
    share = float(rng.choice([0.2, 0.25, 0.3, 0.5, rng.uniform(0.05, 0.95)]))
    try:
        theirs = train_test_split(np.arange(len(y)), test_size=share, stratify=y, random_state=seed)
    except ValueError:
        with pytest.raises(ValueError, match="fewer than the classes"):
            stratified_holdout(y, share, seed)
        return
    assert same([stratified_holdout(y, share, seed)], [map(np.sort, theirs)])


def test_what_cannot_be_split():
    with pytest.raises(ValueError, match="a class has one row alone"):
        stratified_holdout(np.array([0, 0, 0, 1]), 0.5, 1)
    with pytest.raises(ValueError, match="n_folds=1"):
        stratified_folds(np.array([0, 1]), 1, 1)
