"""Can the posterior be trusted: ranks and energies of the chains."""

from matplotlib.axes import Axes

from trifit.report.charts.style import INK, class_style, grid, mark, own_axes, scatter
from trifit.results import ChainDiagnostics, Ranks


def ranks(record: Ranks, *, ax: Axes | None = None) -> Axes:
    """Rank histograms of one quantity, a line per chain; flat where chains agree."""
    ax = own_axes(ax, 4.5, 2.4)
    for j, counts in enumerate(record.counts):
        colour, marker = class_style(j)
        expected = sum(counts) / len(counts)
        middles = [(i + 0.5) / len(counts) for i in range(len(counts))]
        (line,) = ax.step(
            middles, [c / expected for c in counts], where="mid", color=colour, lw=1.1
        )
        mark(line, fit=f"chain {j + 1}")
        dots = scatter(
            ax, middles, [c / expected for c in counts], s=9, marker=marker, color=colour, zorder=3
        )
        tips = [f"chain {j + 1}: {c} draws, {expected:g} expected" for c in counts]
        mark(dots, fit=f"chain {j + 1}", tips=tips)
    ax.axhline(1, color=INK, lw=0.8, ls=(0, (3, 3)))
    ax.set_ylim(bottom=0)
    ax.set_xlabel("rank among the draws of all chains")
    ax.set_ylabel("draws / expected draws")
    return ax


def energy(record: ChainDiagnostics, *, ax: Axes | None = None) -> Axes:
    """Energy (outline) and its change from draw to draw (filled), all chains together."""
    ax = own_axes(ax, 4.5, 2.4)
    marginal = [sum(c) for c in zip(*(c.energy for c in record.chains), strict=True)]
    change = [sum(c) for c in zip(*(c.energy_change for c in record.chains), strict=True)]
    ax.stairs(change, record.energy_edges, fill=True, color="#009E73", alpha=0.4)
    ax.stairs(marginal, record.energy_edges, color=INK, lw=1.2)
    ax.set_xlabel("energy minus its mean (outline); change between draws (filled)")
    ax.set_ylabel("draws")
    grid(ax, "y")
    return ax
