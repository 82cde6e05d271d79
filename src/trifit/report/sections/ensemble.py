"""Ensemble members: gain from averaging, chance and model uncertainty, more members."""

from functools import partial
from typing import Any

from trifit.report import charts
from trifit.report.parts import Cell, Chart, Table, chart
from trifit.results import Comparison, Ensemble, Estimate
from trifit.scores import BITS
from trifit.text import significant
from trifit.words import ensemble_sentences

TITLE = "Ensemble members and their average"


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
        f"{ensemble_sentences(e)[2]} Open mark: twice as many; dotted line: infinitely many; bar "
        "and shading: their 95% intervals."
    )
    return chart("members", caption, partial(charts.members, e), size=(6.4, 3.0))


def _table(e: Ensemble) -> Table:
    quantities: dict[str, Estimate | None] = {
        "gain from averaging": e.averaging,
        "entropy of the average": e.total_entropy,
        "chance (aleatoric)": e.expected_entropy,
        "model uncertainty (epistemic)": e.mutual_information,
        f"further gain from {2 * e.n_members:,} members": e.doubled,
        "further gain from infinitely many": e.unlimited,
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
