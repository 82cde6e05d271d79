"""The atlas in pictures: slopes against rows per coefficient; one table against its rows."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from trifit.report.charts.intervals import Shown, intervals
from trifit.report.charts.style import INK, grid, mark, own_axes, plain_log, scatter, ticks
from trifit.results import Verdict
from trifit.results.atlas import AtlasCell
from trifit.text import significant
from trifit.words import VERDICTS

LOOKS: Mapping[Verdict, tuple[str, str]] = {
    Verdict.BEHAVES: ("#009E73", "o"),
    Verdict.OVER_CONFIDENT: ("#D55E00", "s"),
    Verdict.UNDER_CONFIDENT: ("#0072B2", "v"),
    Verdict.MISCALIBRATED: ("#CC79A7", "D"),
    Verdict.UNCERTAIN: ("#888888", "h"),
    Verdict.NO_MLE: ("#A88B00", "X"),
    Verdict.FAILED: ("#B03060", "*"),
}
"""Colour and marker of a verdict."""

LOWEST, HIGHEST = 0.05, 4.0
"""Slopes beyond are drawn at these."""

ROWS = "effective training rows per coefficient"


def slopes(cells: Sequence[AtlasCell], fit: str, *, ax: Axes | None = None) -> Axes:
    """Calibration slope of one fit against effective rows per coefficient; a mark for a verdict.

    Hollow marks: training sets without an MLE. Their slope is where the optimiser stopped, of
    MAP and posterior a slope like any other.

    Parameters
    ----------
    cells : sequence of AtlasCell
    fit : str
    ax : Axes, optional
        Default: of a new figure.
    """
    ax = own_axes(ax, 4, 3.4)
    found = [(c, o) for c in cells if (o := c.outcome(fit)) is not None and o.slope is not None]
    for verdict, (colour, marker) in LOOKS.items():
        for exists in (True, False):
            own = [(c, o) for c, o in found if o.verdict is verdict and c.exists is exists]
            if not own:
                continue
            dots = scatter(
                ax,
                [c.effective for c, _ in own],
                [float(np.clip(o.slope or 0.0, LOWEST, HIGHEST)) for _, o in own],
                s=20,
                marker=marker,
                color=colour if exists else "none",
                edgecolor=colour,
                lw=0.9,
                alpha=0.8,
            )
            tips = [
                f"{c.table}, {c.n:,} rows: slope {significant(o.slope)}, {VERDICTS[o.verdict]}"
                for c, o in own
            ]
            mark(dots, fit=VERDICTS[verdict], tips=tips)
    effective = [c.effective for c in cells]
    ax.update_datalim([(min(effective), LOWEST), (max(effective), HIGHEST)])  # of all panels
    ax.axhline(1, color=INK, lw=0.9, ls=(0, (1, 2)))
    grid(ax, "both")
    plain_log(ax, "x", ROWS)
    plain_log(ax, "y", "calibration slope")
    return ax


def slopes_of_table(
    cells: Sequence[AtlasCell], fits: Sequence[str], *, ax: Axes | None = None
) -> Axes:
    """Calibration slopes on one table against its training rows, with intervals where kept.

    An MLE is left out where none exists: its slope there is where the optimiser stopped.

    Parameters
    ----------
    cells : sequence of AtlasCell
        Of one table, one for each number of training rows.
    fits : sequence of str
    ax : Axes, optional
        Default: of a new figure.
    """
    ax = own_axes(ax, 5, 3)
    cells = sorted(cells, key=lambda c: c.n)
    for fit in fits:
        intervals(ax, fit, [s for c in cells if (s := _shown(c, fit)) is not None])
    ax.axhline(1, color=INK, lw=0.9, ls=(0, (1, 2)))
    grid(ax, "both")
    rows = [c.n for c in cells]
    ax.set(xscale="log", xlim=(rows[0] / 1.2, rows[-1] * 1.2), xlabel="training rows, log. axis")
    ax.xaxis.set_minor_locator(NullLocator())
    ticks(ax, "x", rows, [f"{n:,}" for n in rows])
    plain_log(ax, "y", "calibration slope")
    return ax


def _shown(cell: AtlasCell, fit: str) -> Shown | None:
    found = cell.outcomes.get(fit)
    if found is None or found.slope is None or found.verdict is Verdict.NO_MLE:
        return None
    low, high = found.slope_low, found.slope_high
    tip = f"{fit}, {cell.n:,} rows: {significant(found.slope)}, {VERDICTS[found.verdict]}"
    return Shown(cell.n, found.slope, None if low is None or high is None else (low, high), tip)
