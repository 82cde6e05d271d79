"""From log probabilities and fits to the plain records of a ``Comparison``."""

from collections.abc import Mapping, Sequence

import numpy as np

from trifit.calibration import (
    Corp,
    confidence_band,
    consistency,
    corp,
    slope_intercept,
    top_label,
)
from trifit.checks import Labels, label_probs
from trifit.contestants import PAIRS
from trifit.elpd import elpd, probability_better, total
from trifit.fit.diagnostics import MAX_RHAT
from trifit.fits import Fit, Status
from trifit.information import code_length
from trifit.results import (
    Band,
    Code,
    Curve,
    Difference,
    FitRecord,
    Gain,
    PathStep,
    Reliability,
    Rule,
    Scores,
    TopLabel,
)
from trifit.rounding import finite, rounded
from trifit.run.evidence import gather
from trifit.scores import BITS, accuracy, brier, log_loss, log_predictive_density, paired_difference
from trifit.types import FloatArray
from trifit.verdict import judge

HISTOGRAM_BINS = 20

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
        "effective_min": "effective draws after weighting (wanted 100 per chain)",
    },
    Status.DIVERGENT: {"divergent_share": "share of divergent transitions"},
    Status.LOW_ENERGY: {"bfmi_min": "E-BFMI (wanted 0.3)"},
    Status.DEPTH_LIMITED: {"depth_limited_share": "share of draws at the limit"},
    Status.NOT_NORMAL: {"pareto_k": "Pareto k (wanted at most 0.7)"},
    Status.APPROXIMATE: {"pareto_k": "Pareto k", "effective_min": "effective draws"},
}
"""The diagnostics behind a status, and how they are called in its sentence."""


def scores_of(log_probs: FloatArray, y: Labels) -> Scores:
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
    y: Labels,
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
        For the consistency band and the evidence.
    """
    probs = np.minimum(np.exp(log_probs), 1.0)  # rounding errors
    statuses = [fit.status for fit in fits]
    status = worst_status(statuses)
    top = _top_label(probs, y, rng)
    diagnostics = _worst_diagnostics(fits)
    recalibration = slope_intercept(probs, y, log_probs=log_probs)
    evidence = gather(recalibration, log_probs, y, class_names=class_names, rng=rng)
    where = f"{statuses.count(status)} of {len(statuses)} training sets"
    verdict = judge(status, evidence, where=where)
    summed = elpd(log_probs, y)
    truth = label_probs(y, probs.shape[1])
    code, code_note = encoded(probs, y)
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
        elpd=summed.value,
        elpd_se=summed.se,
        gains={name: Gain(value=v, se=se) for name, (v, se) in evidence.gains.items()},
        p_value=finite(evidence.p_value),
        verdict=verdict.name,
        verdict_text=verdict.text,
        rules=[Rule(asked=r.asked, found=r.found, met=r.met) for r in verdict.rules],
        code=code,
        code_note=code_note,
        top_label=top,
        classes=[_reliability(corp(probs[:, k], truth[:, k])) for k in range(probs.shape[1])],
        diagnostics=diagnostics,
        path=[
            PathStep(step=step, cross_entropy=loss, gradient=gradient, held_out=held_out)
            for step, loss, gradient, held_out in fits[0].path
        ],
    )


def differences(
    log_probs: Mapping[str, FloatArray], y: Labels, rng: np.random.Generator
) -> list[Difference]:
    """Paired log-loss differences of the pairs in :data:`PAIRS`."""
    lpd = {name: log_predictive_density(lp, y) for name, lp in log_probs.items()}
    rows = []
    for a, b in ((pair.a, pair.b) for pair in PAIRS):
        if a not in lpd or b not in lpd:
            continue
        mean, summed = paired_difference(lpd[b], lpd[a]), total(lpd[a] - lpd[b])
        rows.append(
            Difference(
                a=a,
                b=b,
                log_loss_diff=mean.value,
                se=mean.se,
                elpd_diff=summed.value,
                elpd_diff_se=summed.se,
                probability_better=probability_better(lpd[a], lpd[b], seed=rng),
            )
        )
    return rows


def worst_status(statuses: Sequence[Status]) -> Status:
    """The status of a column: a failed one first, then ``separated``, else the common one."""
    for status in statuses:
        if not status.trustworthy:
            return status
    for status in (
        Status.SEPARATED,
        Status.DERIVED_SEPARATED,
        Status.DEGENERATE,
        Status.STOPPED_EARLY,
        Status.UNCERTIFIED,
    ):
        if status in statuses:
            return status
    return statuses[0]


def _status_text(
    worst: Status, statuses: Sequence[Status], diagnostics: Mapping[str, float | None]
) -> str:
    """The status in words, with the numbers that decided it, and what helps if it failed."""
    count = sum(status is worst for status in statuses)
    text = worst.value + (
        f" ({count} of {len(statuses)} training sets)" if count < len(statuses) else ""
    )
    numbers = [
        f"{words} {value:.4g}"
        for name, words in EVIDENCE.get(worst, {}).items()
        if (value := diagnostics.get(name)) is not None
    ]
    if not numbers:
        return text
    found = f"{text}: {', '.join(numbers)}"
    return found if worst.trustworthy else f"{found}; {_remedy(worst, diagnostics)}"


def _remedy(status: Status, diagnostics: Mapping[str, float | None]) -> str:
    """What usually helps against a failed check."""
    if status is Status.UNMIXED and (diagnostics.get("prediction_rhat_max") or 2.0) <= MAX_RHAT:
        return (
            "its predictions agree, so perhaps its parameters can be permuted, as hidden units "
            "can: then --set identified=false judges predictions alone"
        )
    if status is Status.DIVERGENT:
        return "smaller steps may help: --set target_accept=0.99"
    if status is Status.NOT_NORMAL:
        return "NUTS (the column bayes) needs no such approximation"
    return "more draws may help: --set draws=2000 --set tune=1000"


def _worst_diagnostics(fits: Sequence[Fit]) -> dict[str, float | None]:
    """Each diagnostic at its worst over training sets (smallest of the ``_min`` ones)."""
    worst: dict[str, float | None] = {}
    for name in fits[0].diagnostics:
        values = np.array([fit.diagnostics[name] for fit in fits])
        worst[name] = finite(float((np.min if name.endswith("_min") else np.max)(values)))
    return worst


def encoded(probs: FloatArray, y: Labels) -> tuple[Code | None, str]:
    """The labels encoded, or why they were not."""
    if y.ndim == 2:
        return None, "not encoded: the labels are distributions, not symbols"
    codes = y.astype(np.int64)
    impossible = int(np.sum(probs[np.arange(len(codes)), codes] == 0))
    if impossible:
        return None, (
            f"not written: {impossible} of {len(y)} labels have a probability below the least "
            "number the coder can hold (1e-308)"
        )
    try:
        length = code_length(probs, codes)
    except ImportError:
        return None, "not encoded: pip install 'trifit[code]'"
    return Code(bits=length.bits, ideal_bits=length.ideal_bits, n_floored=length.n_floored), ""


def _top_label(probs: FloatArray, y: Labels, rng: np.random.Generator) -> TopLabel:
    confidence, right = top_label(probs, y)
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
        band_lower_all=rounded(chance.lower_all),
        band_upper_all=rounded(chance.upper_all),
        confidence_band=_confidence_band(confidence, right) if y.ndim == 1 else None,
        histogram=np.histogram(confidence, edges)[0].tolist(),
    )


def _confidence_band(forecast: FloatArray, outcome: FloatArray) -> Band:
    band = confidence_band(forecast, outcome)
    return Band(grid=rounded(band.grid, 8), lower=rounded(band.lower), upper=rounded(band.upper))


def _reliability(c: Corp) -> Reliability:
    curve = Curve(
        low=c.curve.low.tolist(),
        high=c.curve.high.tolist(),
        frequency=c.curve.frequency.tolist(),
        count=c.curve.count.tolist(),
    )
    return Reliability(score=c.score, mcb=c.mcb, dsc=c.dsc, unc=c.unc, curve=curve)
