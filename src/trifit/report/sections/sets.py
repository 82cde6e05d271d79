"""Sets: which classes should contain the label, as promised and conformal."""

from typing import Any

from trifit.report.parts import Cell, Table
from trifit.results import Comparison, SetRecord, Sets
from trifit.text import between
from trifit.words.sets import KINDS, verdict

TITLE = "Sets of classes"


def content(c: Comparison) -> dict[str, Any] | None:
    """What the template ``sets.html.j2`` shows; None where no level was given."""
    found = c.prediction_sets
    if found is None:
        return None
    return {
        "level": f"{found.level:.4g}",
        "groups": c.evaluation.n_groups is not None,
        "verdict": verdict(found),
        "conformal": bool(found.conformal),
        "table": _table(found),
        "classes": _of_classes(found),
    }


def _cells(record: SetRecord, level: float) -> tuple[Cell, ...]:
    c, size = record.coverage, record.size
    return (
        Cell(f"{c.value:.3f}", c.value, between(c.low, c.high), failed=c.high < level),
        Cell(f"{size.value:.2f}", size.value, between(size.low, size.high)),
        Cell(f"{record.empty:.1%}", record.empty),
    )


def _table(found: Sets) -> Table:
    rows: list[tuple[Cell | str, ...]] = [
        (name, Cell(KINDS[kind]), *_cells(sets.all_rows, found.level))
        for name, kind, sets in found.rows()
    ]
    return Table(
        caption=f"Sets with a nominal coverage of {found.level:.4g}; 95% intervals beneath",
        columns=("model", "sets", "coverage", "classes per set", "empty"),
        rows=tuple(rows),
    )


def _of_classes(found: Sets) -> Table:
    rows: list[tuple[Cell | str, ...]] = [
        (
            name,
            Cell(KINDS[kind]),
            Cell(label),
            Cell(f"{record.n_obs:,}", record.n_obs),
            *_cells(record, found.level),
        )
        for name, kind, sets in found.rows()
        for label, record in sets.classes.items()
    ]
    return Table(
        caption="The same by the class of the label; 95% intervals beneath",
        columns=("model", "sets", "class", "rows", "coverage", "classes per set", "empty"),
        rows=tuple(rows),
    )
