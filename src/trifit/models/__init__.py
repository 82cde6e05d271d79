"""Model builders: ordinary functions that return an ordinary ``pm.Model``.

A builder takes ``(X, y, *, n_classes, coords, **hyperparameters)`` and returns
a model with ``pm.Data("X")`` and one observed Categorical, Bernoulli or Multinomial.
"""

from trifit.models.bambi import from_bambi
from trifit.models.linear import logistic_regression, softmax_regression
from trifit.models.network import neural_network
from trifit.models.settings import check_settings

__all__ = [
    "check_settings",
    "from_bambi",
    "logistic_regression",
    "neural_network",
    "softmax_regression",
]
