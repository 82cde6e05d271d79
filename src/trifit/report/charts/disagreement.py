"""Where predictions disagree: row by row, away from the data, over a plane."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

from trifit.report.charts.style import (
    INK,
    ON_COLOUR,
    class_style,
    grid,
    label,
    mark,
    own_axes,
    scatter,
    style,
    ticks,
    tint,
)
from trifit.results import ByDistance, Example, ProbabilityMap, RowTable

RIGHT, WRONG = ("#56B4E9", "o"), ("#D55E00", "X")
"""Colour and marker of rows whose most probable class is right or wrong."""

WORDS = {"right": RIGHT, "wrong": WRONG}


def probability_scatter(
    rows: RowTable, a: str, b: str, *, class_names: Sequence[str], ax: Axes | None = None
) -> Axes:
    """Probability of the true class under two fits, a mark per held-out row.

    Above the diagonal, b gives the true class more. Crosses: rows that b gets wrong.

    Parameters
    ----------
    rows : RowTable
    a, b : str
        Fits; a across, b up.
    class_names : sequence of str
    ax : Axes, optional
        Default: of a new figure.
    """
    ax = own_axes(ax, 4, 4)
    label_of = np.asarray(rows.label)
    pa, pb = (np.asarray(rows.probs[name]) for name in (a, b))
    at = np.arange(len(label_of))
    xs, ys, right = pa[at, label_of], pb[at, label_of], pb.argmax(axis=1) == label_of
    ax.plot([0, 1], [0, 1], color=INK, lw=0.8, ls=(0, (3, 3)))
    for group, chosen in (("right", right), ("wrong", ~right)):
        colour, marker = WORDS[group]
        dots = scatter(
            ax, xs[chosen], ys[chosen], s=18, marker=marker, color=colour, lw=0, alpha=0.75
        )
        tips = [
            f"row {rows.row[i]}, {class_names[label_of[i]]}: {a} {xs[i]:.3f}, {b} {ys[i]:.3f}"
            for i in np.flatnonzero(chosen)
        ]
        mark(dots, fit=group, tips=tips)
    ax.set_xlim(-0.02, 1.02)
    ax.set_ylim(-0.02, 1.02)
    ax.set_aspect("equal")
    ax.set_xlabel(f"{a}: probability of the true class")
    ax.set_ylabel(f"{b}: probability of the true class")
    return ax


def entropies(
    rows: RowTable, fit: str, *, class_names: Sequence[str], ax: Axes | None = None
) -> Axes:
    """Chance and model uncertainty: the two parts of the posterior's entropy, row by row.

    Parameters
    ----------
    rows : RowTable
    fit : str
        Whose most probable class is marked right or wrong.
    class_names : sequence of str
    ax : Axes, optional
        Default: of a new figure.
    """
    ax = own_axes(ax, 4.5, 4)
    label_of = np.asarray(rows.label)
    right = np.asarray(rows.probs[fit]).argmax(axis=1) == label_of
    xs, ys = np.asarray(rows.aleatoric), np.asarray(rows.epistemic)
    for group, chosen in (("right", right), ("wrong", ~right)):
        colour, marker = WORDS[group]
        dots = scatter(
            ax, xs[chosen], ys[chosen], s=18, marker=marker, color=colour, lw=0, alpha=0.75
        )
        tips = [
            f"row {rows.row[i]}, {class_names[label_of[i]]}: aleatoric {xs[i]:.3f}, "
            f"epistemic {ys[i]:.3f} nats"
            for i in np.flatnonzero(chosen)
        ]
        mark(dots, fit=group, tips=tips)
    ax.set_xlim(left=0)
    ax.set_ylim(bottom=0)
    ax.set_xlabel("aleatoric entropy (chance), nats")
    ax.set_ylabel("epistemic entropy (draws disagree), nats")
    grid(ax, "both")
    return ax


def examples(
    rows: Sequence[Example],
    fits: Sequence[str],
    *,
    class_names: Sequence[str],
    ax: Axes | None = None,
) -> Axes:
    """Class probabilities of single rows as bars, one per fit; the true class is outlined.

    Parameters
    ----------
    rows : sequence of Example
    fits : sequence of str
    class_names : sequence of str
    ax : Axes, optional
        Default: of a new figure.
    """
    ax = own_axes(ax, 7, 0.62 * len(rows) + 0.6)
    middles, names = [], []
    step = 1 / (len(fits) + 0.9)
    for i, row in enumerate(rows):
        for j, fit in enumerate(fits):
            y, left = i + j * step, 0.0
            for k, p in enumerate(row.probs[fit]):
                if p >= 0.005:
                    tip = f"row {row.row}, {fit}: {class_names[k]} {p:.3f}"
                    true = k == row.label
                    bar = Rectangle(
                        (left, y - 0.43 * step), p, 0.86 * step,
                        facecolor=tint(class_style(k)[0], 0.3 if true else 0.7),
                        edgecolor=INK if true else "none", lw=1.4,
                    )  # fmt: skip
                    mark(ax.add_patch(bar), tips=[tip + " (true class)" * true])
                    if p >= 0.12:
                        text = label(class_names[k], round(30 * p) + 2)
                        ax.text(
                            left + p / 2,
                            y,
                            text,
                            ha="center",
                            va="center",
                            size=7.5,
                            color=ON_COLOUR,
                        )
                left += p
            middles.append(y)
            names.append(f"row {row.row} · {fit}" if j == 0 else fit)
    ticks(ax, "y", middles, names)
    ax.tick_params(axis="y", length=0, labelsize=8)
    ax.set_ylim(len(rows) - step * 0.9, -step)
    ax.set_xlim(0, 1)
    ax.set_xlabel("class probabilities (outlined: the true class)")
    return ax


def confidence_by_distance(
    table: ByDistance, fit: str, *, lowest: float | None = None, ax: Axes | None = None
) -> Axes:
    """Mean confidence of one fit (line) and its accuracy (95 % intervals) by distance.

    Parameters
    ----------
    table : ByDistance
    fit : str
    lowest : float, optional
        Least value to show, for charts beside each other; default: the fit's own.
    ax : Axes, optional
        Default: of a new figure.
    """
    ax = own_axes(ax, 4, 3)
    colour, marker = style(fit)
    confidence, accuracy = table.confidence[fit], table.accuracy[fit]
    ax.plot(table.distance, confidence, color=colour, lw=2)
    dots = scatter(ax, table.distance, confidence, s=30, marker=marker, color=colour, zorder=3)
    bins = zip(table.distance, confidence, accuracy, table.count, strict=True)
    mark(
        dots,
        fit=fit,
        tips=[
            f"{fit}, {n} rows about {d:.2f} away: confidence {c:.1%}, accuracy {share.value:.1%}"
            for d, c, share, n in bins
        ],
    )
    for d, share in zip(table.distance, accuracy, strict=True):
        ax.plot([d, d], [share.low, share.high], color=INK, lw=1, alpha=0.7)
    shares = [share.value for share in accuracy]
    scatter(ax, table.distance, shares, s=16, marker="_", color=INK, lw=1.6, zorder=2)
    if lowest is None:
        lowest = min(*confidence, *(share.low for share in accuracy))
    ax.set_ylim(max(0.0, lowest - 0.05), 1.02)
    ax.yaxis.set_major_formatter(lambda v, _: f"{v:.0%}")
    ax.set_xlabel("distance from the training rows")
    grid(ax, "y")
    return ax


def probability_map(
    plane: ProbabilityMap, fit: str, *, class_names: Sequence[str], ax: Axes | None = None
) -> Axes:
    """Most probable class and its probability over a plane: paler is less sure.

    Colour: the most probable class; intensity: its probability above chance; line:
    probability 0.95; marks: training rows.

    Parameters
    ----------
    plane : ProbabilityMap
    fit : str
    class_names : sequence of str
    ax : Axes, optional
        Default: of a new figure.
    """
    ax = own_axes(ax, 4, 4)
    n, layer, (first, second) = plane.n_grid, plane.fits[fit], plane.axes
    winner = np.asarray(layer.winner).reshape(n, n)
    probability = np.asarray(layer.probability).reshape(n, n) / 1000
    chance = 1 / len(class_names)
    image = np.empty((n, n, 4))
    for k in range(len(class_names)):
        image[winner == k, :3] = to_rgb(class_style(k)[0])
    image[..., 3] = 0.05 + 0.75 * np.clip((probability - chance) / (1 - chance), 0, 1)
    half = [(axis.high - axis.low) / (2 * (n - 1)) for axis in (first, second)]
    ax.imshow(
        image,
        origin="lower",
        extent=(
            first.low - half[0], first.high + half[0], second.low - half[1], second.high + half[1],
        ),
        aspect="auto",
        interpolation="none",
    )  # fmt: skip
    for k in np.unique(winner):
        # Where k is not the most probable class, its probability is at most the rest.
        of_k = np.where(winner == k, probability, 1 - probability)
        if of_k.min() < SURE < of_k.max():
            ax.contour(
                np.linspace(first.low, first.high, n),
                np.linspace(second.low, second.high, n),
                of_k,
                levels=[SURE],
                colors=[INK],
                linewidths=0.9,
            )
    codes = np.asarray(plane.label)
    for k in sorted(set(plane.label)):
        chosen = np.flatnonzero(codes == k)
        colour, marker = class_style(k)
        xs, ys = np.asarray(plane.x)[chosen], np.asarray(plane.y)[chosen]
        dots = scatter(ax, xs, ys, s=13, marker=marker, color=colour, edgecolor=INK, lw=0.5)
        mark(dots, fit=class_names[k], tips=[f"training row: {class_names[k]}"] * len(chosen))
    ax.set_xlim(first.low, first.high)
    ax.set_ylim(second.low, second.high)
    ax.set_xlabel(label(first.name))
    ax.set_ylabel(label(second.name))
    return ax


SURE = 0.95
"""Probability of the line drawn on maps."""
