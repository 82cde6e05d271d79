"""Log densities in coordinates that are no linear map of theta."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from trifit.devices import Device
from trifit.fit.density import LinearForm, Objective
from trifit.inputs import Labels
from trifit.types import FloatArray


class Map(Protocol):
    """A one-to-one map of coordinates ``w`` to theta: a named tuple of arrays, for JAX's sake."""

    def move(self, xp: Any, w: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Theta, (..., n_params), and the log Jacobian, (...).

        Parameters
        ----------
        xp : module
            NumPy, or JAX's.
        w : array of shape (..., n_params)
        """
        ...

    def gradient(self, w: FloatArray, by_theta: FloatArray, jacobian: float) -> FloatArray:
        """By ``w``, of a function of theta plus ``jacobian`` times the log Jacobian.

        Parameters
        ----------
        w, by_theta : array of shape (n_params,)
            Where, and the function's gradient by theta there.
        jacobian : float
        """
        ...

    def machine(self) -> dict[str, Any]:
        """Arrays and numbers for machine code (:mod:`trifit.fit.fast.moved`), by name."""
        ...


@dataclass(frozen=True, eq=False)
class Moved:
    """An objective as a function of ``w``; its Jacobian counts like the model's own.

    Attributes
    ----------
    objective : Objective
        Of theta.
    map : Map
    """

    objective: Objective
    map: Map
    linear: LinearForm | None = None

    @property
    def device(self) -> Device | None:
        """Where theta's objective is evaluated."""
        return self.objective.device

    @property
    def weight(self) -> float:
        """Total weight of the labels."""
        return self.objective.weight

    @property
    def X(self) -> FloatArray:
        """The rows."""
        return self.objective.X

    @property
    def labels(self) -> Labels:
        """Their labels."""
        return self.objective.labels

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return self.objective.n_classes

    def theta(self, w: FloatArray) -> FloatArray:
        """Theta of w: (..., n_params) to the same shape."""
        return self.map.move(np, w)[0]

    def __call__(self, w: FloatArray, *, prior: float, jacobian: float) -> tuple[float, FloatArray]:
        """Value and gradient.

        Parameters
        ----------
        w : array of shape (n_params,)
        prior, jacobian : float
            Weights of the log prior and of the log Jacobian.
        """
        with np.errstate(all="ignore"):  # far out, densities overflow
            theta, by_map = self.map.move(np, w)
            value, by_theta = self.objective(theta, prior=prior, jacobian=jacobian)
            return value + jacobian * float(by_map), self.map.gradient(w, by_theta, jacobian)
