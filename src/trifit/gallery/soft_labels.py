"""Whether maximum likelihood is the minimum of cross-entropy for soft labels too."""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from scipy.special import log_softmax

import trifit
from trifit.gallery.draw import trace, zero
from trifit.gallery.question import Answer, Numbers, Question, Reference
from trifit.gallery.replications import as_text, cell, clear_sign, replicate
from trifit.information import entropy, kl_divergence
from trifit.report.parts import Cell, Table, panels, series_keys
from trifit.scores import log_loss, t_mean
from trifit.text import significant
from trifit.truth import excess_log_loss

KINDS = ("one-hot", "five votes", "distribution")
FACTORS = np.linspace(0.4, 1.6, 13)


def experiment(seed: int = 1, *, n: int = 200, repeats: int = 6) -> Numbers:
    """Cross-entropy and KL divergence of an MLE with scaled log-odds, on its own rows.

    Returns ``cross_entropy``, ``kl`` (3 kinds of labels, n_factors, repeats), the labels'
    ``entropy`` and the fit's KL from the ``truth`` (3, repeats).

    Parameters
    ----------
    seed : int
    n : int
        Training rows, which are also the test rows.
    repeats : int
        Replications.
    """

    def once(kind: str, r: int) -> dict[str, Any]:
        rng = np.random.default_rng([seed, r])
        data = trifit.load_dataset(
            "sim:gaussian", n=n, features=2, classes=3, distance=1.5, seed=100 * seed + r
        )
        true = np.asarray(data.true_probs)
        votes = rng.multinomial(5, true) / 5
        p = {"one-hot": np.eye(3)[data.y], "five votes": votes, "distribution": true}[kind]
        twice = replace(  # the training rows are the test rows
            data,
            X=np.tile(data.X, (2, 1)),
            y=np.tile(p.argmax(axis=1), 2),
            soft_labels=np.tile(p, (2, 1)),
            true_probs=np.tile(true, (2, 1)),
            n_test=n,
        )
        fitted = trifit.run_comparison(twice, "softmax", nuts=False).log_probs["mle"]
        scaled = [log_softmax(factor * fitted, axis=1) for factor in FACTORS]
        return {
            "cross_entropy": [log_loss(log_q, p).value for log_q in scaled],
            "kl": [kl_divergence(p, np.exp(log_q)).mean() for log_q in scaled],
            "entropy": entropy(p).mean(),
            "truth": excess_log_loss(true, np.exp(fitted)).value,
        }

    return replicate(once, KINDS, repeats=repeats)


def answer(found: Numbers) -> Answer:
    """Where the two losses have their minimum, and by how much they differ."""
    at_cross = FACTORS[found["cross_entropy"].argmin(axis=1)]
    at_kl = FACTORS[found["kl"].argmin(axis=1)]
    return Answer(
        _paragraph(found),
        panels(
            "losses",
            "Both losses on the training rows against a factor on the MLE's log-odds: the same "
            "curve, shifted by the labels' entropy. 95% intervals over replications.",
            {kind: partial(_losses, found, i) for i, kind in enumerate(KINDS)},
            size=(3.2, 2.8),
            keys=series_keys(("cross-entropy", "KL divergence")),
        ),
        Table(
            "Nats per row, ± standard error over replications",
            (
                "labels",
                "their entropy",
                "cross-entropy at the MLE",
                "KL at the MLE",
                "minima at (× log-odds)",
                "the MLE's KL from the truth",
            ),
            tuple(
                (
                    kind,
                    cell(found["entropy"][i]),
                    cell(found["cross_entropy"][i, FACTORS == 1][0]),
                    cell(found["kl"][i, FACTORS == 1][0]),
                    Cell(f"{at_cross[i].mean():.3g} and {at_kl[i].mean():.3g}", at_kl[i].mean()),
                    cell(found["truth"][i]),
                )
                for i, kind in enumerate(KINDS)
            ),
        ),
    )


def _paragraph(found: Numbers) -> str:
    at_cross = FACTORS[found["cross_entropy"].argmin(axis=1)]
    at_kl = FACTORS[found["kl"].argmin(axis=1)]
    rest = abs(found["cross_entropy"] - found["kl"] - found["entropy"][:, None]).max()
    same = bool((at_cross == 1).all() and (at_kl == 1).all())
    gain = t_mean(found["truth"][0] - found["truth"][1])
    nearer = {
        1: f"Soft labels also carry more information: fits to five votes are nearer to the truth "
        f"than fits to one label, by {as_text(gain)} nats.",
        -1: f"Here fits to five votes are further from the truth than fits to one label "
        f"(difference {as_text(gain)} nats).",
        0: f"Fits to one label and to five votes do not differ clearly in their distance from the "
        f"truth ({as_text(gain)} nats).",
    }[clear_sign(gain)]
    return (
        "No. With labels p and outputs q, cross-entropy is H(p, q) = H(p) + KL(p || q). The "
        "labels' entropy H(p) does not depend on the classifier, so cross-entropy, KL divergence "
        "and minus the log-likelihood of the labels (multinomial for votes) have the same gradient "
        "and the same minimum. For one-hot labels H(p) is 0 and the first two are equal. "
        "In this run they differ by H(p) to within "
        f"{significant(rest, 1)} nats, and scaling the fitted log-odds "
        + (
            "up or down raises both, for all three kinds of labels: both have their minimum at the "
            "MLE. "
            if same
            else f"lowers a loss somewhere: on average the minima are at {at_cross.mean():.2f} and "
            f"{at_kl.mean():.2f} times the log-odds, so some fit is not at its minimum. "
        )
        + nearer
    )


def _losses(found: Numbers, i: int, *, ax: Axes) -> None:
    for k, (name, key) in enumerate((("cross-entropy", "cross_entropy"), ("KL divergence", "kl"))):
        trace(ax, name, FACTORS, found[key][i], k=k)
    zero(ax, 1.0)
    ax.set_xlabel("factor on the fitted log-odds")
    ax.set_ylabel("nats per row")
    ax.set_ylim(0, 1.15)


QUESTION = Question(
    name="soft-labels",
    title="Is maximum likelihood the minimum of cross-entropy only for one-hot labels?",
    how="MLEs from one-hot labels, five votes and whole distributions; both losses around them.",
    experiment=experiment,
    answer=answer,
    yours="""# columns label:cat, label:dog, ... hold votes or distributions
trifit compare annotated.csv
trifit compare annotated.csv --label-cols cat,dog,cow""",
    references=(
        Reference(
            "Good (1952), Rational decisions, J. R. Stat. Soc. B 14(1)",
            "10.1111/j.2517-6161.1952.tb00104.x",
        ),
        Reference(
            "Kullback & Leibler (1951), On information and sufficiency, Ann. Math. Stat. 22(1)",
            "10.1214/aoms/1177729694",
        ),
    ),
)
