"""The answer: a verdict per fit, the scoreboard, the paired differences."""

from functools import partial
from typing import Any

from trifit.report import charts
from trifit.report.charts import Estimate
from trifit.report.parts import Cell, Chart, Draw, Table, chart, panels
from trifit.report.standing import clear, clear_best
from trifit.results import Comparison, Interval
from trifit.scores import BITS
from trifit.text import (
    between,
    estimate,
    interval,
    listed,
    probability,
    signed_with_se,
    with_se,
)

TITLE = "The answer"

MARKS = {
    "behaves like probabilities": ("✓", "good"),
    "over-confident": ("▲", "bad"),
    "under-confident": ("▽", "warn"),
    "miscalibrated otherwise": ("≁", "warn"),
    "cannot tell": ("?", "unsure"),
    "no MLE exists": ("∞", "bad"),
    "not trustworthy": ("✗", "bad"),
}

SCORES = {
    "log_loss": ("log-loss, nats", "nats per row (lower is better)"),
    "log_loss_bits": ("log-loss, bits", ""),
    "brier": ("Brier", "Brier score (lower is better)"),
    "accuracy": ("accuracy", "accuracy (higher is better)"),
    "gain": ("recalibration gain", ""),
    "calibration_error": ("calibration error", "top-label calibration error (lower is better)"),
}
"""Scores of the scoreboard: heading, and axis label of those that are drawn."""


def content(c: Comparison) -> dict[str, Any]:
    """What the template ``answer.html.j2`` shows."""
    return {
        "marks": MARKS,
        "scoreboard": scoreboard(c),
        "scores": _scores(c),
        "forest": _forest(c),
        "differences": _differences(c),
    }


VERDICT_WORDS = {
    "behaves like probabilities": ("behaves like probabilities", "behave like probabilities"),
    "no MLE exists": ("has no maximum", "have no maximum"),
    "over-confident": ("is over-confident", "are over-confident"),
    "under-confident": ("is under-confident", "are under-confident"),
    "miscalibrated otherwise": ("is miscalibrated otherwise", "are miscalibrated otherwise"),
    "not trustworthy": ("cannot be trusted", "cannot be trusted"),
}
"""What one fit is, and what several are, in the order of the headline."""


def headline(c: Comparison) -> str:
    """The answer in two sentences: every fit's verdict, and which predicts best."""
    parts = []
    for verdict, (one, several) in VERDICT_WORDS.items():
        names = [n for n, f in c.fits.items() if f.verdict == verdict]
        if names:
            parts.append(f"{listed(names)} {one if len(names) == 1 else several}")
    unsure = [n for n, f in c.fits.items() if f.verdict == "cannot tell"]
    if unsure:
        parts.append(
            f"{c.evaluation.n_test:,} test rows cannot tell whether the outputs of "
            f"{listed(unsure)} are probabilities"
        )
    return f"{'; '.join(parts)}. {_prediction(c)}"


def _prediction(c: Comparison) -> str:
    """Which fit predicts best, if the differences allow saying so."""
    if not any(
        d.b == "class frequencies" and d.log_loss_diff < 0 and c.fits[d.a].trustworthy
        for d in c.differences
        if clear(d)
    ):
        return "No fit predicts clearly better than the bare class frequencies."
    best = clear_best(c)
    if best is None:
        return "No fit's log-loss is clearly below that of all others."
    loss = with_se(c.fits[best].log_loss, c.fits[best].log_loss_se)
    return f"{best} has the smallest log-loss, {loss} nats."


def scoreboard(c: Comparison) -> Table:
    """Every score of every fit and baseline with its 95 % interval."""
    rows = []
    for name, row in c.scoreboard.items():
        cells: list[Cell | str] = [name]
        for key in SCORES:
            value = getattr(row, key)
            if value is None:
                cells.append(Cell("–"))
                continue
            text = estimate(value.value, value.low, value.high)
            cells.append(Cell(text, value.value, between(value.low, value.high)))
        fit = c.fits.get(name)
        if fit is None:
            cells += [Cell("–"), Cell("baseline")]
        else:
            slope = "–" if fit.slope is None else with_se(fit.slope, fit.slope_se)
            status = fit.status if fit.trustworthy else f"not trustworthy: {fit.status}"
            cells += [
                Cell(slope, fit.slope),
                Cell(status.replace("_", " "), failed=not fit.trustworthy),
            ]
        rows.append(tuple(cells))
    return Table(
        caption=f"Scores of {c.evaluation.n_test:,} held-out rows, 95% intervals beneath",
        columns=(
            "fit",
            *(heading for heading, _ in SCORES.values()),
            "slope of log-odds",
            "status",
        ),
        rows=tuple(rows),
    )


def _scores(c: Comparison) -> Chart:
    best = clear_best(c)
    frequency = c.baselines["class frequencies"].log_loss
    worse = [n for n, f in c.fits.items() if f.log_loss > frequency]
    if best is None:
        caption = "No fit's log-loss is clearly below that of all others"
    else:
        loss = with_se(c.fits[best].log_loss, c.fits[best].log_loss_se)
        caption = f"{best} has the smallest log-loss, {loss} nats per row"
    if worse:
        caption += (
            f"; that of {listed(worse)} is above the bare class frequencies' ({frequency:.3f})"
        )
    draws: dict[str, Draw] = {}
    for key, (heading, xlabel) in SCORES.items():
        if not xlabel:
            continue
        rows = [
            Estimate(name, v.value, v.low, v.high, _words(v))
            for name, row in c.scoreboard.items()
            if (v := getattr(row, key)) is not None
        ]
        draws[heading] = partial(charts.scores, rows, xlabel=xlabel, log=key == "log_loss")
    gains = {name: fit.gains["temperature"] for name, fit in c.fits.items()}
    draws[SCORES["gain"][0]] = partial(charts.gains, gains)
    caption += f". {_gained(c)} Lines: 95% intervals."
    return panels("scores", caption, draws, size=(4.3, 2.5))


def _gained(c: Comparison) -> str:
    """Gains that are clear; a fit called over-confident is never said to gain nothing."""
    gains = {name: fit.gains["temperature"] for name, fit in c.fits.items()}
    far = {n: g for n, g in gains.items() if g.value > charts.Z95 * g.se}
    over = [n for n in gains if n not in far and c.fits[n].verdict == "over-confident"]
    close = [n for n in gains if n not in far and n not in over]
    parts = []
    if far:
        said = [f"{n} ({with_se(g.value, g.se)} nats per row)" for n, g in far.items()]
        parts.append(f"gains for {listed(said)}")
    if over:
        parts.append(f"gains for {listed(over)} an amount these rows do not settle")
    if close:
        parts.append(f"gains nothing clear for {listed(close)}")
    return f"One temperature, fitted on other rows, {'; it '.join(parts)}."


def _words(v: Interval) -> str:
    return f"{estimate(v.value, v.low, v.high)}, 95% {between(v.low, v.high)}"


def _forest(c: Comparison) -> Chart:
    sure = sum(clear(d) for d in c.differences)
    caption = (
        f"{sure} of {len(c.differences)} differences {'has' if sure == 1 else 'have'} a 95% "
        "interval that excludes zero (filled marks); all are paired, row by row."
    )
    draw = partial(charts.differences, c.differences)
    return chart("forest", caption, draw, size=(6.6, 0.26 * len(c.differences) + 0.8))


def _differences(c: Comparison) -> Table:
    rows = tuple(
        (
            f"{d.a} − {d.b}",
            Cell(
                signed_with_se(d.log_loss_diff, d.se),
                d.log_loss_diff,
                interval(d.log_loss_diff, d.se),
            ),
            Cell(signed_with_se(d.log_loss_diff * BITS, d.se * BITS), d.log_loss_diff),
            Cell(signed_with_se(d.elpd_diff, d.elpd_diff_se), d.elpd_diff),
            Cell(probability(d.probability_better), d.probability_better),
        )
        for d in c.differences
    )
    return Table(
        caption="Paired differences of log-loss per row; negative means the first is better "
        "(95% intervals beneath)",
        columns=("pair", "nats", "bits", "elpd", "chance that the first predicts better"),
        rows=rows,
    )
