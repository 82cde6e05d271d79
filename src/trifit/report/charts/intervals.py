"""One series of numbers with their intervals."""

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.axes import Axes

from trifit.report.charts.style import look, mark, scatter


class Shown(NamedTuple):
    """A number at a place of an axis, the ends of its interval if it has one, and its tip."""

    at: float
    value: float
    ends: tuple[float, float] | None
    tip: str


def intervals(
    ax: Axes, name: str, shown: Sequence[Shown], *, k: int = 0, lying: bool = False
) -> None:
    """Numbers with bars for their intervals: upright and joined by a line, or lying.

    Parameters
    ----------
    ax : Axes
    name : str
        A fit, or any other series.
    shown : sequence of Shown
    k : int
        Legend position of a series that is not a fit.
    lying : bool
        Whether the numbers are on the horizontal axis.
    """
    colour, marker = look(name, k)
    order = slice(None, None, -1) if lying else slice(None)
    for at, _, ends, _ in shown:
        if ends is not None:
            (bar,) = ax.plot(*([at, at], ends)[order], color=colour, lw=1.6, alpha=0.6)
            mark(bar, fit=name)
    xs, ys = ([s.at for s in shown], [s.value for s in shown])[order]
    if not lying:
        (line,) = ax.plot(xs, ys, color=colour, lw=1.4)
        mark(line, fit=name)
    dots = scatter(ax, xs, ys, s=26, marker=marker, color=colour, zorder=3)
    mark(dots, fit=name, tips=[s.tip for s in shown])
