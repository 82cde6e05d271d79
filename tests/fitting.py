"""What the tests of fits share."""

import numpy as np

from trifit.cards import Card, load_card
from trifit.data import Standardiser
from trifit.fit import build_density
from trifit.fit.build import build_model
from trifit.fit.graph import GraphDensity
from trifit.fit.prediction import predict

FAST = {"draws": 700, "tune": 300}
"""Draws enough for the checks of a posterior on small problems."""

BUNDLED = ["iris", "wine", "breast_cancer", "digits"]


def card(builder="softmax_regression", **hyperparameters):
    return Card(
        name="test", builder=f"trifit.models:{builder}", hyperparameters=dict(hyperparameters)
    )


def standardised(dataset):
    standardiser = Standardiser.fit(dataset.X)
    return standardiser.transform(dataset.X)[:, ~standardiser.constant], dataset.y


def names_of(X, y):
    return {
        "feature_names": tuple(f"x{j}" for j in range(X.shape[1])),
        "class_names": tuple("abcdefghij"[: y.max() + 1]),
    }


def density_of(X, y, builder="softmax_regression", **hyperparameters):
    """As it is fitted: a graph that is not linear is compiled, half a minute on a cold machine."""
    return build_density(card(builder, **hyperparameters), X, y, **names_of(X, y))


def network_of(X, y, **changes):
    """The shipped network of two features: files that share its graph compile it once."""
    return build_density(load_card("network").with_overrides(changes), X, y, **names_of(X, y))


def interpreted(X, y, builder="softmax_regression", **hyperparameters):
    """The graph with nothing compiled, for some hundred evaluations."""
    model = build_model(card(builder, **hyperparameters), X, y, **names_of(X, y))
    return GraphDensity(model, int(y.max()) + 1, mode="interpreted")


def probs_of(density, fit, X):
    return predict(density, fit, X).probs


def relabelled(layout, params, order):
    """Parameters of the same classifier with class ``order[k]`` in the place of class k."""
    named = layout.unravel(params)
    pieces = []
    for name, dims in zip(layout.names, layout.dims, strict=True):
        values = named[name]
        if "class_" in dims:
            values = values.take(order, axis=dims.index("class_") - len(dims))
        elif name in ("intercept", "beta"):  # log-odds of the second of two classes
            values = -values
        pieces.append(values.reshape(*params.shape[:-1], -1))
    return np.concatenate(pieces, axis=-1)
