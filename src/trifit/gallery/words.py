"""Means over replications, and sentences that follow them."""

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
    """Sign of a mean whose 95 % interval leaves 0 out; 0 where it does not.

    Examples
    --------
    >>> clear(over([1.0, 1.1, 0.9])), clear(over([1.0, -1.0, 0.1]))
    (1, 0)
    """
    if np.isinf(found.value):
        return int(np.sign(found.value))
    return int(np.sign(found.value)) if abs(found.value) > t_half_width(found) else 0


def said(found: Estimate) -> str:
    """A mean with its standard error; a fit that rules out what happens loses infinitely much."""
    return "infinite" if np.isinf(found.value) else with_se(found.value, found.se)


def verdict(found: Estimate, *, above: str, below: str, neither: str) -> str:
    """One of three wordings, by what the 95 % interval of a mean leaves out.

    Parameters
    ----------
    found : Estimate
    above, below, neither : str
        Said where the interval is above zero, below it, or holds it.
    """
    return {1: above, -1: below, 0: neither}[clear(found)]


def means(values: FloatArray) -> list[Estimate]:
    """A mean over replications for each row of (n_rows, n_repeats)."""
    return [over(row) for row in values]


def cell(values: FloatArray) -> Cell:
    """A table's entry: mean over replications (n_repeats,) with its standard error."""
    found = over(values)
    return Cell(said(found), found.value)
