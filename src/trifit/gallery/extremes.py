"""Whether cross-entropy pushes outputs to 0 and 1."""

from functools import partial

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes

import trifit
from trifit.gallery.draw import known, known_key, log_ticks, trace
from trifit.gallery.question import Answer, Numbers, Question, Reference
from trifit.gallery.replications import as_text, by_sign, cell, means, replicate
from trifit.information import cross_entropy
from trifit.report.charts import class_style, mark
from trifit.report.parts import Cell, Key, Table, panels, series_keys, shape
from trifit.scores import Estimate, t_mean

WORLDS = {"overlapping classes": "sim:gaussian", "separable classes": "sim:separable"}
TRUTHS = (0.5, 0.7, 0.9, 1.0)
SHADES = (2, 3, 6, 7)
"""Colours of the four truths, none that a fit has in the same legend."""

OUTPUTS = np.linspace(0.005, 0.995, 199)


def experiment(
    seed: int = 1,
    *,
    rows: tuple[int, ...] = (20, 200, 2000),
    repeats: int = 5,
    n_test: int = 400,
) -> Numbers:
    """Share of test rows with an output above 0.99, for overlapping and separable classes.

    Returns ``rows`` (n_sizes,), for ``mle`` and ``map``, for the ``truth``, and for
    ``separated`` (no MLE exists) numbers (2 worlds, n_sizes, repeats); ``cost`` (4, 199) is the
    expected cross-entropy of an output for each of four true probabilities.

    Parameters
    ----------
    seed : int
    rows : tuple of int
        Numbers of training rows.
    repeats : int
        Replications of each.
    n_test : int
        Test rows of each.
    """

    def once(world: str, n: int, r: int) -> dict[str, float]:
        data = trifit.load_dataset(
            world, n=n, n_test=n_test, features=2, classes=2, seed=100 * seed + r
        )
        run = trifit.run_comparison(data, "logistic", nuts=False)
        outputs = {fit: np.exp(run.log_probs[fit]) for fit in ("mle", "map")}
        outputs["truth"] = np.asarray(data.true_probs)[run.test_rows]
        extreme = {name: (probs.max(axis=1) > 0.99).mean() for name, probs in outputs.items()}
        return extreme | {"separated": run.comparison.fits["mle"].status == "separated"}

    q = np.column_stack([OUTPUTS, 1 - OUTPUTS])
    cost = [cross_entropy(np.tile([p, 1 - p], (len(q), 1)), q) for p in TRUTHS]
    found = replicate(once, WORLDS.values(), rows, repeats=repeats)
    return {"rows": np.array(rows), "cost": np.array(cost)} | found


def answer(found: Numbers) -> Answer:
    """When outputs approach 0 and 1, and when they do not."""
    rows, excess = found["rows"], found["mle"] - found["truth"]
    return Answer(
        _paragraph(found),
        panels(
            "extremes",
            "Left: expected cross-entropy of an output for four true probabilities, with a mark at "
            "each minimum. Centre and right: share of test rows with an output above 0.99. 95% "
            "intervals over replications.",
            {"cost of an output": partial(_cost, found)}
            | {world: partial(_shares, found, w) for w, world in enumerate(WORLDS)},
            size=(3.3, 3.0),
            keys=(
                *series_keys(("mle", "map")),
                known_key("truth"),
                *(Key(f"p = {p:g}", *_look(k)) for k, p in enumerate(TRUTHS)),
            ),
        ),
        Table(
            "Share of test rows with an output above 0.99, ± standard error over replications",
            ("classes, training rows", "truth", "mle", "mle minus truth", "map", "without an MLE"),
            tuple(
                (
                    f"{world}, {n:,g}",
                    cell(found["truth"][w, i]),
                    cell(found["mle"][w, i]),
                    cell(excess[w, i]),
                    cell(found["map"][w, i]),
                    Cell(f"{found['separated'][w, i].mean():.0%}"),
                )
                for w, world in enumerate(WORLDS)
                for i, n in enumerate(rows)
            ),
        ),
    )


def _paragraph(found: Numbers) -> str:
    rows, excess = found["rows"], found["mle"] - found["truth"]
    best = OUTPUTS[found["cost"].argmin(axis=1)]
    inside = ", ".join(f"{q:.3g} for {p:g}" for p, q in zip(TRUTHS[:-1], best[:-1], strict=True))
    few, *_, many = means(excess[0])
    first, *_, last = means(found["mle"][1])
    tame = t_mean(found["mle"][1, 0] - found["map"][1, 0])
    return (
        "No: it pulls them to the probability of the label. The expected cross-entropy is least "
        f"where the output equals the true probability (minimum at {inside}); only for a true "
        "probability of 1 does it decrease all the way to 1. So with overlapping classes and "
        f"{rows[-1]:,g} rows the share of outputs above 0.99 "
        + _beyond(many)
        + f"; with {rows[0]:g} rows it "
        + _beyond(few)
        + _by_chance(float(found["separated"][0, 0].mean()))
        + ". If the classes really are separable "
        f"({found['separated'][1].mean():.0%} of data sets without an MLE), the likelihood "
        "grows with the log-odds without bound: after training to convergence, the share of "
        f"outputs above 0.99 is {as_text(first)} with {rows[0]:g} rows and "
        f"{as_text(last)} with {rows[-1]:,g}. Here the labels really are certain. With "
        f"{rows[0]:g} rows the MAP's outputs "
        + by_sign(
            tame,
            above=f"are less extreme (share smaller by {as_text(tame)})",
            below=f"are even more extreme (difference {as_text(tame)})",
            neither=f"are not clearly different ({as_text(tame)})",
        )
        + "."
    )


def _beyond(excess: Estimate) -> str:
    return by_sign(
        excess,
        above=f"is too large by {as_text(excess)}",
        below=f"is too small by {as_text(excess)}",
        neither=f"is not clearly different from the truth's ({as_text(excess)})",
    )


def _by_chance(share: float) -> str:
    return (
        f", and in {share:.0%} of those data sets no MLE exists, because a line separates the "
        "classes by chance"
        if share
        else ""
    )


def _look(k: int) -> tuple[str, Markup]:
    colour, marker = class_style(SHADES[k])
    return colour, shape(marker)


def _cost(found: Numbers, *, ax: Axes) -> None:
    for k, (p, curve) in enumerate(zip(TRUTHS, found["cost"], strict=True)):
        colour, marker = class_style(SHADES[k])
        (line,) = ax.plot(OUTPUTS, curve, color=colour, lw=1.4)
        mark(line, fit=f"p = {p:g}")
        at = curve.argmin()
        dot = ax.scatter([OUTPUTS[at]], [curve[at]], s=30, marker=marker, color=colour, zorder=3)
        mark(dot, fit=f"p = {p:g}", tips=[f"p = {p:g}: minimum at an output of {OUTPUTS[at]:.3g}"])
    ax.set_ylim(0, 2.5)
    ax.set_xlabel("output")
    ax.set_ylabel("expected cross-entropy, nats")


def _shares(found: Numbers, w: int, *, ax: Axes) -> None:
    known(ax, "truth", found["rows"], found["truth"][w].mean(axis=1))
    for i, name in enumerate(("mle", "map")):
        trace(ax, name, found["rows"] * 1.04 ** (2 * i - 1), found[name][w])
    log_ticks(ax, found["rows"])
    ax.set_ylim(-0.02, 1.02)
    ax.set_ylabel("share of outputs above 0.99")


QUESTION = Question(
    name="extremes",
    title="Does cross-entropy push outputs to 0 and 1?",
    how="Overlapping and separable classes, 20 to 2,000 rows: the share of outputs above 0.99.",
    experiment=experiment,
    answer=answer,
    yours="""trifit compare my.csv --target species
# tells whether an MLE exists, and which coefficients diverge""",
    references=(
        Reference(
            "Albert & Anderson (1984), On the existence of maximum likelihood estimates in "
            "logistic regression models, Biometrika 71(1)",
            "10.1093/biomet/71.1.1",
        ),
        Reference(
            "Candès & Sur (2020), The phase transition for the existence of the maximum "
            "likelihood estimate, Ann. Stat. 48(1)",
            "10.1214/18-AOS1789",
        ),
    ),
)
