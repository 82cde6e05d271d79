"""How far from a probability: the log-loss that a recalibration map gains on other rows."""

from collections.abc import Callable, Mapping

import numpy as np

from trifit.clusters import dealt
from trifit.inputs import Labels, checked_labels, measure
from trifit.recalibration import beta, dirichlet, isotonic, temperature, vector
from trifit.recalibration.fitting import Map, checked_log_probs
from trifit.scores import Estimate, log_predictive_density, paired_difference
from trifit.types import FloatArray, IntArray

METHODS: Mapping[str, Callable[[FloatArray, Labels], Map]] = {
    "temperature": temperature.fit,
    "vector": vector.fit,
    "dirichlet": dirichlet.fit,
    "isotonic": isotonic.fit,
    "beta": beta.fit,
}
"""Every map by its name, the simplest first."""


@measure
def recalibration_gain(
    log_probs: FloatArray,
    y: Labels,
    *,
    method: str = "temperature",
    folds: int | IntArray = 5,
    groups: IntArray | None = None,
    seed: int | np.random.Generator = 0,
) -> Estimate:
    """Cross-fitted ``log_loss(fit) - log_loss(recalibrated fit)``; lower is better.

    The map is fitted on all folds but one and applied to that one, so a map
    that only follows noise gains nothing: calibrated forecasts get about
    ``-d / (2 n_obs)`` from a map with ``d`` parameters. A gain says how far the forecasts
    are from probabilities in the currency of the score itself, and needs no bins.

    Parameters
    ----------
    log_probs : array of shape (n_obs, n_classes)
        Held-out log probabilities or logits.
    y : array of shape (n_obs,) or (n_obs, n_classes)
    method : {"temperature", "vector", "dirichlet", "isotonic", "beta"}
    folds : int or shape (n_obs,)
        How many folds, or the fold of each row.
    groups : array of shape (n_obs,), optional
        Rows that belong together: they are dealt into one fold, and the error is that of
        the groups' sums.
    seed : int or numpy Generator
        Deals the rows into folds, class by class.

    Raises
    ------
    ValueError
        On bad rows or labels, an unknown method, or fewer than two folds.

    References
    ----------
    Good (1952), doi:10.1111/j.2517-6161.1952.tb00104.x (the score);
    Stone (1974), J. R. Stat. Soc. B 36(2), doi:10.1111/j.2517-6161.1974.tb00994.x

    Examples
    --------
    >>> sure, y = np.log([[0.99, 0.01]] * 100), np.tile([0, 0, 1, 0], 25)
    >>> gain = recalibration_gain(sure, y)
    >>> gain.value > 3 * gain.se
    True
    """
    rows = checked_log_probs(log_probs)
    y = checked_labels(y, *rows.shape)
    fold = deal(y, folds, groups=groups, seed=seed) if isinstance(folds, int) else np.asarray(folds)
    recalibrated = cross_fitted(rows, y, method=method, fold=fold)
    return paired_difference(
        log_predictive_density(recalibrated, y), log_predictive_density(rows, y), groups
    )


def cross_fitted(log_probs: FloatArray, y: Labels, *, method: str, fold: IntArray) -> FloatArray:
    """Recalibrated log probabilities, each row's by a map that has not seen its fold.

    Parameters
    ----------
    log_probs : array of shape (n_obs, n_classes)
        Held-out log probabilities or logits.
    y : array of shape (n_obs,) or (n_obs, n_classes)
    method : {"temperature", "vector", "dirichlet", "isotonic", "beta"}
    fold : array of shape (n_obs,)
        Of each row, see :func:`deal`.

    Raises
    ------
    ValueError
        As :func:`recalibration_gain` does.

    Examples
    --------
    >>> sure, y = np.log([[0.99, 0.01]] * 100), np.tile([0, 0, 1, 0], 25)
    >>> np.exp(cross_fitted(sure, y, method="temperature", fold=np.arange(100) % 5))[0].round(2)
    array([0.75, 0.25])
    """
    if method not in METHODS:
        raise ValueError(f"method={method!r}: expected one of {', '.join(METHODS)}")
    rows = checked_log_probs(log_probs)
    y = checked_labels(y, *rows.shape)
    if fold.shape != (len(y),):
        raise ValueError(
            f"folds has shape {fold.shape}; expected the fold of each of {len(y)} rows"
        )
    names = np.unique(fold)
    if len(names) < 2:
        raise ValueError(f"folds: {len(names)} fold for {len(y)} rows; expected at least 2")
    recalibrated = np.empty_like(rows)
    for name in names:
        here = fold == name
        fitted = METHODS[method](rows[~here], y[~here])
        recalibrated[here] = fitted.transform(rows[here])
    return recalibrated


def deal(
    y: Labels,
    n_folds: int = 5,
    *,
    groups: IntArray | None = None,
    seed: int | np.random.Generator = 0,
) -> IntArray:
    """The fold of every row, (n_obs,): dealt like cards after shuffling, class by class.

    Rows that belong together are dealt as one card.

    Parameters
    ----------
    y : array of shape (n_obs,) or (n_obs, n_classes)
        Class codes, or soft labels, whose largest counts.
    n_folds : int
    groups : array of shape (n_obs,), optional
        Rows with the same number belong together.
    seed : int or numpy Generator
    """
    rng = np.random.default_rng(seed)
    winner = y.astype(np.int64) if y.ndim == 1 else y.argmax(axis=1)
    if groups is not None:
        return dealt(groups, winner, n_folds, rng)
    fold = np.empty(len(y), dtype=np.int64)
    fold[np.lexsort((rng.random(len(y)), winner))] = np.arange(len(y)) % n_folds
    return fold
