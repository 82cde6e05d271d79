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
from typing import Any, NamedTuple

import numpy as np
from scipy.linalg import LinAlgError, cholesky, eigh, solve_triangular
from scipy.optimize import minimize_scalar

from trifit.cards import Optimiser
from trifit.fit.density import (
    Density,
    Objective,
    second_differences,
)
from trifit.fit.minimise import Path, lbfgs
from trifit.fit.moved import Moved
from trifit.fit.whitening import Coordinates, scale_of
from trifit.types import FloatArray, IntArray

LOG = logging.getLogger(__name__)

LOG_SCALES = (-7.0, 4.0)
"""Between which the likeliest log scale is searched."""

AGREEMENT = 1e-3
"""Relative agreement of second derivatives, by differences, that proves the structure."""


class GivenScale(NamedTuple):
    """The map of ``w``: ``z`` in the places of phi, ``s`` in its own.

    Attributes
    ----------
    at : int
        Which entry of theta is ``s``.
    others, order : array of shape (n_params - 1,), (n_params,)
        Which entries are phi, and where each entry of theta is in phi followed by ``s``.
    log_scale : float
        ``s0``.
    mode : array of shape (n_params - 1,)
        Of phi there.
    axes : array of shape (n_params - 1, n_params - 1)
    share, pull : array of shape (n_params - 1,)
        ``b`` and ``c``.
    """

    at: int
    others: IntArray
    order: IntArray
    log_scale: float
    mode: FloatArray
    axes: FloatArray
    share: FloatArray
    pull: FloatArray

    @classmethod
    def about(
        cls, at: int, centre: FloatArray, axes: FloatArray, share: FloatArray, pull: FloatArray
    ) -> "GivenScale":
        """The map about ``s0`` and the mode there, ``centre``, shape (n_params,).

        Parameters
        ----------
        at : int
        centre, axes, share, pull : array
        """
        others = np.delete(np.arange(len(centre)), at)
        order = np.argsort(np.append(others, at))
        return cls(at, others, order, float(centre[at]), centre[others], axes, share, pull)

    def move(self, xp: Any, w: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Theta and the log Jacobian; see :class:`~trifit.fit.moved.Map`."""
        s, z = w[..., self.at, None], w[..., self.others]
        r = xp.exp(-2 * (s - self.log_scale))
        d = 1 - self.share + self.share * r
        y = z / xp.sqrt(d) + (r - 1) * self.pull / d
        phi = self.mode + y @ self.axes.T
        theta = xp.concatenate([phi, s], axis=-1)[..., self.order]
        return theta, -0.5 * xp.log(d).sum(axis=-1)

    def gradient(self, w: FloatArray, by_theta: FloatArray, jacobian: float) -> FloatArray:
        """By ``w``; see :class:`~trifit.fit.moved.Map`.

        Parameters
        ----------
        w, by_theta : array of shape (n_params,)
        jacobian : float
        """
        z, b, c = w[self.others], self.share, self.pull
        r = np.exp(-2 * (w[self.at] - self.log_scale))
        d = 1 - b + b * r
        by_y = self.axes.T @ by_theta[self.others]
        y_by_s = b * r * z / d**1.5 - 2 * r * c / d + 2 * (r - 1) * r * b * c / d**2
        by_w = np.empty_like(by_theta)
        by_w[self.others] = by_y / np.sqrt(d)
        by_w[self.at] = by_theta[self.at] + by_y @ y_by_s + jacobian * (b * r / d).sum()
        return by_w

    def machine(self) -> dict[str, Any]:
        """For machine code; see :class:`~trifit.fit.moved.Map`."""
        return {
            "scale_at": self.at,
            "log_scale": self.log_scale,
            "mode": self.mode,
            "axes": self.axes,
            "axes_t": self.axes.T,
            "share": self.share,
            "pull": self.pull,
        }


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
        moved = Moved(objective, found)
        origin = np.where(np.arange(len(centre)) == at, centre, 0.0)  # z is 0
        hessian = second_differences(lambda w: moved(w, prior=1.0, jacobian=1.0)[1], origin)
        root = scale_of(hessian)
    if root is None:
        return None
    LOG.info(
        "coordinates given the scale %.3g: the prior's share of the precision is %.2f to %.2f",
        np.exp(centre[at]),
        found.share.min(),
        found.share.max(),
    )
    return Coordinates(moved, origin, root, to_theta=moved.theta)


def _about(objective: Objective, at: int, centre: FloatArray) -> GivenScale | None:
    """The map about a centre, if the prior is Normal given its scale."""

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
    return GivenScale.about(at, centre, axes, share.clip(0.0, 1.0), axes.T @ gradient)


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
