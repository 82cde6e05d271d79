"""The page of one table of the atlas: the answer, all numbers, what the table is."""

from collections.abc import Sequence
from functools import partial
from urllib.parse import quote

from trifit.report.charts.atlas import slopes_of_table
from trifit.report.page import document
from trifit.report.parts import Cell, Chart, Table, chart, fit_keys
from trifit.report.svg import with_style
from trifit.results.atlas import CLOSE, AtlasCell, AtlasRecord, AtlasTable, Outcome
from trifit.text import significant
from trifit.words import VERDICTS
from trifit.words.atlas_table import (
    STEPS,
    signed,
    slope_interval,
    slope_value,
    table_headline,
    table_sentences,
    temperature_text,
)

BARS = " Bars: 95% intervals over held-out rows."

FITS = ("mle", "mle+T", "map", "mean", "bayes", "laplace")
"""Rows of the table of numbers."""

CAPTION = (
    "Calibration slope on held-out rows against training rows. Below 1 (dotted) a fit is "
    "over-confident. The MLE is left out where none exists."
)


def page_of(table: AtlasTable) -> str:
    """The path of a table's page from that of the atlas."""
    return f"tables/{table.name}.html"


def link_to(table: AtlasTable) -> str:
    """The address of a table's page from that of another."""
    return f"{quote(table.name)}.html"


def render_table(record: AtlasRecord, table: AtlasTable) -> str:
    """The page as one HTML document; the same record gives the same bytes."""
    cells = record.cells_of(table.name)
    i = record.tables.index(table)
    with with_style():
        picture = _picture([c for c in cells if c.replication == 0])
    return document(
        "atlas-table.html.j2",
        title=f"{table.name} · atlas · trifit",
        r=record,
        t=table,
        before=record.tables[i - 1] if i else None,
        after=record.tables[i + 1] if i + 1 < len(record.tables) else None,
        link=link_to,
        headline=table_headline(record, table),
        sentences=table_sentences(record, table),
        picture=picture,
        numbers=_numbers(cells),
        losses=_losses(cells),
        intervals=has_intervals(cells),
        failed=[f for f in record.failed if f.settings.get("source") == table.name],
        whole=len({c.n for c in cells}) == len({c.share for c in record.cells}),
    )


def _picture(cells: Sequence[AtlasCell]) -> Chart | None:
    """Nothing of a single training set: its numbers say it."""
    if len(cells) < 2:
        return None
    fits = [f for f in ("mle", "map", "bayes", "laplace") if any(f in c.outcomes for c in cells)]
    return chart(
        "slopes",
        CAPTION + BARS * has_intervals(cells),
        partial(slopes_of_table, cells, fits),
        size=(5.4, 3.0),
        keys=fit_keys(fits),
    )


def has_intervals(cells: Sequence[AtlasCell]) -> bool:
    """Whether the run kept the intervals of slopes."""
    return any(o.slope_low is not None for c in cells for o in c.outcomes.values())


def _numbers(cells: Sequence[AtlasCell]) -> Table:
    return Table(
        caption="Every fit on the held-out rows, in nats per row; gain: what temperature scaling, "
        "fitted to other held-out rows, takes off the log-loss",
        columns=(
            "fit", "training rows", "verdict", "calibration slope", "log-loss", "gain", "checks",
        ),
        rows=tuple(
            _row(fit, cell, cell.outcomes[fit])
            for cell in cells
            for fit in FITS
            if fit in cell.outcomes
        ),
    )  # fmt: skip


def _row(fit: str, cell: AtlasCell, found: Outcome) -> tuple[Cell, ...]:
    return (
        Cell(fit),
        Cell(f"{cell.n:,}", cell.n, _draw(cell)),
        Cell(VERDICTS[found.verdict]),
        Cell(slope_value(found), found.slope, slope_interval(found)),
        Cell(significant(found.log_loss), found.log_loss),
        Cell("–") if found.gain is None else Cell(signed(found.gain), found.gain),
        Cell("passed" if found.trusted else "failed", failed=not found.trusted),
    )


def _draw(cell: AtlasCell) -> str:
    return f"draw {cell.replication + 1}" if cell.replication else ""


def _losses(cells: Sequence[AtlasCell]) -> Table:
    """What is lost against the posterior, step by step."""
    return Table(
        caption="By how many nats per row the log-loss is above the posterior's, and its parts: no "
        "prior (MLE to MAP), the mode instead of the mean, no averaging (mean to posterior). "
        f"A dash: no MLE exists. One temperature is enough up to {CLOSE:g}",
        columns=(
            "training rows", "rows per coefficient", "MLE exists", "MLE", "no prior", "mode",
            "no averaging", "MLE with a temperature", "temperature",
        ),
        rows=tuple(
            (
                Cell(f"{c.n:,}", c.n, _draw(c)),
                Cell(significant(c.effective, 2), c.effective),
                Cell("yes" if c.exists else "no"),
                behind(c, "mle"),
                *(behind(c, *step) for step in STEPS),
                behind(c, "mle+T"),
                _temperature(c),
            )
            for c in cells
        ),
    )  # fmt: skip


def behind(cell: AtlasCell, fit: str, other: str = "posterior") -> Cell:
    """By how much one fit is behind another; a dash for an MLE that does not exist.

    Parameters
    ----------
    cell : AtlasCell
    fit, other : str
    """
    behind = cell.behind(fit, other) if cell.exists or fit != "mle" else None
    return Cell("–") if behind is None else Cell(signed(behind), behind)


def _temperature(cell: AtlasCell) -> Cell:
    found = cell.outcome("mle+T")
    if found is None or found.temperature is None:
        return Cell("–")
    return Cell(temperature_text(found.temperature), found.temperature)
