"""Comparison with the truth, which is known for simulations only."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from trifit.report.charts.style import (
    INK,
    grid,
    label,
    mark,
    own_axes,
    point,
    scatter,
    segment,
    style,
    ticks,
)
from trifit.results import Truth
from trifit.text import with_se


def estimated_against_true(
    truth: Truth, fit: str, *, class_names: Sequence[str], ax: Axes | None = None
) -> Axes:
    """Estimated against true class probability, a mark per row and class.

    Parameters
    ----------
    truth : Truth
    fit : str
    class_names : sequence of str
    ax : Axes, optional
        Default: of a new figure.
    """
    ax = own_axes(ax, 4, 4)
    colour, marker = style(fit)
    xs, ys, n_classes = truth.true, truth.fits[fit].estimated, len(class_names)
    ax.plot([0, 1], [0, 1], color=INK, lw=0.8, ls=(0, (3, 3)))
    dots = scatter(ax, xs, ys, s=14, marker=marker, color=colour, lw=0, alpha=0.6)
    mark(
        dots,
        fit=fit,
        tips=[
            f"row {truth.rows[i // n_classes]}, {class_names[i % n_classes]}: true {x:.3f}, "
            f"{fit} {y:.3f}"
            for i, (x, y) in enumerate(zip(xs, ys, strict=True))
        ],
    )
    ax.set_xlim(-0.02, 1.02)
    ax.set_ylim(-0.02, 1.02)
    ax.set_aspect("equal")
    ax.set_xlabel("true probability")
    ax.set_ylabel("estimated probability")
    return ax


def excess(truth: Truth, *, ax: Axes | None = None) -> Axes:
    """KL divergence from the truth, with 95 % intervals, a row per fit; 0 is the truth."""
    ax = own_axes(ax, 7, 0.3 * len(truth.fits) + 0.9)
    for i, (name, record) in enumerate(truth.fits.items()):
        kl = record.kl
        segment(ax, [max(0.0, kl.low), kl.high], [i, i], name)
        tip = f"{name}: KL divergence {with_se(kl.value, kl.se)} nats"
        point(ax, kl.value, i, name, tip)
    ticks(ax, "y", range(len(truth.fits)), [label(name) for name in truth.fits])
    ax.set_ylim(len(truth.fits) - 0.5, -0.5)
    ax.set_xlim(left=min(0.0, float(np.min([r.kl.value for r in truth.fits.values()]))))
    ax.set_xlabel("KL(truth || prediction), nats: expected excess log-loss")
    grid(ax)
    return ax
