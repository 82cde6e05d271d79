"""Every score of every fit and baseline with its 95 % interval."""

from collections.abc import Mapping

import numpy as np

from trifit.calibration import binned_error, top_label
from trifit.checks import Labels
from trifit.elpd import mean_interval
from trifit.results import FitRecord, Interval, Scoreboard
from trifit.scores import BITS, log_predictive_density, squared_distance, wilson
from trifit.types import FloatArray

Z = 1.96


def scoreboard(
    log_probs: Mapping[str, FloatArray],
    y: Labels,
    fits: Mapping[str, FitRecord],
    rng: np.random.Generator,
) -> dict[str, Scoreboard]:
    """The scoreboard of pooled held-out rows; see :class:`trifit.results.Scoreboard`.

    Parameters
    ----------
    log_probs : mapping of fit or baseline to (n_obs, n_classes)
    y : shape (n_obs,) or (n_obs, n_classes)
    fits : mapping of fit to FitRecord
        Whose recalibration gains are known.
    rng : numpy Generator
    """
    return {name: _scores(lp, y, fits.get(name), rng) for name, lp in log_probs.items()}


def _scores(
    log_probs: FloatArray, y: Labels, fit: FitRecord | None, rng: np.random.Generator
) -> Scoreboard:
    probs = np.minimum(np.exp(log_probs), 1.0)  # rounding errors
    _, right = top_label(probs, y)
    error = binned_error(probs, y, debiased=True)
    loss = _mean(-log_predictive_density(log_probs, y), rng)
    share = float(right.mean())
    low, high = wilson(share, len(right))
    gain = fit.gains["temperature"] if fit is not None else None
    return Scoreboard(
        log_loss=loss,
        log_loss_bits=Interval(value=loss.value * BITS, low=loss.low * BITS, high=loss.high * BITS),
        brier=_mean(squared_distance(probs, y), rng),
        accuracy=Interval(value=share, low=low, high=high) if y.ndim == 1 else _mean(right, rng),
        gain=None
        if gain is None
        else Interval(
            value=gain.value, low=gain.value - Z * gain.se, high=gain.value + Z * gain.se
        ),
        calibration_error=Interval(value=error.value, low=error.low, high=error.high),
    )


def _mean(pointwise: FloatArray, rng: np.random.Generator) -> Interval:
    low, high = mean_interval(pointwise, seed=rng)
    return Interval(value=float(pointwise.mean()), low=low, high=high)
