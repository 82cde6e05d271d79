"""From a card and data to the densities that are fitted."""

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
    linear = LinearDensity.recognise(interpreted, X, len(class_names))
    return linear or GraphDensity(model)
