"""A split that the user made: a splitter of scikit-learn's, or pairs of row numbers."""

import copy
import inspect
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np

from trifit.errors import InputError
from trifit.text import repr_of, typed_line
from trifit.types import Dataset, IntArray, Split, SplitBy, SplitRule

EXPECTED = (
    "expected a number of folds, a splitter such as StratifiedKFold(5), or pairs of training and "
    "test row numbers"
)


@dataclass(frozen=True, eq=False)
class Splitter:
    """What chooses training and test rows.

    Attributes
    ----------
    maker : object or tuple of (train, test)
        With a ``split(X, y)`` of scikit-learn's kind; or the pairs themselves.
    """

    maker: Any

    @classmethod
    def of(cls, cv: Any) -> "int | Splitter | None":
        """A number of folds as it is; anything else that splits as a splitter.

        Raises
        ------
        InputError
            On anything else.
        """
        if cv is None or isinstance(cv, cls):
            return cv
        if isinstance(cv, int | np.integer) and not isinstance(cv, bool):
            return int(cv)
        if callable(getattr(cv, "split", None)) and not isinstance(cv, str | bytes):
            return cls(cv)
        if not isinstance(cv, Iterable) or isinstance(cv, str | bytes):
            raise InputError(f"cv {cv!r}: {EXPECTED}")
        try:
            pairs = tuple((np.asarray(train), np.asarray(test)) for train, test in cv)
        except (TypeError, ValueError) as error:
            raise InputError(
                f"cv: got a {type(cv).__name__} of other things; {EXPECTED}"
            ) from error
        return cls(pairs)

    def __repr__(self) -> str:
        """What it is, the same in every process."""
        if not isinstance(self.maker, tuple):
            return repr_of(self.maker)
        digest = sha256()
        for rows in (rows for pair in self.maker for rows in pair):
            digest.update(repr((rows.shape, rows.tolist())).encode())
        return f"<{len(self.maker)} given splits, {digest.hexdigest()[:12]}>"

    def split(self, dataset: Dataset, rng: np.random.Generator) -> Split:
        """The parts of a data set, checked.

        Parameters
        ----------
        dataset : Dataset
        rng : numpy Generator
            Gives a splitter whose ``random_state`` is None its number.

        Raises
        ------
        InputError
            If it cannot split these rows, if a row is tested twice or in its own training
            set, or if a training set lacks a class.
        """
        parts = [
            (_row_numbers(train, dataset.n_obs, i), _row_numbers(test, dataset.n_obs, i))
            for i, (train, test) in enumerate(self._pairs(dataset, rng), start=1)
        ]
        if not parts:
            raise InputError("cv: it contains no split")
        for i, (train, test) in enumerate(parts, start=1):
            both = np.intersect1d(train, test)
            if len(both):
                raise InputError(
                    f"cv: row {both[0]} is both a training and a test row in split {i}"
                )
            lacking = np.setdiff1d(np.arange(dataset.n_classes), dataset.y[train])
            if len(lacking):
                raise InputError(
                    f"cv: class {dataset.class_names[lacking[0]]!r} has no training row in split "
                    f"{i}; a classifier needs all of them"
                )
        tested, count = np.unique(np.concatenate([t for _, t in parts]), return_counts=True)
        if (count > 1).any():
            raise InputError(
                f"cv: row {tested[count > 1][0]} is tested in {count[count > 1][0]} splits; give "
                "splits that test a row once (standard errors count each row once)"
            )
        if len(tested) < 2:
            raise InputError("cv: one row is tested; one row has no standard error")
        n_both = max(_on_both_sides(dataset.groups, part) for part in parts)
        rule = SplitRule(by=SplitBy.SPLITTER, splitter=repr(self), n_both=n_both)
        return Split("cv" if len(parts) > 1 else "holdout", tuple(parts), rule)

    def _pairs(self, dataset: Dataset, rng: np.random.Generator) -> Iterable[tuple[Any, Any]]:
        if isinstance(self.maker, tuple):
            return self.maker
        maker = copy.copy(self.maker)
        if getattr(maker, "random_state", 0) is None:
            maker.random_state = int(rng.integers(2**31))
        asked = dataset.groups is not None and _asks_for_groups(maker)
        groups = {"groups": dataset.groups} if asked else {}
        try:
            return list(maker.split(dataset.X, dataset.y, **groups))
        except Exception as error:
            raise InputError(
                f"cv: {self!r} cannot split these rows: {typed_line(error)}"
            ) from error


def _asks_for_groups(maker: Any) -> bool:
    """As scikit-learn routes them; of other splitters, whether ``split`` has such an argument."""
    if not hasattr(maker, "get_metadata_routing"):
        return "groups" in inspect.signature(maker.split).parameters
    return bool(maker.get_metadata_routing().split.requests.get("groups"))


def _on_both_sides(groups: IntArray | None, part: tuple[IntArray, IntArray]) -> int:
    """Groups with training and test rows."""
    if groups is None:
        return 0
    train, test = part
    return len(np.intersect1d(groups[train], groups[test]))


def _row_numbers(rows: Any, n_obs: int, i: int) -> IntArray:
    """Row numbers of one side of split i, ascending."""
    given = np.asarray(rows)
    if given.ndim != 1 or given.dtype.kind not in "iu" or not len(given):
        raise InputError(
            f"cv: split {i} holds {given.dtype} of shape {given.shape}; expected row numbers"
        )
    outside = (given < 0) | (given >= n_obs)
    if outside.any():
        raise InputError(
            f"cv: split {i} names row {given[outside][0]}; the data have rows 0 to {n_obs - 1:,}"
        )
    unique = np.unique(given.astype(np.int64))
    if len(unique) < len(given):
        raise InputError(f"cv: split {i} names a row twice on one side")
    return unique
