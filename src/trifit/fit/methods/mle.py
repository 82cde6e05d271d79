"""``mle``: maximum likelihood, the least cross-entropy."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from trifit.cards import Optimiser
from trifit.fit.density import Density
from trifit.fit.existence import certify, runs_off
from trifit.fit.optimise import amended, is_material, maximise
from trifit.fit.training import Training
from trifit.fits import Fit, Status
from trifit.rounding import finite
from trifit.types import Rows

MIN_STEPS = 200
"""Fewer steps than that say nothing of how an optimiser ends."""


def fit(training: Training) -> Fit:
    """The MLE of one training set, with a certificate of whether it exists."""
    training.tell("MLE")
    return fit_mle(
        training.density,
        training.rows,
        training.card.optimiser,
        training.generator("optimiser"),
        held_out=training.held_out,
        certifying=partial(training.tell, "whether an MLE exists"),
    )


def on_plateau(fit: Fit, weight: float) -> bool:
    """Whether the last half of the steps gained too little for more of them to matter.

    Training losses fall ever more slowly, so as many steps again gain no more than the last
    half did. Measured: half moons (300 rows, 8 units) stopped at 300 steps had gained 2.2 nats in
    the last half and had 4.9 before them; at 5,000 steps 0.8, and 0.05.

    Parameters
    ----------
    fit : Fit
        With its path.
    weight : float
        Training rows: the path's cross-entropies are per row.
    """
    if fit.status is not Status.MAX_STEPS or fit.path[-1][0] < MIN_STEPS:
        return False
    last_step, at_end, *_ = fit.path[-1]
    before = [loss for step, loss, *_ in fit.path if step <= 0.5 * last_step]
    return not is_material(before[-1] - at_end, weight)


def fit_mle(
    density: Density,
    rows: Rows,
    settings: Optimiser,
    rng: np.random.Generator,
    *,
    held_out: Rows | None = None,
    certifying: Callable[[], None] | None = None,
) -> Fit:
    """Maximum likelihood: the least cross-entropy, no prior term.

    A certificate says whether a maximum exists where that can be known; a
    separated fit is where the optimiser stopped, at its gradient tolerance.
    With a validation share it is stopped early instead, and no MLE is claimed.

    Parameters
    ----------
    density : Density
    rows : Rows
    settings : Optimiser
    rng : numpy Generator
        For starting points and a validation share.
    held_out : Rows, optional
        Predicted along the path; nothing is learned from them.
    certifying : callable, optional
        Called before the certificate, which may take seconds.
    """
    fit = maximise("mle", density, rows, settings, rng, prior=0.0, held_out=held_out, record=True)
    if fit.status in (Status.STOPPED_EARLY, Status.STEP_TOO_LARGE, Status.UNBOUNDED):
        return fit
    if certifying is not None:
        certifying()
    theta = fit.theta
    assert theta is not None
    objective = density.bind(rows.X, rows.labels)
    verdict = certify(density, objective, theta)
    direction = None
    if verdict.exists is False:
        status = Status.SEPARATED
        if verdict.direction is not None:
            there, here = density.constrain(np.array([verdict.direction, np.zeros_like(theta)]))
            direction = there - here
    elif verdict.exists or fit.status is not Status.CONVERGED:
        status = fit.status
        if verdict.exists is None and on_plateau(fit, objective.weight):
            status = Status.PLATEAU
    else:
        growing = runs_off(density, objective, theta)
        status = Status.PLATEAU if growing else Status.UNCERTIFIED
    diagnostics = fit.diagnostics
    if status in (Status.SEPARATED, Status.PLATEAU):
        right = _right(density, fit, rows)
        diagnostics = amended(fit, train_loss=finite(fit.path[-1][1]), train_right=right)
    return replace(fit, status=status, direction=direction, diagnostics=diagnostics)


def _right(density: Density, fit: Fit, rows: Rows) -> float:
    """Share of the training rows whose label is the most probable class."""
    first = density.log_probs(fit.flat_draws, rows.X)[0].argmax(axis=1)
    labels = rows.labels if rows.labels.ndim == 1 else rows.labels.argmax(axis=1)
    return float(np.mean(first == labels))
