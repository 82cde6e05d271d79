"""A mean over tables and its interval."""

from collections.abc import Mapping

import numpy as np
from scipy.stats import bootstrap

from trifit.results.atlas import OverTables

RESAMPLES = 4_000


def over_tables(values: Mapping[str, float]) -> OverTables:
    """The mean of one number per table, with a 95 % percentile interval over tables.

    Tables are drawn, not rows or cells: the question is what another collection of tables
    would have given.

    Parameters
    ----------
    values : mapping of table to number

    Examples
    --------
    >>> over_tables({"a": 0.0, "b": 1.0})
    OverTables(value=0.5, low=0.0, high=1.0, n=2)
    """
    x = np.array([values[name] for name in sorted(values)])
    if len(x) < 2:
        return OverTables(value=float(x[0]) if len(x) else None, low=None, high=None, n=len(x))
    found = bootstrap(
        (x,), np.mean, n_resamples=RESAMPLES, method="percentile", rng=np.random.default_rng(0)
    ).confidence_interval
    return OverTables(value=float(x.mean()), low=float(found.low), high=float(found.high), n=len(x))
