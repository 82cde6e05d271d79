"""Which prior: the cost of a wrong prior scale."""

from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes

import trifit
from trifit import theory
from trifit.gallery.draw import known, known_key, log_ticks, trace
from trifit.gallery.question import Answer, Numbers, Question, Reference
from trifit.gallery.replications import as_text, by_sign, cell, means, replicate
from trifit.report.parts import Cell, Table, fit_keys, panels
from trifit.scores import t_mean
from trifit.types import FloatArray

FITS = ("map", "bayes")
FEATURES, SIGNAL = 20, 2.0


def experiment(
    seed: int = 1,
    *,
    n: int = 100,
    widths: tuple[float, ...] = (0.1, 0.3, 1.0, 3.0, 10.0),
    repeats: int = 5,
    n_test: int = 400,
) -> Numbers:
    """MAP and posterior under priors too narrow, right and too wide.

    Returns ``widths`` (n_widths,), the prior's standard deviation as a multiple of that of the
    coefficients; ``kl`` from the truth in nats and ``bias``, mean confidence minus the true
    probability (2 fits, n_widths, repeats); ``cv`` (repeats), the KL of the MAP whose width
    cross-validation chose, from the widest on; and ``theory`` (2, n_widths), the KL in the
    limit of many rows and features.

    Parameters
    ----------
    seed : int
    n : int
        Training rows.
    widths : tuple of float
        Of the prior, 1 the right one.
    repeats : int
        Replications.
    n_test : int
        Test rows of each.
    """
    right = SIGNAL / FEATURES**0.5  # the coefficients are drawn so

    def once(r: int) -> dict[str, Any]:
        which = 100 * seed + r
        data = trifit.load_dataset(
            "sim:softmax", n=n, n_test=n_test, seed=which,
            features=FEATURES, signal=SIGNAL, coefficients_seed=which,
        )  # fmt: skip
        fits = []
        for width in widths:
            methods = ["map-cv"] if width == widths[-1] else []
            settings = {"prior_scale": width * right}
            found = trifit.compare(data, model="logistic", overrides=settings, methods=methods)
            assert found.truth is not None
            fits.append(found.truth.fits)
        return {
            "kl": [[at[fit].kl.value for at in fits] for fit in FITS],
            "bias": [[at[fit].confidence_bias.value for at in fits] for fit in FITS],
            "cv": fits[-1]["map-cv"].kl.value,
        }

    limit = [
        [
            fit.log_loss - fit.entropy
            for fit in (law(kappa=FEATURES / n, gamma=SIGNAL, prior_scale=w) for w in widths)
        ]
        for law in (theory.map, theory.bayes)
    ]
    found = replicate(once, repeats=repeats)
    return {"widths": np.array(widths), "theory": np.array(limit)} | found


def answer(found: Numbers) -> Answer:
    """The cost of a wrong prior scale, and the choice of cross-validation."""
    return Answer(
        _paragraph(found),
        panels(
            "prior",
            "Expected excess log-loss and excess confidence against the prior's scale, in "
            "multiples of the right one. Dashed: theory for many rows and features. 95% intervals "
            "over replications.",
            {
                "distance from the truth": partial(_draw, found, "kl"),
                "excess confidence": partial(_draw, found, "bias"),
            },
            size=(3.8, 3.1),
            keys=(*fit_keys(FITS), known_key("theory, or calibrated")),
        ),
        _table(found),
    )


def _paragraph(found: Numbers) -> str:
    widths, kl, bias = found["widths"], found["kl"], found["bias"]
    at = int(np.flatnonzero(widths == 1)[0])
    gaps = means(kl[0] - kl[1])
    narrow, *_, wide = means(bias[0])
    chosen = t_mean(found["cv"] - kl[0, at])
    return (
        "The one that describes the coefficients you expect before the data. Of the prior scales "
        f"tried, the MAP comes nearest to the truth at {_best(found, 0)} and the posterior at "
        f"{_best(found, 1)} times the right scale. Compared with the right scale, {widths[0]:g} "
        f"times costs {_cost(kl, 0, at)}, and {widths[-1]:g} times costs "
        f"{_cost(kl, -1, at)}. The MAP's KL minus the posterior's is {as_text(gaps[0])} nats at "
        f"{widths[0]:g}, {as_text(gaps[at])} at 1 and {as_text(gaps[-1])} at {widths[-1]:g} times ("
        + by_sign(
            gaps[-1],
            above="under a wide prior averaging pays",
            below="under a wide prior averaging costs",
            neither="under a wide prior no clear difference",
        )
        + "). The scale sets the confidence: the MAP's confidence minus the true probability goes "
        f"from {as_text(narrow)} (narrow) to {as_text(wide)} (wide). "
        "Cross-validation can choose an unknown scale: starting from "
        f"{widths[-1]:g} times, that MAP is "
        + by_sign(
            chosen,
            above=f"worse than the one with the right scale by {as_text(chosen)} nats.",
            below=f"better than the one with the right scale (difference {as_text(chosen)} nats).",
            neither=f"not clearly different from the one with the right scale ({as_text(chosen)} "
            "nats).",
        )
    )


def _table(found: Numbers) -> Table:
    widths, kl, bias = found["widths"], found["kl"], found["bias"]
    return Table(
        "KL from the truth in nats, and confidence minus true probability (excess), ± standard "
        "error over replications",
        (
            "prior scale",
            "KL, map",
            "theory",
            "KL, bayes",
            "theory",
            "map minus bayes",
            "excess, map",
            "excess, bayes",
        ),
        (
            *(
                (
                    f"{width:g}",
                    cell(kl[0, w]),
                    _known(found, 0, w),
                    cell(kl[1, w]),
                    _known(found, 1, w),
                    cell(kl[0, w] - kl[1, w]),
                    cell(bias[0, w]),
                    cell(bias[1, w]),
                )
                for w, width in enumerate(widths)
            ),
            ("by cross-validation", cell(found["cv"]), *(Cell("–") for _ in range(6))),
        ),
    )


def _best(found: Numbers, f: int) -> str:
    return f"{found['widths'][found['kl'][f].mean(axis=1).argmin()]:g}"


def _cost(kl: FloatArray, w: int, at: int) -> str:
    costs = [t_mean(kl[f, w] - kl[f, at]) for f in range(2)]
    return f"{as_text(costs[0])} nats (MAP) and {as_text(costs[1])} (posterior)"


def _known(found: Numbers, f: int, w: int) -> Cell:
    value = float(found["theory"][f, w])
    return Cell(f"{value:.4f}", value)


def _draw(found: Numbers, key: str, *, ax: Axes) -> None:
    widths = found["widths"]
    for f, fit in enumerate(FITS):
        trace(ax, fit, widths * 1.04 ** (2 * f - 1), found[key][f])
    if key == "kl":
        for f in range(2):
            known(ax, "theory, or calibrated", widths, found["theory"][f])
        ax.set_ylim(bottom=0)
        ax.set_ylabel("KL from the truth, nats")
    else:
        known(ax, "theory, or calibrated", widths, np.zeros(len(widths)))
        ax.set_ylabel("confidence minus true probability")
    log_ticks(ax, widths, "prior scale over the right one")


QUESTION = Question(
    name="prior",
    title="Which prior?",
    how="Logistic regression under priors from ten times too narrow to ten times too wide.",
    experiment=experiment,
    answer=answer,
    yours="""trifit show softmax          # with the prior's class probabilities before any data
trifit compare my.csv --target outcome --prior-scale 1 --methods map-cv
trifit compare my.csv --target outcome --prior hierarchical     # a learned scale""",
    references=(
        Reference(
            "Salehi, Abbasi & Hassibi (2019), The impact of regularization on "
            "high-dimensional logistic regression, NeurIPS 32, arXiv:1906.03761"
        ),
        Reference(
            "Gelman et al. (2008), A weakly informative default prior distribution for "
            "logistic and other regression models, Ann. Appl. Stat. 2(4)",
            "10.1214/08-AOAS191",
        ),
    ),
)
