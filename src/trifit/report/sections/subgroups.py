"""Calibration by subgroup: slopes with intervals, homogeneity, a table per contestant."""

from functools import partial
from typing import Any

from trifit.report import charts
from trifit.report.parts import Cell, Chart, Table, chart, estimate_cell, fit_keys
from trifit.results import Comparison, Division, SubgroupRecord
from trifit.text import p_value
from trifit.words import IN_PART, VERDICTS, subgroup_sentences

TITLE = "Calibrated for whom?"

HEIGHT = 0.16
"""Inches for a contestant in a subgroup."""


def content(c: Comparison) -> dict[str, Any] | None:
    """What the template ``subgroups.html.j2`` shows; None where nothing was asked for."""
    if not c.divisions:
        return None
    return {
        "in_part": IN_PART,
        "divisions": [
            {
                "by": d.by,
                "cut": bool(d.cuts),
                "chart": _slopes(d, k),
                "tests": _tests(d),
                "tables": [_table(d, name, c.data.class_names) for name in d.contestants],
            }
            for k, d in enumerate(c.divisions)
        ],
    }


def _slopes(d: Division, k: int) -> Chart:
    caption = (
        f"{' '.join(subgroup_sentences(d))} Filled: slope of the subgroup's own rows with 95% "
        "interval; open: drawn towards the other subgroups. Dashed: 1, calibrated."
    )
    size = (7, HEIGHT * len(d.names) * (len(d.contestants) + 1) + 0.8)
    draw = partial(charts.subgroup_slopes, d)
    return chart(f"subgroups{k}", caption, draw, size=size, keys=fit_keys(d.contestants))


def _tests(d: Division) -> Table:
    return Table(
        caption=f"All subgroups of {d.by} together",
        columns=("model", "p-value of homogeneity", "mean slope", "spread of the slopes"),
        rows=tuple(
            (
                name,
                Cell(p_value(found.p_value), found.p_value),
                estimate_cell(found.slope),
                Cell("–" if found.spread is None else f"{found.spread:.2g}", found.spread),
            )
            for name, found in d.contestants.items()
        ),
    )


def _table(d: Division, name: str, class_names: list[str]) -> Table:
    groups = () if d.n_groups is None else ("groups",)
    return Table(
        caption=f"{name} by {d.by}, ± standard error",
        columns=(
            "subgroup", "rows", *groups, "log-loss", "slope", "pooled slope", "bias",
            "pooled bias", "differs in", "verdict",
        ),
        rows=tuple(
            (
                subgroup,
                Cell(f"{d.n_obs[g]:,}", d.n_obs[g]),
                *(() if d.n_groups is None else (Cell(f"{d.n_groups[g]:,}", d.n_groups[g]),)),
                Cell("∞") if record.n_impossible else estimate_cell(record.log_loss),
                estimate_cell(record.slope),
                estimate_cell(record.slope_pooled),
                *_biases(record, class_names),
                Cell(_differs(record)),
                Cell(VERDICTS[record.verdict]),
            )
            for g, (subgroup, record) in enumerate(
                zip(d.names, d.contestants[name].subgroups, strict=True)
            )
        ),
    )  # fmt: skip


def _biases(record: SubgroupRecord, class_names: list[str]) -> tuple[Cell, Cell]:
    k = record.furthest
    own, drawn = record.bias[k], record.bias_pooled[k]
    return (
        estimate_cell(own, signed=True, small=class_names[k]),
        estimate_cell(drawn, signed=True),
    )


def _differs(record: SubgroupRecord) -> str:
    found = {"slope": record.p_slope, "bias": record.p_bias}
    return ", ".join(f"{what} (p {p_value(found[what])})" for what in record.differs) or "–"
