"""Coordinates for a learned prior scale: centred where data are strong, non-centred where not.

Let ``s`` be the log of the scale of ``beta_j ~ Normal(0, exp(s))``, and ``C`` minus the Hessian
of the log posterior of the other parameters ``phi`` at their mode for the likeliest scale ``s0``.
Along the axes that diagonalise both ``C`` and the prior's part of it, the prior has a share
``b`` of the precision, 0 to 1, and for any other scale the precision is ``d(s) = 1 - b + b r``
with ``r = exp(-2 (s - s0))``. So

    y = (z + (r - 1) c / sqrt(d)) / sqrt(d),    phi = mode + axes @ y

with ``c`` the prior's gradient at the mode, makes ``z`` a standard normal for every ``s``, up to
what the likelihood is not normal. Where ``b = 0`` (the data decide) that is the centred
parameterisation, where ``b = 1`` (the prior decides) the non-centred one, and the share in
between is measured, for every axis.

References
----------
Papaspiliopoulos et al. (2007), Stat. Sci. 22(1), doi:10.1214/088342307000000014
"""

import logging
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.linalg import LinAlgError, cholesky, eigh, solve_triangular
from scipy.optimize import minimize_scalar

from trifit.cards import Optimiser
from trifit.devices import Device
from trifit.fit.density import (
    Density,
    LinearForm,
    Objective,
    covariance_root,
    second_differences,
)
from trifit.fit.minimise import Path, lbfgs
from trifit.fit.whitening import Coordinates
from trifit.inputs import Labels
from trifit.types import FloatArray, IntArray

LOG = logging.getLogger(__name__)

LOG_SCALES = (-7.0, 4.0)
"""Between which the likeliest log scale is searched."""

AGREEMENT = 1e-3
"""Relative agreement of second derivatives, by differences, that proves the structure."""


@dataclass(frozen=True, eq=False)
class GivenScale:
    """An objective as a function of ``w``: ``z`` in the places of phi, ``s`` in its own.

    Attributes
    ----------
    objective : Objective
        Of theta.
    at, others : int, array of shape (n_params - 1,)
        Which entry of theta is ``s``, and which are phi.
    centre : array of shape (n_params,)
        The mode of phi at ``s0``, and ``s0``.
    axes : array of shape (n_params - 1, n_params - 1)
    share, pull : array of shape (n_params - 1,)
        ``b`` and ``c``.
    """

    objective: Objective
    at: int
    others: IntArray
    centre: FloatArray
    axes: FloatArray
    share: FloatArray
    pull: FloatArray
    linear: LinearForm | None = None

    @property
    def device(self) -> Device | None:
        """Where theta's objective is evaluated."""
        return self.objective.device

    @property
    def numbers(self) -> tuple[FloatArray, ...]:
        """What :func:`moved` is given besides ``s`` and ``z``."""
        return self.centre[self.at], self.centre[self.others], self.axes, self.share, self.pull

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
        theta = w.copy()
        phi, _ = moved(np, w[..., self.at], w[..., self.others], *self.numbers)
        theta[..., self.others] = phi
        return theta

    def __call__(self, w: FloatArray, *, prior: float, jacobian: float) -> tuple[float, FloatArray]:
        """Value and gradient; the Jacobian of these coordinates counts like the model's own.

        Parameters
        ----------
        w : array of shape (n_params,)
        prior, jacobian : float
            Weights of the log prior and of the log Jacobian.
        """
        with np.errstate(all="ignore"):  # far out, densities overflow
            value, by_theta = self.objective(self.theta(w), prior=prior, jacobian=jacobian)
            z, b, c = w[self.others], self.share, self.pull
            r = np.exp(-2 * (w[self.at] - self.centre[self.at]))
            d = 1 - b + b * r
            by_y = self.axes.T @ by_theta[self.others]
            y_by_s = b * r * z / d**1.5 - 2 * r * c / d + 2 * (r - 1) * r * b * c / d**2
            by_w = np.empty_like(by_theta)
            by_w[self.others] = by_y / np.sqrt(d)
            by_w[self.at] = by_theta[self.at] + by_y @ y_by_s + jacobian * (b * r / d).sum()
            return value - jacobian * 0.5 * float(np.log(d).sum()), by_w


def moved(
    xp: Any,
    s: FloatArray,
    z: FloatArray,
    centre: FloatArray,
    mode: FloatArray,
    axes: FloatArray,
    share: FloatArray,
    pull: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Phi at ``z`` for the log scale ``s``, and the log Jacobian of that map.

    Parameters
    ----------
    xp : module
        NumPy, or JAX's.
    s : array of shape (...)
    z : array of shape (..., n_params - 1)
    centre : float
        ``s0``.
    mode : array of shape (n_params - 1,)
        Of phi there.
    axes, share, pull : array
        As in :class:`GivenScale`.
    """
    r = xp.exp(-2 * (s[..., None] - centre))
    d = 1 - share + share * r
    y = z / xp.sqrt(d) + (r - 1) * pull / d
    return mode + y @ axes.T, -0.5 * xp.log(d).sum(axis=-1)


def given_scale(density: Density, objective: Objective, start: FloatArray) -> Coordinates | None:
    """Coordinates about the likeliest scale; None where the model is not of this kind.

    Parameters
    ----------
    density : Density
        With one learned scale, a log scale in theta.
    objective : Objective
        Bound to the training rows.
    start : array of shape (n_params,)
        Where modes are searched from.
    """
    if density.scales.sum() != 1:
        return None
    at = int(np.argmax(density.scales))
    with np.errstate(all="ignore"):
        centre = _likeliest(objective, at, start)
        found = None if centre is None else _about(objective, at, centre)
        if centre is None or found is None:
            return None
        origin = np.where(np.arange(len(centre)) == at, centre, 0.0)  # z is 0
        hessian = second_differences(lambda w: found(w, prior=1.0, jacobian=1.0)[1], origin)
        root = covariance_root(hessian)
    if root is None:
        return None
    LOG.info(
        "coordinates given the scale %.3g: the prior's share of the precision is %.2f to %.2f",
        np.exp(centre[at]),
        found.share.min(),
        found.share.max(),
    )
    return Coordinates(found, origin, root, to_theta=found.theta)


def _about(objective: Objective, at: int, centre: FloatArray) -> GivenScale | None:
    """The objective in coordinates about a centre, if the prior is Normal given its scale."""

    def look(shift: float) -> tuple[FloatArray, FloatArray]:
        theta = np.where(np.arange(len(centre)) == at, centre + shift, centre)
        return _precision(objective, at, theta), _slope(objective, at, theta)

    (C, slope), (C_less, slope_less), (C_more, _) = look(0.0), look(-0.5), look(0.5)
    B = (C_less - C) / np.expm1(1.0)
    expected = C + B * np.expm1(-1.0)
    if not abs(expected - C_more).max() <= AGREEMENT * abs(C).max():
        return None
    try:
        factor = cholesky(C, lower=True)
    except (LinAlgError, ValueError):
        return None
    half = solve_triangular(factor, B, lower=True)
    share, turn = eigh(solve_triangular(factor, half.T, lower=True))
    axes = solve_triangular(factor, turn, lower=True, trans="T")
    gradient = (slope_less - slope) / np.expm1(1.0)
    others = np.delete(np.arange(len(centre)), at)
    return GivenScale(objective, at, others, centre, axes, share.clip(0.0, 1.0), axes.T @ gradient)


def _likeliest(objective: Objective, at: int, start: FloatArray) -> FloatArray | None:
    """The log scale with the largest Laplace evidence, jacobian included, and phi's mode there."""
    theta = start.copy()

    def evidence(s: float) -> float:
        theta[at] = s
        theta[:] = _mode(objective, at, theta)
        sign, log_det = np.linalg.slogdet(_precision(objective, at, theta))
        if sign <= 0:
            return -np.inf
        return objective(theta, prior=1.0, jacobian=1.0)[0] - 0.5 * float(log_det)

    best = minimize_scalar(
        lambda s: -evidence(s), bounds=LOG_SCALES, method="bounded", options={"xatol": 0.05}
    )
    return theta.copy() if np.isfinite(evidence(float(best.x))) else None


def _mode(objective: Objective, at: int, theta: FloatArray) -> FloatArray:
    """The mode of phi at the scale that theta has."""

    def loss(phi: FloatArray) -> tuple[float, FloatArray]:
        value, gradient = objective(np.insert(phi, at, theta[at]), prior=1.0, jacobian=1.0)
        return -value / objective.weight, -np.delete(gradient, at) / objective.weight

    phi, *_ = lbfgs(loss, np.delete(theta, at), Optimiser(), Path())
    return np.insert(phi, at, theta[at])


def _slope(objective: Objective, at: int, theta: FloatArray) -> FloatArray:
    """Gradient of the log posterior by phi."""
    return np.delete(objective(theta, prior=1.0, jacobian=1.0)[1], at)


def _precision(objective: Objective, at: int, theta: FloatArray) -> FloatArray:
    """Minus the Hessian of the log posterior by phi."""
    H = second_differences(
        lambda phi: _slope(objective, at, np.insert(phi, at, theta[at])), np.delete(theta, at)
    )
    return -H
