"""What held-out rows say about the calibration of one contestant."""

import math
from enum import StrEnum

from trifit.clusters import quantile
from trifit.normal import Z95, Z99
from trifit.results.record import Record
from trifit.scores import Estimate

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


class Verdict(StrEnum):
    """What a contestant's outputs are; the sentences are in :mod:`trifit.words`."""

    BEHAVES = "behaves"
    """They behave like probabilities."""
    OVER_CONFIDENT = "over-confident"
    UNDER_CONFIDENT = "under-confident"
    MISCALIBRATED = "miscalibrated"
    """Off in another way than by a factor of the log-odds."""
    UNCERTAIN = "uncertain"
    """These rows cannot tell."""
    NO_MLE = "no-mle"
    """Of a maximum that does not exist."""
    FAILED = "failed"
    """Of a fit that is not what it claims to be: not judged."""


class ClassBias(Record, frozen=True, kw_only=True):
    """How often one class was forecast, and how often it occurred.

    Attributes
    ----------
    name : str
    mean_prob, frequency : float
    p_value : float
        Of the hypothesis that the forecasts are calibrated, by the distribution
        that they give to the class's count.
    odds_low, odds_high : float or None
        95 % interval of odds(frequency) / odds(mean_prob); 1 is calibrated. An end that is
        infinite is None.
    """

    name: str
    mean_prob: float
    frequency: float
    p_value: float
    odds_low: float | None
    odds_high: float | None

    @property
    def good(self) -> bool:
        """Whether the interval of the odds lies inside 0.8 to 1.25."""
        if self.odds_low is None or self.odds_high is None:
            return False
        return inside(self.odds_low, self.odds_high)


class Calibration(Record, frozen=True, kw_only=True):
    """What a verdict rests on.

    Attributes
    ----------
    n_obs : int
    n_events : int
        Rows outside the most frequent class; of rows that belong together, groups with one.
    n_groups : int or None
        Groups of rows that belong together: what is independent. None: every row is.
    df : float or None
        With groups: degrees of freedom of Student's t for the slope; one less than there are
        groups where there is no slope (and in older files).
    entropy : float
        Of the class frequencies, in nats: all that there is to know per row.
    slope : Estimate or None
        Calibration slope of the log-odds; None where not determined.
    intercepts : list of float
        Of the same recalibration, relative to the first class.
    gains : dict of Estimate
        Log-loss gained by a recalibration map on rows it has not seen, nats per row, by
        map; 0 or below is calibrated. Empty where a label has probability 0: a gain on an
        infinite log-loss is not defined. Else ``temperature`` is there.
    p_value : float or None
        Of a test that the whole vector is calibrated; None where there is none
        (soft labels).
    classes : list of ClassBias
    """

    n_obs: int
    n_events: int
    n_groups: int | None = None
    df: float | None = None
    entropy: float
    slope: Estimate | None
    intercepts: list[float]
    gains: dict[str, Estimate]
    p_value: float | None
    classes: list[ClassBias]

    @property
    def most_frequent(self) -> ClassBias:
        """The class that occurred most often."""
        return max(self.classes, key=lambda k: k.frequency)

    @property
    def gain(self) -> Estimate | None:
        """What temperature scaling gains; None where a label has probability 0."""
        return self.gains.get("temperature")

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Interval of the slope, normal or Student's by groups; NaN where there is no slope."""
        if self.slope is None:
            return math.nan, math.nan
        z = self._quantile(level)
        return self.slope.value - z * self.slope.se, self.slope.value + z * self.slope.se

    @property
    def enough_events(self) -> bool:
        """Whether there are rows enough outside the most frequent class for a slope."""
        return self.n_events >= MIN_EVENTS

    @property
    def good_slope(self) -> bool:
        """Whether the 95 % interval of the slope lies inside 0.8 to 1.25."""
        return inside(*self.interval())

    def _quantile(self, level: float) -> float:
        if self.n_groups is None and level in (0.95, 0.99):
            return {0.95: Z95, 0.99: Z99}[level]
        few = None if self.n_groups is None else self.n_groups - 1
        return quantile(level, few if self.df is None else self.df)

    def side(self, level: float = 0.99) -> int:
        """-1 where an interval of the slope is below 1, 1 above, else 0."""
        low, high = self.interval(level)
        return int(low > 1) - int(high < 1)

    @property
    def margin(self) -> float:
        """Gain in nats per row below which a fault does not matter."""
        return MATERIAL * self.entropy

    @property
    def most(self) -> float:
        """The most that recalibration may gain: the highest 95 % limit of any map.

        Infinite where a label has probability 0.
        """
        return max((gain.high for gain in self.gains.values()), default=math.inf)

    def fails(self, level: float) -> bool:
        """Whether the test of the whole vector fails at a level."""
        return self.p_value is not None and self.p_value < level

    def off(self, level: float = LEVEL) -> list[ClassBias]:
        """Classes forecast too often or too rarely, the clearest first.

        At this level, Bonferroni over classes, and not certainly by less than a
        quarter of their odds.
        """
        found = [c for c in self.classes if c.p_value < level / len(self.classes) and not c.good]
        return sorted(found, key=lambda c: c.p_value)

    def adjusted(self, of_class: ClassBias) -> float:
        """A class's p-value, times the number of classes that are tested (Bonferroni)."""
        return len(self.classes) * of_class.p_value

    @property
    def suspect_at(self) -> float:
        """Smallest level at which the whole vector or a class's bias would be a fault."""
        levels = [self.adjusted(c) for c in self.classes if not c.good]
        if self.p_value is not None and self.most >= self.margin:
            levels.append(self.p_value)
        return min(levels, default=1.0)


def inside(low: float, high: float) -> bool:
    """Whether an interval lies inside 0.8 to 1.25; false for NaN."""
    return low >= GOOD[0] and high <= GOOD[1]
