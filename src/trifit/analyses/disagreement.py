"""Where the fits disagree: rows one by one, and by their distance from the training data."""

from functools import partial

import numpy as np
from scipy.special import logsumexp

from trifit.analyses.distance import DistanceFromData
from trifit.analyses.probability_map import probability_map
from trifit.calibration import top_label
from trifit.crossfit.fitted import Fitted
from trifit.fit.prediction import epistemic
from trifit.forecasts import LOG_ZERO
from trifit.judge.rows import examples, n_shown, row_table
from trifit.results import (
    ByDistance,
    Disagreement,
    FeatureValue,
    Interval,
)
from trifit.rounding import rounded
from trifit.scores import wilson
from trifit.types import FloatArray, IntArray

N_FEATURES = 8

MAX_CANDIDATES = 200
"""Features whose contribution is looked at: those with the largest absolute z."""

MAX_BINS, MIN_PER_BIN = 10, 20


def disagreement(fitted: Fitted, rng: np.random.Generator) -> Disagreement:
    """Where the fits disagree; see :class:`trifit.results.Disagreement`.

    Parameters
    ----------
    fitted : Fitted
    rng : numpy Generator
        Draws the rows of the table, and of the pictures.
    """
    n = len(fitted.test_rows)
    chosen = rng.choice(n, n_shown(n, fitted.problem.dataset.n_classes), replace=False)
    chosen = chosen[np.argsort(fitted.test_rows[chosen], kind="stable")]
    distance = _distances(fitted, chosen, rng)
    between = "mle", fitted.fullest
    aleatoric, unsure = _entropies(fitted, chosen)
    return Disagreement(
        rows=row_table(
            fitted.log_probs,
            chosen,
            fitted.test_rows,
            fitted.codes,
            aleatoric=aleatoric,
            epistemic=unsure,
            distance=distance,
        ),
        by_distance=None if distance is None else by_distance(fitted, chosen, distance),
        between=between,
        examples=examples(
            fitted.log_probs, between, fitted.test_rows, fitted.codes, partial(_features, fitted)
        ),
        map=probability_map(fitted, rng),
    )


def _entropies(
    fitted: Fitted, chosen: IntArray
) -> tuple[FloatArray, FloatArray] | tuple[None, None]:
    """The two parts of the posterior's entropy at some held-out rows, if there is a posterior."""
    if fitted.posterior is None:
        return None, None
    averaged = [fold.predictions[fitted.posterior] for fold in fitted.folds]
    return (
        np.concatenate([p.aleatoric for p in averaged])[chosen],
        np.concatenate([epistemic(p) for p in averaged])[chosen],
    )


def _distances(fitted: Fitted, chosen: IntArray, rng: np.random.Generator) -> FloatArray | None:
    """Distance of each chosen row from the training rows of its own part."""
    distances = np.empty(len(chosen))
    start = 0
    for fold in fitted.folds:
        at = chosen - start
        here = (at >= 0) & (at < len(fold.test_rows))
        measure = DistanceFromData(fold.part.train.X, rng)
        if measure.typical == 0:
            return None
        if here.any():
            distances[here] = measure(fold.part.test.X[at[here]])
        start += len(fold.test_rows)
    return distances


def by_distance(fitted: Fitted, chosen: IntArray, distance: FloatArray) -> ByDistance:
    """Confidence and accuracy of some held-out rows by their distance from the training rows.

    Parameters
    ----------
    fitted : Fitted
    chosen : array of shape (n_chosen,)
        Indices of held-out rows.
    distance : array of shape (n_chosen,)
        Theirs; 1 is typical of training rows (:class:`DistanceFromData`).
    """
    n_bins = int(np.clip(len(chosen) // MIN_PER_BIN, 1, MAX_BINS))
    # Edges that are distances themselves leave no bin empty.
    edges = np.unique(np.quantile(distance, np.linspace(0, 1, n_bins + 1), method="lower"))
    inner = edges[1:-1]
    index = np.searchsorted(inner, distance, side="right")
    count = np.bincount(index, minlength=len(inner) + 1)

    def mean(values: FloatArray) -> FloatArray:
        return np.asarray(np.bincount(index, weights=values, minlength=len(count)) / count)

    confidence, accuracy = {}, {}
    for name, log_probs in fitted.log_probs.items():
        sure, right = top_label(np.minimum(np.exp(log_probs[chosen]), 1.0), fitted.y[chosen])
        confidence[name] = rounded(mean(sure))
        accuracy[name] = [
            _frequency(share, int(n)) for share, n in zip(mean(right), count, strict=True)
        ]
    return ByDistance(
        edges=rounded(edges if len(edges) > 1 else np.repeat(edges, 2)),
        count=count.tolist(),
        distance=rounded(mean(distance)),
        confidence=confidence,
        accuracy=accuracy,
    )


def _frequency(share: float, n_obs: int) -> Interval:
    value, low, high = rounded([share, *wilson(float(share), n_obs)])
    return Interval(value=value, low=low, high=high)


def _features(fitted: Fitted, position: int) -> list[FeatureValue]:
    """What a row's features add to the log-odds of the MLE's class, largest first.

    ``c_j = l(x) - l(x with x_j at its training mean)``, with the log-odds
    ``l = log p_k - log(1 - p_k)`` of the class k that the MLE puts first.
    """
    fold, i = fitted.where[position]
    part, fit = fold.part, fold.fits["mle"]
    train, x = part.features(part.train.X), part.features(part.test.X[i])
    mean, sd = train.mean(axis=0), train.std(axis=0)
    z = np.divide(x - mean, sd, out=np.zeros_like(x), where=sd > 0)
    candidates = np.argsort(-abs(z), kind="stable")[:MAX_CANDIDATES]
    rows = np.tile(x, (1 + len(candidates), 1))
    rows[1 + np.arange(len(candidates)), candidates] = mean[candidates]
    found = fitted.density.log_probs(fit.flat_draws, part.seen(rows))[0]
    log_probs = np.maximum(found, LOG_ZERO)
    first = int(log_probs[0].argmax())
    log_odds = log_probs[:, first] - logsumexp(np.delete(log_probs, first, axis=1), axis=1)
    contribution = log_odds[0] - log_odds[1:]
    largest = np.argsort(-abs(contribution), kind="stable")[:N_FEATURES]
    data = fitted.problem.dataset
    columns = np.flatnonzero(fitted.problem.varies)[candidates[largest]]
    values = data.X[fitted.test_rows[position], columns]
    return [
        FeatureValue(
            name=data.feature_names[column],
            value=None if np.isnan(value) else float(value),
            z=rounded(z[candidates[j]]),
            contribution=rounded(contribution[j]),
        )
        for column, value, j in zip(columns, values, largest, strict=True)
    ]
