"""What only the posterior can say: two kinds of entropy, single draws, leave-one-out."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from trifit.calibration import slope_intercept, top_label
from trifit.checks import Labels, label_probs
from trifit.fit import Density
from trifit.fit.loo import loo
from trifit.information import entropy
from trifit.predict import epistemic, thinned
from trifit.results import Draws, Loo, PosteriorRecord
from trifit.run.problem import Part
from trifit.run.records import finite
from trifit.scores import log_loss
from trifit.types import Fit, FloatArray, Prediction

MAX_DRAWS = 100
MAX_VALUES = 4_000_000
"""Most log probabilities of single draws that are looked at: rows x classes x draws."""


def posterior_record(
    density: Density,
    fits: Sequence[Fit],
    predictions: Sequence[Prediction],
    parts: Sequence[Part],
    y: Labels,
    *,
    last: tuple[Fit, Part],
) -> PosteriorRecord:
    """The posterior's record of pooled test rows.

    Parameters
    ----------
    density : Density
    fits, predictions, parts : one per training set
        Posterior fits, their predictions for the test rows, and those rows.
    y : shape (n_obs,) or (n_obs, n_classes)
        Labels of the pooled test rows.
    last : (Fit, Part)
        The fit whose training rows are left out one by one.
    """
    probs = np.concatenate([p.probs for p in predictions])
    aleatoric = np.concatenate([p.aleatoric for p in predictions])
    unsure = np.concatenate([epistemic(p) for p in predictions])
    truth = label_probs(y, probs.shape[1]).argmax(axis=1)
    right = probs.argmax(axis=1) == truth
    n_draws = int(np.clip(MAX_VALUES // probs.size, 10, MAX_DRAWS))
    fit, rows = last[0], last[1].train
    # Reweighting draws that are not the posterior's would say nothing.
    one_out = loo(density, fit, rows.X, rows.labels) if fit.status.trustworthy else None
    return PosteriorRecord(
        entropy=float(entropy(probs).mean()),
        aleatoric=float(aleatoric.mean()),
        epistemic=float(unsure.mean()),
        epistemic_right=finite(float(unsure[right].mean())) if right.any() else None,
        epistemic_wrong=finite(float(unsure[~right].mean())) if not right.all() else None,
        n_draws=n_draws,
        draws=_single_draws(density, fits, parts, predictions, y, n_draws),
        loo=Loo(**dataclasses.asdict(one_out)) if one_out else None,
    )


def _single_draws(
    density: Density,
    fits: Sequence[Fit],
    parts: Sequence[Part],
    predictions: Sequence[Prediction],
    y: Labels,
    n_draws: int,
) -> dict[str, Draws]:
    """Each number of single draws, and of the probabilities averaged over draws.

    With folds, one draw of every fold's posterior makes one set of pooled rows.
    """
    streams = [
        thinned(density, fit, part.test.X, n_draws) for fit, part in zip(fits, parts, strict=True)
    ]
    single = [_numbers(np.concatenate(rows), y) for rows in zip(*streams, strict=True)]
    averaged = _numbers(np.concatenate([p.log_probs for p in predictions]), y)
    return {
        name: _quantiles(np.array([numbers[name] for numbers in single]), averaged[name])
        for name in averaged
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
