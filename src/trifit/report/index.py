"""The index of a folder of runs: a sortable table with small pictures."""

from collections.abc import Mapping
from urllib.parse import quote

from markupsafe import Markup

from trifit.contestants import main_of
from trifit.report import charts
from trifit.report.frame import new_picture
from trifit.report.page import document
from trifit.report.parts import Cell, Table, fit_keys
from trifit.report.sections.answer import MARKS
from trifit.report.svg import to_svg, with_style
from trifit.results import Comparison, Verdict, clear_best, ranked
from trifit.text import between, estimate
from trifit.words import VERDICTS


def render_index(runs: Mapping[str, Comparison]) -> str:
    """One page that lists runs, keyed by their folder; the same input gives the same bytes."""
    fits = main_of(n for c in runs.values() for n in c.fits)
    with with_style():
        rows = [_row(folder, runs[folder], fits, i) for i, folder in enumerate(sorted(runs))]
    table = Table(
        caption="Reliability curves, verdicts, and the lowest log-loss of a model that passed its "
        "checks (95% interval beneath)",
        columns=(
            "run", "", "data", "card", "rows", "classes", "lowest log-loss, nats", *fits, "trusted",
        ),
        rows=tuple(rows),
    )  # fmt: skip
    return document("index.html.j2", title="trifit runs", table=table, keys=fit_keys(fits))


def _row(folder: str, c: Comparison, fits: list[str], i: int) -> tuple[Cell, ...]:
    verdicts = [
        Cell(f"{MARKS[v][0]} {VERDICTS[v]}" if (v := _verdict(c, n)) is not None else "–")
        for n in fits
    ]
    return (
        Cell(folder, href=f"{quote(folder)}/index.html"),
        Cell("", picture=_thumbnail(c, fits, i)),
        Cell(c.data.name),
        Cell(c.card.name if c.card else "predictions"),
        Cell(f"{c.data.n_obs:,}", c.data.n_obs),
        Cell(str(c.data.n_classes), c.data.n_classes),
        _smallest(c),
        *verdicts,
        _trusted(c),
    )


def _verdict(c: Comparison, name: str) -> Verdict | None:
    return c.contestants[name].verdict if name in c.contestants else None


def _smallest(c: Comparison) -> Cell:
    """The smallest log-loss of the fits that are what they claim to be."""
    first = next(iter(ranked(c)), None)
    if first is None:
        return Cell("–")
    loss = c.contestants[first].scores.log_loss
    text = estimate(loss.value, loss.low, loss.high)
    who = first if clear_best(c) else f"{first}, not clearly below the next"
    return Cell(text, loss.value, f"{who}; {between(loss.low, loss.high)}")


def _trusted(c: Comparison) -> Cell:
    if c.posterior_fit is None:
        return Cell("–")
    return Cell("no" if c.failed else "yes", failed=bool(c.failed))


def _thumbnail(c: Comparison, fits: list[str], i: int) -> Markup:
    figure, ax = new_picture(1.2, 1.2)
    for name in fits:
        if name in c.contestants:
            charts.reliability(c.contestants[name].top_label, name=name, ax=ax, lw=1.2)
    charts.ticks(ax, "x", [], [])
    charts.ticks(ax, "y", [], [])
    drawn = {n: c.contestants[n] for n in fits if n in c.contestants}
    parts = [
        f"{n}: confidence {judged.top_label.confidence:.0%}, "
        f"accuracy {judged.scores.accuracy.value:.0%}"
        for n, judged in drawn.items()
    ]
    return to_svg(figure, name=f"run{i}", description=f"{'; '.join(parts)}.")
