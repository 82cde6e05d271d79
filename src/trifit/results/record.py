"""What every group of plain numbers is."""

import msgspec


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A frozen group of plain numbers and texts."""


class Interval(Record, frozen=True, kw_only=True):
    """A number and its 95 % interval.

    The interval may be a point (a number that does not depend on the rows).
    """

    value: float
    low: float
    high: float
