"""What held-out rows say about the calibration of one fit."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Z99 = 2.575829
Z95 = 1.959964

GOOD = (0.8, 1.25)
"""Log-odds (by their slope) and a class's odds are right within a quarter."""

LEVEL = 0.01
"""Level at which the whole vector, or all class biases together, are called a fault."""

SUSPECT = 0.05
"""Level at which they forbid to speak of good behaviour."""

MATERIAL = 0.01
"""Share of the labels' entropy below which a gain in log-loss does not matter."""

MIN_EVENTS = 10
"""Rows outside the most frequent class that a slope needs."""


@dataclass(frozen=True)
class ClassBias:
    """How often one class was forecast, and how often it occurred.

    Attributes
    ----------
    name : str
    mean_prob, frequency : float
    p_value : float
        Of the hypothesis that the forecasts are calibrated, by the distribution
        that they give to the class's count.
    odds : (float, float)
        95 % interval of odds(frequency) / odds(mean_prob); 1 is calibrated.
    """

    name: str
    mean_prob: float
    frequency: float
    p_value: float
    odds: tuple[float, float]

    @property
    def good(self) -> bool:
        """Whether the interval of the odds lies inside 0.8 to 1.25."""
        return inside(*self.odds)


@dataclass(frozen=True)
class Evidence:
    """What held-out rows say about one fit.

    Attributes
    ----------
    n_obs : int
    n_events : int
        Rows outside the most frequent class.
    entropy : float
        Of the class frequencies, in nats: all that there is to know per row.
    slope, slope_se : float
        Calibration slope of the log-odds; NaN where not determined.
    gains : mapping of str to (value, se)
        Recalibration gain in nats per row by map; ``temperature`` must be there.
    p_value : float
        Of a test that the whole vector is calibrated; NaN where there is none
        (soft labels).
    classes : sequence of ClassBias
    """

    n_obs: int
    n_events: int
    entropy: float
    slope: float
    slope_se: float
    gains: Mapping[str, tuple[float, float]]
    p_value: float
    classes: Sequence[ClassBias]

    def interval(self, z: float = Z95) -> tuple[float, float]:
        """Normal interval of the slope, 95 % by default."""
        return self.slope - z * self.slope_se, self.slope + z * self.slope_se

    @property
    def enough_events(self) -> bool:
        """Whether there are rows enough outside the most frequent class for a slope."""
        return self.n_events >= MIN_EVENTS

    @property
    def good_slope(self) -> bool:
        """Whether the 95 % interval of the slope lies inside 0.8 to 1.25."""
        return inside(*self.interval())

    def side(self, z: float = Z99) -> int:
        """-1 where an interval of the slope is below 1 (99 % by default), 1 above, else 0."""
        low, high = self.interval(z)
        return int(low > 1) - int(high < 1)

    @property
    def margin(self) -> float:
        """Gain in nats per row below which a fault does not matter."""
        return MATERIAL * self.entropy

    @property
    def most(self) -> float:
        """The most that recalibration may gain: the highest 95 % limit of any map."""
        return max(value + Z95 * se for value, se in self.gains.values())

    def off(self, level: float = LEVEL) -> list[ClassBias]:
        """Classes forecast too often or too rarely, the clearest first.

        At this level, Bonferroni over classes, and not certainly by less than a
        quarter of their odds.
        """
        found = [c for c in self.classes if c.p_value < level / len(self.classes) and not c.good]
        return sorted(found, key=lambda c: c.p_value)

    @property
    def suspect_at(self) -> float:
        """Smallest level at which the whole vector or a class's bias would be a fault."""
        levels = [len(self.classes) * c.p_value for c in self.classes if not c.good]
        if not math.isnan(self.p_value) and self.most >= self.margin:
            levels.append(self.p_value)
        return min(levels, default=1.0)


def inside(low: float, high: float) -> bool:
    """Whether an interval lies inside 0.8 to 1.25; false for NaN."""
    return low >= GOOD[0] and high <= GOOD[1]
