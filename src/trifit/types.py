"""Arrays, and the frozen types that data walks through, with their shape checks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from trifit.errors import InputError
from trifit.notes import Note

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Dataset:
    """Features and class labels of one classification problem.

    Attributes
    ----------
    name : str
    X : array of shape (n_obs, n_features)
        Encoded features, unstandardised. NaN marks a value to be imputed from
        training rows; no other value may be missing or infinite.
    y : array of shape (n_obs,)
        Class codes in ``0 .. n_classes - 1``; with soft labels the most likely
        class, used for stratified splits only.
    feature_names, class_names : tuple of str
    soft_labels : array of shape (n_obs, n_classes), optional
        A distribution over classes per row. (Counts are no soft labels:
        :func:`trifit.load_dataset` writes them out, a row for each.)
    n_test : int
        The last ``n_test`` rows are a test set given by the user (0: none).
    notes : tuple of trifit.notes.Note
        What loading decided (rows dropped, columns imputed).
    leaks : tuple of str
        Columns that each determine the class of every training row.
    source : str
        What the user typed to get this data.
    true_probs : array of shape (n_obs, n_classes), optional
        The true class probabilities of every row, which only simulations know.
    groups : array of shape (n_obs,), optional
        Codes of groups of rows that belong together, such as those of one patient.
    time : array of shape (n_obs,), optional
        When each row was observed: earlier rows train, later rows test.
    roles : mapping of str to str
        The columns that groups, time and weights were read from.
    by : mapping of trifit.subgroups.By to array of shape (n_obs,)
        Columns that divide the rows into subgroups; see :func:`trifit.subgroups.divide`.
    schema : trifit.data.schema.Schema, optional
        How the columns of a table become ``X``, so that further tables can be read alike.
    """

    name: str
    X: FloatArray
    y: IntArray
    feature_names: tuple[str, ...]
    class_names: tuple[str, ...]
    soft_labels: FloatArray | None = None
    n_test: int = 0
    notes: tuple[Note, ...] = ()
    leaks: tuple[str, ...] = ()
    source: str = ""
    true_probs: FloatArray | None = None
    groups: IntArray | None = None
    time: FloatArray | None = None
    roles: Mapping[str, str] = field(default_factory=dict)
    by: Mapping[Any, NDArray[Any]] = field(default_factory=dict)
    schema: Any = None

    def __post_init__(self) -> None:
        X = np.ascontiguousarray(self.X, dtype=np.float64)
        y = np.ascontiguousarray(self.y, dtype=np.int64)
        object.__setattr__(self, "X", X)
        object.__setattr__(self, "y", y)
        self._check_features()
        self._check_rows()
        if self.soft_labels is not None:
            soft = self._distributions(
                "soft_labels", self.soft_labels, "soft labels",
                hint=" (write counts out, a row for each)",
            )  # fmt: skip
            object.__setattr__(self, "soft_labels", soft / soft.sum(axis=1, keepdims=True))
        if self.true_probs is not None:
            truth = self._distributions("true_probs", self.true_probs, "true probabilities")
            object.__setattr__(self, "true_probs", truth)
        self._check_classes(y)
        self._check_test()

    def _check_features(self) -> None:
        """Refuse a matrix that its labels or names do not fit, or that holds infinities."""
        X, y = self.X, self.y
        if X.ndim != 2 or y.shape != X.shape[:1]:
            raise InputError(
                f"data {self.name!r}: X has shape {X.shape} and y {y.shape}; "
                "expected (n_obs, n_features) and (n_obs,)"
            )
        if X.shape[1] != len(self.feature_names):
            raise InputError(
                f"data {self.name!r}: {len(self.feature_names)} feature names "
                f"for {X.shape[1]} columns of X"
            )
        if len(set(self.feature_names)) < len(self.feature_names):
            twice = next(n for n in self.feature_names if self.feature_names.count(n) > 1)
            raise InputError(
                f"data {self.name!r}: two feature columns are called {twice!r}; rename one"
            )
        if np.isinf(X).any():
            row, column = np.argwhere(np.isinf(X))[0]
            raise InputError(
                f"data {self.name!r}: column {self.feature_names[column]!r} is infinite in "
                f"row {row}; replace or remove it"
            )

    def _check_rows(self) -> None:
        """Refuse a test set that is too small or too large, and roles of other rows."""
        y = self.y
        if self.n_test == 1:
            raise InputError(
                f"data {self.name!r}: a test set of one row has no standard error; give more rows"
            )
        if not 0 <= self.n_test < len(y):
            raise InputError(
                f"data {self.name!r}: n_test={self.n_test} leaves no training rows of {len(y)}"
            )
        for role, values in (("groups", self.groups), ("time", self.time)):
            if values is not None and values.shape != y.shape:
                raise InputError(
                    f"data {self.name!r}: {role} has shape {values.shape}; expected {y.shape}"
                )

    def _distributions(
        self, field: str, values: FloatArray, what: str, *, hint: str = ""
    ) -> FloatArray:
        """A distribution over classes per row, as an array that is checked."""
        values = np.ascontiguousarray(values, dtype=np.float64)
        if values.shape != (self.n_obs, self.n_classes):
            raise InputError(
                f"data {self.name!r}: {field} has shape {values.shape}; "
                f"expected {(self.n_obs, self.n_classes)}"
            )
        bad = ~((values >= 0).all(axis=1) & (abs(values.sum(axis=1) - 1) <= 1e-6))
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            raise InputError(
                f"data {self.name!r}: the {what} of row {row} are {values[row].tolist()}; "
                f"expected non-negative numbers that sum to 1{hint}"
            )
        return values

    @property
    def labels(self) -> IntArray | FloatArray:
        """What is fitted and scored: class codes (n_obs,), or soft labels (n_obs, n_classes)."""
        return self.y if self.soft_labels is None else self.soft_labels

    def _check_test(self) -> None:
        held_out = np.unique(self.y[len(self.y) - self.n_test :])
        if self.soft_labels is None and self.n_test and len(held_out) == 1:
            raise InputError(
                f"data {self.name!r}: the test rows hold only class "
                f"{self.class_names[int(held_out[0])]!r}; a comparison needs at least two"
            )

    def _check_soft_classes(self, training: FloatArray) -> None:
        total = training.sum(axis=0)
        if total.min() == 0:
            missing = self.class_names[int(total.argmin())]
            raise InputError(
                f"data {self.name!r}: class {missing!r} has no weight in any training row; "
                "leave its label column out"
            )

    def _check_classes(self, y: IntArray) -> None:
        if y.min() < 0 or y.max() >= self.n_classes:
            bad = y[(y < 0) | (y >= self.n_classes)][0]
            raise InputError(
                f"data {self.name!r}: class code {bad} in y; expected 0 .. {self.n_classes - 1}"
            )
        if self.n_classes < 2:
            raise InputError(
                f"data {self.name!r}: the target holds only one class, {self.class_names[0]!r}; "
                "a classifier needs at least two"
            )
        if self.soft_labels is not None:
            return self._check_soft_classes(self.soft_labels[: len(y) - self.n_test])
        train = np.bincount(y[: len(y) - self.n_test], minlength=self.n_classes)
        if train.min() == 0:
            missing = self.class_names[int(train.argmin())]
            raise InputError(
                f"data {self.name!r}: class {missing!r} has no training row; "
                "remove its rows or add training rows"
            )
        if train.min() == 1:
            rare = self.class_names[int(train.argmin())]
            raise InputError(
                f"data {self.name!r}: class {rare!r} has one training row, which cannot be split; "
                "add rows, merge it with another class or remove it"
            )

    @property
    def n_obs(self) -> int:
        """Number of rows, test rows included."""
        return len(self.y)

    @property
    def n_features(self) -> int:
        """Number of encoded feature columns."""
        return len(self.feature_names)

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of one training or test set, features as the model sees them.

    Attributes
    ----------
    X : array of shape (n_obs, n_features)
    labels : array of shape (n_obs,) or (n_obs, n_classes)
        Class codes, or soft labels.
    groups : array of shape (n_obs,), optional
        Codes of groups of rows that belong together.
    """

    X: FloatArray
    labels: IntArray | FloatArray
    groups: IntArray | None = None

    def __len__(self) -> int:
        return len(self.X)

    def take(self, rows: IntArray) -> "Rows":
        """Some of the rows."""
        groups = None if self.groups is None else self.groups[rows]
        return Rows(np.ascontiguousarray(self.X[rows]), self.labels[rows], groups)


class SplitBy(StrEnum):
    """What decided which rows are test rows; the sentences are in :mod:`trifit.words`."""

    TEST_SET = "test set"
    """That was given."""
    TIME = "time"
    """The latest rows."""
    SPLITTER = "splitter"
    REQUEST = "request"
    """A number of folds, or a share."""
    SIZE = "size"
    """Of rows and model."""


@dataclass(frozen=True, kw_only=True)
class SplitRule:
    """How test rows were chosen.

    Attributes
    ----------
    by : SplitBy
    time : str
        The column of the time.
    splitter : str
        As it was given.
    n_both : int
        Groups that are on both sides of one of its splits.
    n_coefficients, most : int or None
        Of the model; rows times coefficients up to which there are folds.
    """

    by: SplitBy
    time: str = ""
    splitter: str = ""
    n_both: int = 0
    n_coefficients: int | None = None
    most: int | None = None


@dataclass(frozen=True, eq=False)
class Split:
    """Which rows train and which rows test, in one or more parts.

    Attributes
    ----------
    kind : {"cv", "holdout", "given"}
    parts : tuple of (train, test) row indices
    rule : SplitRule
        Why this split.
    """

    kind: Literal["cv", "holdout", "given"]
    parts: tuple[tuple[IntArray, IntArray], ...]
    rule: SplitRule

    @property
    def test_rows(self) -> IntArray:
        """Test row indices of all parts, in the order predictions are pooled."""
        return np.concatenate([test for _, test in self.parts])


@dataclass(frozen=True)
class Coverage:
    """How often credible intervals hold the true probability, and how wide they are.

    Attributes
    ----------
    level : float
        Nominal probability of the intervals.
    coverage : float
        Share of true probabilities inside. The rows of one data set share one
        posterior, so this share scatters far more from data set to data set than
        its number of rows suggests: judge it over replications.
    width : float
        Mean width, in probability.
    """

    level: float
    coverage: float
    width: float
