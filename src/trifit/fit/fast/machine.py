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


COORDINATES = ("centre", "scale", "scale_t")
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
        Upper triangular; None for the identity.
    arrays : mapping of str to array
        Contiguous ones.
    numbers : mapping of str to float
        Sizes and numbers.
    """
    empty = np.empty((0, 0))
    kept = {
        "centre": np.array(centre, dtype=np.float64),
        "scale": empty if scale is None else np.ascontiguousarray(scale),
        "scale_t": empty if scale is None else np.ascontiguousarray(scale.T),
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
def coloured(at, z):  # type: ignore[no-untyped-def]
    """``centre + scale @ z``."""
    size = at.n_params
    w = vector(at.centre, size).copy()
    if not at.whitened:
        w += z
        return w
    scale_t = matrix(at.scale_t, size, size)
    for j in range(size):  # scale is upper triangular
        for i in range(j + 1):
            w[i] += scale_t[j, i] * z[j]
    return w


@njit(error_model="numpy")
def whitened(at, by_w, by_z):  # type: ignore[no-untyped-def]
    """A gradient by w as one by z: ``scale.T @ by_w``."""
    size = at.n_params
    if not at.whitened:
        for i in range(size):
            by_z[i] = by_w[i]
        return
    scale = matrix(at.scale, size, size)
    by_z[:] = 0.0
    for i in range(size):
        for j in range(i, size):
            by_z[j] += scale[i, j] * by_w[i]


@njit(error_model="numpy")
def answer(value, gradient):  # type: ignore[no-untyped-def]
    """Whether nutpie may step there."""
    if not np.isfinite(gradient).all():
        return INFINITE_GRADIENT
    return 0 if np.isfinite(value) else INFINITE_VALUE
