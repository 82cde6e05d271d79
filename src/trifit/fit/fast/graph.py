"""A graph's log density as machine code: of any model, for nutpie and for point fits.

What PyTensor makes of a graph is called with the arrays of a record. Learned scales have
coordinates of their own (:mod:`trifit.fit.given_scale`), which are passed on the way.
"""

from collections.abc import Mapping, Sequence
from ctypes import CFUNCTYPE, c_int64, c_uint64, c_void_p
from dataclasses import dataclass
from types import FunctionType
from typing import Any

import numpy as np
from numba import carray, cfunc, njit  # type: ignore[attr-defined]
from pytensor.link.numba.cache import CACHED_SRC_FUNCTIONS

from trifit.fit.fast import machine
from trifit.fit.fast.backend import compile_entry, pt
from trifit.fit.fast.machine import (
    LOG_DENSITY,
    Machine,
    answer,
    coloured,
    filled,
    layout,
    matrix,
    vector,
    whitened,
)
from trifit.types import FloatArray

RECORD = layout(
    ("X", "labels", "settings", "mode", "axes", "axes_t", "share", "pull"),
    ("n_obs", "n_features", "n_classes", "n_settings", "scale_at"),
    ("prior", "jacobian", "log_scale"),
)
"""``scale_at`` is the place of a learned scale in theta, -1 without coordinates of its own."""

VERSION = f"1-{machine.VERSION}"
"""Its number is to be raised with every change of what is compiled here: functions are kept on
disk."""

REFUSED = 5
"""The answer where a distribution refuses its parameters: nutpie rejects the step."""

BYTES = 8
"""Of a number."""

_CALL = CFUNCTYPE(c_int64, c_uint64, c_void_p, c_void_p, c_void_p, c_void_p)


@dataclass(frozen=True, eq=False)
class CompiledObjective:
    """Value and gradient of a weighted objective, as machine code.

    Attributes
    ----------
    entry : numba cfunc
    settings : array of shape (n_settings,)
        Numbers of the prior that the graph is given.
    """

    entry: Any
    settings: FloatArray

    @classmethod
    def of(
        cls, inputs: Sequence[Any], outputs: Sequence[Any], settings: Mapping[Any, Any]
    ) -> "CompiledObjective":
        """Compile a graph.

        Parameters
        ----------
        inputs : sequence of variables
            Theta, rows, label weights, and the weights of log prior and log Jacobian together.
        outputs : sequence of variables
            Value and gradient.
        settings : mapping of variables to values
            Further inputs that stay as they are.
        """
        numbers = [np.ravel(value) for value in settings.values()]
        flat = np.concatenate([np.empty(0), *numbers])
        together, start, pieces = pt.vector("settings", shape=(len(flat),)), 0, {}
        for variable, value in settings.items():
            stop = start + np.size(value)
            pieces[variable] = together[start:stop].reshape(np.shape(value))
            start = stop
        entry = compile_entry([*inputs, together], outputs, pieces, _entry)
        return cls(entry, flat)

    def machine(
        self,
        X: FloatArray,
        label_weights: FloatArray,
        centre: FloatArray,
        scale: FloatArray | None = None,
        learned: Mapping[str, Any] | None = None,
    ) -> Machine:
        """The log density of coordinates, on one data set.

        Parameters
        ----------
        X : array of shape (n_obs, n_features)
        label_weights : array of shape (n_obs, n_classes)
        centre, scale : array
            Of the coordinates; see :func:`trifit.fit.fast.machine.filled`.
        learned : mapping of str to array or number, optional
            Coordinates of a learned scale: ``scale_at``, ``log_scale``, ``mode``, ``axes``,
            ``share``, ``pull``.
        """
        empty = np.empty((0, 0))
        arrays: dict[str, FloatArray] = dict.fromkeys(("mode", "axes", "share", "pull"), empty)
        numbers: dict[str, float] = {"scale_at": -1, "prior": 1.0, "jacobian": 1.0}
        for name, value in (learned or {}).items():
            if name in arrays:
                arrays[name] = np.ascontiguousarray(value, dtype=np.float64)
            else:
                numbers[name] = value
        arrays["axes_t"] = np.ascontiguousarray(arrays["axes"].T)
        arrays |= {"X": X, "labels": label_weights, "settings": self.settings}
        numbers["n_obs"], numbers["n_features"] = X.shape
        numbers["n_classes"], numbers["n_settings"] = label_weights.shape[1], len(self.settings)
        record, kept = filled(RECORD, centre, scale, arrays, numbers)
        return Machine(self.entry, record, kept)


class Called:
    """A log density in machine code as a function of Python.

    Parameters
    ----------
    machine : Machine
        Of a graph, in plain coordinates about zero.
    """

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._call = _CALL(machine.entry.address)
        self._records: dict[tuple[float, float], np.ndarray] = {}

    def __call__(
        self, theta: FloatArray, prior: float, jacobian: float
    ) -> tuple[float, FloatArray]:
        """Value and gradient; minus infinity where a distribution refuses its parameters."""
        size = len(theta)
        numbers = np.empty(2 * size + 1)  # theta, gradient, value: one address to find out
        numbers[:size] = theta
        start = numbers.ctypes.data
        gradient, value = start + BYTES * size, start + 2 * BYTES * size
        code = self._call(size, start, gradient, value, self._address(prior, jacobian))
        if code == REFUSED:
            return -np.inf, np.zeros(size)
        return float(numbers[-1]), numbers[size:-1]

    def _address(self, prior: float, jacobian: float) -> int:
        """Where the record with these weights is."""
        weights = prior, jacobian
        if weights not in self._records:
            record = self._machine.record.copy()
            record["prior"], record["jacobian"] = weights
            self._records[weights] = record
        return self._records[weights].ctypes.data


def _entry(function: Any, cache_key: str | None) -> Any:
    """The log density of a graph's numba function.

    numba keeps on disk what has no closure, so the function is a global of a copy of the template.
    """
    names = {**globals(), "evaluate": function}
    log_density = FunctionType(_log_density.__code__, names)
    if cache_key is not None:
        CACHED_SRC_FUNCTIONS[log_density] = f"{cache_key}_log_density{VERSION}"
    return cfunc(LOG_DENSITY, cache=cache_key is not None, error_model="numpy")(log_density)


def _log_density(size, z, gradient, value, pointer):  # type: ignore[no-untyped-def]
    """Log density at the theta of z, a template; its gradient goes to ``gradient``, by z."""
    at = carray(pointer, (1,), RECORD)[0]
    w = coloured(at, carray(z, (size,)))
    theta = w if at.scale_at < 0 else _given_scale(at, w)
    try:
        found, by_theta = evaluate(  # type: ignore[name-defined]  # noqa: F821
            theta,
            matrix(at.X, at.n_obs, at.n_features),
            matrix(at.labels, at.n_obs, at.n_classes),
            np.array([at.prior, at.jacobian]),
            vector(at.settings, at.n_settings),
        )
    except Exception:  # the only kind that numba knows
        return REFUSED
    by_z = carray(gradient, (size,))
    value[0] = found[()]
    if at.scale_at < 0:
        whitened(at, by_theta, by_z)
    else:
        by_w = np.empty(size)
        value[0] += _by_given_scale(at, w, by_theta, by_w)
        whitened(at, by_w, by_z)
    return answer(value[0], by_z)


@njit(error_model="numpy")
def _given_scale(at, w):  # type: ignore[no-untyped-def]
    """Theta of w; see :func:`trifit.fit.given_scale.moved`."""
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
    """The gradient by w, and what is added to the value; see :class:`GivenScale`."""
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
    return -0.5 * at.jacobian * log_det
