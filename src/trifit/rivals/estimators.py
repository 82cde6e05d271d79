"""Another estimator, fitted to the training rows of every part of a split."""

import re
import warnings
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from trifit.data import Standardiser
from trifit.forecasts import log_of
from trifit.inputs import checked_probs
from trifit.rivals.given import EstimatorRival
from trifit.seeds import child, generator
from trifit.text import listing, typed_line
from trifit.types import Dataset, FloatArray, IntArray, Split

if TYPE_CHECKING:
    import pandas as pd


class RivalError(Exception):
    """A rival failed; the text says how."""


def forecasts_of(
    rival: EstimatorRival,
    dataset: Dataset,
    split: Split,
    seeds: np.random.SeedSequence,
    say: Callable[[str], None],
) -> FloatArray:
    """Log probabilities of the held-out rows, pooled as the split has them, (n_test, n_classes).

    Parameters
    ----------
    rival : EstimatorRival
        A clone of its estimator is fitted to each training set, as a dataframe of the
        encoded columns and class names; its warnings are not shown.
    dataset : Dataset
        With class codes.
    split : Split
    seeds : numpy SeedSequence
        Of this rival: every ``random_state`` that is None is set from it.
    say : callable
        Told which part is fitted.

    Raises
    ------
    RivalError
        If it raises an exception, or its probabilities are none.
    """
    found = []
    for i, (train, test) in enumerate(split.parts):
        which = f", {i + 1} of {len(split.parts)}" if len(split.parts) > 1 else ""
        say(f"{rival.name}{which}")
        fill = Standardiser.fit(dataset.X, train, names=dataset.feature_names).fill
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            X, held_out = _frame(dataset, train, fill), _frame(dataset, test, fill)
            estimator, classes, columns = _fitted(
                rival.estimator, X, dataset, train, child(seeds, f"part {i}")
            )
            try:
                probs = estimator.predict_proba(held_out.set_axis(columns, axis=1))
            except Exception as error:
                raise RivalError(typed_line(error)) from error
        found.append(_log_probs(probs, estimator, classes, len(test)))
    return np.concatenate(found)


def _frame(dataset: Dataset, rows: IntArray, fill: FloatArray) -> "pd.DataFrame":
    """Encoded columns in the data's units; a missing value is the mean of the training rows."""
    import pandas as pd

    X = dataset.X[rows]
    return pd.DataFrame(np.where(np.isnan(X), fill, X), columns=list(dataset.feature_names))


def _fitted(
    estimator: Any,
    X: "pd.DataFrame",
    dataset: Dataset,
    rows: IntArray,
    seeds: np.random.SeedSequence,
) -> tuple[Any, Mapping[Any, int], list[str]]:
    """A fitted clone, the code of every class as it was told them, and its columns' names.

    Classes and columns are told by name. An estimator that refuses those (XGBoost and neural
    networks want the classes 0, 1, ...; XGBoost and LightGBM refuse marks such as ``[`` and ``<``
    in a column's name) is told codes, and columns ``x0``, ``x1``, ...
    """
    codes, errors = dataset.y[rows], []
    named = list(X.columns)
    plain = [f"x{j}" for j in range(len(named))]
    marked = any(re.search(r"[^\w .-]", name) for name in named)
    for columns in (named, plain) if marked else (named,):
        for classes in (np.array(dataset.class_names), np.arange(dataset.n_classes)):
            try:
                made = seeded(estimator, seeds)
                made.fit(X.set_axis(columns, axis=1), classes[codes])
            except Exception as error:
                errors.append(typed_line(error))
            else:
                return made, {value: k for k, value in enumerate(classes.tolist())}, columns
    told = "" if errors[-1] == errors[0] else f"; told classes 0, 1, ...: {errors[-1]}"
    raise RivalError(errors[0] + told)


def seeded(estimator: Any, seeds: np.random.SeedSequence) -> Any:
    """An unfitted clone in which every ``random_state`` that is None has a number.

    Each is drawn by its name, so that no parameter moves another one's number.
    """
    from sklearn.base import clone

    made = clone(estimator, safe=False)
    if not (hasattr(made, "get_params") and hasattr(made, "set_params")):
        return made
    unset = [
        name
        for name, value in made.get_params(deep=True).items()
        if value is None and name.rpartition("__")[2] == "random_state"
    ]
    if unset:
        made.set_params(**{name: int(generator(seeds, name).integers(2**31)) for name in unset})
    return made


def _log_probs(probs: Any, estimator: Any, codes: Mapping[Any, int], n_obs: int) -> FloatArray:
    """Columns in the order of the data's classes; one that was never seen has probability 0."""
    try:
        given = np.asarray(probs, dtype=np.float64)
        classes = np.ravel(getattr(estimator, "classes_", sorted(codes))).tolist()
    except (TypeError, ValueError) as error:
        raise RivalError(f"its predict_proba returns no array: {typed_line(error)}") from error
    if given.shape != (n_obs, len(classes)):
        raise RivalError(
            f"its predict_proba returns shape {given.shape}; expected {(n_obs, len(classes))}, a "
            "column per class"
        )
    strange = [c for c in classes if c not in codes]
    if strange or len(set(classes)) < len(classes):
        raise RivalError(f"its classes_ are {listing([str(c) for c in classes])}")
    aligned = np.zeros((n_obs, len(codes)))
    aligned[:, [codes[c] for c in classes]] = given
    try:
        return log_of(checked_probs(aligned, name="predict_proba"))
    except ValueError as error:
        raise RivalError(str(error)) from error
