"""Ranks of simulation-based calibration: their histogram, and their ECDF against the band."""

from matplotlib.axes import Axes
from scipy.stats import binom

from trifit.report.charts.style import INK, OTHER, class_style, grid, mark, own_axes, style
from trifit.results.check import CheckedFit, RankedQuantity
from trifit.text import p_value


def rank_histogram(quantity: RankedQuantity, method: str, *, ax: Axes | None = None) -> Axes:
    """Ranks in equal bins; grey: where 99 % of bins of uniform ranks lie, each alone.

    Parameters
    ----------
    quantity : RankedQuantity
    method : str
    ax : Axes, optional
        Default: of a new figure.
    """
    ax = own_axes(ax, 3.0, 2.0)
    n_bins, n = len(quantity.counts), sum(quantity.counts)
    low, high = (float(v) for v in binom.interval(0.99, n, 1 / n_bins))
    edges = [i / n_bins for i in range(n_bins + 1)]
    ax.axhspan(low, high, color=OTHER[0], alpha=0.25, lw=0)
    ax.axhline(n / n_bins, color=INK, lw=0.8, ls=(0, (3, 3)))
    ax.stairs(quantity.counts, edges, fill=True, color=style(method)[0], alpha=0.6)
    ax.set_xlim(0, 1)
    ax.set_ylim(bottom=0)
    ax.set_xlabel("rank (share of draws below)")
    ax.set_ylabel("replications")
    return ax


def ecdf_differences(fit: CheckedFit, *, ax: Axes | None = None) -> Axes:
    """ECDF of the ranks minus that of uniform ones: of all quantities, with the simultaneous band.

    Quantities that are judged wrong have a colour each, the others are grey.
    """
    ax = own_axes(ax, 6.4, 3.4)
    n_points = len(fit.low)
    at = [(i + 1) / (n_points + 1) for i in range(n_points)]
    ax.fill_between(at, fit.low, fit.high, step="mid", color=OTHER[0], alpha=0.25, lw=0)
    ax.axhline(0, color=INK, lw=0.8, ls=(0, (3, 3)))
    colours = {q.name: class_style(k)[0] for k, q in enumerate(fit.wrong)}
    for quantity in fit.quantities:
        wrong = quantity.name in colours
        (line,) = ax.plot(
            at,
            quantity.difference,
            color=colours.get(quantity.name, INK),
            lw=1.6 if wrong else 0.8,
            alpha=1.0 if wrong else 0.45,
        )
        tip = f"{quantity.name}: adjusted p-value {p_value(quantity.adjusted)}"
        mark(line, fit=quantity.name, tips=[tip])
    ax.set_xlim(0, 1)
    ax.set_xlabel("rank (share of draws below)")
    ax.set_ylabel("ECDF minus that of uniform ranks")
    grid(ax, "y")
    return ax
