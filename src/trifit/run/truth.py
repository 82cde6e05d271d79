"""Every fit against the true class probabilities, where the data are simulated."""

from collections.abc import Mapping, Sequence

import numpy as np

from trifit.calibration import binned_error, slope_intercept, smooth_error
from trifit.checks import Labels
from trifit.comparison import Coverage, Gain, Truth, TruthRecord
from trifit.fit import Density
from trifit.information import entropy
from trifit.predict import thinned
from trifit.run.problem import Part
from trifit.run.records import finite
from trifit.truth import calibration_error, confidence_bias, coverage, excess_log_loss
from trifit.types import Dataset, Fit, FloatArray, IntArray

MAX_SHOWN = 2_000
"""Most true probabilities (rows x classes) that are drawn and whose intervals are judged."""

MAX_DRAWS = 1_000
"""Most draws behind an interval."""

LEVELS = (0.5, 0.95)


def truth(
    dataset: Dataset,
    test_rows: IntArray,
    log_probs: Mapping[str, FloatArray],
    *,
    density: Density,
    posteriors: Sequence[Fit],
    parts: Sequence[Part],
) -> Truth | None:
    """The record of pooled test rows; None where the data have no known truth.

    Parameters
    ----------
    dataset : Dataset
    test_rows : shape (n_test,)
        Pooled test rows of all parts.
    log_probs : mapping of fit to (n_test, n_classes)
    density : Density
    posteriors, parts : one per training set
        Posterior fits (empty where none was made: no intervals then) and their rows.
    """
    if dataset.true_probs is None:
        return None
    true, y = dataset.true_probs[test_rows], dataset.label_probs[test_rows]
    n_shown = min(len(true), max(1, MAX_SHOWN // dataset.n_classes))
    shown = np.linspace(0, len(true) - 1, n_shown).astype(int)
    draws = _draws(density, posteriors, parts, shown) if posteriors else None
    return Truth(
        entropy=float(entropy(true).mean()),
        rows=test_rows[shown].tolist(),
        true=_rounded(true[shown]),
        fits={
            name: _record(true, np.minimum(np.exp(lp), 1.0), lp, y, shown)
            for name, lp in log_probs.items()
        },
        intervals=[
            Coverage(level=c.level, coverage=c.coverage, width=c.width)
            for c in (coverage(true[shown], draws, level=level) for level in LEVELS)
        ]
        if draws is not None
        else [],
    )


def _record(
    true: FloatArray, probs: FloatArray, log_probs: FloatArray, y: Labels, shown: IntArray
) -> TruthRecord:
    kl = excess_log_loss(true, probs)
    top = calibration_error(true, probs)
    each = calibration_error(true, probs, notion="class-wise")
    bias = confidence_bias(true, probs)
    plain, debiased = (binned_error(probs, y, debiased=d) for d in (False, True))
    smooth = smooth_error(probs, y)
    return TruthRecord(
        kl=kl.value,
        kl_se=kl.se,
        calibration_error=top.value,
        calibration_error_se=top.se,
        class_calibration_error=each.value,
        class_calibration_error_se=each.se,
        confidence_bias=bias.value,
        confidence_bias_se=bias.se,
        slope=finite(slope_intercept(probs, true, log_probs=log_probs).slope),
        estimators={
            "binned": Gain(value=plain.value, se=plain.se),
            "binned, debiased": Gain(value=debiased.value, se=debiased.se),
            "smooth": Gain(value=smooth.value, se=smooth.se),
        },
        estimated=_rounded(probs[shown]),
    )


def _draws(
    density: Density, posteriors: Sequence[Fit], parts: Sequence[Part], shown: IntArray
) -> FloatArray:
    """Probabilities of single draws for pooled test rows, (n_draws, n_shown, n_classes)."""
    ends = np.cumsum([len(part.test) for part in parts])
    n_draws = min(MAX_DRAWS, *(len(fit.flat_draws) for fit in posteriors))
    pieces = []
    for fit, part, end in zip(posteriors, parts, ends, strict=True):
        start = end - len(part.test)
        rows = shown[(start <= shown) & (shown < end)] - start
        if len(rows):
            pieces.append(np.array([*thinned(density, fit, part.test.X[rows], n_draws)]))
    return np.exp(np.concatenate(pieces, axis=1))


def _rounded(probs: FloatArray) -> list[float]:
    """Five significant digits of every probability, row by row."""
    return [float(f"{p:.5g}") for p in probs.ravel()]
