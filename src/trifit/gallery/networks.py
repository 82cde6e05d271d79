"""Whether networks approximate posterior class probabilities, under two losses."""

from functools import partial

import numpy as np
from matplotlib.axes import Axes

import trifit
from trifit.gallery.draw import TRUTH, known_key, log_ticks, trace
from trifit.gallery.question import Answer, Numbers, Question, Reference
from trifit.gallery.replications import as_text, by_sign, cell, clear_sign, replicate, size_as_text
from trifit.report.charts import mark
from trifit.report.charts.style import style
from trifit.report.parts import Table, panels, series_keys
from trifit.scores import t_mean
from trifit.types import FloatArray

CARDS = ("network", "softmax")
FITS = ("mle", "squared-error")
LOSSES = ("cross-entropy", "squared error")
"""What they minimise."""

LINEAR = "linear softmax, mle"


def experiment(
    seed: int = 1,
    *,
    rows: tuple[int, ...] = (100, 300, 1000),
    repeats: int = 4,
    n_test: int = 400,
) -> Numbers:
    """Outputs against true posteriors of three overlapping densities on a line.

    Returns ``rows`` (n_sizes,); ``distance`` (n_sizes, 2 cards, 2 losses, repeats), the root
    mean square of output minus true probability; and test rows in order, ``x`` (n_sizes, n_test,
    repeats), their ``true`` probabilities (n_sizes, n_test, 3, repeats) and the network's
    ``output`` (n_sizes, 2 losses, n_test, 3, repeats).

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

    def once(n: int, r: int) -> Numbers:
        data = trifit.load_dataset("sim:overlap-1d", n=n, n_test=n_test, seed=100 * seed + r)
        probs = []
        for card in CARDS:
            run = trifit.run_comparison(
                data,
                card,
                nuts=False,
                methods=["squared-error"],
                overrides={"starts": 1, "max_steps": 1000},
            )
            probs.append([np.exp(run.log_probs[fit]) for fit in FITS])
        x, true = data.X[run.test_rows, 0], np.asarray(data.true_probs)[run.test_rows]
        order = x.argsort()
        outputs: FloatArray = np.array(probs)[:, :, order]
        distance = np.sqrt(((outputs - true[order]) ** 2).mean(axis=(2, 3)))
        return {"x": x[order], "true": true[order], "output": outputs[0], "distance": distance}

    return {"rows": np.array(rows)} | replicate(once, rows, repeats=repeats)


def answer(found: Numbers) -> Answer:
    """Whether the distance from the truth falls with rows, for either loss."""
    rows, distance = found["rows"], found["distance"]
    return Answer(
        _paragraph(found),
        panels(
            "networks",
            "Outputs for test rows against the feature (dashed: the true posteriors of the three "
            "classes), and their distance from the truth. 95% intervals over replications.",
            {f"{n:,g} rows": partial(_curves, found, i) for i, n in _ends(rows)}
            | {"distance from the truth": partial(_distance, found)},
            size=(3.4, 3.0),
            keys=(*series_keys(("mle", "squared-error", LINEAR)), known_key("true posteriors")),
        ),
        Table(
            "Root mean square of output minus true probability, ± standard error over replications",
            (
                "training rows",
                *(f"{card}, {loss}" for card in ("network", "linear") for loss in LOSSES),
            ),
            tuple(
                (f"{n:,g}", *(cell(distance[i, c, f]) for c in range(2) for f in range(2)))
                for i, n in enumerate(rows)
            ),
        ),
    )


def _paragraph(found: Numbers) -> str:
    rows, distance = found["rows"], found["distance"]
    falls = [t_mean(distance[0, 0, f] - distance[-1, 0, f]) for f in range(2)]
    gap = t_mean(distance[-1, 0, 1] - distance[-1, 0, 0])
    line = t_mean(distance[-1, 1, 0] - distance[-1, 0, 0])
    own = t_mean(distance[0, 1, 0] - distance[-1, 1, 0])
    names = [name for name, fall in zip(LOSSES, falls, strict=True) if clear_sign(fall) == 1]
    ways = " and ".join(
        f"from {as_text(t_mean(distance[0, 0, f]))} with {rows[0]:g} rows to "
        f"{as_text(t_mean(distance[-1, 0, f]))} with {rows[-1]:,g} under {name}"
        for f, name in enumerate(LOSSES)
    )
    return (
        (
            f"Yes, with enough rows, a rich enough network and a well-minimised loss, under "
            f"{' and '.join(names)}. "
            if names
            else "In this run no clear approach to the true posteriors is visible. "
        )
        + "Both expected losses have their minimum where each output equals the probability of its "
        "class, for every network. The root mean square distance of the outputs of a network (8 "
        f"hidden units) from the true posteriors changes {ways}. "
        + by_sign(
            gap,
            above=f"With the most rows cross-entropy is nearer by {as_text(gap)}. ",
            below=f"With the most rows squared error is nearer by {size_as_text(gap)}. ",
            neither=f"With the most rows the losses do not differ clearly ({as_text(gap)}). ",
        )
        + "A softmax that is linear in the feature cannot follow these curves: with "
        f"{rows[-1]:,g} rows it is "
        + by_sign(
            line,
            above=f"further from the truth by {as_text(line)}",
            below=f"nevertheless nearer, by {size_as_text(line)}",
            neither=f"not clearly further from the truth ({as_text(line)})",
        )
        + f"; compared with {rows[0]:g} rows its distance has "
        + by_sign(
            own,
            above=f"fallen by {as_text(own)}.",
            below=f"grown by {size_as_text(own)}.",
            neither=f"not clearly changed ({as_text(own)}).",
        )
    )


def _ends(rows: FloatArray) -> list[tuple[int, float]]:
    """First and last size with their positions."""
    return [(0, float(rows[0])), (len(rows) - 1, float(rows[-1]))]


def _curves(found: Numbers, i: int, *, ax: Axes) -> None:
    x, true, output = (found[name][i, ..., -1] for name in ("x", "true", "output"))
    for k in range(3):
        (truth,) = ax.plot(x, true[:, k], color=TRUTH, lw=1.6, ls=(0, (4, 2)))
        mark(truth, fit="true posteriors")
        for f, fit in enumerate(FITS):
            (line,) = ax.plot(x, output[f, :, k], color=style(fit)[0], lw=1.2)
            mark(line, fit=fit)
    ax.set_ylim(-0.02, 1.02)
    ax.set_xlabel("feature")
    ax.set_ylabel("probability of each class")


def _distance(found: Numbers, *, ax: Axes) -> None:
    for f, fit in enumerate(FITS):
        trace(ax, fit, found["rows"] * 1.04 ** (2 * f - 1), found["distance"][:, 0, f])
    trace(ax, LINEAR, found["rows"], found["distance"][:, 1, 0], k=2)
    log_ticks(ax, found["rows"])
    ax.set_ylim(bottom=0)
    ax.set_ylabel("root mean square distance")


QUESTION = Question(
    name="networks",
    title="Do networks approximate posterior class probabilities?",
    how="A small network on three overlapping densities, under cross-entropy and squared error.",
    experiment=experiment,
    answer=answer,
    yours="""trifit compare my.csv --target species --model network --methods squared-error
trifit compare sim:overlap-1d --world n=1000 n_test=400 --model network --methods squared-error""",
    references=(
        Reference(
            "Richard & Lippmann (1991), Neural network classifiers estimate Bayesian a "
            "posteriori probabilities, Neural Comput. 3(4)",
            "10.1162/neco.1991.3.4.461",
        ),
        Reference(
            "Gneiting & Raftery (2007), Strictly proper scoring rules, J. Am. Stat. Assoc. "
            "102(477)",
            "10.1198/016214506000001437",
        ),
    ),
)
