"""Tests of calibration with honest size.

The hypothesis "these forecasts are calibrated" says from which distribution
each label was drawn: the forecast itself. So its null distribution needs no
asymptotics: labels are drawn from the forecasts, the statistic is computed from
each draw, and ``p = (1 + draws at least as large) / (1 + draws)`` has its stated
size at every sample size, for every statistic. Only Spiegelhalter's z has a null
distribution simple enough to do without. Labels to which the forecasts gave no
chance (a probability of 0, or so small that fewer than one data set in 10,000 holds
such a label) refute them by themselves. Measured sizes and powers are in
``docs/calibration-tests.md``.

**Rows must be new to the classifier.** Forecasts for the rows it was trained on
fit them too well, and every p-value is then wrong.

Every result carries ``detectable_slope``, the miscalibration this test would
find at this sample size. If the true log-odds are ``b < 1`` times the forecast
ones, the forecasts are over-confident by the factor ``1 / b`` (a temperature);
``detectable_slope`` is the largest such b that a test at level 0.05 finds with
probability 0.8. At 0.9, log-odds too large by 1.11 are found; NaN: not even
log-odds 100 times too large are. It is computed from the forecasts alone (and
the null draws): mean and variance of the statistic under b, of which normal
quantiles are taken, or draws under b; from at most 20,000 of the rows.
"""

import math
from typing import Any

import numpy as np
from scipy.sparse import csc_array
from scipy.special import ndtr, ndtri

from trifit.calibration.bands import miscalibration, pooled
from trifit.calibration.kernel import default_bandwidth, features, thinned
from trifit.calibration.notions import Notion, checked_codes
from trifit.calibration.resampling import (
    LEVEL,
    POWER,
    CalibrationTest,
    detectable,
    distorted,
    log_of,
    p_value,
    resampled,
    signed,
    surprise,
    top_surprise,
    unless_ruled_out,
)
from trifit.inputs import measure
from trifit.threads import limited
from trifit.types import FloatArray, IntArray

Z_POWER = float(ndtri(POWER))

IMPOSSIBLE = 1e-12
"""Expected variance of events in a group below which one event refutes the forecasts."""


@measure
def kernel(
    probs: Any,
    y: Any,
    *,
    bandwidth: float | None = None,
    n_resamples: int = 199,
    groups: IntArray | None = None,
    seed: int | np.random.Generator = 0,
    detect: bool = True,
) -> CalibrationTest:
    """Test of canonical calibration by the kernel calibration error; large rejects.

    The statistic is the unbiased estimate of :func:`trifit.calibration.kernel_error`
    with its kernel projected on 64 landmark forecasts (Nyström; exact up to 64
    distinct forecasts), which makes a resample linear in the number of rows. It
    sees any miscalibration of the whole vector that is smooth at the scale of
    the bandwidth.

    Parameters
    ----------
    probs : array of shape (n_obs, n_classes)
    y : array of shape (n_obs,)
        Class codes.
    bandwidth : float, optional
        By default half the root mean squared distance between two forecasts.
    n_resamples : int
    groups : array of shape (n_obs,), optional
        Rows that belong together. How labels of one group hang together is not known, so
        labels cannot be drawn: each group's part of the statistic gets a random sign
        instead (wild bootstrap), which has its size with many groups only. No detectable
        slope.
    seed : int or numpy Generator
    detect : bool
        Whether to compute the detectable slope (else NaN).

    Raises
    ------
    ValueError
        On bad probabilities or labels, soft labels, or fewer than two rows.

    References
    ----------
    Widmann, Lindsten & Zachariah (2019), NeurIPS 32, doi:10.48550/arXiv.1910.11385;
    Leucht & Neumann (2013), J. Multivar. Anal. 117, doi:10.1016/j.jmva.2013.03.003 (the
    wild bootstrap of degenerate U-statistics)

    Examples
    --------
    >>> kernel([[0.5, 0.5]] * 20, [0] * 20).p_value
    0.005
    """
    p, codes = checked_codes(probs, y, what="a test")
    n, n_classes = p.shape
    if n < 2:
        raise ValueError("probs has 1 row; a kernel calibration error compares two")
    with limited():
        phi = features(p, bandwidth or default_bandwidth(p))
        if groups is not None:
            observed, null = signed(phi, p, codes, groups, n_resamples, seed)
            found = p_value(observed, null, surprise(p, codes))
            return CalibrationTest("kernel", observed, found, math.nan, n, n_resamples)
        expected = phi.T @ p
    own = np.einsum("ij,ij->i", phi, phi)  # k(p_i, p_i) after projection
    own_part = float(own @ (1 + (p**2).sum(axis=1)))
    ones, starts = np.ones(n), np.arange(n + 1)

    def statistic(codes: IntArray) -> float:
        one_hot = csc_array((ones, codes, starts), shape=(n_classes, n))  # a column for each row
        square = (((one_hot @ phi).T - expected) ** 2).sum()
        at_label = np.take(p, codes + starts[:-1] * n_classes)
        return float((square - own_part + 2 * (own @ at_label)) / (n * (n - 1)))

    observed, null = resampled(statistic, p, codes, n_resamples, seed)
    critical, null_variance = np.quantile(null, 1 - LEVEL), null.var()
    some, scale = thinned(n)
    log_p, kept, kept_own = log_of(p[some]), phi[some], own[some]

    def gap(distortion: float) -> float:
        q = distorted(log_p, distortion)
        shift = q - p[some]
        mean_part = scale * kept.T @ shift
        pull = kept @ mean_part  # d statistic / d label, half of it
        mean = (mean_part**2).sum() - scale * (kept_own @ (shift**2).sum(axis=1))
        variance = 4 * scale * ((q * pull**2).sum() - ((q * pull).sum(axis=1) ** 2).sum())
        sd = math.sqrt(null_variance + variance / (n * (n - 1)) ** 2)
        return float(mean / (n * (n - 1)) - critical - Z_POWER * sd)

    slope = detectable(gap) if detect else math.nan
    p_found = p_value(observed, null, surprise(p, codes))
    return CalibrationTest("kernel", observed, p_found, slope, n, n_resamples)


@measure
def spiegelhalter(probs: Any, y: Any) -> CalibrationTest:
    """Spiegelhalter's z: is the Brier score what calibrated forecasts would get; two-sided.

    ``z = (B - E_0 B) / sd_0 B`` with the Brier score B summed over rows and
    classes, and mean and standard deviation over labels drawn from the forecasts:
    ``E_0 B_i = 1 - sum_k p_k**2``, ``var_0 B_i = 4 (sum_k p_k**3 - (sum_k p_k**2)**2)``.
    Above 0 over-confident, below 0 under-confident. It sees one direction only:
    errors that leave the Brier score as expected go unnoticed (for two classes,
    any at forecasts of one half).

    Parameters
    ----------
    probs : array of shape (n_obs, n_classes)
    y : array of shape (n_obs,)
        Class codes.

    Returns
    -------
    CalibrationTest
        Statistic 0 and p-value 1 where every label would score the same.

    Raises
    ------
    ValueError
        On bad probabilities or labels, or soft labels.

    References
    ----------
    Spiegelhalter (1986), Stat. Med. 5(5), doi:10.1002/sim.4780050506

    Examples
    --------
    >>> round(spiegelhalter([[0.9, 0.1]] * 10, [0] * 7 + [1] * 3).statistic, 3)
    2.108
    """
    p, codes = checked_codes(probs, y, what="a test")
    n = len(p)
    squares = (p**2).sum(axis=1)
    difference = 2 * float(np.sum(squares - p[np.arange(n), codes]))
    sd = 2 * math.sqrt(max(0.0, float(np.sum((p**3).sum(axis=1) - squares**2))))
    if sd > 1e-12 * n:
        z = difference / sd
    else:
        z = math.copysign(math.inf, difference) if abs(difference) > 1e-12 * n else 0.0
    some, scale = thinned(n)
    log_p, kept = log_of(p[some]), p[some]
    critical = float(-ndtri(LEVEL / 2))

    def gap(distortion: float) -> float:
        q = distorted(log_p, distortion)
        score = (q * kept).sum(axis=1)
        mean = 2 * scale * float(np.sum(squares[some] - score))
        variance = 4 * scale * float(np.sum((q * kept**2).sum(axis=1) - score**2))
        return (abs(mean) - Z_POWER * math.sqrt(max(0.0, variance))) / sd - critical

    p_found = unless_ruled_out(2 * float(ndtr(-abs(z))), surprise(p, codes))
    slope = detectable(gap) if sd else math.nan
    return CalibrationTest("Spiegelhalter", z, p_found, slope, n, 0)


@measure
def hosmer_lemeshow(
    probs: Any,
    y: Any,
    *,
    notion: Notion = "class-wise",
    bins: int = 10,
    n_resamples: int = 199,
    seed: int | np.random.Generator = 0,
    detect: bool = True,
) -> CalibrationTest:
    """Hosmer-Lemeshow: observed against expected events in groups of forecasts; large rejects.

    ``sum_b (O_b - E_b)**2 / (n_b f_b (1 - f_b))`` over ``bins`` groups of equal
    mass with mean forecast ``f_b``; ties stay together. For two classes of the
    second class; for more, summed over classes. The p-value is resampled, not
    read off a chi-squared distribution, which is too coarse for rare events.

    Caveats: groups and their number are arbitrary and change the result; what
    averages out inside a group is not seen; and the test is for forecasts of
    **new** rows (on the rows that a logistic regression was fitted to, it
    rejects far too seldom; textbooks then take two degrees of freedom off).

    Parameters
    ----------
    probs : array of shape (n_obs, n_classes)
    y : array of shape (n_obs,)
        Class codes.
    notion : {"class-wise", "top-label"}
    bins : int
        Groups per event.
    n_resamples : int
    seed : int or numpy Generator
    detect : bool
        Whether to compute the detectable slope (else NaN).

    Raises
    ------
    ValueError
        On bad probabilities, labels or options, or soft labels.

    References
    ----------
    Hosmer & Lemeshow (1980), Commun. Stat. Theory Methods 9(10),
    doi:10.1080/03610928008827941; Fagerland, Hosmer & Bofin (2008), Stat. Med.
    27(21), doi:10.1002/sim.3202

    Examples
    --------
    >>> hosmer_lemeshow([[0.9, 0.1]] * 20, [0] * 10 + [1] * 10).p_value
    0.005
    """
    p, codes = checked_codes(probs, y, what="a test")
    n, n_classes = p.shape
    rows = np.arange(n)
    winner = p.argmax(axis=1)
    if notion == "top-label":
        classes = winner[:, None]
    elif notion == "class-wise":
        every = np.arange(n_classes) if n_classes > 2 else np.array([1])
        classes = np.broadcast_to(every, (n, len(every)))
    else:
        raise ValueError(f"notion={notion!r}: expected 'class-wise' or 'top-label'")
    forecast = np.take_along_axis(p, classes, axis=1)
    groups = [pooled(f, bins) for f in forecast.T]
    n_events = len(groups)
    cell = np.column_stack([g.index + k * bins for k, g in enumerate(groups)])

    def per_cell(weights: FloatArray, cell: IntArray) -> FloatArray:
        return np.bincount(cell.ravel(), weights.ravel(), minlength=n_events * bins)

    count = np.bincount(cell.ravel(), minlength=n_events * bins)
    expected = per_cell(forecast, cell)
    variance = expected * (1 - expected / np.maximum(count, 1))
    weight = 1 / np.maximum(variance, IMPOSSIBLE)

    def statistic(codes: IntArray) -> float:
        came_true = cell[rows, codes] if n_events > 1 else cell[codes == classes[:, 0], 0]
        observed = np.bincount(came_true, minlength=n_events * bins)
        return float(weight @ np.where(count > 0, (observed - expected) ** 2, 0.0))

    observed, null = resampled(statistic, p, codes, n_resamples, seed)
    critical = np.quantile(null, 1 - LEVEL)
    if_normal = float(2 * weight**2 @ per_cell(forecast * (1 - forecast), cell) ** 2)
    inflation = null.var() / max(if_normal, IMPOSSIBLE)
    some, scale = thinned(n)
    log_p, some_cell = log_of(p[some]), cell[some]

    def gap(distortion: float) -> float:
        q = np.take_along_axis(distorted(log_p, distortion), classes[some], axis=1)
        shift = scale * per_cell(q - forecast[some], some_cell)
        noise = scale * per_cell(q * (1 - q), some_cell)
        # As if cells were independent and normal, times what the draws say of that.
        spread = weight**2 @ (2 * noise**2 + 4 * shift**2 * noise) * inflation
        return float(weight @ (shift**2 + noise) - critical - Z_POWER * math.sqrt(spread))

    slope = detectable(gap) if detect else math.nan
    right = winner == codes
    chance = surprise(p, codes) if notion == "class-wise" else top_surprise(forecast[:, 0], right)
    p_found = p_value(observed, null, chance)
    return CalibrationTest("Hosmer-Lemeshow", observed, p_found, slope, n, n_resamples)


@measure
def top_label(
    probs: Any,
    y: Any,
    *,
    n_resamples: int = 199,
    seed: int | np.random.Generator = 0,
    detect: bool = True,
) -> CalibrationTest:
    """Consistency-resampling test of the top label; large rejects.

    The statistic is the CORP miscalibration (Brier) of the confidence; its null
    distribution comes from outcomes drawn with the confidences as their
    probabilities. More than 1,000 distinct confidences are pooled into 1,000
    groups of equal mass.

    Parameters
    ----------
    probs : array of shape (n_obs, n_classes)
    y : array of shape (n_obs,)
        Class codes.
    n_resamples : int
    seed : int or numpy Generator
    detect : bool
        Whether to compute the detectable slope (else NaN).

    Raises
    ------
    ValueError
        On bad probabilities or labels, or soft labels.

    References
    ----------
    Bröcker & Smith (2007), Weather Forecast. 22(3), doi:10.1175/WAF993.1;
    Dimitriadis, Gneiting & Jordan (2021), PNAS 118(8), doi:10.1073/pnas.2016191118

    Examples
    --------
    >>> top_label([[0.9, 0.1]] * 20, [0] * 10 + [1] * 10).p_value
    0.005
    """
    p, codes = checked_codes(probs, y, what="a test")
    n = len(p)
    winner = p.argmax(axis=1)
    groups = pooled(p[np.arange(n), winner])
    rng = np.random.default_rng(seed)

    def draws(probability: FloatArray, rng: np.random.Generator) -> FloatArray:
        size = (n_resamples, len(groups.count))
        return miscalibration(rng.binomial(groups.count, probability, size=size), groups)[0]

    right = winner == codes
    events = np.bincount(groups.index, weights=right)
    observed = float(miscalibration(events[None], groups)[0][0])
    null = draws(groups.forecast, rng)
    critical = np.quantile(null, 1 - LEVEL)
    # At most about MAX_ROWS rows, of every group at least one.
    order = groups.index.argsort(kind="stable")
    starts = np.r_[0, groups.count.cumsum()[:-1]]
    some = order[np.union1d(starts, np.arange(n)[thinned(n)[0]])]
    log_p, index = log_of(p[some]), groups.index[some]
    common = int(rng.integers(2**32))  # the same draws at every distortion

    def gap(distortion: float) -> float:
        q = distorted(log_p, distortion)[np.arange(len(some)), winner[some]]
        mean = np.bincount(index, weights=q) / np.bincount(index)
        drawn = draws(np.minimum(mean, 1.0), np.random.default_rng(common))
        return float(np.quantile(drawn, 1 - POWER) - critical)

    slope = detectable(gap) if detect else math.nan
    p_found = p_value(observed, null, top_surprise(p[np.arange(n), winner], right))
    return CalibrationTest("top label", observed, p_found, slope, n, n_resamples)
