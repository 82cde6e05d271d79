"""Evenly spaced rows, where some stand for all."""

import numpy as np

from trifit.types import IntArray


def evenly_spaced(n_obs: int, most: int) -> IntArray:
    """At most so many row numbers, evenly spaced from the first to the last.

    Examples
    --------
    >>> evenly_spaced(9, 3).tolist(), evenly_spaced(2, 3).tolist()
    ([0, 4, 8], [0, 1])
    """
    return np.unique(np.linspace(0, n_obs - 1, min(n_obs, most)).astype(np.int64))
