"""Where the rows of a cell come from: a simulated world, or a real table."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from trifit.clusters import of_rows
from trifit.errors import InputError, whole_number
from trifit.memory import check_memory
from trifit.simulate import World, simulate, world
from trifit.simulate.draw import check_size
from trifit.simulate.shifts import Shift
from trifit.study.cells import DERIVED, SIZE
from trifit.study.spec import Setting
from trifit.study.tables import KNOWN, READING, OpenTable
from trifit.types import Dataset, FloatArray, IntArray

N_TEST = 2000
"""Rows of a simulated test set, unless a study says otherwise: exact truths need no labels."""

DRAWN = {"n", "n_test", "shift", "severity"}
"""Data settings that say how many rows are drawn, not from which world."""

LINEAR = {"softmax", "correlated", "heavy-tailed", "gaussian", "imbalance"}
"""Worlds whose log-odds are linear (without label noise)."""


class Source(Protocol):
    """Where rows come from, and how many are drawn: the data settings of a cell."""

    def check(self) -> None:
        """Refuse settings that are none of its own, or out of range."""

    def sample(self) -> Dataset:
        """Some rows, always the same, with all its columns and classes."""

    def draw(self, seeds: np.random.SeedSequence, *, held_out: bool = True) -> Dataset:
        """Training rows, and behind them the held-out ones (``n_test``)."""

    def linear_log_probs(self, X: FloatArray) -> FloatArray | None:
        """True log probabilities of rows, if log-odds are known and linear; else None."""


class Drawn:
    """Rows drawn from a table: some for training, others held out.

    All rows are put into one random order, of a replication, in which every beginning has
    the table's share of each class. The first ``n`` train: so a smaller training set is part of
    a larger one. Held out are the rest, or the last ``n_test``. Rows of one group are
    neighbours, and never on both sides.

    Parameters
    ----------
    data : mapping of str to setting
        ``n``, ``n_test``, and what was known when the table was read.
    rows : Dataset
        The table.
    """

    def __init__(self, data: Mapping[str, Setting], rows: Dataset) -> None:
        self._data, self._rows = data, rows

    def check(self) -> None:
        """Refuse unknown settings, sizes that the table has no rows for or the memory no place."""
        data, most = self._data, self._rows.n_obs
        unknown = data.keys() - {"source", *READING, *KNOWN, "n", "n_test", "rows_per_feature"}
        if unknown:
            raise InputError(
                f"data.{min(unknown)}: real rows take source, n, n_test, rows_per_feature, "
                f"{', '.join(READING)}"
            )
        if "n" not in data:
            raise InputError(f"data.n is missing: training rows of {data['source']!r} ({most:,})")
        whole("n", data["n"], 2)
        if "n_test" in data:
            whole("n_test", data["n_test"], 2)
        held_out = int(data.get("n_test", 2))  # type: ignore[arg-type]
        if int(data["n"]) + held_out > most:  # type: ignore[arg-type]
            raise InputError(
                f"data.n = {data['n']}: with {held_out:,} held-out rows that is more than the "
                f"{most:,} rows of {data['source']!r}"
            )
        n_values = (most + int(data["n"]) + held_out) * self._rows.X.shape[1]  # type: ignore[arg-type]
        check_memory(f"data {data['source']!r}", n_values, "take fewer rows or columns")
        try:
            self.draw(np.random.SeedSequence(0))
        except InputError as error:
            raise InputError(f"data.n = {data['n']}: {error}") from error

    def sample(self) -> Dataset:
        """The whole table."""
        return self._rows

    def draw(self, seeds: np.random.SeedSequence, *, held_out: bool = True) -> Dataset:
        """The first and the last rows of a random order of the table."""
        n, rows = int(self._data["n"]), self._rows  # type: ignore[arg-type]
        ordered = nested_order(rows, np.random.default_rng(seeds))
        train, rest = ordered[:n], ordered[n:]
        if rows.groups is not None:
            rest = rest[~np.isin(rows.groups[rest], rows.groups[train])]
        n_test = min(int(self._data.get("n_test", len(rest))), len(rest))  # type: ignore[arg-type]
        test = rest[len(rest) - n_test :] if held_out else rest[:0]
        taken = np.concatenate([train, test])
        return replace(
            rows,
            X=rows.X[taken],
            y=rows.y[taken],
            soft_labels=None if rows.soft_labels is None else rows.soft_labels[taken],
            groups=of_rows(rows.groups, taken),
            n_test=len(test),
        )

    def linear_log_probs(self, X: FloatArray) -> None:
        """None: of real rows the truth is not known."""


def nested_order(dataset: Dataset, rng: np.random.Generator) -> IntArray:
    """All rows in a random order, of which every beginning has the classes' shares.

    The j-th of a class's ``n_k`` rows, in random order, stands at a random place between
    ``(j - 1) / n_k`` and ``j / n_k``. Groups are ordered like rows, by their most frequent
    class, and their rows follow each other.

    Parameters
    ----------
    dataset : Dataset
    rng : numpy Generator

    Examples
    --------
    >>> from trifit.data import load_dataset
    >>> iris = load_dataset("iris")
    >>> first = nested_order(iris, np.random.default_rng(0))[:30]
    >>> np.bincount(iris.y[first]).min() >= 9
    np.True_
    """
    groups = np.arange(dataset.n_obs) if dataset.groups is None else dataset.groups
    _, unit = np.unique(groups, return_inverse=True)
    counts = np.zeros((unit.max() + 1, dataset.n_classes))
    np.add.at(counts, (unit, dataset.y), 1)
    label, place = counts.argmax(axis=1), np.empty(len(counts))
    for k in range(dataset.n_classes):
        members = np.flatnonzero(label == k)
        turn = rng.permutation(len(members)) + rng.random(len(members))
        place[members] = turn / len(members)
    return np.argsort(place[unit], kind="stable")


class Simulated:
    """Rows of a world, whose true class probabilities are known.

    Parameters
    ----------
    data : mapping of str to setting
        ``world``, its parameters, ``n``, ``n_test``, ``shift`` and ``severity``.
    """

    def __init__(self, data: Mapping[str, Setting]) -> None:
        if "world" not in data:
            raise InputError(
                "data.world is missing; trifit data lists the worlds (data.source: real rows)"
            )
        self._given: dict[str, Any] = {k: v for k, v in data.items() if k not in DERIVED}

    @property
    def world(self) -> World:
        """The world."""
        given = {k: v for k, v in self._given.items() if k not in DRAWN}
        return world(given.pop("world"), **given)

    def check(self) -> None:
        """Refuse parameters and shifts that the world does not take."""
        given, chosen = self._given, self.world
        n, n_test = given.get("n", SIZE), given.get("n_test", N_TEST)
        whole("n", n, 2)
        whole("n_test", n_test, 2)
        check_size(chosen, n, n_test)
        shift, severity = given.get("shift"), given.get("severity")
        if shift not in (None, "none"):
            Shift.of(chosen, str(shift), 3 if severity is None else severity)
        elif shift is None and severity is not None:
            raise InputError(f"data.severity = {severity} needs a shift; give data.shift too")

    def sample(self) -> Dataset:
        """A thousand rows without a test set."""
        return self._simulate(np.random.SeedSequence(0), n=1000, n_test=0, shift="none")

    def draw(self, seeds: np.random.SeedSequence, *, held_out: bool = True) -> Dataset:
        """New rows for training, and for the test set."""
        return self._simulate(seeds, **({} if held_out else {"n_test": 0}))

    def linear_log_probs(self, X: FloatArray) -> FloatArray | None:
        """Those of the world's law."""
        if self._given["world"] not in LINEAR or self._given.get("label_noise"):
            return None
        return np.asarray(np.log(self.world.true_probs(X)))

    def _simulate(self, seeds: np.random.SeedSequence, **changed: Setting) -> Dataset:
        given: dict[str, Any] = {"n_test": N_TEST, **self._given, **changed}
        if given.get("shift") == "none":
            given = {k: v for k, v in given.items() if k not in ("shift", "severity")}
        return simulate(given.pop("world"), seed=int(seeds.generate_state(1)[0]), **given)


def source_of(data: Mapping[str, Setting], tables: OpenTable | None = None) -> Source:
    """The source that a cell's data settings name.

    Parameters
    ----------
    data : mapping of str to setting
    tables : callable, optional
        The rows of a table by their fingerprint.
    """
    if "table" not in data:
        return Simulated(data)
    assert tables is not None  # the study has tables
    return Drawn(data, tables(str(data["table"])))


def whole(name: str, value: Setting, least: int) -> None:
    """Refuse a data setting that is no whole number of at least ``least``.

    Parameters
    ----------
    name : str
    value : setting
    least : int
    """
    whole_number(f"data.{name} =", value, least=least)
