"""What log densities in machine code share: their signature, their arrays, their coordinates.

nutpie calls them without the interpreter, from threads of its own. All that they need lies in
one record: the addresses and the sizes of arrays, whoever calls keeps these alive.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import carray, njit, types  # type: ignore[attr-defined]
from numba.core import cgutils
from numba.extending import intrinsic

POINTER = types.CPointer(types.double)  # type: ignore[no-untyped-call]
LOG_DENSITY = types.int64(types.uint64, POINTER, POINTER, POINTER, types.voidptr)
EXPAND = types.int64(types.uint64, types.uint64, POINTER, POINTER, types.voidptr)

INFINITE_GRADIENT, INFINITE_VALUE = 3, 4
"""Answers that make nutpie reject a step."""


@dataclass(frozen=True, eq=False)
class Machine:
    """A log density of ``z`` in machine code.

    Attributes
    ----------
    entry : numba cfunc of signature :data:`LOG_DENSITY`
    record : structured array of shape ()
        What the entry reads.
    arrays : mapping of str to array
        What the record has addresses of.
    """

    entry: Any
    record: np.ndarray
    arrays: Mapping[str, np.ndarray]


COORDINATES = ("centre", "scale")
"""Arrays of the coordinates that NUTS moves in, ``centre + scale @ z``."""


def layout(arrays: tuple[str, ...], sizes: tuple[str, ...], numbers: tuple[str, ...]) -> np.dtype:
    """The type of a record, the coordinates included.

    Parameters
    ----------
    arrays, sizes, numbers : tuple of str
        Names of its arrays, whole numbers and real numbers.
    """
    return np.dtype(
        [(name, np.uintp) for name in (*COORDINATES, *arrays)]
        + [(name, np.int64) for name in ("n_params", "whitened", *sizes)]
        + [(name, np.float64) for name in numbers]
    )


def filled(
    dtype: np.dtype,
    centre: np.ndarray,
    scale: np.ndarray | None,
    arrays: Mapping[str, np.ndarray],
    numbers: Mapping[str, float],
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """A record, and all arrays that it has addresses of.

    Parameters
    ----------
    dtype : numpy dtype
        A :func:`layout`.
    centre : array of shape (n_params,)
    scale : array of shape (n_params, n_params) or None
        Upper triangular, of single precision (:class:`~trifit.fit.whitening.Coordinates`); None
        for the identity.
    arrays : mapping of str to array
        Contiguous ones.
    numbers : mapping of str to float
        Sizes and numbers.
    """
    empty = np.empty((0, 0))
    kept = {
        "centre": np.array(centre, dtype=np.float64),
        "scale": empty if scale is None else np.ascontiguousarray(scale, dtype=np.float32),
        **arrays,
    }
    record = np.zeros((), dtype=dtype)
    for name, array in kept.items():
        record[name] = array.ctypes.data
    for name, number in numbers.items():
        record[name] = number
    record["n_params"], record["whitened"] = len(centre), scale is not None
    return record, kept


@intrinsic
def _as_pointer(_context, address):  # type: ignore[no-untyped-def]
    """An address as a pointer."""

    def generate(_context, builder, _signature, args):  # type: ignore[no-untyped-def]
        return builder.inttoptr(args[0], cgutils.voidptr_t)

    return types.voidptr(types.uintp), generate


_pointer: Any = _as_pointer


@njit(error_model="numpy")
def vector(address, size):  # type: ignore[no-untyped-def]
    """The numbers at an address."""
    return carray(_pointer(address), (size,), np.float64)


@njit(error_model="numpy")
def indices(address, size):  # type: ignore[no-untyped-def]
    """The whole numbers at an address."""
    return carray(_pointer(address), (size,), np.int64)


@njit(error_model="numpy")
def matrix(address, n, m):  # type: ignore[no-untyped-def]
    """The rows at an address."""
    return carray(_pointer(address), (n, m), np.float64)


@njit(error_model="numpy")
def _scale(at):  # type: ignore[no-untyped-def]
    """The matrix of whitened coordinates: one copy, in single precision, serves both products.

    With 585 coefficients it then stays in a core's cache beside 1,800 rows.
    """
    return carray(_pointer(at.scale), (at.n_params, at.n_params), np.float32)


@njit(error_model="numpy", fastmath={"reassoc", "contract"})
def coloured(at, z):  # type: ignore[no-untyped-def]
    """``centre + scale @ z``."""
    w = vector(at.centre, at.n_params).copy()
    if not at.whitened:
        w += z
        return w
    scale = _scale(at)
    for i in range(at.n_params):
        row, tail = scale[i, i:], z[i:]  # slices: loops from 0 become vector instructions
        total = 0.0
        for j in range(tail.size):
            total += row[j] * tail[j]
        w[i] += total
    return w


@njit(error_model="numpy")
def whitened(at, by_w, by_z):  # type: ignore[no-untyped-def]
    """A gradient by w as one by z: ``scale.T @ by_w``."""
    if not at.whitened:
        for i in range(at.n_params):
            by_z[i] = by_w[i]
        return
    scale = _scale(at)
    by_z[:] = 0.0
    for i in range(at.n_params):
        row, tail, by = scale[i, i:], by_z[i:], by_w[i]
        for j in range(tail.size):
            tail[j] += row[j] * by


@njit(error_model="numpy")
def answer(value, gradient):  # type: ignore[no-untyped-def]
    """Whether nutpie may step there."""
    if not np.isfinite(gradient).all():
        return INFINITE_GRADIENT
    return 0 if np.isfinite(value) else INFINITE_VALUE
