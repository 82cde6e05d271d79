"""Replications of an experiment: run them, average them, say what is clear."""

from collections.abc import Callable, Iterable, Mapping
from itertools import product
from typing import Any

import msgspec
import numpy as np

from trifit.gallery.question import Numbers
from trifit.report.parts import Cell
from trifit.scores import Estimate, t_mean
from trifit.text import with_se
from trifit.types import FloatArray


def replicate(
    once: Callable[..., Mapping[str, Any]], *conditions: Iterable[Any], repeats: int
) -> Numbers:
    """Results of ``once(*condition, r)`` for all combinations of conditions, ``r < repeats``.

    Parameters
    ----------
    once : callable
        Numbers or arrays by name.
    *conditions : iterable
        Values of each of its arguments but the last.
    repeats : int

    Returns
    -------
    dict of array of shape (n_conditions, ..., *shape of the result, repeats)

    Examples
    --------
    >>> replicate(lambda n, r: {"x": 10 * n + r}, [1, 2], repeats=3)
    {'x': array([[10., 11., 12.], [20., 21., 22.]])}
    """
    lists = [list(values) for values in conditions]
    results = [[once(*point, r) for r in range(repeats)] for point in product(*lists)]
    found = {}
    for name in results[0][0]:
        values = np.array([np.stack([one[name] for one in row], axis=-1) for row in results], float)
        found[name] = values.reshape(*map(len, lists), *values.shape[1:])
    return found


def means(values: FloatArray) -> list[Estimate]:
    """A mean over replications for each row of (n_rows, n_repeats)."""
    return [t_mean(row) for row in values]


def as_text(found: Estimate) -> str:
    """A mean with its standard error; infinite if a fit gives a label probability 0."""
    return "infinite" if np.isinf(found.value) else with_se(found.value, found.se)


def size_as_text(found: Estimate) -> str:
    """Its absolute value with the standard error."""
    return as_text(msgspec.structs.replace(found, value=abs(found.value)))


def cell(values: FloatArray) -> Cell:
    """A table's entry: mean over replications (n_repeats,) with its standard error."""
    found = t_mean(values)
    return Cell(as_text(found), found.value)


def clear_sign(found: Estimate) -> int:
    """Sign of a mean whose 95 % interval excludes 0, else 0.

    Examples
    --------
    >>> clear_sign(t_mean(np.array([1.0, 1.1, 0.9])))
    1
    >>> clear_sign(t_mean(np.array([1.0, -1.0, 0.1])))
    0
    """
    return int(np.sign(found.value)) if found.clear or np.isinf(found.value) else 0


def by_sign(found: Estimate, *, above: str, below: str, neither: str) -> str:
    """One of three wordings, depending on the 95 % interval of a mean.

    Parameters
    ----------
    found : Estimate
    above, below, neither : str
        Wording if the interval is above zero, below it, or contains it.
    """
    return {1: above, -1: below, 0: neither}[clear_sign(found)]
