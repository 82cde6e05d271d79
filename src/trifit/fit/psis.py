"""Pareto-smoothed importance sampling (PSIS), many vectors of weights at once.

The largest weights are replaced by quantiles of a generalised Pareto distribution that is fitted to
them. Its shape k says how far the weights can be relied on.

References: Vehtari et al. (2024), JMLR 25(72), arXiv:1507.02646; Zhang & Stephens (2009),
Technometrics 51(3), doi:10.1198/tech.2009.08017.
"""

import math

import numpy as np
from scipy.special import logsumexp

from trifit.types import FloatArray

MIN_TAIL = 5
"""Fewest weights to which a tail is fitted."""

PRIOR_K, PRIOR_WEIGHT = 0.5, 10
"""Prior mean of k, and the number of weights it counts for."""

SPREAD = 3
"""Of the grid of scales: Zhang and Stephens' prior."""


def smoothed(log_ratios: FloatArray, efficiency: float = 1.0) -> tuple[FloatArray, FloatArray]:
    """Smoothed log weights that sum to one in every row, and the shapes of their tails.

    Parameters
    ----------
    log_ratios : array of shape (n_rows, n_draws)
        Log of target over proposal density, up to a constant of the row.
    efficiency : float
        Effective draws per draw: more dependence, longer tail.

    Returns
    -------
    log_weights : array of shape (n_rows, n_draws)
    k : array of shape (n_rows,)
        NaN where the largest weights have no tail to fit; they are then not smoothed.
    """
    n = log_ratios.shape[1]
    log_weights = log_ratios - log_ratios.max(axis=1, keepdims=True)
    n_tail = _tail_length(n, efficiency)
    if n_tail < MIN_TAIL:
        k = np.full(len(log_ratios), np.nan)
    else:
        largest = np.argpartition(log_weights, n - n_tail - 1, axis=1)[:, n - n_tail - 1 :]
        values = np.take_along_axis(log_weights, largest, axis=1)
        cutoff, tail = np.exp(values[:, :1]), values[:, 1:]
        order = np.argsort(tail, axis=1)
        tail = np.take_along_axis(tail, order, axis=1)
        k, sigma = pareto_fit(np.exp(tail) - cutoff)
        quantiles = _pareto_quantiles(np.arange(0.5, n_tail) / n_tail, k[:, None], sigma[:, None])
        with np.errstate(invalid="ignore"):
            smooth = np.minimum(np.log(cutoff + quantiles), tail[:, -1:])
        tail = np.where(np.isfinite(k)[:, None], smooth, tail)
        np.put_along_axis(
            log_weights, np.take_along_axis(largest[:, 1:], order, axis=1), tail, axis=1
        )
    return log_weights - logsumexp(log_weights, axis=1, keepdims=True), k


def pareto_fit(excess: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Shape and scale of generalised Pareto distributions, by an empirical Bayes estimate.

    Parameters
    ----------
    excess : array of shape (n_rows, n_tail)
        Values above a threshold, ascending.

    Returns
    -------
    k, sigma : array of shape (n_rows,)
        NaN where the first quartile is no larger than the smallest value.
    """
    n = excess.shape[1]
    n_grid = 30 + math.isqrt(n)
    quartile = excess[:, int(n / 4 + 0.5) - 1]
    grid = 1 - np.sqrt(n_grid / (np.arange(1, n_grid + 1) - 0.5))
    with np.errstate(all="ignore"):
        b = grid / (SPREAD * quartile[:, None]) + 1 / excess[:, -1:]
        shapes = np.stack([_shape(each, excess) for each in b.T], axis=1)
        log_likelihood = n * (np.log(-b / shapes) - shapes - 1)
        weights = np.exp(log_likelihood - logsumexp(log_likelihood, axis=1, keepdims=True))
        weights = np.where(weights >= 10 * np.finfo(np.float64).eps, weights, 0.0)
        b_mean = (b * weights).sum(axis=1) / weights.sum(axis=1)
        shape = _shape(b_mean, excess)
        sigma = -shape / b_mean
    k = (n * shape + PRIOR_WEIGHT * PRIOR_K) / (n + PRIOR_WEIGHT)
    fits = quartile > excess[:, 0]
    return np.where(fits, np.where(np.isnan(k), np.inf, k), np.nan), np.where(fits, sigma, np.nan)


def _shape(b: FloatArray, excess: FloatArray) -> FloatArray:
    """The shape of the greatest likelihood at one ``b = -k / sigma`` per row."""
    return np.asarray(np.log1p(-b[:, None] * excess).mean(axis=1))


def _pareto_quantiles(p: FloatArray, k: FloatArray, sigma: FloatArray) -> FloatArray:
    """Quantiles of generalised Pareto distributions that begin at 0."""
    with np.errstate(all="ignore"):
        scaled = np.where(k == 0, -np.log1p(-p), np.expm1(-k * np.log1p(-p)) / k)
        return np.asarray(np.where(sigma > 0, sigma * scaled, np.nan))


def _tail_length(n: int, efficiency: float) -> int:
    """How many weights make the tail."""
    if n * efficiency > 225:
        return int(3 * math.sqrt(n / efficiency))
    return n // 5
