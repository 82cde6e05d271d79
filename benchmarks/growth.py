"""How seconds grow with rows, features and classes; draws docs/images/growth.svg.

The gradient, the MLE (gradient per row below 1e-6) and NUTS per draw of softmax regression
on simulated data; one of n, d, K moves, the others stay. The exponent is the slope of log
seconds on log size over the larger half of the sizes: 1 means twice the size, twice the time.

    python benchmarks/growth.py
"""

import time
from pathlib import Path

import numpy as np
from harness import Part, main, timed
from problems import density_of, simulated

SIZES = {
    "n_obs": (1_000, 4_000, 16_000, 64_000, 256_000),
    "n_features": (5, 10, 20, 40, 80, 160),
    "n_classes": (2, 4, 8, 16, 32),
}
BASE = {"n_obs": 10_000, "n_features": 20, "n_classes": 5}
WHAT = {"gradient": "log-likelihood and gradient", "mle": "MLE", "nuts": "NUTS, per draw"}
AXES = {"n_obs": "rows n", "n_features": "features d", "n_classes": "classes K"}
LARGEST_NUTS = {"n_obs": 64_000, "n_features": 40, "n_classes": 8}
PICTURE = Path(__file__).parents[1] / "docs" / "images" / "growth.svg"


def seconds_of(sizes, with_nuts):
    """Seconds of the gradient (median of 5), the MLE (of 3), and a draw of NUTS."""
    import msgspec

    from trifit.cards import Optimiser, load_card
    from trifit.fit.optimise import maximise
    from trifit.threads import limited
    from trifit.types import Rows

    X, y = simulated(**sizes)
    card = load_card("softmax")
    density = density_of(card, X, y)
    objective, rows = density.bind(X, y), Rows(X, y)
    thetas = 0.1 * np.random.default_rng(2).standard_normal((6, density.n_params))
    with limited():  # never the same theta twice; the first call is not counted
        gradient = [timed(objective, theta, prior=0.0, jacobian=0.0) for theta in thetas][1:]
    settings = msgspec.structs.replace(Optimiser(), tolerance=1e-6)
    rng = np.random.default_rng(1)
    mle = [timed(maximise, "mle", density, rows, settings, rng, prior=0.0) for _ in range(3)]
    out = {
        "gradient": float(np.median(gradient)),
        "mle": float(np.median(mle)),
    }
    if with_nuts:
        out["nuts"] = seconds_per_draw(density, rows, objective, card)
    return out


def seconds_per_draw(density, rows, objective, card, draws=50):
    """Wall seconds of sampling over draws of all chains, warm-up draws counted too."""
    import msgspec

    from trifit.fit.methods.bayes import fit_bayes
    from trifit.fit.methods.map import fit_map

    centre = fit_map(density, rows, card.optimiser, np.random.default_rng(1)).theta
    sampler = msgspec.structs.replace(card.sampler, draws=draws, tune=draws)
    start = time.perf_counter()
    fit_bayes(density, objective, centre, sampler, seed=1)
    return (time.perf_counter() - start) / (sampler.chains * 2 * draws)


def exponent(sizes, seconds):
    """Slope of log seconds on log size over the larger half."""
    half = (len(sizes) - 1) // 2
    return float(np.polyfit(np.log(sizes[half:]), np.log(seconds[half:]), 1)[0])


def curves(share):
    """Sizes and seconds: ``{axis: {what: (sizes, seconds)}}``."""
    found = {axis: {what: ([], []) for what in WHAT} for axis in SIZES}
    for axis, sizes in SIZES.items():
        for size in sizes[: max(2, sum(size <= share * sizes[-1] for size in sizes))]:
            point = seconds_of(BASE | {axis: size}, size <= LARGEST_NUTS[axis])
            for what, seconds in point.items():
                found[axis][what][0].append(size)
                found[axis][what][1].append(seconds)
    return found


def draw(found, path):
    """One log-log panel for each of n, d, K; the same numbers give the same bytes."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.hashsalt": "trifit", "svg.fonttype": "none", "font.size": 9}):
        figure = Figure(figsize=(9, 3.2), layout="constrained")
        panels = figure.subplots(1, len(found), sharey=True)
        for panel, (axis, lines) in zip(panels, found.items(), strict=True):
            for (what, (sizes, seconds)), marker in zip(lines.items(), "os^", strict=True):
                panel.loglog(sizes, seconds, marker=marker, markersize=4, label=WHAT[what])
            fixed = (f"{AXES[other][-1]} = {BASE[other]:,}" for other in BASE if other != axis)
            panel.set(xlabel=AXES[axis], title=", ".join(fixed))
            sizes = max((sizes for sizes, _ in lines.values()), key=len)
            panel.set_xticks(sizes, [f"{size:,}" for size in sizes], fontsize=8)
            panel.minorticks_off()
            panel.grid(visible=True, alpha=0.3)
        panels[0].set_ylabel("seconds")
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=3, frameon=False)
        figure.savefig(path, format="svg", metadata={"Date": None})


def measure(share=1.0, picture=str(PICTURE)):
    """Measure; ``share`` of the largest sizes for a quick look."""
    seconds_of({"n_obs": 500, "n_features": 3, "n_classes": 3}, True)  # noqa: FBT003 - warms up
    found = curves(share)
    draw(found, picture)
    rows = [
        [
            f"{AXES[axis]}, {sizes[0]:,} to {sizes[-1]:,}: {WHAT[what]}",
            f"{1e3 * seconds[0]:.3g}",
            f"{1e3 * seconds[-1]:.3g}",
            f"{exponent(sizes, seconds):.2f}",
        ]
        for axis, lines in found.items()
        for what, (sizes, seconds) in lines.items()
    ]
    return Part(
        "Growth",
        "![Seconds against rows, features and classes](../docs/images/growth.svg)\n\n"
        f"Softmax regression; n = {BASE['n_obs']:,}, d = {BASE['n_features']}, "
        f"K = {BASE['n_classes']} where they stay. Exponent: slope of log seconds on log size "
        "over the larger half of the sizes.",
        ["", "ms, smallest", "ms, largest", "exponent"],
        rows,
    )


if __name__ == "__main__":
    main(measure)
