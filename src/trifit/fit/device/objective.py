"""An objective on a device: what minimisers and certificates call."""

from copy import copy
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from trifit.devices import Device
from trifit.fit.density import LogDensity, second_differences
from trifit.fit.device.terms import (
    Data,
    Terms,
    moved_terms,
    objective_value,
    seen_by_jax,
    squared_error,
)
from trifit.fit.moved import Moved
from trifit.types import FloatArray

HESSIAN_BYTES = 2_000_000_000
"""About the memory that columns of second derivatives made at once may take."""


class DeviceObjective:
    """An objective whose rows are on a device, and its value and derivatives computed there.

    Parameters
    ----------
    objective : LogDensity
    device : Device
    """

    def __init__(self, objective: LogDensity, device: Device) -> None:
        self.X, self.labels = objective.X, objective.labels
        self.n_classes, self.weight = objective.n_classes, objective.weight
        self.linear = objective.linear
        self.device = device
        self.terms, data = seen_by_jax(objective)
        with device.in_force():
            self.data: Data = jax.device_put(data, device.handle)

    @classmethod
    def of(cls, density: LogDensity, device: Device) -> "DeviceObjective":
        """A log density in any coordinates, on the device.

        Parameters
        ----------
        density : LogDensity
            On the device already; of coordinates with rows of their own (Kronecker); or of
            others, moved from an objective that is there.
        device : Device
        """
        if isinstance(density, cls):
            return density
        if not isinstance(density, Moved):
            return cls(density, device)
        inner = cls.of(density.objective, device)
        placed = copy(inner)
        placed.terms = moved_terms(inner.terms)
        with device.in_force():
            by = jax.device_put(density.map, device.handle)
        placed.data = inner.data._replace(model=(inner.data.model, by))
        return placed

    def __call__(
        self, theta: FloatArray, *, prior: float, jacobian: float
    ) -> tuple[float, FloatArray]:
        """Value and gradient at ``theta``, shape (n_params,)."""
        return self._on_device(_value_and_gradient, theta, prior, jacobian)

    def squared_error(self, theta: FloatArray) -> tuple[float, FloatArray]:
        """Brier score summed over rows, and its gradient."""
        return self._on_device(_squared_error_and_gradient, theta)

    def hessian(self, theta: FloatArray, *, prior: float, jacobian: float) -> FloatArray:
        """Matrix of second derivatives, some columns at a time.

        By central differences where the model is a graph, as on the CPU: not every operation
        that PyTensor converts has second derivatives in JAX.

        Parameters
        ----------
        theta : array of shape (n_params,)
        prior, jacobian : float
            Weights of the log prior and of the log Jacobian.
        """
        if self.linear is None:
            return second_differences(
                lambda t: self(t, prior=prior, jacobian=jacobian)[1], np.asarray(theta)
            )
        each = 6 * 8 * len(self.X) * self.n_classes
        at_once = int(np.clip(HESSIAN_BYTES // each, 1, 256))
        with self.device.in_force():
            H = np.array(_hessian(self.terms, at_once, theta, self.data, prior, jacobian))
        return np.asarray((H + H.T) / 2)

    def _on_device(
        self, function: Any, theta: FloatArray, *weights: float
    ) -> tuple[float, FloatArray]:
        with self.device.in_force():
            value, gradient = function(self.terms, theta, self.data, *weights)
            return float(value), np.array(gradient)


@partial(jax.jit, static_argnums=0)
def _value_and_gradient(
    terms: Terms, theta: Array, data: Data, prior: Array, jacobian: Array
) -> Any:
    return jax.value_and_grad(objective_value, argnums=1)(terms, theta, data, prior, jacobian)


@partial(jax.jit, static_argnums=0)
def _squared_error_and_gradient(terms: Terms, theta: Array, data: Data) -> Any:
    return jax.value_and_grad(squared_error, argnums=1)(terms, theta, data)


@partial(jax.jit, static_argnums=(0, 1))
def _hessian(
    terms: Terms, at_once: int, theta: Array, data: Data, prior: Array, jacobian: Array
) -> Array:
    def gradient(theta: Array) -> Array:
        return jax.grad(objective_value, argnums=1)(terms, theta, data, prior, jacobian)

    def column(direction: Array) -> Array:
        return jax.jvp(gradient, (theta,), (direction,))[1]

    return jax.lax.map(column, jnp.eye(len(theta)), batch_size=at_once)
