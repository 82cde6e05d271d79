"""Which output function: softmax, logistic, probit or normalised tanh."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

import trifit
from trifit.gallery.draw import across
from trifit.gallery.question import Answer, Numbers, Question, Reference
from trifit.gallery.replications import as_text, cell, clear_sign, replicate, size_as_text
from trifit.report.parts import Table, chart, series_keys
from trifit.scores import t_mean
from trifit.text import listed, significant
from trifit.truth import excess_log_loss
from trifit.types import FloatArray

CARDS = ("softmax", "logistic", "probit", "softmax-tanh")
WORLDS: dict[str, dict[str, Any]] = {
    "logistic truth": {},
    "a tenth of the labels drawn at random": {"label_noise": 0.1},
}


def experiment(seed: int = 1, *, n: int = 300, repeats: int = 4, n_test: int = 500) -> Numbers:
    """MLEs with four output functions on the same rows of two classes.

    Returns ``kl`` from the truth in nats (2 worlds, 4 cards, repeats), and ``apart`` (2,
    repeats): the largest difference between the probabilities of softmax and logistic.

    Parameters
    ----------
    seed : int
    n : int
        Training rows.
    repeats : int
        Replications.
    n_test : int
        Test rows of each.
    """

    def once(settings: dict[str, Any], r: int) -> dict[str, Any]:
        data = trifit.load_dataset(
            "sim:softmax",
            n=n,
            n_test=n_test,
            features=3,
            signal=3.0,
            seed=100 * seed + r,
            **settings,
        )
        runs = {card: trifit.run_comparison(data, card, nuts=False) for card in CARDS}
        probs = {card: np.exp(run.log_probs["mle"]) for card, run in runs.items()}
        true = np.asarray(data.true_probs)[runs["softmax"].test_rows]
        return {
            "kl": [excess_log_loss(true, probs[card]).value for card in CARDS],
            "apart": abs(probs["softmax"] - probs["logistic"]).max(),
        }

    return replicate(once, WORLDS.values(), repeats=repeats)


def answer(found: Numbers) -> Answer:
    """Paired differences from the softmax, world by world."""
    kl = found["kl"]
    names = list(WORLDS)
    return Answer(
        _paragraph(found),
        chart(
            "outputs",
            "Expected excess log-loss of the MLE with each output function. 95% intervals over "
            "replications; the rows are the same, so the paired differences (table) are sharper.",
            lambda ax: _draw(found, ax),
            size=(7, 2.8),
            keys=series_keys(CARDS),
        ),
        Table(
            "KL from the truth, nats, and its difference from softmax on the same rows, ± standard "
            "error over replications",
            ("world", *CARDS, *(f"{card} minus softmax" for card in CARDS[2:])),
            tuple(
                (
                    name,
                    *(cell(kl[w, c]) for c in range(len(CARDS))),
                    *(cell(kl[w, c] - kl[w, 0]) for c in range(2, len(CARDS))),
                )
                for w, name in enumerate(names)
            ),
            wrap=True,
        ),
    )


def _paragraph(found: Numbers) -> str:
    kl = found["kl"]
    names = list(WORLDS)
    return (
        "The one whose curve has the shape of the truth. All of them minimise the same "
        "cross-entropy and aim at the same probabilities, as far as their curves allow. For two "
        "classes softmax and logistic are the same model: their MLEs differ by at most "
        f"{significant(float(found['apart'].max()), 1)} in probability. "
        + " ".join(f"{_sentence(name, kl[w])}" for w, name in enumerate(names))
        + " In the tails probit approaches 0 and 1 faster than logistic, so an unlikely label "
        "costs it more. Normalised tanh has one more activation to learn, since a shift common to "
        "all classes changes its outputs."
    )


def _sentence(world: str, kl: FloatArray) -> str:
    """Output functions that are clearly better or worse than the softmax in one world."""
    differences = {card: t_mean(kl[c] - kl[0]) for c, card in enumerate(CARDS) if c >= 2}
    off = {card: e for card, e in differences.items() if clear_sign(e)}
    if not off:
        every = listed([f"{card} {as_text(e)}" for card, e in differences.items()])
        return f"In the world “{world}” none is clearly different from softmax ({every} nats)."
    parts = [
        f"{card} is {'further from' if e.value > 0 else 'nearer to'} the truth than softmax by "
        f"{size_as_text(e)} nats"
        for card, e in off.items()
    ]
    return f"In the world “{world}” {listed(parts)}."


def _draw(found: Numbers, ax: Axes) -> None:
    worlds = [name.replace(" labels", "\nlabels") for name in WORLDS]
    across(CARDS, found["kl"], worlds, "KL from the truth, nats", ax=ax)
    ax.set_xlim(left=0)


QUESTION = Question(
    name="output-function",
    title="Which output function?",
    how="Softmax, logistic, probit and normalised tanh on the same rows, in two worlds.",
    experiment=experiment,
    answer=answer,
    yours="""trifit compare my.csv --target outcome --model probit
trifit compare my.csv --target species --model softmax-tanh
trifit models      # all cards""",
    references=(
        Reference(
            "Bridle (1990), Probabilistic interpretation of feedforward classification network "
            "outputs, in Neurocomputing, Springer",
            "10.1007/978-3-642-76153-9_28",
        ),
        Reference(
            "Albert & Chib (1993), Bayesian analysis of binary and polychotomous response "
            "data, J. Am. Stat. Assoc. 88(422)",
            "10.1080/01621459.1993.10476321",
        ),
    ),
)
