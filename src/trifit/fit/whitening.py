"""Coordinates that NUTS moves in: a posterior is close to a standard normal there.

Around the mode, minus the Hessian of the log posterior is a precision matrix.
``theta = mode + scale @ z`` with ``scale @ scale.T`` its inverse.
"""

from collections.abc import Callable
from dataclasses import dataclass

from trifit.fit.density import Density, Objective, covariance_root
from trifit.types import FloatArray

DISPERSION = 0.5
"""Standard deviation of the chains' starts in plain coordinates."""


@dataclass(frozen=True, eq=False)
class Coordinates:
    """A log density of ``w = centre + scale @ z``, and the theta of a w.

    Attributes
    ----------
    objective : Objective
        Of w.
    centre : array of shape (n_params,)
    scale : array of shape (n_params, n_params) or None
        Upper triangular; None for the identity.
    spread : float
        Standard deviation of the chains' starts, in z.
    to_theta : callable
        Of w, (..., n_params) to the same shape.
    """

    objective: Objective
    centre: FloatArray
    scale: FloatArray | None
    spread: float = 1.0
    to_theta: Callable[[FloatArray], FloatArray] = lambda w: w

    def theta(self, z: FloatArray) -> FloatArray:
        """Where draws of z are: (..., n_params) to the same shape."""
        w = z if self.scale is None else z @ self.scale.T
        return self.to_theta(self.centre + w)


def plain(objective: Objective, start: FloatArray) -> Coordinates:
    """Theta itself, about a start."""
    return Coordinates(objective, start, None, DISPERSION)


def whitened(density: Density, objective: Objective, mode: FloatArray) -> Coordinates:
    """Coordinates about the mode, in which the posterior is close to a standard normal.

    Plain ones where minus the Hessian there is not positive definite.

    Parameters
    ----------
    density : Density
        Which may know more of its matrices than the objective does.
    objective : Objective
        Bound to the training rows.
    mode : array of shape (n_params,)
    """
    root = covariance_root(objective.hessian(mode, prior=1.0, jacobian=1.0))
    if root is None:
        return plain(objective, mode)
    return Coordinates(objective, mode, root)
