"""Pareto-smoothed importance weights: the posterior under another prior, from its draws."""

import math
from collections.abc import Sequence

import numpy as np

from trifit.fit.density import Density
from trifit.fit.psis import smoothed
from trifit.fits import Fit
from trifit.forecasts import log_of
from trifit.types import FloatArray

CONSTANT = 1e-6
"""Log weights that differ by less (nats) are all the same: there is no tail to smooth."""

BLOCK = 4_000_000
"""Most log probabilities held at a time (32 MB)."""


def reweighted(
    density: Density, bayes: Fit, X: FloatArray, weights: Sequence[float]
) -> tuple[list[FloatArray], list[float | None]]:
    """Predictions of the posterior whose log prior counts ``weight`` times.

    Draws get the importance weights ``p(theta)**(weight - 1)`` of the prior density
    in the model's own parameters, Pareto-smoothed:
    ``p(y | x) = sum_s w_s p(y | x, theta_s) / sum_s w_s``.

    Parameters
    ----------
    density : Density
    bayes : Fit
        A posterior that NUTS sampled.
    X : array of shape (n_obs, n_features)
        Rows as the model sees them.
    weights : sequence of float
        1 is the posterior itself.

    Returns
    -------
    log_probs : list of shape (n_obs, n_classes)
        One per weight.
    pareto_k : list of float or None
        Of the weights; above 0.7 do not use the predictions. None at weight 1,
        where nothing is weighted.

    References
    ----------
    Kallioinen et al. (2024), Stat. Comput. 34(57), doi:10.1007/s11222-023-10366-5;
    Vehtari et al. (2024), JMLR 25(72), arXiv:1507.02646
    """
    assert bayes.sampling is not None  # it was sampled
    log_prior = bayes.sampling.stats["log_prior"].ravel()
    shares = np.full((len(weights), len(log_prior)), 1 / len(log_prior))
    pareto_k: list[float | None] = []
    for share, weight in zip(shares, weights, strict=True):
        log_ratio = (weight - 1) * log_prior
        if weight == 1 or not np.ptp(log_ratio) > 0:
            pareto_k.append(None)
            continue
        share[:], k = smoothed_weights(log_ratio)
        pareto_k.append(k if math.isfinite(k) else math.inf)
    draws = bayes.flat_draws
    n_classes = density.log_probs(draws[:1], X[:1]).shape[2]
    total = np.zeros((len(weights), len(X) * n_classes))
    step = max(1, BLOCK // (len(X) * n_classes))
    for start in range(0, len(draws), step):
        probs = np.exp(density.log_probs(draws[start : start + step], X))
        total += shares[:, start : start + step] @ probs.reshape(len(probs), -1)
    return list(log_of(total).reshape(len(weights), len(X), n_classes)), pareto_k


def smoothed_weights(log_ratios: FloatArray) -> tuple[FloatArray, float]:
    """Pareto-smoothed importance weights that sum to one, and the shape k of their tail.

    The smaller k, the better: up to 0.7 the weights can be relied on, above 1
    they have no mean. Equal weights have no tail: k is 0.

    Parameters
    ----------
    log_ratios : array of shape (n_proposals,)
        Log of target over proposal density, up to a constant.

    Returns
    -------
    weights : array of shape (n_proposals,)
    k : float
        Infinite where no proposal has a density.
    """
    n = len(log_ratios)
    largest = log_ratios.max()
    if not np.isfinite(largest):
        return np.full(n, 1.0 / n), np.inf
    if np.ptp(log_ratios) < CONSTANT:
        return np.full(n, 1.0 / n), 0.0
    log_weights, k = smoothed(log_ratios[None])
    weights = np.exp(log_weights[0])
    return np.asarray(weights / weights.sum()), float(k[0])
