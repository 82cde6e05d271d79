"""How far a row is from what was seen in training."""

import numpy as np
from scipy.spatial.distance import cdist

from trifit.spacing import evenly_spaced
from trifit.types import FloatArray

NEIGHBOURS = 5

MAX_REFERENCE = 10_000
"""Most training rows that distances are measured to."""

BLOCK = 1_000_000
"""Pairs held in memory at a time."""

MAX_TYPICAL = 1_000
"""Most training rows whose own distances say what is typical."""


class DistanceFromData:
    """``d(x) = mean_{j<=5} |x - x_(j)| / median_i mean_{j<=5} |x_i - x_(ij)|``.

    The mean Euclidean distance to the 5 nearest training rows, in units of what
    is typical for a training row among the others. 0 for a row of which the
    training rows hold 5 copies.

    Parameters
    ----------
    X : array of shape (n_obs, n_features)
        Training rows, as the model sees them.
    rng : numpy Generator
        Draws 10,000 of them where there are more.

    Attributes
    ----------
    typical : float
        The denominator: 0 where most training rows are copies of others, or alone.
    """

    def __init__(self, X: FloatArray, rng: np.random.Generator) -> None:
        if len(X) > MAX_REFERENCE:
            X = X[np.sort(rng.choice(len(X), MAX_REFERENCE, replace=False))]
        self._X = X
        some = X[evenly_spaced(len(X), MAX_TYPICAL)]
        self.typical = float(np.median(_nearest(some, X, skip=1))) if len(X) > 1 else 0.0

    def __call__(self, X: FloatArray) -> FloatArray:
        """Distances of rows (n_obs, n_features), shape (n_obs,); ``typical`` must not be 0."""
        return _nearest(X, self._X, skip=0) / self.typical


def _nearest(X: FloatArray, reference: FloatArray, *, skip: int) -> FloatArray:
    """Mean distance to the 5 nearest reference rows, leaving out the ``skip`` nearest: itself."""
    last = min(NEIGHBOURS + skip, len(reference))
    step = max(1, BLOCK // len(reference))
    means = []
    for start in range(0, len(X), step):
        distances = cdist(X[start : start + step], reference)
        nearest = np.sort(np.partition(distances, last - 1, axis=1)[:, :last], axis=1)
        means.append(nearest[:, skip:].mean(axis=1))
    return np.concatenate(means)
