"""Prior sensitivity: the held-out log-loss under priors narrower and wider than the card's."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trifit.clusters import degrees_of_freedom, shares
from trifit.crossfit.fitted import Fitted, Trained
from trifit.diagnostics import MAX_PARETO_K
from trifit.fit.importance import reweighted
from trifit.fit.methods.map_cv import SCALE_FACTORS
from trifit.fit.optimise import maximise
from trifit.forecasts import LOG_ZERO
from trifit.results import PriorSensitivity, SensitivityStep
from trifit.rounding import rounded
from trifit.scores import Estimate, log_predictive_density, paired_difference
from trifit.spacing import evenly_spaced
from trifit.types import FloatArray, IntArray, Rows

NEAR_FACTORS: FloatArray = np.exp2(np.arange(-8, 9) / 8)
"""Priors the posterior is reweighted to: reweighting does not reach far."""

MAX_WORK = 2_000_000
"""Most training rows x parameters over all training sets for which all are refitted."""

MAX_ROWS = 2_000
"""Most held-out rows per training set."""


@dataclass(frozen=True, eq=False)
class _Losses:
    """Pointwise log predictive densities (n_obs,) under one prior; None where not known."""

    lpd: FloatArray | None
    pareto_k: float | None = None


def sensitivity(fitted: Fitted, rng: np.random.Generator) -> PriorSensitivity | None:
    """Prior sensitivity; None for learned scales and very many parameters.

    See :class:`trifit.results.PriorSensitivity`.

    Parameters
    ----------
    fitted : Fitted
    rng : numpy Generator
        Jitters the starts of the refits.
    """
    if fitted.density.scales.any() or fitted.problem.has_many_params:
        return None
    chosen = _training_sets(fitted)
    rows = [evenly_spaced(len(fold.test_rows), MAX_ROWS) for fold in chosen]
    groups = _groups([f.part.test.take(some) for f, some in zip(chosen, rows, strict=True)])
    refits = [_refitted(fitted, fold, some, rng) for fold, some in zip(chosen, rows, strict=True)]
    posterior = None
    if "bayes" in fitted.log_probs:
        each = [_reweighted(fold, some) for fold, some in zip(chosen, rows, strict=True)]
        posterior = _steps(NEAR_FACTORS, each, groups)
    return PriorSensitivity(
        n_obs=sum(len(some) for some in rows),
        n_training_sets=len(chosen),
        map=_steps(SCALE_FACTORS, refits, groups),
        bayes=posterior,
    )


def _training_sets(fitted: Fitted) -> Sequence[Trained]:
    """All training sets where refits are quick, else the last: a rule of sizes, not of clocks."""
    n_rows = sum(len(fold.part.train) for fold in fitted.folds)
    if fitted.density.linear and n_rows * fitted.density.n_params <= MAX_WORK:
        return fitted.folds
    return fitted.folds[-1:]


def _refitted(
    fitted: Fitted, fold: Trained, some: IntArray, rng: np.random.Generator
) -> list[_Losses]:
    """The MAP of one training set under every prior, at some of its held-out rows.

    Every fit starts from that of the next prior towards the card's own.
    """
    part, settings = fold.part, fitted.problem.card.optimiser
    y = part.test.take(some).labels
    found = {1.0: log_predictive_density(fold.predictions["map"].log_probs[some], y)}
    for side in (SCALE_FACTORS[SCALE_FACTORS < 1][::-1], SCALE_FACTORS[SCALE_FACTORS > 1]):
        start = fold.fits["map"].theta
        for factor in map(float, side):
            weight = factor**-2
            fit = maximise(
                "map", fold.density, part.train, settings, rng, prior=weight, start=start
            )
            if fit.status.failed:
                continue
            start = fit.theta
            log_probs = fitted.density.log_probs(fit.flat_draws, part.test.X[some])[0]
            found[factor] = log_predictive_density(np.maximum(log_probs, LOG_ZERO), y)
    return [_Losses(found.get(float(factor))) for factor in SCALE_FACTORS]


def _reweighted(fold: Trained, some: IntArray) -> list[_Losses]:
    """The posterior of one training set under every prior, at some of its held-out rows."""
    test = fold.part.test
    y = test.take(some).labels
    weights = [float(factor) ** -2 for factor in NEAR_FACTORS]
    log_probs, pareto_k = reweighted(fold.density, fold.fits["bayes"], test.X[some], weights)
    return [
        _Losses(
            log_predictive_density(lp, y) if known is None or known <= MAX_PARETO_K else None,
            known,
        )
        for lp, known in zip(log_probs, pareto_k, strict=True)
    ]


def _groups(parts: Sequence[Rows]) -> IntArray | None:
    """Groups of all rows together; None where every row is independent."""
    known = [rows.groups for rows in parts if rows.groups is not None]
    return np.concatenate(known) if known else None


def _steps(
    factors: FloatArray, each: Sequence[Sequence[_Losses]], groups: IntArray | None
) -> list[SensitivityStep]:
    """Every prior's pooled log-loss beside that of the fit itself, over training sets.

    Parameters
    ----------
    factors : array of shape (n_factors,)
    each : sequence of sequence of _Losses
        By training set, then by factor.
    groups : array of shape (n_obs,) or None
    """
    own = int(np.flatnonzero(factors == 1)[0])
    base = _pooled([losses[own] for losses in each])
    assert base is not None  # the fit itself is always known
    df = None if groups is None else degrees_of_freedom(shares(groups))
    steps = []
    for j, factor in enumerate(factors):
        here = [losses[j] for losses in each]
        lpd = _pooled(here)
        ks = [losses.pareto_k for losses in here if losses.pareto_k is not None]
        gap = None if lpd is None else paired_difference(base, lpd, groups)
        steps.append(
            SensitivityStep(
                factor=rounded(factor),
                log_loss=None if lpd is None else rounded(-lpd.mean(), 8),
                difference=None
                if gap is None
                else Estimate.normal(rounded(gap.value, 8), rounded(gap.se), df),
                pareto_k=rounded(max(ks)) if ks and max(ks) < np.inf else None,
            )
        )
    return steps


def _pooled(losses: Sequence[_Losses]) -> FloatArray | None:
    """All rows together, or None where one training set does not know its own."""
    known = [each.lpd for each in losses if each.lpd is not None]
    return np.concatenate(known) if len(known) == len(losses) else None
