"""Calibration of class probabilities: whether 0.8 comes true 8 times out of 10.

Pure array mathematics on probabilities ``(n_obs, n_classes)`` and class codes
from anywhere.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.optimize import isotonic_regression
from scipy.special import log_softmax, xlogy

from trifit.types import FloatArray, IntArray

Score = Literal["brier", "log"]


@dataclass(frozen=True, eq=False)
class Curve:
    """A reliability curve in blocks of constant observed frequency.

    Attributes
    ----------
    low, high : shape (n_blocks,)
        Smallest and largest forecast of each block, ascending.
    frequency : shape (n_blocks,)
        How often the event came true in the block; non-decreasing.
    count : shape (n_blocks,)
        Number of forecasts in the block.
    """

    low: FloatArray
    high: FloatArray
    frequency: FloatArray
    count: IntArray


@dataclass(frozen=True, eq=False)
class Corp:
    """CORP decomposition ``score = mcb - dsc + unc`` and its reliability curve.

    Attributes
    ----------
    score : float
        Mean score of the forecasts; lower is better.
    mcb : float
        Miscalibration: what isotonic recalibration would gain; lower is better, >= 0.
    dsc : float
        Discrimination: what recalibrated forecasts gain over the base rate;
        higher is better, >= 0.
    unc : float
        Uncertainty: the score of always forecasting the base rate.
    curve : Curve
    """

    score: float
    mcb: float
    dsc: float
    unc: float
    curve: Curve


@dataclass(frozen=True, eq=False)
class Consistency:
    """What calibrated forecasts would show by chance at this sample size.

    Attributes
    ----------
    mcb_mean, mcb_limit : float
        Mean and 95 % quantile of the miscalibration term under calibration.
    grid, lower, upper : shape (n_grid,)
        Pointwise 95 % band of the curve under calibration.
    """

    mcb_mean: float
    mcb_limit: float
    grid: FloatArray
    lower: FloatArray
    upper: FloatArray


@dataclass(frozen=True, eq=False)
class SlopeIntercept:
    """Calibration slope and intercepts of the log-odds.

    Attributes
    ----------
    slope, se : float
        NaN where the rows do not determine a slope.
    intercepts : shape (n_classes,)
        Relative to the first class (0 there, and for classes without a row).
    """

    slope: float
    se: float
    intercepts: FloatArray


def top_label(probs: FloatArray, y: IntArray) -> tuple[FloatArray, FloatArray]:
    """Confidence of each row's most probable class, and whether it was right.

    Examples
    --------
    >>> top_label(np.array([[0.9, 0.1], [0.4, 0.6]]), np.array([0, 0]))
    (array([0.9, 0.6]), array([1., 0.]))
    """
    winner = np.argmax(probs, axis=1)
    return probs[np.arange(len(y)), winner], (winner == y).astype(np.float64)


def corp(forecast: FloatArray, outcome: FloatArray, *, score: Score = "brier") -> Corp:
    """CORP reliability curve and score decomposition for one event.

    The curve is the isotonic regression of outcome on forecast (pool adjacent
    violators), so there are no bins to choose; tied forecasts are pooled.

    Parameters
    ----------
    forecast : shape (n_obs,)
        Probabilities of the event in [0, 1].
    outcome : shape (n_obs,)
        1 where the event came true, else 0.
    score : {"brier", "log"}
        ``(p - y)**2``, or ``-log p(y)`` in nats (infinite where a forecast of
        0 or 1 was wrong).

    Raises
    ------
    ValueError
        On shape mismatch, forecasts outside [0, 1] or outcomes other than 0 and 1.

    References
    ----------
    Dimitriadis, Gneiting & Jordan (2021), PNAS 118(8), doi:10.1073/pnas.2016191118

    Examples
    --------
    >>> r = corp(np.array([0.1, 0.1, 0.8, 0.8]), np.array([0, 0, 1, 0]))
    >>> round(r.score, 4), round(r.mcb, 4), round(r.dsc, 4), round(r.unc, 4)
    (0.175, 0.05, 0.0625, 0.1875)
    """
    forecast, outcome = np.asarray(forecast, np.float64), np.asarray(outcome, np.float64)
    if forecast.shape != outcome.shape or forecast.ndim != 1 or not len(forecast):
        raise ValueError(
            f"forecast has shape {forecast.shape} and outcome {outcome.shape}; "
            "expected two of (n_obs,), not empty"
        )
    if not ((forecast >= 0) & (forecast <= 1)).all():
        row = int(np.flatnonzero(~((forecast >= 0) & (forecast <= 1)))[0])
        raise ValueError(f"forecast[{row}] is {forecast[row]:g}; expected a probability in [0, 1]")
    if not np.isin(outcome, (0.0, 1.0)).all():
        row = int(np.flatnonzero(~np.isin(outcome, (0.0, 1.0)))[0])
        raise ValueError(f"outcome[{row}] is {outcome[row]:g}; expected 0 or 1")
    recalibrated = _isotonic(forecast, outcome)
    base_rate = np.full_like(outcome, outcome.mean())
    s, s_recalibrated, s_base = (
        _mean_score(p, outcome, score) for p in (forecast, recalibrated, base_rate)
    )
    return Corp(
        score=s,
        mcb=s - s_recalibrated,
        dsc=s_base - s_recalibrated,
        unc=s_base,
        curve=_blocks(forecast, recalibrated),
    )


def consistency(
    forecast: FloatArray, rng: np.random.Generator, *, n_resamples: int = 200, n_grid: int = 51
) -> Consistency:
    """Band and miscalibration that calibrated forecasts would show by chance.

    Outcomes are drawn with the forecasts as their true probabilities, and each
    draw goes through :func:`corp` (Brier score).

    Parameters
    ----------
    forecast : shape (n_obs,)
    rng : numpy Generator
    n_resamples : int
    n_grid : int
        Points of the band, between the smallest and the largest forecast.

    References
    ----------
    Bröcker & Smith (2007), Weather Forecast. 22(3), doi:10.1175/WAF993.1
    """
    order = np.argsort(forecast)
    grid = np.linspace(forecast[order[0]], forecast[order[-1]], n_grid)
    curves = np.empty((n_resamples, n_grid))
    mcb = np.empty(n_resamples)
    for i in range(n_resamples):
        outcome = (rng.random(len(forecast)) < forecast).astype(np.float64)
        recalibrated = _isotonic(forecast, outcome)
        mcb[i] = np.mean((forecast - outcome) ** 2) - np.mean((recalibrated - outcome) ** 2)
        curves[i] = np.interp(grid, forecast[order], recalibrated[order])
    lower, upper = np.quantile(curves, (0.025, 0.975), axis=0)
    return Consistency(float(mcb.mean()), float(np.quantile(mcb, 0.95)), grid, lower, upper)


def class_bias(probs: FloatArray, y: IntArray) -> tuple[FloatArray, FloatArray]:
    """Mean probability minus frequency of every class, and its standard error.

    Calibration in the large: 0 is calibrated, above 0 the class is forecast
    too often. Shapes (n_classes,) each.

    Examples
    --------
    >>> class_bias(np.array([[0.9, 0.1], [0.7, 0.3]]), np.array([0, 1]))[0].round(3)
    array([ 0.3, -0.3])
    """
    excess = np.asarray(probs) - np.eye(np.shape(probs)[1])[y]
    return excess.mean(axis=0), excess.std(axis=0, ddof=1) / np.sqrt(len(y))


def slope_intercept(
    probs: FloatArray, y: IntArray, *, log_probs: FloatArray | None = None
) -> SlopeIntercept:
    """Calibration slope and intercepts: a recalibration of the log-odds.

    Fits ``softmax(b log p_k + c_k)`` to the labels by maximum likelihood. Slope
    1 and intercepts 0 are calibrated; ``b < 1`` means over-confident log-odds
    (too large by ``1/b``), ``b > 1`` under-confident. For two classes this is
    Cox's logistic recalibration. Standard error from the observed information.

    Parameters
    ----------
    probs : shape (n_obs, n_classes)
        Probabilities; zeros count as the smallest positive float.
    y : shape (n_obs,)
        Class codes. Classes without a row get no intercept.
    log_probs : shape (n_obs, n_classes), optional
        Their logarithms, for probabilities too small for floating point.

    Returns
    -------
    SlopeIntercept
        ``slope`` is NaN where the likelihood has no maximum (the probabilities
        rank every label first, or do not vary).

    References
    ----------
    Cox (1958), Biometrika 45(3-4), doi:10.1093/biomet/45.3-4.562;
    Van Hoorde et al. (2015), J. Biomed. Inform. 54, doi:10.1016/j.jbi.2014.12.016

    Examples
    --------
    >>> p = np.array([[0.9, 0.1]] * 4 + [[0.1, 0.9]] * 4)
    >>> round(slope_intercept(p, np.array([0, 0, 0, 1, 1, 1, 1, 0])).slope, 3)
    0.5
    """
    probs = np.asarray(probs, np.float64)
    n_obs, n_classes = probs.shape
    if log_probs is None:
        log_probs = np.log(np.maximum(probs, np.finfo(np.float64).tiny))
    present = np.flatnonzero(np.bincount(y, minlength=n_classes) > 0)
    undefined = SlopeIntercept(float("nan"), float("nan"), np.zeros(n_classes))
    if len(present) < 2:
        return undefined
    free = present[1:]
    # Row i's design of class k: (log p_ik, [k = free_1], [k = free_2], ...).
    design = np.zeros((n_obs, n_classes, 1 + len(free)))
    design[:, :, 0] = log_probs
    design[:, free, 1 + np.arange(len(free))] = 1.0
    theta = np.zeros(1 + len(free))
    theta[0] = 1.0
    rows = np.arange(n_obs)

    def log_likelihood(theta: FloatArray) -> tuple[float, FloatArray]:
        log_q = log_softmax(design @ theta, axis=1)
        return float(log_q[rows, y].sum()), log_q

    value, log_q = log_likelihood(theta)
    for _ in range(100):
        q = np.exp(log_q)
        centre = np.einsum("nk,nkj->nj", q, design)
        gradient = (design[rows, y] - centre).sum(axis=0)
        information = (
            np.einsum("nk,nki,nkj->ij", q, design, design, optimize=True) - centre.T @ centre
        )
        scale = np.sqrt(np.maximum(np.diag(information), 1e-300))
        if not np.linalg.cond(information / np.outer(scale, scale)) < 1e12:
            return undefined
        step = np.linalg.solve(information, gradient)
        # On separated rows the gradient vanishes too, but the Newton step does not.
        if abs(step).max() < 1e-8 * (1 + abs(theta).max()):
            se = float(np.sqrt(np.linalg.inv(information)[0, 0]))
            intercepts = np.zeros(n_classes)
            intercepts[free] = theta[1:]
            return SlopeIntercept(float(theta[0]), se, intercepts)
        length = 1.0
        while True:
            proposal, log_q_new = log_likelihood(theta + length * step)
            if proposal >= value or length < 1e-10:
                break
            length /= 2
        theta = theta + length * step
        value, log_q = proposal, log_q_new
        if abs(theta[0]) > 1e3:
            return undefined
    return undefined


def _isotonic(forecast: FloatArray, outcome: FloatArray) -> FloatArray:
    """Isotonic regression of outcome on forecast, at the forecasts; ties are pooled."""
    _, tied, count = np.unique(forecast, return_inverse=True, return_counts=True)
    mean = np.bincount(tied, weights=outcome) / count
    return np.asarray(isotonic_regression(mean, weights=count).x[tied])


def _mean_score(p: FloatArray, outcome: FloatArray, score: Score) -> float:
    if score == "brier":
        return float(np.mean((p - outcome) ** 2))
    if score == "log":
        with np.errstate(divide="ignore"):
            return float(-np.mean(xlogy(outcome, p) + xlogy(1 - outcome, 1 - p)))
    raise ValueError(f"score={score!r}: expected 'brier' or 'log'")


def _blocks(forecast: FloatArray, recalibrated: FloatArray) -> Curve:
    order = np.argsort(forecast, kind="stable")
    x, q = forecast[order], recalibrated[order]
    starts = np.flatnonzero(np.r_[True, np.diff(q) > 1e-12])
    ends = np.r_[starts[1:], len(q)]
    return Curve(
        low=x[starts], high=x[ends - 1], frequency=q[starts], count=(ends - starts).astype(np.int64)
    )
