"""Numbers as records hold them: no NaN, and five digits where they are only drawn."""

import math
from typing import Any

import numpy as np


def rounded(values: Any, digits: int = 5) -> Any:
    """Nested lists of an array's values to some significant digits.

    Examples
    --------
    >>> rounded(np.array([[0.123456789, 1.0], [1e-9 / 3, 0.0]]))
    [[0.12346, 1.0], [3.3333e-10, 0.0]]
    """
    array = np.asarray(values, np.float64)
    flat = [float(f"{value:.{digits}g}") for value in array.ravel().tolist()]
    return np.array(flat).reshape(array.shape).tolist()


def positions(values: Any) -> Any:
    """Places along an axis, with digits enough to tell them apart however far from zero they are.

    Examples
    --------
    >>> positions(np.array([1.23456789, 2.0])), positions(np.array([1e9 + 1.25, 1e9]))
    ([1.2346, 2.0], [1000000001.25, 1000000000.0])
    """
    array = np.asarray(values, np.float64)
    span = float(np.ptp(array))
    far = abs(array).max() / span if span > 0 else 1.0
    return rounded(array, min(17, 5 + max(0, math.floor(math.log10(max(far, 1.0))))))


def finite(value: float) -> float | None:
    """JSON has no NaN: None where a number does not exist."""
    return value if math.isfinite(value) else None
