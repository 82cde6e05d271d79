"""From log probabilities and fits to the plain records of a ``Comparison``."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from scipy.stats import norm

from trifit.calibration import (
    Corp,
    class_bias,
    consistency,
    corp,
    slope_intercept,
    top_label,
)
from trifit.comparison import Curve, Difference, FitRecord, Reliability, Scores, TopLabel
from trifit.scores import BITS, accuracy, brier, log_loss, log_predictive_density, paired_difference
from trifit.types import Fit, FloatArray, IntArray, Status
from trifit.verdict import judge

HISTOGRAM_BINS = 20

COMPARED = (
    ("map", "mle"),
    ("mean", "map"),
    ("bayes", "mean"),
    ("bayes", "mle"),
    ("bayes", "map"),
    ("mle+T", "mle"),
    ("bayes", "mle+T"),
    ("mle", "class frequencies"),
    ("map", "class frequencies"),
    ("bayes", "class frequencies"),
)
"""Pairs (a, b) of the difference table: the steps of the gap, the whole, the baseline."""


EVIDENCE: Mapping[Status, Mapping[str, str]] = {
    Status.UNMIXED: {
        "rhat_max": "largest R-hat of parameters",
        "prediction_rhat_max": "of predictions (wanted 1.01)",
    },
    Status.FEW_EFFECTIVE: {
        "ess_bulk_min": "smallest bulk ESS of parameters",
        "ess_tail_min": "tail ESS",
        "prediction_ess_bulk_min": "bulk ESS of predictions",
        "prediction_ess_tail_min": "tail ESS (wanted 100 per chain)",
    },
    Status.DIVERGENT: {"divergent_share": "share of divergent transitions"},
    Status.LOW_ENERGY: {"bfmi_min": "E-BFMI (wanted 0.3)"},
    Status.DEPTH_LIMITED: {"depth_limited_share": "share of draws at the limit"},
}
"""The diagnostics behind each failed check, and how they are called in its sentence."""


def scores_of(log_probs: FloatArray, y: IntArray) -> Scores:
    """Log-loss, Brier score and accuracy of pooled test rows."""
    loss = log_loss(log_probs, y)
    squared, right = brier(np.exp(log_probs), y), accuracy(log_probs, y)
    return Scores(
        log_loss=loss.value,
        log_loss_se=loss.se,
        log_loss_bits=loss.value * BITS,
        brier=squared.value,
        brier_se=squared.se,
        accuracy=right.value,
        accuracy_se=right.se,
    )


def fit_record(
    fits: Sequence[Fit],
    log_probs: FloatArray,
    y: IntArray,
    *,
    class_names: Sequence[str],
    rng: np.random.Generator,
) -> FitRecord:
    """The record of one column: the same method fitted to one or more training sets.

    Parameters
    ----------
    fits : sequence of Fit
        All fits behind the column; the worst status counts.
    log_probs : shape (n_obs, n_classes)
        Pooled predictions for the test rows.
    y : shape (n_obs,)
    class_names : sequence of str
    rng : numpy Generator
        For the consistency band.
    """
    probs = np.exp(log_probs)
    recalibration = slope_intercept(probs, y, log_probs=log_probs)
    statuses = [fit.status for fit in fits]
    status = worst_status(statuses)
    top = _top_label(probs, y, rng)
    diagnostics = _worst_diagnostics(fits)
    verdict = judge(
        status,
        recalibration.slope,
        recalibration.se,
        len(y),
        n_events=len(y) - int(np.bincount(y).max()),
        fault=_fault(probs, y, top, class_names),
        where=f"{statuses.count(status)} of {len(statuses)} training sets",
    )
    scores = scores_of(log_probs, y)
    return FitRecord(
        **{name: getattr(scores, name) for name in Scores.__struct_fields__},
        status=status.code,
        status_text=_status_text(status, statuses, diagnostics),
        trustworthy=status.trustworthy,
        seconds=sum(fit.seconds for fit in fits),
        slope=finite(recalibration.slope),
        slope_se=finite(recalibration.se),
        intercepts=recalibration.intercepts.tolist(),
        verdict=verdict.name,
        verdict_text=verdict.text,
        top_label=top,
        classes=[
            _reliability(corp(_clip(probs[:, k]), (y == k).astype(np.float64)))
            for k in range(probs.shape[1])
        ],
        diagnostics=diagnostics,
    )


def differences(log_probs: Mapping[str, FloatArray], y: IntArray) -> list[Difference]:
    """Paired log-loss differences of the pairs in :data:`COMPARED`."""
    losses = {name: -log_predictive_density(lp, y) for name, lp in log_probs.items()}
    rows = []
    for a, b in COMPARED:
        difference = paired_difference(losses[a], losses[b])
        rows.append(Difference(a=a, b=b, log_loss_diff=difference.value, se=difference.se))
    return rows


def worst_status(statuses: Sequence[Status]) -> Status:
    """The status of a column: a failed one first, then ``separated``, else the common one."""
    for status in statuses:
        if not status.trustworthy:
            return status
    for status in (Status.SEPARATED, Status.DERIVED_SEPARATED, Status.UNCERTIFIED):
        if status in statuses:
            return status
    return statuses[0]


def finite(value: float) -> float | None:
    """JSON has no NaN: None where a number does not exist."""
    return value if math.isfinite(value) else None


def _status_text(
    worst: Status, statuses: Sequence[Status], diagnostics: Mapping[str, float | None]
) -> str:
    """The status in words, with the numbers that decided it where a check failed."""
    count = sum(status is worst for status in statuses)
    text = worst.value + (
        f" ({count} of {len(statuses)} training sets)" if count < len(statuses) else ""
    )
    numbers = [
        f"{words} {value:.4g}"
        for name, words in EVIDENCE.get(worst, {}).items()
        if (value := diagnostics.get(name)) is not None
    ]
    remedy = "; more draws may help: --set draws=2000 --set tune=1000" if numbers else ""
    return f"{text}: {', '.join(numbers)}{remedy}" if numbers else text


def _worst_diagnostics(fits: Sequence[Fit]) -> dict[str, float | None]:
    """Each diagnostic at its worst over training sets (smallest of the ``_min`` ones)."""
    worst: dict[str, float | None] = {}
    for name in fits[0].diagnostics:
        values = np.array([fit.diagnostics[name] for fit in fits])
        worst[name] = finite(float((np.min if name.endswith("_min") else np.max)(values)))
    return worst


def _fault(probs: FloatArray, y: IntArray, top: TopLabel, class_names: Sequence[str]) -> str:
    """What is wrong besides the slope: a biased class, or a curve beyond chance."""
    bias, se = class_bias(probs, y)
    z = np.divide(abs(bias), se, out=np.zeros_like(bias), where=se > 0)
    limit = float(norm.isf(0.005 / len(z)))
    if z.max() > limit:
        k = int(z.argmax())
        return (
            f"class {class_names[k]} has probability {probs[:, k].mean():.3f} on average and came "
            f"true with frequency {(y == k).mean():.3f}"
        )
    if top.mcb > top.mcb_limit:
        return (
            f"the miscalibration of the top label, {top.mcb:.4f}, is above the {top.mcb_limit:.4f} "
            "that calibrated forecasts exceed 1 time in 20"
        )
    return ""


def _top_label(probs: FloatArray, y: IntArray, rng: np.random.Generator) -> TopLabel:
    confidence, right = top_label(_clip(probs), y)
    chance = consistency(confidence, seed=rng)
    edges = np.linspace(0, 1, HISTOGRAM_BINS + 1)
    base = _reliability(corp(confidence, right))
    return TopLabel(
        **{name: getattr(base, name) for name in Reliability.__struct_fields__},
        confidence=float(confidence.mean()),
        mcb_mean=chance.mcb_mean,
        mcb_limit=chance.mcb_limit,
        band_grid=chance.grid.tolist(),
        band_lower=chance.lower.tolist(),
        band_upper=chance.upper.tolist(),
        histogram=np.histogram(confidence, edges)[0].tolist(),
    )


def _reliability(c: Corp) -> Reliability:
    curve = Curve(
        low=c.curve.low.tolist(),
        high=c.curve.high.tolist(),
        frequency=c.curve.frequency.tolist(),
        count=c.curve.count.tolist(),
    )
    return Reliability(score=c.score, mcb=c.mcb, dsc=c.dsc, unc=c.unc, curve=curve)


def _clip(probs: FloatArray) -> FloatArray:
    """Probabilities with rounding errors beyond 0 and 1 removed."""
    return np.clip(probs, 0.0, 1.0)
