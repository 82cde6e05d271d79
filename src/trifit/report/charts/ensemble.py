"""Members of an ensemble: log-loss by their number."""

import matplotlib as mpl
from matplotlib.axes import Axes

from trifit.report.charts.style import INK, grid, mark, own_axes, scatter, ticks
from trifit.results import Ensemble
from trifit.text import significant


def members(e: Ensemble, *, ax: Axes | None = None) -> Axes:
    """Expected log-loss by the number of members; open: twice as many, dashed: infinitely many.

    The bar and the shade are 95 % intervals of what more members would gain.
    """
    ax = own_axes(ax, 6, 3)
    sizes = [step.n_members for step in e.curve]
    losses = [step.log_loss for step in e.curve]
    ax.plot(sizes, losses, color=INK, lw=1.6)
    dots = scatter(ax, sizes, losses, s=22, color=INK, zorder=3)
    mark(
        dots,
        tips=[f"{s.n_members:,} members: {significant(s.log_loss, 4)} nats" for s in e.curve],
    )
    ax.set_xscale("log", base=2)
    if e.doubled is not None and e.unlimited is not None:
        now, twice = losses[-1], 2 * e.n_members
        value, low, high = (now - x for x in (e.doubled.value, e.doubled.high, e.doubled.low))
        ax.plot([e.n_members, twice], [now, value], color=INK, lw=1.2, ls=(0, (4, 2)))
        ax.plot([twice, twice], [low, high], color=INK, lw=1.2)
        dot = scatter(ax, [twice], [value], s=26, color="none", edgecolor=INK, zorder=3)
        mark(dot, tips=[f"{twice:,} members: {significant(value, 4)} nats expected"])
        ax.axhline(now - e.unlimited.value, color=INK, lw=1, ls=(0, (1, 2)))
        ax.axhspan(now - e.unlimited.high, now - e.unlimited.low, color=INK, alpha=0.1, lw=0)
        sizes = [*sizes, twice]
    ticks(ax, "x", sizes, [f"{n:,}" for n in sizes])
    ax.xaxis.set_minor_locator(mpl.ticker.NullLocator())
    ax.set_xlabel("members averaged (logarithmic axis)")
    ax.set_ylabel("expected log-loss, nats")
    grid(ax, "y")
    return ax
