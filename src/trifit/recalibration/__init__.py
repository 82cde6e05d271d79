"""Recalibration maps: what one would have to do to outputs to make them probabilities.

One method, one module, all alike: ``fit(log_probs, y)`` learns a map from rows
the classifier has not seen, ``transform(log_probs)`` of the result applies it.

>>> import numpy as np
>>> from trifit.recalibration import vector
>>> rows, y = np.log([[0.9, 0.1], [0.2, 0.8]] * 5), np.array([0, 1, 0, 1, 1, 1, 0, 0, 0, 1])
>>> np.exp(vector.fit(rows, y).transform(rows)).shape
(10, 2)

``log_probs`` ``(n_obs, n_classes)`` are log probabilities or logits: each row is
normalised first. ``y`` are class codes ``(n_obs,)`` or soft labels ``(n_obs,
n_classes)``. Every map gives finite log probabilities.

:func:`fit` learns any of them for named classes, to be saved, loaded and applied.
"""

from trifit.recalibration import beta, dirichlet, isotonic, temperature, vector
from trifit.recalibration.gain import METHODS, cross_fitted, deal, recalibration_gain
from trifit.recalibration.saved import Recalibration, fit, load

__all__ = [
    "METHODS",
    "Recalibration",
    "beta",
    "cross_fitted",
    "deal",
    "dirichlet",
    "fit",
    "isotonic",
    "load",
    "recalibration_gain",
    "temperature",
    "vector",
]
