"""Numbers of a picture, rounded: five digits draw the same, in a third of the bytes."""

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
