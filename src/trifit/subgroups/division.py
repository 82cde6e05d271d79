"""How a column divides the rows: by its values, or by quantiles of its numbers."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trifit.errors import InputError
from trifit.text import listing
from trifit.types import FloatArray, IntArray

MISSING = "(missing)"
"""Name of the subgroup of rows without a value."""

MAX_SUBGROUPS = 50

MAX_PARTS = 20
"""Most parts of a column of numbers."""


@dataclass(frozen=True)
class By:
    """A column, and into how many parts of equal size its numbers are cut.

    Attributes
    ----------
    column : str
    n_parts : int or None
        None: rows with one value are one subgroup.
    """

    column: str
    n_parts: int | None = None

    @classmethod
    def of(cls, text: str, columns: Collection[str]) -> "By":
        """What a text asks for: a column, or ``COLUMN:PARTS``.

        Raises
        ------
        InputError
            If there is no such column, or the number of parts is none.

        Examples
        --------
        >>> By.of("age:4", ["age"]), By.of("age:4", ["age:4"])
        (By(column='age', n_parts=4), By(column='age:4', n_parts=None))
        """
        if text in columns:
            return cls(text)
        column, colon, parts = text.rpartition(":")
        if not colon or column not in columns:
            known = listing(list(columns)) if columns else "no columns"
            raise InputError(f"by {text!r}: {column or text!r} is no column; there are {known}")
        if not parts.isdecimal() or not 2 <= int(parts) <= MAX_PARTS:
            raise InputError(
                f"by {text!r}: expected COLUMN:PARTS with 2 to {MAX_PARTS} parts, e.g. {column}:4"
            )
        return cls(column, int(parts))

    def __str__(self) -> str:
        return self.column if self.n_parts is None else f"{self.column}:{self.n_parts}"


@dataclass(frozen=True, eq=False)
class Subgroups:
    """Rows divided by a column.

    Attributes
    ----------
    names : tuple of str
        Values of the column, or ranges of its numbers; rows without a value come last.
    codes : array of shape (n_obs,)
        The subgroup of each row.
    cuts : tuple of float
        Numbers from which the next range begins; empty where values are not cut.
    """

    names: tuple[str, ...]
    codes: IntArray
    cuts: tuple[float, ...] = ()


def divide(by: By, values: NDArray[Any]) -> Subgroups:
    """Divide the rows by a column.

    A range begins at its cut point: ``[cut, next cut)``. Cut points are quantiles of the rows at
    hand; equal numbers stay together, so ranges differ in size where numbers repeat.

    Parameters
    ----------
    by : By
    values : array of shape (n_obs,)
        Where numbers are cut: floats, NaN is missing. Else texts, None is missing.

    Raises
    ------
    InputError
        If there are too many values, or all rows are in one subgroup.

    Examples
    --------
    >>> found = divide(By("age", 2), np.array([20.0, 30.0, 40.0, 50.0, np.nan]))
    >>> found.names, found.codes
    (('age < 35', 'age ≥ 35', '(missing)'), array([0, 0, 1, 1, 2]))
    >>> divide(By("region"), np.array(["south", "north", "south"], dtype=object)).names
    ('north', 'south')
    """
    found = _by_value(by, values) if by.n_parts is None else _by_range(by, values, by.n_parts)
    if len(found.names) < 2:
        raise InputError(
            f"by {str(by)!r}: every row has the value {found.names[0]!r}; subgroups need two or "
            "more"
            if by.n_parts is None
            else f"by {str(by)!r}: its numbers cannot be cut: most rows have the same one"
        )
    return found


def _by_value(by: By, values: NDArray[Any]) -> Subgroups:
    missing = np.array([v is None for v in values], dtype=bool)
    levels = sorted({str(v) for v in values[~missing]}, key=_order)
    if len(levels) > MAX_SUBGROUPS:
        numbers = all(_order(level)[0] == 0 for level in levels)
        remedy = f"cut its numbers, e.g. {by.column}:4" if numbers else "merge some of them"
        raise InputError(
            f"by {str(by)!r}: it has {len(levels):,} different values; at most {MAX_SUBGROUPS} "
            f"subgroups are judged: {remedy}"
        )
    place = {level: k for k, level in enumerate(levels)}
    codes = np.array([len(levels) if v is None else place[str(v)] for v in values], dtype=np.int64)
    return Subgroups(_named(levels, missing=bool(missing.any())), codes)


def _by_range(by: By, values: FloatArray, n_parts: int) -> Subgroups:
    missing = np.isnan(values)
    there = values[~missing]
    if not len(there):
        return Subgroups((MISSING,), np.zeros(len(values), dtype=np.int64))
    cuts = np.unique(np.quantile(there, np.arange(1, n_parts) / n_parts))
    cuts = cuts[cuts > there.min()]
    codes = np.where(missing, len(cuts) + 1, np.searchsorted(cuts, values, side="right"))
    names = _ranges(by.column, cuts)
    return Subgroups(_named(names, missing=bool(missing.any())), codes, tuple(cuts.tolist()))


def _named(names: Sequence[str], *, missing: bool) -> tuple[str, ...]:
    return (*names, MISSING) if missing else tuple(names)


def _ranges(column: str, cuts: FloatArray) -> list[str]:
    """Names of the ranges, with as many digits as tell the cuts apart."""
    if not len(cuts):
        return [column]
    digits = next(d for d in range(4, 18) if len({f"{c:.{d}g}" for c in cuts}) == len(cuts))
    texts = [f"{cut:.{digits}g}" for cut in cuts]
    middle = [f"{low} ≤ {column} < {high}" for low, high in pairwise(texts)]
    return [f"{column} < {texts[0]}", *middle, f"{column} ≥ {texts[-1]}"]


def _order(level: str) -> tuple[int, float, str]:
    """Numbers by their size, before texts."""
    try:
        return 0, float(level), level
    except ValueError:
        return 1, 0.0, level
