"""PSIS-LOO: what the posterior expects of rows like its own, without a refit.

Each training row is left out by reweighting the draws with ``1 / p(y_i | theta)``;
the largest weights are smoothed by a Pareto distribution, whose shape ``k``
says whether that may be trusted.
"""

import numpy as np
from scipy.special import logsumexp

from trifit.checks import Labels
from trifit.diagnostics import MAX_PARETO_K
from trifit.fit.convergence import ess_mean
from trifit.fit.density import Density
from trifit.fit.psis import smoothed
from trifit.fits import Fit
from trifit.results.posterior import Loo
from trifit.rounding import finite
from trifit.scores import Estimate
from trifit.threads import limited, side_by_side
from trifit.types import FloatArray

MAX_ROWS = 20_000
"""Most training rows: about a third of a millisecond each, for 4,000 draws."""

SURE = 1e-12
"""A row that costs every draw less than this, in nats, costs nothing when left out."""

BLOCK = 1_000_000
"""Most log probabilities that a thread holds at a time (8 MB)."""


def loo(density: Density, fit: Fit, X: FloatArray, y: Labels) -> Loo | None:
    """PSIS-LOO of a posterior on its own training rows; higher is better.

    ``elpd_i = log sum_s w_is p(y_i | theta_s) / sum_s w_is`` with smoothed ``w_is`` in
    place of ``1 / p(y_i | theta_s)``. Rows are taken in blocks, so nothing of the
    size (n_draws, n_obs, n_classes) is ever held.

    Parameters
    ----------
    density : Density
    fit : Fit
        A posterior.
    X : array of shape (n_obs, n_features)
        The rows it was fitted to, as the model sees them.
    y : array of shape (n_obs,) or (n_obs, n_classes)

    Returns
    -------
    Loo or None
        None above 20,000 rows, where it would take longer than it is worth: a
        hold-out then says the same with a small error.

    References
    ----------
    Vehtari, Gelman & Gabry (2017), Stat. Comput. 27(5), doi:10.1007/s11222-016-9696-4;
    Vehtari et al. (2024), JMLR 25(72), arXiv:1507.02646
    """
    if len(X) > MAX_ROWS:
        return None
    n_samples = len(fit.flat_draws)
    efficiency = _relative_efficiency(fit.draws)
    n_classes = density.log_probs(fit.flat_draws[:1], X[:1]).shape[2]
    step = max(1, BLOCK // (n_samples * n_classes))

    def block(start: int) -> FloatArray:
        rows = slice(start, start + step)
        likelihood = _at_label(density.log_probs(fit.flat_draws, X[rows]), y[rows]).T
        # Rows of which every draw is sure have nothing to weight.
        open_ = likelihood.min(axis=1) < -SURE
        elpd_k_p = np.zeros((3, len(likelihood)))
        elpd_k_p[:, open_] = _left_out(np.ascontiguousarray(likelihood[open_]), efficiency)
        return elpd_k_p

    with limited():
        results = side_by_side(block, range(0, len(X), step))
    elpd_i, k, p_i = np.concatenate(results, axis=1)
    limit = min(1 - 1 / np.log10(n_samples), MAX_PARETO_K)
    return Loo(
        elpd=Estimate.normal(float(elpd_i.sum()), float(np.sqrt(len(elpd_i)) * elpd_i.std(ddof=1))),
        p=float(p_i.sum()),
        n_obs=len(elpd_i),
        n_high_k=int(np.sum(~(k <= limit))),
        k_limit=float(limit),
        k_max=finite(float(k.max())),
    )


def _left_out(likelihood: FloatArray, efficiency: float) -> FloatArray:
    """elpd, Pareto k and effective parameters of rows: (n_rows, n_samples) to (3, n_rows)."""
    log_weights, k = smoothed(-likelihood, efficiency)
    elpd_i = logsumexp(log_weights + likelihood, axis=1)
    in_sample = logsumexp(likelihood, axis=1) - np.log(likelihood.shape[1])
    return np.stack([elpd_i, k, in_sample - elpd_i])


def _at_label(log_probs: FloatArray, y: Labels) -> FloatArray:
    """Log-likelihood of each draw and row: (n_samples, n_obs, K) to (n_samples, n_obs)."""
    if y.ndim == 1:
        return np.asarray(log_probs[:, np.arange(len(y)), y])
    return np.where(y > 0, y * log_probs, 0.0).sum(axis=2)  # 0 log 0 = 0


def _relative_efficiency(draws: FloatArray) -> float:
    """Effective draws per draw, averaged over the parameters as ArviZ does."""
    if len(draws) == 1:
        return 1.0
    return float(ess_mean(draws).mean() / draws[..., 0].size)
