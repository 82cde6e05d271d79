"""The page: sections put together from a comparison's numbers."""

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from trifit.report import charts
from trifit.report.svg import to_svg, with_style
from trifit.report.text import (
    interval,
    printable,
    probability,
    signed_with_se,
    significant,
    with_se,
)
from trifit.scores import BITS

if TYPE_CHECKING:
    from jinja2 import Template

    from trifit.comparison import Comparison, Parameter

MAX_PANELS = 12
MAX_COEFFICIENTS = 24

AUXILIARY = ("_z", "_raw")
"""Endings of variables that a named coefficient is made of."""

MAPS = {
    "temperature": "one temperature",
    "vector": "a weight and a shift per class",
    "dirichlet": "a matrix of weights",
    "isotonic": "any increasing map",
    "beta": "two slopes and a shift per class",
}
"""Recalibration maps in the order of the table."""

MARKS = {
    "behaves like probabilities": ("✓", "good"),
    "over-confident": ("▲", "bad"),
    "under-confident": ("▽", "warn"),
    "miscalibrated otherwise": ("≁", "warn"),
    "cannot tell": ("?", "unsure"),
    "no MLE exists": ("∞", "bad"),
    "not trustworthy": ("✗", "bad"),
}


@dataclass(frozen=True)
class Chart:
    """An inline picture and the sentence that says what to see in it."""

    svg: Markup
    caption: str


def render(comparison: "Comparison") -> str:
    """The whole report as one HTML document; the same input gives the same bytes."""
    with with_style():
        pictures = {
            "log_loss": _log_loss(comparison),
            "forest": _forest(comparison),
            "gains": _gains(comparison),
            "top_label": _top_label(comparison),
            "classes": _classes(comparison),
            "waterfall": _waterfall(comparison),
            "coefficients": _coefficients(comparison) if comparison.card["identified"] else None,
            "path": _path(comparison),
        }
    return template("comparison.html.j2").render(
        c=comparison,
        charts=pictures,
        marks=MARKS,
        headline=_headline(comparison),
        rows=_ranked(comparison),
        n_model_rows=sum(p.units == "model" for p in comparison.parameters),
        bits=BITS,
        maps=MAPS,
        judged={name: fit for name, fit in comparison.fits.items() if fit.rules},
        with_se=with_se,
        signed_with_se=signed_with_se,
        interval=interval,
        probability=probability,
        significant=significant,
        parameter_name=charts.parameter_name,
    )


@cache
def template(name: str) -> "Template":
    """A template of the page, with everything from data escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("trifit.report"),
        autoescape=True,
        finalize=lambda value: printable(value) if type(value) is str else value,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["transposed"] = lambda rows: list(zip(*rows, strict=True))
    return environment.get_template(name)


def _headline(c: "Comparison") -> str:
    """The answer in one sentence."""
    good = [n for n, f in c.fits.items() if f.verdict == "behaves like probabilities"]
    unsure = [n for n, f in c.fits.items() if f.verdict == "cannot tell"]
    if good:
        first = f"The outputs of {_listed(good)} behave like probabilities here"
    elif unsure:
        first = (
            f"{c.evaluation.n_test} test rows cannot tell whether the outputs of "
            f"{_listed(unsure)} are probabilities"
        )
    else:
        first = "None of the fits gives outputs that behave like probabilities here"
    return f"{first}. {_prediction(c)}"


def _prediction(c: "Comparison") -> str:
    """Which fit predicts best, if the differences allow saying so."""
    clear = [d for d in c.differences if abs(d.log_loss_diff) > charts.Z95 * d.se]
    if not any(d.b == "class frequencies" and d.log_loss_diff < 0 for d in clear):
        return "No fit predicts clearly better than the bare class frequencies."
    between = [d for d in clear if d.b in c.fits]
    if not between:
        return "No difference in log-loss between the fits is clear."
    best = min(c.fits, key=lambda n: c.fits[n].log_loss)
    loss = with_se(c.fits[best].log_loss, c.fits[best].log_loss_se)
    return f"{best} has the smallest log-loss, {loss} nats."


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _log_loss(c: "Comparison") -> Chart:
    best = min(c.fits, key=lambda n: c.fits[n].log_loss)
    frequency = c.baselines["class frequencies"].log_loss
    worse = [n for n, f in c.fits.items() if f.log_loss > frequency]
    caption = f"{best} has the smallest log-loss, {c.fits[best].log_loss:.3f} nats per row"
    if worse:
        caption += (
            f"; that of {_listed(worse)} is above the bare class frequencies' ({frequency:.3f})"
        )
    figure, axes = charts.new_figure(8, 2.9)
    charts.log_loss(c.fits, c.baselines, ax=axes[0, 0])
    return chart(figure, "logloss", caption + ".")


def _forest(c: "Comparison") -> Chart:
    sure = [d for d in c.differences if abs(d.log_loss_diff) > charts.Z95 * d.se]
    caption = (
        f"{len(sure)} of {len(c.differences)} differences are larger than their 95% interval "
        "(filled marks); all are paired, row by row."
    )
    figure, axes = charts.new_figure(8, 3.5)
    charts.forest(c.differences, ax=axes[0, 0])
    return chart(figure, "forest", caption)


def _gains(c: "Comparison") -> Chart:
    gains = {name: fit.gains["temperature"] for name, fit in c.fits.items()}
    far = {n: g for n, g in gains.items() if g.value > charts.Z95 * g.se}
    if far:
        worst = max(far, key=lambda n: far[n].value)
        caption = (
            f"{worst} is furthest from a probability: one temperature, fitted on other rows, gains "
            f"{with_se(far[worst].value, far[worst].se)} nats per row"
        )
        close = [n for n in gains if n not in far]
        caption += f"; for {_listed(close)} it gains nothing clear." if close else "."
    else:
        caption = "No fit gains clearly from one temperature fitted on other rows."
    figure, axes = charts.new_figure(8, 2.2)
    charts.gains(c.fits, ax=axes[0, 0])
    return chart(figure, "gains", caption)


def _top_label(c: "Comparison") -> Chart:
    figure, axes = charts.new_figure(11, 2.7, 1, len(c.fits))
    for ax, (name, fit) in zip(axes[0], c.fits.items(), strict=True):
        charts.top_label(fit.top_label, name=name, ax=ax)
        ax.set_title(name)
        ax.set_xlabel("confidence")
    axes[0, 0].set_ylabel("share right")
    parts = [
        f"{n} is {f.top_label.confidence:.1%} confident and {f.accuracy:.1%} right"
        for n, f in c.fits.items()
        if n in ("mle", "map", c.posterior_fit)
    ]
    caption = (
        f"On average {'; '.join(parts)}. The grey band is where the curve of calibrated "
        "forecasts would lie 95 times in 100; bars count the rows."
    )
    return chart(figure, "toplabel", caption)


def _classes(c: "Comparison") -> Chart:
    names = c.data.class_names[:MAX_PANELS]
    columns = min(len(names), 5)
    rows = math.ceil(len(names) / columns)
    figure, axes = charts.new_figure(2.2 * columns + 0.4, 2.3 * rows + 0.5, rows, columns)
    for k, ax in enumerate(axes.flat):
        if k >= len(names):
            ax.set_axis_off()
            continue
        for name, fit in c.fits.items():
            charts.reliability(fit.classes[k], name=name, ax=ax, lw=1.4)
        ax.set_title(charts.label(names[k], 18))
    charts.legend_of_fits(c, figure)
    worst = max(
        ((n, k) for n, f in c.fits.items() for k in range(len(names))),
        key=lambda nk: c.fits[nk[0]].classes[nk[1]].mcb,
    )
    mcb = c.fits[worst[0]].classes[worst[1]].mcb
    caption = (
        f"Each output on its own, the label's and the others'. Largest miscalibration: {worst[0]} "
        f"for class {names[worst[1]]} (Brier {mcb:.4f})."
    )
    if len(c.data.class_names) > MAX_PANELS:
        caption += f" The first {MAX_PANELS} of {len(c.data.class_names)} classes are drawn."
    return chart(figure, "classes", caption)


def _waterfall(c: "Comparison") -> Chart:
    change = {(d.a, d.b): d for d in c.differences}
    meaning = {
        ("map", "mle"): "the prior",
        ("mean", "map"): "the posterior mean in place of the mode",
        ("bayes", "mean"): "averaging over the posterior",
        ("bayes", "map"): "the whole posterior in place of its mode",
        ("laplace", "map"): "the posterior's normal approximation in place of its mode",
    }
    steps = {meaning[pair]: change[pair] for pair in charts.steps(c.fits)}
    largest = max(steps, key=lambda s: abs(steps[s].log_loss_diff))
    d = steps[largest]
    caption = (
        f"The largest step from mle to {charts.steps(c.fits)[-1][0]} is {largest}: "
        f"{signed_with_se(d.log_loss_diff, d.se)} nats per row (lower is better). Thin lines: 95% "
        "intervals of each step."
    )
    figure, axes = charts.new_figure(8, 3.2)
    charts.waterfall(c.fits, c.differences, ax=axes[0, 0])
    return chart(figure, "waterfall", caption)


def _coefficients(c: "Comparison") -> Chart:
    rows = _ranked(c)
    points = "circles: MAP; squares: MLE, an arrow where it lies off the chart."
    if c.posterior_fit is None:
        caption = f"No posterior was fitted, so there are no intervals; {points}"
    else:
        clear = sum(r.low * r.high > 0 for r in rows if r.low is not None and r.high is not None)
        caption = (
            f"{clear} of the {len(rows)} coefficients shown have a 95% interval without zero. "
            f"Diamonds: mean and interval of {c.posterior_fit}; {points}"
        )
    figure, axes = charts.new_figure(8, 0.27 * len(rows) + 0.9)
    charts.coefficients(rows, ax=axes[0, 0])
    return chart(figure, "coefficients", caption)


def _path(c: "Comparison") -> Chart:
    rises = []
    for name, fit in c.fits.items():
        seen = [(p.held_out, p.step) for p in fit.path if p.held_out is not None]
        if seen and seen[-1][0] > 1.02 * min(seen)[0]:
            rises.append((seen[-1][0] / min(seen)[0], name, *min(seen), seen[-1][0]))
    if rises:
        _, name, low, step, last = max(rises)
        caption = (
            "Training always lowers the cross-entropy of the training rows (solid). That of "
            f"held-out rows (dashed) is least at step {step} of {name}, {low:.3f} nats, and ends "
            f"at {last:.3f}: from there on it learns confidence, not probability."
        )
    else:
        caption = (
            "Cross-entropy of the training rows (solid) and of held-out rows (dashed); the latter "
            "does not rise towards the end of any path."
        )
    figure, axes = charts.new_figure(8, 3.2)
    charts.path(c.fits, ax=axes[0, 0])
    return chart(figure, "path", caption)


def _ranked(c: "Comparison") -> list["Parameter"]:
    """The coefficients that stand out most, in the model's units."""
    rows = [
        p
        for p in c.parameters
        if p.units == "model" and not p.parameter.partition("[")[0].endswith(AUXILIARY)
    ]
    by_weight = sorted(
        rows, key=lambda p: -abs(p.map if p.mean is None else p.mean) / (p.sd or 1.0)
    )[:MAX_COEFFICIENTS]
    kept = {id(p) for p in by_weight}
    return [p for p in rows if id(p) in kept]


def chart(figure: Any, name: str, caption: str) -> Chart:
    """A figure as inline SVG with its caption."""
    return Chart(to_svg(figure, name=name, description=printable(caption)), caption)
