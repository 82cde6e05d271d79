"""All outputs or only that of the label: which of them are probabilities."""

from functools import partial

import numpy as np
from matplotlib.axes import Axes

import trifit
from trifit.gallery.draw import trace
from trifit.gallery.question import Answer, Numbers, Question, Reference
from trifit.gallery.replications import as_text, cell, clear_sign, means, replicate
from trifit.report.charts import INK
from trifit.report.parts import Cell, Table, panels, series_keys
from trifit.text import listed
from trifit.types import FloatArray

RANKS = ("largest", "second", "third", "smallest")
EDGES = np.linspace(0, 1, 11)


def experiment(
    seed: int = 1, *, rows: tuple[int, ...] = (40, 2000), repeats: int = 6, n_test: int = 500
) -> Numbers:
    """All four outputs of an MLE on test rows, largest first, with their true probabilities.

    Returns ``rows`` (n_sizes,); ``output`` and ``true``, each (n_sizes, n_test, 4, repeats).

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
        data = trifit.load_dataset(
            "sim:gaussian", n=n, n_test=n_test, features=3, classes=4, seed=100 * seed + r
        )
        run = trifit.run_comparison(data, "softmax", nuts=False)
        output, true = np.exp(run.log_probs["mle"]), np.asarray(data.true_probs)[run.test_rows]
        order = np.argsort(-output, axis=1)
        return {
            "output": np.take_along_axis(output, order, axis=1),
            "true": np.take_along_axis(true, order, axis=1),
        }

    return {"rows": np.array(rows)} | replicate(once, rows, repeats=repeats)


def answer(found: Numbers) -> Answer:
    """The bias of each output."""
    rows = [f"{n:,.0f} training rows" for n in found["rows"]]
    off = (found["output"] - found["true"]).mean(axis=1)  # (n_sizes, 4, repeats)
    draws = {
        n: partial(_reliability, found["output"][i], found["true"][i]) for i, n in enumerate(rows)
    }
    return Answer(
        _paragraph(found),
        panels(
            "outputs",
            "True probability of the class against the MLE's output, in bins of the output. On the "
            "line the output is a probability. 95% intervals over replications.",
            draws,
            size=(3.6, 3.4),
            keys=series_keys(RANKS),
        ),
        Table(
            "Mean output, its bias and root mean square error, ± standard error over replications",
            (
                "output",
                *(f"{h}, {n}" for n in rows for h in ("mean", "mean minus truth", "RMS")),
            ),
            tuple(
                (name, *(cell for i in range(len(rows)) for cell in _cells(found, off, i, k)))
                for k, name in enumerate(RANKS)
            ),
        ),
    )


def _paragraph(found: Numbers) -> str:
    rows = [f"{n:,.0f} training rows" for n in found["rows"]]
    off = (found["output"] - found["true"]).mean(axis=1)  # (n_sizes, 4, repeats)
    sentences = [f"With {name}, {_off(off[i], found['output'][i])}." for i, name in enumerate(rows)]
    return (
        "All of them are meant as probabilities. The loss uses the label's output only, but the "
        "outputs sum to one, so its gradient (output minus label) moves all of them, and the "
        "expected loss has its minimum where each output equals the probability of its class. "
        + " ".join(sentences)
        + " Since the outputs sum to one, if one is too large, others are too small."
    )


def _off(off: FloatArray, output: FloatArray) -> str:
    """Which outputs are clearly biased, as a clause."""
    found = means(off)
    if not any(map(clear_sign, found)):
        return "none of the four outputs is clearly biased"
    parts = [
        f"the {name} output is {output[:, k].mean():.2f} on average, with a bias of {as_text(e)}"
        for k, (name, e) in enumerate(zip(RANKS, found, strict=True))
        if clear_sign(e)
    ]
    return listed(parts)


def _cells(found: Numbers, off: FloatArray, i: int, k: int) -> tuple[Cell, ...]:
    output, true = found["output"][i, :, k], found["true"][i, :, k]
    mean = float(output.mean())
    rms = np.sqrt(((output - true) ** 2).mean(axis=0))
    return Cell(f"{mean:.3f}", mean), cell(off[i, k]), cell(rms)


def _reliability(output: FloatArray, true: FloatArray, *, ax: Axes) -> None:
    """Mean true probability by bins of the output, a series per rank."""
    ax.plot([0, 1], [0, 1], color=INK, lw=0.8, ls=(0, (3, 3)))
    for k, name in enumerate(RANKS):
        inside = np.digitize(output[:, k], EDGES[1:-1])
        held = [b for b in range(len(EDGES) - 1) if (inside == b).sum(axis=0).min() >= 5]
        by_bin = np.array([
            [v[i == b].mean() for v, i in zip(values[:, k].T, inside.T, strict=True)]
            for values in (output, true) for b in held
        ])  # fmt: skip
        if held:
            centres, shares = np.split(by_bin, 2)
            trace(ax, name, centres.mean(axis=1), shares, k=k)
    ax.set_xlim(-0.02, 1.02)
    ax.set_ylim(-0.02, 1.02)
    ax.set_xlabel("output")
    ax.set_ylabel("true probability of its class")


QUESTION = Question(
    name="every-output",
    title="Are all activations probabilities, or only the label's?",
    how="An MLE of four classes from few and from many rows; every output compared with the truth.",
    experiment=experiment,
    answer=answer,
    yours="""trifit compare my.csv --target species
# section "Reliability": a curve for the top label and one for every class""",
    references=(
        Reference(
            "Bridle (1990), Probabilistic interpretation of feedforward classification network "
            "outputs, in Neurocomputing, Springer",
            "10.1007/978-3-642-76153-9_28",
        ),
        Reference(
            "Vaicenavicius et al. (2019), Evaluating model calibration in classification, "
            "AISTATS, arXiv:1902.06977"
        ),
    ),
)
