"""How far a row is from what was seen in training."""

import numpy as np
from sklearn.neighbors import NearestNeighbors

from trifit.types import FloatArray

NEIGHBOURS = 5

MAX_REFERENCE = 10_000
"""Most training rows that distances are measured to."""

MAX_TYPICAL = 1_000
"""Most training rows whose own distances say what is typical."""


class DistanceFromData:
    """``d(x) = mean_{j<=5} |x - x_(j)| / median_i mean_{j<=5} |x_i - x_(ij)|``.

    The mean Euclidean distance to the 5 nearest training rows, in units of what
    is typical for a training row among the others. 0 for a row of which the
    training rows hold 5 copies.

    Parameters
    ----------
    X : shape (n_obs, n_features)
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
        self._k = min(NEIGHBOURS, len(X))
        self._nearest = NearestNeighbors(n_neighbors=self._k).fit(X)
        some = X[np.unique(np.linspace(0, len(X) - 1, MAX_TYPICAL).astype(int))]
        others = min(NEIGHBOURS + 1, len(X))
        # The nearest one is the row itself.
        distances, _ = self._nearest.kneighbors(some, others)
        self.typical = float(np.median(distances[:, 1:].mean(axis=1))) if others > 1 else 0.0

    def __call__(self, X: FloatArray) -> FloatArray:
        """Distances of rows (n_obs, n_features), shape (n_obs,); ``typical`` must not be 0."""
        distances, _ = self._nearest.kneighbors(X, self._k)
        return np.asarray(distances.mean(axis=1) / self.typical)
