"""Affine functions read off others: by their values at 0 and the unit vectors."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp

from trifit.fit.blocks import Blocks
from trifit.types import FloatArray

AGREEMENT = 1e-9
"""Relative agreement with the graph, at random points, that proves the structure."""

AT_ONCE = 64
"""Columns that are held dense."""

Function = Callable[[FloatArray], FloatArray]

Matrix = FloatArray | sp.csr_array | Blocks
"""Dense where it is small, in blocks where all features have the same, else sparse."""


@dataclass(frozen=True, eq=False)
class Affine:
    """``offset + matrix @ v``, with a matrix that is sparse or in blocks where it is large."""

    offset: FloatArray
    matrix: Matrix

    @classmethod
    def probe(cls, function: Function, size: int) -> "Affine":
        """The affine function that agrees with ``function`` at 0 and the unit vectors."""
        offset = function(np.zeros(size))
        columns = []
        for start in range(0, size, AT_ONCE):
            units = np.eye(min(AT_ONCE, size - start), size, start)
            values = np.column_stack([function(unit) for unit in units])
            columns.append(sp.csc_array(values - offset[:, None]))
        return cls(offset, compact(sp.csr_array(sp.hstack(columns))))

    @classmethod
    def diagonal(cls, function: Function, size: int) -> "Affine | None":
        """The affine function with a diagonal matrix, from two values; None if it is not that."""
        offset = function(np.zeros(size))
        slopes = sp.diags_array(function(np.ones(size)) - offset, format="csr")
        found = cls(offset, compact(slopes))
        return found if found.agrees(function, np.random.default_rng(20260101)) else None

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


def after(outer: Matrix, inner: Matrix) -> Matrix:
    """The product of two matrices, in blocks where both are."""
    if isinstance(outer, Blocks) and isinstance(inner, Blocks):
        return outer.after(inner)
    outer, inner = (m.tocsr() if isinstance(m, Blocks) else m for m in (outer, inner))
    return compact(sp.csr_array(outer @ inner))


def mixed(a: Affine, b: Affine, share: float) -> Affine:
    """The function ``(1 - share) * a + share * b`` of two of the same form.

    Parameters
    ----------
    a, b : Affine
    share : float
        Of ``b``.
    """

    def mean(x: Any, y: Any) -> Any:
        return (1 - share) * x + share * y

    offset, (x, y) = mean(a.offset, b.offset), (a.matrix, b.matrix)
    if isinstance(x, Blocks) and isinstance(y, Blocks):
        return Affine(
            offset, replace(x, shared=mean(x.shared, y.shared), each=mean(x.each, y.each))
        )
    return Affine(offset, mean(x, y))


def compact(matrix: sp.csr_array | Blocks) -> Matrix:
    """Dense where that is the faster form: below some 10,000 entries."""
    return dense(matrix) if np.prod(matrix.shape) <= 10_000 else matrix


def dense(matrix: Matrix) -> FloatArray:
    """The matrix as an array."""
    return np.asarray(matrix if isinstance(matrix, np.ndarray) else sparse(matrix).toarray())


def sparse(matrix: Matrix) -> sp.csr_array:
    """The matrix in compressed rows."""
    return matrix.tocsr() if isinstance(matrix, Blocks) else sp.csr_array(matrix)


def close(a: FloatArray | float, b: FloatArray | float) -> bool:
    """Equal within rounding of the largest entry (NaN and infinity agree with nothing)."""
    size = max(1.0, float(np.abs(b).max(initial=0.0)))
    return bool((abs(np.asarray(a) - b) <= AGREEMENT * size).all())
