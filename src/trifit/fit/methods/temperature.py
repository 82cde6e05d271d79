"""``mle+T`` and ``map+T``: a point fit with one temperature from folds of the training rows."""

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
    return tempered(training, "mle", prior=0.0, stream="folds")


def tempered(
    training: Training,
    name: str,
    *,
    prior: float,
    stream: str,
    scales: FloatArray | None = None,
) -> Fit:
    """A point fit whose forecasts go through its temperature.

    Parameters
    ----------
    training : Training
    name : str
        Of the point fit, refitted without each of the inner folds.
    prior : float
        Weight of its log prior.
    stream : str
        Name of the random numbers.
    scales : array of shape (n_params,), optional
        Where learned prior scales are held.
    """
    point, start = training.fit(name), time.perf_counter()
    found = fit_temperature(
        training.density,
        training.rows,
        training.card.optimiser,
        training.generator(stream),
        prior=prior,
        scales=scales,
        advance=partial(training.tell, f"temperature of {name.upper()}"),
    )
    return replace(
        point,
        method=f"{name}+T",
        status=point.status.derived,
        seconds=point.seconds + time.perf_counter() - start,
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
    prior: float = 0.0,
    scales: FloatArray | None = None,
    advance: Callable[[float], None] | None = None,
) -> Temperature:
    """Temperature of least log-loss on inner held-out folds of the training rows.

    The fit is made again without each of five stratified folds; its log
    probabilities for the left-out rows, pooled, give the temperature. Rows of
    a class that a refit has never seen are left out.

    Parameters
    ----------
    density, rows, settings, rng
    prior : float
        Weight of the log prior: 0 for the MLE, 1 for the MAP.
    scales : array of shape (n_params,), optional
        Where learned prior scales are held.
    advance : callable, optional
        Called with the share of the folds that are done.
    """
    log_probs: list[FloatArray] = []
    labels: list[Any] = []
    for k, (train, test) in enumerate(inner_folds(rows, rng)):
        if advance is not None:
            advance(k / INNER_FOLDS)
        fit = maximise("", density, train, settings, rng, prior=prior, scales=scales)
        log_probs.append(density.log_probs(fit.flat_draws, test.X)[0])
        labels.append(test.labels)
    pooled = np.concatenate(labels)
    return temperature.fit(np.concatenate(log_probs), pooled)
