"""Sets of classes that should contain the label with a given probability.

Two kinds: those that the probabilities themselves promise, and conformal ones, which rest on
other labelled rows and hold whatever the probabilities (MAPIE's code, the extra
``trifit[conformal]``).
"""

import warnings
from importlib.util import find_spec
from typing import Any

import numpy as np

from trifit.errors import InputError
from trifit.inputs import Labels
from trifit.types import BoolArray, FloatArray, IntArray


def checked_level(given: Any, labels: Labels | None = None) -> float | None:
    """The coverage that sets should have, refused where there can be none.

    Parameters
    ----------
    given : float or None
    labels : array of shape (n_obs,) or (n_obs, n_classes), optional
        Soft labels are refused.

    Raises
    ------
    InputError
    """
    if given is None:
        return None
    number = isinstance(given, int | float | np.number) and not isinstance(given, bool)
    if not number or not 0 < given < 1:
        raise InputError(f"sets {given!r}: expected a coverage above 0 and below 1, e.g. 0.9")
    if labels is not None and labels.ndim == 2:
        raise InputError(f"sets {given:g}: soft labels are in no set; give one class per row")
    if find_spec("mapie") is None:
        raise InputError(
            f"sets {given:g}: conformal sets need MAPIE: pip install 'trifit[conformal]'"
        )
    return float(given)


def enough_rows(n_obs: int, level: float) -> bool:
    """Whether so many rows can calibrate sets of a level; with fewer only all classes would do.

    Examples
    --------
    >>> enough_rows(10, 0.9), enough_rows(11, 0.9)
    (False, True)
    """
    return n_obs > max(1 / level, 1 / (1 - level)) + 1e-9


def highest_probability(probs: FloatArray, level: float) -> BoolArray:
    """The fewest classes, the most probable first, that have a probability of at least ``level``.

    Parameters
    ----------
    probs : array of shape (n_obs, n_classes)
    level : float

    Returns
    -------
    array of bool, shape (n_obs, n_classes)

    Examples
    --------
    >>> highest_probability(np.array([[0.6, 0.3, 0.1], [0.95, 0.03, 0.02]]), 0.9)
    array([[ True,  True, False],
           [ True, False, False]])
    """
    order = np.argsort(-probs, axis=1, kind="stable")
    there = np.take_along_axis(probs, order, axis=1)
    before = np.cumsum(there, axis=1) - there
    inside = np.empty(probs.shape, dtype=np.bool_)
    np.put_along_axis(inside, order, before < level - 1e-12, axis=1)
    return inside


def conformal(probs: FloatArray, y: IntArray, level: float, fold: IntArray) -> BoolArray:
    """Split conformal sets, those of each fold calibrated on the other folds.

    A class is in the set if its probability is at least a threshold: the least ambiguous sets.
    For exchangeable rows they contain the label with a probability of at least ``level``. A set
    may be empty.

    Parameters
    ----------
    probs : array of shape (n_obs, n_classes)
        Held-out probabilities.
    y : array of shape (n_obs,)
        Class codes.
    level : float
    fold : array of shape (n_obs,)
        Of each row; rows that belong together share one.

    Returns
    -------
    array of bool, shape (n_obs, n_classes)

    References
    ----------
    Sadinle, Lei & Wasserman (2019), J. Am. Stat. Assoc. 114(525),
    doi:10.1080/01621459.2017.1395341 (least ambiguous sets);
    Vovk, Gammerman & Shafer (2005), Algorithmic Learning in a Random World (the guarantee)
    """
    from mapie.classification import SplitConformalClassifier

    given = _given(probs.shape[1])
    rows = probs / probs.sum(axis=1, keepdims=True)
    inside = np.empty(probs.shape, dtype=np.bool_)
    for here in (fold == name for name in np.unique(fold)):
        method = SplitConformalClassifier(given, level, conformity_score="lac", prefit=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # folds without a row of some class
            method.conformalize(rows[~here], y[~here])
        inside[here] = method.predict_set(rows[here])[1][:, :, 0]
    return inside


def _given(n_classes: int) -> Any:
    """Probabilities that are there, as the fitted classifier that MAPIE expects."""
    from sklearn.base import BaseEstimator, ClassifierMixin

    class Given(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
        """Its features are the probabilities."""

        classes_ = np.arange(n_classes)

        def fit(self, X: FloatArray, y: IntArray) -> "Given":
            """Nothing is fitted."""
            return self

        def predict_proba(self, X: FloatArray) -> FloatArray:
            """The probabilities."""
            return X

        def predict(self, X: FloatArray) -> IntArray:
            """The most probable class."""
            return X.argmax(axis=1)

        def __sklearn_is_fitted__(self) -> bool:
            return True

    return Given()
