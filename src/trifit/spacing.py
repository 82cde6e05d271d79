"""Rows: evenly spaced ones that stand for all, and blocks of all of them."""

import numpy as np

from trifit.types import IntArray

BLOCK = 2_000_000
"""Numbers that are worked on at a time: few enough to stay near the core."""


def evenly_spaced(n_obs: int, most: int) -> IntArray:
    """At most so many row numbers, evenly spaced from the first to the last.

    Examples
    --------
    >>> evenly_spaced(9, 3).tolist(), evenly_spaced(2, 3).tolist()
    ([0, 4, 8], [0, 1])
    """
    return np.unique(np.linspace(0, n_obs - 1, min(n_obs, most)).astype(np.int64))


def row_blocks(n_obs: int, n_values: int) -> list[slice]:
    """All rows, in order, in slices of at most :data:`BLOCK` numbers; each has at least one row.

    Examples
    --------
    >>> row_blocks(5, 1_000_000)
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    step = max(1, BLOCK // n_values)
    return [slice(start, min(start + step, n_obs)) for start in range(0, n_obs, step)]
