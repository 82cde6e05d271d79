"""The page of the atlas: the answers, one picture, all tables with links to their pages."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from urllib.parse import quote

from trifit.report.atlas_table import behind, page_of, render_table
from trifit.report.charts.atlas import LOOKS, slopes
from trifit.report.page import document
from trifit.report.parts import Cell, Chart, Key, Table, panels, shape
from trifit.report.svg import with_style
from trifit.results import Verdict
from trifit.results.atlas import (
    SLOPE,
    AtlasCell,
    AtlasRecord,
    AtlasTable,
    Behaving,
    Loss,
    OverTables,
)
from trifit.text import significant
from trifit.words import VERDICTS
from trifit.words.atlas import WAYS, atlas_sentences, headline, mean, number, per_cent
from trifit.words.atlas_table import slope_value

TITLES = {"mle": "MLE", "map": "MAP", "posterior": "Posterior"}

CAPTION = (
    "Calibration slope on held-out rows against effective training rows per coefficient. Each mark "
    "is one training set; below 1 a fit is over-confident. Hollow marks: no MLE exists for these "
    "training rows. Slopes beyond 0.05 and 4 are drawn at these."
)


def render_atlas(record: AtlasRecord) -> str:
    """The page as one HTML document; the same record gives the same bytes."""
    with with_style():
        picture = _picture(record.cells)
    return document(
        "atlas.html.j2",
        title="atlas · trifit",
        r=record,
        slope=SLOPE,
        headline=headline(record),
        sentences=atlas_sentences(record),
        picture=picture,
        by_rows=_verdicts(record.by_rows, "Effective rows per coefficient"),
        by_size=_verdicts(record.by_size, "Training set"),
        losses=_losses(record),
        tables=_tables(record),
    )


def render_tables(record: AtlasRecord) -> dict[str, str]:
    """The page of every table, by its path beside the page of the atlas."""
    return {page_of(table): render_table(record, table) for table in record.tables}


def _picture(cells: Sequence[AtlasCell]) -> Chart | None:
    if not any((o := c.outcome("posterior")) and o.slope is not None for c in cells):
        return None
    seen = {o.verdict for c in cells for fit in WAYS if (o := c.outcome(fit)) is not None}
    return panels(
        "slopes",
        CAPTION,
        {title: partial(slopes, cells, fit) for fit, title in TITLES.items()},
        size=(3.7, 3.4),
        keys=[Key(VERDICTS[v], c, shape(m)) for v, (c, m) in LOOKS.items() if v in seen],
    )


def _verdicts(found: Sequence[Behaving], first: str) -> Table:
    shown = [v for v in Verdict if any(b.shares[v.value].value for b in found)]
    return Table(
        caption="Share of tables by verdict, with 95% intervals over tables",
        columns=(first, "fit", "tables", *(VERDICTS[v] for v in shown)),
        rows=tuple(
            (
                b.part,
                Cell(WAYS[b.fit]),
                _count(max(share.n for share in b.shares.values())),
                *(_share(b.shares[v.value]) for v in shown),
            )
            for b in found
        ),
    )


def _count(n: int) -> Cell:
    return Cell(f"{n:,}", n)


def _share(share: OverTables) -> Cell:
    if share.value is None:
        return Cell("–")
    text, _, between = per_cent(share).partition(" ")
    return Cell(text, share.value, between.strip("()"))


def _losses(record: AtlasRecord) -> Table:
    return Table(
        caption="What the MLE loses against the posterior, in nats per row, where it exists; "
        "medians over tables with 95% intervals over tables, and the table with the largest loss "
        "with its share of all tables' losses",
        columns=(
            "Training set", "tables", "in all", "no prior", "mode", "no averaging", "largest",
        ),
        rows=tuple(
            (
                loss.part,
                _count(loss.whole.n),
                *(
                    Cell(number(part), part.value, f"mean {mean(part)}")
                    for part in (loss.whole, loss.prior, loss.location, loss.averaging)
                ),
                _largest(loss),
            )
            for loss in record.losses
        ),
    )  # fmt: skip


def _largest(loss: Loss) -> Cell:
    if loss.largest is None or loss.largest_share is None:
        return Cell("–")
    return Cell(loss.largest, loss.largest_share, f"{loss.largest_share:.0%}")


def _tables(record: AtlasRecord) -> Table:
    return Table(
        caption="All tables, each with a page of its own. Of the (first) largest training set: "
        "effective rows per coefficient, slopes and verdicts, and by how many nats per row the "
        "log-loss of the MLE (beneath: with a temperature) is above the posterior's",
        columns=(
            "Table", "rows", "columns", "classes", "rows per coefficient",
            *(f"{title}: slope" for title in TITLES.values()), "MLE's loss",
        ),
        rows=tuple(_row(t, record.cells_of(t.name)) for t in record.tables),
    )  # fmt: skip


def _row(table: AtlasTable, cells: Sequence[AtlasCell]) -> tuple[Cell | str, ...]:
    first = cells[0] if cells else None
    return (
        Cell(table.name, small=table.field, href=quote(page_of(table))),
        _count(table.rows),
        _count(table.columns),
        _count(table.classes),
        Cell("–") if first is None else Cell(significant(first.effective, 2), first.effective),
        *(_slope(first, fit) for fit in WAYS),
        _loss(first),
    )


def _loss(cell: AtlasCell | None) -> Cell:
    if cell is None:
        return Cell("–")
    return replace(behind(cell, "mle"), small=behind(cell, "mle+T").text)


def _slope(cell: AtlasCell | None, fit: str) -> Cell:
    found = None if cell is None else cell.outcome(fit)
    if found is None:
        return Cell("–")
    return Cell(slope_value(found), found.slope, VERDICTS[found.verdict])
