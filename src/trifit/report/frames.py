"""What the charts of a comparison show, as dataframes: a row per mark.

Keyed as the methods are: ``comparison.plot_gap.frame()`` is ``FRAMES["plot_gap"](comparison)``.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec
import numpy as np
import pandas as pd

from trifit.curves import Band
from trifit.errors import InputError
from trifit.report.charts import parameter_name
from trifit.report.charts.scores import gap_steps
from trifit.report.plots import (
    benefit_of,
    consequences_of,
    costs_of,
    curves_of,
    divisions_of,
    ensemble_of,
    map_of,
    prevalence_of,
    rows_of,
)
from trifit.report.sections.fits import ranked
from trifit.results import Comparison, Estimate, Reliability


def reliability(c: Comparison) -> pd.DataFrame:
    """Blocks of the curves; the confidence band is that in the middle of a block."""
    return pd.DataFrame(
        block | _band_at((block["low"] + block["high"]) / 2, judged.top_label.confidence_band)
        for name, judged in c.contestants.items()
        for block in _blocks(name, judged.top_label)
    )


def class_reliability(c: Comparison, class_name: str) -> pd.DataFrame:
    """Blocks of the curves of one class."""
    curves = curves_of(c, class_name)
    return pd.DataFrame(block for name, curve in curves.items() for block in _blocks(name, curve))


def confidences(c: Comparison) -> pd.DataFrame:
    """Rows in each bin of confidence."""
    return pd.DataFrame(
        {"fit": name, "low": i / len(counts), "high": (i + 1) / len(counts), "count": count,
         "share": count / sum(counts)}
        for name, judged in c.contestants.items()
        for counts in [judged.top_label.histogram]
        for i, count in enumerate(counts)
    )  # fmt: skip


def differences(c: Comparison) -> pd.DataFrame:
    """Paired differences of log-loss in nats."""
    return pd.DataFrame(
        {"a": d.a, "b": d.b, **_parts(d.log_loss), "probability_better": d.probability_better}
        for d in c.differences
    )


def gap(c: Comparison) -> pd.DataFrame:
    """Each fit's log-loss in nats, and its paired difference from the fit that it is held against.

    ``against`` is None for the first.
    """
    losses = {name: judged.scores.log_loss for name, judged in c.contestants.items()}
    return pd.DataFrame(
        {"fit": name, "log_loss": losses[name].value, "log_loss_se": losses[name].se,
         "against": None if step is None else step.b,
         "difference": None if step is None else step.log_loss.value,
         "difference_se": None if step is None else step.log_loss.se}
        for name, step, _ in gap_steps(losses, c.differences)
    )  # fmt: skip


def gains(c: Comparison) -> pd.DataFrame:
    """The gain of temperature scaling, in nats."""
    return pd.DataFrame(
        {"fit": name, **_parts(row["gain"])} for name, row in c.scoreboard.items() if "gain" in row
    )


def coefficients(c: Comparison) -> pd.DataFrame:
    """The coefficients that stand out, as :class:`trifit.results.Parameter` has them."""
    return pd.DataFrame(
        {"name": parameter_name(p), **msgspec.to_builtins(p)} for p in ranked(c.parameters)
    )


def path(c: Comparison) -> pd.DataFrame:
    """Steps of the optimisers: cross-entropies in nats per row."""
    return pd.DataFrame(
        {"fit": name, **msgspec.to_builtins(step)}
        for name, fit in c.fits.items()
        for step in fit.path
    )


def scatter(c: Comparison, a: str, b: str) -> pd.DataFrame:
    """Probability of the true class under two fits; ``right`` says whether b's winner is it.

    Parameters
    ----------
    c : Comparison
    a, b : str
        Fits.
    """
    rows = rows_of(c, a, b)
    at, label = np.arange(len(rows.label)), np.asarray(rows.label)
    pa, pb = (np.asarray(rows.probs[name]) for name in (a, b))
    return pd.DataFrame(
        {
            "row": rows.row,
            "class": [c.data.class_names[k] for k in label],
            a: pa[at, label],
            b: pb[at, label],
            "right": pb.argmax(axis=1) == label,
        }
    )


def probability_map(c: Comparison, fit: str) -> pd.DataFrame:
    """Most probable class and its probability at every grid point."""
    plane = map_of(c, fit)
    x, y = (np.linspace(axis.low, axis.high, plane.n_grid) for axis in plane.axes)
    layer = plane.fits[fit]
    return pd.DataFrame(
        {
            plane.axes[0].name: np.tile(x, plane.n_grid),
            plane.axes[1].name: np.repeat(y, plane.n_grid),
            "class": [c.data.class_names[k] for k in layer.winner],
            "probability": np.asarray(layer.probability) / 1000,
        }
    )


def members(c: Comparison) -> pd.DataFrame:
    """Expected log-loss by the number of members, measured, then doubled and without end.

    Sizes beyond those that were given have the ends of a 95 % interval.
    """
    e = ensemble_of(c)
    rows = [{**msgspec.to_builtins(step), "low": None, "high": None} for step in e.curve]
    for n, saving in ((2.0 * e.n_members, e.doubled), (np.inf, e.unlimited)):
        if saving is not None:
            now = e.curve[-1].log_loss
            rows.append(
                {"n_members": n, "log_loss": now - saving.value, "low": now - saving.high,
                 "high": now - saving.low}
            )  # fmt: skip
    return pd.DataFrame(rows)


def costs(c: Comparison) -> pd.DataFrame:
    """Cost per case: promised, come true, and the paired difference."""
    return pd.DataFrame(
        {"fit": name, "kind": kind, **_parts(getattr(record, kind))}
        for name, record in costs_of(c).contestants.items()
        for kind in ("promised", "came_true", "excess")
    )


def net_benefit(c: Comparison) -> pd.DataFrame:
    """Net benefit by threshold, of "treat all" too."""
    b = benefit_of(c)
    return pd.concat(
        pd.DataFrame(
            {"fit": name, "threshold": b.thresholds, "net_benefit": curve.value, "low": curve.low,
             "high": curve.high, "clear": curve.clear}
        )
        for name, curve in {"treat all": b.treat_all, **b.contestants}.items()
    ).reset_index(drop=True)  # fmt: skip


def risk_coverage(c: Comparison) -> pd.DataFrame:
    """Error rate by coverage."""
    a = consequences_of(c).abstention
    return pd.concat(
        pd.DataFrame({"fit": name, "coverage": a.coverage, "risk": curve.risk})
        for name, curve in a.contestants.items()
    ).reset_index(drop=True)


def decisions(c: Comparison) -> pd.DataFrame:
    """Decisions, a row per contestant; see :meth:`trifit.results.Comparison.decisions`."""
    found = consequences_of(c)
    rows: dict[str, dict[str, float]] = {name: {} for name in found.abstention.contestants}
    if found.costs is not None:
        for name, record in found.costs.contestants.items():
            for kind in ("promised", "came_true", "excess"):
                rows[name] |= _value_and_se(kind, getattr(record, kind))
        for action, cost in found.costs.always.items():
            rows[f"always {action}"] = _value_and_se("came_true", cost)
    if found.net_benefit is not None:
        for name, curve in found.net_benefit.contestants.items():
            for sign, word in ((1, "better"), (-1, "worse")):
                rows[name][f"share_{word}"] = curve.clear.count(sign) / len(curve.clear)
    for name, risks in found.abstention.contestants.items():
        rows[name]["error_rate"] = risks.risk[-1]
        rows[name] |= _value_and_se("risk_area", risks.area)
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("fit")


def subgroups(c: Comparison) -> pd.DataFrame:
    """A row per contestant and subgroup; see :meth:`trifit.results.Comparison.subgroups`."""
    return pd.DataFrame(
        {
            "fit": name,
            "by": d.by,
            "subgroup": subgroup,
            "n_obs": d.n_obs[g],
            **_value_and_se("log_loss", record.log_loss),
            **_value_and_se("slope", record.slope),
            **_value_and_se("slope_pooled", record.slope_pooled),
            "bias_class": c.data.class_names[record.furthest],
            **_value_and_se("bias", record.bias[record.furthest]),
            **_value_and_se("bias_pooled", record.bias_pooled[record.furthest]),
            "p_slope": record.p_slope,
            "p_bias": record.p_bias,
            "p_homogeneity": found.p_value,
            "differs": ", ".join(record.differs),
            "verdict": record.verdict.value,
        }
        for d in divisions_of(c)
        for name, found in d.contestants.items()
        for g, (subgroup, record) in enumerate(zip(d.names, found.subgroups, strict=True))
    ).set_index(["fit", "by", "subgroup"])


def prevalence(c: Comparison) -> pd.DataFrame:
    """A row per contestant; see :meth:`trifit.results.Comparison.prevalence`."""
    found = prevalence_of(c)
    rows: dict[str, dict[str, Any]] = {}
    for name, scores in found.contestants.items():
        rows[name] = {}
        for score in ("log_loss", "brier", "accuracy", "uncorrected", "gain"):
            rows[name] |= _value_and_se(score, getattr(scores, score))
    for name, e in found.estimates.items():
        for label, share in zip(c.data.class_names, e.shares, strict=True):
            ends = {"": share.value, "_low": share.low, "_high": share.high}
            rows[name] |= {f"share:{label}{end}": value for end, value in ends.items()}
        rows[name]["p_shift"] = e.p_value
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("fit")


def sets(c: Comparison) -> pd.DataFrame:
    """Sets of classes, see :meth:`trifit.results.Comparison.sets`."""
    if c.prediction_sets is None:
        raise InputError("no sets: give their coverage (sets=0.9, --sets 0.9)")
    return pd.DataFrame(
        {"fit": name, "kind": kind, "class": label, "n_obs": record.n_obs,
         **_ends("coverage", record.coverage), **_ends("size", record.size), "empty": record.empty}
        for name, kind, found in c.prediction_sets.rows()
        for label, record in [(None, found.all_rows), *found.classes.items()]
    )  # fmt: skip


FRAMES: Mapping[str, Callable[..., pd.DataFrame]] = {
    "plot_reliability": reliability,
    "plot_class_reliability": class_reliability,
    "plot_confidences": confidences,
    "plot_differences": differences,
    "plot_gap": gap,
    "plot_gains": gains,
    "plot_coefficients": coefficients,
    "plot_path": path,
    "plot_scatter": scatter,
    "plot_map": probability_map,
    "plot_members": members,
    "plot_costs": costs,
    "plot_net_benefit": net_benefit,
    "plot_risk_coverage": risk_coverage,
}


def _parts(estimate: Estimate) -> dict[str, float]:
    return {name: getattr(estimate, name) for name in ("value", "se", "low", "high")}


def _ends(name: str, estimate: Estimate) -> dict[str, float]:
    return {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}


def _value_and_se(name: str, estimate: Estimate | None) -> dict[str, float]:
    if estimate is None:
        return {name: np.nan, f"{name}_se": np.nan}
    return {name: estimate.value, f"{name}_se": estimate.se}


def _blocks(fit: str, curve: Reliability) -> Iterator[dict[str, Any]]:
    c = curve.curve
    for low, high, frequency, count in zip(c.low, c.high, c.frequency, c.count, strict=True):
        yield {"fit": fit, "low": low, "high": high, "frequency": frequency, "count": count}


def _band_at(x: float, band: Band | None) -> dict[str, float | None]:
    if band is None:
        return {"lower": None, "upper": None}
    last = len(band.grid) - 1
    before = int(np.searchsorted(band.grid, x, "right")) - 1
    after = int(np.searchsorted(band.grid, x))
    return {"lower": band.lower[max(0, before)], "upper": band.upper[min(last, after)]}
