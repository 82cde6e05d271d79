"""CORP: the reliability curve by isotonic regression, and its score decomposition."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy.optimize import isotonic_regression
from scipy.special import xlogy

from trifit.curves import Curve
from trifit.inputs import measure
from trifit.scores import Estimate, mean_with_se
from trifit.types import FloatArray

Score = Literal["brier", "log"]


@dataclass(frozen=True, eq=False)
class Corp:
    """CORP decomposition ``score = mcb - dsc + unc`` and its reliability curve.

    Attributes
    ----------
    score : Estimate
        Mean score of the forecasts; lower is better.
    mcb : Estimate
        Miscalibration: what isotonic recalibration would gain; lower is better,
        >= 0. Its error takes the recalibrated forecasts as given.
    dsc : Estimate
        Discrimination: what recalibrated forecasts gain over the base rate;
        higher is better, >= 0. Error likewise.
    unc : float
        Uncertainty: the score of always forecasting the base rate.
    curve : Curve
    kind : {"brier", "log"}
        Which score.
    """

    score: Estimate
    mcb: Estimate
    dsc: Estimate
    unc: float
    curve: Curve
    kind: Score


@measure
def corp(forecast: Any, outcome: Any, *, score: Score = "brier") -> Corp:
    """CORP reliability curve and score decomposition for one event.

    The curve is the isotonic regression of outcome on forecast (pool adjacent
    violators), so there are no bins to choose; tied forecasts are pooled. With
    soft outcomes every score is its expectation under them.

    Parameters
    ----------
    forecast : array of shape (n_obs,)
        Probabilities of the event in [0, 1].
    outcome : array of shape (n_obs,)
        1 where the event came true, else 0; or its probability (soft label).
    score : {"brier", "log"}
        ``(p - y)**2``, or ``-log p(y)`` in nats (infinite where a forecast of
        0 or 1 was wrong).

    Raises
    ------
    ValueError
        On shape mismatch, or values outside [0, 1].

    References
    ----------
    Dimitriadis, Gneiting & Jordan (2021), PNAS 118(8), doi:10.1073/pnas.2016191118

    Examples
    --------
    >>> r = corp(np.array([0.1, 0.1, 0.8, 0.8]), np.array([0, 0, 1, 0]))
    >>> [round(part, 4) for part in (r.score.value, r.mcb.value, r.dsc.value, r.unc)]
    [0.175, 0.05, 0.0625, 0.1875]
    """
    forecast, outcome = checked_event(forecast, outcome)
    recalibrated = isotonic(forecast, outcome)
    base_rate = np.full_like(outcome, outcome.mean())
    s, s_recalibrated, s_base = (
        _pointwise_score(p, outcome, score) for p in (forecast, recalibrated, base_rate)
    )
    return Corp(
        score=mean_with_se(s),
        mcb=mean_with_se(s - s_recalibrated),
        dsc=mean_with_se(s_base - s_recalibrated),
        unc=float(s_base.mean()),
        curve=_blocks(forecast, recalibrated),
        kind=score,
    )


def checked_event(forecast: Any, outcome: Any) -> tuple[FloatArray, FloatArray]:
    """Forecasts and outcomes of one event, (n_obs,) each and within [0, 1].

    Raises
    ------
    ValueError
        On shape mismatch, or a value outside [0, 1], naming the row.
    """
    forecast, outcome = np.asarray(forecast, np.float64), np.asarray(outcome, np.float64)
    if forecast.shape != outcome.shape or forecast.ndim != 1 or not len(forecast):
        raise ValueError(
            f"forecast has shape {forecast.shape} and outcome {outcome.shape}; "
            "expected two of (n_obs,), not empty"
        )
    for name, values, wanted in (
        ("forecast", forecast, "a probability"),
        ("outcome", outcome, "0, 1 or a probability"),
    ):
        outside = ~((values >= 0) & (values <= 1))
        if outside.any():
            row = int(np.flatnonzero(outside)[0])
            raise ValueError(f"{name}[{row}] is {values[row]:g}; expected {wanted} in [0, 1]")
    return forecast, outcome


def isotonic(forecast: FloatArray, outcome: FloatArray) -> FloatArray:
    """Isotonic regression of outcome on forecast, at the forecasts; ties are pooled."""
    _, tied, count = np.unique(forecast, return_inverse=True, return_counts=True)
    mean = np.bincount(tied, weights=outcome) / count
    return np.asarray(isotonic_regression(mean, weights=count).x[tied])


def _pointwise_score(p: FloatArray, outcome: FloatArray, score: Score) -> FloatArray:
    if score == "brier":
        return np.asarray((p - outcome) ** 2 + outcome * (1 - outcome))
    if score == "log":
        with np.errstate(divide="ignore"):
            return np.asarray(-xlogy(outcome, p) - xlogy(1 - outcome, 1 - p))
    raise ValueError(f"score={score!r}: expected 'brier' or 'log'")


def _blocks(forecast: FloatArray, recalibrated: FloatArray) -> Curve:
    order = np.argsort(forecast, kind="stable")
    x, q = forecast[order], recalibrated[order]
    starts = np.flatnonzero(np.r_[True, np.diff(q) > 1e-12])
    ends = np.r_[starts[1:], len(q)]
    return Curve(
        low=x[starts].tolist(),
        high=x[ends - 1].tolist(),
        frequency=q[starts].tolist(),
        count=(ends - starts).tolist(),
    )
