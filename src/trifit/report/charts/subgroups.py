"""Calibration slopes by subgroup."""

from matplotlib.axes import Axes

from trifit.report.charts.style import INK, grid, label, own_axes, point, segment, ticks
from trifit.results import Division
from trifit.text import with_se

NARROWEST = 2.5
"""Slope up to which the axis reaches at most; longer intervals are cut off."""


def subgroup_slopes(d: Division, *, ax: Axes | None = None) -> Axes:
    """Slope by subgroup: of its own rows (filled, 95 % interval) and pooled (open)."""
    step = len(d.contestants) + 1
    ax = own_axes(ax, 7, 0.16 * len(d.names) * step + 0.8)
    ends = [0.5, 1.5]
    for k, (name, found) in enumerate(d.contestants.items()):
        for g, record in enumerate(found.subgroups):
            own, pooled, y = record.slope, record.slope_pooled, g * step + k
            if own is None or pooled is None:
                continue
            ends += [own.low, own.high]
            segment(ax, [own.low, own.high], [y, y], name)
            tip = f"{name}, {d.names[g]}: slope {with_se(own.value, own.se)}"
            point(ax, own.value, y, name, tip)
            tip = f"{name}, {d.names[g]}: pooled slope {with_se(pooled.value, pooled.se)}"
            point(ax, pooled.value, y, name, tip, filled=False)
    ax.axvline(1, color=INK, lw=1, ls=(0, (5, 2)), zorder=1)
    middle = (len(d.contestants) - 1) / 2
    ticks(ax, "y", [g * step + middle for g in range(len(d.names))], [label(n) for n in d.names])
    ax.set_ylim(len(d.names) * step - 1, -1)
    ax.set_xlim(max(min(ends), 1 - NARROWEST), min(max(ends), NARROWEST))
    ax.set_xlabel("calibration slope: own rows (filled), pooled (open)")
    grid(ax)
    return ax
