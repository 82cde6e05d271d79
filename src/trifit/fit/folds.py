"""Inner folds of the training rows, for what is chosen by held-out log-loss."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from trifit.cards import Optimiser
from trifit.clusters import check_several, n_groups
from trifit.fit.density import Density
from trifit.fit.optimise import maximise
from trifit.inputs import Labels, label_probs
from trifit.stratified import stratified_folds
from trifit.types import FloatArray, Rows

INNER_FOLDS = 5


def inner_folds(rows: Rows, rng: np.random.Generator) -> Iterator[tuple[Rows, Rows]]:
    """Training and held-out rows of stratified folds, of classes seen in training.

    Rows that belong together stay together.

    Raises
    ------
    InputError
        If all rows are of one group.
    """
    y = rows.labels.argmax(axis=1) if rows.labels.ndim == 2 else rows.labels.astype(np.int64)
    n_folds = min(INNER_FOLDS, int(np.bincount(y).max()))
    if rows.groups is not None:
        n_folds = min(n_folds, n_groups(rows.groups))
        check_several(rows.groups)
    for train, test in stratified_folds(y, n_folds, int(rng.integers(2**31)), rows.groups):
        if rows.labels.ndim == 1:
            seen = np.isin(y[test], y[train])
        else:
            unseen = rows.labels[train].sum(axis=0) == 0
            seen = rows.labels[test][:, unseen].sum(axis=1) == 0
        yield rows.take(train), rows.take(test[seen])


def held_out_forecasts(
    density: Density,
    folds: Iterable[tuple[Rows, Rows]],
    settings: Optimiser,
    rng: np.random.Generator,
    *,
    prior: float = 0.0,
    scales: FloatArray | None = None,
    advance: Callable[[float], None] | None = None,
) -> tuple[FloatArray, Labels]:
    """Log probabilities of a point fit for the inner folds that it has not seen, and labels.

    The fit is made again without each fold, from starts of its own: one that begins at the
    fit to all rows remembers the fold, if it is a network. Rows of a class that a refit has
    never seen are left out.

    Parameters
    ----------
    density : Density
    folds : iterable of (Rows, Rows)
        Training and held-out rows; see :func:`inner_folds`.
    settings : Optimiser
    rng : numpy Generator
        For starting points.
    prior : float
        Weight of the log prior: 0 for the MLE, 1 for the MAP.
    scales : array of shape (n_params,), optional
        Where learned prior scales are held.
    advance : callable, optional
        Called with the share of the folds that are done.
    """
    log_probs: list[FloatArray] = []
    labels: list[Any] = []
    for k, (train, test) in enumerate(folds):
        if advance is not None:
            advance(k / INNER_FOLDS)
        fit = maximise("", density, train, settings, rng, prior=prior, scales=scales, race=True)
        log_probs.append(density.log_probs(fit.flat_draws, test.X)[0])
        labels.append(test.labels)
    return np.concatenate(log_probs), np.concatenate(labels)


def mean_loss(log_probs: FloatArray, labels: Labels) -> float:
    """Log-loss per row of held-out forecasts; rows count by the sum of their labels.

    So merged rows, whose labels are weights of classes, count as those they stand for.

    Parameters
    ----------
    log_probs : array of shape (n_obs, n_classes)
    labels : array of shape (n_obs,) or (n_obs, n_classes)
    """
    weights = label_probs(labels, log_probs.shape[1])
    return float(-np.where(weights > 0, weights * log_probs, 0.0).sum() / weights.sum())
