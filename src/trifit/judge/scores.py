"""Every score of every contestant with its standard error and 95 % interval."""

import numpy as np

from trifit.calibration import binned_error, top_label
from trifit.elpd import mean_interval
from trifit.forecasts import Forecasts, n_ruled_out
from trifit.results import Estimate, Scores
from trifit.scores import (
    log_predictive_density,
    mean_with_se,
    share_with_se,
    squared_distance,
)
from trifit.types import FloatArray, IntArray


def scores(forecasts: Forecasts, rng: np.random.Generator) -> dict[str, Scores]:
    """Scores of all forecasts; see :class:`trifit.results.Scores`.

    Parameters
    ----------
    forecasts : Forecasts
    rng : numpy Generator
        Draws the bootstrap's weights.
    """
    return {name: _scores(forecasts, name, rng) for name in forecasts.log_probs}


def _scores(forecasts: Forecasts, name: str, rng: np.random.Generator) -> Scores:
    probs, y = forecasts.probs(name), forecasts.labels
    _, right = top_label(probs, y)
    groups = forecasts.groups
    loss = -log_predictive_density(forecasts.log_probs[name], y)
    return Scores(
        log_loss=_mean(loss, groups, rng),
        brier=_mean(squared_distance(probs, y), groups, rng),
        accuracy=share_with_se(right, groups) if y.ndim == 1 else _mean(right, groups, rng),
        n_impossible=n_ruled_out(forecasts.log_probs[name], y),
        calibration_error=binned_error(probs, y, debiased=True, groups=groups),
    )


def _mean(pointwise: FloatArray, groups: IntArray | None, rng: np.random.Generator) -> Estimate:
    return mean_with_se(pointwise, groups).within(
        *mean_interval(pointwise, groups=groups, seed=rng)
    )
