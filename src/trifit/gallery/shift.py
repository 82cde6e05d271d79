"""Confidence and log-loss on test rows that differ from the training rows."""

from dataclasses import replace
from typing import Any

import numpy as np

import trifit
from trifit.gallery.draw import against_truth
from trifit.gallery.question import Answer, Numbers, Question, Reference
from trifit.gallery.replications import as_text, cell, clear_sign, replicate
from trifit.report.parts import Table
from trifit.scores import t_mean
from trifit.text import listed
from trifit.truth import confidence_bias, excess_log_loss
from trifit.types import FloatArray

FITS = ("mle", "mle+T", "map", "bayes")
SHIFTS: dict[str, dict[str, Any]] = {
    "none": {},
    "covariate": {"shift": "covariate"},
    "label": {"shift": "label"},
    "noise": {"shift": "noise"},
    "rotation": {"shift": "rotation"},
}


def experiment(seed: int = 1, *, n: int = 100, repeats: int = 8, n_test: int = 200) -> Numbers:
    """Fits to one training set, judged without a shift and under four shifts of severity 3.

    Returns ``bias`` (mean confidence minus the true probability of that class) and ``kl`` from
    the truth in nats, each (5 shifts, 4 fits, repeats).

    Parameters
    ----------
    seed : int
    n : int
        Training rows.
    repeats : int
        Replications.
    n_test : int
        Test rows of each shift.
    """

    def once(r: int) -> dict[str, Any]:
        worlds = [
            trifit.load_dataset(
                "sim:gaussian", n=n, n_test=n_test, features=2, seed=100 * seed + r, **settings
            )
            for settings in SHIFTS.values()
        ]
        # training rows without a shift, then the test rows of all worlds
        joined: dict[str, Any] = {
            name: np.concatenate(
                [getattr(worlds[0], name)[:n], *(getattr(world, name)[n:] for world in worlds)]
            )
            for name in ("X", "y", "true_probs")
        }
        data = replace(worlds[0], **joined, n_test=n_test * len(worlds))
        run = trifit.run_comparison(data, "softmax")
        probs = [np.split(np.exp(run.log_probs[fit]), len(worlds)) for fit in FITS]
        true = np.split(joined["true_probs"][n:], len(worlds))
        by_shift = [[(t, p) for p in of_fits] for t, *of_fits in zip(true, *probs, strict=True)]
        return {
            "bias": [[confidence_bias(*pair).value for pair in pairs] for pairs in by_shift],
            "kl": [[excess_log_loss(*pair).value for pair in pairs] for pairs in by_shift],
        }

    return replicate(once, repeats=repeats)


def answer(found: Numbers) -> Answer:
    """Which shifts make which fits over-confident."""
    bias, kl = found["bias"], found["kl"]
    return Answer(
        _paragraph(found),
        against_truth(
            "shift",
            "Mean confidence minus the true probability (right of the line: over-confident), and "
            "distance from the truth, on test rows shifted with severity 3 of 5. 95% intervals "
            "over replications.",
            FITS,
            list(SHIFTS),
            bias=bias,
            kl=kl,
            height=3.6,
        ),
        Table(
            "Confidence minus true probability, and KL from the truth in nats, ± standard error "
            "over replications",
            ("shift", *(f"excess, {f}" for f in FITS), *(f"KL, {f}" for f in FITS)),
            tuple(
                (kind, *(cell(v[s, f]) for v in (bias, kl) for f in range(len(FITS))))
                for s, kind in enumerate(SHIFTS)
            ),
        ),
    )


def _paragraph(found: Numbers) -> str:
    bias, kl = found["bias"], found["kl"]
    gain = {s: t_mean(kl[i, 0] - kl[i, 3]) for i, s in enumerate(SHIFTS)}
    paid = [f"{_name(s)} ({as_text(e)})" for s, e in gain.items() if clear_sign(e) == 1]
    cost = [f"{_name(s)} ({as_text(e)})" for s, e in gain.items() if clear_sign(e) == -1]
    return (
        "Calibration is a property of a fit and of the rows it is applied to, so a shift can break "
        "it, and no fit detects the shift. "
        + " ".join(_sentence(shift, bias[i]) for i, shift in enumerate(SHIFTS))
        + " In log-loss the posterior is "
        + (
            f"nearer to the truth than the MLE under {listed(paid)}, in nats"
            if paid
            else "under no shift clearly nearer to the truth than the MLE"
        )
        + (f", and further from it under {listed(cost)}" if cost else "")
        + ". A temperature is fitted to rows like the training rows, so it need not help under a "
        "shift. No fit to the training rows alone can correct shifts that change the relation of "
        "features and labels (label, noise, rotation)."
    )


def _name(shift: str) -> str:
    return "no shift" if shift == "none" else f"{shift} shift"


def _under(shift: str) -> str:
    return "Without a shift" if shift == "none" else f"Under {_name(shift)}"


def _sentence(shift: str, bias: FloatArray) -> str:
    """Fits that are clearly over- or under-confident under one shift."""
    found = {fit: t_mean(bias[f]) for f, fit in enumerate(FITS)}
    bold = [f"{fit} {as_text(e)}" for fit, e in found.items() if clear_sign(e) == 1]
    shy = [f"{fit} {as_text(e)}" for fit, e in found.items() if clear_sign(e) == -1]
    if not bold and not shy:
        return f"{_under(shift)} no fit is clearly over- or under-confident."
    parts = [
        f"{what}: {listed(fits)}"
        for what, fits in (("over-confident", bold), ("under-confident", shy))
        if fits
    ]
    return f"{_under(shift)}, {'; '.join(parts)}."


QUESTION = Question(
    name="shift",
    title="What happens under shift?",
    how="One training set; test rows without a shift and with four kinds of shift.",
    experiment=experiment,
    answer=answer,
    yours="""trifit compare train.csv --test elsewhere.csv --target species
trifit compare sim:gaussian --world n=100 features=2 shift=unseen severity=5""",
    references=(
        Reference(
            "Ovadia et al. (2019), Can you trust your model's uncertainty? Evaluating "
            "predictive uncertainty under dataset shift, NeurIPS 32, arXiv:1906.02530"
        ),
        Reference(
            "Saerens, Latinne & Decaestecker (2002), Adjusting the outputs of a classifier "
            "to new a priori probabilities, Neural Comput. 14(1)",
            "10.1162/089976602753284446",
        ),
    ),
)
