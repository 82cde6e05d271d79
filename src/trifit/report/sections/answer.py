"""The answer: a verdict per fit, the scoreboard, the paired differences."""

from functools import partial
from typing import TYPE_CHECKING, Any

from trifit.report import charts
from trifit.report.charts import Estimate
from trifit.report.parts import Cell, Chart, Draw, Table, chart, panels
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

if TYPE_CHECKING:
    from trifit.comparison import Comparison, Interval

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
    "log_loss": ("log-loss, nats", "log-loss, nats per row (log., lower is better)"),
    "log_loss_bits": ("log-loss, bits", ""),
    "brier": ("Brier", "Brier score (lower is better)"),
    "accuracy": ("accuracy", "accuracy (higher is better)"),
    "gain": ("recalibration gain", ""),
    "calibration_error": ("calibration error", "top-label calibration error (lower is better)"),
}
"""Scores of the scoreboard: heading, and axis label of those that are drawn."""


def content(c: "Comparison") -> dict[str, Any]:
    """What the template ``answer.html.j2`` shows."""
    return {
        "marks": MARKS,
        "scoreboard": scoreboard(c),
        "scores": _scores(c),
        "forest": _forest(c),
        "differences": _differences(c),
    }


def headline(c: "Comparison") -> str:
    """The answer in two sentences."""
    good = [n for n, f in c.fits.items() if f.verdict == "behaves like probabilities"]
    unsure = [n for n, f in c.fits.items() if f.verdict == "cannot tell"]
    if good:
        first = f"The outputs of {listed(good)} behave like probabilities here"
    elif unsure:
        first = (
            f"{c.evaluation.n_test:,} test rows cannot tell whether the outputs of "
            f"{listed(unsure)} are probabilities"
        )
    else:
        first = "None of the fits gives outputs that behave like probabilities here"
    return f"{first}. {_prediction(c)}"


def _prediction(c: "Comparison") -> str:
    """Which fit predicts best, if the differences allow saying so."""
    clear = [d for d in c.differences if abs(d.log_loss_diff) > charts.Z95 * d.se]
    if not any(d.b == "class frequencies" and d.log_loss_diff < 0 for d in clear):
        return "No fit predicts clearly better than the bare class frequencies."
    if not any(d.b in c.fits for d in clear):
        return "No difference in log-loss between the fits is clear."
    best = min(c.fits, key=lambda n: c.fits[n].log_loss)
    loss = with_se(c.fits[best].log_loss, c.fits[best].log_loss_se)
    return f"{best} has the smallest log-loss, {loss} nats."


def scoreboard(c: "Comparison") -> Table:
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


def _scores(c: "Comparison") -> Chart:
    best = min(c.fits, key=lambda n: c.fits[n].log_loss)
    frequency = c.baselines["class frequencies"].log_loss
    worse = [n for n, f in c.fits.items() if f.log_loss > frequency]
    caption = f"{best} has the smallest log-loss, {c.fits[best].log_loss:.3f} nats per row"
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


def _gained(c: "Comparison") -> str:
    gains = {name: fit.gains["temperature"] for name, fit in c.fits.items()}
    far = {n: g for n, g in gains.items() if g.value > charts.Z95 * g.se}
    if not far:
        return "No fit gains clearly from one temperature fitted on other rows."
    worst = max(far, key=lambda n: far[n].value)
    close = [n for n in gains if n not in far]
    return (
        f"{worst} is furthest from a probability: one temperature, fitted on other rows, gains "
        f"{with_se(far[worst].value, far[worst].se)} nats per row"
        f"{f'; for {listed(close)} it gains nothing clear' if close else ''}."
    )


def _words(v: "Interval") -> str:
    return f"{estimate(v.value, v.low, v.high)}, 95% {between(v.low, v.high)}"


def _forest(c: "Comparison") -> Chart:
    sure = [d for d in c.differences if abs(d.log_loss_diff) > charts.Z95 * d.se]
    caption = (
        f"{len(sure)} of {len(c.differences)} differences are larger than their 95% interval "
        "(filled marks); all are paired, row by row."
    )
    draw = partial(charts.differences, c.differences)
    return chart("forest", caption, draw, size=(6.6, 0.26 * len(c.differences) + 0.8))


def _differences(c: "Comparison") -> Table:
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
