"""What only the posterior can say: two kinds of entropy, single draws, leave-one-out."""

import numpy as np

from trifit.calibration import slope_intercept, top_label
from trifit.crossfit.fitted import Fitted
from trifit.fit.loo import loo
from trifit.fit.prediction import epistemic, thinned
from trifit.information import entropy
from trifit.inputs import Labels, label_probs
from trifit.results import Draws, PosteriorRecord
from trifit.rounding import finite
from trifit.scores import log_loss
from trifit.types import FloatArray

MAX_DRAWS = 100
MAX_VALUES = 4_000_000
"""Most log probabilities of single draws that are looked at: rows x classes x draws."""


def posterior_record(fitted: Fitted) -> PosteriorRecord | None:
    """The posterior's record of pooled held-out rows; None where there is no posterior."""
    name = fitted.posterior
    if name is None:
        return None
    predictions = [fold.predictions[name] for fold in fitted.folds]
    probs = np.concatenate([p.probs for p in predictions])
    aleatoric = np.concatenate([p.aleatoric for p in predictions])
    unsure = np.concatenate([epistemic(p) for p in predictions])
    right = probs.argmax(axis=1) == label_probs(fitted.y, probs.shape[1]).argmax(axis=1)
    n_draws = int(np.clip(MAX_VALUES // probs.size, 10, MAX_DRAWS))
    fit, rows = fitted.final.fits[name], fitted.final.part.train
    # Draws that are not the posterior's would say nothing; a row that is left out is not new
    # to the fit where others of its group stay.
    skipped = fit.status.failed or rows.groups is not None
    one_out = None if skipped else loo(fitted.density, fit, rows.X, rows.labels)
    return PosteriorRecord(
        entropy=float(entropy(probs).mean()),
        aleatoric=float(aleatoric.mean()),
        epistemic=float(unsure.mean()),
        epistemic_right=finite(float(unsure[right].mean())) if right.any() else None,
        epistemic_wrong=finite(float(unsure[~right].mean())) if not right.all() else None,
        n_draws=n_draws,
        draws=_single_draws(fitted, name, n_draws),
        loo=one_out,
    )


def _single_draws(fitted: Fitted, name: str, n_draws: int) -> dict[str, Draws]:
    """Each number of single draws, and of the probabilities averaged over draws.

    With folds, one draw of every fold's posterior makes one set of pooled rows.
    """
    y = fitted.y
    streams = [
        thinned(fitted.density, fold.fits[name], fold.part.test.X, n_draws) for fold in fitted.folds
    ]
    single = [_numbers(np.concatenate(rows), y) for rows in zip(*streams, strict=True)]
    averaged = _numbers(fitted.log_probs[name], y)
    return {
        key: _quantiles(np.array([numbers[key] for numbers in single]), averaged[key])
        for key in averaged
    }


def _numbers(log_probs: FloatArray, y: Labels) -> dict[str, float]:
    probs = np.exp(log_probs)
    return {
        "log_loss": log_loss(log_probs, y).value,
        "confidence": float(top_label(probs, y)[0].mean()),
        "slope": slope_intercept(probs, y, log_probs=log_probs).slope,
    }


def _quantiles(values: FloatArray, averaged: float) -> Draws:
    """Quantiles of the draws that have the number; NaN where none has."""
    known = values[np.isfinite(values)]
    low, median, high = np.quantile(known, (0.05, 0.5, 0.95)) if len(known) else [np.nan] * 3
    return Draws(
        low=finite(float(low)),
        median=finite(float(median)),
        high=finite(float(high)),
        averaged=finite(averaged),
    )
