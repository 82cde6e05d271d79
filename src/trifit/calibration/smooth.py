"""Smooth calibration error: residuals smoothed by a kernel instead of cut into bins."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.fft import dct, idct

from trifit.calibration.notions import Notion, events
from trifit.inputs import measure
from trifit.types import FloatArray

CELLS = 4096
"""Cells of [0, 1] on which residuals are smoothed."""

STEPS = 1024
"""Bandwidths tried are multiples of 1 / STEPS, from 2 / STEPS to 1."""


@dataclass(frozen=True, eq=False)
class SmoothError:
    """A smooth calibration error.

    Attributes
    ----------
    value : float
        Mean over events.
    se : float
        Standard error at the chosen bandwidths. Calibrated forecasts have a
        positive value too, of the order of ``se``.
    per_event, bandwidth : array of shape (n_events,)
        Value and bandwidth of each event: one, or one per class.
    notion : {"top-label", "class-wise"}
    """

    value: float
    se: float
    per_event: FloatArray
    bandwidth: FloatArray
    notion: Notion


@measure
def smooth_error(probs: Any, y: Any, *, notion: Notion = "top-label") -> SmoothError:
    """Smooth calibration error (smECE); lower is better, 0 to 1.

    ``smECE_s = integral_0^1 |(1/n) sum_i (f_i - y_i) K_s(t, f_i)| dt`` with the
    Gaussian kernel of width s reflected at 0 and 1; the bandwidth is the
    smallest ``s >= smECE_s`` (the fixed point), on multiples of 1/1024. No bins
    to choose, continuous in the forecasts, and within constant factors of the
    distance to the nearest calibrated forecasts.

    The reflected Gaussian is the heat kernel of [0, 1], which multiplies the
    k-th cosine coefficient by ``exp(-(pi k s)**2 / 2)``: one cosine transform
    of 4,096 cells, whatever the number of rows.

    Parameters
    ----------
    probs : array of shape (n_obs, n_classes)
    y : array of shape (n_obs,) or (n_obs, n_classes)
        Class codes or soft labels.
    notion : {"top-label", "class-wise"}
        Class-wise: the mean over classes.

    Raises
    ------
    ValueError
        On bad probabilities or labels.

    References
    ----------
    Błasiok & Nakkiran (2024), ICLR, doi:10.48550/arXiv.2309.12236

    Examples
    --------
    >>> round(smooth_error([[0.8, 0.2]] * 10, [0] * 5 + [1] * 5).value, 2)
    0.3
    """
    forecast, outcome = events(probs, y, notion)
    n = len(forecast)
    value, bandwidth = np.empty(forecast.shape[1]), np.empty(forecast.shape[1])
    influence = np.zeros(n)
    for k, (f, residual) in enumerate(zip(forecast.T, (forecast - outcome).T, strict=True)):
        cell, share = _cells(f)
        density = _spread(residual, cell, share) * CELLS / n
        bandwidth[k] = _fixed_point(density)
        smoothed = _smooth(density, bandwidth[k])
        value[k] = abs(smoothed).mean()
        # d value / d residual_i: the signs, smoothed by the same kernel, at f_i.
        slope = _smooth(np.sign(smoothed), bandwidth[k])
        influence += residual * ((1 - share) * slope[cell] + share * slope[cell + 1])
    influence /= forecast.shape[1]
    se = float(influence.std(ddof=1) / np.sqrt(n)) if n > 1 else float("nan")
    return SmoothError(float(value.mean()), se, value, bandwidth, notion)


def _cells(forecast: FloatArray) -> tuple[Any, FloatArray]:
    """The lower of the two cell centres around each forecast, and the upper one's share."""
    position = np.clip(forecast * CELLS - 0.5, 0, CELLS - 1)
    cell = np.minimum(position.astype(np.int64), CELLS - 2)
    return cell, position - cell


def _spread(residual: FloatArray, cell: Any, share: FloatArray) -> FloatArray:
    """Residuals shared out between neighbouring cells."""
    return np.asarray(
        np.bincount(cell, weights=(1 - share) * residual, minlength=CELLS)
        + np.bincount(cell + 1, weights=share * residual, minlength=CELLS)
    )


def _smooth(density: FloatArray, bandwidth: float) -> FloatArray:
    """Convolution with the Gaussian reflected at both ends."""
    damping = np.exp(-((np.pi * bandwidth * np.arange(CELLS)) ** 2) / 2)
    return np.asarray(idct(dct(density) * damping))


def _fixed_point(density: FloatArray) -> float:
    """The smallest bandwidth that is at least its own smooth error (which falls with it)."""
    too_small, enough = 1, STEPS
    while enough - too_small > 1:
        middle = (too_small + enough) // 2
        if abs(_smooth(density, middle / STEPS)).mean() > middle / STEPS:
            too_small = middle
        else:
            enough = middle
    return enough / STEPS
