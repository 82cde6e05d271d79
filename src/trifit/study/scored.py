"""Predictions of one cell as numbers: scores, distances from the truth, verdicts, the signal."""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.special import xlogy

from trifit import theory
from trifit.calibration import binned_error, slope_intercept, smooth_error
from trifit.fit import Density
from trifit.fits import Fit, Prediction, Status
from trifit.forecasts import Forecasts
from trifit.information import entropy
from trifit.judge.calibration import calibration
from trifit.judge.verdict import of_fit, verdict_on
from trifit.results import Verdict
from trifit.scores import accuracy, brier, log_loss
from trifit.seeds import generator
from trifit.study.store import Row
from trifit.truth import calibration_error, confidence_bias
from trifit.types import FloatArray, Rows

EXTREME = 0.99

BALANCED = 0.3
"""Least share of the rarer of two classes at which the theory, which has equal ones, is asked."""

QUANTITY_OF = {
    Verdict.BEHAVES: "behaves",
    Verdict.OVER_CONFIDENT: "over_confident",
    Verdict.UNDER_CONFIDENT: "under_confident",
    Verdict.MISCALIBRATED: "miscalibrated",
    Verdict.UNCERTAIN: "uncertain",
    Verdict.NO_MLE: "no_mle",
    Verdict.FAILED: "failed",
}
"""Under which name the share of a verdict is kept."""


def scored(prediction: Prediction, test: Rows, true: FloatArray | None) -> dict[str, float]:
    """Scores on held-out rows, and distances from the truth where it is known.

    The calibration slope is that of the true probabilities, else that of the labels.

    Parameters
    ----------
    prediction : Prediction
    test : Rows
    true : array of shape (n_test, n_classes) or None
        True class probabilities.
    """
    log_probs, y = prediction.log_probs, test.labels
    probs = np.minimum(np.exp(log_probs), 1.0)
    confidence = probs.max(axis=1)
    found = {
        "log_loss": log_loss(log_probs, y).value,
        "brier": brier(probs, y).value,
        "accuracy": accuracy(log_probs, y).value,
        "confidence": float(confidence.mean()),
        "extreme": float((confidence > EXTREME).mean()),
        "entropy": float(entropy(probs).mean()),
        "slope": slope_intercept(probs, y if true is None else true, log_probs=log_probs).slope,
        "binned_error": binned_error(probs, y, debiased=False).value,
        "debiased_error": binned_error(probs, y).value,
        "smooth_error": smooth_error(probs, y).value,
    }
    if true is None:
        return found
    return found | {
        "excess": float((xlogy(true, true) - true * log_probs).sum(axis=1).mean()),
        "squared_error": float(((probs - true) ** 2).sum(axis=1).mean()),
        "confidence_bias": confidence_bias(true, probs).value,
        "calibration_error": calibration_error(true, probs).value,
    }


def verdicts(
    fitted: Mapping[str, Fit],
    predictions: Mapping[str, Prediction],
    test: Rows,
    class_names: Sequence[str],
    seeds: np.random.SeedSequence,
) -> list[Row]:
    """The verdict on every fit, as 0 or 1 for each, the slope's interval, a temperature's gain.

    No gain where a label has probability 0.

    Parameters
    ----------
    fitted : mapping of str to Fit
    predictions : mapping of str to Prediction
        For the held-out rows.
    test : Rows
    class_names : sequence of str
    seeds : numpy SeedSequence
    """
    log_probs = {name: prediction.log_probs for name, prediction in predictions.items()}
    forecasts = Forecasts(log_probs, test.labels, class_names, test.groups)
    rows = []
    for name, fit in fitted.items():
        found = calibration(forecasts, name, generator(seeds, f"verdict on {name}"))
        verdict = of_fit(verdict_on(found), fit.status)
        if found.slope is not None:
            low, high = found.interval()
            rows += [Row(name, "slope_low", low), Row(name, "slope_high", high)]
        if found.gain is not None:
            rows.append(Row(name, "gain", found.gain.value))
        rows += [
            Row(name, quantity, float(verdict is kind))
            for kind, quantity in QUANTITY_OF.items()
            if kind is not Verdict.NO_MLE or fit.status is Status.DERIVED_SEPARATED
        ]
    return rows


def signal_of(density: Density, mle: Fit, train: Rows) -> list[Row]:
    """The standard deviation of the true log-odds, as theory reads it off an MLE's.

    Nothing where theory does not apply: more than two classes, soft labels, unequal
    classes, no MLE, or log-odds that no signal leads to.

    Parameters
    ----------
    density : Density
    mle : Fit
    train : Rows

    References
    ----------
    Yadlowsky et al. (2021), NeurIPS 34, arXiv:2103.12725
    """
    X, y = train.X, train.labels
    if mle.status is not Status.CONVERGED or y.ndim == 2 or density.n_classes != 2:
        return []
    if min(y.mean(), 1 - y.mean()) < BALANCED:
        return []
    log_probs = density.log_probs(mle.flat_draws, X)[0]
    U, size, _ = np.linalg.svd(X - X.mean(axis=0), full_matrices=False)
    X = U[:, size > 1e-9 * size[0]]  # the same fits, of as many columns as there are directions
    found = theory.signal_of(X, y.astype(np.int64), log_probs)
    return [] if found is None else [Row("mle", "signal", found)]
