"""The two classification problems of Neal's software for Bayesian networks, with their truth.

References
----------
Neal, Software for Flexible Bayesian Modeling, documentation of its examples (a problem with a
binary response; a three-way classification problem); Neal (1996), Bayesian Learning for Neural
Networks, doi:10.1007/978-1-4612-0745-0
"""

import numpy as np
from scipy.special import ndtr

from trifit.simulate.mixtures import check_size
from trifit.simulate.world import Law, check_range
from trifit.types import FloatArray

CENTRE: FloatArray = np.array([0.4, -0.3])
"""Where the second class of the binary response is certain."""

DISC: FloatArray = np.array([0.4, 0.5])
RADIUS = 0.35
"""Centre and radius of the disc that is the first of three classes."""

FAR = 30.0
"""Standard deviations from the square beyond which every class has a mass of 0 in doubles."""

POINTS = 400
"""At so many values of the first input the second is integrated exactly."""


def binary_response(features: int) -> Law:
    """Two classes on standard normal inputs: ``p(1 | x) = exp(-|x - c|**4)``.

    Only the first two inputs matter; ``c`` is (0.4, -0.3).
    """
    check_size("neal-binary", features, 2, least=2)

    def draw(n: int, rng: np.random.Generator) -> FloatArray:
        return rng.standard_normal((n, features))

    def probs(X: FloatArray) -> FloatArray:
        square = ((X[:, :2] - CENTRE) ** 2).sum(axis=1)
        log_p = -(square**2)
        return np.column_stack([-np.expm1(log_p), np.exp(log_p)])

    return Law(features, 2, draw, probs)


def three_way(features: int, noise: float) -> Law:
    """Three classes of inputs that are uniform on (0, 1) and seen with Normal noise.

    A disc is the first class, of what lies outside it ``0.8 u_1 + 1.8 u_2 < 0.6`` the second,
    the rest the third. Only the first two inputs matter.
    """
    check_size("neal-three-way", features, 3, least=2)
    check_range("neal-three-way", "noise", noise, 0.01, 1)

    def draw(n: int, rng: np.random.Generator) -> FloatArray:
        return rng.random((n, features)) + noise * rng.standard_normal((n, features))

    def probs(X: FloatArray) -> FloatArray:
        return _three_way_probs(X[:, 0], X[:, 1], noise)

    return Law(features, 3, draw, probs)


def _three_way_probs(x: FloatArray, y: FloatArray, noise: float) -> FloatArray:
    """``p(k | x, y)``, the integral over the unit square of the noise around class k's points."""
    u = (np.arange(POINTS) + 0.5) / POINTS
    half = np.sqrt(np.maximum(RADIUS**2 - (u - DISC[0]) ** 2, 0.0))
    low, high = DISC[1] - half, DISC[1] + half
    border = np.maximum((0.6 - 0.8 * u) / 1.8, 0.0)
    y = np.clip(y, -FAR * noise, 1 + FAR * noise)
    z = (x[:, None] - u) / noise
    weight = np.exp(((z**2).min(axis=1, keepdims=True) - z**2) / 2)

    above = np.where(y < 0.5, -1, 1)[:, None]  # the tail that does not round to 1

    def mass(v: FloatArray | float) -> FloatArray:
        """Of the second input below v, at every u, but for a constant of the row."""
        return np.asarray(above * ndtr(above * (v - y[:, None]) / noise))

    disc = mass(high) - mass(low)
    below = mass(np.minimum(border, low)) - mass(0.0)
    below += np.maximum(mass(border) - mass(high), 0.0)
    rest = mass(1.0) - mass(0.0) - disc - below
    parts = [(weight * np.maximum(m, 0.0)).sum(axis=1) for m in (disc, below, rest)]
    total = np.stack(parts, axis=1)
    return np.asarray(total / total.sum(axis=1, keepdims=True))
