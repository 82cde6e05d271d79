"""What held-out rows say about the calibration of one contestant, as a verdict needs it."""

import math

import numpy as np

from trifit.calibration import class_bias, slope_intercept
from trifit.calibration.tests import kernel
from trifit.forecasts import Forecasts
from trifit.information import entropy
from trifit.recalibration import METHODS, recalibration_gain
from trifit.results import Calibration, ClassBias, Estimate
from trifit.results.record import normal_or_none

MAX_MATRIX_VALUES = 500_000
"""Most entries (rows x classes squared) for which the Dirichlet map is tried."""


def calibration(forecasts: Forecasts, name: str, rng: np.random.Generator) -> Calibration:
    """Slope, recalibration gains, canonical test and class biases of one contestant.

    With soft labels there is no canonical test: it needs to know how observed labels
    scatter.

    Parameters
    ----------
    forecasts : Forecasts
    name : str
    rng : numpy Generator
        Deals folds and draws the test's resamples.
    """
    log_probs, y, names = forecasts.log_probs[name], forecasts.labels, forecasts.class_names
    slope = slope_intercept(forecasts.probs(name), y, log_probs=log_probs)
    probs = np.exp(log_probs)
    n_obs, n_classes = probs.shape
    maps = [
        name for name in METHODS if name != "dirichlet" or n_obs * n_classes**2 <= MAX_MATRIX_VALUES
    ]
    gains = {name: recalibration_gain(log_probs, y, method=name, seed=rng) for name in maps}
    bias = class_bias(probs, y)
    return Calibration(
        n_obs=n_obs,
        n_events=round(n_obs * (1 - float(bias.frequency.max()))),
        entropy=float(entropy(bias.frequency[None])[0]),
        slope=normal_or_none(slope.slope, slope.se),
        intercepts=slope.intercepts.tolist(),
        gains={name: Estimate.normal(gain.value, gain.se) for name, gain in gains.items()},
        p_value=kernel(probs, y, seed=rng).p_value if y.ndim == 1 else None,
        classes=[
            ClassBias(
                name=names[k],
                mean_prob=float(bias.mean_prob[k]),
                frequency=float(bias.frequency[k]),
                p_value=float(bias.p_value[k]),
                odds_low=float(bias.odds_low[k]),
                odds_high=float(high) if math.isfinite(high := bias.odds_high[k]) else None,
            )
            for k in range(n_classes)
        ],
    )
