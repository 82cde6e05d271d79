"""What the fits to one training set should cost: timed gradients, times how many there will be.

A gradient is timed on the rows at hand. How many a fit needs is a rule fitted to measured runs
(``benchmarks/predicted_time.py``), with the factor within which it was right. Seconds of what is no
gradient are those of the machine of these runs, times the pace of this one.
"""

import math
import time
from collections.abc import Callable, Collection
from functools import cache
from typing import NamedTuple

import numpy as np

from trifit.cards import Card, Optimiser
from trifit.fit import Density
from trifit.fit.density import Objective
from trifit.fit.folds import INNER_FOLDS
from trifit.fit.methods.bayes import describes_by_mode
from trifit.fit.methods.map_cv import SCALE_FACTORS
from trifit.fit.minimise import Path, lbfgs
from trifit.fit.optimise import (
    FEW_PARAMS,
    HEAT,
    LBFGS_STEPS_OF_FEW,
    MAX_NEWTON_PARAMS,
    MeanLoss,
)
from trifit.fit.prior_scale import HELD_OUT, rows_that_choose
from trifit.fit.proposals import MIN_ROWS, WARM_UP, suit
from trifit.fit.sampling import blocks
from trifit.fit.whitening import is_dense
from trifit.run.expected import Expected, between
from trifit.separation.overlap import MAX_PARAMS as MOST_PROVED
from trifit.spacing import evenly_spaced
from trifit.threads import cores, limited
from trifit.types import Rows

ENOUGH, LEAST_CALLS = 0.01, 3
"""Seconds that a timing takes, and its least number of calls."""

REFERENCE, REFERENCE_LOOP = 4.7e-4, 5_000
"""Seconds of a loop of that length on the machine of the measured runs."""

STEP, CALL = 5e-5, 3e-6
"""Seconds beside the gradients there: of an optimiser's step, of a leapfrog step."""

JUDGED, PREDICTED = 3e-7, 2.5e-8
"""Seconds of the diagnostics of a draw's parameter, and of a draw's probability."""

HARDLY = 3.0
"""Factor within which one can hardly know."""

STEPS_PER_WEIGHT, STEPS_OF_MLE, OF_NETWORKS = 4.0, 100.0, 5.0
"""Optimiser steps of a network's MAP for each weight (150 to 290 with 58, 2,400 to 3,700 with 257),
of its MLE, and the factor within which that is right."""

SOME_ROWS, SOME_COLUMNS = 10_000, 300
"""Most rows and columns that say how alike features are."""

SKEWED = 300.0
"""Ratio of variances from which on overlap may take a linear programme to prove."""

PAIRS = 20.0
"""Seconds that proving overlap by pairs of classes may take."""

PILOT = Optimiser(max_steps=50, tolerance=1e-4)
"""First steps of an MLE, after which separable rows are mostly told apart."""

HESSIANS_PER_SCALE = 60
"""Second derivatives that the choice of a prior scale takes: 27 to 89 on eight problems."""

FOLDED_SCALES = 5
"""Scales that inner folds are asked about."""

PER_PARAM, LEAST_OF_MANY, MOST_PER_SPREAD = 0.25, 15.0, 6.0
"""Leapfrog steps per draw of separable classes in whitened coordinates: for each parameter beyond
7 (7 with 10, 15 with 28, 11 with 31), and most for each unit of the log-odds' prior standard
deviation (63 with 585 parameters at 11, 185 with 549 at 28)."""

OF_OVERLAPPING, MOST_OF_OVERLAPPING = 0.06, 15.0
"""The same of others: 7 with 42 parameters, 10 with 57, 15 with 585 and with 2,313."""

LEAST_OF_NETWORKS, MOST_OF_NETWORKS = 40.0, 190.0
"""Leapfrog steps per draw of networks."""

STEPS_PER_SPREAD = 1.4
"""Leapfrog steps per draw for each unit of the log-odds' prior standard deviation: with 3,000
columns 255 steps at 189, 52 at 38, 15 at 7.6."""


FITS_OF = {
    "MLE": {"mle"},
    "whether an MLE exists": {"mle"},
    "MAP": {"map"},
    "temperature scaling of MLE": {"mle+T"},
    "temperature scaling of MAP": {"map+T", "map+V"},
    "mle-early": {"mle-early"},
    "map-cv": {"map-cv"},
}
"""The fits that have a stage."""


class Timed(NamedTuple):
    """Seconds of a gradient.

    Attributes
    ----------
    objective : Objective
    alone : float
        On one core, as one chain has it.
    shared : float
        On all cores in force.
    constant : float
        The part that costs the same with any number of rows.
    pace : float
        Seconds of the interpreter's work over those on the machine of the measured runs.
    separable : bool
        Whether some first steps of the MLE tell all classes apart.
    """

    objective: Objective
    alone: float
    shared: float
    constant: float
    pace: float
    separable: bool

    @classmethod
    def of(cls, density: Density, rows: Rows) -> "Timed":
        """Those of some rows, after a first one that may compile."""
        objective = density.bind(rows.X, rows.labels)
        of_two = density.bind(rows.X[:2], rows.labels[:2])
        # A point like those sampled: at zero, hyperbolic tangents cost nothing.
        theta = density.start(np.random.default_rng(0)) + 0.5

        def seconds(some: Objective) -> float:
            def gradient(k: int) -> None:  # never the same theta: it might be remembered
                some(theta + 1e-6 * k, prior=1.0, jacobian=1.0)

            gradient(0)
            return _seconds(gradient)

        with limited():
            shared = seconds(objective)
        with limited(1):
            alone = shared if cores() == 1 else seconds(objective)
            constant = min(alone, seconds(of_two))
        return cls(
            objective, alone, shared, constant, _pace(), _told_apart(density, objective, rows)
        )


def _seconds(work: Callable[[int], object]) -> float:
    """Of one of several calls, each with another number."""
    start, k = time.perf_counter(), 0
    while k < LEAST_CALLS or time.perf_counter() - start < ENOUGH:
        k += 1
        work(k)
    return (time.perf_counter() - start) / k


@cache
def _pace() -> float:
    """The interpreter's seconds over those on the machine of the measured runs."""
    return _seconds(lambda k: [str(i * k) for i in range(REFERENCE_LOOP)]) / REFERENCE


def _told_apart(density: Density, objective: Objective, rows: Rows) -> bool:
    """Whether classes are separable, as far as some steps show it; many rows are not."""
    if objective.linear is None or len(rows) >= MIN_ROWS or rows.labels.ndim > 1:
        return False
    theta = density.start(np.random.default_rng(0))
    loss = MeanLoss(objective, theta, np.ones(len(theta), dtype=np.bool_), 0.0, "cross-entropy")
    with limited():
        found, _ = lbfgs(loss, theta, PILOT, Path())
    log_probs = density.log_probs(density.constrain(found[None]), rows.X)[0]
    return bool((log_probs.argmax(axis=1) == rows.labels).all())


def of_fits(
    density: Density,
    rows: Rows,
    card: Card,
    names: Collection[str],
    timed: Timed,
    *,
    n_test: int,
) -> dict[str, Expected]:
    """What the stages of one training set should cost.

    Parameters
    ----------
    density : Density
    rows : Rows
    card : Card
    names : collection of str
        Of the fits.
    timed : Timed
    n_test : int
        Test rows of this training set.
    """
    found = _of_point_fits(density, card, names, timed)
    sampler = card.sampler
    if "bayes" in names:
        found["posterior"] = _of_posterior(density, card, timed, n_test)
    if "laplace" in names:
        each = timed.alone + 1e-5 * timed.pace
        seconds = sampler.chains * sampler.usual_draws * each / cores() + 0.05 * timed.pace
        found["laplace"] = Expected(seconds, 1.7)
    return found


def _of_point_fits(
    density: Density, card: Card, names: Collection[str], timed: Timed
) -> dict[str, Expected]:
    """Stages of the point fits to one training set."""
    kappa, within, mle_within = math.inf, OF_NETWORKS, HARDLY
    steps, of_mle = STEPS_PER_WEIGHT * density.n_params, STEPS_OF_MLE
    if density.linear:
        kappa, within, mle_within = _condition(timed.objective), 1.7, 2.0
        steps = min(12 * kappa**0.4 * density.n_classes**0.25, 3.5 * density.n_params)
        if timed.objective.linear is not None and density.n_params <= FEW_PARAMS:
            steps = min(steps, LBFGS_STEPS_OF_FEW)  # then Newton's
        of_mle = 0.8 * steps  # fewer where classes are separable
    steps, of_mle = (min(each, card.optimiser.max_steps) for each in (steps, of_mle))
    a_step = card.optimiser.starts * (2 * timed.shared + STEP * timed.pace)

    def of_folds(steps: float) -> float:
        """Refits, which tell no path."""
        return 0.75 * INNER_FOLDS * steps * a_step

    found = {
        "MLE": Expected(of_mle * a_step, mle_within),
        "whether an MLE exists": _of_certificate(density, kappa, timed),
        "MAP": Expected(steps * a_step, within),
        "temperature scaling of MLE": Expected(of_folds(of_mle), mle_within),
        "temperature scaling of MAP": Expected(of_folds(steps), within),
        "mle-early": Expected(HEAT * a_step, HARDLY),
        "map-cv": Expected(len(SCALE_FACTORS) * of_folds(steps), within),
    }
    found = {stage: each for stage, each in found.items() if FITS_OF[stage] & {*names}}
    if card.chooses_scale:
        found["prior scale"] = _of_scale(density, of_folds(steps), timed)
    return found


def _condition(objective: Objective) -> float:
    """Largest over least variance of a direction of the features, with a trace of a prior."""
    X = objective.X
    X = X[evenly_spaced(len(X), SOME_ROWS)][:, evenly_spaced(X.shape[1], SOME_COLUMNS)]
    X = X[:, X.std(axis=0) > 0]
    variances = np.linalg.eigvalsh(np.atleast_2d(np.cov(X.T)))
    return float(variances[-1] / (max(variances[0], 0.0) + 1 / objective.weight))


def _of_certificate(density: Density, kappa: float, timed: Timed) -> Expected:
    """A Newton step proves overlap; a linear programme does where features are too much alike."""
    n_obs, n_params = len(timed.objective.X), density.n_params
    quick = 0.004 * timed.pace
    if math.isinf(kappa):
        return between(quick, HARDLY * quick)
    if timed.separable or n_params >= n_obs:
        return between(quick + timed.shared, HARDLY * quick + 3 * timed.shared)
    if n_params > MOST_PROVED:
        return between(quick + timed.shared, PAIRS * timed.pace)
    quick += (7e-11 * n_obs * n_params**2 + 1e-10 * n_params**3) * timed.pace
    programme = 8e-6 * n_obs * n_params * timed.pace if kappa > SKEWED else 0.0
    return between(quick + programme / 2, HARDLY * quick + 1.5 * programme)


def _of_scale(density: Density, inner: float, timed: Timed) -> Expected:
    """The choice of a prior scale: second derivatives many times over, or refits of inner folds.

    Parameters
    ----------
    density : Density
    inner : float
        Seconds of the refits of all inner folds.
    timed : Timed
    """
    n_rows = len(timed.objective.X)
    if timed.objective.linear is None or density.n_params > MAX_NEWTON_PARAMS:
        share = min(1.0, max(1 / INNER_FOLDS, HELD_OUT / n_rows))
        return Expected(FOLDED_SCALES * share * inner, HARDLY)
    theta, share = np.zeros(density.n_params), rows_that_choose(n_rows, density.n_params) / n_rows
    hessian = _seconds(lambda _: timed.objective.hessian(theta, prior=1.0, jacobian=1.0))
    return Expected(HESSIANS_PER_SCALE * share * (hessian + timed.shared), 1.7)


def usual_draws(density: Density, card: Card, n_obs: int) -> tuple[int, int]:
    """Draws per chain that are likely to suffice: as few, or as many.

    More of a learned scale, and where parameters are more than rows.

    Parameters
    ----------
    density : Density
    card : Card
    n_obs : int
        Training rows.
    """
    sizes = blocks(card.sampler, density.n_params)
    few, many = 0, 1
    if density.scales.any():
        few, many = 1, 2
    elif density.n_params >= n_obs:
        many = len(sizes)
    last = len(sizes) - 1
    return sizes[min(few, last)], sizes[min(many, last)]


def _of_posterior(density: Density, card: Card, timed: Timed, n_test: int) -> Expected:
    """The posterior of one training set, by NUTS or by normal proposals, and its predictions."""
    sampler, objective, n_params = card.sampler, timed.objective, density.n_params
    by_mode = describes_by_mode(density, identified=card.identified)
    steps, each = _leapfrog(density, card, timed)
    warm_up = sampler.tune
    if by_mode and is_dense(density):
        each += 1e-9 * n_params**2  # two products with the whitening matrix
        if suit(objective):
            steps, warm_up, each = 1.0, WARM_UP, timed.alone
    threads = sampler.chains if objective.device else min(cores(), sampler.chains)

    def seconds(n_draws: int) -> float:
        evaluations = sampler.chains * (warm_up + n_draws) * steps
        told = JUDGED * n_params + PREDICTED * n_test * density.n_classes
        told *= sampler.chains * n_draws * timed.pace / cores()
        return evaluations / threads * each + told + 0.06 * timed.pace

    few, many = usual_draws(density, card, len(objective.X))
    apart = math.sqrt(MOST_OF_NETWORKS / LEAST_OF_NETWORKS) if not card.identified else 1.3
    return between(seconds(few) / apart, apart * seconds(many))


def _leapfrog(density: Density, card: Card, timed: Timed) -> tuple[float, float]:
    """Leapfrog steps per draw, and seconds of each.

    As measured. Linear classifiers in whitened coordinates: see :data:`PER_PARAM`; others 12 to
    40. Networks of 33 to 1,900 weights: 25 to 190. One learned scale: 14 to 30.
    """
    objective, each = timed.objective, timed.alone
    native = objective.linear is not None
    if native and not objective.device:  # no interpreter between the steps
        each = timed.alone - timed.constant + CALL * timed.pace
    if not describes_by_mode(density, identified=card.identified):
        of_networks = math.sqrt(LEAST_OF_NETWORKS * MOST_OF_NETWORKS)
        return (25.0 if card.identified else of_networks), each
    if not native:
        return 40.0, each
    n_params, steps = density.n_params, 7.0 + PER_PARAM * density.n_params
    spread = None if density.alike is None else density.alike.prior_spread(objective.X)
    if not timed.separable:
        steps = min(7.0 + OF_OVERLAPPING * n_params, MOST_OF_OVERLAPPING)
    elif spread is not None:
        steps = min(steps, max(LEAST_OF_MANY, MOST_PER_SPREAD * spread))
    if spread is not None and n_params >= len(objective.X):
        # The prior's log-odds are far wider than the likelihood's step from 0 to 1.
        steps = max(steps, STEPS_PER_SPREAD * spread)
    return steps, each
