"""A model on a data set's columns, and each training part as the model sees it."""

import tomllib
from dataclasses import dataclass
from functools import lru_cache

import msgspec
import numpy as np

from trifit.cards import Card, Optimiser, Sampler
from trifit.clusters import of_rows
from trifit.crossfit.rotation import Rotation, into_span
from trifit.data import Standardiser
from trifit.errors import InputError
from trifit.fit import Density, build_density
from trifit.functions import Builder
from trifit.memory import check_memory
from trifit.notes import Note, NoteKind
from trifit.spacing import evenly_spaced
from trifit.types import BoolArray, Dataset, FloatArray, IntArray, Rows

MODEL_ROWS = 20_000
"""Most rows that a model is built with."""

MANY_PARAMS, SHOWN_PARAMS = 100_000, 1_000
"""Parameters of a fit beyond which records hold so many of them, and no other prior is tried."""


@dataclass(frozen=True, eq=False)
class Part:
    """One training set and its test rows, standardised with training rows only.

    Attributes
    ----------
    train, test : Rows
    standardiser : Standardiser
        Of the model's columns.
    unseen : int
        Test rows with a category or value that is not in the training rows.
    rotation : Rotation or None
        Into the span of the part's rows, where these are fewer than the columns; the model
        then sees coordinates in that span.
    """

    train: Rows
    test: Rows
    standardiser: Standardiser
    unseen: int
    rotation: Rotation | None = None

    def features(self, X: FloatArray) -> FloatArray:
        """Standardised columns of rows as the model sees them."""
        return X if self.rotation is None else self.rotation.features(X)

    def seen(self, features: FloatArray) -> FloatArray:
        """Rows as the model sees them, of standardised columns."""
        return features if self.rotation is None else self.rotation.coordinates(features)


@dataclass(frozen=True, eq=False)
class Problem:
    """A card's model on the columns that vary in its reference rows.

    A column that is constant only within some training part stays in the
    model and is zero there, so that one model serves all parts. Where rows are fewer than
    columns, the model may be that of coordinates in their span.

    Attributes
    ----------
    dataset : Dataset
    card : Card
    density : Density
    varies : array of shape (n_features,)
    n_directions : int or None
        Number of coordinates; None where the model sees the columns themselves.
    """

    dataset: Dataset
    card: Card
    density: Density
    varies: BoolArray
    n_directions: int | None = None

    @property
    def n_coefficients(self) -> int:
        """Free parameters of the card's model of the columns, whatever the fits are made in."""
        density = self.density
        if self.n_directions is None:
            return density.n_params
        assert density.alike is not None  # or there would be no directions
        return density.alike.params.inputs.size(int(self.varies.sum()))

    @property
    def has_many_params(self) -> bool:
        """Whether they are too many for records of each, and for fits under other priors."""
        return self.density.n_params > MANY_PARAMS

    @classmethod
    def build(cls, dataset: Dataset, card: Card, rows: IntArray) -> "Problem":
        """Build the model.

        Parameters
        ----------
        dataset : Dataset
        card : Card
        rows : array of int
            Indices of the rows that may train.
        """
        whole = standardiser_of(dataset, card, rows)
        varies = ~whole.constant
        if not varies.any():
            raise InputError(
                f"data {dataset.name!r}: every feature is constant in the training rows, up to "
                "rounding errors"
            )
        # The model is asked for its structure; rows are bound to it when it is fitted.
        few = rows[evenly_spaced(len(rows), MODEL_ROWS)]
        density = build_density(
            card,
            whole.transform(dataset.X, few)[:, varies],
            dataset.y[few],
            feature_names=tuple(np.array(dataset.feature_names)[varies].tolist()),
            class_names=dataset.class_names,
            open_scale=True,
        )
        spanned = into_span(density, int(varies.sum()), dataset.n_obs)
        return cls(dataset, card, spanned, varies, None if spanned is density else dataset.n_obs)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the model's columns."""
        return tuple(np.array(self.dataset.feature_names)[self.varies].tolist())

    @property
    def notes(self) -> list[Note]:
        """What was left out, and what the fits are made in."""
        names = zip(self.dataset.feature_names, self.varies, strict=True)
        dropped = tuple(name for name, varies in names if not varies)
        notes = [Note(NoteKind.CONSTANT, names=dropped)] if dropped else []
        if self.n_directions is not None:
            n_columns = int(self.varies.sum())
            notes.append(Note(NoteKind.DIRECTIONS, n=n_columns, n_rows=self.n_directions))
        if self.has_many_params:
            notes.append(Note(NoteKind.MANY_PARAMS, n=self.density.n_params, value=SHOWN_PARAMS))
        return notes

    def check_memory(self, n_parts: int) -> None:
        """Refuse more parts, each with standardised rows, than the memory holds.

        Raises
        ------
        InputError
        """
        X = self.dataset.X
        check_memory(
            f"data {self.dataset.name!r}, {n_parts} training sets",
            X.size + n_parts * len(X) * (self.n_directions or X.shape[1]),
            "take fewer rows, columns or folds (--test-size 0.2: one training set)",
        )

    def part(self, train: IntArray, test: IntArray) -> Part:
        """Training and test rows of one part."""
        data = self.dataset
        standardiser = standardiser_of(data, self.card, train)

        def columns(rows: IntArray) -> FloatArray:
            X = standardiser.transform(data.X, rows)
            return X if self.varies.all() else np.ascontiguousarray(X[:, self.varies])

        features = [columns(rows) for rows in (train, test)]
        rotation = None
        if self.n_directions is not None:
            rotation = Rotation.spanning(np.vstack(features), self.n_directions)
            features = [rotation.coordinates(X) for X in features]
        seen = [
            Rows(X, data.labels[rows], of_rows(data.groups, rows))
            for X, rows in zip(features, (train, test), strict=True)
        ]
        return Part(
            train=seen[0],
            test=seen[1],
            standardiser=standardiser.of_columns(self.varies),
            unseen=standardiser.unseen(data.X[test]),
            rotation=rotation,
        )


def standardiser_of(dataset: Dataset, card: Card, rows: IntArray) -> Standardiser:
    """What brings features to the units a card fits, learned from some rows.

    Parameters
    ----------
    dataset : Dataset
    card : Card
    rows : array of int
        Indices of training rows.
    """
    return Standardiser.fit(
        dataset.X,
        rows,
        standardize=card.standardize,
        sd=card.feature_sd,
        names=dataset.feature_names,
    )


def reference_density(
    card: Card, feature_names: tuple[str, ...], class_names: tuple[str, ...]
) -> Density:
    """A card's model built with rows that are always the same, once in a process.

    A model does not depend on its rows (models/README.md), so it is the same to the last bit
    whichever data come first.

    Parameters
    ----------
    card : Card
    feature_names, class_names : tuple of str
    """
    model = msgspec.structs.replace(
        card, sampler=Sampler(), optimiser=Optimiser(), references=[], note=""
    )
    return _reference(card.load_builder(), model.to_toml(), feature_names, class_names)


@lru_cache(maxsize=16)
def _reference(
    builder: Builder, card: str, feature_names: tuple[str, ...], class_names: tuple[str, ...]
) -> Density:
    X, y = reference_rows(len(feature_names), len(class_names))
    model = msgspec.convert(tomllib.loads(card), Card)
    return build_density(
        model, X, y, feature_names=feature_names, class_names=class_names, open_scale=True
    )


def reference_rows(n_features: int, n_classes: int) -> tuple[FloatArray, IntArray]:
    """Standard normal features, and every class in turn."""
    X = np.random.default_rng(0).standard_normal((20 * n_classes, n_features))
    return X, np.arange(len(X)) % n_classes
