"""A model and the rows that it is checked on: those of a data set, or simulated ones."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from trifit.cards import Card
from trifit.crossfit.problem import standardiser_of
from trifit.errors import InputError
from trifit.fit import Density, check_fits
from trifit.functions import from_folder
from trifit.sbc.arguments import METHODS, check_arguments
from trifit.sbc.replication import Setup, checked
from trifit.seeds import generator
from trifit.spacing import evenly_spaced
from trifit.types import Dataset

N_ROWS, N_FEATURES = 50, 2

CLASSES = (("a", "b", "c"), ("a", "b"))
"""Classes of simulated rows: three, or two where a model is for two."""


def setup_of(
    card: Card,
    dataset: Dataset | None,
    *,
    methods: Sequence[str] = ("bayes",),
    rows: int = N_ROWS,
    seed: int = 1,
) -> Setup:
    """A model on rows that it can be built with.

    The prior is drawn from, so a scale that the card leaves to the data is its builder's default.

    Parameters
    ----------
    card : Card
    dataset : Dataset or None
        Whose features are taken, of evenly spaced rows, and whose labels are not looked at;
        None: standard normal features.
    methods : sequence of str
        Of :data:`trifit.sbc.arguments.METHODS`.
    rows : int
    seed : int

    Raises
    ------
    InputError
        On arguments out of range, or a model that cannot be checked.
    """
    check_arguments(card, methods, rows, seed)
    # Workers of a cluster have other working directories.
    card = msgspec.structs.replace(card, builder=from_folder(card.builder, Path.cwd()))
    card = card.with_builders_scale()
    methods = tuple(name for name in METHODS if name in methods)
    if dataset is not None:
        standardiser = standardiser_of(dataset, card, np.arange(dataset.n_obs))
        some = evenly_spaced(dataset.n_obs, rows)
        X = standardiser.transform(dataset.X, some)[:, ~standardiser.constant]
        names = tuple(np.array(dataset.feature_names)[~standardiser.constant].tolist())
        setup = Setup(card, X, names, dataset.class_names, methods, seed)
    else:
        setup = _simulated(card, methods, rows, seed)
    _check_methods(checked(setup).density, setup)
    return setup


def _check_methods(density: Density, setup: Setup) -> None:
    """Refuse what a model is too large for, and a mode over scales that only NUTS knows."""
    nuts = "bayes" in setup.methods
    if not nuts and density.scales.any():
        raise InputError(
            f"--methods laplace: card {setup.card.name!r} learns the scale of its prior, and its "
            "mode needs NUTS to know that scale; give --methods bayes,laplace"
        )
    check_fits(density, setup.card, [m for m in setup.methods if m != "bayes"], nuts=nuts)


def _simulated(card: Card, methods: tuple[str, ...], rows: int, seed: int) -> Setup:
    sd = card.feature_sd if card.standardize else 1.0
    rng = generator(np.random.SeedSequence(seed), "check: features")
    X = sd * rng.standard_normal((rows, N_FEATURES))
    names = tuple(f"x{j + 1}" for j in range(N_FEATURES))
    for classes in CLASSES:
        setup = Setup(card, X, names, classes, methods, seed)
        try:
            checked(setup)
        except InputError:
            if classes is CLASSES[-1]:
                raise
        else:
            break
    return setup
