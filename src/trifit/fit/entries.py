"""Which entries of a flat parameter vector belong to which feature."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trifit.types import IntArray


@dataclass(frozen=True)
class Entries:
    """Which entries of a flat vector belong to which feature.

    Attributes
    ----------
    parts : tuple of (bool, int)
        Consecutive parts: whether there is one for each feature, and the size of it (of one
        feature's share, features first).
    """

    parts: tuple[tuple[bool, int], ...]

    @classmethod
    def of(
        cls, shapes: Sequence[tuple[int, ...]], dims: Sequence[tuple[str, ...]]
    ) -> "Entries | None":
        """Entries of raveled variables; None unless features are the first dimension of each.

        Parameters
        ----------
        shapes : sequence of tuple of int
        dims : sequence of tuple of str
            Names of the dimensions.
        """
        if any("feature" in names[1:] for names in dims):
            return None
        each = [bool(names) and names[0] == "feature" for names in dims]
        sizes = [int(np.prod(s[own:])) for s, own in zip(shapes, each, strict=True)]
        return cls(tuple(zip(each, sizes, strict=True)))

    def size(self, n_features: int) -> int:
        """Length of the vector."""
        return sum(size * (n_features if own else 1) for own, size in self.parts)

    def places(self, n_features: int) -> tuple[IntArray, IntArray]:
        """Indices of what belongs to no feature, and (n_features, n_each) of what does."""
        shared, own, start = [np.empty(0, int)], [np.empty((n_features, 0), int)], 0
        for is_own, size in self.parts:
            stop = start + size * (n_features if is_own else 1)
            here = np.arange(start, stop)
            own.append(here.reshape(n_features, -1)) if is_own else shared.append(here)
            start = stop
        return np.concatenate(shared), np.concatenate(own, axis=1)
