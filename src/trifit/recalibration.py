"""Recalibration maps: what one would have to do to outputs to make them probabilities."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from trifit.checks import Labels, label_probs
from trifit.types import FloatArray

MAX_LOG_TEMPERATURE = 7.0
"""Temperatures between exp(-7) and exp(7), about 1/1,100 and 1,100."""


@dataclass(frozen=True)
class Temperature:
    """``softmax(log p / T)``: one scalar that divides all log-odds.

    ``T > 1`` softens over-confident probabilities, ``T < 1`` sharpens.

    References
    ----------
    Guo et al. (2017), ICML, arXiv:1706.04599
    """

    value: float

    @classmethod
    def fit(cls, log_probs: FloatArray, y: Labels) -> "Temperature":
        """Temperature of least log-loss on labelled rows the classifier has not seen.

        Parameters
        ----------
        log_probs : shape (n_obs, n_classes)
            Log probabilities; a constant per row cancels, so logits serve too.
        y : shape (n_obs,) or (n_obs, n_classes)
            Class codes or soft labels.

        Returns
        -------
        Temperature
            1 where no row contradicts its most probable class: the likelihood
            then grows for ever as T falls to 0, and says nothing about T.

        Examples
        --------
        >>> rows, y = np.log([[0.99, 0.01]] * 4), np.array([0, 0, 0, 1])
        >>> round(float(np.exp(Temperature.fit(rows, y).transform(rows))[0, 0]), 3)
        0.75
        """
        truth = label_probs(y, log_probs.shape[1])
        best = np.where(truth > 0, log_probs, np.inf).min(axis=1) >= log_probs.max(axis=1)
        if best.all():
            return cls(1.0)

        def negative_log_likelihood(log_temperature: float) -> float:
            scaled = log_softmax(log_probs * np.exp(-log_temperature), axis=1)
            return float(-np.where(truth > 0, truth * scaled, 0.0).sum())

        found = minimize_scalar(
            negative_log_likelihood,
            bounds=(-MAX_LOG_TEMPERATURE, MAX_LOG_TEMPERATURE),
            method="bounded",
            options={"xatol": 1e-10},
        )
        return cls(float(np.exp(found.x)))

    def transform(self, log_probs: FloatArray) -> FloatArray:
        """Recalibrated log probabilities, shape (n_obs, n_classes)."""
        return np.asarray(log_softmax(log_probs / self.value, axis=1))
