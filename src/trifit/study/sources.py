"""Where the rows of a cell come from."""

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from trifit.errors import InputError
from trifit.simulate import World, simulate, world
from trifit.simulate.shifts import Shift
from trifit.study.cells import DERIVED, SIZE
from trifit.study.spec import Setting
from trifit.types import Dataset, FloatArray

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


class Simulated:
    """Rows of a world, whose true class probabilities are known.

    Parameters
    ----------
    data : mapping of str to setting
        ``world``, its parameters, ``n``, ``n_test``, ``shift`` and ``severity``.
    """

    def __init__(self, data: Mapping[str, Setting]) -> None:
        if "world" not in data:
            raise InputError("data.world is missing; trifit data lists the worlds")
        self._given: dict[str, Any] = {k: v for k, v in data.items() if k not in DERIVED}

    @property
    def world(self) -> World:
        """The world."""
        given = {k: v for k, v in self._given.items() if k not in DRAWN}
        return world(given.pop("world"), **given)

    def check(self) -> None:
        """Refuse parameters and shifts that the world does not take."""
        given, chosen = self._given, self.world
        whole("n", given.get("n", SIZE), 2)
        whole("n_test", given.get("n_test", N_TEST), 2)
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


def source_of(data: Mapping[str, Setting]) -> Source:
    """The source that a cell's data settings name."""
    return Simulated(data)


def whole(name: str, value: Setting, least: int) -> None:
    """Refuse a data setting that is no whole number of at least ``least``."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise InputError(f"data.{name} = {value!r}: expected a whole number of at least {least}")
