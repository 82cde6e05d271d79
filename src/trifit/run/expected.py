"""How long something should take, and the factor within which that was right."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

ALIKE = (
    {"MLE", "temperature scaling of MLE"},
    {"MAP", "temperature scaling of MAP", "map-cv", "prior sensitivity"},
)
"""Stages that go by the same number of steps: the others are as far off as the first."""


class Expected(NamedTuple):
    """Seconds that something should take, and the factor within which that was right."""

    seconds: float
    within: float

    @property
    def least(self) -> float:
        """Seconds."""
        return self.seconds / self.within

    @property
    def most(self) -> float:
        """Seconds."""
        return self.seconds * self.within

    def divided(self, by: float) -> "Expected":
        """A share of it, known as well."""
        return Expected(self.seconds / by, self.within)


@dataclass(frozen=True)
class Cost:
    """What the stages of a comparison should cost.

    Attributes
    ----------
    each : mapping of str to Expected
        Those of every training set.
    afterwards : mapping of str to Expected
        Those once everything is fitted.
    """

    each: Mapping[str, Expected]
    afterwards: Mapping[str, Expected]

    def seconds(self, stage: str) -> float:
        """Of a stage; 0 of one that was not expected."""
        found = self.each.get(stage) or self.afterwards.get(stage)
        return found.seconds if found else 0.0

    def between(self, n_fits: int) -> tuple[float, float]:
        """Least and most seconds of it all.

        Parameters
        ----------
        n_fits : int
            Number of training sets.
        """
        each, rest = self.each.values(), self.afterwards.values()
        least = n_fits * sum(e.least for e in each) + sum(e.least for e in rest)
        most = n_fits * sum(e.most for e in each) + sum(e.most for e in rest)
        return least, most


def between(least: float, most: float) -> Expected:
    """Somewhere between two numbers of seconds."""
    return Expected(math.sqrt(least * most), math.sqrt(most / least) if least > 0 else 1.0)
