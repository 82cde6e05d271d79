"""What the tests share: labels drawn from the forecasts, and power under distorted ones."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from trifit.clusters import group_sums, n_groups
from trifit.forecasts import RULED_OUT, log_softmax
from trifit.types import BoolArray, FloatArray, IntArray

LEVEL, POWER = 0.05, 0.8
"""What a detectable slope refers to."""

MAX_LOG_ODDS_FACTOR = math.log(100)
"""Distortions looked for: log-odds up to 100 times too large."""


@dataclass(frozen=True)
class CalibrationTest:
    """Outcome of one test of calibration.

    Attributes
    ----------
    name : str
    statistic : float
    p_value : float
        Small: the forecasts are not calibrated. Large: this many rows do not
        show it, which is no proof.
    detectable_slope : float
        The calibration slope found with power 0.8 at level 0.05; 1 is
        calibrated, so the closer to 1 the sharper the test.
    n_obs : int
    n_resamples : int
        Draws behind the p-value; 0 where it is a normal tail.
    """

    name: str
    statistic: float
    p_value: float
    detectable_slope: float
    n_obs: int
    n_resamples: int


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


def signed(
    phi: FloatArray,
    p: FloatArray,
    codes: IntArray,
    groups: IntArray,
    n_resamples: int,
    seed: int | np.random.Generator,
) -> tuple[float, FloatArray]:
    """The kernel statistic of groups of rows, and the same with random signs of the groups.

    ``|sum_g s_g Z_g|**2 - sum_g |Z_g|**2`` over pairs of groups, where ``Z_g`` sums
    ``phi_i (e_{y_i} - p_i)'`` over a group and the signs ``s_g`` are 1 for the statistic.
    Rows of one group are not compared.

    Parameters
    ----------
    phi : array of shape (n_obs, n_features)
        Features whose dot products are the kernel.
    p : array of shape (n_obs, n_classes)
    codes, groups : array of shape (n_obs,)
    n_resamples : int
    seed : int or numpy Generator
    """
    residual = -p.copy()
    residual[np.arange(len(p)), codes] += 1
    n = n_groups(groups)
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], size=(n_resamples, n))
    signs = np.vstack([np.ones(n), signs])  # the statistic itself comes first
    own, squares = 0.0, np.zeros(len(signs))
    for of_class in residual.T:  # one at a time: many classes have large products
        parts = group_sums(phi * of_class[:, None], groups)
        own += float((parts**2).sum())
        squares += ((signs @ parts) ** 2).sum(axis=1)
    found = (squares - own) / (max(n * (n - 1), 1) * (len(p) / n) ** 2)
    return float(found[0]), found[1:]


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
    return np.asarray(np.exp(log_softmax(math.exp(-distortion) * log_p)))
