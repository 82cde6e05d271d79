"""``mle+T``: the MLE with one temperature from held-out folds of the training rows."""

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from trifit.cards import Optimiser
from trifit.fit.density import Density
from trifit.fit.folds import INNER_FOLDS, inner_folds
from trifit.fit.optimise import maximise
from trifit.fit.training import Training
from trifit.fits import Fit
from trifit.recalibration import temperature
from trifit.recalibration.temperature import Temperature
from trifit.types import FloatArray, Rows


def fit(training: Training) -> Fit:
    """The MLE whose forecasts go through the temperature."""
    mle, start = training.fit("mle"), time.perf_counter()
    found = fit_temperature(
        training.density,
        training.rows,
        training.card.optimiser,
        training.generator("folds"),
        advance=partial(training.tell, "temperature"),
    )
    return replace(
        mle,
        method="mle+T",
        status=mle.status.derived,
        seconds=mle.seconds + time.perf_counter() - start,
        diagnostics={"temperature": found.value},
        path=(),
        recalibration=found,
    )


def fit_temperature(
    density: Density,
    rows: Rows,
    settings: Optimiser,
    rng: np.random.Generator,
    *,
    advance: Callable[[float], None] | None = None,
) -> Temperature:
    """Temperature of least log-loss on inner held-out folds of the training rows.

    The MLE is refitted without each of five stratified folds; its log
    probabilities for the left-out rows, pooled, give the temperature. Rows of
    a class that a refit has never seen are left out. ``advance`` is called with the
    share of the folds that are done.
    """
    log_probs: list[FloatArray] = []
    labels: list[Any] = []
    for k, (train, test) in enumerate(inner_folds(rows, rng)):
        if advance is not None:
            advance(k / INNER_FOLDS)
        fit = maximise("mle", density, train, settings, rng, prior=0.0)
        log_probs.append(density.log_probs(fit.flat_draws, test.X)[0])
        labels.append(test.labels)
    pooled = np.concatenate(labels)
    return temperature.fit(np.concatenate(log_probs), pooled)
