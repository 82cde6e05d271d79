"""Sizes of training sets that a learning curve is asked for."""

from collections.abc import Iterable
from typing import Any

from trifit.errors import InputError, whole_number


def checked_sizes(given: Iterable[Any]) -> list[int]:
    """Two or more sizes, ascending.

    Raises
    ------
    InputError

    Examples
    --------
    >>> checked_sizes([90, 30, 30])
    [30, 90]
    """
    sizes = sorted({whole_number("--sizes", size, least=2) for size in given})
    if len(sizes) < 2:
        raise InputError(f"--sizes {','.join(map(str, sizes))}: give two or more sizes")
    return sizes
