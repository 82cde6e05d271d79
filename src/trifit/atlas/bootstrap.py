"""Numbers of tables together: mean, median, share or ratio, with an interval over tables.

Tables are drawn, not rows or cells: the question is what another collection of tables would
have given.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from scipy.stats import bootstrap

from trifit.results.atlas import OverTables
from trifit.scores import wilson
from trifit.types import FloatArray

RESAMPLES = 4_000


def over_tables(values: Mapping[str, float], statistic: Callable[..., Any] = np.mean) -> OverTables:
    """A statistic of one number per table, with a 95 % percentile interval.

    Parameters
    ----------
    values : mapping of table to number
    statistic : callable, optional
        Of an array along ``axis``: ``np.mean`` or ``np.median``.

    Examples
    --------
    >>> over_tables({"a": 0.0, "b": 1.0})
    OverTables(value=0.5, low=0.0, high=1.0, n=2)
    """
    return _bootstrapped(statistic, _ordered(values))


def share_over_tables(values: Mapping[str, float]) -> OverTables:
    """A mean of shares; where all tables have 0, or all have 1, with Wilson's interval.

    The bootstrap has an interval without width there.

    Parameters
    ----------
    values : mapping of table to share
        0 to 1.

    Examples
    --------
    >>> round(share_over_tables({str(i): 0.0 for i in range(31)}).high, 3)
    0.11
    """
    found = over_tables(values)
    if found.value is None or 0 < found.value < 1:
        return found
    low, high = wilson(found.value, found.n)
    return OverTables(value=found.value, low=low, high=high, n=found.n)


def ratio_over_tables(parts: Mapping[str, float], wholes: Mapping[str, float]) -> OverTables:
    """The sum of the parts over the sum of the wholes, with a 95 % percentile interval.

    Parameters
    ----------
    parts, wholes : mapping of table to number
        Of the same tables.

    Examples
    --------
    >>> ratio_over_tables({"a": 1.0, "b": 0.0}, {"a": 1.0, "b": 3.0}).value
    0.25
    """
    return _bootstrapped(
        lambda x, y, axis: x.sum(axis) / y.sum(axis), _ordered(parts), _ordered(wholes)
    )


def _ordered(values: Mapping[str, float]) -> FloatArray:
    return np.array([values[name] for name in sorted(values)], dtype=float)


def _bootstrapped(statistic: Callable[..., Any], *samples: FloatArray) -> OverTables:
    n = len(samples[0])
    value = float(statistic(*samples, axis=0)) if n else None
    if n < 2:
        return OverTables(value=value, low=None, high=None, n=n)
    found = bootstrap(
        samples,
        statistic,
        paired=True,
        n_resamples=RESAMPLES,
        method="percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval
    return OverTables(value=value, low=float(found.low), high=float(found.high), n=n)
