"""Coordinates that NUTS moves in: a posterior is close to a standard normal there.

Around the mode, minus the Hessian of the log posterior is a precision matrix
(docs/decisions/012-whitening.md).

- **Dense**: ``theta = mode + scale @ z`` with ``scale @ scale.T`` its inverse. A step costs two
  products with a matrix of n_params squared.
- **Kronecker**, for linear models that treat all features alike: the precision is nearly
  ``A (x) C + D (x) P``, with A and C of the data, D and P of the prior, over features and over
  classes. The eigenvectors of (A, D) turn the features once, before sampling, and those of
  (C, P) the classes; what is left is a diagonal. A step costs what the gradient costs.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.linalg import eigh
from scipy.special import softmax

from trifit.fit.affine import Affine, close
from trifit.fit.alike import Alike
from trifit.fit.density import (
    Density,
    LinearForm,
    LogDensity,
    Objective,
    covariance_root,
    design_of,
)
from trifit.fit.objective import LinearObjective
from trifit.inputs import label_probs
from trifit.types import FloatArray, IntArray

MOST_DENSE = 1_000
"""Parameters up to which the exact Hessian is worth its cost: 2 MB, read twice a step."""

SINGLE = 1e-30
"""Scales between this and its inverse are exact to seven digits in single precision."""

DISPERSION = 0.5
"""Standard deviation of the chains' starts in plain coordinates."""


@dataclass(frozen=True, eq=False)
class Coordinates:
    """A log density of ``w = centre + scale @ z``, and the theta of a w.

    Attributes
    ----------
    objective : LogDensity
        Of w.
    centre : array of shape (n_params,)
    scale : array of shape (n_params, n_params) or None
        Upper triangular; None for the identity. Rounded to single precision, in which machine
        code keeps it: any scale gives the same posterior, and this one is half the memory to
        read in every step.
    spread : float
        Standard deviation of the chains' starts, in z.
    to_theta : callable
        Of w, (..., n_params) to the same shape.
    """

    objective: LogDensity
    centre: FloatArray
    scale: FloatArray | None
    spread: float = 1.0
    to_theta: Callable[[FloatArray], FloatArray] = lambda w: w

    def __post_init__(self) -> None:
        if self.scale is not None:
            rounded = self.scale.astype(np.float32).astype(np.float64)
            object.__setattr__(self, "scale", rounded)

    def theta(self, z: FloatArray) -> FloatArray:
        """Where draws of z are: (..., n_params) to the same shape."""
        w = z if self.scale is None else z @ self.scale.T
        return self.to_theta(self.centre + w)


def plain(objective: Objective, start: FloatArray) -> Coordinates:
    """Theta itself, about a start."""
    return Coordinates(objective, start, None, DISPERSION)


def whitened(density: Density, objective: Objective, mode: FloatArray) -> Coordinates:
    """Coordinates about the mode, in which the posterior is close to a standard normal.

    Kronecker ones where there are many parameters and the model has them; else dense ones; plain
    ones where minus the Hessian is not positive definite.

    Parameters
    ----------
    density : Density
        Which may know more of its matrices than the objective does.
    objective : Objective
        Bound to the training rows.
    mode : array of shape (n_params,)
    """
    if not is_dense(density):
        return kronecker(density, objective, mode)
    root = scale_of(objective.hessian(mode, prior=1.0, jacobian=1.0))
    return plain(objective, mode) if root is None else Coordinates(objective, mode, root)


def scale_of(hessian: FloatArray) -> FloatArray | None:
    """A scale for :class:`Coordinates`; None where there is none, or none in single precision."""
    root = covariance_root(hessian)
    if root is None or not SINGLE < np.diag(root).min() <= abs(root).max() < 1 / SINGLE:
        return None
    return root


@dataclass(frozen=True, eq=False)
class _Standard:
    """A linear model with a standard normal prior, one row of coefficients for each feature.

    ``theta[places] = scale[:, None] * T @ root.T`` with T standard normal under the prior
    (but for its mean); log-odds are ``offset + X @ T @ to_odds.T``.

    Attributes
    ----------
    places : array of shape (n_rows, n_each)
        Where the coefficients of the intercept and of every feature are in theta.
    scale : array of shape (n_rows,)
    root : array of shape (n_each, n_each)
    X : array of shape (n_obs, n_rows)
        ``[1, x] * scale``.
    to_odds : array of shape (n_odds, n_each)
    """

    places: IntArray
    scale: FloatArray
    root: FloatArray
    X: FloatArray
    to_odds: FloatArray

    @classmethod
    def of(cls, alike: Alike, X: FloatArray) -> "_Standard":
        """The model of some rows; the intercept is a coefficient like the others.

        Parameters
        ----------
        alike : Alike
        X : array of shape (n_obs, n_features)
        """
        shared, own = alike.params.inputs.places(X.shape[1])
        (_, to_odds), (first, slope) = _intercept_and_feature(alike)
        root = covariance_root(slope)
        assert root is not None  # or features would not be alike
        size = float(np.sqrt(np.trace(slope) / np.trace(first)))
        scale = np.concatenate([[size], np.ones(X.shape[1])])
        return cls(np.vstack([shared, own]), scale, root, design_of(X) * scale, to_odds @ root)


def has_kronecker(density: Density) -> bool:
    """Whether a model treats its features alike, and its intercept as one of them.

    Up to the scale of its prior.
    """
    if density.alike is None:
        return False
    odds, slope = _intercept_and_feature(density.alike)
    if any(first.shape != each.shape for first, each in (odds, slope)):
        return False
    size = float(np.trace(slope[0]) / np.trace(slope[1]))
    return close(*odds) and close(slope[0], size * slope[1])


def _intercept_and_feature(alike: Alike) -> tuple[tuple[FloatArray, FloatArray], ...]:
    """What log-odds are of theta, and the slope of the log prior: of the intercept, a feature."""
    values, weights, slope = (
        [np.asarray(affine.matrix) for affine in (part.shared, part.each)]
        for part in (alike.params, alike.weights, alike.prior_gradient)
    )
    return (weights[0] @ values[0], weights[1] @ values[1]), (slope[0], slope[1])


def is_dense(density: Density) -> bool:
    """Whether :func:`whitened` takes dense coordinates: a step then reads n_params squared."""
    return density.n_params <= MOST_DENSE or not has_kronecker(density)


def kronecker(density: Density, objective: Objective, mode: FloatArray) -> Coordinates:
    """Coordinates about the mode by a Kronecker form of the precision there.

    ``T = U (z / sqrt(1 + a c')) V'`` with eigenvectors U, V and values a, c of the factors
    of the information; T are the coefficients less the mode, in units of the prior.

    Parameters
    ----------
    density : Density
        Of a model that :func:`has_kronecker`.
    objective : Objective
        Bound to the training rows.
    mode : array of shape (n_params,)
    """
    assert density.alike is not None
    assert objective.linear is not None
    form, model = objective.linear, _Standard.of(density.alike, objective.X)
    (a, U), (c, V) = (eigh(factor) for factor in _factors(objective, model, mode))
    scale = 1.0 / np.sqrt(1.0 + np.outer(a.clip(0.0), c.clip(0.0)))
    centre = form.to_weights(mode).reshape(len(a), -1)
    to_odds = sp.kron(sp.eye_array(len(a)), model.to_odds @ V) @ sp.diags_array(scale.ravel())
    no_intercept = sp.csr_array((centre.shape[1], to_odds.shape[1]))
    back = model.root @ V
    slope = form.prior_gradient(mode)
    turned = LinearForm(
        to_weights=Affine(
            np.vstack([np.zeros((1, centre.shape[1])), (U.T / model.scale) @ centre]).ravel(),
            sp.vstack([no_intercept, to_odds], format="csr"),
        ),
        prior_gradient=Affine(
            (scale * (U.T @ (model.scale[:, None] * slope[model.places]) @ back)).ravel(),
            sp.diags_array(-np.square(scale.ravel()), format="csr"),
        ),
        prior_constant=form.prior_constant
        + 0.5 * float(mode @ (slope + form.prior_gradient.offset)),
    )

    def to_theta(z: FloatArray) -> FloatArray:
        theta = np.empty_like(z)
        T = U @ (z.reshape(*z.shape[:-1], *scale.shape) * scale) @ back.T
        theta[..., model.places] = model.scale[:, None] * T
        return mode + theta

    rows = LinearObjective(model.X @ U, objective.labels, turned)
    return Coordinates(rows, np.zeros_like(mode), None, 1.0, to_theta)


def _factors(
    objective: Objective, model: _Standard, mode: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """A (features) and C (classes) for which the information at the mode is nearly ``A (x) C``.

    Each is a sum over rows, weighted by the other's share of a row: one sweep of the iteration
    for the likeliest factors of a covariance (Dutilleul 1999, doi:10.1080/00949659908811970).
    Further sweeps change little.
    """
    X, to_odds = model.X, model.to_odds
    total = label_probs(objective.labels, objective.n_classes).sum(axis=1)
    assert objective.linear is not None
    weights = objective.linear.to_weights(mode).reshape(X.shape[1], -1)
    odds = weights[0] + objective.X @ weights[1:]
    p = softmax(np.column_stack([np.zeros(len(X)), odds]), axis=1)[:, 1:]
    q = p @ to_odds

    def of_features(weight: FloatArray) -> FloatArray:
        return np.asarray((X * weight[:, None]).T @ X)

    def of_classes(weight: FloatArray) -> FloatArray:
        return (to_odds.T * (weight @ p)) @ to_odds - (q * weight[:, None]).T @ q

    A, C = of_features(total), of_classes(total / total.sum())
    weight = _inverse(C, A)
    each = ((to_odds @ weight) * to_odds).sum(axis=1)
    share = p @ each - ((q @ weight) * q).sum(axis=1)
    A = of_features(total * share / np.vdot(weight, C))
    weight = _inverse(A, C)
    share = ((X @ weight) * X).sum(axis=1)
    return A, of_classes(total * share / np.vdot(weight, A))


def _inverse(factor: FloatArray, other: FloatArray) -> FloatArray:
    """Of one factor and the prior, which is 1 where the other factor has its mean eigenvalue."""
    return np.linalg.inv(factor + np.eye(len(factor)) * (len(other) / np.trace(other)))
