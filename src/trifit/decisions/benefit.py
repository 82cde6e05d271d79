"""Net benefit of treating the cases whose probability reaches a threshold."""

from dataclasses import dataclass

import numpy as np

from trifit.clusters import degrees_of_freedom, quantile, shares, standard_errors
from trifit.types import FloatArray, IntArray

BLOCK = 5_000_000
"""Most values held at a time (40 MB)."""


@dataclass(frozen=True, eq=False)
class Benefit:
    """Net benefit by threshold, with pointwise 95 % intervals.

    Attributes
    ----------
    value, low, high : array of shape (n_thresholds,)
        Higher is better; 0 is "treat none".
    """

    value: FloatArray
    low: FloatArray
    high: FloatArray


def net_benefit(
    prob: FloatArray,
    event: FloatArray,
    thresholds: FloatArray,
    *,
    groups: IntArray | None = None,
    over_all: bool = False,
) -> Benefit:
    """Net benefit per case of treating where the probability is at least a threshold.

    ``TP / n - FP / n * t / (1 - t)`` at the threshold ``t``: true positives count 1, and the
    odds of the threshold are what a false positive costs beside it. "Treat all" is
    ``net_benefit(np.ones(n), ...)``. It is a mean over rows, so its standard error is theirs.

    Parameters
    ----------
    prob : array of shape (n_obs,)
        Probability of the positive class.
    event : array of shape (n_obs,)
        1 where it occurred, else 0; of soft labels its probability.
    thresholds : array of shape (n_thresholds,)
        Between 0 and 1.
    groups : array of shape (n_obs,), optional
        Rows that belong together.
    over_all : bool
        The difference from "treat all", paired.

    Raises
    ------
    ValueError
        On a threshold outside 0 to 1.

    References
    ----------
    Vickers & Elkin (2006), Med. Decis. Making 26(6), doi:10.1177/0272989X06295361

    Examples
    --------
    >>> p, event = np.array([0.9, 0.6, 0.4, 0.1]), np.array([1.0, 0.0, 1.0, 0.0])
    >>> net_benefit(p, event, np.array([0.5])).value  # 1/4 - 1/4
    array([0.])
    """
    if not ((thresholds > 0) & (thresholds < 1)).all():
        raise ValueError(f"thresholds {thresholds}: expected between 0 and 1")
    n = len(prob)
    z = quantile(0.95, None if groups is None else degrees_of_freedom(shares(groups)))
    values, reach = [], []
    for t in np.array_split(thresholds, -(-len(thresholds) * n // BLOCK)):
        treated = (prob[:, None] >= t).astype(np.float64) - over_all
        pointwise = treated * (event[:, None] - (1 - event[:, None]) * t / (1 - t))
        values.append(pointwise.mean(axis=0))
        reach.append(z * _errors(pointwise, groups))
    value, half = np.concatenate(values), np.concatenate(reach)
    return Benefit(value, value - half, value + half)


def _errors(pointwise: FloatArray, groups: IntArray | None) -> FloatArray:
    """Standard errors of the columns' means; NaN with one row (or group)."""
    n = len(pointwise)
    if groups is not None:
        return standard_errors(pointwise, groups)
    if n < 2:
        return np.full(pointwise.shape[1], np.nan)
    return np.asarray(pointwise.std(axis=0, ddof=1) / np.sqrt(n))
