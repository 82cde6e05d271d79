"""Means over replications, and sentences that depend on them."""

from typing import Any

import numpy as np

from trifit.report.parts import Cell
from trifit.scores import Estimate, mean_with_se, t_half_width
from trifit.text import with_se
from trifit.types import FloatArray


def over(values: Any) -> Estimate:
    """Mean over replications (n_repeats,), with its standard error."""
    return mean_with_se(np.asarray(values, dtype=np.float64))


def clear(found: Estimate) -> int:
    """Sign of a mean whose 95 % interval excludes 0, else 0.

    Examples
    --------
    >>> clear(over([1.0, 1.1, 0.9])), clear(over([1.0, -1.0, 0.1]))
    (1, 0)
    """
    if np.isinf(found.value):
        return int(np.sign(found.value))
    return int(np.sign(found.value)) if abs(found.value) > t_half_width(found) else 0


def said(found: Estimate) -> str:
    """A mean with its standard error; infinite if a fit gives a label probability 0."""
    return "infinite" if np.isinf(found.value) else with_se(found.value, found.se)


def verdict(found: Estimate, *, above: str, below: str, neither: str) -> str:
    """One of three wordings, depending on the 95 % interval of a mean.

    Parameters
    ----------
    found : Estimate
    above, below, neither : str
        Wording if the interval is above zero, below it, or contains it.
    """
    return {1: above, -1: below, 0: neither}[clear(found)]


def means(values: FloatArray) -> list[Estimate]:
    """A mean over replications for each row of (n_rows, n_repeats)."""
    return [over(row) for row in values]


def cell(values: FloatArray) -> Cell:
    """A table's entry: mean over replications (n_repeats,) with its standard error."""
    found = over(values)
    return Cell(said(found), found.value)
