"""Whether the confidence learned in training is the accuracy in prediction."""

from dataclasses import replace
from typing import Any

import numpy as np
from matplotlib.axes import Axes

import trifit
from trifit import theory
from trifit.calibration import top_label
from trifit.gallery.draw import known, known_key, log_ticks, trace, zero
from trifit.gallery.question import Answer, Numbers, Question, Reference
from trifit.gallery.replications import as_text, by_sign, cell, clear_sign, means, replicate
from trifit.report.parts import Cell, Table, chart, series_keys
from trifit.scores import t_mean
from trifit.truth import confidence_bias

FEATURES, SIGNAL = 20, 2.0


def experiment(
    seed: int = 1,
    *,
    ratios: tuple[int, ...] = (8, 12, 20, 50),
    repeats: int = 5,
    n_test: int = 500,
) -> Numbers:
    """Confidence and accuracy of logistic regression, on training rows and on test rows.

    Returns ``ratio`` of rows to features (n_ratios,), the ``theory`` of the MLE's excess
    confidence (n_ratios,), and per fit ``mle``, ``mle+T``, ``map`` the mean confidence minus the
    accuracy on test rows (n_ratios, repeats); ``training rows`` is that of the MLE on its own
    rows, ``separated`` whether no MLE exists.

    Parameters
    ----------
    seed : int
    ratios : tuple of int
        Training rows per feature.
    repeats : int
        Replications of each.
    n_test : int
        Test rows of each.
    """

    def once(ratio: int, r: int) -> dict[str, Any]:
        n = ratio * FEATURES
        rows = np.r_[:n, :n, n : n + n_test]  # to train on; to predict: the same, then new rows
        data = trifit.load_dataset(
            "sim:softmax", n=n + n_test, features=FEATURES, signal=SIGNAL, seed=100 * seed + r
        )
        true = np.asarray(data.true_probs)[rows]
        both = replace(data, X=data.X[rows], y=data.y[rows], true_probs=true, n_test=n + n_test)
        run = trifit.run_comparison(both, "logistic", nuts=False)
        probs = {fit: np.exp(run.log_probs[fit]) for fit in ("mle", "mle+T", "map")}
        confidence, right = top_label(probs["mle"][:n], data.y[:n])
        return {
            **{fit: confidence_bias(true[2 * n :], p[n:]).value for fit, p in probs.items()},
            "training rows": (confidence - right).mean(),
            "separated": run.comparison.fits["mle"].status == "separated",
        }

    limit = [theory.mle(kappa=1 / ratio, gamma=SIGNAL).ece for ratio in ratios]
    found = replicate(once, ratios, repeats=repeats)
    return {"ratio": np.array(ratios), "theory": np.array(limit)} | found


def answer(found: Numbers) -> Answer:
    """By how much the confidence exceeds the accuracy, with few rows and with many."""
    ratio = found["ratio"]
    no_mle = found["separated"].mean(axis=1)
    return Answer(
        _paragraph(found),
        chart(
            "excess",
            "Mean confidence minus accuracy. Above the line a fit is over-confident. Dashed: "
            "theory for the MLE. 95% intervals over replications.",
            lambda ax: _draw(found, ax),
            size=(7, 3.4),
            keys=(*series_keys(("mle", "mle+T", "training rows", "map")), known_key("theory")),
        ),
        Table(
            "Mean confidence minus accuracy, ± standard error over replications",
            (
                "rows per feature",
                "mle, training rows",
                "mle",
                "theory, mle",
                "mle+T",
                "map",
                "data sets without an MLE",
            ),
            tuple(
                (
                    f"{ratio[i]:g}",
                    cell(found["training rows"][i]),
                    cell(found["mle"][i]),
                    Cell(f"{found['theory'][i]:.4f}", float(found["theory"][i])),
                    cell(found["mle+T"][i]),
                    cell(found["map"][i]),
                    Cell(f"{no_mle[i]:.0%}", float(no_mle[i])),
                )
                for i in range(len(ratio))
            ),
        ),
    )


def _paragraph(found: Numbers) -> str:
    ratio = found["ratio"]
    few, *_, many = means(found["mle"])
    in_training = t_mean(found["training rows"][0])
    curve = theory.mle(kappa=1 / ratio[0], gamma=SIGNAL).calibration_curve(0.9)
    return (
        f"Only with enough rows. With {ratio[0]:g} rows per feature the MLE "
        + by_sign(
            in_training,
            above=f"is over-confident even on its own rows, by {as_text(in_training)}",
            below=f"is under-confident on its own rows (difference {as_text(in_training)})",
            neither="looks calibrated on its own rows (confidence minus accuracy "
            f"{as_text(in_training)})",
        )
        + ". On test rows it "
        + by_sign(
            few,
            above=f"is over-confident by {as_text(few)}",
            below=f"is under-confident (difference {as_text(few)})",
            neither=f"is not clearly over- or under-confident ({as_text(few)})",
        )
        + f"; with {ratio[-1]:g} rows per feature "
        + by_sign(
            many,
            above=f"an excess of {as_text(many)} remains",
            below=f"it is under-confident (difference {as_text(many)})",
            neither=f"no clear difference remains ({as_text(many)})",
        )
        + f". The theory for many features predicts {found['theory'][0]:.3f} and "
        f"{found['theory'][-1]:.3f}. It also predicts that an MLE's 0.9 comes true "
        f"{float(curve):.2f} of the time at {ratio[0]:g} rows per feature. " + _remedies(found)
    )


def _remedies(found: Numbers) -> str:
    """The effect of a temperature and of a prior, with the fewest rows."""
    words = []
    for name, what in (
        ("mle+T", "Temperature scaling"),
        ("map", "A prior whose scale the training rows choose"),
    ):
        saved = t_mean(abs(found["mle"][0]) - abs(found[name][0]))
        left = t_mean(found[name][0])
        words.append(
            f"{what} "
            + by_sign(
                saved,
                above="brings the difference nearer to 0",
                below="increases it",
                neither="does not change it clearly",
            )
            + f" ({as_text(left)}"
            + (")." if clear_sign(left) else ", not clearly different from 0).")
        )
    return " ".join(words)


def _draw(found: Numbers, ax: Axes) -> None:
    ratio = found["ratio"]
    zero(ax, lying=True)
    known(ax, "theory", ratio, found["theory"])
    for i, name in enumerate(("mle", "mle+T", "training rows", "map")):
        trace(ax, name, ratio * 1.02 ** (i - 1.5), found[name], k=i)
    log_ticks(ax, ratio, "training rows per feature")
    ax.set_ylabel("confidence minus accuracy")


QUESTION = Question(
    name="training",
    title="Is the probability learned in training the probability of being right in prediction?",
    how="Logistic regression from 8 to 50 rows per feature, with theory for the MLE.",
    experiment=experiment,
    answer=answer,
    yours="""trifit compare my.csv --target outcome   # warns if rows per feature are few

from trifit import theory
theory.mle(kappa=features / rows, gamma=2.0).calibration_curve(0.9)""",
    references=(
        Reference(
            "Sur & Candès (2019), A modern maximum-likelihood theory for high-dimensional "
            "logistic regression, PNAS 116(29)",
            "10.1073/pnas.1810420116",
        ),
        Reference(
            "Guo et al. (2017), On calibration of modern neural networks, ICML, arXiv:1706.04599"
        ),
    ),
)
