"""Rows that are copies of others: counted, and collapsed into weights."""

import numpy as np
from numba import njit

from trifit.inputs import Labels
from trifit.types import FloatArray, IntArray, Rows

BLOCK = 65_536
"""Rows compared at a time."""

MIN_ROWS = 1_000
"""Below, collapsing would save nothing."""


@njit(cache=True, nogil=True)
def _hashes(bits):  # type: ignore[no-untyped-def]
    """A 64-bit hash of every row of unsigned integers."""
    out = np.empty(len(bits), np.uint64)
    for i in range(len(bits)):
        h = np.uint64(0x9E3779B97F4A7C15)
        for j in range(bits.shape[1]):
            h = (h ^ bits[i, j]) * np.uint64(0xFF51AFD7ED558CCD)
            h ^= h >> np.uint64(32)
        out[i] = h
    return out


def _row_hashes(X: FloatArray) -> IntArray:
    return np.asarray(_hashes(np.ascontiguousarray(X).view(np.uint64)))


def n_copies(X: FloatArray, labels: Labels) -> int:
    """Rows that agree with an earlier row in all features and in the label.

    Told by 64-bit hashes: right but for one chance in millions.

    Examples
    --------
    >>> n_copies(np.array([[1.0], [1.0], [1.0], [2.0]]), np.array([0, 0, 1, 0]))
    1
    """
    by_label = _row_hashes(np.asarray(labels, dtype=np.float64).reshape(len(X), -1))
    both = np.column_stack([_row_hashes(X), by_label])
    return len(X) - len(np.unique(_hashes(both)))


def collapsed(X: FloatArray, labels: Labels, n_classes: int) -> tuple[FloatArray, Labels]:
    """Distinct rows and the weights of their classes, where those are half as many or fewer.

    The likelihood is the same function of the parameters; else X and labels
    are returned as they are.

    Parameters
    ----------
    X : array of shape (n_obs, n_features)
    labels : array of shape (n_obs,) or (n_obs, n_classes)
    n_classes : int

    Returns
    -------
    X : array of shape (n_distinct, n_features)
    weights : array of shape (n_distinct, n_classes)
        Number of rows of each class, or sums of their weights.
    """
    if len(X) < MIN_ROWS:
        return X, labels
    first, group = _groups(X)
    if 2 * len(first) > len(X):
        return X, labels
    return X[first], _summed(labels, group, n_classes)


def distinct(X: FloatArray, y: IntArray, weights: FloatArray, n_classes: int) -> Rows:
    """Distinct rows in an order of their own, each with the weights of its classes.

    So a row of weight 2 and the row given twice are the same rows to the last bit, and the
    order of the rows does not matter. Labels are class codes where no row has any weight
    but 1 of one class.

    Parameters
    ----------
    X : array of shape (n_obs, n_features)
    y : array of shape (n_obs,)
        Class codes.
    weights : array of shape (n_obs,)
    n_classes : int

    Examples
    --------
    >>> rows = distinct(np.array([[1.0], [1.0]]), np.array([0, 1]), np.array([1.0, 3.0]), 2)
    >>> rows.X, rows.labels
    (array([[1.]]), array([[1., 3.]]))
    """
    X = X + 0.0  # minus zero is zero
    first, group = _groups(X)
    labels = _summed(weights[:, None] * np.eye(n_classes)[y], group, n_classes)
    one_each = (labels.max(axis=1) == 1).all() and (labels.sum(axis=1) == 1).all()
    return Rows(X[first], labels.argmax(axis=1) if one_each else labels)


def _groups(X: FloatArray) -> tuple[IntArray, IntArray]:
    """The first of all rows that are alike, and the place among these of every row."""
    _, first, group = np.unique(_row_hashes(X), return_index=True, return_inverse=True)
    for start in range(0, len(X), BLOCK):
        rows = slice(start, start + BLOCK)
        if not np.array_equal(X[rows], X[first[group[rows]]]):  # two rows of one hash
            _, first, group = np.unique(X, axis=0, return_index=True, return_inverse=True)
            break
    return first, group


def _summed(labels: Labels, group: IntArray, n_classes: int) -> FloatArray:
    """Weights of the classes in every group, (n_groups, n_classes)."""
    weights = np.empty((int(group.max()) + 1, n_classes))
    for k in range(n_classes):
        of_class = labels[:, k] if labels.ndim == 2 else labels == k
        weights[:, k] = np.bincount(group, weights=of_class, minlength=len(weights))
    return weights
