"""The answer: a verdict per model, the scoreboard, the paired differences."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from trifit.contestants import FREQUENCIES
from trifit.report import charts
from trifit.report.parts import (
    Cell,
    Chart,
    Draw,
    Table,
    chart,
    estimate_cell,
    estimate_text,
    panels,
)
from trifit.results import LOGARITHMIC, Comparison, Difference, Estimate, Verdict, clear_best
from trifit.scores import BITS
from trifit.text import (
    between,
    estimate,
    interval,
    listed,
    probability,
)
from trifit.words import VERDICTS, advice_text, errors_text, status_name, verdict_text

TITLE = "The answer"

MARKS = {
    Verdict.BEHAVES: ("✓", "good"),
    Verdict.OVER_CONFIDENT: ("▲", "bad"),
    Verdict.UNDER_CONFIDENT: ("▽", "warn"),
    Verdict.MISCALIBRATED: ("≁", "warn"),
    Verdict.UNCERTAIN: ("?", "unsure"),
    Verdict.NO_MLE: ("∞", "bad"),
    Verdict.FAILED: ("✗", "bad"),
}
"""Sign and tone of a verdict."""

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
        "verdicts": verdicts(c),
        "scoreboard": scoreboard(c),
        "scores": _scores(c),
        "forest": _forest(c),
        "differences": _differences(c),
    }


@dataclass(frozen=True)
class VerdictLine:
    """A contestant's verdict and recommendation as the page shows them."""

    name: str
    mark: str
    tone: str
    verdict: str
    text: str
    advice: str


def verdicts(c: Comparison) -> list[VerdictLine]:
    """Every contestant's verdict and what to do next."""
    return [
        VerdictLine(
            name, *MARKS[judged.verdict], VERDICTS[judged.verdict],
            verdict_text(judged, c.fits.get(name)), advice_text(c, name),
        )
        for name, judged in c.contestants.items()
    ]  # fmt: skip


def scoreboard(c: Comparison) -> Table:
    """Every score of every model and baseline with its 95 % interval."""
    rows = []
    for name, row in c.scoreboard.items():
        cells: list[Cell | str] = [name]
        for key in SCORES:
            value = row.get(key)
            if value is None:
                cells.append(Cell("–"))
                continue
            if key in LOGARITHMIC and (text := c.infinite(name)):
                n = c.contestants[name].scores.n_impossible
                cells.append(Cell(text, value.value, f"{n:,} labels with probability 0"))
                continue
            text = estimate(value.value, value.low, value.high)
            cells.append(Cell(text, value.value, between(value.low, value.high)))
        judged = c.contestants.get(name)
        cells.append(estimate_cell(None if judged is None else judged.calibration.slope))
        cells.append(_status(c, name))
        rows.append(tuple(cells))
    return Table(
        caption=_caption(c),
        columns=(
            "model",
            *(heading for heading, _ in SCORES.values()),
            "calibration slope",
            "status",
        ),
        rows=tuple(rows),
    )


def _caption(c: Comparison) -> str:
    caption = f"Scores on {c.evaluation.n_test:,} test rows, 95% intervals beneath"
    errors = errors_text(c.evaluation)
    return f"{caption}; {errors}" if errors else caption


def _status(c: Comparison, name: str) -> Cell:
    if name in c.baselines:
        return Cell("baseline")
    if name not in c.fits:
        return Cell("given" if c.card is None else "rival")
    status = c.fits[name].status
    text = status_name(status)
    return Cell(f"failed: {text}" if status.failed else text, failed=status.failed)


def _scores(c: Comparison) -> Chart:
    best = clear_best(c)
    losses = {name: judged.scores.log_loss for name, judged in c.contestants.items()}
    frequency = c.baselines[FREQUENCIES].log_loss.value
    worse = [n for n, loss in losses.items() if loss.value > frequency]
    if best is None:
        caption = "No model has a clearly lower log-loss than all others"
    else:
        loss = estimate_text(losses[best])
        lowest = "the lowest log-loss," if len(losses) > 1 else "a log-loss of"
        caption = f"{best} has {lowest} {loss} nats per row"
    if worse:
        caption += f"; worse than the class frequencies ({frequency:.3f}): {listed(worse)}"
    draws: dict[str, Draw] = {}
    for key, (heading, xlabel) in SCORES.items():
        if not xlabel:
            continue
        left_out = [n for n in c.contestants if key in LOGARITHMIC and c.infinite(n)]
        rows = {n: row[key] for n, row in c.scoreboard.items() if key in row and n not in left_out}
        draws[heading] = partial(charts.scores, rows, xlabel=xlabel, log=key == "log_loss")
    gains = _gains(c)
    if gains:
        draws[SCORES["gain"][0]] = partial(charts.gains, gains)
    caption += f". {_gained(c)} Lines: 95% intervals."
    return panels("scores", caption, draws, size=(4.3, 2.5))


def _gains(c: Comparison) -> dict[str, Estimate]:
    return {n: row["gain"] for n, row in c.scoreboard.items() if "gain" in row}


def _gained(c: Comparison) -> str:
    """Gains that are clear; a model called over-confident is never said to gain nothing."""
    gains = _gains(c)
    if not gains:
        return "No temperature corrects a probability of 0."
    far = {n: g for n, g in gains.items() if g.value > 0 and g.clear}
    over = [n for n in gains if n not in far and c.contestants[n].verdict is Verdict.OVER_CONFIDENT]
    close = [n for n in gains if n not in far and n not in over]
    parts = []
    if far:
        clear = [f"{n} ({estimate_text(g)} nats per row)" for n, g in far.items()]
        parts.append(f"clearly improves {listed(clear)}")
    if over:
        parts.append(f"improves {listed(over)} by an uncertain amount")
    if close:
        parts.append(f"does not clearly improve {listed(close)}")
    return f"Temperature scaling, fitted on other rows, {'; it '.join(parts)}."


def _forest(c: Comparison) -> Chart | None:
    shown = [d for d in c.differences if not c.infinite(d.a, d.b)]
    if not shown:
        return None
    sure = sum(d.log_loss.clear for d in shown)
    if len(shown) == 1:
        caption = f"The 95% interval of the difference {'excludes' if sure else 'contains'} zero."
    else:
        caption = (
            f"{sure} of {len(shown)} differences {'has' if sure == 1 else 'have'} a 95% interval "
            "that excludes zero (filled marks)."
        )
    caption += " Differences are paired row by row."
    draw = partial(charts.differences, shown)
    return chart("forest", caption, draw, size=(6.6, 0.26 * len(shown) + 0.8))


def _difference(c: Comparison, d: Difference) -> tuple[Cell, ...]:
    """A difference in nats, in bits and as elpd."""
    loss, elpd = d.log_loss, d.elpd
    if text := c.infinite(d.a, d.b):
        return Cell(text, loss.value), Cell(text, loss.value), Cell("–", elpd.value)
    bits = loss.times(BITS)
    return (
        estimate_cell(loss, signed=True, small=interval(loss.value, loss.se)),
        estimate_cell(bits, signed=True),
        estimate_cell(elpd, signed=True),
    )


def _differences(c: Comparison) -> Table:
    rows: tuple[tuple[Cell | str, ...], ...] = tuple(
        (
            f"{d.a} − {d.b}",
            *_difference(c, d),
            Cell(
                "–" if c.infinite(d.a, d.b) else probability(d.probability_better),
                d.probability_better,
            ),
        )
        for d in c.differences
    )
    return Table(
        caption="Paired differences of log-loss per row; negative: the first is better "
        "(95% intervals beneath)",
        columns=("pair", "nats", "bits", "elpd", "probability that the first is better"),
        rows=rows,
    )
