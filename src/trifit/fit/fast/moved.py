"""Coordinates that are no linear map of theta (:mod:`trifit.fit.moved`), in machine code."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numba import njit

from trifit.fit.fast.machine import indices, matrix, vector
from trifit.fit.radial import NOT_ZERO

FLOATS = ("mode", "axes", "axes_t", "share", "pull", "slope", "unit")
INTEGERS = ("first", "sizes")
ARRAYS = (*FLOATS, *INTEGERS)
SIZES = ("scale_at", "n_groups")
"""The place of a learned scale in theta, -1 for none; groups of radial coordinates."""
NUMBERS = ("log_scale",)


def split(moved: Mapping[str, Any]) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """The arrays and the numbers of a record: those of a map, else what stands for none.

    Parameters
    ----------
    moved : mapping of str to array or number
        What :meth:`trifit.fit.moved.Map.machine` says; empty for theta itself.
    """
    arrays = {
        name: np.ascontiguousarray(moved.get(name, ()), dtype=dtype)
        for dtype, names in ((np.float64, FLOATS), (np.int64, INTEGERS))
        for name in names
    }
    return arrays, {"scale_at": -1} | {k: v for k, v in moved.items() if k not in ARRAYS}


@njit(error_model="numpy")
def theta_of(at, w):  # type: ignore[no-untyped-def]
    """Theta of w."""
    if at.scale_at >= 0:
        return _given_scale(at, w)
    return _radial(at, w) if at.n_groups else w


@njit(error_model="numpy")
def by_coordinates(at, w, by_theta, by_w):  # type: ignore[no-untyped-def]
    """The log Jacobian; the gradient of value and log Jacobian goes to ``by_w``."""
    if at.scale_at >= 0:
        return _by_given_scale(at, w, by_theta, by_w)
    by_w[:] = by_theta
    return _by_radial(at, w, by_w)


@njit(error_model="numpy")
def _radial(at, w):  # type: ignore[no-untyped-def]
    """See :meth:`trifit.fit.radial.Radial.move`."""
    theta = w.copy()
    first, sizes = indices(at.first, at.n_groups), indices(at.sizes, at.n_groups)
    slope, unit = vector(at.slope, at.n_groups), vector(at.unit, at.n_groups)
    for i in range(at.n_groups):
        u = theta[first[i] : first[i] + sizes[i]]
        v = _radius(u, slope[i])
        u *= unit[i] * np.sinh(v) / v
    return theta


@njit(error_model="numpy")
def _by_radial(at, w, by_w):  # type: ignore[no-untyped-def]
    """See :meth:`trifit.fit.radial.Radial.gradient`; ``by_w`` is that by theta before."""
    first, sizes = indices(at.first, at.n_groups), indices(at.sizes, at.n_groups)
    slope, unit = vector(at.slope, at.n_groups), vector(at.unit, at.n_groups)
    log_det = 0.0
    for i in range(at.n_groups):
        u = w[first[i] : first[i] + sizes[i]]
        by_u = by_w[first[i] : first[i] + sizes[i]]
        v = _radius(u, slope[i])
        stretch = np.sinh(v) / v
        ratio, rise = unit[i] * stretch, 1 / np.tanh(v) - 1 / v
        along = 0.0
        for j in range(sizes[i]):
            along += u[j] * by_u[j]
        by_v = along * ratio * rise + at.jacobian * ((sizes[i] - 1) * rise + np.tanh(v))
        for j in range(sizes[i]):
            by_u[j] = ratio * by_u[j] + slope[i] ** 2 / v * by_v * u[j]
        log_det += sizes[i] * np.log(unit[i]) + (sizes[i] - 1) * np.log(stretch)
        log_det += np.log(np.cosh(v))
    return log_det


@njit(error_model="numpy")
def _radius(u, slope):  # type: ignore[no-untyped-def]
    square = NOT_ZERO
    for x in u:
        square += x * x
    return slope * np.sqrt(square)


@njit(error_model="numpy")
def _given_scale(at, w):  # type: ignore[no-untyped-def]
    """See :meth:`trifit.fit.given_scale.GivenScale.move`."""
    n = at.n_params - 1
    mode, axes_t = vector(at.mode, n), matrix(at.axes_t, n, n)
    share, pull = vector(at.share, n), vector(at.pull, n)
    r = np.exp(-2 * (w[at.scale_at] - at.log_scale))
    phi = mode.copy()
    for j in range(n):
        d = 1 - share[j] + share[j] * r
        z = w[j if j < at.scale_at else j + 1]
        y = z / np.sqrt(d) + (r - 1) * pull[j] / d
        for i in range(n):
            phi[i] += axes_t[j, i] * y
    theta = w.copy()
    for i in range(n):
        theta[i if i < at.scale_at else i + 1] = phi[i]
    return theta


@njit(error_model="numpy")
def _by_given_scale(at, w, by_theta, by_w):  # type: ignore[no-untyped-def]
    """See :meth:`trifit.fit.given_scale.GivenScale.gradient`."""
    n = at.n_params - 1
    axes = matrix(at.axes, n, n)
    share, pull = vector(at.share, n), vector(at.pull, n)
    by_y = np.zeros(n)
    for i in range(n):
        slope = by_theta[i if i < at.scale_at else i + 1]
        for j in range(n):
            by_y[j] += axes[i, j] * slope
    r = np.exp(-2 * (w[at.scale_at] - at.log_scale))
    by_scale, log_det = by_theta[at.scale_at], 0.0
    for j in range(n):
        place, b, c = j if j < at.scale_at else j + 1, share[j], pull[j]
        d = 1 - b + b * r
        by_s = b * r * w[place] / d**1.5 - 2 * r * c / d + 2 * (r - 1) * r * b * c / d**2
        by_w[place] = by_y[j] / np.sqrt(d)
        by_scale += by_y[j] * by_s + at.jacobian * b * r / d
        log_det += np.log(d)
    by_w[at.scale_at] = by_scale
    return -0.5 * log_det
