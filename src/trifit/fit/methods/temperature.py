"""``mle+T`` and ``map+T``: point fits with temperature scaling from folds of the training rows."""

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from trifit.diagnostics import Diagnostics, TemperatureDiagnostics
from trifit.fit.folds import held_out_forecasts, inner_folds
from trifit.fit.training import Training
from trifit.fits import Fit, Recalibration
from trifit.inputs import Labels
from trifit.recalibration import temperature
from trifit.types import FloatArray


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
        lambda found: TemperatureDiagnostics(temperature=found.value),
        prior=prior,
        stream=stream,
        scales=scales,
    )


def recalibrated[Found: Recalibration](
    training: Training,
    name: str,
    suffix: str,
    learn: Callable[[FloatArray, Labels], Found],
    diagnostics: Callable[[Found], Diagnostics],
    *,
    prior: float,
    stream: str,
    scales: FloatArray | None = None,
) -> Fit:
    """A point fit whose forecasts go through a map fitted to inner folds of its rows.

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
    rng = training.generator(stream)
    found = learn(
        *held_out_forecasts(
            training.density,
            inner_folds(training.rows, rng),
            training.card.optimiser,
            rng,
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
