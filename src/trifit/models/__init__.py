"""Model builders: ordinary functions that return an ordinary ``pm.Model``.

A builder takes ``(X, y, *, n_classes, coords, **hyperparameters)`` and returns
a model with ``pm.Data("X")`` and one observed Categorical or Bernoulli.
"""

from trifit.models.linear import logistic_regression, softmax_regression

__all__ = ["logistic_regression", "softmax_regression"]
