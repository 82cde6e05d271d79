"""The chart of most answers: means over replications against a number or a condition."""

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes

from trifit.gallery.words import means, said
from trifit.report.charts import INK, look, mark, ticks
from trifit.report.parts import Key
from trifit.scores import t_half_width
from trifit.types import FloatArray

TRUTH = "#888888"
"""Lines of the truth and of the theory."""


def trace(
    ax: Axes,
    name: str,
    xs: Sequence[float] | FloatArray,
    values: FloatArray,
    *,
    k: int = 0,
) -> None:
    """Means with 95 % intervals over replications.

    Infinite means appear in the table only.

    Parameters
    ----------
    ax : Axes
    name : str
        A fit, or any other series.
    xs : array of shape (n_x,)
    values : array of shape (n_x, n_repeats)
    k : int
        Legend position of a series that is not a fit.
    """
    colour, marker = look(name, k)
    shown = [(x, e) for x, e in zip(xs, means(values), strict=True) if np.isfinite(e.value)]
    for x, e in shown:
        ends = [e.value - t_half_width(e), e.value + t_half_width(e)]
        (bar,) = ax.plot([x, x], ends, color=colour, lw=1.6, alpha=0.6)
        mark(bar, fit=name)
    at, centre = [x for x, _ in shown], [e.value for _, e in shown]
    (joined,) = ax.plot(at, centre, color=colour, lw=1.4)
    mark(joined, fit=name)
    dots = ax.scatter(at, centre, s=26, marker=marker, color=colour, zorder=3)
    mark(dots, fit=name, tips=[f"{name}, {x:.3g}: {said(e)}" for x, e in shown])


def known(
    ax: Axes, name: str, xs: Sequence[float] | FloatArray, ys: Sequence[float] | FloatArray
) -> None:
    """A dashed grey line of known values: the truth, the theory.

    Parameters
    ----------
    ax : Axes
    name : str
    xs, ys : array of shape (n_points,)
    """
    (drawn,) = ax.plot(xs, ys, color=TRUTH, lw=1.6, ls=(0, (4, 2)))
    mark(drawn, fit=name)


def known_key(name: str) -> Key:
    """Its entry in a legend."""
    return Key(name, TRUTH, Markup("M-1.3 -.25H1.3V.25H-1.3Z"))


def across(
    ax: Axes, names: Sequence[str], values: FloatArray, what: Sequence[str], at: float = 0.0
) -> None:
    """Horizontal intervals with means: a row per condition, with one mark per series.

    Parameters
    ----------
    ax : Axes
    names : sequence of str
        The series, drawn below each other so that none covers another.
    values : array of shape (n_conditions, n_series, n_repeats)
    what : sequence of str
        The conditions.
    at : float
        Position of the zero line.
    """
    zero(ax, at)
    for k, name in enumerate(names):
        colour, marker = look(name, k)
        below = (k + 0.5) / len(names) / 2 - 0.25
        shown = [(y, e) for y, e in enumerate(means(values[:, k])) if np.isfinite(e.value)]
        for y, e in shown:
            ends = [e.value - t_half_width(e), e.value + t_half_width(e)]
            (bar,) = ax.plot(ends, [y + below] * 2, color=colour, lw=1.6, alpha=0.6)
            mark(bar, fit=name)
        ys = [y + below for y, _ in shown]
        centre = [e.value for _, e in shown]
        dots = ax.scatter(centre, ys, s=26, marker=marker, color=colour, zorder=3)
        mark(dots, fit=name, tips=[f"{name}, {what[y]}: {said(e)}" for y, e in shown])
    ticks(ax, "y", range(len(what)), what)
    ax.set_ylim(len(what) - 0.5, -0.5)


def zero(ax: Axes, at: float = 0.0, *, lying: bool = False) -> None:
    """A thin line at no difference.

    Parameters
    ----------
    ax : Axes
    at : float
    lying : bool
        Whether the line is horizontal.
    """
    (ax.axhline if lying else ax.axvline)(at, color=INK, lw=0.8, ls=(0, (3, 3)))


def log_ticks(ax: Axes, values: Sequence[float] | FloatArray) -> None:
    """A logarithmic horizontal axis with labels at the values tried."""
    ax.set_xscale("log")
    ticks(ax, "x", values, [f"{v:,.4g}" for v in np.asarray(values)])
    ax.minorticks_off()
