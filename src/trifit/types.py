"""Layer 0: the frozen types that data walks through, with their shape checks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from trifit.errors import InputError

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Dataset:
    """Features and class labels of one classification problem.

    Attributes
    ----------
    name : str
    X : shape (n_obs, n_features)
        Encoded features, unstandardised. NaN marks a value to be imputed from
        training rows; no other value may be missing or infinite.
    y : shape (n_obs,)
        Class codes in ``0 .. n_classes - 1``; with soft labels the most likely
        class, used for stratified splits only.
    feature_names, class_names : tuple of str
    soft_labels : shape (n_obs, n_classes), optional
        A distribution over classes per row. (Counts are no soft labels:
        :func:`trifit.load_dataset` writes them out, a row for each.)
    n_test : int
        The last ``n_test`` rows are a test set given by the user (0: none).
    notes : tuple of str
        What loading changed, in plain words (rows dropped, columns imputed).
    leaks : tuple of str
        Columns that each determine the class of every training row.
    source : str
        What the user typed to get this data.
    true_probs : shape (n_obs, n_classes), optional
        The true class probabilities of every row, which only simulations know.
    """

    name: str
    X: FloatArray
    y: IntArray
    feature_names: tuple[str, ...]
    class_names: tuple[str, ...]
    soft_labels: FloatArray | None = None
    n_test: int = 0
    notes: tuple[str, ...] = ()
    leaks: tuple[str, ...] = ()
    source: str = ""
    true_probs: FloatArray | None = None

    def __post_init__(self) -> None:
        X = np.ascontiguousarray(self.X, dtype=np.float64)
        y = np.ascontiguousarray(self.y, dtype=np.int64)
        object.__setattr__(self, "X", X)
        object.__setattr__(self, "y", y)
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
        twice = [n for n in self.feature_names if self.feature_names.count(n) > 1]
        if twice:
            raise InputError(
                f"data {self.name!r}: two feature columns are called {twice[0]!r}; rename one"
            )
        if np.isinf(X).any():
            row, column = np.argwhere(np.isinf(X))[0]
            raise InputError(
                f"data {self.name!r}: column {self.feature_names[column]!r} is infinite in "
                f"row {row}; replace or remove it"
            )
        if self.n_test == 1:
            raise InputError(
                f"data {self.name!r}: a test set of one row has no standard error; give more rows"
            )
        if not 0 <= self.n_test < len(y):
            raise InputError(
                f"data {self.name!r}: n_test={self.n_test} leaves no training rows of {len(y)}"
            )
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
    X : shape (n_obs, n_features)
    labels : shape (n_obs,) or (n_obs, n_classes)
        Class codes, or soft labels.
    """

    X: FloatArray
    labels: IntArray | FloatArray

    def __len__(self) -> int:
        return len(self.X)

    def take(self, rows: IntArray) -> "Rows":
        """Some of the rows."""
        return Rows(np.ascontiguousarray(self.X[rows]), self.labels[rows])


@dataclass(frozen=True, eq=False)
class Split:
    """Which rows train and which rows test, in one or more parts.

    Attributes
    ----------
    kind : str
        ``"cv"``, ``"holdout"`` or ``"given"``.
    parts : tuple of (train, test) row indices
    reason : str
        Why this split, in one sentence.
    """

    kind: str
    parts: tuple[tuple[IntArray, IntArray], ...]
    reason: str

    @property
    def test_rows(self) -> IntArray:
        """Test row indices of all parts, in the order predictions are pooled."""
        return np.concatenate([test for _, test in self.parts])


class Status(Enum):
    """How a fit ended; the value is the sentence a reader gets."""

    CONVERGED = "the optimiser met its gradient tolerance"
    MAX_STEPS = "the optimiser stopped before it met its gradient tolerance"
    STEP_TOO_LARGE = "gradient descent diverged: its step size is too large"
    STOPPED_EARLY = (
        "stopped, as its card asks, where the log-loss of a validation share of the training rows "
        "was lowest: not a maximum of the likelihood"
    )
    SEPARATED = (
        "no MLE exists: some coefficients can grow for ever and the likelihood only grows with "
        "them, because a linear rule separates some or all of the training rows without error; the "
        "numbers are where the optimiser stopped"
    )
    DEGENERATE = (
        "the joint mode of coefficients and their learned prior scales is degenerate (the density "
        "favours scales of zero, or depends on how the model is written); shown is the mode with "
        "the scales held at their posterior medians"
    )
    TRUSTED = "the posterior passed every check of its draws"
    DIVERGENT = "too many divergent transitions: the sampler missed part of the posterior"
    UNMIXED = "R-hat is too high: the chains disagree about the posterior"
    FEW_EFFECTIVE = "too few effective draws for stable estimates"
    LOW_ENERGY = "E-BFMI is too low: the sampler explores the tails poorly"
    DEPTH_LIMITED = "too many draws hit the tree-depth limit"
    APPROXIMATE = (
        "a normal approximation at the mode, corrected by importance weights that can be relied on"
    )
    NOT_NORMAL = (
        "the posterior is too far from its normal approximation: the importance weights that "
        "should correct it cannot be relied on"
    )
    NO_PEAK = (
        "no normal approximation: minus the Hessian of the log posterior at the mode is not "
        "positive definite; shown is the mode alone"
    )
    UNCERTIFIED = (
        "the optimiser met its gradient tolerance; whether a maximum exists was not certified"
    )
    DERIVED = "computed from another fit, which ended well"
    DERIVED_SEPARATED = (
        "computed from the MLE, which does not exist here: it rests on where the optimiser stopped"
    )

    @property
    def code(self) -> str:
        """The short name written to files, e.g. ``"converged"``."""
        return self.name.lower()

    @property
    def trustworthy(self) -> bool:
        """Whether the fit is what it claims to be.

        A separated MLE is a finding about the data, not a failed computation,
        so it counts as trustworthy; its verdict says that no MLE exists.
        """
        return self in {
            Status.CONVERGED,
            Status.STOPPED_EARLY,
            Status.DEGENERATE,
            Status.UNCERTIFIED,
            Status.SEPARATED,
            Status.TRUSTED,
            Status.APPROXIMATE,
            Status.DERIVED,
            Status.DERIVED_SEPARATED,
        }


@dataclass(frozen=True, eq=False)
class Fit:
    """One fitted classifier: a set of parameter draws and how they came about.

    A point fit is a posterior with one draw, so nothing downstream asks which
    method it is looking at.

    Attributes
    ----------
    method : str
        ``"mle"``, ``"map"``, ``"mean"``, ``"bayes"``, ``"laplace"``, …
    draws : shape (n_chains, n_draws, n_values)
        Values of the model's own (constrained) parameters, raveled.
    status : Status
    seconds : float
    diagnostics : mapping of str to float
        E.g. ``gradient`` or ``rhat_max``.
    path : tuple of (step, cross-entropy, gradient, held-out cross-entropy or None)
        Where the optimiser of a point fit has been, nats per row.
    direction : shape (n_values,) or None
        Of a separated MLE: a direction in which the likelihood only grows.
        Parameters with a non-zero entry run to plus or minus infinity.
    """

    method: str
    draws: FloatArray
    status: Status
    seconds: float
    diagnostics: Mapping[str, float] = field(default_factory=dict)
    path: tuple[tuple[int, float, float, float | None], ...] = ()
    direction: FloatArray | None = None

    def __post_init__(self) -> None:
        if self.draws.ndim != 3:
            raise ValueError(
                f"draws has shape {self.draws.shape}; expected (n_chains, n_draws, n_values)"
            )

    @property
    def flat_draws(self) -> FloatArray:
        """Draws of all chains, shape (n_chains * n_draws, n_values)."""
        return self.draws.reshape(-1, self.draws.shape[-1])


@dataclass(frozen=True, eq=False)
class Prediction:
    """Predictive class probabilities of one fit for the rows of one test set.

    Attributes
    ----------
    log_probs : shape (n_obs, n_classes)
        Log of the probabilities **averaged over draws as probabilities**
        (averaging logs instead would understate them, by Jensen). Natural logs.
    aleatoric : shape (n_obs,)
        Entropy of a draw's probabilities, averaged over draws, in nats: the chance
        that would remain if the parameters were known.
    """

    log_probs: FloatArray
    aleatoric: FloatArray

    def __post_init__(self) -> None:
        if self.log_probs.ndim != 2 or self.aleatoric.shape != self.log_probs.shape[:1]:
            raise ValueError(
                f"log_probs has shape {self.log_probs.shape} and aleatoric {self.aleatoric.shape}; "
                "expected (n_obs, n_classes) and (n_obs,)"
            )

    @cached_property
    def probs(self) -> FloatArray:
        """Class probabilities, shape (n_obs, n_classes)."""
        return np.exp(self.log_probs)
