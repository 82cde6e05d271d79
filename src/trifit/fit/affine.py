"""Affine functions read off others: by their values at 0 and the unit vectors."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from trifit.types import FloatArray

AGREEMENT = 1e-9
"""Relative agreement with the graph, at random points, that proves the structure."""

Function = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True, eq=False)
class Affine:
    """``offset + matrix @ v``, with a matrix that is sparse where it is large."""

    offset: FloatArray
    matrix: FloatArray | sp.csr_array

    @classmethod
    def probe(cls, function: Function, size: int) -> "Affine":
        """The affine function that agrees with ``function`` at 0 and the unit vectors."""
        offset = function(np.zeros(size))
        columns = []
        for j in range(size):
            unit = np.zeros(size)
            unit[j] = 1.0
            columns.append(sp.csc_array((function(unit) - offset)[:, None]))
        return cls(offset, compact(sp.csr_array(sp.hstack(columns))))

    def __call__(self, v: FloatArray) -> FloatArray:
        """Value at one vector."""
        return np.asarray(self.offset + self.matrix @ v)

    def agrees(self, function: Function, rng: np.random.Generator) -> bool:
        """Whether ``function`` is this one at random points near and far."""
        size = int(self.matrix.shape[1])
        points = [s * rng.standard_normal(size) for s in (0.3, 1.0, 3.0)]
        return all(self._close(v, function(v)) for v in points)

    def _close(self, v: FloatArray, value: FloatArray) -> bool:
        """Whether every entry is ``value`` within rounding of its own terms: others may be huge."""
        sizes: Any = abs(self.matrix)  # dense or sparse
        terms = abs(self.offset) + sizes @ abs(v)
        return bool((abs(self(v) - value) <= AGREEMENT * np.maximum(1.0, terms)).all())


def compact(matrix: sp.csr_array) -> FloatArray | sp.csr_array:
    """Dense where that is the faster form: below some 10,000 entries."""
    return matrix.toarray() if np.prod(matrix.shape) <= 10_000 else matrix


def dense(matrix: FloatArray | sp.csr_array) -> FloatArray:
    """The matrix as an array."""
    return np.asarray(matrix if isinstance(matrix, np.ndarray) else matrix.toarray())


def close(a: FloatArray | float, b: FloatArray | float) -> bool:
    """Equal within rounding of the largest entry (NaN and infinity agree with nothing)."""
    size = max(1.0, float(np.abs(b).max(initial=0.0)))
    return bool((abs(np.asarray(a) - b) <= AGREEMENT * size).all())
