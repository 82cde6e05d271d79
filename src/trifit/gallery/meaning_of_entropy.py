"""The meaning of entropy: the loss that a forecast expects of itself."""

from functools import partial

import numpy as np
from matplotlib.axes import Axes

import trifit
from trifit.gallery.draw import known, known_key, log_ticks, trace
from trifit.gallery.question import Answer, Numbers, Question, Reference
from trifit.gallery.replications import as_text, by_sign, cell, clear_sign, means, replicate
from trifit.information import entropy
from trifit.report.parts import Table, panels, series_keys
from trifit.scores import BITS, Estimate, t_mean

OWN, LOSS = "entropy of its outputs", "expected loss"
CHANCE, MODEL = "chance", "model uncertainty"
COLUMNS = {
    "truth": "truth's entropy",
    "mle own": "mle: own entropy",
    "mle loss": "mle: loss",
    "bayes own": "bayes: own entropy",
    "bayes loss": "bayes: loss",
    "chance": CHANCE,
    "model uncertainty": MODEL,
}
"""Columns of the table, by the name of their numbers."""


def experiment(
    seed: int = 1,
    *,
    rows: tuple[int, ...] = (60, 250, 1000),
    repeats: int = 6,
    n_test: int = 400,
) -> Numbers:
    """The loss that an MLE and a posterior expect, and their true expected loss.

    Returns ``rows`` (n_sizes,) and, (n_sizes, repeats) each, in nats per test row: the
    ``truth``'s entropy; for ``mle`` and ``bayes`` the entropy of the outputs (``... own``) and
    the expected log-loss (``... loss``); the posterior's ``chance`` and ``model uncertainty``.

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

    def once(n: int, r: int) -> dict[str, float]:
        data = trifit.load_dataset(
            "sim:gaussian", n=n, n_test=n_test, classes=2, seed=100 * seed + r
        )
        run = trifit.run_comparison(data, "logistic")
        truth, posterior = run.comparison.truth, run.comparison.posterior
        assert truth is not None
        assert posterior is not None
        found = {
            "truth": truth.entropy,
            "chance": posterior.aleatoric,
            "model uncertainty": posterior.epistemic,
        }
        for fit in ("mle", "bayes"):
            found[f"{fit} own"] = float(entropy(np.exp(run.log_probs[fit])).mean())
            found[f"{fit} loss"] = truth.entropy + truth.fits[fit].kl.value
        return found

    return {"rows": np.array(rows)} | replicate(once, rows, repeats=repeats)


def answer(found: Numbers) -> Answer:
    """Entropy as the loss that a forecast expects of itself."""
    return Answer(
        _paragraph(found),
        panels(
            "entropy",
            "Entropy of a fit's outputs (the loss it expects) and its true expected loss. Where "
            "the two differ, its outputs are not probabilities. 95% intervals over replications.",
            {
                "mle": partial(_claimed, found, "mle"),
                "bayes": partial(_claimed, found, "bayes"),
                "the posterior's entropy in parts": partial(_parts, found),
            },
            size=(3.3, 3.0),
            keys=(*series_keys((OWN, LOSS, CHANCE, MODEL)), known_key("entropy of the truth")),
        ),
        Table(
            "Nats per test row, ± standard error over replications",
            ("training rows", *COLUMNS.values()),
            tuple(
                (f"{n:,g}", *(cell(found[name][i]) for name in COLUMNS))
                for i, n in enumerate(found["rows"])
            ),
        ),
    )


def _paragraph(found: Numbers) -> str:
    rows = found["rows"]
    floor = found["truth"].mean()
    surprise = {fit: means(found[f"{fit} loss"] - found[f"{fit} own"]) for fit in ("mle", "bayes")}
    uncertainty = means(found["model uncertainty"])
    shrinks = t_mean(found["model uncertainty"][0] - found["model uncertainty"][-1])
    return (
        "It is the log-loss that a prediction expects of itself. If the outputs for a row were its "
        "probabilities, their entropy would be the expected log-loss of that row, and the length "
        "of the shortest code for its label. Here the entropy of the true probabilities is "
        f"{floor:.3f} nats ({floor * BITS:.3f} bits) per row, and no classifier can lose less; the "
        "excess of a fit is its KL divergence from the truth. "
        f"With {rows[0]:g} rows the MLE "
        + _claims(surprise["mle"][0])
        + ", the posterior "
        + _claims(surprise["bayes"][0])
        + f"; with {rows[-1]:,g} rows the differences are {as_text(surprise['mle'][-1])} and "
        f"{as_text(surprise['bayes'][-1])} nats. The posterior's entropy has two parts: chance "
        "(aleatoric; the mean entropy of single draws) and model uncertainty (epistemic; the "
        "disagreement of the draws). "
        f"Model uncertainty is {as_text(uncertainty[0])} nats with {rows[0]:g} rows and "
        f"{as_text(uncertainty[-1])} with {rows[-1]:,g}: "
        + ("data reduce it" if clear_sign(shrinks) == 1 else "no clear change here")
        + f"; the rest is chance, {as_text(t_mean(found['chance'][-1]))} nats."
    )


def _claims(surprise: Estimate) -> str:
    return by_sign(
        surprise,
        above=f"loses {as_text(surprise)} nats more than the entropy of its outputs",
        below=f"loses less than the entropy of its outputs (difference {as_text(surprise)} nats)",
        neither=f"does not lose clearly more or less than the entropy of its outputs (difference "
        f"{as_text(surprise)} nats)",
    )


def _claimed(found: Numbers, fit: str, *, ax: Axes) -> None:
    trace(ax, OWN, found["rows"], found[f"{fit} own"], k=0)
    trace(ax, LOSS, found["rows"], found[f"{fit} loss"], k=1)
    _finish(found, ax)


def _parts(found: Numbers, *, ax: Axes) -> None:
    trace(ax, CHANCE, found["rows"], found["chance"], k=2)
    trace(ax, MODEL, found["rows"], found["model uncertainty"], k=3)
    _finish(found, ax)


def _finish(found: Numbers, ax: Axes) -> None:
    known(ax, "entropy of the truth", found["rows"], found["truth"].mean(axis=1))
    log_ticks(ax, found["rows"])
    ax.set_ylim(bottom=0)
    ax.set_ylabel("nats per row")


QUESTION = Question(
    name="entropy",
    title="What does entropy mean here?",
    how="An MLE and a posterior from 60 to 1,000 rows: the loss they expect, and the true one.",
    experiment=experiment,
    answer=answer,
    yours="""import numpy as np
from trifit.information import entropy
from trifit.scores import log_loss

expected = entropy(probs).mean()          # the loss that the outputs expect
found = log_loss(np.log(probs), y)        # the loss on your labels: found.value, found.se""",
    references=(
        Reference(
            "Shannon (1948), A mathematical theory of communication, Bell Syst. Tech. J. 27(3)",
            "10.1002/j.1538-7305.1948.tb01338.x",
        ),
        Reference(
            "Depeweg et al. (2018), Decomposition of uncertainty in Bayesian deep learning, "
            "ICML, arXiv:1710.07283"
        ),
    ),
)
