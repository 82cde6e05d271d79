"""Whether the MLE of a fitted model exists: what can be proved about it."""

import numpy as np
import scipy.sparse as sp

from trifit.fit.affine import Matrix
from trifit.fit.blocks import Blocks
from trifit.fit.density import Density, Objective, design_of
from trifit.inputs import Labels
from trifit.separation import MAX_MAP, Certificate, Separation, largest_one, separation
from trifit.spacing import evenly_spaced
from trifit.types import BoolArray, FloatArray, IntArray

MAX_CURVED = 500
"""Most parameters whose second derivatives are asked whether weights run off."""

SETTLED = 0.1
"""Newton's step, beside a weight or 1, from which on the weight is not where a maximum is."""

MANY = 200_000
"""Rows from which on a part of them is looked at first."""

FEW = 20_000
"""Rows of each class in that part."""


def certify(density: Density, objective: Objective, theta: FloatArray) -> Certificate:
    """What is known about the existence of an MLE, from where its optimiser ended.

    A classifier whose log-odds are linear in the features gets
    :func:`trifit.separation.separation`, whatever its prior, and so does one of
    two classes whose log-odds grow with a linear predictor (probit): what can be
    separated is a matter of the rows, not of the link. A network that puts
    every training label first has no MLE either, because scaling its output
    layer up takes the likelihood to 1: proved here by checking that doubling the free
    variables in which log-odds are linear doubles the log-odds. Nothing is known of other models.

    Parameters
    ----------
    density : Density
    objective : Objective
        Bound to the training rows.
    theta : array of shape (n_params,)
        Where the optimiser ended.
    """
    X, labels, n_classes = objective.X, objective.labels, objective.n_classes
    if objective.linear is not None:
        return _of_linear(X, labels, n_classes, objective.linear.to_weights.matrix, theta)
    B = _linear_weights(density, theta, X)
    if B is None:
        B = _monotone_weights(density, theta, X)
    if B is not None:
        return Certificate(_separation(X, labels, n_classes, None, B).separation)
    complete = _separates(density, labels, theta, X)
    return Certificate(Separation.COMPLETE if complete else Separation.UNKNOWN)


def runs_off(density: Density, objective: Objective, theta: FloatArray) -> bool:
    """Whether weights run to infinity where the gradient is all but zero.

    Near a strict maximum minus the Hessian is positive definite and Newton's step is tiny.
    Where units saturate, or log-odds grow without end, the curvature dies out with the
    gradient, so the step does not. Measured with gradients below 1e-6 per row: steps of 1e-5 to
    2e-3 at maxima (2 to 4 units, 2,000 to 10,000 rows), 6 and more where a few rows cannot be
    separated and the others can. False where that cannot be told: with many parameters, or
    if the log-odds do not change with each of them (relu units can be scaled against each other).

    Parameters
    ----------
    density : Density
    objective : Objective
        Bound to the training rows.
    theta : array of shape (n_params,)
        Where the optimiser met its tolerance.
    """
    free = np.flatnonzero(~density.scales)
    if len(free) > MAX_CURVED or not _identified(density, objective.X, free):
        return False
    _, gradient = objective(theta, prior=0.0, jacobian=0.0)
    curvature = -objective.hessian(theta, prior=0.0, jacobian=0.0)[np.ix_(free, free)]
    values, vectors = np.linalg.eigh(curvature)
    if values[0] <= 0:
        return True
    step = vectors @ ((vectors.T @ gradient[free]) / values)
    return bool((abs(step) > SETTLED * np.maximum(1.0, abs(theta[free]))).any())


def _identified(density: Density, X: FloatArray, free: IntArray) -> bool:
    """Whether log-odds change with every free parameter, at random parameters."""
    some = np.random.default_rng(20260101).normal(size=len(density.scales))
    steps = 1e-5 * np.eye(len(some))[free]
    rows = X[: 10 * len(free)]
    up, down = (
        _odds(density.log_probs(density.constrain(some + s), rows)) for s in (steps, -steps)
    )
    moved = (up - down).reshape(len(free), -1) / 2e-5
    return bool(np.linalg.matrix_rank(moved, tol=1e-6 * np.linalg.norm(moved, 2)) == len(free))


def _of_linear(
    X: FloatArray, labels: Labels, n_classes: int, weights: Matrix, theta: FloatArray
) -> Certificate:
    """:func:`trifit.separation.separation` of parameters with these coefficients.

    Where each set of coefficients has one set of parameters, it is asked of the coefficients.
    """
    if not isinstance(weights, Blocks):
        return _separation(X, labels, n_classes, weights, theta)
    if not weights.is_regular:
        if weights.nnz > MAX_MAP:
            return Certificate(Separation.UNKNOWN)
        return _separation(X, labels, n_classes, weights.tocsr(), theta)
    found = _separation(X, labels, n_classes, None, weights @ theta)
    if found.direction is None:
        return found
    return Certificate(found.separation, largest_one(weights.solve(found.direction)))


def _separation(
    X: FloatArray,
    labels: Labels,
    n_classes: int,
    weights: FloatArray | sp.csr_array | None,
    guess: FloatArray,
) -> Certificate:
    """:func:`trifit.separation.separation`, of a part of the rows where that is enough.

    If every direction hurts some row of a part, it hurts that row of the whole.
    """
    if len(X) > MANY:
        classes = labels if labels.ndim == 1 else labels.argmax(axis=1)
        part = np.sort(np.concatenate([_spaced(classes == k) for k in range(n_classes)]))
        design = design_of(X[part])
        if np.linalg.matrix_rank(design) == design.shape[1]:
            found = separation(design, labels[part], weights, n_classes=n_classes)
            if found.exists:
                return found
    return separation(design_of(X), labels, weights, n_classes=n_classes, guess=guess)


def _spaced(chosen: BoolArray) -> IntArray:
    """Evenly spaced indices of at most :data:`FEW` chosen rows."""
    rows = np.flatnonzero(chosen)
    return rows[evenly_spaced(len(rows), FEW)]


def _linear_weights(density: Density, theta: FloatArray, X: FloatArray) -> FloatArray | None:
    """Raveled coefficients of the log-odds, (1 + n_features) x (n_classes - 1), at theta.

    None unless the log-odds are linear in the features, change sign with the
    model's unconstrained parameters, and can be moved in every direction: then
    any coefficients can be had, and separation is a matter of the rows alone.
    """
    n_features = X.shape[1]
    rows = np.vstack([np.zeros(n_features), np.eye(n_features), X[:50], 3.0 * X[:50]])

    def coefficients(thetas: FloatArray) -> tuple[FloatArray, bool]:
        odds = _odds(density.log_probs(density.constrain(thetas), rows))[:, :, 1:]
        B = np.concatenate([odds[:, :1], odds[:, 1 : 1 + n_features] - odds[:, :1]], axis=1)
        expected = B[:, :1] + rows @ B[:, 1:]
        size = max(1.0, float(abs(odds).max()))
        return B.reshape(len(thetas), -1), bool((abs(odds - expected) <= 1e-7 * size).all())

    signs = np.where(density.unconstrained, -1.0, 1.0)
    rng = np.random.default_rng(20260101)
    some = theta + rng.normal(scale=0.3, size=(2, len(theta)))
    near, linear = coefficients(some)
    if not linear:
        return None
    flipped, linear = coefficients(some * signs)
    if not linear or not np.allclose(flipped, -near, rtol=1e-6, atol=1e-8):
        return None
    steps = 1e-4 * np.eye(len(theta))
    moved = coefficients(some[0] + steps)[0] - coefficients(some[0] - steps)[0]
    if np.linalg.matrix_rank(moved / 2e-4, tol=1e-6) < near.shape[1]:
        return None
    return np.asarray(coefficients(theta[None])[0][0])


def _monotone_weights(density: Density, theta: FloatArray, X: FloatArray) -> FloatArray | None:
    """``(intercept, beta)`` of two classes whose log-odds grow with ``intercept + x @ beta``.

    None unless both are parameters, may be any real numbers, and the log-odds
    rise from minus to plus infinity with their sum at random parameters.
    """
    names = density.layout.names
    if density.n_classes != 2 or not {"intercept", "beta"} <= set(names):
        return None
    rng = np.random.default_rng(20260101)
    thetas = np.vstack([theta, rng.normal(size=(3, len(theta)))])
    thetas = np.vstack([thetas, np.where(density.unconstrained, -1.0, 1.0) * thetas])
    params = density.constrain(thetas)
    named = density.layout.unravel(params)
    if named["intercept"].ndim != 1 or named["beta"].shape[1:] != X.shape[1:]:
        return None
    B = np.column_stack([named["intercept"], named["beta"]])
    half = len(B) // 2
    if not np.allclose(B[half:], -B[:half], rtol=1e-6, atol=1e-8):
        return None
    steps = 1e-4 * np.eye(len(theta))
    moved = density.layout.unravel(
        density.constrain(thetas[1] + steps) - density.constrain(thetas[1] - steps)
    )
    jacobian = np.column_stack([moved["intercept"], moved["beta"]]) / 2e-4
    if np.linalg.matrix_rank(jacobian, tol=1e-6) < B.shape[1]:
        return None
    rows = np.vstack([X[:50], 3.0 * X[:50], 1e3 * X[:10]])
    for b, odds in zip(B, _odds(density.log_probs(params, rows))[:, :, 1], strict=True):
        predictor = b[0] + rows @ b[1:]
        order = np.argsort(predictor)
        rising = np.diff(odds[order]) >= -1e-9 * np.maximum(1.0, abs(odds[order][1:]))
        if not rising.all() or (np.sign(odds) != np.sign(predictor)).any():
            return None
    return np.asarray(B[0])


def _separates(density: Density, labels: Labels, theta: FloatArray, X: FloatArray) -> bool:
    """Whether every label comes first and the output layer can be scaled up without end."""
    if (labels > 0).sum(axis=1).max() > 1:
        return False
    doubled = np.where(_output_layer(density, X), 2.0, 1.0) * theta
    thetas = np.array([theta, doubled])
    once, twice = _odds(density.log_probs(density.constrain(thetas), X))
    at_label = once[np.arange(len(X)), labels.argmax(axis=1)]
    others = np.where(labels > 0, -np.inf, once).max(axis=1)
    scales = np.allclose(twice, 2 * once, rtol=1e-6, atol=1e-9)
    return bool(scales and (at_label > others).all())


def _output_layer(density: Density, X: FloatArray) -> BoolArray:
    """Entries of theta that log-odds are linear in, at random parameters; no learned scales."""
    some, step = np.random.default_rng(20260101).normal(size=(2, len(density.scales)))
    linear, names = np.zeros(len(some), dtype=np.bool_), np.array(density.free_names)
    for name in dict.fromkeys(density.free_names):
        own = (names == name) & ~density.scales
        thetas = some + np.outer([-1.0, 0.0, 1.0], own * step)
        low, middle, high = _odds(density.log_probs(density.constrain(thetas), X[:200]))
        linear |= own & np.allclose(low + high, 2 * middle, rtol=1e-6, atol=1e-8)
    return linear


def _odds(log_probs: FloatArray) -> FloatArray:
    return np.asarray(log_probs - log_probs[..., :1])
