"""Reliability: whether confidence matches accuracy, and how far it is from that."""

from functools import partial
from typing import Any

from matplotlib.axes import Axes

from trifit.contestants import main_of, shaded_of
from trifit.report import charts
from trifit.report.parts import Cell, Chart, Table, chart, fit_keys, panels
from trifit.results import Comparison
from trifit.text import listed, p_value, signed_with_se
from trifit.words import rules

TITLE = "Reliability"

MAX_PANELS = 12

MAPS = {
    "temperature": "one number that divides all log-odds",
    "vector": "a weight and a bias per class",
    "dirichlet": "a matrix of weights",
    "isotonic": "any increasing function",
    "beta": "two slopes and a bias per class",
}
"""Recalibration maps in the order of the table."""


def content(c: Comparison) -> dict[str, Any]:
    """What the template ``reliability.html.j2`` shows."""
    return {
        "curves": _curves(c),
        "histogram": _histogram(c),
        "confidence": _confidence(c),
        "top_label": _top_label(c),
        "classes": _classes(c),
        "gain_table": _gain_table(c),
        "maps": MAPS,
        "rules": _rules(c),
    }


def _curves(c: Comparison) -> Chart:
    out = [n for n, f in c.contestants.items() if f.top_label.mcb > f.top_label.mcb_limit]
    if out:
        verb = "deviates" if len(out) == 1 else "deviate"
        caption = f"{listed(out)} {verb} from the diagonal by more than chance (5% level)"
        rest = [n for n in c.contestants if n not in out]
        caption += f"; {listed(rest)} {'does' if len(rest) == 1 else 'do'} not." if rest else "."
    else:
        caption = "No model deviates from the diagonal by more than chance (5% level)."
    curves = {n: f.top_label for n, f in c.contestants.items()}
    shaded = [n for n in shaded_of(curves) if curves[n].confidence_band is not None]
    if shaded:
        caption += f" Shaded ({listed(shaded)}): 95% confidence bands for the true curve."
    caption += " Flat steps: rows pooled by isotonic regression."
    draw = partial(charts.top_labels, curves, n_classes=c.data.n_classes, legends=False)
    return chart("curves", caption, draw, size=(5.2, 4.9), keys=fit_keys(c.contestants))


def _histogram(c: Comparison) -> Chart:
    curves = {n: f.top_label for n, f in c.contestants.items()}
    sure = {n: t.histogram[-1] / sum(t.histogram) for n, t in curves.items()}
    most, least = max(sure, key=lambda n: sure[n]), min(sure, key=lambda n: sure[n])
    who = "Every model" if most == least and len(sure) > 1 else most
    caption = f"{who} has a confidence above 95% on {sure[most]:.0%} of the rows"
    caption += "." if most == least else f", {least} on {sure[least]:.0%}."
    draw = partial(charts.confidences, curves, legends=False)
    return chart("confidences", caption, draw, size=(5.2, 2.4), keys=fit_keys(c.contestants))


def _confidence(c: Comparison) -> Chart:
    off = {}
    for n, f in c.contestants.items():
        right = f.scores.accuracy
        if not right.low <= f.top_label.confidence <= right.high:
            off[n] = f.top_label.confidence - right.value
    if off:
        worst = max(off, key=lambda n: abs(off[n]))
        word = "more" if off[worst] > 0 else "less"
        caption = (
            f"{worst} is {word} confident than accurate: mean confidence "
            f"{c.contestants[worst].top_label.confidence:.1%}, accuracy "
            f"{c.contestants[worst].scores.accuracy.value:.1%}."
        )
    else:
        caption = "The mean confidence of every model lies in the 95% interval of its accuracy."
    draw = partial(
        charts.confidence_accuracy,
        {n: f.top_label.confidence for n, f in c.contestants.items()},
        {n: f.scores.accuracy for n, f in c.contestants.items()},
    )
    return chart("confidence", caption, draw, size=(5.2, 0.3 * len(c.contestants) + 0.8))


def _top_label(c: Comparison) -> Chart:
    alt = {
        n: f"mean confidence {f.top_label.confidence:.1%}, accuracy {f.scores.accuracy.value:.1%}"
        for n, f in c.contestants.items()
    }
    drawn = [n for n in main_of(c.contestants) if n in alt]
    parts = [
        f"{f.top_label.confidence:.1%} and {f.scores.accuracy.value:.1%} ({n})"
        for n, f in ((n, c.contestants[n]) for n in drawn)
    ]
    caption = (
        f"Mean confidence and accuracy are {listed(parts)}. Grey: 95% bands of a calibrated "
        "model, pointwise (darker) and simultaneous (lighter). Bars count the rows."
    )
    n_classes = c.data.n_classes
    draws = {
        n: partial(charts.top_label, f.top_label, name=n, n_classes=n_classes)
        for n, f in c.contestants.items()
    }
    return panels("toplabel", caption, draws, size=(2.7, 2.7), alt=alt)


def _classes(c: Comparison) -> Chart:
    names = c.data.class_names[:MAX_PANELS]

    def of_class(k: int, *, ax: Axes) -> None:
        for name, judged in c.contestants.items():
            charts.reliability(judged.classes[k], name=name, ax=ax, lw=1.4)

    worst = max(
        ((n, k) for n, f in c.contestants.items() for k in range(len(names))),
        key=lambda nk: c.contestants[nk[0]].classes[nk[1]].mcb,
    )
    mcb = c.contestants[worst[0]].classes[worst[1]].mcb
    caption = (
        "Predicted probability of each class against its observed frequency. Largest "
        f"miscalibration: {worst[0]} for class {names[worst[1]]} (Brier {mcb:.4f})."
    )
    if len(c.data.class_names) > MAX_PANELS:
        caption += f" The first {MAX_PANELS} of {len(c.data.class_names)} classes are shown."
    draws = {name: partial(of_class, k) for k, name in enumerate(names)}
    return panels("classes", caption, draws, size=(2.7, 2.7), keys=fit_keys(c.contestants))


def _gain_table(c: Comparison) -> Table:
    rows = []
    for name, judged in c.contestants.items():
        cells: list[Cell | str] = [name]
        for key in MAPS:
            gain = judged.calibration.gains.get(key)
            if gain is None:  # a gain on an infinite log-loss is not defined
                cells.append(Cell("–" if c.infinite(name) else "not tried"))
                continue
            star = " *" if gain.value > 0 and gain.clear else ""
            cells.append(Cell(signed_with_se(gain.value, gain.se) + star, gain.value))
        p = judged.calibration.p_value
        rows.append((*cells, Cell(p_value(p), p)))
    return Table(
        caption="Recalibration gain, nats per row ± standard error; * clearly above 0 "
        "(95% interval)",
        columns=("model", *MAPS, "p-value, whole vector"),
        rows=tuple(rows),
    )


def _rules(c: Comparison) -> Table:
    judged = {
        name: rules(contestant.calibration)
        for name, contestant in c.contestants.items()
        if name not in c.failed
    }
    rows = [
        (
            asked[0].asked,
            *(Cell(f"{r.found} {'✓' if r.met else '✗'}", failed=not r.met) for r in asked),
        )
        for asked in zip(*judged.values(), strict=True)
    ]
    return Table(
        caption="✓ met, ✗ not met; for each model that was judged",
        columns=("rule", *judged),
        rows=tuple(rows),
        wrap=True,
    )
