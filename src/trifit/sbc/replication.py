"""One replication of simulation-based calibration: draw, simulate, fit, rank.

Parameters are drawn from the prior and labels from these parameters, by PyMC. The posterior
is fitted to the labels on the suite's own path, :class:`trifit.fit.Training`. If it is right,
the parameters that made the labels are one more draw from it, and so is every number made of
them: its rank among the draws is uniform.

A model is built, and compiled, once in a process; only labels are exchanged.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec
import numpy as np

from trifit.cards import Card
from trifit.diagnostics import LaplaceDiagnostics
from trifit.errors import InputError
from trifit.fit import Density, Training, build_density
from trifit.fit.build import build_model
from trifit.fit.diagnostics import effective_draws
from trifit.fit.joint import Joint
from trifit.fits import Fit, Status
from trifit.functions import Builder
from trifit.inputs import Labels
from trifit.ranks import rank
from trifit.sbc.quantities import PREDICTED, quantities
from trifit.seeds import child, generator, words
from trifit.spacing import evenly_spaced
from trifit.study.store import Row
from trifit.types import FloatArray, Rows

N_DRAWS = 99
"""Draws of a posterior among which a value has its rank: 100 ranks."""


LEFT_OUT = "left out: "
"""How the quantity begins that says why a fit has no ranks."""


@dataclass(frozen=True, eq=False)
class Setup:
    """A model and the rows that it is checked on.

    Attributes
    ----------
    card : Card
    X : array of shape (n_obs, n_features)
        As the model sees them.
    feature_names, class_names : tuple of str
    methods : tuple of str
        Of ``"bayes"`` (NUTS) and ``"laplace"``.
    seed : int
    """

    card: Card
    X: FloatArray
    feature_names: tuple[str, ...]
    class_names: tuple[str, ...]
    methods: tuple[str, ...]
    seed: int

    @property
    def key(self) -> tuple[int, ...]:
        """Of all that decides a number."""
        card = msgspec.structs.replace(self.card, references=[], note="")
        settings = (card.to_toml(), self.feature_names, self.class_names, self.methods, self.seed)
        return words(repr((settings, self.X.shape)).encode() + self.X.tobytes())

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Setup) and other.key == self.key


@dataclass(frozen=True)
class Replication:
    """One of a setup, by its number."""

    setup: Setup
    number: int

    @property
    def seeds(self) -> np.random.SeedSequence:
        """Of this replication, whatever the others."""
        return np.random.SeedSequence(self.setup.seed, spawn_key=(self.number,))


@dataclass(frozen=True, eq=False)
class Checked:
    """What is checked: a density, against the joint distribution that it should belong to."""

    card: Card
    density: Density
    joint: Joint
    X: FloatArray


def compute(one: Replication) -> list[Row]:
    """Its ranks: what a worker runs."""
    return replicate(checked(one.setup), one.seeds, one.setup.methods)


def checked(setup: Setup) -> Checked:
    """The model of a setup, built once in a process as long as its builder's file stays the same.

    Raises
    ------
    InputError
        If it cannot be built, or nothing can be drawn from its prior.
    """
    return _checked(setup, setup.card.load_builder())


@lru_cache(maxsize=4)
def _checked(setup: Setup, _builder: Builder) -> Checked:
    card = setup.card
    y = np.arange(len(setup.X)) % len(setup.class_names)
    names: dict[str, Any] = {
        "feature_names": setup.feature_names,
        "class_names": setup.class_names,
    }
    density = build_density(card, setup.X, y, **names)
    try:
        joint = Joint(build_model(card, setup.X, y, **names), density.layout.names)
    except InputError as error:
        raise InputError(f"card {card.name!r}: {error}") from error
    return Checked(card, density, joint, setup.X)


def replicate(model: Checked, seeds: np.random.SeedSequence, methods: Sequence[str]) -> list[Row]:
    """Ranks of what made the labels among draws of every posterior of them.

    Fits that fail their checks have no ranks. That leaves the ranks of the others uniform:
    whether a fit fails depends on its labels (and on luck), not on what made them.

    Parameters
    ----------
    model : Checked
    seeds : numpy SeedSequence
    methods : sequence of str

    Returns
    -------
    list of Row
        For every method and quantity its rank, in ``0 .. N_DRAWS``; or one row that says
        why there are none, ``"left out: STATUS"``.
    """
    truth, labels = model.joint.draw(int(child(seeds, "joint").generate_state(1)[0]))
    rows = Rows(model.X, labels)
    judged = rows.take(evenly_spaced(len(rows), PREDICTED))
    training = Training(model.density, rows, judged, model.card, child(seeds, "fits"))
    ties = generator(seeds, "ties")
    return [
        row
        for method in methods
        for row in _of_fit(model, training.fit(method), truth, labels, ties)
    ]


def _of_fit(
    model: Checked, fit: Fit, truth: FloatArray, labels: Labels, ties: np.random.Generator
) -> list[Row]:
    if fit.status.failed:
        return [Row(fit.method, f"{LEFT_OUT}{fit.status}", 1.0)]
    values = quantities(model.density, fit.flat_draws, model.X, labels, model.card)
    made_by = quantities(model.density, truth[None], model.X, labels, model.card)
    if _effective(fit, values) < N_DRAWS:
        return [Row(fit.method, f"{LEFT_OUT}{Status.FEW_EFFECTIVE}", 1.0)]
    thin = np.linspace(0, len(fit.flat_draws) - 1, N_DRAWS).round().astype(int)
    return [
        Row(fit.method, name, float(rank(float(made_by[name][0]), draws[thin], ties)))
        for name, draws in values.items()
    ]


def _effective(fit: Fit, values: dict[str, FloatArray]) -> float:
    """Effective draws of the quantity that has fewest: thinned, as many are independent."""
    if isinstance(fit.diagnostics, LaplaceDiagnostics):  # importance weights
        return fit.diagnostics.effective_min or 0.0
    stacked = np.stack([v.reshape(fit.draws.shape[:2]) for v in values.values()], axis=-1)
    return float(np.nanmin(effective_draws(stacked)))
