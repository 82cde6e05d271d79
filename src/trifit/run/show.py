"""A card's model before any data, on example rows or on a data set's features."""

import numpy as np

from trifit.cards import Card
from trifit.crossfit.problem import standardiser_of
from trifit.errors import InputError
from trifit.fit.preview import preview
from trifit.results.preview import Preview
from trifit.spacing import evenly_spaced
from trifit.types import Dataset

MAX_ROWS = 100
N_FEATURES = 4


def preview_card(card: Card, dataset: Dataset | None = None) -> Preview:
    """The graph and the prior class probabilities of a card's model.

    A prior scale that the card leaves to the data is its builder's default.

    Parameters
    ----------
    card : Card
    dataset : Dataset, optional
        Whose features (100 evenly spaced rows) the probabilities are drawn at;
        by default 100 rows of 4 standard normal features and 3 classes, 2 where
        the model is for two.

    Raises
    ------
    InputError
        If the builder refuses its arguments or its model breaks the contract.
    """
    card = card.with_builders_scale()
    if dataset is not None:
        standardiser = standardiser_of(dataset, card, np.arange(dataset.n_obs))
        rows = evenly_spaced(dataset.n_obs, MAX_ROWS)
        return preview(
            card,
            standardiser.transform(dataset.X, rows),
            dataset.y[rows],
            feature_names=dataset.feature_names,
            class_names=dataset.class_names,
        )
    X = card.feature_sd * np.random.default_rng(1).normal(size=(MAX_ROWS, N_FEATURES))
    names = tuple(f"x{j}" for j in range(N_FEATURES))
    for classes in (("a", "b", "c"), ("a", "b")):
        y = np.arange(MAX_ROWS) % len(classes)
        try:
            return preview(card, X, y, feature_names=names, class_names=classes)
        except InputError:
            if len(classes) == 2:
                raise
    raise AssertionError("unreachable")
