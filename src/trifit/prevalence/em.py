"""Class shares of rows without labels, from probabilities that hold under other shares."""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from trifit.types import FloatArray

MAX_STEPS = 10_000

TOLERANCE = 1e-9

HALF_DEVIANCE = NormalDist().inv_cdf(0.975) ** 2 / 2


@dataclass(frozen=True, eq=False)
class Estimated:
    """Class shares with their 95 % profile-likelihood intervals.

    Attributes
    ----------
    shares, low, high : array of shape (n_classes,)
    """

    shares: FloatArray
    low: FloatArray
    high: FloatArray


def estimate(log_probs: FloatArray, before: FloatArray) -> Estimated:
    """Maximum likelihood of the class shares, by the EM algorithm.

    Maximises ``sum_i log sum_k p_ik s_k / before_k`` over shares s. The intervals are where the
    profile likelihood of one share is at most 1.92 below the maximum. They hold rows to be
    independent and the probabilities to be calibrated under the shares before: what is wrong with
    those is not in them.

    Parameters
    ----------
    log_probs : array of shape (n_obs, n_classes)
        Of rows without labels.
    before : array of shape (n_classes,)
        Class shares under which the probabilities hold.

    References
    ----------
    Saerens, Latinne & Decaestecker (2002), doi:10.1162/089976602753284446

    Examples
    --------
    >>> sure = np.log(np.tile([[0.99, 0.01]], (100, 1)))
    >>> estimate(sure, np.array([0.5, 0.5])).shares.round(3)
    array([1., 0.])
    """
    ratio = np.exp(log_probs - log_probs.max(axis=1, keepdims=True)) / before
    shares = _maximum(ratio, before)
    best = _log_likelihood(ratio, shares)
    ends = np.array([_profile(ratio, shares, k, best) for k in range(len(before))])
    return Estimated(shares, ends[:, 0], ends[:, 1])


def _maximum(
    ratio: FloatArray, start: FloatArray, fixed: tuple[int, float] | None = None
) -> FloatArray:
    """EM from a start; with one share fixed the others share the rest."""
    shares = start
    for _ in range(MAX_STEPS):
        joint = ratio * shares
        step = (joint / joint.sum(axis=1, keepdims=True)).mean(axis=0)
        if fixed is not None:
            step = _with_fixed(step, *fixed)
        if abs(step - shares).max() < TOLERANCE:
            return step
        shares = step
    return shares


def _with_fixed(shares: FloatArray, k: int, value: float) -> FloatArray:
    others = np.delete(shares, k)
    total = others.sum()
    rest = others / total if total > 0 else np.full(len(others), 1 / len(others))
    return np.insert((1 - value) * rest, k, value)


def _log_likelihood(ratio: FloatArray, shares: FloatArray) -> float:
    with np.errstate(divide="ignore"):
        return float(np.log(ratio @ shares).sum())


def _profile(ratio: FloatArray, shares: FloatArray, k: int, best: float) -> tuple[float, float]:
    """Where the profile likelihood of one share crosses its limit, on both sides."""
    from scipy.optimize import brentq

    def above(value: float) -> float:
        start = _with_fixed(np.maximum(shares, 1e-12), k, value)
        held = start if len(shares) == 2 else _maximum(ratio, start, (k, value))
        gap = _log_likelihood(ratio, held) - best + HALF_DEVIANCE
        return max(gap, -1e12)

    share = float(shares[k])
    low = 0.0 if above(0.0) >= 0 else brentq(above, 0.0, share, xtol=1e-8)
    high = 1.0 if above(1.0) >= 0 else brentq(above, share, 1.0, xtol=1e-8)
    return float(low), float(high)
