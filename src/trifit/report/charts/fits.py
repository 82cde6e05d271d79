"""The fits themselves: coefficients, optimiser paths, the role of the prior."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from trifit.report.charts.style import (
    INK,
    grid,
    label,
    legend,
    mark,
    own_axes,
    plain_log,
    point,
    scatter,
    segment,
    style,
    ticks,
)
from trifit.results import FitRecord, Parameter, PriorRow, PriorSensitivity
from trifit.text import signed_with_se, significant

MANY_STEPS = 200
"""From so many optimiser steps on, their axis is logarithmic."""


ARROWS = {1: " → +∞", -1: " → −∞", 0: ""}
"""What follows the number of an MLE that diverges."""


def parameter_name(row: Parameter | PriorRow) -> str:
    """A coefficient as a reader names it, e.g. "petal width · virginica"."""
    return " · ".join(filter(None, [row.feature or row.parameter, row.label]))


def runs_to(row: Parameter) -> int:
    """Direction in which the MLE diverges, 1 or -1, if the optimiser went there; else 0.

    ``mle_runs_to`` is the sign of one separating direction; there may be others, and
    the optimiser may have followed one of those.
    """
    return row.mle_runs_to if row.mle * row.mle_runs_to > 0 else 0


def coefficients(
    rows: Sequence[Parameter], *, posterior: str = "bayes", ax: Axes | None = None
) -> Axes:
    """Posterior means with 95 % intervals, MAP and MLE; arrows are off the chart.

    Parameters
    ----------
    rows : sequence of Parameter
    posterior : str
        Name of the fit that gave means and intervals.
    ax : Axes, optional
        Default: of a new figure.
    """
    ax = own_axes(ax, 7, 0.3 * len(rows) + 1)
    inner = [v for r in rows for v in (r.low, r.high, r.map) if v is not None]
    low, high = min(inner), max(inner)
    pad = 0.12 * (high - low or 1.0)
    left, right = low - pad, high + pad
    for i, row in enumerate(rows):
        name = parameter_name(row)
        if row.low is not None and row.high is not None and row.mean is not None:
            segment(ax, [row.low, row.high], [i, i], posterior, lw=2.5)
            tip = f"{name}: posterior mean {significant(row.mean)}, 95% {significant(row.low)} to "
            point(ax, row.mean, i, posterior, tip + significant(row.high), size=28)
        point(ax, row.map, i, "map", f"{name}: MAP {significant(row.map)}", size=28)
        runs = ARROWS[runs_to(row)]
        tip = f"{name}: MLE {significant(row.mle)}{runs}"
        if left < row.mle < right and not runs:
            point(ax, row.mle, i, "mle", tip, size=28)
            continue
        at, arrow = (right, ">") if row.mle > 0 else (left, "<")
        dots = scatter(ax, [at], [i], s=50, marker=arrow, color=style("mle")[0], clip_on=False)
        mark(dots, fit="mle", tips=[tip])
    ax.axvline(0, color=INK, lw=0.7)
    ax.set_xlim(left, right)
    ticks(ax, "y", range(len(rows)), [label(parameter_name(r), 44) for r in rows])
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.set_xlabel("log-odds per sd of the feature")
    grid(ax)
    return ax


def path(fits: Mapping[str, FitRecord], *, legends: bool = True, ax: Axes | None = None) -> Axes:
    """Cross-entropy along the optimisers' steps: training rows solid, held-out rows dashed.

    Parameters
    ----------
    fits : mapping of str to FitRecord
    legends : bool
    ax : Axes, optional
        Default: of a new figure.
    """
    ax = own_axes(ax, 7, 3)
    walked = {name: fit.path for name, fit in fits.items() if fit.path}
    for name, taken in walked.items():
        colour, marker = style(name)
        at = [p.step for p in taken]
        (line,) = ax.plot(at, [p.cross_entropy for p in taken], color=colour, lw=1.8, label=name)
        mark(line, fit=name)
        held_out = [p.held_out for p in taken if p.held_out is not None]
        if len(held_out) == len(at):
            (line,) = ax.plot(at, held_out, color=colour, lw=1.4, ls=(0, (4, 2)))
            mark(line, fit=name)
        dots = scatter(
            ax, at, [p.cross_entropy for p in taken], s=11, marker=marker, color=colour, zorder=3
        )
        mark(
            dots,
            fit=name,
            tips=[
                f"{name}, step {p.step}: training {significant(p.cross_entropy)}, "
                f"test {significant(p.held_out)} nats"
                for p in taken
            ],
        )
    if max(taken[-1].step for taken in walked.values()) > MANY_STEPS:
        ax.set_xscale("symlog", linthresh=10)
        ax.set_xlabel("optimiser step (linear up to 10, then logarithmic)")
    else:
        ax.set_xlabel("optimiser step")
    ax.xaxis.set_major_formatter(lambda x, _: f"{x:g}")
    plain_log(ax, "y", "cross-entropy, nats")
    grid(ax, "y")
    if legends:
        legend(ax)
    return ax


def prior_posterior(rows: Sequence[PriorRow], *, ax: Axes | None = None) -> Axes:
    """Prior (grey) and posterior of single coefficients: 95 % (thin) and 50 % (thick)."""
    ax = own_axes(ax, 7, 0.34 * len(rows) + 1)
    for i, row in enumerate(rows):
        for shift, quantiles, fit, word in (
            (-0.15, row.prior, "", "prior"),
            (0.15, row.posterior, "bayes", "posterior"),
        ):
            low, first, median, third, high = quantiles
            y = i + shift
            segment(ax, [low, high], [y, y], fit, lw=1.2)
            segment(ax, [first, third], [y, y], fit, lw=4)
            tip = (
                f"{parameter_name(row)}, {word}: median {significant(median)}, "
                f"95% {significant(low)} to {significant(high)}"
            )
            point(ax, median, y, fit, tip, size=22)
    ax.axvline(0, color=INK, lw=0.7)
    ticks(ax, "y", range(len(rows)), [label(parameter_name(r), 44) for r in rows])
    ax.set_ylim(len(rows) - 0.5, -0.5)
    reach = max(abs(q) for r in rows for q in (*r.posterior, r.prior[0], r.prior[-1]))
    ax.set_xlim(-1.05 * reach, 1.05 * reach)
    ax.set_xlabel("coefficient, in the model's units")
    grid(ax)
    return ax


def sensitivity(record: PriorSensitivity, *, legends: bool = True, ax: Axes | None = None) -> Axes:
    """Held-out log-loss against the prior's width, with 95 % intervals of the change.

    A gap in the posterior's line: its draws are unreliable there (Pareto k above 0.7).

    Parameters
    ----------
    record : PriorSensitivity
    legends : bool
    ax : Axes, optional
        Default: of a new figure.
    """
    ax = own_axes(ax, 7, 3)
    for name, taken in (("map", record.map), ("bayes", record.bayes or [])):
        colour, marker = style(name)
        known = [
            (s.factor, s.log_loss, s.difference)
            for s in taken
            if s.log_loss is not None and s.difference is not None
        ]
        if not known:
            continue
        factors, losses = [factor for factor, _, _ in known], [loss for _, loss, _ in known]
        (line,) = ax.plot(factors, losses, color=colour, lw=1.6, label=name)
        mark(line, fit=name)
        for factor, loss, d in known:
            ends = [loss + (end - d.value) for end in (d.low, d.high)]
            segment(ax, [factor] * 2, ends, name, lw=1)
        dots = scatter(ax, factors, losses, s=26, marker=marker, color=colour, zorder=3)
        mark(
            dots,
            fit=name,
            tips=[
                f"{name}, prior {significant(factor)} times as wide: {significant(loss)} nats "
                f"({signed_with_se(d.value, d.se)})"
                for factor, loss, d in known
            ],
        )
    ax.axvline(1, color=INK, lw=0.7)
    ax.set_xscale("log", base=2)
    ax.xaxis.set_major_formatter(lambda v, _: f"×{v:g}" if v >= 1 else f"×1/{1 / v:g}")
    ax.set_xlabel("width of the prior, relative to the card's")
    ax.set_ylabel("log-loss on test rows, nats")
    grid(ax, "y")
    if legends:
        legend(ax)
    return ax
