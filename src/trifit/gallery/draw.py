"""The chart of most answers: means over replications against a number or a condition."""

import math
from collections.abc import Sequence
from functools import partial

from markupsafe import Markup
from matplotlib.axes import Axes

from trifit.gallery.replications import as_text, means
from trifit.report.charts import INK, mark, ticks
from trifit.report.charts.intervals import Shown, intervals
from trifit.report.parts import Chart, Key, fit_keys, panels
from trifit.scores import Estimate
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
    found = zip(xs, means(values), strict=True)
    intervals(ax, name, [_shown(name, x, f"{x:.3g}", e) for x, e in found if _finite(e)], k=k)


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
    names: Sequence[str], values: FloatArray, what: Sequence[str], label: str, *, ax: Axes
) -> None:
    """Horizontal intervals with means: a row per condition, with one mark per series.

    Parameters
    ----------
    names : sequence of str
        The series, drawn below each other so that none covers another.
    values : array of shape (n_conditions, n_series, n_repeats)
    what : sequence of str
        The conditions.
    label : str
        Of the horizontal axis.
    ax : Axes
    """
    zero(ax)
    for k, name in enumerate(names):
        below = (k + 0.5) / len(names) / 2 - 0.25
        found = enumerate(means(values[:, k]))
        shown = [_shown(name, y + below, what[y], e) for y, e in found if _finite(e)]
        intervals(ax, name, shown, k=k, lying=True)
    ticks(ax, "y", range(len(what)), what)
    ax.set_ylim(len(what) - 0.5, -0.5)
    ax.set_xlabel(label)


def against_truth(
    name: str,
    caption: str,
    fits: Sequence[str],
    conditions: Sequence[str],
    *,
    bias: FloatArray,
    kl: FloatArray,
    height: float,
) -> Chart:
    """Excess confidence of fits, and their distance from the truth, under conditions.

    Parameters
    ----------
    name, caption : str
    fits, conditions : sequence of str
    bias, kl : array of shape (n_conditions, n_fits, n_repeats)
        Mean confidence minus the true probability, and the KL divergence in nats.
    height : float
        Inches.
    """
    return panels(
        name,
        caption,
        {
            "excess confidence": partial(
                across, fits, bias, conditions, "confidence minus true probability"
            ),
            "distance from the truth": partial(
                across, fits, kl, conditions, "KL from the truth, nats"
            ),
        },
        size=(3.8, height),
        keys=fit_keys(fits),
    )


def _shown(name: str, at: float, where: str, found: Estimate) -> Shown:
    return Shown(at, found.value, (found.low, found.high), f"{name}, {where}: {as_text(found)}")


def _finite(found: Estimate) -> bool:
    return math.isfinite(found.value)


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


def log_ticks(ax: Axes, values: FloatArray, label: str = "training rows") -> None:
    """A logarithmic horizontal axis with ticks at the values tried.

    Parameters
    ----------
    ax : Axes
    values : array of shape (n_values,)
    label : str
        What they are.
    """
    ax.set_xscale("log")
    ticks(ax, "x", values, [f"{v:,.4g}" for v in values])
    ax.minorticks_off()
    ax.set_xlabel(f"{label}, log. axis")
