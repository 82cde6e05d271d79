"""Replicated the grid of a study: lines with intervals, phase diagrams, theory's curves."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from trifit.report.charts.intervals import Shown, intervals
from trifit.report.charts.style import (
    INK,
    ON_COLOUR,
    grid,
    label,
    look,
    mark,
    own_axes,
    plain_log,
    ticks,
    tint,
)
from trifit.results.study import Line, Picture, Replicated, TheoryCurve, Tile
from trifit.text import significant, with_interval

LOW, HIGH = "#0072B2", "#D55E00"
"""Of a phase diagram: below and above what is best."""


def study_lines(
    picture: Picture, panel: str, *, names: Sequence[str], ax: Axes | None = None
) -> Axes:
    """A quantity over one setting: means with 95 % intervals, theory's curves dashed.

    Parameters
    ----------
    picture : Picture
    panel : str
    names : sequence of str
        Fits in the order of the legend.
    ax : Axes, optional
        Default: of a new figure.
    """
    ax = own_axes(ax, 5, 3.2)
    lines = [line for line in picture.lines if line.panel == panel]
    low, high = picture.ends or (-np.inf, np.inf)
    if picture.logarithmic:
        low = max(low, _floor(lines))
    for line in lines:
        _line(ax, line, names, (low, high))
    for curve in (c for c in picture.curves if c.panel == panel):
        _curve(ax, curve)
    if picture.drawn_best is not None:
        ax.axhline(picture.drawn_best, color=INK, lw=0.9, ls=(0, (1, 2)))
    grid(ax, "both")
    xs = {x for line in lines for x in line.x}
    if len(xs) == 1:  # one value of the setting: no scale
        ticks(ax, "x", xs, [f"{x:g}" for x in xs])
    plain_log(ax, "x", label(picture.x, 40))
    if picture.logarithmic:
        plain_log(ax, "y", label(picture.quantity, 40))
    else:
        ax.set_ylabel(label(picture.quantity, 40))
    return ax


def _floor(lines: Sequence[Line]) -> float:
    """Where intervals that reach 0 are cut off, as a logarithmic axis has no 0."""
    values = [y.value for line in lines for y in line.y if y.value is not None]
    return min(values, default=1.0) / 2


def _line(ax: Axes, line: Line, names: Sequence[str], ends: tuple[float, float]) -> None:
    """The points of one fit; what lies beyond the ends is drawn there.

    Parameters
    ----------
    ax : Axes
    line : Line
    names : sequence of str
    ends : (float, float)
    """
    shown = [
        Shown(x, min(max(y.value, ends[0]), ends[1]), _interval(y, ends), _tip(line, x, y))
        for x, y in zip(line.x, line.y, strict=True)
        if y.value is not None
    ]
    intervals(ax, line.name, shown, k=names.index(line.name))


def _interval(y: Replicated, ends: tuple[float, float]) -> tuple[float, float] | None:
    if y.low is None or y.high is None:
        return None
    return min(max(y.low, ends[0]), ends[1]), min(max(y.high, ends[0]), ends[1])


def _tip(line: Line, x: float, y: Replicated) -> str:
    return f"{line.name} at {x:g}: {interval_text(y)}"


def _curve(ax: Axes, curve: TheoryCurve) -> None:
    (path,) = ax.plot(curve.x, curve.y, color=look(curve.name)[0], lw=1.1, ls=(0, (4, 2)))
    mark(path, fit=curve.name)


def phase(picture: Picture, panel: str, *, ax: Axes | None = None) -> Axes:
    """A quantity over two settings: a tile per point with its number in it.

    Parameters
    ----------
    picture : Picture
    panel : str
    ax : Axes, optional
        Default: of a new figure.
    """
    ax = own_axes(ax, 5, 4)
    tiles = [t for t in picture.tiles if t.panel == panel and t.value.value is not None]
    xs, ys = (sorted({getattr(t, axis) for t in picture.tiles}) for axis in ("x", "y"))
    x_edges, y_edges = _edges(xs), _edges(ys)
    values = [float(t.value.value or 0.0) for t in picture.tiles if t.value.value is not None]
    middle = picture.best if picture.best is not None else min(values, default=0.0)
    reach = max((abs(v - middle) for v in values), default=1.0) or 1.0
    for tile in tiles:
        i, j = xs.index(tile.x), ys.index(tile.y)
        _tile(ax, tile, middle, reach, x_edges[i : i + 2], y_edges[j : j + 2])
    for curve in (c for c in picture.curves if c.panel == panel):
        (path,) = ax.plot(curve.x, curve.y, color=ON_COLOUR, lw=1.8)
        mark(path, tips=["beyond this line no MLE exists, by theory"])
    ax.set_xlim(x_edges[0], x_edges[-1])
    ax.set_ylim(y_edges[0], y_edges[-1])
    ticks(ax, "x", xs, [f"{x:g}" for x in xs])
    ticks(ax, "y", ys, [f"{y:.3g}" for y in ys])
    ax.tick_params(axis="x", labelsize=8, rotation=45 if len(xs) > 8 else 0)
    ax.set_xlabel(label(picture.x, 40))
    ax.set_ylabel(label(picture.y, 40))
    return ax


def _tile(
    ax: Axes,
    tile: Tile,
    middle: float,
    reach: float,
    x: Sequence[float],
    y: Sequence[float],
) -> None:
    value = float(tile.value.value or 0.0)
    strength = min(1.0, abs(value - middle) / reach)
    colour = to_hex(tint(HIGH if value >= middle else LOW, 1 - 0.75 * strength))
    box = Rectangle((x[0], y[0]), x[1] - x[0], y[1] - y[0], facecolor=colour, edgecolor="none")
    ax.add_patch(box)
    mark(box, tips=[f"{tile.panel} at {tile.x:g}, {tile.y:.3g}: {interval_text(tile.value)}"])
    ax.text(
        sum(x) / 2, sum(y) / 2, significant(value, 2), color=ON_COLOUR, fontsize=7,
        ha="center", va="center",
    )  # fmt: skip


def _edges(values: Sequence[float]) -> list[float]:
    """Borders halfway between neighbours; the outermost tiles are symmetric."""
    if len(values) == 1:
        return [values[0] - 0.5, values[0] + 0.5]
    v = np.asarray(values)
    half = np.diff(v) / 2
    return [float(e) for e in np.r_[v[0] - half[0], v[:-1] + half, v[-1] + half[-1]]]


def interval_text(y: Replicated) -> str:
    """A number over replications in words."""
    if y.value is None:
        return "no value"
    if y.low is None or y.high is None:
        return f"{significant(y.value)} ({y.n} replications, no interval)"
    return f"{with_interval(y.value, y.low, y.high)}, {y.n} replications"
