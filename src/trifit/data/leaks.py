"""Columns that give the class away: alone, and without an error."""

import math

import numpy as np

from trifit.types import FloatArray, IntArray

MAX_CHANCE = 1e-3
"""Probability that any column separates the classes by accident, above which none is named."""


def gives_away(features: FloatArray, y: IntArray, *, n_columns: int) -> bool:
    """Whether one column determines the class of every row that has a value.

    A number does where each class is an interval of its values, a category where every
    level holds one class. Not by accident: with the labels dealt anew at random, the
    chance that any of ``n_columns`` such columns does so is below 1 in 1,000.

    Parameters
    ----------
    features : array of shape (n_rows, n_features)
        The column's features: itself, or one 0/1 column for each category.
    y : array of shape (n_rows,)
        Class codes.
    n_columns : int
        How many columns are looked at.

    Examples
    --------
    >>> y = np.repeat([0, 1], 20)
    >>> gives_away(y[:, None] * 3.0 + 1, y, n_columns=1)
    True
    >>> gives_away(np.arange(40.0)[:, None] % 7, y, n_columns=1)
    False
    """
    known = ~np.isnan(features).any(axis=1)
    features, y = features[known], y[known]
    counts = np.bincount(y)
    n_classes = int((counts > 0).sum())
    if n_classes < 2:
        return False
    if features.shape[1] > 1:
        levels = features.argmax(axis=1)
        pure = (np.bincount(levels) > 0).sum() == len(np.unique(levels * len(counts) + y))
        n_levels = len(np.unique(levels))
        ways = n_levels * math.log(n_classes)
    else:
        order = np.argsort(features[:, 0], kind="stable")
        value, label = features[order, 0], y[order]
        changes = np.diff(label) != 0
        ascends = value[1:] > value[:-1]
        pure = changes.sum() == n_classes - 1 and bool(ascends[changes].all())
        ways = math.lgamma(n_classes + 1)
    orders = math.lgamma(len(y) + 1) - sum(math.lgamma(n + 1) for n in counts)
    return bool(pure) and ways - orders + math.log(n_columns) < math.log(MAX_CHANCE)
