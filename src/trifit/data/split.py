"""Which rows train and which test: the stated rule."""

from collections.abc import Callable

import numpy as np

from trifit.clusters import check_several, n_groups
from trifit.data.splitter import Splitter
from trifit.errors import InputError
from trifit.stratified import stratified_folds, stratified_holdout
from trifit.types import Dataset, FloatArray, IntArray, Split, SplitBy, SplitRule

CV_LIMIT = 200_000
"""Largest n_obs x n_coefficients for which 5-fold cross-validation is the default.

Six posteriors of that size take about a minute on two cores; beyond it one
posterior on a stratified hold-out share is fitted instead.
"""

DEFAULT_FOLDS = 5
DEFAULT_TEST_SIZE = 0.2

TRIES = 100
"""Ways of holding groups out, of which the one with the most typical classes is taken."""


def check_split(dataset: Dataset, cv: int | Splitter | None, test_size: float | None) -> None:
    """Refuse two ways of choosing the test rows at a time, and folds or shares that are none.

    Parameters
    ----------
    dataset : Dataset
    cv : int or Splitter or None
    test_size : float or None

    Raises
    ------
    InputError
    """
    given = [
        name
        for name, value in (
            ("--test", dataset.n_test or None),
            ("--cv", cv),
            ("--test-size", test_size),
        )
        if value is not None
    ]
    if dataset.time is not None:
        given = ["--time", *(name for name in given if name != "--test-size")]
    if len(given) > 1:
        raise InputError(f"{' and '.join(given)} exclude each other; give one")
    if test_size is not None and not 0 < test_size < 1:
        raise InputError(f"--test-size {test_size}: expected a share between 0 and 1, e.g. 0.3")
    if isinstance(cv, int) and not 2 <= cv <= dataset.n_obs:
        raise InputError(f"--cv {cv}: expected 2 to {dataset.n_obs} folds (the number of rows)")


def choose_split(
    dataset: Dataset,
    *,
    n_coefficients: Callable[[], int],
    rng: np.random.Generator,
    cv: int | Splitter | None = None,
    test_size: float | None = None,
) -> Split:
    """Choose the train/test split of a comparison.

    A given test set is used as it is; ``cv`` or ``test_size`` ask for folds (or for a
    splitter's) or a hold-out share. Otherwise: stratified 5-fold cross-validation where
    ``n_obs * n_coefficients <= 200,000``, else a stratified hold-out of 20 %. Rows that
    belong together stay together. Where rows have a time, the latest share (``test_size``,
    20 % by default) is held out.

    Parameters
    ----------
    dataset : Dataset
    n_coefficients : callable
        Number of the model's coefficients, asked for where it decides between folds and a
        hold-out.
    rng : numpy Generator
    cv : int or Splitter, optional
        Number of folds, or a splitter.
    test_size : float, optional
        Share of the rows to hold out.

    Raises
    ------
    InputError
        If the arguments contradict each other or the rows cannot be split so.
    """
    check_split(dataset, cv, test_size)
    split = _chosen(dataset, n_coefficients, rng, cv, test_size)
    if dataset.groups is not None:
        for train, _ in split.parts:
            check_several(dataset.groups[train])
    return split


def _chosen(
    dataset: Dataset,
    n_coefficients: Callable[[], int],
    rng: np.random.Generator,
    cv: int | Splitter | None,
    test_size: float | None,
) -> Split:
    if dataset.n_test:
        rows = np.arange(dataset.n_obs)
        train, test = np.split(rows, [dataset.n_obs - dataset.n_test])
        return Split("given", ((train, test),), SplitRule(by=SplitBy.TEST_SET))
    if dataset.time is not None:
        return _latest(dataset, dataset.time, DEFAULT_TEST_SIZE if test_size is None else test_size)
    if isinstance(cv, Splitter):
        return cv.split(dataset, rng)
    if cv is not None:
        return _folds(dataset, cv, rng, SplitRule(by=SplitBy.REQUEST))
    if test_size is not None:
        return _holdout(dataset, test_size, rng, SplitRule(by=SplitBy.REQUEST))
    rule = SplitRule(by=SplitBy.SIZE, n_coefficients=n_coefficients(), most=CV_LIMIT)
    if dataset.n_obs * (rule.n_coefficients or 0) <= CV_LIMIT:
        n_folds = min(DEFAULT_FOLDS, int(np.bincount(dataset.y).max()))
        if dataset.groups is not None:
            n_folds = min(n_folds, n_groups(dataset.groups))
        return _folds(dataset, n_folds, rng, rule)
    return _holdout(dataset, DEFAULT_TEST_SIZE, rng, rule)


def _folds(dataset: Dataset, n_folds: int, rng: np.random.Generator, rule: SplitRule) -> Split:
    largest = int(np.bincount(dataset.y).max())
    if n_folds > largest:
        raise InputError(
            f"--cv {n_folds}: no class has that many rows (the largest has {largest}); "
            f"give at most {largest}"
        )
    if dataset.groups is not None and n_folds > (most := n_groups(dataset.groups)):
        raise InputError(f"--cv {n_folds}: there are {most} groups; give at most {most}")
    # A class with fewer rows than folds is fine here: every training part
    # still holds one of its rows, and the comparison notes it.
    parts = tuple(stratified_folds(dataset.y, n_folds, int(rng.integers(2**31)), dataset.groups))
    if dataset.groups is not None:
        for train, _ in parts:
            _check_training(dataset, train, f"--cv {n_folds}")
    return Split("cv", parts, rule)


def _holdout(dataset: Dataset, share: float, rng: np.random.Generator, rule: SplitRule) -> Split:
    if dataset.groups is not None:
        return _grouped_holdout(dataset, dataset.groups, share, rng, rule)
    try:
        train, test = stratified_holdout(dataset.y, share, int(rng.integers(2**31)))
    except ValueError as error:
        raise InputError(
            f"--test-size {share}: {dataset.n_obs} rows of {dataset.n_classes} classes cannot be "
            f"split this way ({error}); choose another share or --cv"
        ) from error
    if np.bincount(dataset.y[train], minlength=dataset.n_classes).min() == 0:
        raise InputError(
            f"--test-size {share}: a class would have no training row; choose a smaller share"
        )
    return Split("holdout", ((train, test),), rule)


def _grouped_holdout(
    dataset: Dataset, groups: IntArray, share: float, rng: np.random.Generator, rule: SplitRule
) -> Split:
    """Whole groups held out: of some random choices that with the most typical classes."""
    from sklearn.model_selection import GroupShuffleSplit

    if n_groups(groups) < 2:
        raise InputError(f"--test-size {share}: one group alone cannot be split")
    tries = GroupShuffleSplit(TRIES, test_size=share, random_state=int(rng.integers(2**31)))
    usual = np.bincount(dataset.y, minlength=dataset.n_classes) / dataset.n_obs

    def unlike(part: tuple[IntArray, IntArray]) -> float:
        train, test = (np.bincount(dataset.y[rows], minlength=len(usual)) for rows in part)
        if train.min() == 0 and dataset.soft_labels is None:
            return np.inf
        return float(abs(test / test.sum() - usual).sum() + abs(test.sum() / dataset.n_obs - share))

    train, test = min(tries.split(dataset.X, dataset.y, groups), key=unlike)
    _check_training(dataset, train, f"--test-size {share}")
    return Split("holdout", ((np.sort(train), np.sort(test)),), rule)


def _latest(dataset: Dataset, time: FloatArray, share: float) -> Split:
    """The latest rows held out; rows of one moment stay together."""
    moments = np.sort(time)
    first = moments[min(len(time) - 1, int(np.floor((1 - share) * len(time))))]
    if first == moments[0]:
        raise InputError(
            f"--time {_column(dataset, 'time')!r}: no rows are earlier than the latest "
            f"{share:.0%}, so none are left to train on"
        )
    train, test = np.flatnonzero(time < first), np.flatnonzero(time >= first)
    _check_training(dataset, train, f"--time {_column(dataset, 'time')!r}")
    if len(test) < 2:
        raise InputError(f"--test-size {share}: one test row has no standard error; give more")
    rule = SplitRule(by=SplitBy.TIME, time=_column(dataset, "time"))
    return Split("holdout", ((train, test),), rule)


def _column(dataset: Dataset, role: str) -> str:
    """The column that has a role; of a data set made by hand the role itself."""
    return dataset.roles.get(role, role)


def _check_training(dataset: Dataset, train: IntArray, option: str) -> None:
    """Refuse training rows that lack a class."""
    present = np.bincount(dataset.y[train], minlength=dataset.n_classes)
    if dataset.soft_labels is None and present.min() == 0:
        raise InputError(
            f"{option}: class {dataset.class_names[int(present.argmin())]!r} would have no "
            "training row; split otherwise"
        )
