"""What the tests of fits share."""

from trifit.cards import Card
from trifit.data import Standardiser
from trifit.fit import build_density
from trifit.predict import predict

BUNDLED = ["iris", "wine", "breast_cancer", "digits"]


def card(builder="softmax_regression", **hyperparameters):
    return Card(
        name="test", builder=f"trifit.models:{builder}", hyperparameters=dict(hyperparameters)
    )


def standardised(dataset):
    standardiser = Standardiser.fit(dataset.X)
    return standardiser.transform(dataset.X)[:, ~standardiser.constant], dataset.y


def density_of(X, y, builder="softmax_regression", **hyperparameters):
    return build_density(
        card(builder, **hyperparameters),
        X,
        y,
        feature_names=tuple(f"x{j}" for j in range(X.shape[1])),
        class_names=tuple("abcdefghij"[: y.max() + 1]),
    )


def probs_of(density, fit, X):
    return predict(density, fit, X).probs
