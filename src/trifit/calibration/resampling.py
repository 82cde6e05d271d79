"""What the tests share: labels drawn from the forecasts, and power under distorted ones."""

import math
from collections.abc import Callable

import numpy as np
from scipy.optimize import brentq
from scipy.special import log_softmax

from trifit.forecasts import RULED_OUT
from trifit.types import BoolArray, FloatArray, IntArray

LEVEL, POWER = 0.05, 0.8
"""What a detectable slope refers to."""

MAX_LOG_ODDS_FACTOR = math.log(100)
"""Distortions looked for: log-odds up to 100 times too large."""


def resampled(
    statistic: Callable[[IntArray], float],
    p: FloatArray,
    codes: IntArray,
    n_resamples: int,
    seed: int | np.random.Generator,
) -> tuple[float, FloatArray]:
    """The statistic of the labels, and of labels drawn from the forecasts.

    Parameters
    ----------
    statistic : callable
        Class codes (n_obs,) to a number.
    p : array of shape (n_obs, n_classes)
        Forecast probabilities.
    codes : array of shape (n_obs,)
        Observed class codes.
    n_resamples : int
    seed : int or numpy Generator
    """
    rng = np.random.default_rng(seed)
    edges = p.cumsum(axis=1).T[:-1].copy()
    small = np.min_scalar_type(p.shape[1])

    def draw() -> IntArray:
        u, drawn = rng.random(len(p)), np.zeros(len(p), dtype=small)
        for edge in edges:
            drawn += u >= edge
        return drawn.astype(np.int64)

    return statistic(codes), np.array([statistic(draw()) for _ in range(n_resamples)])


def p_value(observed: float, null: FloatArray, chance: float = 1.0) -> float:
    """Share of draws at least as large, the observed one among them; ties to 12 digits.

    Draws cannot give less than ``1 / (1 + draws)``. Labels whose :func:`surprise`
    is below :data:`RULED_OUT` were all but excluded by the forecasts, and that
    probability is then the p-value (so the size is off by at most that).

    Parameters
    ----------
    observed : float
        The larger, the less calibrated.
    null : array of shape (n_resamples,)
        Statistics of labels drawn from the forecasts.
    chance : float
        :func:`surprise` of the observed labels.
    """
    share = (1 + np.sum(null >= observed - 1e-12 * abs(observed))) / (1 + len(null))
    return unless_ruled_out(float(share), chance)


def unless_ruled_out(p: float, chance: float) -> float:
    """A p-value, or the chance of labels that were all but excluded."""
    return chance if chance < RULED_OUT else p


def surprise(p: FloatArray, codes: IntArray) -> float:
    """Bound of the probability that any row's label is as improbable as the least probable one.

    Examples
    --------
    >>> surprise(np.array([[1.0, 0.0], [0.5, 0.5]]), np.array([1, 0]))
    0.0
    """
    least = p[np.arange(len(p)), codes].min()
    return min(1.0, float(p[p <= least].sum()))


def top_surprise(confidence: FloatArray, right: BoolArray) -> float:
    """:func:`surprise` of "the top label is right"."""
    return surprise(np.column_stack([1 - confidence, confidence]), right.astype(np.int64))


def detectable(gap: Callable[[float], float]) -> float:
    """``exp(-distortion)`` where power reaches 0.8: where ``gap`` crosses 0."""
    least, most = 1e-4, MAX_LOG_ODDS_FACTOR
    if not gap(most) > 0:
        return math.nan
    if gap(least) > 0:
        return math.exp(-least)
    return math.exp(-float(brentq(gap, least, most, xtol=1e-4, rtol=1e-3)))


def log_of(p: FloatArray) -> FloatArray:
    """Natural logarithms; of 0 minus infinity, without a warning."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(p))


def distorted(log_p: FloatArray, distortion: float) -> FloatArray:
    """Probabilities whose log-odds are ``exp(-distortion)`` times the forecast ones."""
    return np.asarray(np.exp(log_softmax(math.exp(-distortion) * log_p, axis=1)))
