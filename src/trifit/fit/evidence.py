"""Laplace's approximation of the evidence, as a function of the prior's scale."""

import math

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from trifit.cards import Optimiser
from trifit.fit.affine import dense
from trifit.fit.density import Objective
from trifit.fit.minimise import Path, newton
from trifit.fit.objective import LinearObjective
from trifit.fit.optimise import MeanLoss
from trifit.fit.rescaled import RescaledLinear
from trifit.types import FloatArray, Rows

MODE = Optimiser(tolerance=1e-9, max_steps=50)
"""How well the mode is found: an error of it moves the evidence by its square only. Where classes
are separable and the prior is wide, gradients are small far from the mode too."""

NEAR = 1e-9
"""Twice what the log posterior may still rise (nats) where a mode counts as found."""

STEPS = 25
"""Steps with one matrix before Newton's method takes over."""


class Evidence:
    """Log evidence of prior scales, in nats, for some training rows.

    From the mode under one scale to that under the next it is not far: the information of the
    likelihood at the first serves for the steps to the second (the chord method), so a scale
    costs one matrix of second derivatives.

    Parameters
    ----------
    model : RescaledLinear
    rows : Rows

    References
    ----------
    Kelley (1995), Iterative Methods for Linear and Nonlinear Equations, section 5.4,
    doi:10.1137/1.9781611970944
    """

    def __init__(self, model: RescaledLinear, rows: Rows) -> None:
        density = model.at(1.0)
        self._model, self._bound = model, density.bind(rows.X, rows.labels)
        self._theta = np.zeros(density.n_params)
        self._information: FloatArray | None = None
        self._known: dict[float, float] = {}

    def __call__(self, log_scale: float) -> float:
        """Of one scale; asked for again, it is remembered."""
        if log_scale not in self._known:
            self._known[log_scale] = self._at(math.exp(log_scale))
        return self._known[log_scale]

    def _at(self, scale: float) -> float:
        slope, constant = self._model.at(scale).prior
        objective, precision = self._bound.with_prior(slope, constant), -dense(slope.matrix)
        theta = self._nearby(objective, precision)
        if theta is None or not self._settled(objective, precision, theta):
            theta = _mode(objective, self._theta)
            self._information = _information(objective, theta)
        self._theta = theta
        assert self._information is not None
        return _laplace(objective, theta, self._information + precision)

    def _nearby(self, objective: LinearObjective, precision: FloatArray) -> FloatArray | None:
        """The mode by steps with the last scale's matrix; None where they do not lead there."""
        if self._information is None:
            return None
        theta, before = self._theta, math.inf
        try:
            factor = cho_factor(self._information + precision)
        except LinAlgError:
            return None
        for _ in range(STEPS):
            _, gradient = objective(theta, prior=1.0, jacobian=0.0)
            step = cho_solve(factor, gradient)
            rise = float(gradient @ step)
            if not rise < 0.5 * before:
                return None
            if rise <= NEAR:
                return theta
            theta, before = theta + step, rise
        return None

    def _settled(
        self, objective: LinearObjective, precision: FloatArray, theta: FloatArray
    ) -> bool:
        """Whether a mode is one by its own second derivatives, which are kept."""
        _, gradient = objective(theta, prior=1.0, jacobian=0.0)
        self._information = _information(objective, theta)
        step = np.linalg.solve(self._information + precision, gradient)
        return 0 <= float(gradient @ step) <= 10 * NEAR


def _laplace(objective: Objective, theta: FloatArray, curvature: FloatArray) -> float:
    """Laplace's approximation of ``log p(y)`` at a mode, with minus the Hessian there."""
    value, _ = objective(theta, prior=1.0, jacobian=1.0)
    _, log_det = np.linalg.slogdet(curvature)
    return value + 0.5 * len(theta) * math.log(2 * math.pi) - 0.5 * float(log_det)


def _information(objective: Objective, theta: FloatArray) -> FloatArray:
    return -objective.hessian(theta, prior=0.0, jacobian=0.0)


def _mode(objective: LinearObjective, theta: FloatArray) -> FloatArray:
    """The mode of the posterior by Newton's method, from a start."""
    free = np.ones(len(theta), dtype=np.bool_)
    loss = MeanLoss(objective, theta, free, prior=1.0, criterion="cross-entropy")
    return newton(loss, theta, MODE, Path())[0]
