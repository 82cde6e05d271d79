"""Rows that belong together: sums and errors by group.

Rows of one patient, one document or one day resemble each other, so they say less than
as many independent rows. Groups are then what is independent: a standard error comes
from the groups' sums, corrected for what each group moves the mean itself, and its interval
from Student's t. Its degrees of freedom are one less than there are groups of equal size, and
fewer where some groups are larger than others (Bell & McCaffrey 2002).
"""

from typing import Any

import numpy as np

from trifit.errors import InputError
from trifit.text import is_missing
from trifit.types import FloatArray, IntArray


def n_groups(groups: IntArray) -> int:
    """How many groups have a row."""
    return len(np.unique(groups))


def check_several(groups: IntArray) -> None:
    """Refuse training rows of one group: their inner folds must keep groups whole.

    Raises
    ------
    InputError
    """
    if n_groups(groups) < 2:
        raise InputError(
            "all training rows belong to one group; inner folds (temperatures, prior scales) need "
            "two: use more groups (--cv 3 with three), or leave the groups out"
        )


def group_codes(groups: Any) -> IntArray:
    """Codes 0, 1, ... of groups that are called anything, (n_obs,).

    Raises
    ------
    InputError
        If a row has no group (None, NaN), or names cannot be compared.

    Examples
    --------
    >>> group_codes(["b", "a", "b"])
    array([1, 0, 1])
    """
    values = np.asarray(groups)
    named = values.dtype.kind in "iubSU"
    if not named and (missing := [i for i, v in enumerate(values.ravel()) if is_missing(v)]):
        raise InputError(
            f"groups: row {missing[0]} has none ({len(missing):,} of {len(values):,} rows); a row "
            "that belongs to no other needs a group of its own"
        )
    try:
        return np.unique(values, return_inverse=True)[1].astype(np.int64)
    except TypeError as error:
        raise InputError(f"groups: {error}; give names of one type") from error


def of_rows(groups: IntArray | None, rows: IntArray | slice) -> IntArray | None:
    """Groups of some rows; None where every row is independent."""
    return None if groups is None else groups[rows]


def group_sums(values: FloatArray, groups: IntArray) -> FloatArray:
    """Sums of rows (n_obs, ...) by group, (n_groups, ...), groups ascending.

    Examples
    --------
    >>> group_sums(np.array([1.0, 2.0, 4.0]), np.array([7, 3, 7]))
    array([2., 5.])
    """
    from scipy.sparse import csc_array  # not needed by the command line's checks

    present, place = np.unique(groups, return_inverse=True)
    if values.ndim == 1:
        return np.bincount(place, weights=values)
    n = len(place)
    members = csc_array((np.ones(n), place, np.arange(n + 1)), shape=(len(present), n))
    return np.asarray(members @ values)


def standard_error(values: FloatArray, groups: IntArray) -> float:
    """Standard error of a mean over rows whose groups, not rows, are independent.

    ``sqrt(sum_g (sum_{i in g} (x_i - mean))**2 / (1 - n_g / n)) / n``; with groups of one row
    it is ``sd / sqrt(n)``. NaN with one group. It is the cluster-robust one ("CR2"), whose
    square is unbiased where rows are independent: a large group draws the mean to itself, so
    its own sum of residuals is too small.

    Parameters
    ----------
    values : array of shape (n_obs,)
    groups : array of shape (n_obs,)

    References
    ----------
    Liang & Zeger (1986), Biometrika 73(1), doi:10.1093/biomet/73.1.13;
    Bell & McCaffrey (2002), Surv. Methodol. 28(2) (the correction)

    Examples
    --------
    >>> x = np.array([1.0, 1.0, 3.0, 3.0])
    >>> standard_error(x, np.array([0, 0, 1, 1])), round(standard_error(x, np.arange(4)), 4)
    (1.0, 0.5774)
    """
    return float(standard_errors(values[:, None], groups)[0])


def standard_errors(values: FloatArray, groups: IntArray) -> FloatArray:
    """:func:`standard_error` of every column of values (n_obs, n_columns)."""
    with np.errstate(invalid="ignore"):  # an infinite mean has no standard error: NaN
        off = values - values.mean(axis=0)
    return np.asarray(error_of_sum(off, groups, shares(groups)) / len(values))


def error_of_sum(values: FloatArray, groups: IntArray, size: FloatArray) -> FloatArray:
    """Standard error of the sum of residuals (influences), by column; NaN with one group.

    Parameters
    ----------
    values : array of shape (n_obs, n_columns)
    groups : array of shape (n_obs,)
    size : array of shape (n_groups,)
        Share of each group in all rows (or in the information).
    """
    rest = np.where(size < 1, 1 - size, np.nan)
    with np.errstate(invalid="ignore"):  # infinite values
        return np.asarray(np.sqrt(1 / rest @ group_sums(values, groups) ** 2))


def shares(groups: IntArray) -> FloatArray:
    """Share of the rows that each group has, (n_groups,), groups ascending.

    Examples
    --------
    >>> shares(np.array([7, 3, 7, 7]))
    array([0.25, 0.75])
    """
    return np.asarray(np.unique(groups, return_counts=True)[1] / len(groups))


def degrees_of_freedom(size: FloatArray) -> float:
    """Of Student's t for a mean with :func:`standard_error`: Satterthwaite's, 1 with one group.

    The degrees of freedom of a chi-squared variable with the mean and the variance that the
    squared standard error has where rows are independent and normal. One less than there are
    groups of equal size; fewer where a few of them have most rows.

    Parameters
    ----------
    size : array of shape (n_groups,)
        Share of each group in all rows (or in the information): the sum is 1.

    References
    ----------
    Bell & McCaffrey (2002), Surv. Methodol. 28(2); Imbens & Kolesar (2016), Rev. Econ. Stat.
    98(4), doi:10.1162/REST_a_00552

    Examples
    --------
    >>> round(degrees_of_freedom(np.full(10, 0.1)), 6)
    9.0
    >>> round(degrees_of_freedom(np.array([0.8, 0.1, 0.1])), 2)
    1.25
    """
    if len(size) < 2:
        return 1.0
    crossed = size**2 / (1 - size)
    return float(1 / ((size**2).sum() + crossed.sum() ** 2 - (crossed**2).sum()))


def quantile(level: float, df: float | None) -> float:
    """How many standard errors reach to a two-sided interval: of Student's t.

    Without degrees of freedom (None) the normal distribution's.

    Examples
    --------
    >>> round(quantile(0.95, None), 3), round(quantile(0.95, 9), 3)
    (1.96, 2.262)
    """
    from scipy.special import stdtrit  # not needed by the command line's checks

    return float(stdtrit(np.inf if df is None else max(df, 1.0), (1 + level) / 2))


def dealt(groups: IntArray, y: IntArray, n_folds: int, rng: np.random.Generator) -> IntArray:
    """A fold for each row, groups kept whole: dealt like cards, one main class after the other.

    Parameters
    ----------
    groups, y : array of shape (n_obs,)
    n_folds : int
    rng : numpy Generator
        Shuffles the groups of one main class.
    """
    present, place = np.unique(groups, return_inverse=True)
    counts = np.zeros((len(present), int(y.max()) + 1))
    np.add.at(counts, (place, y), 1)
    order = np.lexsort((rng.random(len(present)), counts.argmax(axis=1)))
    fold = np.empty(len(present), dtype=np.int64)
    fold[order] = np.arange(len(present)) % n_folds
    return np.asarray(fold[place])
