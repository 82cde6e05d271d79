"""How well each model predicts: scores, differences, gains, code lengths."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import matplotlib as mpl
from matplotlib.axes import Axes

from trifit.contestants import BASELINES, PAIRS, gap_of
from trifit.errors import InputError
from trifit.normal import Z95
from trifit.report.charts.style import (
    INK,
    ON_COLOUR,
    grid,
    label,
    mark,
    own_axes,
    plain_log,
    point,
    segment,
    style,
    ticks,
)
from trifit.results import Difference, Estimate, Interval
from trifit.text import (
    between,
    estimate,
    rounded,
    signed_with_se,
    significant,
    with_minus,
    with_se,
)


def scores(
    estimates: Mapping[str, Interval], *, xlabel: str, log: bool = False, ax: Axes | None = None
) -> Axes:
    """One score of all fits and baselines with 95 % intervals, a row each.

    Parameters
    ----------
    estimates : mapping of str to Interval
        By fit or baseline.
    xlabel : str
        The score and its unit.
    log : bool
        Whether the axis is logarithmic.
    ax : Axes, optional
        Default: of a new figure.
    """
    ax = own_axes(ax, 5, 2.6)
    floor = min((e.value for e in estimates.values() if e.value > 0), default=1.0) / 10
    for i, (name, e) in enumerate(estimates.items()):
        low = max(e.low, floor) if log else e.low
        segment(ax, [low, e.high], [i, i], name)
        text = f"{estimate(e.value, e.low, e.high)}, 95% {between(e.low, e.high)}"
        point(ax, e.value, i, name, f"{name}: {text}")
    ticks(ax, "y", range(len(estimates)), [label(name) for name in estimates])
    ax.set_ylim(len(estimates) - 0.5, -0.5)
    if log:
        plain_log(ax, "x", xlabel)
    else:
        ax.set_xlabel(xlabel)
        ax.locator_params("x", nbins=4)  # "0.9942" is wide
    grid(ax)
    return ax


def differences(rows: Sequence[Difference], *, ax: Axes | None = None) -> Axes:
    """Forest plot of paired differences of log-loss, on a symmetric logarithmic axis."""
    ax = own_axes(ax, 7, 0.24 * len(rows) + 0.9)
    return _intervals(
        ax,
        [(f"{d.a} − {d.b}", d.a, d.log_loss) for d in rows],
        xlabel="difference of log-loss, nats (negative: the first is better; symlog axis)",
    )


def gains(values: Mapping[str, Estimate], *, ax: Axes | None = None) -> Axes:
    """Recalibration gain of each model, with 95 % intervals; 0 is calibrated."""
    ax = own_axes(ax, 7, 2.0)
    return _intervals(
        ax,
        [(name, name, gain) for name, gain in values.items()],
        xlabel="gain of temperature scaling, nats (symlog axis)",
    )


def changes(values: Mapping[str, Estimate], *, ax: Axes | None = None) -> Axes:
    """Log-loss of each model in a second run minus that in the first, with 95 % intervals."""
    ax = own_axes(ax, 7, 0.24 * len(values) + 0.9)
    return _intervals(
        ax,
        [(name, name, change) for name, change in values.items()],
        xlabel="log-loss, B − A, nats (negative: B is better; symlog axis)",
    )


def _intervals(ax: Axes, rows: Sequence[tuple[str, str, Estimate]], *, xlabel: str) -> Axes:
    """Rows (label, fit, estimate) with 95 % intervals; filled where zero is excluded."""
    smallest = min((e.se for *_, e in rows if e.se > 0), default=0.01)
    for i, (name, fit, e) in enumerate(rows):
        segment(ax, [e.low, e.high], [i, i], fit)
        tip = f"{name}: {signed_with_se(e.value, e.se)} nats"
        point(ax, e.value, i, fit, tip, filled=e.clear)
    ax.axvline(0, color=INK, lw=0.8)
    reach = max((max(-e.low, e.high) for *_, e in rows), default=1.0) or 1.0
    near = min(max(4 * smallest, 1e-4), reach)
    ax.set_xscale("symlog", linthresh=near, linscale=0.8)
    ax.autoscale(axis="x")  # margins of this scale: those of a linear one cut marks in half
    # Whole powers of ten, the smallest well clear of the zero between them.
    powers = [10.0**k for k in range(-6, 7) if 1.5 * near < 10.0**k <= 1.2 * reach] or [reach]
    places = [-p for p in reversed(powers)] + [0.0] + powers
    ticks(ax, "x", places, [with_minus(f"{x:.3g}") for x in places])
    ax.xaxis.set_minor_locator(mpl.ticker.NullLocator())
    ticks(ax, "y", range(len(rows)), [label(name) for name, *_ in rows])
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.set_xlabel(xlabel)
    grid(ax)
    return ax


def gap_steps(
    losses: Mapping[str, Estimate], differences: Sequence[Difference]
) -> list[tuple[str, Difference | None, str]]:
    """The fits from the MLE to the posterior: name, paired difference, what to call the step.

    Then the MLE with temperature scaling; the first fit has no difference.

    Raises
    ------
    InputError
        If no MLE was fitted.
    """
    if "mle" not in losses:
        raise InputError("no gap to show: it starts at the MLE, and no MLE was fitted")
    change = {(d.a, d.b): d for d in differences}
    walk = [*gap_of(losses), *(p for p in PAIRS if p.a == "mle+T" and p.a in losses)]
    steps = [(p.a, change.get((p.a, p.b)), f"{p.step}\n{p.a}") for p in walk]
    return [("mle", None, "mle"), *steps]


def waterfall(
    losses: Mapping[str, Estimate],
    differences: Sequence[Difference],
    *,
    ax: Axes | None = None,
) -> Axes:
    """From the MLE's log-loss to the posterior's, step by step, on a logarithmic axis.

    Beside it the MLE with temperature scaling; thin lines are 95 % intervals of each step.

    Parameters
    ----------
    losses : mapping of str to Estimate
        Log-loss by fit, in nats.
    differences : sequence of Difference
        Those between neighbours.
    ax : Axes, optional
        Default: of a new figure.
    """
    ax = own_axes(ax, 7, 3)
    path = gap_steps(losses, differences)
    floor = min(losses[name].value for name, *_ in path)
    for i, (name, step, _) in enumerate(path):
        colour = style(name)[0]
        level, se = losses[name].value, losses[name].se
        text = rounded(level, se)
        if step is not None:
            before = losses[step.b].value
            start = 0 if step.b == "mle" else i - 1
            ax.plot([start, i], [before, before], color=INK, lw=0.7, alpha=0.5, zorder=1)
            ax.plot([i, i], [before, level], color=colour, lw=9, alpha=0.35, solid_capstyle="butt")
            change_of = step.log_loss
            ends = level + change_of.low - change_of.value, level + change_of.high - change_of.value
            ax.plot([i, i], [max(ends[0], floor / 3), ends[1]], color=INK, lw=1)
            sign = "+" * (step.log_loss.value >= 0)
            text = f"{sign}{rounded(step.log_loss.value, step.log_loss.se)}\n→ {text}"
        tip = f"{name}: {with_se(level, se)} nats"
        point(ax, i, level, name, tip, size=60)
        ax.annotate(text, (i, level), xytext=(9, 3), textcoords="offset points", va="bottom")
    ticks(ax, "x", range(len(path)), [heading for *_, heading in path])
    ax.set_xlim(-0.4, len(path) - 0.2)
    plain_log(ax, "y", "log-loss, nats")
    grid(ax, "y")
    return ax


@dataclass(frozen=True)
class Length:
    """Bits per label of one code (perhaps infinite), and the length that an encoder wrote."""

    name: str
    bits: float
    se: float = 0.0
    written: float | None = None


FAR = 1.5
"""Codes longer than this many times the longest baseline are cut off."""


def code_lengths(lengths: Sequence[Length], *, ax: Axes | None = None) -> Axes:
    """Cross-entropy as the length of a message: bits per label, shorter is better.

    Thin lines: 95 % intervals; ticks: length that an entropy coder wrote. Codes far
    longer than the baselines are cut off and show their number.
    """
    ax = own_axes(ax, 7, 0.3 * len(lengths) + 0.8)
    longest = max(code.bits + Z95 * code.se for code in lengths if math.isfinite(code.bits))
    plain = [code.bits for code in lengths if code.name in BASELINES]
    right = min(1.05 * longest, FAR * max(plain)) if plain else 1.05 * longest
    for i, code in enumerate(lengths):
        colour = style(code.name)[0]
        drawn = code.bits if math.isfinite(code.bits) else 2 * right
        text = with_se(code.bits, code.se) if math.isfinite(code.bits) else "∞"
        (bar,) = ax.barh([i], [drawn], height=0.55, color=colour, alpha=0.55)
        written = "" if code.written is None else f"; written: {significant(code.written)}"
        tip = f"{code.name}: {text} bits per label{written}"
        mark(bar, fit=code.name, tips=[tip])
        if code.se:
            half = Z95 * code.se
            low = max(0.0, code.bits - half)
            ax.plot([low, code.bits + half], [i, i], color=INK, lw=1)
        if code.written is not None:
            ax.plot([code.written] * 2, [i - 0.38, i + 0.38], color=INK, lw=2)
        if code.bits > right:
            text = f"{significant(code.bits) if math.isfinite(code.bits) else '∞'} →"
            ax.text(0.99 * right, i, text, ha="right", va="center", color=ON_COLOUR)
    ticks(ax, "y", range(len(lengths)), [label(code.name) for code in lengths])
    ax.set_ylim(len(lengths) - 0.5, -0.5)
    ax.set_xlim(0, right)
    ax.set_xlabel("bits per label (shorter is better)")
    grid(ax)
    return ax
