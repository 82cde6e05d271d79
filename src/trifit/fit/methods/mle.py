"""``mle``: maximum likelihood, the least cross-entropy."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from trifit.cards import Optimiser
from trifit.fit.density import Density
from trifit.fit.existence import certify
from trifit.fit.optimise import maximise
from trifit.fit.training import Training
from trifit.fits import Fit, Status
from trifit.types import Rows


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
    ``certifying`` is called before the certificate, which may take seconds.
    """
    fit = maximise("mle", density, rows, settings, rng, prior=0.0, held_out=held_out, record=True)
    if fit.status in (Status.STOPPED_EARLY, Status.STEP_TOO_LARGE):
        return fit
    if certifying is not None:
        certifying()
    theta = fit.theta
    assert theta is not None
    verdict = certify(density, density.bind(rows.X, rows.labels), theta)
    direction = None
    if verdict.exists is False:
        status = Status.SEPARATED
        if verdict.direction is not None:
            there, here = density.constrain(np.array([verdict.direction, np.zeros_like(theta)]))
            direction = there - here
    elif verdict.exists or fit.status is not Status.CONVERGED:
        status = fit.status
    else:
        status = Status.UNCERTIFIED
    return replace(fit, status=status, direction=direction)
