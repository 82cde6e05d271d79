"""Whether a Bayesian posterior fixes calibration, and at what price."""

from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes

import trifit
from trifit.calibration import slope_intercept
from trifit.gallery.draw import across
from trifit.gallery.question import Answer, Numbers, Question, Reference
from trifit.gallery.words import cell, over, said, verdict
from trifit.report.parts import Cell, Table, fit_keys, panels
from trifit.scores import Estimate
from trifit.text import significant
from trifit.truth import excess_log_loss
from trifit.types import FloatArray

FITS = ("mle", "mle+T", "map", "bayes")
CONDITIONS = {
    "the right prior": ("sim:softmax", 1.0),
    "4 times too wide": ("sim:softmax", 4.0),
    "4 times too narrow": ("sim:softmax", 0.25),
    "the wrong model": ("sim:quadratic", 1.0),
}
"""World, and the prior's width as a multiple of the right one."""
FEATURES, SIGNAL = 10, 2.0


def experiment(seed: int = 1, *, n: int = 100, repeats: int = 5, n_test: int = 500) -> Numbers:
    """Slope and distance from the truth of four fits, under right and wrong assumptions.

    Returns ``slope`` (calibration slope against the true probabilities, 1 is calibrated,
    below 1 over-confident) and ``kl`` (expected excess log-loss in nats), each (4 conditions,
    4 fits, repeats), and ``seconds`` per fit (4, repeats) under the right prior.
    """
    right = SIGNAL / (2 * FEATURES) ** 0.5  # the coefficients are drawn from it
    slope, kl = np.empty((2, 4, 4, repeats))
    seconds = np.empty((4, repeats))
    for c, (world, width) in enumerate(CONDITIONS.values()):
        for r in range(repeats):
            which = 100 * seed + r
            settings: dict[str, Any] = {"features": FEATURES, "signal": SIGNAL}
            if world == "sim:softmax":
                settings["coefficients_seed"] = which
            data = trifit.load_dataset(world, n=n, n_test=n_test, seed=which, **settings)
            run = trifit.run_comparison(
                data, overrides={"prior_scale": width * right, "draws": 500}
            )
            true = np.asarray(data.true_probs)[run.test_rows]
            for f, fit in enumerate(FITS):
                probs = np.exp(run.log_probs[fit])
                slope[c, f, r] = slope_intercept(probs, true).slope
                kl[c, f, r] = excess_log_loss(true, probs).value
                if c == 0:
                    seconds[f, r] = run.comparison.fits[fit].seconds
    return {"slope": slope, "kl": kl, "seconds": seconds}


def answer(found: Numbers) -> Answer:
    """Slopes from 1, what averaging gains over one scalar, and the time it takes."""
    slope, kl = found["slope"], found["kl"]
    bayes = [over(slope[c, 3] - 1) for c in range(len(CONDITIONS))]
    mle = over(slope[0, 0] - 1)
    over_map, over_scalar = over(kl[0, 2] - kl[0, 3]), over(kl[0, 1] - kl[0, 3])
    ratio = np.median(found["seconds"][3]) / np.median(found["seconds"][2])
    return Answer(
        "As far as its assumptions hold. With the prior the coefficients really come from, the "
        f"posterior's outputs {_calibrated(bayes[0], slope[0, 3])}, while the MLE "
        f"{_calibrated(mle, slope[0, 0])}. "
        + " ".join(
            f"With {what}: it {_calibrated(bayes[c], slope[c, 3])}."
            for c, what in enumerate(
                (
                    "",
                    "a prior 4 times too wide",
                    "one 4 times too narrow",
                    "the right prior but curved truth, which a linear model cannot draw",
                )
            )
            if c
        )
        + " In log-loss, under the right prior, the posterior "
        + _gain(over_map, "the MAP")
        + " and "
        + _gain(over_scalar, "the MLE with one temperature")
        + f". The price: sampling took about {significant(float(ratio), 2)} times as long as the "
        "MAP here, prediction averages over all draws, and a prior must be chosen and the chains "
        "be checked.",
        panels(
            "posterior",
            "Calibration slope (1 is calibrated, below 1 over-confident) and expected excess "
            "log-loss of four fits under four assumptions. 95% intervals over replications.",
            {
                "calibration slope": partial(_draw, slope, 1.0, "slope against the truth"),
                "distance from the truth": partial(_draw, kl, 0.0, "KL from the truth, nats"),
            },
            size=(4.6, 3.6),
            keys=fit_keys(FITS),
        ),
        Table(
            "± standard error over replications; seconds: medians under the right prior, on the "
            "machine that made this page",
            (
                "fit",
                *(f"slope, {c}" for c in CONDITIONS),
                *(f"KL, {c}" for c in CONDITIONS),
                "seconds",
            ),
            tuple(
                (
                    fit,
                    *(cell(values[c, f]) for values in (slope, kl) for c in range(4)),
                    Cell(significant(float(np.median(found["seconds"][f])), 2)),
                )
                for f, fit in enumerate(FITS)
            ),
        ),
    )


def _calibrated(off: Estimate, slope: FloatArray) -> str:
    text = said(over(slope))
    return verdict(
        off,
        above=f"are too timid (slope {text})",
        below=f"are over-confident (slope {text})",
        neither=f"have a slope not clearly different from 1 ({text})",
    )


def _gain(gain: Estimate, other: str) -> str:
    return verdict(
        gain,
        above=f"is better than {other} by {said(gain)} nats",
        below=f"is worse than {other} (gain {said(gain)} nats)",
        neither=f"is not clearly different from {other} (gain {said(gain)} nats)",
    )


def _draw(values: FloatArray, at: float, text: str, *, ax: Axes) -> None:
    across(ax, FITS, values, list(CONDITIONS), at)
    ax.set_xlabel(text)


QUESTION = Question(
    name="posterior",
    title="Does a Bayesian posterior fix calibration, and at what price?",
    how="Four fits under the right prior, priors too wide and too narrow, and the wrong model.",
    experiment=experiment,
    answer=answer,
    yours="""trifit compare my.csv --target outcome
# the gap from mle to bayes in parts: prior, location, averaging; and mle+T beside it""",
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
