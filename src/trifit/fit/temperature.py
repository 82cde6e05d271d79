"""The yardstick ``mle+T``: the MLE with one temperature from held-out training folds."""

import warnings

import numpy as np
from sklearn.model_selection import StratifiedKFold

from trifit.fit.density import Density
from trifit.fit.optimise import maximise
from trifit.recalibration import temperature
from trifit.recalibration.temperature import Temperature
from trifit.types import FloatArray, IntArray

INNER_FOLDS = 5


def fit_temperature(
    density: Density, X: FloatArray, y: IntArray, rng: np.random.Generator
) -> Temperature:
    """Temperature of least log-loss on inner held-out folds of the training rows.

    The MLE is refitted without each of five stratified folds; its log
    probabilities for the left-out rows, pooled, give the temperature. Rows of
    a class that a refit has never seen are left out.
    """
    n_folds = min(INNER_FOLDS, int(np.bincount(y).max()))
    splitter = StratifiedKFold(n_folds, shuffle=True, random_state=int(rng.integers(2**31)))
    log_probs, labels = [], []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a class with fewer rows than folds
        folds = list(splitter.split(X, y))
    for train, test in folds:
        fit, _ = maximise("mle", density, density.bind(X[train], y[train]), prior=0.0, rng=rng)
        seen = test[np.isin(y[test], y[train])]
        log_probs.append(density.log_probs(fit.flat_draws, X[seen])[0])
        labels.append(y[seen])
    return temperature.fit(np.concatenate(log_probs), np.concatenate(labels))
