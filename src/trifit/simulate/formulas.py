"""Worlds given by a formula of the class probabilities, and a law of the features."""

import numpy as np
from scipy.special import softmax

from trifit.errors import InputError
from trifit.simulate.mixtures import check_size, corners
from trifit.simulate.world import Law, check_positive, check_range, draw_until
from trifit.types import FloatArray


def linear_softmax(
    features: int, classes: int, signal: float, rho: float, df: float, coefficients_seed: int
) -> Law:
    """Linear log-odds on features of variance 1.

    Parameters
    ----------
    features, classes : int
    signal : float
        Standard deviation of the log-odds between two classes over rows with
        independent features: ``gamma`` of :mod:`trifit.theory`.
    rho : float
        Correlation of neighbouring features (of features j and k: ``rho**|j-k|``).
    df : float
        Degrees of freedom of heavy-tailed (Student) features; 0: Normal ones.
    coefficients_seed : int
        0: only the first ``classes`` features matter (for two classes: the first),
        equally for all classes. Else coefficients are drawn from Normals of
        standard deviation ``signal / sqrt(2 features)`` with this seed: the right
        prior of the card ``softmax``.
    """
    check_size("softmax", features, classes)
    check_positive("softmax", signal=signal)
    if coefficients_seed < 0:
        raise InputError(
            f"world 'softmax': coefficients_seed={coefficients_seed}; expected at least 0"
        )
    check_range("softmax", "rho", rho, -0.99, 0.99)
    if df != 0 and df <= 2:
        raise InputError(
            f"world 'softmax': df={df:g}; expected above 2 (a finite variance), or 0 for Normal"
        )
    if coefficients_seed:
        rng = np.random.default_rng(coefficients_seed)
        weights = signal / np.sqrt(2 * features) * rng.standard_normal((features, classes))
    else:
        weights = signal * corners(classes, features).T

    def draw(n: int, rng: np.random.Generator) -> FloatArray:
        X = rng.standard_normal((n, features))
        for j in range(1, features):
            X[:, j] = rho * X[:, j - 1] + np.sqrt(1 - rho**2) * X[:, j]
        if df:
            X *= np.sqrt((df - 2) / rng.chisquare(df, size=(n, 1)))
        return X

    def probs(X: FloatArray) -> FloatArray:
        return np.asarray(softmax(X @ weights, axis=1))

    return Law(features, classes, draw, probs)


def quadratic(
    features: int, classes: int, signal: float, curvature: float, interaction: float
) -> Law:
    """Linear log-odds plus a square and a product, in which a linear model is wrong.

    ``curvature (x1^2 - 1) + interaction x1 x2`` is added to the log-odds of every
    odd class (counted from 0) against every even one; features are standard normal.

    Parameters
    ----------
    features, classes : int
    signal : float
        Size of the linear part, in log-odds.
    curvature, interaction : float
        In log-odds; 0 and 0 leave it linear.
    """
    check_size("quadratic", features, classes, least=2)
    check_positive("quadratic", signal=signal)
    weights = signal * corners(classes, features).T
    side = np.where(np.arange(classes) % 2, 0.5, -0.5)

    def draw(n: int, rng: np.random.Generator) -> FloatArray:
        return rng.standard_normal((n, features))

    def probs(X: FloatArray) -> FloatArray:
        bend = curvature * (X[:, 0] ** 2 - 1) + interaction * X[:, 0] * X[:, 1]
        return np.asarray(softmax(X @ weights + bend[:, None] * side, axis=1))

    return Law(features, classes, draw, probs)


def separable(features: int, classes: int, margin: float) -> Law:
    """The class is certain given the features, with a gap of ``margin`` between classes.

    Standard normal features; the class whose corner is nearest. Rows closer than
    ``margin / 2`` to a border do not occur.

    Parameters
    ----------
    features, classes : int
    margin : float
        In standard deviations of a feature.
    """
    check_size("separable", features, classes)
    check_range("separable", "margin", margin, 0, 2)
    points = corners(classes, features)
    offset = (points**2).sum(axis=1) / 2

    def score(X: FloatArray) -> FloatArray:
        return np.asarray(X @ points.T - offset)

    def draw(n: int, rng: np.random.Generator) -> FloatArray:
        def some(m: int) -> FloatArray:
            X = rng.standard_normal((m, features))
            ordered = np.sort(score(X), axis=1)
            # Corners are at distance 1, so the gap of the best two is a distance to the border.
            return np.asarray(X[ordered[:, -1] - ordered[:, -2] >= margin / 2])

        return draw_until(n, some)

    def probs(X: FloatArray) -> FloatArray:
        return np.asarray(np.eye(classes)[score(X).argmax(axis=1)])

    return Law(features, classes, draw, probs)
