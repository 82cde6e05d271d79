"""Members and their average: what averaging gains, chance against ignorance, more members."""

from functools import partial
from typing import Any

from trifit.report import charts
from trifit.report.parts import Cell, Chart, Table, chart
from trifit.results import Comparison, Ensemble, Estimate
from trifit.scores import BITS
from trifit.text import significant
from trifit.words import ensemble_sentences

TITLE = "Members and their average"


def content(c: Comparison) -> dict[str, Any] | None:
    """What the template ``ensemble.html.j2`` shows; None where there are no members."""
    if c.ensemble is None:
        return None
    return {
        "sentences": ensemble_sentences(c.ensemble)[:2],
        "chart": _chart(c.ensemble) if c.ensemble.curve else None,
        "more": ensemble_sentences(c.ensemble)[2],
        "table": _table(c.ensemble),
    }


def _chart(e: Ensemble) -> Chart:
    caption = (
        f"{ensemble_sentences(e)[2]} Open: twice as many; dotted: infinitely many; bar and "
        "shade: their 95% intervals."
    )
    return chart("members", caption, partial(charts.members, e), size=(6.4, 3.0))


def _table(e: Ensemble) -> Table:
    quantities: dict[str, Estimate | None] = {
        "averaging gains": e.averaging,
        "entropy of the average": e.total_entropy,
        "of it chance": e.expected_entropy,
        "of it ignorance": e.mutual_information,
        f"{2 * e.n_members:,} members would gain": e.doubled,
        "infinitely many would gain": e.unlimited,
    }
    return Table(
        caption=f"{e.n_members:,} members, per row",
        columns=("", "nats", "bits", "95% interval, nats"),
        rows=tuple(
            (
                name,
                Cell(significant(x.value), x.value),
                Cell(significant(BITS * x.value), BITS * x.value),
                Cell(f"{significant(x.low)} to {significant(x.high)}"),
            )
            for name, x in quantities.items()
            if x is not None
        ),
    )
