"""Inner folds of the training rows, for what is chosen by held-out log-loss."""

import warnings
from collections.abc import Iterator

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from trifit.clusters import n_groups
from trifit.types import Rows

INNER_FOLDS = 5


def inner_folds(rows: Rows, rng: np.random.Generator) -> Iterator[tuple[Rows, Rows]]:
    """Training and held-out rows of stratified folds, of classes seen in training.

    Rows that belong together stay together.
    """
    y = rows.labels.argmax(axis=1) if rows.labels.ndim == 2 else rows.labels.astype(np.int64)
    n_folds = min(INNER_FOLDS, int(np.bincount(y).max()))
    kind = StratifiedKFold
    if rows.groups is not None:
        kind, n_folds = StratifiedGroupKFold, min(n_folds, n_groups(rows.groups))
    splitter = kind(n_folds, shuffle=True, random_state=int(rng.integers(2**31)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a class with fewer rows than folds
        folds = list(splitter.split(rows.X, y, rows.groups))
    for train, test in folds:
        if rows.labels.ndim == 1:
            seen = np.isin(y[test], y[train])
        else:
            unseen = rows.labels[train].sum(axis=0) == 0
            seen = rows.labels[test][:, unseen].sum(axis=1) == 0
        yield rows.take(train), rows.take(test[seen])
