"""The page of two runs compared."""

from collections.abc import Iterable, Sequence
from functools import partial

from trifit.report import charts
from trifit.report.charts.style import looks_of
from trifit.report.page import document
from trifit.report.parts import Cell, Chart, Table, chart
from trifit.report.svg import with_style
from trifit.results.diff import Checked, RunDiff
from trifit.words.diff import (
    CHANGES,
    CONDITIONS,
    DIFFERENCES,
    change_rows,
    condition_rows,
    measure_rows,
    sentences,
    title,
)


def render_diff(diff: RunDiff, checked: Sequence[Checked] = ()) -> str:
    """One self-contained HTML document; the same input gives the same bytes."""
    with with_style(), looks_of(diff.contestants):
        forest = _forest(diff)
    return document(
        "diff.html.j2",
        title=f"{diff.a.folder} · {diff.b.folder} · trifit",
        a=diff.a,
        b=diff.b,
        rows=title(diff)[-1],
        sentences=sentences(diff),
        forest=forest,
        measures=Table(
            "Measures on the same test rows (± standard error); log-loss in nats",
            DIFFERENCES,
            _cells(measure_rows(diff)),
        ),
        conditions=Table(
            "Conditions, met only by a whole 95% interval",
            CONDITIONS,
            _cells(condition_rows(checked)),
        ),
        changes=Table("Settings that differ", CHANGES, _cells(change_rows(diff)), wrap=True),
    )


def _cells(rows: Iterable[tuple[str, ...]]) -> tuple[tuple[Cell, ...], ...]:
    return tuple(tuple(map(Cell, row)) for row in rows)


def _forest(diff: RunDiff) -> Chart | None:
    """Paired differences of log-loss, where they are finite."""
    drawn = {
        name: each.log_loss.difference
        for name, each in diff.contestants.items()
        if each.log_loss.difference is not None
    }
    if not drawn:
        return None
    caption = "Log-loss of B minus that of A with 95% intervals; filled: the interval excludes 0."
    size = (7, 0.24 * len(drawn) + 0.9)
    return chart("changes", caption, partial(charts.changes, drawn), size=size)
