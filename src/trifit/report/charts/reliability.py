"""Prediction against outcome: reliability curves, confidences, confidence against accuracy."""

from collections.abc import Mapping

from matplotlib.axes import Axes

from trifit.contestants import shaded_of
from trifit.report.charts.style import (
    INK,
    bars,
    grid,
    label,
    legend,
    mark,
    own_axes,
    point,
    scatter,
    segment,
    style,
    ticks,
)
from trifit.results import Interval, Reliability, TopLabel


def reliability(
    curve: Reliability, *, name: str = "", ax: Axes | None = None, lw: float = 2.0
) -> Axes:
    """A CORP curve: observed frequency against forecast, as steps of pooled blocks.

    Parameters
    ----------
    curve : Reliability
    name : str, optional
        Of the fit.
    ax : Axes, optional
        Default: of a new figure.
    lw : float
        Width of the line, in points.
    """
    ax = own_axes(ax, 4, 4)
    colour, marker = style(name)
    c = curve.curve
    xs = [x for low, high in zip(c.low, c.high, strict=True) for x in (low, high)]
    ys = [y for frequency in c.frequency for y in (frequency, frequency)]
    ax.plot([0, 1], [0, 1], color=INK, lw=0.8, ls=(0, (3, 3)))
    (line,) = ax.plot(xs, ys, color=colour, lw=lw)
    mark(line, fit=name)
    middles = [(low + high) / 2 for low, high in zip(c.low, c.high, strict=True)]
    dots = scatter(
        ax, middles, c.frequency, s=7 * lw, marker=marker, color=colour, label=name, zorder=3
    )
    blocks = zip(c.low, c.high, c.frequency, c.count, strict=True)
    mark(
        dots,
        fit=name,
        tips=[
            f"{name}: predicted {_range(low, high)}, observed {share:.1%} of {n:,} rows"
            for low, high, share, n in blocks
        ],
    )
    return _unit_square(ax)


def _range(low: float, high: float) -> str:
    first, last = f"{low:.1%}", f"{high:.1%}"
    return first if first == last else f"{first} to {last}"


def _unit_square(ax: Axes) -> Axes:
    ax.set_xlim(-0.02, 1.02)
    ax.set_ylim(-0.02, 1.02)
    ax.set_aspect("equal")
    quarters = [0, 0.25, 0.5, 0.75, 1]
    ticks(ax, "x", quarters, [f"{t:g}" for t in quarters])
    ticks(ax, "y", quarters, [f"{t:g}" for t in quarters])
    return ax


def _from_chance(ax: Axes, n_classes: int | None) -> Axes:
    """Let the axis of a confidence, which is at least 1/K, begin there."""
    if n_classes is not None:
        ax.set_xlim(1 / n_classes - 0.02, 1.02)
        ax.set_aspect("auto")
    return ax


def top_label(
    curve: TopLabel, *, name: str = "", n_classes: int | None = None, ax: Axes | None = None
) -> Axes:
    """Confidence against accuracy of one fit, with the bands that calibration allows.

    Grey: 95 % bands of a calibrated model, pointwise (dark) and simultaneous (light).
    Bars count the rows.

    Parameters
    ----------
    curve : TopLabel
    name : str, optional
        Of the fit.
    n_classes : int, optional
        The axis begins at one over it, the least confidence there is.
    ax : Axes, optional
        Default: of a new figure.
    """
    ax = own_axes(ax, 4, 4)
    grid_points = curve.band_grid
    ax.fill_between(
        grid_points, curve.band_lower_all, curve.band_upper_all, color=INK, alpha=0.08, lw=0
    )
    ax.fill_between(grid_points, curve.band_lower, curve.band_upper, color=INK, alpha=0.12, lw=0)
    bins, largest = len(curve.histogram), max(curve.histogram)
    bars(
        ax,
        [(i + 0.5) / bins for i in range(bins)],
        [0.22 * count / largest for count in curve.histogram],
        width=0.85 / bins,
        color=style(name)[0],
        alpha=0.35,
    )
    return _from_chance(reliability(curve, name=name, ax=ax), n_classes)


def top_labels(
    curves: Mapping[str, TopLabel],
    *,
    n_classes: int | None = None,
    legends: bool = True,
    ax: Axes | None = None,
) -> Axes:
    """Confidence against accuracy of all fits on one plot, with confidence bands.

    The bands hold the true curve with 95 % confidence, everywhere at once.

    Parameters
    ----------
    curves : mapping of str to TopLabel
        By fit.
    n_classes : int, optional
        The axis begins at one over it, the least confidence there is.
    legends : bool
    ax : Axes, optional
        Default: of a new figure.
    """
    ax = own_axes(ax, 5, 5)
    for name, curve in curves.items():
        band = curve.confidence_band
        if name in shaded_of(curves) and band is not None:
            colour = style(name)[0]
            xs, lower, upper = _staircase(band.grid, band.lower, band.upper)
            mark(ax.fill_between(xs, lower, upper, color=colour, alpha=0.08, lw=0), fit=name)
            for edge in (lower, upper):
                (line,) = ax.plot(xs, edge, color=colour, lw=0.8, alpha=0.6)
                mark(line, fit=name)
    for name, curve in curves.items():
        reliability(curve, name=name, ax=ax)
    _from_chance(ax, n_classes)
    ax.set_xlabel("confidence: probability of the most probable class")
    ax.set_ylabel("accuracy")
    if legends:
        legend(ax)
    return ax


def _staircase(
    points: list[float], lower: list[float], upper: list[float]
) -> tuple[list[float], list[float], list[float]]:
    """Between points ``lower`` holds from the one before, ``upper`` from the one after."""
    xs, low, high = [points[0]], [lower[0]], [upper[0]]
    for i in range(1, len(points)):
        xs += [points[i - 1], points[i], points[i]]
        low += [lower[i - 1], lower[i - 1], lower[i]]
        high += [upper[i], upper[i], upper[i]]
    return xs, low, high


def confidences(
    curves: Mapping[str, TopLabel], *, legends: bool = True, ax: Axes | None = None
) -> Axes:
    """Histogram of confidences: share of rows in 20 bins, an outline per fit.

    Parameters
    ----------
    curves : mapping of str to TopLabel
        By fit.
    legends : bool
    ax : Axes, optional
        Default: of a new figure.
    """
    ax = own_axes(ax, 5, 1.8)
    for name, curve in curves.items():
        colour, marker = style(name)
        bins, n = len(curve.histogram), sum(curve.histogram)
        middles = [(i + 0.5) / bins for i in range(bins)]
        shares = [count / n for count in curve.histogram]
        (line,) = ax.step(middles, shares, where="mid", color=colour, lw=1.3, label=name)
        mark(line, fit=name)
        kept = [i for i in range(bins) if curve.histogram[i]]
        dots = scatter(
            ax,
            [middles[i] for i in kept],
            [shares[i] for i in kept],
            s=14,
            marker=marker,
            color=colour,
        )
        mark(
            dots,
            fit=name,
            tips=[
                f"{name}: {curve.histogram[i]:,} of {n:,} rows with confidence "
                f"{i / bins:.0%} to {(i + 1) / bins:.0%}"
                for i in kept
            ],
        )
    ax.set_xlim(-0.02, 1.02)
    ax.set_ylim(bottom=0)
    ax.yaxis.set_major_formatter(lambda v, _: f"{v:.0%}")
    ax.set_xlabel("confidence")
    ax.set_ylabel("share of rows")
    grid(ax, "y")
    if legends:
        legend(ax)
    return ax


def confidence_accuracy(
    confidence: Mapping[str, float], accuracy: Mapping[str, Interval], *, ax: Axes | None = None
) -> Axes:
    """Mean confidence (open) against accuracy (filled, 95 % interval), a row per fit.

    Parameters
    ----------
    confidence : mapping of str to float
        By fit.
    accuracy : mapping of str to Interval
        By fit.
    ax : Axes, optional
        Default: of a new figure.
    """
    ax = own_axes(ax, 6, 0.3 * len(confidence) + 0.9)
    for i, (name, mean) in enumerate(confidence.items()):
        right = accuracy[name]
        segment(ax, [right.low, right.high], [i, i], name)
        ax.plot([mean, right.value], [i, i], color=INK, lw=0.8, zorder=1)
        point(ax, right.value, i, name, f"{name}: accuracy {right.value:.1%}")
        point(ax, mean, i, name, f"{name}: mean confidence {mean:.1%}", filled=False)
    ticks(ax, "y", range(len(confidence)), [label(name) for name in confidence])
    ax.set_ylim(len(confidence) - 0.5, -0.5)
    ax.xaxis.set_major_formatter(lambda v, _: f"{100 * v:.4g}%")
    ax.set_xlabel("mean confidence (open) and accuracy (filled)")
    grid(ax)
    return ax
