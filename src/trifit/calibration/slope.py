"""Calibration slope and intercepts: how far the log-odds are off, as a factor and a shift."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from trifit.calibration.notions import checked_prediction
from trifit.clusters import degrees_of_freedom, error_of_sum, group_sums, n_groups
from trifit.forecasts import LOG_ZERO, log_softmax
from trifit.inputs import Labels, checked_labels, label_probs, measure
from trifit.scores import Estimate, mean_with_se
from trifit.spacing import row_blocks
from trifit.threads import side_by_side
from trifit.types import BoolArray, FloatArray, IntArray

MAX_CONDITION = 1e10
"""Above this the rows determine no slope that arithmetic could find."""

MAX_LOG_ODDS = 1e3
"""Recalibrated log-odds of a usual row that no finite number of rows would ask for."""

ROWS_FOR_INTERCEPTS = 4
"""Rows, as a multiple of the squared number of intercepts, from which on these are fitted."""


@dataclass(frozen=True, eq=False)
class SlopeIntercept:
    """Calibration slope and intercepts of the log-odds.

    Attributes
    ----------
    slope, se : float
        NaN where the rows do not determine a slope.
    intercepts, intercepts_se : array of shape (n_classes,)
        Relative to the first class that has a row (0 there, and for classes
        without a row; 0 for all where they are held there).
    df : float or None
        With groups: degrees of freedom of Student's t for the slope.
    """

    slope: float
    se: float
    intercepts: FloatArray
    intercepts_se: FloatArray
    df: float | None = None


@measure
def slope_intercept(
    probs: Any,
    y: Any,
    *,
    log_probs: FloatArray | None = None,
    groups: IntArray | None = None,
) -> SlopeIntercept:
    """Calibration slope and intercepts: a recalibration of the log-odds.

    Fits ``softmax(b log p_k + c_k)`` to the labels by maximum likelihood. Slope
    1 and intercepts 0 are calibrated; ``b < 1`` means over-confident log-odds
    (too large by ``1/b``), ``b > 1`` under-confident. For two classes this is
    Cox's logistic recalibration. Standard errors from the information; with
    soft labels they are those of labels drawn from them, so too large.

    With many classes for few rows, ``n_obs < 4 (n_classes - 1)**2``, intercepts are held at
    0: fitted ones follow the noise, and the slope of calibrated forecasts is then too large, by
    about ``0.5 (n_classes - 1) / sqrt(n_obs)`` standard errors where forecasts are sharp.

    Parameters
    ----------
    probs : array of shape (n_obs, n_classes)
        Probabilities; zeros count as the smallest positive float.
    y : array of shape (n_obs,) or (n_obs, n_classes)
        Class codes or soft labels. Classes without a row are left out: slope
        and intercepts are about the odds between those that occur.
    log_probs : array of shape (n_obs, n_classes), optional
        Their logarithms, for probabilities too small for floating point.
    groups : array of shape (n_obs,), optional
        Rows that belong together: standard errors are then the sandwich's, from the
        groups' sums of the score, corrected as :func:`trifit.clusters.standard_error` is by
        the groups' shares in the information on the slope.

    Returns
    -------
    SlopeIntercept
        ``slope`` is NaN where the likelihood has no maximum (the probabilities
        rank every label first, do not vary, or rule a label out).

    Raises
    ------
    ValueError
        On bad probabilities or labels.

    References
    ----------
    Cox (1958), Biometrika 45(3-4), doi:10.1093/biomet/45.3-4.562;
    Van Hoorde et al. (2015), J. Biomed. Inform. 54, doi:10.1016/j.jbi.2014.12.016;
    Liang & Zeger (1986), Biometrika 73(1), doi:10.1093/biomet/73.1.13 (groups);
    Imbens & Kolesar (2016), Rev. Econ. Stat. 98(4), doi:10.1162/REST_a_00552 (few of them)

    Examples
    --------
    >>> p = np.array([[0.9, 0.1]] * 4 + [[0.1, 0.9]] * 4)
    >>> round(slope_intercept(p, np.array([0, 0, 0, 1, 1, 1, 1, 0])).slope, 3)
    0.5
    """
    p, truth = checked_prediction(probs, y)
    n_classes = p.shape[1]
    if log_probs is None:
        log_probs = np.log(np.maximum(p, np.finfo(np.float64).tiny))
    found = recalibrated(log_probs, truth, fitted=_fits_intercepts(truth, groups))
    if found is None:
        return _result(n_classes)
    se, df = np.sqrt(np.diag(found.inverse)), None
    if groups is not None:
        size = found.shares(groups)
        se, df = error_of_sum(found.scores @ found.inverse, groups, size), degrees_of_freedom(size)
    return _result(n_classes, found.present[1:], found.theta / found.units, se / found.units, df)


def slope_difference(
    a: FloatArray, b: FloatArray, y: Labels, groups: IntArray | None = None
) -> Estimate | None:
    """Calibration slope of b minus that of a on the same rows, with the error of the difference.

    A slope moves by ``psi_i``, its influence function, with row i: the inverse information times
    the row's score. The standard error is that of the mean of ``n (psi_i(b) - psi_i(a))``, so
    what the rows have in common cancels.

    Parameters
    ----------
    a, b : array of shape (n_obs, n_classes)
        Natural logs of the probabilities.
    y : array of shape (n_obs,) or (n_obs, n_classes)
        Class codes or soft labels.
    groups : array of shape (n_obs,), optional
        Rows that belong together.

    Returns
    -------
    Estimate or None
        None where the rows do not determine one of the slopes.

    References
    ----------
    White (1982), Econometrica 50(1), doi:10.2307/1912526

    Examples
    --------
    >>> p = np.array([[0.9, 0.1]] * 4 + [[0.1, 0.9]] * 4)
    >>> y = np.array([0, 0, 0, 1, 1, 1, 1, 0])
    >>> twice = p**2 / (p**2).sum(axis=1, keepdims=True)  # slope 0.25, that of p is 0.5
    >>> round(slope_difference(np.log(p), np.log(twice), y).value, 3)
    -0.25
    """
    truth = label_probs(checked_labels(y, *a.shape), a.shape[1])
    fitted = _fits_intercepts(truth, groups)
    first, second = (recalibrated(log_probs, truth, fitted=fitted) for log_probs in (a, b))
    if first is None or second is None:
        return None
    moved = mean_with_se(len(a) * (second.influence - first.influence), groups)
    half = moved.high - moved.value
    value = second.slope - first.slope
    return Estimate(value=value, se=moved.se, low=value - half, high=value + half)


@dataclass(frozen=True, eq=False)
class Recalibrated:
    """The recalibration of highest likelihood, with log probabilities in units of their spread.

    Attributes
    ----------
    present : array of shape (n_present,)
        Classes that have a row.
    units : array of shape (n_present,)
        Of the parameters: the spread, then 1 for each intercept.
    theta : array of shape (n_present,)
        Slope, then the intercepts of all present classes but the first.
    inverse : array of shape (n_present, n_present)
        Of the information; 0 for parameters that are held.
    log_probs, truth, q : array of shape (n_obs, n_present)
        In these units; labels as distributions; the recalibrated probabilities.
    """

    present: IntArray
    units: FloatArray
    theta: FloatArray
    inverse: FloatArray
    log_probs: FloatArray
    truth: FloatArray
    q: FloatArray

    @property
    def slope(self) -> float:
        """Of the log-odds as they were given."""
        return float(self.theta[0] / self.units[0])

    @property
    def scores(self) -> FloatArray:
        """Gradient of each row's log-likelihood, (n_obs, n_present)."""
        residual = self.truth - self.q
        return np.column_stack([(residual * self.log_probs).sum(axis=1), residual[:, 1:]])

    def information(self, rows: IntArray) -> FloatArray:
        """Information of some rows, (n_present, n_present)."""
        return derivatives(self.log_probs[rows], self.truth[rows], self.q[rows])[1]

    @property
    def influence(self) -> FloatArray:
        """By how much each row moves the slope, (n_obs,); the sum is 0."""
        return np.asarray(self.scores @ self.inverse[0] / self.units[0])

    def shares(self, groups: IntArray) -> FloatArray:
        """Share of every group in the information on the slope, (n_groups,); the sum is 1."""
        logits = self.inverse[0, 0] * self.log_probs
        logits[:, 1:] += self.inverse[0, 1:]
        centred = logits - (self.q * logits).sum(axis=1, keepdims=True)
        size = group_sums((self.q * centred**2).sum(axis=1), groups)
        return size / size.sum()


def _fits_intercepts(truth: FloatArray, groups: IntArray | None) -> bool:
    """Whether there are rows (groups) enough for an intercept of every class that occurs."""
    n = len(truth) if groups is None else n_groups(groups)
    return n >= ROWS_FOR_INTERCEPTS * (int(truth.any(axis=0).sum()) - 1) ** 2


def recalibrated(
    log_probs: FloatArray, truth: FloatArray, *, fitted: bool = True
) -> Recalibrated | None:
    """The recalibration of labels as distributions; None where the likelihood has no maximum.

    Parameters
    ----------
    log_probs, truth : array of shape (n_obs, n_classes)
    fitted : bool
        Whether intercepts are; else they are held at 0.
    """
    # The likelihood sends the intercept of a class without a row to minus infinity:
    # what is left is the likelihood of the classes that occur.
    present = np.flatnonzero(truth.sum(axis=0) > 0)
    log_probs, truth = log_probs[:, present], truth[:, present]
    if len(present) < 2 or (_ruled_out(log_probs) & (truth > 0)).any():
        return None
    unit = _spread(log_probs)
    if unit == 0:
        return None
    log_probs = log_probs / unit
    found = _maximum(log_probs, truth, slope_only=not fitted)
    if found is None:
        return None
    theta, q, inverse = found
    units = np.ones(len(present))
    units[0] = unit
    return Recalibrated(present, units, theta, inverse, log_probs, truth, q)


def _maximum(
    log_probs: FloatArray, truth: FloatArray, *, slope_only: bool
) -> tuple[FloatArray, FloatArray, FloatArray] | None:
    """Newton's method: slope and intercepts, the recalibrated q, the inverse information.

    Intercepts that are not fitted are 0. None where the likelihood has no maximum.
    """
    n_free = 1 if slope_only else log_probs.shape[1]
    theta, inverse = np.zeros(log_probs.shape[1]), np.zeros((log_probs.shape[1],) * 2)
    step = theta.copy()
    value, q = log_likelihood(theta, log_probs, truth)
    for _ in range(100):
        gradient, information = derivatives(log_probs, truth, q, slope_only=slope_only)
        scale = np.sqrt(np.maximum(information.diagonal(), 1e-300))
        units = scale[:, None] * scale
        scaled = information / units
        curvature = np.linalg.eigvalsh(scaled)
        if not curvature[0] * MAX_CONDITION > curvature[-1]:
            return None
        step[:n_free] = np.linalg.solve(information, gradient)
        # On separated rows the gradient vanishes too, but the Newton step does not.
        if abs(step).max() < 1e-8 * (1 + abs(theta).max()):
            inverse[:n_free, :n_free] = np.linalg.inv(scaled) / units
            return theta, q, inverse
        length = 1.0
        while True:
            proposal, q_new = log_likelihood(theta + length * step, log_probs, truth)
            if proposal >= value - 1e-12 * abs(value) or length < 1e-10:
                break
            length /= 2
        theta = theta + length * step
        value, q = proposal, q_new
        if abs(theta[0]) > MAX_LOG_ODDS:
            break
    return None


def _spread(log_probs: FloatArray) -> float:
    """Difference between the largest and the least log probability of a usual row.

    In these units slopes of logits a thousand times too sharp, or too flat, are
    found as easily as any. Classes that a row rules out have no part in it.
    """
    least = np.where(_ruled_out(log_probs), np.inf, log_probs).min(axis=1)
    spread = np.maximum(log_probs.max(axis=1) - least, 0.0)
    return float(np.median(spread)) or float(spread.max())


def _ruled_out(log_probs: FloatArray) -> BoolArray:
    """Where a probability is exactly zero."""
    return np.asarray((log_probs == LOG_ZERO) | np.isneginf(log_probs))


def log_likelihood(
    theta: FloatArray, log_probs: FloatArray, truth: FloatArray
) -> tuple[float, FloatArray]:
    """``sum_i sum_k y_ik log q_ik`` and the recalibrated q.

    Parameters
    ----------
    theta : array of shape (n_classes,)
        Slope, then the intercepts of all classes but the first.
    log_probs, truth : array of shape (n_obs, n_classes)
    """
    q = np.empty_like(log_probs)

    def value(rows: slice) -> float:
        logits = theta[0] * log_probs[rows]
        logits[:, 1:] += theta[1:]
        log_q = log_softmax(logits)
        np.exp(log_q, out=q[rows])
        # 0 * -inf is 0: a class that is not the label costs nothing.
        return float(np.sum(truth[rows] * log_q, where=truth[rows] > 0))

    return sum(side_by_side(value, row_blocks(*q.shape))), q


def derivatives(
    log_probs: FloatArray, truth: FloatArray, q: FloatArray, *, slope_only: bool = False
) -> tuple[FloatArray, FloatArray]:
    """Gradient and information of the slope and of all intercepts but the first.

    Row i contributes the covariance under q_i of ``(log p_ik, [k = 1], [k = 2], ...)``.

    Parameters
    ----------
    log_probs, truth, q : array of shape (n_obs, n_classes)
    slope_only : bool
        Whether the intercepts are left out.
    """
    blocks = row_blocks(*q.shape)
    each = _of_slope if slope_only else _derivatives
    parts = side_by_side(lambda rows: each(log_probs[rows], truth[rows], q[rows]), blocks)
    gradients, informations = zip(*parts, strict=True)
    return np.asarray(sum(gradients)), np.asarray(sum(informations))


def _of_slope(
    log_probs: FloatArray, truth: FloatArray, q: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Gradient and information of the slope alone, of one block of rows."""
    centred = log_probs - (q * log_probs).sum(axis=1, keepdims=True)
    information = np.vdot(q * centred, centred)
    return np.array([np.vdot(truth - q, log_probs)]), np.array([[information]])


def _derivatives(
    log_probs: FloatArray, truth: FloatArray, q: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """The same, of one block of rows."""
    residual = truth - q
    gradient = np.array([np.vdot(residual, log_probs), *residual[:, 1:].sum(axis=0)])
    centred = log_probs - (q * log_probs).sum(axis=1, keepdims=True)
    weighted = q * centred
    free = q[:, 1:]
    information = np.empty((len(gradient), len(gradient)))
    information[0, 0] = np.vdot(weighted, centred)
    information[0, 1:] = information[1:, 0] = weighted[:, 1:].sum(axis=0)
    information[1:, 1:] = -free.T @ free
    # q (1 - q) from the other classes' q: the difference from 1 would be rounded away.
    others = q[:, :-1].cumsum(axis=1)  # those before each class, and then those after it
    others[:, :-1] += q[:, :1:-1].cumsum(axis=1)[:, ::-1]
    np.fill_diagonal(information[1:, 1:], (free * others).sum(axis=0))
    return gradient, information


def _result(
    n_classes: int,
    free: Any = (),
    theta: FloatArray | None = None,
    se: FloatArray | None = None,
    df: float | None = None,
) -> SlopeIntercept:
    intercepts, intercepts_se = np.zeros(n_classes), np.zeros(n_classes)
    if theta is None or se is None:
        return SlopeIntercept(float("nan"), float("nan"), intercepts, intercepts_se)
    intercepts[free], intercepts_se[free] = theta[1:], se[1:]
    return SlopeIntercept(float(theta[0]), float(se[0]), intercepts, intercepts_se, df)
