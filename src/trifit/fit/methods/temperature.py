"""``mle+T`` and ``map+T``: point fits with temperature scaling from folds of the training rows."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from trifit.cards import Optimiser
from trifit.checks import Labels
from trifit.fit.density import Density
from trifit.fit.folds import INNER_FOLDS, inner_folds
from trifit.fit.optimise import maximise
from trifit.fit.training import Training
from trifit.fits import Fit, Recalibration
from trifit.recalibration import temperature
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
    return recalibrated(
        training,
        name,
        "T",
        temperature.fit,
        lambda found: {"temperature": found.value},
        prior=prior,
        stream=stream,
        scales=scales,
    )


def recalibrated[Found: Recalibration](
    training: Training,
    name: str,
    suffix: str,
    learn: Callable[[FloatArray, Labels], Found],
    diagnostics: Callable[[Found], Mapping[str, float]],
    *,
    prior: float,
    stream: str,
    scales: FloatArray | None = None,
) -> Fit:
    """A point fit whose forecasts go through a map that inner folds of its rows taught.

    Parameters
    ----------
    training : Training
    name, suffix : str
        Of the point fit, and of the map.
    learn : callable
        Log probabilities (n_obs, n_classes) and labels to the map.
    diagnostics : callable
        What is said of the map.
    prior : float
        Weight of the log prior: 0 for the MLE, 1 for the MAP.
    stream : str
        Name of the generator that deals the folds.
    scales : array of shape (n_params,), optional
        Where learned prior scales are held.
    """
    point, start = training.fit(name), time.perf_counter()
    found = learn(
        *held_out_forecasts(
            training.density,
            training.rows,
            training.card.optimiser,
            training.generator(stream),
            prior=prior,
            scales=scales,
            advance=partial(training.tell, f"temperature scaling of {name.upper()}"),
        )
    )
    return replace(
        point,
        method=f"{name}+{suffix}",
        status=point.status.derived,
        seconds=point.seconds + time.perf_counter() - start,
        diagnostics=diagnostics(found),
        path=(),
        recalibration=found,
    )


def held_out_forecasts(
    density: Density,
    rows: Rows,
    settings: Optimiser,
    rng: np.random.Generator,
    *,
    prior: float = 0.0,
    scales: FloatArray | None = None,
    advance: Callable[[float], None] | None = None,
) -> tuple[FloatArray, Labels]:
    """Log probabilities of a point fit for the inner folds that it has not seen, and labels.

    The fit is made again without each of five stratified folds. Rows of a class that a refit
    has never seen are left out.

    Parameters
    ----------
    density : Density
    rows : Rows
    settings : Optimiser
    rng : numpy Generator
        For folds and starting points.
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
    return np.concatenate(log_probs), np.concatenate(labels)
