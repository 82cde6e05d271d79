"""Temperature scaling: ``softmax(log p / T)``, one scalar that divides all log-odds."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from trifit.checks import Labels
from trifit.recalibration.fitting import checked_log_probs, checked_rows
from trifit.types import FloatArray

MAX_LOG_TEMPERATURE = 7.0
"""Temperatures between exp(-7) and exp(7), about 1/1,100 and 1,100."""


@dataclass(frozen=True)
class Temperature:
    """A temperature; ``value > 1`` softens over-confident probabilities, below 1 sharpens."""

    value: float

    def transform(self, log_probs: FloatArray) -> FloatArray:
        """Recalibrated log probabilities, shape (n_obs, n_classes)."""
        return np.asarray(log_softmax(checked_log_probs(log_probs) / self.value, axis=1))


def fit(log_probs: FloatArray, y: Labels) -> Temperature:
    """Temperature of least log-loss on labelled rows the classifier has not seen.

    Parameters
    ----------
    log_probs : shape (n_obs, n_classes)
        Log probabilities or logits.
    y : shape (n_obs,) or (n_obs, n_classes)

    Returns
    -------
    Temperature
        1 where no row contradicts its most probable class: the likelihood
        then grows for ever as T falls to 0, and says nothing about T.

    Raises
    ------
    ValueError
        On shape mismatch, a value that is not finite or an out-of-range label.

    References
    ----------
    Guo et al. (2017), ICML, arXiv:1706.04599

    Examples
    --------
    >>> rows, y = np.log([[0.99, 0.01]] * 4), np.array([0, 0, 0, 1])
    >>> round(float(np.exp(fit(rows, y).transform(rows))[0, 0]), 3)
    0.75
    """
    rows, target = checked_rows(log_probs, y)
    below = rows - rows.max(axis=1, keepdims=True)
    at_label = (target * below).sum()
    if at_label == 0:
        return Temperature(1.0)

    def negative_log_likelihood(log_temperature: float) -> float:
        slope = np.exp(-log_temperature)
        return float(np.log(np.exp(slope * below).sum(axis=1)).sum() - slope * at_label)

    best = minimize_scalar(
        negative_log_likelihood,
        bounds=(-MAX_LOG_TEMPERATURE, MAX_LOG_TEMPERATURE),
        method="bounded",
        options={"xatol": 1e-10},
    )
    return Temperature(float(np.exp(best.x)))
