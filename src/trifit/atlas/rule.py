"""A rule of thumb: what can be told of the MLE before it is fitted."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trifit.atlas.bootstrap import ratio_over_tables
from trifit.results.atlas import SLOPE, WORTH, AtlasCell, OverTables, RuleOfThumb
from trifit.types import BoolArray, FloatArray

FOLDS = 10
FEATURES = ("log effective rows per coefficient", "log rows", "log columns", "classes")


def rule_of_thumb(cells: Sequence[AtlasCell], columns: Mapping[str, int]) -> RuleOfThumb | None:
    """A logistic regression over cells, cross-validated with whole tables left out.

    None with fewer than ten tables, or where all cells have one answer.

    Parameters
    ----------
    cells : sequence of AtlasCell
    columns : mapping of table to int
        After categories are coded.
    """
    told = [c for c in cells if not c.exists or c.outcomes["mle"].slope is not None]
    answer = np.array([_low(c) for c in told])
    tables = np.array([c.table for c in told])
    if len(set(tables)) < FOLDS or len(set(answer)) < 2:
        return None
    X = np.array([_features(c, columns[c.table]) for c in told])
    probs, base = _cross_validated(X, answer, tables)
    wrong, base_wrong = ((p > 0.5) != answer for p in (probs, base))
    errors, base_errors = int(wrong.sum()), int(base_wrong.sum())
    model = _fitted(X, answer)
    return RuleOfThumb(
        coefficients={
            "intercept": float(model.intercept_[0]),
            **dict(zip(FEATURES, map(float, model.coef_[0]), strict=True)),
        },
        errors=errors,
        base_errors=base_errors,
        difference=_difference(wrong, base_wrong, tables),
        log_loss=_log_loss(probs, answer),
        base_log_loss=_log_loss(base, answer),
        cells=len(told),
        tables=len(set(tables)),
        worth_it=errors <= WORTH * base_errors,
    )


def _low(cell: AtlasCell) -> bool:
    slope = cell.outcomes["mle"].slope
    return not cell.exists or (slope is not None and slope < SLOPE)


def _features(cell: AtlasCell, columns: int) -> list[float]:
    return [*np.log([cell.effective, cell.n, columns]).tolist(), float(cell.classes)]


def _fitted(X: FloatArray, answer: BoolArray) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=10.0, max_iter=1000).fit(X, answer)


def _cross_validated(
    X: FloatArray, answer: BoolArray, tables: NDArray[np.str_]
) -> tuple[FloatArray, FloatArray]:
    """Probabilities for each cell from the other tables: by the rule, and their mere share."""
    from sklearn.model_selection import GroupKFold

    probs, base = np.empty(len(X)), np.empty(len(X))
    for train, test in GroupKFold(FOLDS).split(X, answer, tables):
        probs[test] = _fitted(X[train], answer[train]).predict_proba(X[test])[:, 1]
        base[test] = answer[train].mean()
    return probs, base


def _difference(wrong: BoolArray, base_wrong: BoolArray, tables: NDArray[np.str_]) -> OverTables:
    """By how much the error rate of the rule is above that without a rule."""
    own = {str(name): tables == name for name in np.unique(tables)}
    more = wrong.astype(float) - base_wrong
    return ratio_over_tables(
        {name: float(more[cells].sum()) for name, cells in own.items()},
        {name: float(cells.sum()) for name, cells in own.items()},
    )


def _log_loss(probs: FloatArray, answer: BoolArray) -> float:
    return float(-np.log(np.where(answer, probs, 1 - probs)).mean())
