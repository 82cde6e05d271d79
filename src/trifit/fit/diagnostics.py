"""The checks of a posterior: whether the draws of a posterior may be believed.

Checks of the parameters, of the sampler, and of what matters here, the
predicted log probabilities; thresholds of Vehtari et al. (2021),
doi:10.1214/20-BA1221, and Betancourt (2016), arXiv:1604.00695.
"""

from collections.abc import Mapping

import numpy as np

from trifit.diagnostics import (
    MAX_RHAT,
    MIN_BFMI,
    MIN_ESS_PER_CHAIN,
    Mixing,
    SamplerDiagnostics,
    at_least,
    at_most,
)
from trifit.fit.convergence import ess_bulk, ess_tail, mcse_mean, rhat
from trifit.fits import Status
from trifit.rounding import finite
from trifit.threads import side_by_side
from trifit.types import FloatArray

MAX_DIVERGENT_SHARE = 0.001
MAX_DEPTH_SHARE = 0.01


def bfmi(energy: FloatArray) -> FloatArray:
    """E-BFMI of every chain of (n_chains, n_draws) energies; 0.3 is wanted.

    NaN for an energy that never changes.
    """
    spread = energy.var(axis=1)
    change = np.square(np.diff(energy, axis=1)).mean(axis=1)
    return np.divide(change, spread, out=np.full_like(spread, np.nan), where=spread > 0)


def diagnose_draws(draws: FloatArray) -> dict[str, FloatArray]:
    """Rank-normalised split R-hat, bulk and tail ESS of every column.

    Of draws (n_chains, n_draws, n_values). Columns that do not vary get R-hat 1 and the full
    number of draws; those with a value that is no number get NaN.
    """
    constant = np.ptp(draws, axis=(0, 1)) == 0
    return {
        "rhat": np.where(constant, 1.0, rhat(draws)),
        "ess_bulk": ess_bulk(draws),
        "ess_tail": ess_tail(draws),
    }


def effective_draws(draws: FloatArray) -> FloatArray:
    """Bulk ESS of every column of draws (n_chains, n_draws, n_values); NaN where none varies."""
    return np.where(np.ptp(draws, axis=(0, 1)) > 0, ess_bulk(draws), np.nan)


def diagnose_sampler(
    each: Mapping[str, FloatArray], stats: Mapping[str, np.ndarray], *, max_depth: int
) -> SamplerDiagnostics:
    """Worst R-hat and ESS over parameters, and the sampler's own warnings.

    Parameters
    ----------
    each : mapping of str to array of shape (n_params,)
        Of :func:`diagnose_draws`.
    stats : mapping of str to array of shape (n_chains, n_draws)
        What the sampler says of each draw.
    max_depth : int
        Largest depth of a tree.
    """
    return SamplerDiagnostics(
        parameters=mixing(each),
        divergences=int(stats["diverging"].sum()),
        divergent_share=float(stats["diverging"].mean()),
        bfmi_min=finite(float(bfmi(stats["energy"]).min())),
        depth_limited_share=float((stats["tree_depth"] >= max_depth).mean()),
        mean_steps=float(stats["n_steps"].mean()),
        accepted=float(stats["accepted"].mean()) if "accepted" in stats else None,
    )


def mixing(each: Mapping[str, FloatArray]) -> Mixing:
    """Worst R-hat and ESS over parameters, or over predicted log probabilities."""
    return Mixing(
        rhat_max=finite(float(each["rhat"].max())),
        ess_bulk_min=finite(float(each["ess_bulk"].min())),
        ess_tail_min=finite(float(each["ess_tail"].min())),
    )


def score_error(log_probs: FloatArray, weights: FloatArray, n_obs: int) -> float:
    """Monte Carlo error of log-loss and Brier score, as a share of their standard errors.

    The larger of the two; 0 where there is no standard error. By the delta method: the
    score of the mean forecast moves with a mean of the draws.

    Parameters
    ----------
    log_probs : array of shape (n_chains, n_draws, n_rows, n_classes)
        Of some of the test rows.
    weights : array of shape (n_rows, n_classes)
        Their labels as distributions.
    n_obs : int
        Number of all test rows, which the standard errors are for.
    """
    n_chains, n_draws, n_rows, _ = log_probs.shape
    if n_rows < 2:
        return 0.0
    probs = np.stack(side_by_side(np.exp, log_probs)).reshape(n_chains * n_draws, -1)
    mean = probs.mean(axis=0).reshape(weights.shape)
    off = mean - weights
    # How the mean score moves with a draw's probabilities, and each row's score.
    share = np.divide(weights, mean, out=np.zeros_like(mean), where=mean > 0)
    slopes = np.stack([-share.ravel(), 2 * off.ravel()], axis=1) / n_rows
    by_draw = (probs @ slopes).reshape(n_chains, n_draws, 2)
    by_row = np.stack([-(weights * _log(mean)).sum(axis=-1), np.square(off).sum(axis=-1)], axis=1)
    se = by_row.std(axis=0, ddof=1) / np.sqrt(n_obs)
    moves = (se > 0) & (np.ptp(by_draw, axis=(0, 1)) > 0)
    return float(np.max(mcse_mean(by_draw)[moves] / se[moves], initial=0.0))


def _log(probs: FloatArray) -> FloatArray:
    """Natural logarithms, those of 0 at the smallest double."""
    return np.asarray(np.log(np.maximum(probs, np.finfo(float).tiny)))


def posterior_status(d: SamplerDiagnostics, n_chains: int, *, parameters: bool = True) -> Status:
    """The first check a posterior fails, or TRUSTED.

    Parameters
    ----------
    d : SamplerDiagnostics
    n_chains : int
    parameters : bool
        Whether R-hat and ESS of parameters count: those of a network are not identified,
        and its chains may well sit in mirror images.
    """
    enough = MIN_ESS_PER_CHAIN * n_chains
    both = (d.parameters if parameters else None, d.predictions)
    judged = [mixing for mixing in both if mixing is not None]
    if not all(at_most(m.rhat_max, MAX_RHAT) for m in judged):
        return Status.UNMIXED
    of_sampler = sampler_status(d)
    if of_sampler is Status.DIVERGENT:
        return of_sampler
    if not all(at_least(ess, enough) for m in judged for ess in (m.ess_bulk_min, m.ess_tail_min)):
        return Status.FEW_EFFECTIVE
    return of_sampler


def sampler_status(d: SamplerDiagnostics) -> Status:
    """The first check of how the sampler went that fails, which more draws do not mend."""
    if d.divergent_share > MAX_DIVERGENT_SHARE:
        return Status.DIVERGENT
    if not at_least(d.bfmi_min, MIN_BFMI):
        return Status.LOW_ENERGY
    if d.depth_limited_share > MAX_DEPTH_SHARE:
        return Status.DEPTH_LIMITED
    return Status.TRUSTED
