"""The one chart most answers need: means over replications against a number or a condition."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from trifit.gallery.words import half, means, said
from trifit.report.charts import INK, class_style, mark, style
from trifit.report.charts.style import STYLE
from trifit.report.parts import Key, shape
from trifit.types import FloatArray

TRUTH = "#888888"
"""Lines of the truth and of the theory."""


def look(name: str, k: int = 0) -> tuple[str, str]:
    """Colour and marker: a fit's own, else those of class k."""
    return style(name) if name in STYLE else class_style(k)


def keys(*names: str) -> tuple[Key, ...]:
    """The legend of series, in the order they are drawn."""
    return tuple(Key(n, look(n, k)[0], shape(look(n, k)[1])) for k, n in enumerate(names))


def trace(
    ax: Axes,
    name: str,
    xs: Sequence[float] | FloatArray,
    values: FloatArray,
    *,
    k: int = 0,
    line: bool = True,
    what: Sequence[str] = (),
) -> None:
    """Means of ``values`` (n_x, n_repeats) with 95 % intervals over replications.

    ``what`` names the places for the reader of values; ``k`` is the place of a
    series that is no fit in its legend.
    """
    colour, marker = look(name, k)
    found = means(values)
    centre = [e.value for e in found]
    for x, e in zip(xs, found, strict=True):
        ends = [e.value - half(e), e.value + half(e)]
        (bar,) = ax.plot([x, x], ends, color=colour, lw=1.6, alpha=0.6)
        mark(bar, fit=name)
    if line:
        (joined,) = ax.plot(xs, centre, color=colour, lw=1.4)
        mark(joined, fit=name)
    dots = ax.scatter(xs, centre, s=26, marker=marker, color=colour, zorder=3)
    places = what or [f"{x:g}" for x in xs]
    tips = [f"{name}, {w}: {said(e)}" for w, e in zip(places, found, strict=True)]
    mark(dots, fit=name, tips=tips)


def known(
    ax: Axes, name: str, xs: Sequence[float] | FloatArray, ys: Sequence[float] | FloatArray
) -> None:
    """A dashed grey line of what is known without an experiment: the truth, the theory."""
    (drawn,) = ax.plot(xs, ys, color=TRUTH, lw=1.6, ls=(0, (4, 2)))
    mark(drawn, fit=name)


def known_key(name: str) -> Key:
    """Its entry in a legend."""
    return Key(name, TRUTH, shape("_"))


def dodge(n_series: int, i: int, width: float = 0.5) -> float:
    """How far beside a condition series ``i`` stands, so that marks do not cover each other."""
    return width * ((i + 0.5) / n_series - 0.5)


def conditions(ax: Axes, names: Sequence[str]) -> None:
    """Conditions from top to bottom on the vertical axis."""
    ax.set_yticks(range(len(names)), list(names))
    ax.set_ylim(len(names) - 0.5, -0.5)


def across(
    ax: Axes, name: str, ys: FloatArray, values: FloatArray, what: Sequence[str], *, k: int = 0
) -> None:
    """The same means and intervals lying down, one row per condition."""
    colour, marker = look(name, k)
    found = means(values)
    for y, e in zip(ys, found, strict=True):
        ends = [e.value - half(e), e.value + half(e)]
        (bar,) = ax.plot(ends, [y, y], color=colour, lw=1.6, alpha=0.6)
        mark(bar, fit=name)
    dots = ax.scatter([e.value for e in found], ys, s=26, marker=marker, color=colour, zorder=3)
    tips = [f"{name}, {w}: {said(e)}" for w, e in zip(what, found, strict=True)]
    mark(dots, fit=name, tips=tips)


def zero(ax: Axes, at: float = 0.0, *, lying: bool = False) -> None:
    """A thin line where nothing is gained or off."""
    (ax.axhline if lying else ax.axvline)(at, color=INK, lw=0.8, ls=(0, (3, 3)))


def log_ticks(ax: Axes, values: Sequence[float] | FloatArray) -> None:
    """A logarithmic horizontal axis labelled at the values that were tried."""
    ax.set_xscale("log")
    ax.set_xticks(list(values), [f"{v:,.4g}" for v in np.asarray(values)])
    ax.minorticks_off()
