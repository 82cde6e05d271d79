"""From a card and data to the densities that are fitted."""

import numpy as np

from trifit.cards import Card
from trifit.errors import InputError
from trifit.fit.density import Density
from trifit.fit.graph import GraphDensity
from trifit.fit.linear import LinearDensity
from trifit.types import FloatArray, IntArray


def build_density(
    card: Card,
    X: FloatArray,
    y: IntArray,
    *,
    feature_names: tuple[str, ...],
    class_names: tuple[str, ...],
) -> Density:
    """Build a card's model and read its densities off the graph.

    Parameters
    ----------
    card : Card
    X : shape (n_obs, n_features)
        Features as they will be fitted (standardised where the card says so).
    y : shape (n_obs,)
    feature_names, class_names : tuple of str

    Raises
    ------
    InputError
        If the builder refuses its arguments or its model breaks the contract.
    """
    builder = card.load_builder()
    try:
        model = builder(
            X,
            y,
            n_classes=len(class_names),
            coords={"feature": list(feature_names), "class": list(class_names)},
            **card.hyperparameters,
        )
    except InputError as error:
        raise InputError(f"card {card.name!r}: {error}") from error
    except Exception as error:
        raise InputError(
            f"card {card.name!r}: builder {card.builder} failed: {type(error).__name__}: {error}"
        ) from error
    interpreted = GraphDensity(model, mode="interpreted")
    _try_out(interpreted, X, y, card)
    linear = LinearDensity.recognise(interpreted, X, len(class_names))
    return linear or GraphDensity(model)


def _try_out(density: GraphDensity, X: FloatArray, y: IntArray, card: Card) -> None:
    """Evaluate the model once, on few rows: shapes that do not fit show here.

    Few rows, and not those it was built with, because one model serves all
    training and test sets.
    """
    rows = np.linspace(0, len(X) - 1, min(7, len(X))).astype(int)
    try:
        start = density.start(np.random.default_rng(0))
        value, _ = density.bind(X[rows], y[rows])(start, prior=1.0, jacobian=1.0)
        log_probs = density.log_probs(density.constrain(start[None]), X[rows])[0]
    except Exception as error:
        reason = str(error).strip().split("\n")[0]
        raise InputError(
            f"card {card.name!r}: the model of builder {card.builder} cannot be evaluated on "
            f"{len(rows)} rows of {X.shape[1]} features ({reason}); build it for any number of "
            'rows, from pm.Data("X")'
        ) from error
    n_classes = int(y.max()) + 1
    if log_probs.shape[0] != len(rows) or log_probs.shape[1] < n_classes:
        raise InputError(
            f"card {card.name!r}: the model of builder {card.builder} gives probabilities of shape "
            f"{log_probs.shape} for {len(rows)} rows and {n_classes} classes"
        )
    if np.isnan(value):
        raise InputError(
            f"card {card.name!r}: the model of builder {card.builder} has density {value} near its "
            "starting point; check its priors"
        )
