"""Every fit against the true class probabilities, where the data are simulated."""

import numpy as np

from trifit.calibration import (
    SmoothError,
    binned_error,
    slope_intercept,
    smooth_error,
)
from trifit.crossfit.fitted import Fitted
from trifit.fit.prediction import thinned
from trifit.information import entropy
from trifit.inputs import Labels
from trifit.results import Estimate, Truth, TruthRecord
from trifit.rounding import finite
from trifit.truth import calibration_error, confidence_bias, coverage, excess_log_loss
from trifit.types import FloatArray, IntArray

MAX_SHOWN = 2_000
"""Most true probabilities (rows x classes) that are drawn and whose intervals are judged."""

MAX_DRAWS = 1_000
"""Most draws behind an interval."""

LEVELS = (0.5, 0.95)


def truth(fitted: Fitted) -> Truth | None:
    """The record of pooled test rows; None where the data have no known truth.

    Without a posterior there are no credible intervals.
    """
    dataset, test_rows = fitted.problem.dataset, fitted.test_rows
    if dataset.true_probs is None:
        return None
    true, y = dataset.true_probs[test_rows], fitted.y
    n_shown = min(len(true), max(1, MAX_SHOWN // dataset.n_classes))
    shown = np.linspace(0, len(true) - 1, n_shown).astype(int)
    draws = None if fitted.posterior is None else _draws(fitted, fitted.posterior, shown)
    return Truth(
        entropy=float(entropy(true).mean()),
        rows=test_rows[shown].tolist(),
        true=_rounded(true[shown]),
        fits={
            name: _record(true, np.minimum(np.exp(lp), 1.0), lp, y, shown)
            for name, lp in fitted.log_probs.items()
        },
        intervals=[coverage(true[shown], draws, level=level) for level in LEVELS]
        if draws is not None
        else [],
    )


def _record(
    true: FloatArray, probs: FloatArray, log_probs: FloatArray, y: Labels, shown: IntArray
) -> TruthRecord:
    estimators: dict[str, Estimate | SmoothError] = {
        "binned": binned_error(probs, y),
        "binned, debiased": binned_error(probs, y, debiased=True),
        "smooth": smooth_error(probs, y),
    }
    return TruthRecord(
        kl=excess_log_loss(true, probs),
        calibration_error=calibration_error(true, probs),
        class_calibration_error=calibration_error(true, probs, notion="class-wise"),
        confidence_bias=confidence_bias(true, probs),
        slope=finite(slope_intercept(probs, true, log_probs=log_probs).slope),
        estimators={name: Estimate.normal(e.value, e.se) for name, e in estimators.items()},
        estimated=_rounded(probs[shown]),
    )


def _draws(fitted: Fitted, posterior: str, shown: IntArray) -> FloatArray:
    """Probabilities of single draws for pooled test rows, (n_draws, n_shown, n_classes)."""
    n_draws = min(MAX_DRAWS, *(len(fold.fits[posterior].flat_draws) for fold in fitted.folds))
    pieces, start = [], 0
    for fold in fitted.folds:
        end = start + len(fold.test_rows)
        rows = shown[(start <= shown) & (shown < end)] - start
        if len(rows):
            X = fold.part.test.X[rows]
            pieces.append(np.array([*thinned(fitted.density, fold.fits[posterior], X, n_draws)]))
        start = end
    return np.exp(np.concatenate(pieces, axis=1))


def _rounded(probs: FloatArray) -> list[float]:
    """Five significant digits of every probability, row by row."""
    return [float(f"{p:.5g}") for p in probs.ravel()]
