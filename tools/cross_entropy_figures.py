"""Draw the figures of docs/cross-entropy.md: make figures."""

import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from scipy.special import expit

from trifit.information import cross_entropy, entropy, kl_divergence
from trifit.report import charts
from trifit.report.charts.style import grid
from trifit.report.svg import with_style
from trifit.scores import squared_distance
from trifit.types import FloatArray

SOURCE = np.array([[1 / 2, 1 / 4, 1 / 8, 1 / 8]])
CODES = {
    "its own code": SOURCE,
    "code for equal shares": np.full((1, 4), 1 / 4),
    "its code turned round": SOURCE[:, ::-1],
}
LOG = {"color": charts.class_style(0)[0], "label": "log-loss, nats", "lw": 1.8}
SQUARED = {"color": charts.class_style(1)[0], "label": "squared error", "lw": 1.8, "ls": "--"}


def two(q: FloatArray) -> FloatArray:
    """Forecasts (n, 2) from the probabilities of class 1."""
    return np.column_stack([1 - q, q])


def log_cost(truth: float, q: FloatArray) -> FloatArray:
    return cross_entropy(two(np.full_like(q, truth)), two(q))


def squared_cost(truth: float, q: FloatArray) -> FloatArray:
    """``(q - y)^2`` of one class, in expectation over ``y``: half the two-class Brier score."""
    return squared_distance(two(q), two(np.full_like(q, truth))) / 2


def absolute_cost(truth: float, q: FloatArray) -> FloatArray:
    return truth * (1 - q) + (1 - truth) * q


def code_lengths() -> Figure:
    """Bars as wide as a symbol is frequent and as high as its code is long."""
    figure, axes = charts.new_figure(8.6, 2.7, 1, len(CODES))
    left = np.cumsum(SOURCE[0]) - SOURCE[0]
    for ax, (name, q) in zip(axes[0], CODES.items(), strict=True):
        lengths = -np.log2(q[0])
        colours = [charts.class_style(k)[0] for k in range(4)]
        ax.bar(left, lengths, SOURCE[0], align="edge", color=colours, alpha=0.55, ec="white")
        ax.stairs(-np.log2(SOURCE[0]), [*left, 1], color=charts.INK, lw=1.2, ls=":", baseline=None)
        for x, width, symbol in zip(left, SOURCE[0], "abcd", strict=True):
            ax.text(x + width / 2, 0.12, symbol, ha="center")
        mean, least, extra = (
            float(f[0])
            for f in (
                cross_entropy(SOURCE, q, unit="bits"),
                entropy(SOURCE, unit="bits"),
                kl_divergence(SOURCE, q, unit="bits"),
            )
        )
        ax.set_title(f"{name}\narea {mean:.3f} = {least:.2f} + {extra:.3f} bits")
        ax.set(xlim=(0, 1), ylim=(0, 3.3), yticks=range(4))
        ax.set_xticks([0, 0.5, 0.75, 1], ["0", "1/2", "3/4", "1"])
        ax.set_xlabel("share of the symbols")
    axes[0, 0].set_ylabel("code length, bits")
    return figure


def cost_curves() -> Figure:
    """What a forecast costs once the label is known."""
    figure, axes = charts.new_figure(8.6, 2.9, 1, 2)
    q = np.linspace(0.002, 0.998, 499)
    for ax, y in zip(axes[0], (1.0, 0.0), strict=True):
        ax.plot(q, log_cost(y, q), **LOG)
        ax.plot(q, squared_cost(y, q), **SQUARED)
        ax.set_title(f"y = {y:.0f}: log-loss {'−log p' if y else '−log(1 − p)'}")
        ax.set(xlim=(0, 1), ylim=(0, 5), xlabel="forecast p of y = 1")
        grid(ax, "both")
    axes[0, 0].set_ylabel("cost of one row")
    axes[0, 0].legend(loc="upper right")
    return figure


def gradients() -> Figure:
    """Both losses of a row with y = 1, and their slopes, against the logit."""
    figure, axes = charts.new_figure(8.6, 2.9, 1, 2)
    z = np.linspace(-8, 8, 401)
    p = expit(z)
    cost, slope = axes[0]
    cost.plot(z, log_cost(1.0, p), **LOG)
    cost.plot(z, squared_cost(1.0, p), **SQUARED)
    cost.set_title("cost where y = 1")
    cost.legend(loc="upper right")
    slope.plot(z, p - 1, **LOG)
    slope.plot(z, 2 * (p - 1) * p * (1 - p), **SQUARED)
    slope.set_title("its slope: p − y, and 2 (p − y) p (1 − p)")
    slope.text(-7.8, -0.94, "still pulls")
    slope.text(-7.8, -0.1, "lets go")
    for ax in axes[0]:
        ax.set_xlabel("logit z   (left: confidently wrong)")
        grid(ax, "both")
    return figure


def expected_losses() -> Figure:
    """Expected loss against the forecast, for three truths; dots at the minima."""
    figure, axes = charts.new_figure(8.6, 3.0, 1, 3)
    q = np.linspace(0.0, 1.0, 1001)[1:-1]
    losses = {"log-loss": log_cost, "squared error": squared_cost, "absolute error": absolute_cost}
    for ax, (name, loss) in zip(axes[0], losses.items(), strict=True):
        for k, truth in enumerate((0.3, 0.6, 0.9)):
            colour, marker = charts.class_style(k)
            expected = loss(truth, q)
            best = expected.argmin()
            ax.axvline(truth, color=colour, lw=0.8, ls=":")
            ax.plot(q, expected, color=colour, lw=1.6)
            ax.plot(
                q[best], expected[best], marker, color=colour, clip_on=False, label=f"truth {truth}"
            )
        where = "0 or 1" if name == "absolute error" else "the truth"
        ax.set_title(f"{name}\nminimum at {where}")
        ax.set(xlim=(0, 1), ylim=(0, 2.5 if name == "log-loss" else 1), xlabel="forecast")
        grid(ax, "y")
    axes[0, 0].set_ylabel("expected loss")
    axes[0, 0].legend(loc="upper center", frameon=True, facecolor="white", edgecolor="none")
    return figure


FIGURES = {
    "code-lengths": code_lengths,
    "cost-curves": cost_curves,
    "gradients": gradients,
    "expected-loss": expected_losses,
}


def main(folder: str) -> None:
    Path(folder).mkdir(parents=True, exist_ok=True)
    # Letters as paths: the same on every machine. White: readable on a dark page too.
    with with_style(), mpl.rc_context({"svg.fonttype": "path", "savefig.facecolor": "white"}):
        for name, draw in FIGURES.items():
            target = Path(folder) / f"cross-entropy-{name}.svg"
            draw().savefig(target, metadata={"Date": None, "Creator": None})


if __name__ == "__main__":
    main(*sys.argv[1:])
