"""Coordinates for multivariate t priors: the radius becomes that of a standard normal, nearly.

Integrating a Gamma prior over the precision of ``n`` weights leaves a spherical t. Its
log density moves by about ``n / sqrt(2 df)`` nats along the radius, but new momenta move the energy
of ``n`` coordinates by ``sqrt(n / 2)`` only, so with hundreds of weights NUTS creeps along the
radius (a low E-BFMI). With ``u`` in place of the weights,

    weights = scale * level * sinh(|u| / sqrt(df)) * u / |u|,

a radius ``|u|`` that is usual for a standard normal is usual for the t: at ``|u| = sqrt(n)`` it is
``scale * sqrt(n)``, and its logarithm has a slope near ``1 / sqrt(df)``, the ratio of both standard
deviations. The map is smooth and one-to-one, so the posterior is the same one.

References
----------
Betancourt (2016), arXiv:1604.00695 (E-BFMI); Johnson & Geyer (2012), Ann. Stat. 40(6),
doi:10.1214/12-AOS1048 (radial maps for heavy tails)
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from trifit.fit.density import Density, Objective, SphericalT
from trifit.fit.moved import Moved
from trifit.fit.whitening import DISPERSION, Coordinates
from trifit.types import FloatArray, IntArray

NOT_ZERO = 1e-12
"""Added to a squared radius, so that derivatives exist where it is zero."""


class Radial(NamedTuple):
    """The map, of any number of groups of entries.

    Attributes
    ----------
    group : array of shape (n_params,)
        Which group each entry of theta is in; ``n_groups``: in none.
    places : array of shape (n_groups, largest size)
        Which entries are in a group; ``n_params`` fills up.
    sizes, slope, unit : array of shape (n_groups,)
        Of each group: its entries, ``1 / sqrt(df)``, and ``scale * level * slope``.
    """

    group: IntArray
    places: IntArray
    sizes: IntArray
    slope: FloatArray
    unit: FloatArray

    @classmethod
    def of(cls, n_params: int, groups: Sequence[SphericalT]) -> "Radial":
        """The map of groups of adjacent entries.

        Parameters
        ----------
        n_params : int
        groups : sequence of SphericalT
        """
        first, sizes, df, scale = (np.array(column) for column in zip(*groups, strict=True))
        group = np.full(n_params, len(groups))
        places = np.full((len(groups), sizes.max()), n_params)
        for i, (start, size) in enumerate(zip(first, sizes, strict=True)):
            group[start : start + size] = i
            places[i, :size] = np.arange(start, start + size)
        slope = df**-0.5
        level = np.sqrt(sizes) / np.sinh(slope * np.sqrt(sizes))
        return cls(group, places, sizes, slope, scale * level * slope)

    def move(self, xp: Any, w: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Theta and the log Jacobian; see :class:`~trifit.fit.moved.Map`."""
        v = self._radius(xp, w)
        stretch = xp.sinh(v) / v
        one = xp.ones((*v.shape[:-1], 1))
        ratio = xp.concatenate([self.unit * stretch, one], axis=-1)[..., self.group]
        log_det = self.sizes * xp.log(self.unit) + (self.sizes - 1) * xp.log(stretch)
        return w * ratio, (log_det + xp.log(xp.cosh(v))).sum(axis=-1)

    def gradient(self, w: FloatArray, by_theta: FloatArray, jacobian: float) -> FloatArray:
        """By ``w``; see :class:`~trifit.fit.moved.Map`.

        Parameters
        ----------
        w, by_theta : array of shape (n_params,)
        jacobian : float
        """
        v = self._radius(np, w)
        ratio = self.unit * np.sinh(v) / v
        rise = 1 / np.tanh(v) - 1 / v  # of the log of the ratio, by v
        along = np.append(w * by_theta, 0.0)[self.places].sum(axis=-1)
        by_v = along * ratio * rise + jacobian * ((self.sizes - 1) * rise + np.tanh(v))
        outwards = np.append(self.slope**2 / v * by_v, 0.0)[self.group]
        return np.append(ratio, 1.0)[self.group] * by_theta + outwards * w

    def machine(self) -> dict[str, Any]:
        """For machine code; see :class:`~trifit.fit.moved.Map`."""
        return {
            "n_groups": len(self.sizes),
            "first": self.places[:, 0].copy(),
            "sizes": self.sizes,
            "slope": self.slope,
            "unit": self.unit,
        }

    def _radius(self, xp: Any, w: FloatArray) -> FloatArray:
        """``|u| / sqrt(df)`` of every group, (..., n_groups)."""
        end = xp.zeros((*w.shape[:-1], 1))
        u = xp.concatenate([w, end], axis=-1)[..., self.places]
        v: FloatArray = self.slope * xp.sqrt((u**2).sum(axis=-1) + NOT_ZERO)
        return v


def radial(density: Density, objective: Objective, start: FloatArray) -> Coordinates | None:
    """Coordinates for the model's spherical t priors, about zero; None where it has none.

    Parameters
    ----------
    density : Density
    objective : Objective
        Bound to the training rows.
    start : array of shape (n_params,)
        Of the other parameters.
    """
    if not density.spherical:
        return None
    found = Radial.of(density.n_params, density.spherical)
    moved = Moved(objective, found)
    centre = np.where(found.group < len(found.sizes), 0.0, start)
    return Coordinates(moved, centre, None, DISPERSION, to_theta=moved.theta)
