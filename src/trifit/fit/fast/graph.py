"""A graph's log density as machine code: of any model, for nutpie and for point fits.

What PyTensor makes of a graph is called with the arrays of a record, at the theta of coordinates
(:mod:`trifit.fit.fast.moved`).
"""

from collections.abc import Mapping, Sequence
from ctypes import CFUNCTYPE, c_int64, c_uint64, c_void_p
from dataclasses import dataclass
from types import FunctionType
from typing import Any

import numpy as np
from numba import carray, cfunc  # type: ignore[attr-defined]
from pytensor.link.numba.cache import CACHED_SRC_FUNCTIONS

from trifit.fit.fast import machine
from trifit.fit.fast import moved as moved_by
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
from trifit.fit.fast.moved import ARRAYS, NUMBERS, SIZES, by_coordinates, split, theta_of
from trifit.fit.fast.version import version_of
from trifit.types import FloatArray

RECORD = layout(
    ("X", "labels", "settings", *ARRAYS),
    ("n_obs", "n_features", "n_classes", "n_settings", *SIZES),
    ("prior", "jacobian", *NUMBERS),
)

VERSION = version_of(__file__, machine.__file__, moved_by.__file__)
"""Of what is compiled here: functions are kept on disk."""

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
        moved: Mapping[str, Any] | None = None,
    ) -> Machine:
        """The log density of coordinates, on one data set.

        Parameters
        ----------
        X : array of shape (n_obs, n_features)
        label_weights : array of shape (n_obs, n_classes)
        centre, scale : array
            Of the coordinates; see :func:`trifit.fit.fast.machine.filled`.
        moved : mapping of str to array or number, optional
            What :meth:`trifit.fit.moved.Map.machine` says.
        """
        arrays, numbers = split(moved or {})
        arrays |= {"X": X, "labels": label_weights, "settings": self.settings}
        numbers |= {"prior": 1.0, "jacobian": 1.0}
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
    try:
        found, by_theta = evaluate(  # type: ignore[name-defined]  # noqa: F821
            theta_of(at, w),
            matrix(at.X, at.n_obs, at.n_features),
            matrix(at.labels, at.n_obs, at.n_classes),
            np.array([at.prior, at.jacobian]),
            vector(at.settings, at.n_settings),
        )
    except Exception:  # the only kind that numba knows
        return REFUSED
    by_z = carray(gradient, (size,))
    by_w = np.empty(size)
    value[0] = found[()] + at.jacobian * by_coordinates(at, w, by_theta, by_w)
    whitened(at, by_w, by_z)
    return answer(value[0], by_z)
