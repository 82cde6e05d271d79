"""What held-out rows say about the calibration of one contestant, as a verdict needs it."""

import math

import numpy as np

from trifit.calibration import class_bias, slope_intercept
from trifit.calibration.tests import kernel
from trifit.clusters import n_groups, of_rows
from trifit.forecasts import Forecasts, n_ruled_out
from trifit.information import entropy
from trifit.inputs import label_probs
from trifit.recalibration import METHODS, deal, recalibration_gain
from trifit.results import Calibration, ClassBias, Estimate
from trifit.rounding import finite
from trifit.spacing import evenly_spaced
from trifit.types import FloatArray, IntArray

MAX_MATRIX_VALUES = 500_000
"""Most entries (rows x classes squared) for which the Dirichlet map is tried."""

MAX_MAPPED_CLASSES = 100
"""Most classes for which maps with parameters of each class are tried."""

MAX_MAP_VALUES, MAX_SLOPE_VALUES = 1_000_000, 4_000_000
"""Most probabilities (rows x classes) behind a map, and behind slope, temperature and test;
else some rows, evenly spaced, stand for all: their error is then far below what a verdict
needs."""


def calibration(
    forecasts: Forecasts, name: str, rng: np.random.Generator, *, in_part: bool = False
) -> Calibration:
    """Slope, recalibration gains, canonical test and class biases of one contestant.

    With soft labels there is no canonical test: it needs to know how observed labels
    scatter.

    Parameters
    ----------
    forecasts : Forecasts
    name : str
    rng : numpy Generator
        Deals folds and draws the test's resamples.
    in_part : bool
        Only slope, temperature and class biases.
    """
    log_probs, y, names = forecasts.log_probs[name], forecasts.labels, forecasts.class_names
    probs = np.exp(log_probs)
    n_obs, n_classes = probs.shape
    groups = forecasts.groups
    tested = _rows(n_obs, n_classes, MAX_SLOPE_VALUES)
    slope = slope_intercept(
        np.minimum(probs[tested], 1.0),  # rounding errors
        y[tested],
        log_probs=log_probs[tested],
        groups=of_rows(groups, tested),
    )
    mapped = _rows(n_obs, n_classes, MAX_MAP_VALUES)
    fold, gains = recalibration_folds(forecasts, rng), {}
    none = n_ruled_out(log_probs, y)
    for method in [] if none else ["temperature"] if in_part else _maps(n_obs, n_classes):
        rows = tested if method == "temperature" else mapped
        gains[method] = recalibration_gain(
            log_probs[rows],
            y[rows],
            method=method,
            folds=fold[rows],
            groups=of_rows(groups, rows),
        )
    bias = class_bias(probs, y, groups=groups)
    return Calibration(
        n_obs=n_obs,
        n_events=_events(forecasts, bias.frequency),
        n_groups=forecasts.n_groups,
        df=slope.df,
        entropy=float(entropy(bias.frequency[None])[0]),
        slope=Estimate.normal(slope.slope, slope.se, slope.df)
        if math.isfinite(slope.slope) and math.isfinite(slope.se)
        else None,
        intercepts=slope.intercepts.tolist(),
        gains=gains,
        p_value=None
        if y.ndim == 2 or in_part
        else kernel(
            probs[tested], y[tested], groups=of_rows(groups, tested), seed=rng, detect=False
        ).p_value,
        classes=[
            ClassBias(
                name=names[k],
                mean_prob=float(bias.mean_prob[k]),
                frequency=float(bias.frequency[k]),
                p_value=float(bias.p_value[k]),
                odds_low=finite(float(bias.odds_low[k])),
                odds_high=finite(float(bias.odds_high[k])),
            )
            for k in range(n_classes)
        ],
    )


def recalibration_folds(forecasts: Forecasts, rng: np.random.Generator) -> IntArray:
    """The fold of every row for the maps of one contestant, by a generator's first child.

    So they are the same wherever that contestant's generator is new, however much is drawn.
    """
    return deal(forecasts.labels, groups=forecasts.groups, seed=rng.spawn(1)[0])


def _events(forecasts: Forecasts, frequency: FloatArray) -> int:
    """Rows outside the most frequent class; of rows that belong together, groups with one."""
    if forecasts.groups is None:
        return round(len(forecasts.labels) * (1 - float(frequency.max())))
    truth = label_probs(forecasts.labels, len(frequency))
    return n_groups(forecasts.groups[truth.argmax(axis=1) != frequency.argmax()])


def _maps(n_obs: int, n_classes: int) -> list[str]:
    """The recalibration maps that are tried."""
    if n_classes > MAX_MAPPED_CLASSES:
        return ["temperature"]
    matrix = n_obs * n_classes**2 <= MAX_MATRIX_VALUES
    return [name for name in METHODS if name != "dirichlet" or matrix]


def _rows(n_obs: int, n_classes: int, most: int) -> IntArray | slice:
    """All rows, or evenly spaced ones with at most so many probabilities."""
    n = max(1_000, most // n_classes)
    if n >= n_obs:
        return slice(None)
    return evenly_spaced(n_obs, n)
