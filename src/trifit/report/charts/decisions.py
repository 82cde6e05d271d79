"""Decisions: cost promised and come true, net benefit by threshold, risk by coverage."""

import matplotlib as mpl
from matplotlib.axes import Axes

from trifit.contestants import shaded_of
from trifit.report.charts.style import (
    INK,
    grid,
    label,
    mark,
    own_axes,
    point,
    scatter,
    segment,
    style,
    ticks,
)
from trifit.results import Abstention, BenefitCurve, CostTable, NetBenefit
from trifit.text import between, estimate, rounded, with_se

EVERY = 5
"""Of so many places along a curve one has a mark."""

BELOW = 0.4
"""How far below zero net benefits are shown, as a share of the largest."""


def decision_costs(table: CostTable, *, ax: Axes | None = None) -> Axes:
    """Cost per case: promised (open) and come true (filled, 95 % interval), a row per fit.

    Dashed: the best single action for all cases.
    """
    names = list(table.contestants)
    ax = own_axes(ax, 7, 0.3 * len(names) + 0.9)
    for i, (name, record) in enumerate(table.contestants.items()):
        true, promised = record.came_true, record.promised.value
        segment(ax, [true.low, true.high], [i, i], name)
        ax.plot([promised, true.value], [i, i], color=INK, lw=0.8, zorder=1)
        tip = f"{name}: came true {with_se(true.value, true.se)}"
        point(ax, true.value, i, name, tip)
        tip = f"{name}: promised {rounded(promised, true.se)}"
        point(ax, promised, i, name, tip, filled=False)
    ax.axvline(table.best_always[1].value, color=INK, lw=1, ls=(0, (5, 2)), zorder=1)
    ticks(ax, "y", range(len(names)), [label(name) for name in names])
    ax.set_ylim(len(names) - 0.5, -0.5)
    unit = f", {label(table.costs.unit)}" if table.costs.unit else ""
    ax.set_xlabel(f"cost per case{unit}: promised (open), came true (filled)")
    grid(ax)
    return ax


def net_benefit(b: NetBenefit, *, ax: Axes | None = None) -> Axes:
    """Net benefit by threshold, with pointwise 95 % bands; ink: treat all, and none (0)."""
    ax = own_axes(ax, 6.4, 3.6)
    xs, top = b.thresholds, max(max(c.value) for c in [b.treat_all, *b.contestants.values()])
    ax.plot(xs, b.treat_all.value, color=INK, lw=1.2, ls=(0, (5, 2)))
    ax.axhline(0, color=INK, lw=1.2, ls=(0, (1, 2)))
    for name in shaded_of(b.contestants):
        curve = b.contestants[name]
        band = ax.fill_between(xs, curve.low, curve.high, color=style(name)[0], alpha=0.1, lw=0)
        mark(band, fit=name)
    for name, curve in b.contestants.items():
        _curve(ax, xs, curve.value, name, _tips(name, b, curve))
    top = max(top, 1e-6)
    ax.set_ylim(-BELOW * top, 1.15 * top)
    ax.set_xlabel(f"threshold: probability of {label(b.positive)} from which to treat")
    ax.set_ylabel("net benefit per case")
    grid(ax, "y")
    return ax


def _tips(name: str, b: NetBenefit, c: BenefitCurve) -> list[str]:
    return [
        f"{name}: net benefit {estimate(value, low, high)}, 95% {between(low, high)}, at {t:.3g}"
        for t, value, low, high in zip(b.thresholds, c.value, c.low, c.high, strict=True)
    ]


def risk_coverage(a: Abstention, *, ax: Axes | None = None) -> Axes:
    """Error rate of the most confident rows by their share."""
    ax = own_axes(ax, 6.4, 3.2)
    for name, curve in a.contestants.items():
        tips = [
            f"{name}: error rate {risk:.2%} where {share:.0%} of the rows are answered"
            for share, risk in zip(a.coverage, curve.risk, strict=True)
        ]
        _curve(ax, a.coverage, curve.risk, name, tips)
    ax.set_xlim(0, 1.02)
    ax.set_ylim(bottom=0)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(mpl.ticker.FuncFormatter(lambda v, _: f"{100 * v:.4g}%"))
    ax.set_xlabel("coverage: share of the rows that are answered")
    ax.set_ylabel("error rate of these")
    grid(ax, "y")
    return ax


def _curve(ax: Axes, xs: list[float], ys: list[float], name: str, tips: list[str]) -> None:
    """A line in a fit's colour, with marks at some of its places."""
    colour, marker = style(name)
    (line,) = ax.plot(xs, ys, color=colour, lw=1.5)
    mark(line, fit=name)
    places = slice(len(xs) % EVERY - 1 if len(xs) % EVERY else EVERY - 1, None, EVERY)
    dots = scatter(ax, xs[places], ys[places], s=14, marker=marker, color=colour, zorder=3)
    mark(dots, fit=name, tips=tips[places])
