"""Whether a Bayesian posterior fixes calibration, and at what price."""

from typing import Any

import numpy as np

import trifit
from trifit.gallery.draw import against_truth
from trifit.gallery.question import Answer, Numbers, Question, Reference
from trifit.gallery.replications import as_text, by_sign, cell, replicate
from trifit.report.parts import Cell, Table
from trifit.scores import Estimate, t_mean
from trifit.text import significant
from trifit.types import FloatArray

FITS = ("mle", "mle+T", "map", "bayes")
CONDITIONS = {
    "the right prior": ("sim:softmax", 1.0),
    "4 times too wide": ("sim:softmax", 4.0),
    "4 times too narrow": ("sim:softmax", 0.25),
    "the wrong model": ("sim:quadratic", 1.0),
}
"""World, and the prior's scale as a multiple of the right one."""
FEATURES, SIGNAL = 10, 2.0


def experiment(seed: int = 1, *, n: int = 100, repeats: int = 6, n_test: int = 400) -> Numbers:
    """Slope and distance from the truth of four fits, under right and wrong assumptions.

    Returns ``bias`` (mean confidence minus the true probability of that class, above 0
    over-confident), ``kl`` (expected excess log-loss in nats) and ``seconds``, each (4 conditions,
    4 fits, repeats), and whether the posterior ``passed`` every check of its draws (4, repeats).

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
    right = SIGNAL / FEATURES**0.5  # the coefficients are drawn so

    def once(assumed: tuple[str, float], r: int) -> dict[str, Any]:
        world, width = assumed
        which = 100 * seed + r
        settings: dict[str, Any] = {"features": FEATURES, "signal": SIGNAL}
        if world == "sim:softmax":
            settings["coefficients_seed"] = which
        data = trifit.load_dataset(world, n=n, n_test=n_test, seed=which, **settings)
        found = trifit.compare(data, model="logistic", overrides={"prior_scale": width * right})
        assert found.truth is not None
        return {
            "bias": [found.truth.fits[fit].confidence_bias.value for fit in FITS],
            "kl": [found.truth.fits[fit].kl.value for fit in FITS],
            "passed": "bayes" not in found.failed,
            "seconds": [found.fits[fit].seconds for fit in FITS],
        }

    return replicate(once, CONDITIONS.values(), repeats=repeats)


def answer(found: Numbers) -> Answer:
    """Excess confidence, the gain from averaging over one scalar, and its time."""
    bias, kl = found["bias"], found["kl"]
    return Answer(
        _paragraph(found),
        against_truth(
            "posterior",
            "Mean confidence minus the true probability (right of the line: over-confident) and "
            "expected excess log-loss of four fits under four assumptions. 95% intervals over "
            "replications.",
            FITS,
            list(CONDITIONS),
            bias=bias,
            kl=kl,
            height=3.4,
        ),
        Table(
            "± standard error over replications; seconds are medians under the right prior, on the "
            "machine that made this page",
            ("assumption, fit", "confidence minus truth", "KL from the truth, nats", "seconds"),
            tuple(
                (
                    f"{condition}, {fit}",
                    cell(bias[c, f]),
                    cell(kl[c, f]),
                    _seconds(found["seconds"][c, f]) if c == 0 else Cell("–"),
                )
                for c, condition in enumerate(CONDITIONS)
                for f, fit in enumerate(FITS)
            ),
        ),
    )


def _paragraph(found: Numbers) -> str:
    bias, kl = found["bias"], found["kl"]
    bayes = [_calibrated(t_mean(bias[c, 3])) for c in range(len(CONDITIONS))]
    over_map, over_scalar = t_mean(kl[0, 2] - kl[0, 3]), t_mean(kl[0, 1] - kl[0, 3])
    ratio = np.median(found["seconds"][0, 3]) / np.median(found["seconds"][0, 2])
    return (
        "As far as its assumptions hold. Averaged over the prior, a posterior is calibrated "
        f"by construction: with the prior that generated the coefficients, it {bayes[0]}, while "
        f"the MLE {_calibrated(t_mean(bias[0, 0]))}. With a prior 4 times too wide "
        f"the posterior {bayes[1]}; with one 4 times too narrow it {bayes[2]}; if the truth is "
        f"curved and the model linear, it {bayes[3]}. In log-loss, under the right prior, it "
        f"{_gain(over_map, 'the MAP')} and "
        f"{_gain(over_scalar, 'the MLE with temperature scaling')}. "
        f"The price: sampling took about {significant(float(ratio), 2)} times as long as the MAP, "
        "prediction averages over all draws, a prior must be chosen, and the draws must be "
        f"checked ({found['passed'].mean():.0%} of these posteriors passed every check)."
    )


def _calibrated(bias: Estimate) -> str:
    return by_sign(
        bias,
        above=f"is over-confident (bias {as_text(bias)})",
        below=f"is under-confident (bias {as_text(bias)})",
        neither=f"is not clearly over- or under-confident (bias {as_text(bias)})",
    )


def _gain(gain: Estimate, other: str) -> str:
    return by_sign(
        gain,
        above=f"is better than {other} by {as_text(gain)} nats",
        below=f"is worse than {other} (gain {as_text(gain)} nats)",
        neither=f"is not clearly different from {other} (gain {as_text(gain)} nats)",
    )


def _seconds(values: FloatArray) -> Cell:
    median = float(np.median(values))
    return Cell(significant(median, 2), median)


QUESTION = Question(
    name="posterior",
    title="Does a Bayesian posterior fix calibration, and at what price?",
    how="Four fits under the right prior, priors too wide and too narrow, and the wrong model.",
    experiment=experiment,
    answer=answer,
    yours="""trifit compare my.csv --target outcome
# splits the gap from mle to bayes into prior, location and averaging; mle+T beside it""",
    references=(
        Reference(
            "Dawid (1982), The well-calibrated Bayesian, J. Am. Stat. Assoc. 77(379)",
            "10.1080/01621459.1982.10477856",
        ),
        Reference(
            "Clarté et al. (2023), Theoretical characterization of uncertainty in "
            "high-dimensional linear classification, Mach. Learn.: Sci. Technol. 4",
            "10.1088/2632-2153/acd749",
        ),
    ),
)
