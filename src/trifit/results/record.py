"""What every group of plain numbers is, and what an uncertain number is."""

import math

import msgspec

from trifit.clusters import quantile

Z95 = 1.96
"""Standard errors on either side of a normal 95 % interval."""


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A frozen group of plain numbers and texts."""


class Interval(Record, frozen=True, kw_only=True):
    """A number and its 95 % interval.

    The interval may be a point (a number that does not depend on the rows).
    """

    value: float
    low: float
    high: float


class Estimate(Interval, frozen=True, kw_only=True):
    """A number, its standard error and its 95 % interval."""

    se: float

    @classmethod
    def normal(cls, value: float, se: float, groups: int | None = None) -> "Estimate":
        """With the 95 % interval of a normal distribution, or of Student's t.

        Parameters
        ----------
        value, se : float
        groups : int, optional
            So many groups of rows gave the standard error: Student's t, not the normal.
        """
        z = Z95 if groups is None else quantile(0.95, groups)
        return cls(value=value, se=se, low=value - z * se, high=value + z * se)

    def times(self, factor: float) -> "Estimate":
        """In another unit; the factor is above 0."""
        return Estimate(
            value=self.value * factor,
            se=self.se * factor,
            low=self.low * factor,
            high=self.high * factor,
        )

    @property
    def clear(self) -> bool:
        """Whether zero is outside the interval."""
        return self.low > 0 or self.high < 0


def normal_or_none(value: float, se: float, groups: int | None = None) -> Estimate | None:
    """An estimate, or None where the number does not exist.

    Parameters
    ----------
    value, se : float
    groups : int, optional
        As in :meth:`Estimate.normal`.
    """
    known = math.isfinite(value) and math.isfinite(se)
    return Estimate.normal(value, se, groups) if known else None
