"""Charts: functions of plain data and an optional ``ax`` that return the axes.

A notebook, a paper and the page share them. Every fit has one colour (Okabe &
Ito's colour-blind-safe palette) **and** one marker.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from trifit.report.text import printable

if TYPE_CHECKING:
    from trifit.comparison import (
        Comparison,
        Difference,
        FitRecord,
        Parameter,
        Reliability,
        Scores,
        TopLabel,
    )

STYLE: Mapping[str, tuple[str, str]] = {
    "mle": ("#D55E00", "s"),
    "map": ("#0072B2", "o"),
    "mean": ("#56B4E9", "^"),
    "bayes": ("#009E73", "D"),
    "mle+T": ("#CC79A7", "v"),
    "map-cv": ("#E69F00", "P"),
    "squared-error": ("#8F7A00", "X"),
    "laplace": ("#7B52C9", "p"),
}
OTHER = ("#888888", "o")

INK = "#010203"
"""Ink of axes and text; the page replaces it by the reader's text colour."""

RC = {
    "font.family": ["sans-serif"],
    "font.size": 9.5,
    "text.parse_math": False,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.7,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.formatter.use_mathtext": False,
    "axes.unicode_minus": True,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "legend.frameon": False,
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "svg.fonttype": "none",
    "svg.hashsalt": "trifit",
}


def steps(fits: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The pairs whose differences add up from mle to the posterior.

    Where parameters are not identified there is no fit at their mean; without
    NUTS the posterior is that of ``laplace``, if any.
    """
    posterior = "bayes" if "bayes" in fits else "laplace"
    path = [name for name in ("mle", "map", "mean", posterior) if name in fits]
    return [(b, a) for a, b in pairwise(path)]


Z95 = 1.96

MANY_STEPS = 200
"""From so many optimiser steps on, their axis is logarithmic."""


def new_figure(width: float, height: float, rows: int = 1, columns: int = 1) -> tuple[Figure, Any]:
    """A figure of its own (no pyplot state), in inches, and its grid of axes."""
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False)


def _own_axes(ax: Axes | None, width: float = 6.0, height: float = 4.0) -> Axes:
    return ax if ax is not None else new_figure(width, height)[1][0, 0]


def label(text: str, limit: int = 28) -> str:
    """Text from data as matplotlib can draw it: no control characters, not too long."""
    clean = printable(text).strip() or " "
    clean = clean if len(clean) <= limit else clean[: limit - 1] + "…"
    return f"\u200a{clean}" if clean.startswith("_") else clean


def log_loss(
    fits: Mapping[str, "Scores"], baselines: Mapping[str, "Scores"], *, ax: Axes | None = None
) -> Axes:
    """Held-out log-loss with 95 % intervals, on a logarithmic axis; lower is better."""
    ax = _own_axes(ax, 7, 2.6)
    rows = [*fits.items(), *baselines.items()]
    for i, (name, scores) in enumerate(rows):
        colour, marker = STYLE.get(name, OTHER)
        half = Z95 * scores.log_loss_se
        low = max(scores.log_loss - half, scores.log_loss / 10)
        ax.plot([low, scores.log_loss + half], [i, i], color=colour, lw=2, solid_capstyle="round")
        ax.plot([scores.log_loss], [i], marker=marker, color=colour, ms=7)
    ax.set_xscale("log")
    ax.xaxis.set_major_formatter(lambda x, _: f"{x:g}")
    ax.set_yticks(range(len(rows)), [label(name) for name, _ in rows])
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.set_xlabel("held-out log-loss, nats per row (logarithmic)")
    ax.grid(visible=True, axis="x", which="major", color=INK, alpha=0.15, lw=0.6)
    return ax


def forest(differences: Sequence["Difference"], *, ax: Axes | None = None) -> Axes:
    """Paired differences of log-loss with 95 % intervals, on a symmetric logarithmic axis."""
    ax = _own_axes(ax, 7, 2.6)
    _intervals(
        ax,
        [(f"{d.a} − {d.b}", d.a, d.log_loss_diff, d.se) for d in differences],
        xlabel="difference of log-loss, nats (left of zero: the first is better)",
    )
    return ax


def gains(fits: Mapping[str, "FitRecord"], *, ax: Axes | None = None) -> Axes:
    """What one temperature gains for each fit, with 95 % intervals; at zero it is calibrated."""
    ax = _own_axes(ax, 7, 2.0)
    temperature = {name: fit.gains["temperature"] for name, fit in fits.items()}
    _intervals(
        ax,
        [(name, name, gain.value, gain.se) for name, gain in temperature.items()],
        xlabel="log-loss gained by one temperature, nats per row (further right: further off)",
    )
    return ax


def _intervals(ax: Axes, rows: Sequence[tuple[str, str, float, float]], *, xlabel: str) -> None:
    """Rows (label, fit, value, se) with 95 % intervals; filled where zero is excluded."""
    smallest = min((se for *_, se in rows if se > 0), default=0.01)
    for i, (_, fit, value, se) in enumerate(rows):
        half = Z95 * se
        colour = STYLE.get(fit, OTHER)[0]
        ax.plot(
            [value - half, value + half], [i, i], color=colour, lw=2, solid_capstyle="round",
        )  # fmt: skip
        ax.plot(
            [value], [i], marker="o", color=colour, ms=7,
            markerfacecolor=colour if abs(value) > half else "none",
        )  # fmt: skip
    ax.axvline(0, color=INK, lw=0.8)
    reach = max(abs(value) + Z95 * se for *_, value, se in rows) or 1.0
    near = min(max(4 * smallest, 1e-4), reach)
    ax.set_xscale("symlog", linthresh=near, linscale=0.8)
    # Whole powers of ten, the smallest well clear of the zero between them.
    powers = [10.0**k for k in range(-6, 7) if 1.5 * near < 10.0**k <= 1.2 * reach] or [reach]
    ax.set_xticks([-p for p in reversed(powers)] + [0.0] + powers)
    ax.xaxis.set_major_formatter(lambda x, _: f"{x:.3g}")
    ax.xaxis.set_minor_locator(mpl.ticker.NullLocator())
    ax.set_yticks(range(len(rows)), [name for name, *_ in rows])
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.set_xlabel(xlabel)
    ax.grid(visible=True, axis="x", color=INK, alpha=0.15, lw=0.6)


def reliability(
    curve: "Reliability", *, name: str = "", ax: Axes | None = None, lw: float = 2.0
) -> Axes:
    """A CORP curve: observed frequency against forecast, as steps of pooled blocks."""
    ax = _own_axes(ax, 4, 4)
    colour, marker = STYLE.get(name, OTHER)
    xs, ys = [], []
    for low, high, frequency in zip(
        curve.curve.low, curve.curve.high, curve.curve.frequency, strict=True
    ):
        xs += [low, high]
        ys += [frequency, frequency]
    ax.plot([0, 1], [0, 1], color=INK, lw=0.8, ls=(0, (3, 3)))
    ax.plot(xs, ys, color=colour, lw=lw, label=name, marker=marker, ms=3.5)
    ax.set_xlim(-0.02, 1.02)
    ax.set_ylim(-0.02, 1.02)
    ax.set_aspect("equal")
    return ax


def top_label(curve: "TopLabel", *, name: str = "", ax: Axes | None = None) -> Axes:
    """Confidence against accuracy, with the band that calibration allows and a histogram."""
    ax = _own_axes(ax, 4, 4)
    ax.fill_between(
        curve.band_grid, curve.band_lower, curve.band_upper, color=INK, alpha=0.13, lw=0
    )
    bins, largest = len(curve.histogram), max(curve.histogram)
    ax.bar(
        [(i + 0.5) / bins for i in range(bins)],
        [0.22 * count / largest for count in curve.histogram],
        width=0.85 / bins,
        color=STYLE.get(name, OTHER)[0],
        alpha=0.35,
    )
    reliability(curve, name=name, ax=ax)
    return ax


def waterfall(
    fits: Mapping[str, "FitRecord"], differences: Sequence["Difference"], *, ax: Axes | None = None
) -> Axes:
    """From the MLE's log-loss to the posterior's (if any), step by step, on a logarithmic axis."""
    ax = _own_axes(ax, 7, 3)
    pairs = steps(fits)
    change = {d.a: d for d in differences if (d.a, d.b) in pairs}
    path = ["mle", *change, "mle+T"]
    floor = min(fits[name].log_loss for name in path)
    for i, name in enumerate(path):
        colour, marker = STYLE[name]
        level = fits[name].log_loss
        text = f"{level:.3f}"
        if name in change:
            step = change[name]
            before = fits[step.b].log_loss
            ax.plot([i - 1, i], [before, before], color=INK, lw=0.7, alpha=0.6)
            ax.plot([i, i], [before, level], color=colour, lw=9, alpha=0.35, solid_capstyle="butt")
            half = Z95 * step.se
            ax.plot([i, i], [max(level - half, floor / 3), level + half], color=INK, lw=1)
            text = f"{step.log_loss_diff:+.3f}\n→ {text}"
        ax.plot(i, level, marker=marker, color=colour, ms=8)
        ax.annotate(text, (i, level), xytext=(9, 3), textcoords="offset points", va="bottom")
    names = {"map": "+ prior\nmap", "mean": "+ location\nmean", "bayes": "+ averaging\nbayes"}
    if "mean" not in change:
        names |= {n: f"+ location,\naveraging\n{n}" for n in ("bayes", "laplace")}
    ax.set_xticks(range(len(path)), [names.get(name, name) for name in path])
    ax.set_xlim(-0.4, len(path) - 0.2)
    ax.set_yscale("log")
    ax.yaxis.set_major_formatter(lambda y, _: f"{y:g}")
    ax.yaxis.set_minor_formatter(mpl.ticker.NullFormatter())
    ax.set_ylabel("log-loss, nats (log.)")
    ax.grid(visible=True, axis="y", which="major", color=INK, alpha=0.15, lw=0.6)
    return ax


def path(fits: Mapping[str, "FitRecord"], *, ax: Axes | None = None) -> Axes:
    """Cross-entropy along the optimisers' steps: training rows solid, held-out rows dashed."""
    ax = _own_axes(ax, 7, 3)
    for name, fit in fits.items():
        if not fit.path:
            continue
        colour = STYLE.get(name, OTHER)[0]
        at = [p.step for p in fit.path]
        ax.plot(at, [p.cross_entropy for p in fit.path], color=colour, lw=1.8, label=name)
        held_out = [p.held_out for p in fit.path if p.held_out is not None]
        if len(held_out) == len(at):
            ax.plot(at, held_out, color=colour, lw=1.4, ls=(0, (4, 2)))
    if max(fit.path[-1].step for fit in fits.values() if fit.path) > MANY_STEPS:
        ax.set_xscale("symlog", linthresh=10)
    ax.xaxis.set_major_formatter(lambda x, _: f"{x:g}")
    ax.set_yscale("log")
    ax.yaxis.set_major_formatter(lambda y, _: f"{y:g}")
    ax.yaxis.set_minor_formatter(mpl.ticker.NullFormatter())
    ax.set_xlabel("step of the optimiser")
    ax.set_ylabel("cross-entropy, nats (log.)")
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=5)
    ax.grid(visible=True, axis="y", which="major", color=INK, alpha=0.15, lw=0.6)
    return ax


def coefficients(rows: Sequence["Parameter"], *, ax: Axes | None = None) -> Axes:
    """Posterior means with 95 % intervals, MAP and MLE marked; what runs off is an arrow."""
    ax = _own_axes(ax, 7, 0.3 * len(rows) + 1)
    low = min(r.map if r.low is None else min(r.low, r.map) for r in rows)
    high = max(r.map if r.high is None else max(r.high, r.map) for r in rows)
    pad = 0.12 * (high - low or 1.0)
    left, right = low - pad, high + pad
    for i, row in enumerate(rows):
        if row.low is not None and row.high is not None and row.mean is not None:
            ax.plot([row.low, row.high], [i, i], color=STYLE["bayes"][0], lw=2.5, alpha=0.7)
            ax.plot(row.mean, i, marker=STYLE["bayes"][1], color=STYLE["bayes"][0], ms=5)
        ax.plot(row.map, i, marker=STYLE["map"][1], color=STYLE["map"][0], ms=5)
        if left < row.mle < right and not row.mle_runs_to:
            ax.plot(row.mle, i, marker=STYLE["mle"][1], color=STYLE["mle"][0], ms=5)
        else:
            at, arrow = (right, ">") if (row.mle_runs_to or row.mle) > 0 else (left, "<")
            ax.plot(at, i, marker=arrow, color=STYLE["mle"][0], ms=7, clip_on=False)
    ax.axvline(0, color=INK, lw=0.7)
    ax.set_xlim(left, right)
    ax.set_yticks(range(len(rows)), [label(parameter_name(r), 44) for r in rows])
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.set_xlabel("log-odds per standard deviation of the feature (the model's units)")
    ax.grid(visible=True, axis="x", color=INK, alpha=0.15, lw=0.6)
    return ax


def parameter_name(row: "Parameter") -> str:
    """A coefficient as a reader names it, e.g. "petal width · virginica"."""
    return " · ".join(filter(None, [row.feature or row.parameter, row.label]))


def legend_of_fits(comparison: "Comparison", figure: Figure) -> None:
    """One legend of the fits for a figure of several panels."""
    handles = [
        mpl.lines.Line2D([], [], color=STYLE[n][0], marker=STYLE[n][1], ms=5, lw=2, label=n)
        for n in comparison.fits
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=len(handles))
