"""The yardsticks from inner folds: ``mle+T`` and ``map-cv``.

Both choose one number by the log-loss on folds of the training rows: the
temperature of the MLE, or the weight of the prior.
"""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.model_selection import StratifiedKFold

from trifit.cards import Optimiser
from trifit.fit.density import Density
from trifit.fit.optimise import fit_map, maximise
from trifit.recalibration import temperature
from trifit.recalibration.temperature import Temperature
from trifit.scores import log_predictive_density
from trifit.types import Fit, FloatArray, Rows

INNER_FOLDS = 5

SCALE_FACTORS: FloatArray = np.exp2(np.arange(-5, 6))
"""``map-cv`` tries Normal priors from 32 times narrower to 32 times wider."""


def fit_temperature(
    density: Density,
    rows: Rows,
    settings: Optimiser,
    rng: np.random.Generator,
    *,
    advance: Callable[[float], None] | None = None,
) -> Temperature:
    """Temperature of least log-loss on inner held-out folds of the training rows.

    The MLE is refitted without each of five stratified folds; its log
    probabilities for the left-out rows, pooled, give the temperature. Rows of
    a class that a refit has never seen are left out. ``advance`` is called with the
    share of the folds that are done.
    """
    log_probs: list[FloatArray] = []
    labels: list[Any] = []
    for k, (train, test) in enumerate(_inner_folds(rows, rng)):
        if advance is not None:
            advance(k / INNER_FOLDS)
        fit, _ = maximise("mle", density, train, settings, rng, prior=0.0)
        log_probs.append(density.log_probs(fit.flat_draws, test.X)[0])
        labels.append(test.labels)
    pooled = np.concatenate(labels)
    return temperature.fit(np.concatenate(log_probs), pooled)


def fit_map_cv(
    density: Density,
    rows: Rows,
    settings: Optimiser,
    rng: np.random.Generator,
    *,
    held_out: Rows | None = None,
) -> Fit:
    """MAP with the prior's weight chosen by cross-validated log-loss.

    A weight of ``1 / c**2`` is, for Normal priors, one whose scales (intercepts'
    too) are ``c`` times as wide; for Laplace priors ``c**2`` times. With a wide
    intercept prior it is what scikit-learn's ``LogisticRegressionCV`` chooses.
    The diagnostics hold ``scale_factor``, ``c``.
    """
    folds = list(_inner_folds(rows, rng))
    losses = []
    for factor in SCALE_FACTORS:
        pointwise: list[FloatArray] = []
        for train, test in folds:
            fit, _ = maximise("map", density, train, settings, rng, prior=float(factor) ** -2)
            log_probs = density.log_probs(fit.flat_draws, test.X)[0]
            pointwise.append(-log_predictive_density(log_probs, test.labels))
        losses.append(np.concatenate(pointwise).mean())
    best = float(SCALE_FACTORS[int(np.argmin(losses))])
    fit, _ = fit_map(density, rows, settings, rng, weight=best**-2, held_out=held_out)
    return replace(fit, method="map-cv", diagnostics={**fit.diagnostics, "scale_factor": best})


def _inner_folds(rows: Rows, rng: np.random.Generator) -> Iterator[tuple[Rows, Rows]]:
    """Training and held-out rows of stratified folds, of classes seen in training."""
    y = rows.labels.argmax(axis=1) if rows.labels.ndim == 2 else rows.labels.astype(np.int64)
    n_folds = min(INNER_FOLDS, int(np.bincount(y).max()))
    splitter = StratifiedKFold(n_folds, shuffle=True, random_state=int(rng.integers(2**31)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a class with fewer rows than folds
        folds = list(splitter.split(rows.X, y))
    for train, test in folds:
        if rows.labels.ndim == 1:
            seen = np.isin(y[test], y[train])
        else:
            unseen = rows.labels[train].sum(axis=0) == 0
            seen = rows.labels[test][:, unseen].sum(axis=1) == 0
        yield rows.take(train), rows.take(test[seen])
