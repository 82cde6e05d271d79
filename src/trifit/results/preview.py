"""A model before any data: its graph, and the class probabilities its prior expects."""

from dataclasses import dataclass

import numpy as np

from trifit.types import FloatArray

SURE = 0.99
"""Above this the most probable class is as good as certain."""


@dataclass(frozen=True)
class Node:
    """One variable of a model's graph.

    Attributes
    ----------
    name : str
    kind : {"data", "free", "deterministic", "observed"}
    law : str
        Its distribution or what it is made of, as PyMC writes it.
    dims : tuple of str
    parents : tuple of str
    """

    name: str
    kind: str
    law: str
    dims: tuple[str, ...]
    parents: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Preview:
    """A model's graph and its prior predictive class probabilities.

    Attributes
    ----------
    nodes : tuple of Node
        Parents first.
    probs : array of shape (n_draws, n_obs, n_classes)
    """

    nodes: tuple[Node, ...]
    probs: FloatArray

    @property
    def extreme_share(self) -> float:
        """Share of draws and rows in which one class has more than 0.99."""
        return float((self.probs.max(axis=2) > SURE).mean())

    @property
    def confidence(self) -> float:
        """Median probability of the most probable class, over draws and rows."""
        return float(np.median(self.probs.max(axis=2)))

    def histogram(self, bins: int = 10) -> FloatArray:
        """Shares of the class probabilities in equal bins of [0, 1]."""
        counts, _ = np.histogram(self.probs, np.linspace(0, 1, bins + 1))
        return np.asarray(counts / counts.sum())
