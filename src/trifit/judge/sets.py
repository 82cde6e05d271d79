"""Sets of classes from the probabilities of contestants: from arrays to records."""

from collections.abc import Sequence

import numpy as np

from trifit.clusters import n_groups, of_rows
from trifit.conformal import conformal, enough_rows, highest_probability
from trifit.forecasts import Forecasts
from trifit.recalibration import deal
from trifit.results import ContestantSets, SetRecord, Sets
from trifit.scores import mean_with_se, share_with_se
from trifit.types import BoolArray, IntArray


def sets(
    forecasts: Forecasts, names: Sequence[str], level: float | None, rng: np.random.Generator
) -> Sets | None:
    """Coverage and size of the sets of some contestants; None without a level.

    Parameters
    ----------
    forecasts : Forecasts
        With observed labels.
    names : sequence of str
    level : float or None
        Coverage that the sets should have.
    rng : numpy Generator
        Deals the folds.
    """
    if level is None:
        return None
    y = np.asarray(forecasts.labels, dtype=np.int64)
    fold = deal(y, groups=forecasts.groups, seed=rng)
    fewest = len(y) - int(np.bincount(fold).max())
    calibrated = names if len(np.unique(fold)) > 1 and enough_rows(fewest, level) else ()
    probs = {name: forecasts.probs(name) for name in names}
    return Sets(
        level=level,
        own={n: _described(forecasts, y, highest_probability(probs[n], level)) for n in names},
        conformal={
            n: _described(forecasts, y, conformal(probs[n], y, level, fold)) for n in calibrated
        },
    )


def _described(forecasts: Forecasts, y: IntArray, inside: BoolArray) -> ContestantSets:
    classes = {}
    for k, name in enumerate(forecasts.class_names):
        rows = np.flatnonzero(y == k)
        groups = of_rows(forecasts.groups, rows)
        if len(rows) > 1 and (groups is None or n_groups(groups) > 1):
            classes[name] = _record(inside[rows], y[rows], groups)
    return ContestantSets(all_rows=_record(inside, y, forecasts.groups), classes=classes)


def _record(inside: BoolArray, y: IntArray, groups: IntArray | None) -> SetRecord:
    right = inside[np.arange(len(y)), y].astype(np.float64)
    size = inside.sum(axis=1).astype(np.float64)
    return SetRecord(
        n_obs=len(y),
        coverage=share_with_se(right, groups),
        size=mean_with_se(size, groups),
        empty=float(np.mean(size == 0)),
    )
