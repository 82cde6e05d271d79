"""Probabilities for other class shares, by Bayes' rule."""

from collections.abc import Callable

import numpy as np

from trifit.forecasts import LOG_ZERO, log_softmax
from trifit.types import FloatArray

type Change = Callable[[FloatArray], FloatArray]
"""Log probabilities to those for other class shares."""


def reweighted(log_probs: FloatArray, before: FloatArray, after: FloatArray) -> FloatArray:
    """Log probabilities where classes have other shares, and features of a class do not change.

    ``p'(k | x)`` is proportional to ``p(k | x) after_k / before_k``. Of a posterior every draw is
    reweighted, then draws are averaged: the average of draws, reweighted, is another number. A
    class that is ruled out stays so.

    Parameters
    ----------
    log_probs : array of shape (..., n_classes)
        Natural logs.
    before, after : array of shape (n_classes,)
        Class shares under which the probabilities hold, and those they are to hold under. A class
        whose share before is 0 keeps its probability times the share after.

    References
    ----------
    Saerens, Latinne & Decaestecker (2002), Neural Comput. 14(1),
    doi:10.1162/089976602753284446, equation 2.4

    Examples
    --------
    >>> even, rare = np.array([0.5, 0.5]), np.array([0.98, 0.02])
    >>> np.exp(reweighted(np.log([[0.5, 0.5]]), even, rare)).round(4)
    array([[0.98, 0.02]])
    """
    with np.errstate(divide="ignore"):
        ratio = np.log(after) - np.log(np.where(before > 0, before, 1.0))
    flat = log_probs.reshape(-1, log_probs.shape[-1])
    found = np.maximum(log_softmax(flat + ratio), LOG_ZERO)
    found[flat <= LOG_ZERO] = LOG_ZERO
    return np.asarray(found.reshape(log_probs.shape))
