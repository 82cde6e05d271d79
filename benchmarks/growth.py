"""How seconds grow, and how far they are from the machine's limits; draws docs/images/growth.svg.

Softmax regression on simulated data (rows, features, classes: one moves, the others stay),
more columns than rows, and networks of more and more hidden units. Beside the gradient, the MLE or
MAP, and NUTS per draw stands the *limit of the gradient*: its floating-point operations over the
fastest matrix product, or its bytes over the fastest reading, whichever takes longer; both
are measured in the same run, on all cores. MLE and NUTS have as many of them as they take steps.

    python benchmarks/growth.py
    python benchmarks/growth.py share=0.1
"""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from harness import Part, main, timed
from problems import density_of, simulated

PICTURE = Path(__file__).parents[1] / "docs" / "images" / "growth.svg"
WHAT = {
    "gradient": "gradient",
    "point": "MLE (networks: MAP; d > n: span of the rows and MAP)",
    "nuts": "NUTS, per draw",
}
SETTINGS = {"n_obs": "n", "n_features": "d", "n_classes": "K", "hidden": "units"}


@dataclass(frozen=True)
class Axis:
    """What moves, and what stays.

    Attributes
    ----------
    of : str
        The setting that moves.
    sizes : tuple of int
    stays : dict
        The other settings.
    largest_nuts : int
        Beyond it, NUTS is left out.
    """

    of: str
    sizes: tuple
    stays: dict
    largest_nuts: int

    def settings(self, size):
        """All settings at one size."""
        return self.stays | {self.of: size}


BASE = {"n_obs": 10_000, "n_features": 20, "n_classes": 5}
AXES = {
    "rows": Axis("n_obs", (1_000, 4_000, 16_000, 64_000, 256_000), BASE, 64_000),
    "features": Axis("n_features", (5, 10, 20, 40, 80, 160), BASE, 40),
    "classes": Axis("n_classes", (2, 4, 8, 16, 32), BASE, 8),
    "columns, more than rows": Axis(
        "n_features", (1_000, 4_000, 16_000), {"n_obs": 100, "n_classes": 2}, 16_000
    ),
    "hidden units": Axis(
        "hidden", (4, 16, 64), {"n_obs": 500, "n_features": 10, "n_classes": 3}, 16
    ),
}


# --- what the machine can do ---


@dataclass(frozen=True)
class Machine:
    """The fastest that was seen, all cores together: operations and bytes per second."""

    flops: float
    bandwidth: float

    def seconds(self, flops, read):
        """The least time for so many operations and bytes."""
        return max(flops / self.flops, read / self.bandwidth)


def fastest(size=1_500, megabytes=128, repeats=4):
    """A matrix product and a sum on every core at once."""
    from trifit.threads import cores, limited, side_by_side

    n = cores()
    A = [np.random.default_rng(i).standard_normal((size, size)) for i in range(n)]
    long = [np.ones(megabytes * 125_000) for _ in range(n)]
    with limited():
        product = min(timed(side_by_side, lambda a: a @ a, A) for _ in range(repeats))
        read = min(timed(side_by_side, np.sum, long) for _ in range(repeats))
    return Machine(n * 2 * size**3 / product, n * long[0].nbytes / read)


def limit(machine, n_obs, n_features, n_classes, hidden=0):
    """Seconds of a gradient at the machine's limit.

    Scores and the gradient of their weights are products of two operations for each row and
    weight; behind a hidden layer there is a third, for the gradient of its units. With more
    columns than rows, the rows stand in their span: n columns.
    """
    d, K = min(n_features, n_obs), n_classes - 1
    products = 4 * n_obs * d * (hidden or K) + 6 * n_obs * hidden * K
    return machine.seconds(products, 8 * n_obs * d)


def turning_limit(machine, n_obs, n_features, **_):
    """Seconds that bringing more columns than rows into their span takes at the limit: X X'."""
    if n_features <= n_obs:
        return 0.0
    return machine.seconds(2 * n_obs**2 * n_features, 8 * n_obs * n_features)


# --- what trifit does ---


def seconds_of(with_nuts, hidden=0, **sizes):
    """Seconds and steps of the gradient (median of 5), the point fit (of 3), a draw of NUTS."""
    import msgspec

    from trifit.cards import Optimiser, load_card
    from trifit.crossfit.rotation import Rotation
    from trifit.fit.optimise import maximise
    from trifit.threads import limited
    from trifit.types import Rows

    X, y = simulated(**sizes)
    wide, card = X.shape[1] > len(X), load_card("network" if hidden else "softmax")
    if hidden:
        card = card.with_overrides({"hidden": [hidden]})
    turning = 0.0
    if wide:
        start = time.perf_counter()
        X = Rotation.spanning(X, len(X)).coordinates(X)
        turning = time.perf_counter() - start
    density = density_of(card, X, y)
    objective, rows = density.bind(X, y), Rows(X, y)
    thetas = 0.1 * np.random.default_rng(2).standard_normal((6, density.n_params))
    with limited():  # never the same theta twice; the first call is not counted
        gradient = [timed(objective, theta, prior=0.0, jacobian=0.0) for theta in thetas][1:]
    settings = msgspec.structs.replace(Optimiser(), tolerance=1e-6, max_steps=2_000)
    prior = 1.0 if wide or hidden else 0.0
    fits = []

    def point():
        rng = np.random.default_rng(1)
        fits.append(maximise("map", density, rows, settings, rng, prior=prior))

    seconds = turning + float(np.median([timed(point) for _ in range(3)]))
    out = {
        "gradient": (float(np.median(gradient)), 1.0),
        "point": (seconds, float(max(fits[-1].diagnostics.steps, 1))),
    }
    if with_nuts:
        out["nuts"] = per_draw(density, objective, card, None if hidden else fits[-1].theta)
    return out


def per_draw(density, objective, card, centre, draws=50):
    """Wall seconds over draws of all chains, warm-up draws counted too, and steps per draw."""
    import msgspec

    from trifit.fit.methods.bayes import fit_bayes

    sampler = msgspec.structs.replace(card.sampler, draws=draws, tune=draws)
    start = time.perf_counter()
    fit = fit_bayes(density, objective, centre, sampler, seed=1)
    n_draws = sampler.chains * 2 * draws
    return (time.perf_counter() - start) / n_draws, fit.diagnostics.mean_steps or 1.0  # proposals


def exponent(sizes, seconds):
    """Slope of log seconds on log size over the larger half."""
    half = (len(sizes) - 1) // 2
    return float(np.polyfit(np.log(sizes[half:]), np.log(seconds[half:]), 1)[0])


@dataclass(frozen=True)
class Line:
    """One thing along one axis: sizes, and seconds taken and at the limit."""

    axis: str
    what: str
    sizes: list
    seconds: list
    limits: list

    def row(self):
        """Its row of the table."""
        ends = [f"{1e3 * s:.3g}" for s in (self.seconds[0], self.seconds[-1])]
        of = SETTINGS[AXES[self.axis].of]
        return [
            f"{self.axis}: {of} = {self.sizes[0]:,} to {self.sizes[-1]:,}",
            WHAT[self.what],
            *ends,
            f"{exponent(self.sizes, self.seconds):.2f}",
            *(f"{t / s:.2g}" for t, s in ends_of(self.seconds, self.limits)),
        ]


def ends_of(seconds, limits):
    """Seconds and limit at the smallest and the largest size."""
    return [(seconds[i], limits[i]) for i in (0, -1)]


def lines(machine, share):
    """Everything, up to a share of the largest sizes (but for two of them)."""
    out = []
    for name, axis in AXES.items():
        sizes = axis.sizes[: max(2, sum(size <= share * axis.sizes[-1] for size in axis.sizes))]
        found = {what: Line(name, what, [], [], []) for what in WHAT}
        for size in sizes:
            settings = axis.settings(size)
            least = limit(machine, **settings)
            before = {"point": turning_limit(machine, **settings)}
            taken = seconds_of(size <= axis.largest_nuts, **settings)
            for what, (seconds, steps) in taken.items():
                found[what].sizes.append(size)
                found[what].seconds.append(seconds)
                found[what].limits.append(steps * least + before.get(what, 0.0))
        out += found.values()
    return out


def draw(found, path):
    """A log-log panel for each axis, limits dotted; the same numbers give the same bytes."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.hashsalt": "trifit", "svg.fonttype": "none", "font.size": 9}):
        figure = Figure(figsize=(9.5, 6), layout="constrained")
        panels = figure.subplots(2, 3, sharey=True).ravel()
        looks = dict(zip(WHAT, (("o", "C0"), ("s", "C1"), ("^", "C2")), strict=True))
        for panel, (name, axis) in zip(panels, AXES.items(), strict=False):
            for line in (line for line in found if line.axis == name):
                marker, colour = looks[line.what]
                label = WHAT[line.what]
                panel.loglog(
                    line.sizes, line.seconds, marker=marker, color=colour, markersize=4, label=label
                )
                panel.loglog(line.sizes, line.limits, ":", color=colour, linewidth=1)
            stays = ", ".join(f"{SETTINGS[of]} = {size:,}" for of, size in axis.stays.items())
            panel.set(xlabel=f"{name}, {SETTINGS[axis.of]}", title=stays)
            sizes = max((line.sizes for line in found if line.axis == name), key=len)
            panel.set_xticks(sizes, [f"{size:,}" for size in sizes], fontsize=8)
            panel.minorticks_off()
            panel.grid(visible=True, alpha=0.3)
        for panel in panels[:: panels.size // 2]:
            panel.set_ylabel("seconds")
        handles, labels = panels[0].get_legend_handles_labels()
        panels[-1].set_axis_off()
        panels[-1].legend(
            [*handles, mpl.lines.Line2D([], [], linestyle=":", color="0.4")],
            [*labels, "the machine's limit"],
            loc="center",
            frameon=False,
        )
        figure.savefig(path, format="svg", metadata={"Date": None})


def measure(share=1.0, picture=str(PICTURE)):
    """Measure; ``share`` of the largest sizes for a quick look."""
    seconds_of(True, n_obs=500, n_features=3, n_classes=3)  # noqa: FBT003 - warms up
    machine = fastest()
    found = lines(machine, share)
    draw(found, picture)
    return Part(
        "Growth",
        "![Seconds against rows, features, classes, columns and hidden units, with the machine's "
        "limits](../docs/images/growth.svg)\n\n"
        "Softmax regression; d > n: rows in their span; hidden units: the card `network`. "
        "Exponent: slope of log seconds on log size over the larger half of the sizes. The limit: "
        "a gradient's operations at the speed of the fastest matrix product, or its bytes at that "
        f"of the fastest reading ({1e-9 * machine.flops:.0f} GFLOP/s and "
        f"{1e-9 * machine.bandwidth:.0f} GB/s, all cores, the same run), times the steps that were "
        "taken. Exponentials, normalisation and priors are not in it.",
        [
            "",
            "",
            "ms, smallest",
            "ms, largest",
            "exponent",
            "times the limit, smallest",
            "times the limit, largest",
        ],
        [line.row() for line in found],
    )


if __name__ == "__main__":
    main(measure)
