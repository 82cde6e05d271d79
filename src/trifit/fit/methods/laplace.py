"""``laplace``: the posterior as a normal distribution at its mode, corrected by importance weights.

Seconds where NUTS takes minutes, and right where rows are many: the posterior
is then close to normal. How close is measured, not assumed: every draw is
weighted by the posterior over the normal density, and the shape ``k`` of the
largest weights says whether the weighted draws can be relied on.
"""

import time
from functools import partial

import numpy as np

from trifit.cards import Card, Optimiser, Sampler
from trifit.diagnostics import LaplaceDiagnostics
from trifit.errors import InputError
from trifit.fit.density import Density, Objective, covariance_root
from trifit.fit.diagnostics import MIN_ESS_PER_CHAIN
from trifit.fit.importance import MAX_PARETO_K, smoothed_weights
from trifit.fit.minimise import Path, lbfgs
from trifit.fit.optimise import MAX_NEWTON_PARAMS
from trifit.fit.proposals import Advance, evaluate
from trifit.fit.training import Training
from trifit.fits import Fit, Status
from trifit.rounding import finite
from trifit.threads import limited
from trifit.types import FloatArray, IntArray, Rows

HOPELESS_K = 1.0
"""Pareto k above which the weights have no mean, so that more proposals do not help."""

MIN_PROPOSALS, MAX_ROUNDS = 1_000, 10
"""Fewest proposals of a round, and most rounds."""


def check(density: Density, card: Card) -> None:
    """Refuse a model that is too large for second derivatives."""
    if density.n_params > MAX_NEWTON_PARAMS:
        raise InputError(
            f"methods 'laplace': the model has {density.n_params:,} parameters, too many for the "
            f"second derivatives it needs (at most {MAX_NEWTON_PARAMS:,}); leave it out"
        )


def fit(training: Training) -> Fit:
    """The normal approximation of one training set's posterior, from the MAP."""
    start = training.fit("map").theta
    assert start is not None
    return fit_laplace(
        training.density,
        training.rows,
        start,
        training.card.optimiser,
        training.card.sampler,
        training.generator("laplace"),
        advance=partial(training.tell, "laplace"),
    )


def fit_laplace(
    density: Density,
    rows: Rows,
    start: FloatArray,
    settings: Optimiser,
    sampler: Sampler,
    rng: np.random.Generator,
    *,
    advance: Advance | None = None,
) -> Fit:
    """Draw the posterior from its normal approximation, with importance weights.

    The normal distribution has its mean at the mode of the density of ``theta``
    (jacobian included) and as covariance the inverse of minus the Hessian there.
    Proposals ``theta_s`` get Pareto-smoothed weights ``p(theta_s | y) /
    normal(theta_s)``, and draws are resampled by these weights, so that they
    count alike, as NUTS's do.

    Parameters
    ----------
    density : Density
    rows : Rows
    start : array of shape (n_params,)
        Where the mode is searched from: the MAP's theta.
    settings : Optimiser
    sampler : Sampler
        ``chains * draws`` draws are returned. Proposals are as many, or up to ten
        times as many until a quarter of the draws, and 100 per chain, are effective.
    rng : numpy Generator
    advance : callable, optional
        Called with the share of a round's proposals that are done.

    Returns
    -------
    Fit
        Draws of shape (1, chains * draws, n_values), all of them the mode where
        minus the Hessian is not positive definite.

    References
    ----------
    Vehtari et al. (2024), JMLR 25(72), arXiv:1507.02646
    """
    clock = time.perf_counter()
    objective = density.bind(rows.X, rows.labels)
    n_draws = sampler.chains * sampler.usual_draws
    with limited():
        mode = find_mode(objective, start, settings)
        root = covariance_root(objective.hessian(mode, prior=1.0, jacobian=1.0))
    if root is None:
        thetas, status = np.tile(mode, (n_draws, 1)), Status.NO_PEAK
        diagnostics = LaplaceDiagnostics(pareto_k=None, effective_min=0.0, proposals=0)
    else:
        wanted = max(MIN_ESS_PER_CHAIN * sampler.chains, n_draws // 4)
        z, log_ratios = np.empty((0, len(mode))), np.empty(0)
        for _ in range(MAX_ROUNDS):
            more = rng.standard_normal((max(n_draws, MIN_PROPOSALS), len(mode)))
            log_target = evaluate(objective, mode + more @ root.T, advance)
            z = np.vstack([z, more])
            log_ratios = np.append(log_ratios, log_target + 0.5 * np.square(more).sum(axis=1))
            weights, k = smoothed_weights(log_ratios)
            effective = min(1.0 / float(np.square(weights).sum()), float(n_draws))
            if effective >= wanted or not k <= HOPELESS_K:
                break
        thetas = mode + z[resample(weights, n_draws, rng)] @ root.T
        status = _status(k, effective, sampler.chains)
        diagnostics = LaplaceDiagnostics(
            pareto_k=finite(k), effective_min=finite(effective), proposals=len(z)
        )
    return Fit(
        method="laplace",
        draws=density.constrain(thetas)[None],
        status=status,
        seconds=time.perf_counter() - clock,
        diagnostics=diagnostics,
    )


def find_mode(objective: Objective, start: FloatArray, settings: Optimiser) -> FloatArray:
    """The mode of the posterior of theta, jacobian included; the MAP where that is constant.

    Parameters
    ----------
    objective : Objective
    start : array of shape (n_params,)
    settings : Optimiser
    """

    def loss(theta: FloatArray) -> tuple[float, FloatArray]:
        value, gradient = objective(theta, prior=1.0, jacobian=1.0)
        return -value / objective.weight, -gradient / objective.weight

    return lbfgs(loss, start, settings, Path())[0]


def resample(weights: FloatArray, n_draws: int, rng: np.random.Generator) -> IntArray:
    """Indices of proposals, each ``n_draws * weight`` times up to rounding to a neighbour.

    Systematic resampling: one random offset, then even steps through the
    cumulated weights.

    Parameters
    ----------
    weights : array of shape (n_proposals,)
        Not negative; their sum does not matter.
    n_draws : int
    rng : numpy Generator

    References
    ----------
    Kitagawa (1996), J. Comput. Graph. Stat. 5(1), doi:10.1080/10618600.1996.10474692

    Examples
    --------
    >>> resample(np.array([0.5, 0.0, 0.25, 0.25]), 4, np.random.default_rng(1))
    array([0, 0, 2, 3])
    """
    steps = (rng.random() + np.arange(n_draws)) / n_draws
    total = np.cumsum(weights)
    return np.searchsorted(total / total[-1], steps, side="right")


def _status(k: float, effective: float, n_chains: int) -> Status:
    """The first check the weights fail, or APPROXIMATE."""
    if not k <= MAX_PARETO_K:
        return Status.NOT_NORMAL
    enough = effective >= MIN_ESS_PER_CHAIN * n_chains
    return Status.APPROXIMATE if enough else Status.FEW_EFFECTIVE
