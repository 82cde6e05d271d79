"""The seam: what is judged, and nothing of where it comes from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from trifit.checks import Labels
from trifit.types import FloatArray

LOG_ZERO = -1e6
"""What a probability of exactly zero counts as, in nats: a finite, glaring number."""

RULED_OUT = 1e-4
"""Probability of labels so improbable below which they refute the forecasts by themselves."""


@dataclass(frozen=True, eq=False)
class Forecasts:
    """Class probabilities of several contestants for the same rows.

    Attributes
    ----------
    log_probs : mapping of str to array of shape (n_obs, n_classes)
        Natural logs of the probabilities, by contestant.
    labels : array of shape (n_obs,) or (n_obs, n_classes)
        Class codes, or soft labels.
    class_names : sequence of str

    Raises
    ------
    ValueError
        If shapes do not fit each other.
    """

    log_probs: Mapping[str, FloatArray]
    labels: Labels
    class_names: Sequence[str]

    def __post_init__(self) -> None:
        expected = (len(self.labels), len(self.class_names))
        for name, log_probs in self.log_probs.items():
            if log_probs.shape != expected:
                raise ValueError(
                    f"forecasts of {name!r} have shape {log_probs.shape}; expected (n_obs, "
                    f"n_classes) = {expected}"
                )

    def probs(self, name: str) -> FloatArray:
        """Probabilities of one contestant, (n_obs, n_classes)."""
        return np.minimum(np.exp(self.log_probs[name]), 1.0)  # rounding errors
