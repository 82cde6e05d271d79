"""Reliability curves and their bands, as plain data: what calibration makes and results hold."""

import msgspec


class Curve(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A reliability curve in blocks of constant observed frequency.

    Attributes
    ----------
    low, high : list of float
        Smallest and largest forecast of each block, ascending.
    frequency : list of float
        How often the event came true in the block; non-decreasing.
    count : list of int
        Number of forecasts in the block.
    """

    low: list[float]
    high: list[float]
    frequency: list[float]
    count: list[int]


class Band(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Simultaneous confidence band of a non-decreasing reliability curve.

    Attributes
    ----------
    grid, lower, upper : list of float
        The true curve lies between ``lower`` and ``upper`` at all points at
        once with at least the band's probability. Between grid points ``lower``
        holds from the point before, ``upper`` from the point after.
    """

    grid: list[float]
    lower: list[float]
    upper: list[float]
