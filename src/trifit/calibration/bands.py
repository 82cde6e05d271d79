"""Bands of the reliability curve: under calibration, and for the curve itself."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import isotonic_regression
from scipy.sparse import csr_array
from scipy.special import betaincinv

from trifit.calibration.corp import checked_event
from trifit.curves import Band
from trifit.inputs import measure
from trifit.types import FloatArray, IntArray

MAX_GROUPS = 1000
"""Distinct forecasts resampled as they are; more are pooled into groups of equal mass."""

MIN_WIDTH = 0.1
"""Least half-width of the pointwise band, in mean widths, before it is made simultaneous."""

MAX_SIGNS = 5_000_000
"""Most random signs held at a time (40 MB)."""

BAND_GROUPS = 200
"""Groups of forecasts whose intervals make the confidence band."""


@dataclass(frozen=True, eq=False)
class Groups:
    """Forecasts of one event pooled into groups of neighbours.

    Attributes
    ----------
    index : array of shape (n_obs,)
        Group of each row; groups ascend with the forecast.
    forecast : array of shape (n_groups,)
        Mean forecast of the group.
    count : array of shape (n_groups,)
    """

    index: IntArray
    forecast: FloatArray
    count: IntArray


@dataclass(frozen=True, eq=False)
class Consistency:
    """What calibrated forecasts would show by chance at this sample size.

    Attributes
    ----------
    mcb_mean, mcb_limit : float
        Mean and ``level`` quantile of the miscalibration term (Brier) under
        calibration.
    grid, lower, upper : array of shape (n_grid,)
        Pointwise band of the curve under calibration.
    lower_all, upper_all : array of shape (n_grid,)
        Simultaneous band: a calibrated curve leaves it anywhere at all with
        probability ``1 - level``.
    level : float
    n_resamples, n_groups : int
    """

    mcb_mean: float
    mcb_limit: float
    grid: FloatArray
    lower: FloatArray
    upper: FloatArray
    lower_all: FloatArray
    upper_all: FloatArray
    level: float
    n_resamples: int
    n_groups: int


def pooled(forecast: FloatArray, max_groups: int = MAX_GROUPS) -> Groups:
    """Groups of tied forecasts, or at most ``max_groups`` of about equal mass.

    Ties stay together, so the order of the rows does not matter.
    """
    value, tied, count = np.unique(forecast, return_inverse=True, return_counts=True)
    if len(value) > max_groups:
        rank = (count.cumsum() - count / 2) / len(forecast)
        group = np.unique((rank * max_groups).astype(np.int64), return_inverse=True)[1]
        tied = group[tied]
        value = np.bincount(group, weights=value * count) / np.bincount(group, weights=count)
        count = np.bincount(tied)
    return Groups(tied, value, count)


def curves(events: FloatArray | IntArray, count: IntArray) -> FloatArray:
    """Isotonic curves (n_resamples, n_groups) of numbers of events per group."""
    return np.array([isotonic_regression(row, weights=count).x for row in events / count])


def miscalibration(events: FloatArray | IntArray, groups: Groups) -> tuple[FloatArray, FloatArray]:
    """Brier miscalibration per resample, and the curves it comes from.

    ``sum_g n_g ((f_g - y_g)**2 - (c_g - y_g)**2) / n`` with the group's forecast
    f, frequency y and isotonic curve c.
    """
    curve = curves(events, groups.count)
    frequency = events / groups.count
    gain = (groups.forecast - frequency) ** 2 - (curve - frequency) ** 2
    return gain @ groups.count / groups.count.sum(), curve


def consistency(
    forecast: Any,
    *,
    outcome: Any = None,
    groups: IntArray | None = None,
    level: float = 0.95,
    n_resamples: int = 1000,
    n_grid: int = 51,
    seed: int | np.random.Generator = 0,
) -> Consistency:
    """Bands and miscalibration that calibrated forecasts would show by chance.

    Outcomes are drawn with the forecasts as their true probabilities, and each
    draw goes through :func:`trifit.calibration.corp`. More than 1,000 distinct
    forecasts are pooled into 1,000 groups of equal mass and resampled with the
    mean forecast of their group.

    Parameters
    ----------
    forecast : array of shape (n_obs,)
        Probabilities of one event.
    outcome, groups : array of shape (n_obs,), optional
        Rows that belong together, and their outcomes. How outcomes of one group hang
        together is not known, so they cannot be drawn: the forecasts plus the groups'
        errors with random signs stand for them (wild bootstrap).
    level : float
        Of the pointwise band, of the simultaneous band (the pointwise one
        widened by one factor on both sides) and of the quantile ``mcb_limit``.
    n_resamples : int
    n_grid : int
        Points of the band, between the smallest and the largest forecast.
    seed : int or numpy Generator

    Raises
    ------
    ValueError
        On forecasts outside [0, 1].

    References
    ----------
    Bröcker & Smith (2007), Weather Forecast. 22(3), doi:10.1175/WAF993.1;
    Dimitriadis, Gneiting & Jordan (2021), PNAS 118(8), doi:10.1073/pnas.2016191118;
    Myllymäki et al. (2017), J. R. Stat. Soc. B 79(2), doi:10.1111/rssb.12172

    Examples
    --------
    >>> band = consistency(np.linspace(0.05, 0.95, 500))
    >>> bool((band.lower_all <= band.lower).all() and (band.upper_all >= band.upper).all())
    True
    """
    forecast, outcome = checked_event(forecast, forecast if outcome is None else outcome)
    pools = pooled(forecast)
    rng = np.random.default_rng(seed)
    events: FloatArray | IntArray
    if groups is None:
        events = rng.binomial(pools.count, pools.forecast, size=(n_resamples, len(pools.count)))
    else:
        events = _with_random_signs(forecast, outcome, groups, pools, n_resamples, rng)
    mcb, curve = miscalibration(events, pools)
    grid = np.linspace(pools.forecast[0], pools.forecast[-1], n_grid)
    on_grid = np.array([np.interp(grid, pools.forecast, row) for row in curve])
    tail = (1 - level) / 2
    lower, upper = np.quantile(on_grid, (tail, 1 - tail), axis=0)
    centre = on_grid.mean(axis=0)
    # Both half-widths grow by one factor until a share `level` of the curves stays inside.
    floor = max(MIN_WIDTH * float((upper - lower).mean()), 1e-9)  # forecasts of 0 or 1: no width
    below, above = np.maximum(centre - lower, floor), np.maximum(upper - centre, floor)
    departure = np.maximum((centre - on_grid) / below, (on_grid - centre) / above).max(axis=1)
    factor = np.quantile(departure, level)
    return Consistency(
        mcb_mean=float(mcb.mean()),
        mcb_limit=float(np.quantile(mcb, level)),
        grid=grid,
        lower=lower,
        upper=upper,
        lower_all=np.clip(centre - factor * below, 0.0, lower),
        upper_all=np.clip(centre + factor * above, upper, 1.0),
        level=level,
        n_resamples=n_resamples,
        n_groups=len(pools.count),
    )


def _with_random_signs(
    forecast: FloatArray,
    outcome: FloatArray,
    groups: IntArray,
    pools: Groups,
    n_resamples: int,
    rng: np.random.Generator,
) -> FloatArray:
    """Numbers of events per pool, (n_resamples, n_pools): forecasts and errors of either sign."""
    present, place = np.unique(groups, return_inverse=True)
    errors = csr_array(
        (outcome - forecast, (place, pools.index)), shape=(len(present), len(pools.count))
    )
    expected, events = pools.count * pools.forecast, []
    step = max(1, MAX_SIGNS // len(present))
    for start in range(0, n_resamples, step):
        signs = rng.choice([-1.0, 1.0], size=(min(step, n_resamples - start), len(present)))
        events.append(expected + signs @ errors)
    return np.concatenate(events)


@measure
def confidence_band(forecast: Any, outcome: Any, *, level: float = 0.95) -> Band:
    """Simultaneous confidence band of the reliability curve of one event.

    Assumes only that the true curve does not decrease: then the frequency in a
    run of neighbouring forecasts is at most the curve at its right end, so a
    Clopper-Pearson lower bound of every run is a lower bound of the curve from
    there on; upper bounds likewise. The runs are all runs of at most 200 groups
    of neighbours, Bonferroni over the runs; coverage holds at every sample
    size and is usually above ``level``. Where the diagonal leaves the band, the
    forecasts are miscalibrated; how far the band reaches is how far they could be.

    Parameters
    ----------
    forecast : array of shape (n_obs,)
    outcome : array of shape (n_obs,)
        0 or 1.
    level : float

    Raises
    ------
    ValueError
        On shape mismatch, forecasts outside [0, 1] or outcomes other than 0 and 1.

    References
    ----------
    Dimitriadis, Dümbgen, Henzi, Puke & Ziegel (2023), Biometrika 110(3),
    doi:10.1093/biomet/asac068

    Examples
    --------
    >>> band = confidence_band([0.2] * 50 + [0.8] * 50, [0] * 40 + [1] * 50 + [0] * 10)
    >>> band.grid, np.round(band.lower, 2), np.round(band.upper, 2)
    ([0.0, 0.2, 0.8, 1.0], array([0.  , 0.08, 0.63, 0.63]), array([0.37, 0.37, 0.92, 1.  ]))
    """
    forecast, outcome = checked_event(forecast, outcome)
    soft = (outcome > 0) & (outcome < 1)
    if soft.any():
        row = int(np.flatnonzero(soft)[0])
        raise ValueError(
            f"outcome[{row}] is {outcome[row]:g}; a confidence band needs observed outcomes, 0 or 1"
        )
    groups = pooled(forecast, BAND_GROUPS)
    n = len(groups.count)
    alpha = (1 - level) / (n * (n + 1))  # two sides, n (n + 1) / 2 runs
    total = np.r_[0, groups.count.cumsum()]
    hits = np.r_[0, np.bincount(groups.index, weights=outcome).cumsum()]
    first, last = np.triu_indices(n)
    rows, events = total[last + 1] - total[first], hits[last + 1] - hits[first]
    lower, upper = _clopper_pearson(events, rows, alpha)
    by_run = np.zeros((n, n))
    by_run[first, last] = lower
    lower_at = np.maximum.accumulate(by_run.max(axis=0))
    by_run = np.ones((n, n))
    by_run[first, last] = upper
    upper_at = np.minimum.accumulate(by_run.min(axis=1)[::-1])[::-1]
    low = np.full(n, math.inf)
    high = np.full(n, -math.inf)
    np.minimum.at(low, groups.index, forecast)
    np.maximum.at(high, groups.index, forecast)
    grid = np.unique(np.r_[0.0, low, high, 1.0])
    before = np.searchsorted(high, grid, side="right")  # groups that end at or below the point
    after = np.searchsorted(low, grid, side="left")  # groups that start below the point
    return Band(
        grid=grid.tolist(),
        lower=np.r_[0.0, lower_at][before].tolist(),
        upper=np.r_[upper_at, 1.0][after].tolist(),
    )


def _clopper_pearson(
    events: FloatArray, rows: FloatArray, alpha: float
) -> tuple[FloatArray, FloatArray]:
    """One-sided lower and upper bounds of a frequency, each wrong with probability alpha."""
    other = rows - events
    lower = np.where(events > 0, betaincinv(np.maximum(events, 1), other + 1, alpha), 0.0)
    upper = np.where(other > 0, betaincinv(events + 1, np.maximum(other, 1), 1 - alpha), 1.0)
    return lower, upper
