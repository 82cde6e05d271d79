"""Isotonic calibration: per class any non-decreasing map of ``p``, then normalised."""

import numpy as np
from scipy.optimize import isotonic_regression

from trifit.inputs import Labels, measure
from trifit.recalibration.fitting import (
    Map,
    checked_log_probs,
    checked_rows,
    expect,
    log_complements,
)
from trifit.types import FloatArray

RESOLUTION = 1e-15
"""Log-odds that differ by less are equal but for rounding."""


class Isotonic(Map, frozen=True, eq=False, tag="isotonic"):
    """Knots of every class: log-odds, ascending, and the frequency there.

    Between knots the map is linear, beyond them constant.
    """

    knots: tuple[tuple[FloatArray, FloatArray], ...]

    def __post_init__(self) -> None:
        for log_odds, frequency in self.knots:
            expect(
                log_odds.shape == frequency.shape == (len(frequency),)
                and len(frequency) > 0
                and bool((np.diff(log_odds) > 0).all() and (frequency > 0).all()),
                "ascending log-odds, and a frequency above 0 at each",
            )

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.knots)

    def transform(self, log_probs: FloatArray) -> FloatArray:
        """Recalibrated log probabilities, shape (n_obs, n_classes)."""
        rows = checked_log_probs(log_probs)
        log_odds = rows - log_complements(rows)
        frequency = np.column_stack(
            [np.interp(each, *knots) for each, knots in zip(log_odds.T, self.knots, strict=True)]
        )
        return np.asarray(np.log(frequency / frequency.sum(axis=1, keepdims=True)))


@measure
def fit(log_probs: FloatArray, y: Labels) -> Isotonic:
    """Isotonic regression of each class against the rest, divided by the sum.

    Plain isotonic regression calls the lowest forecasts 0 and the highest 1 as
    soon as no row contradicts them, and one such mistake costs an infinite
    log-loss. So one event is added at the smallest forecast and one non-event
    at the largest: ``m`` unanimous rows at an end become ``m + 1`` rows with one
    dissenter, the order is kept, and with many rows the two do not matter.

    Parameters
    ----------
    log_probs : array of shape (n_obs, n_classes)
        Log probabilities or logits.
    y : array of shape (n_obs,) or (n_obs, n_classes)

    Raises
    ------
    ValueError
        On shape mismatch, a value that is not finite or an out-of-range label.

    References
    ----------
    Zadrozny & Elkan (2002), KDD, doi:10.1145/775047.775151

    Examples
    --------
    >>> rows, y = np.log([[0.9, 0.1], [0.6, 0.4]] * 2), np.array([0, 1, 0, 0])
    >>> np.exp(fit(rows, y).transform(rows)[:2]).round(3)
    array([[0.667, 0.333], [0.667, 0.333]])
    """
    rows, target = checked_rows(log_probs, y)
    log_odds = rows - log_complements(rows)
    return Isotonic(
        tuple(_knots(each, event) for each, event in zip(log_odds.T, target.T, strict=True))
    )


def _knots(forecast: FloatArray, event: FloatArray) -> tuple[FloatArray, FloatArray]:
    x, y = np.r_[forecast.min(), forecast, forecast.max()], np.r_[1.0, event, 0.0]
    order = np.lexsort((y, x))
    x, y = x[order], y[order]
    first = np.r_[True, np.diff(x) >= RESOLUTION]
    tied = first.cumsum() - 1
    count = np.bincount(tied)
    fitted = isotonic_regression(np.bincount(tied, weights=y) / count, weights=count).x
    # Inside a run of equal frequencies nothing changes.
    change = np.r_[True, fitted[1:] != fitted[:-1], True]
    kept = change[:-1] | change[1:]
    return x[first][kept], fitted[kept]
