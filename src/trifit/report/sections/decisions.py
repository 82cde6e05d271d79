"""Decisions: costs promised and come true, net benefit, risk where one may abstain."""

from functools import partial
from typing import Any

from trifit.contestants import shaded_of
from trifit.report import charts
from trifit.report.parts import Cell, Chart, Table, chart, estimate_cell, estimate_text, fit_keys
from trifit.results import Abstention, Comparison, CostTable, NetBenefit
from trifit.text import estimate, listed, rounded
from trifit.words import benefit_sentences, ranges

TITLE = "What decisions cost"

COVERAGES = (1.0, 0.9, 0.75, 0.5)
"""Shares of the rows in the table of risks."""


def content(c: Comparison) -> dict[str, Any] | None:
    """What the template ``decisions.html.j2`` shows; None where nothing was asked for."""
    found = c.consequences
    if found is None:
        return None
    costs, benefit = found.costs, found.net_benefit
    return {
        "costs": costs and {"chart": _costs(costs), "table": _cost_table(costs)},
        "given": costs and _given(costs, c.data.class_names),
        "benefit": benefit and {"chart": _benefit(benefit), "table": _benefit_table(benefit)},
        "risk": {"chart": _risk(found.abstention), "table": _risk_table(found.abstention)},
    }


def _costs(table: CostTable) -> Chart:
    off = {n: r for n, r in table.contestants.items() if r.excess.clear}
    said = [
        f"{n} promised {rounded(r.promised.value, r.came_true.se)}, it was "
        f"{estimate_text(r.came_true)}"
        for n, r in off.items()
    ]
    action, cost = table.best_always
    caption = (
        f"The cost per case clearly differs from what was promised: {'; '.join(said)}."
        if off
        else "No model's cost per case clearly differs from what it promised."
    )
    caption += f" Lines: 95% intervals. Dashed: {action!r} for all cases, {estimate_text(cost)}."
    size = (7, 0.3 * len(table.contestants) + 0.9)
    return chart("costs", caption, partial(charts.decision_costs, table), size=size)


def _cost_table(table: CostTable) -> Table:
    unit = f", {table.costs.unit}" if table.costs.unit else ""
    return Table(
        caption=f"Cost per case{unit}, ± standard error",
        columns=("model", "promised", "came true", "difference", "actions"),
        rows=(
            *(
                (
                    name,
                    Cell(rounded(r.promised.value, r.came_true.se), r.promised.value),
                    estimate_cell(r.came_true),
                    estimate_cell(r.excess, signed=True),
                    Cell(", ".join(f"{action} {share:.0%}" for action, share in r.actions.items())),
                )
                for name, r in table.contestants.items()
            ),
            *(
                (
                    f"always {action}",
                    Cell("–"),
                    estimate_cell(cost),
                    Cell("–"),
                    Cell(f"{action} 100%"),
                )
                for action, cost in table.always.items()
            ),
        ),
    )


def _given(table: CostTable, class_names: list[str]) -> Table:
    return Table(
        caption="Costs as given",
        columns=("action", *class_names),
        rows=tuple(
            (action, *(Cell(f"{costs[name]:g}", costs[name]) for name in class_names))
            for action, costs in table.costs.costs.items()
        ),
    )


def _benefit(b: NetBenefit) -> Chart:
    caption = (
        f"{' '.join(benefit_sentences(b))} Dashed: treat all; dotted: treat none. Shaded "
        f"({listed(shaded_of(b.contestants))}): pointwise 95% bands."
    )
    draw = partial(charts.net_benefit, b)
    return chart("benefit", caption, draw, size=(6.4, 3.6), keys=fit_keys(b.contestants))


def _benefit_table(b: NetBenefit) -> Table:
    last = len(b.thresholds) - 1
    places = (0, last // 2, last)
    return Table(
        caption=(
            f"Net benefit per case of treating {b.positive!r} ({b.prevalence:.1%} of the rows); "
            "both: treat all and treat none"
        ),
        columns=(
            "model",
            *(f"at {b.thresholds[i]:.3g}" for i in places),
            "clearly above both at",
            "clearly below one at",
        ),
        rows=tuple(
            (
                name,
                *(
                    Cell(estimate(curve.value[i], curve.low[i], curve.high[i]), curve.value[i])
                    for i in places
                ),
                *(Cell(ranges(b.thresholds, curve, sign) or "–") for sign in (1, -1)),
            )
            for name, curve in {"treat all": b.treat_all, **b.contestants}.items()
        ),
    )


def _risk(a: Abstention) -> Chart:
    half = a.coverage.index(0.5)
    best = min(a.contestants, key=lambda name: a.contestants[name].area.value)
    risk = a.contestants[best].risk
    caption = (
        f"{best} has the smallest area under its curve. If it answers only the more confident half "
        f"of the rows, its error rate is {risk[half]:.1%}, on all rows {risk[-1]:.1%}."
    )
    draw = partial(charts.risk_coverage, a)
    return chart("risk", caption, draw, size=(6.4, 3.2), keys=fit_keys(a.contestants))


def _risk_table(a: Abstention) -> Table:
    places = [a.coverage.index(share) for share in COVERAGES]
    return Table(
        caption="Error rate by coverage, and the area under the curve ± standard error",
        columns=("model", *(f"{share:.0%} answered" for share in COVERAGES), "area"),
        rows=tuple(
            (
                name,
                *(Cell(f"{curve.risk[i]:.1%}", curve.risk[i]) for i in places),
                estimate_cell(curve.area),
            )
            for name, curve in a.contestants.items()
        ),
    )
