"""A graph's objective on one data set: what MLE, MAP and NUTS maximise or sample."""

from collections.abc import Callable
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np

from trifit.duplicates import collapsed
from trifit.fit.density import second_differences
from trifit.fit.fast.backend import ParameterValueError
from trifit.fit.fast.graph import Called
from trifit.fit.fast.machine import Machine
from trifit.inputs import Labels, label_probs
from trifit.types import FloatArray

if TYPE_CHECKING:
    from trifit.fit.graph import GraphDensity


class GraphObjective:
    """Log-likelihood, prior and jacobian of one model on one data set."""

    def __init__(self, density: "GraphDensity", X: FloatArray, labels: Labels) -> None:
        self.density = density
        self.n_classes = density.n_classes
        self.linear = self.device = None
        X, labels = collapsed(X, labels, density.n_classes)
        self.X = np.ascontiguousarray(X)
        self.labels = np.ascontiguousarray(label_probs(labels, density.n_classes))
        self.weight = float(self.labels.sum())

    def __call__(
        self, theta: FloatArray, *, prior: float, jacobian: float
    ) -> tuple[float, FloatArray]:
        """``log_likelihood + prior * log_prior + jacobian * log|J|`` and its gradient.

        Minus infinity where a distribution refuses its parameters, as PyMC's own samplers have it.
        """
        return self._called(theta, prior, jacobian)

    @cached_property
    def _called(self) -> Callable[[FloatArray, float, float], tuple[float, FloatArray]]:
        if self.density.mode == "compiled":
            return Called(self.machine(np.zeros(self.density.n_params)))

        def called(theta: FloatArray, prior: float, jacobian: float) -> tuple[float, FloatArray]:
            weights = np.array([prior, jacobian])
            try:
                value, gradient = self.density.interpreted_objective(
                    theta, self.X, self.labels, weights
                )
            except ParameterValueError:
                return -np.inf, np.zeros_like(theta)
            return float(value), gradient

        return called

    @property
    def machine(self) -> Callable[..., Machine]:
        """:meth:`~trifit.fit.fast.graph.CompiledObjective.machine` of these rows."""
        return partial(self.density.objective.machine, self.X, self.labels)

    def squared_error(self, theta: FloatArray) -> tuple[float, FloatArray]:
        """Brier score summed over rows, and its gradient."""
        value, gradient = self.density.squared_error(
            np.ascontiguousarray(theta), self.X, self.labels
        )
        return float(value), gradient

    def hessian(self, theta: FloatArray, *, prior: float, jacobian: float) -> FloatArray:
        """Second derivatives by central differences of the gradient.

        Parameters
        ----------
        theta : array of shape (n_params,)
        prior, jacobian : float
            Weights of the log prior and of the log Jacobian.
        """
        return second_differences(
            lambda t: self(t, prior=prior, jacobian=jacobian)[1], np.asarray(theta)
        )
