"""Calibration in the large: whether every class is as frequent as it was forecast.

The hypothesis "these forecasts are calibrated" fixes the distribution of a
class's count: the sum of independent events with the forecast probabilities,
which is Poisson-binomial. So a class that never occurs has an error too.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit, logit, ndtr, stdtr

from trifit.calibration.notions import checked_prediction
from trifit.clusters import degrees_of_freedom, group_sums, quantile, shares, standard_errors
from trifit.inputs import measure
from trifit.normal import Z95
from trifit.scores import wilson
from trifit.spacing import row_blocks
from trifit.threads import side_by_side
from trifit.types import FloatArray, IntArray

MAX_TERMS = 100
"""Most outcomes of a sum of events whose probabilities are computed one by one."""


@dataclass(frozen=True, eq=False)
class ClassBias:
    """How far each class's mean probability is from its frequency.

    Attributes
    ----------
    mean_prob, frequency : array of shape (n_classes,)
    se : array of shape (n_classes,)
        Standard deviation that the frequency has under the forecasts,
        ``sqrt(sum_i p_i (1 - p_i)) / n_obs``.
    p_value : array of shape (n_classes,)
        Two-sided, of the hypothesis that the forecasts are calibrated; twice the
        smaller tail of the Poisson-binomial distribution, at most 1.
    odds_low, odds_high : array of shape (n_classes,)
        95 % interval of the odds of the frequency over the odds of the mean
        probability: 1 is calibrated, below 1 the class is forecast too often.
    """

    mean_prob: FloatArray
    frequency: FloatArray
    se: FloatArray
    p_value: FloatArray
    odds_low: FloatArray
    odds_high: FloatArray

    @property
    def bias(self) -> FloatArray:
        """Mean probability minus frequency; 0 is calibrated, above 0 too often forecast."""
        return self.mean_prob - self.frequency


@measure
def class_bias(probs: Any, y: Any, *, groups: IntArray | None = None) -> ClassBias:
    """Mean probability against frequency of every class (calibration in the large).

    With soft labels the expected counts are compared. Their variance is at most
    that of labels drawn from them, so the p-values are then on the safe side.

    Parameters
    ----------
    probs : array of shape (n_obs, n_classes)
    y : array of shape (n_obs,) or (n_obs, n_classes)
        Class codes or soft labels.
    groups : array of shape (n_obs,), optional
        Rows that belong together. The forecasts do not say how labels of one group hang
        together, so the count's variance is estimated from the groups' sums, the p-value
        is Student's, and neither is allowed to be smaller than with independent rows. A class
        that fell into few groups by chance has a small scatter too: the variance is at least what
        it would be with as many rows of the class as were forecast, in groups as alike as seen;
        where the class has no row, in groups of one class.

    Raises
    ------
    ValueError
        On bad probabilities or labels.

    References
    ----------
    Hong (2013), Comput. Stat. Data Anal. 59, doi:10.1016/j.csda.2012.10.006 (the
    distribution); Wilson (1927), doi:10.1080/01621459.1927.10502953 (the interval)

    Examples
    --------
    >>> found = class_bias(np.array([[0.9, 0.1], [0.7, 0.3]]), np.array([0, 1]))
    >>> found.bias.round(3), found.p_value.round(2)
    (array([ 0.3, -0.3]), array([0.74, 0.74]))
    """
    p, truth = checked_prediction(probs, y)
    n = len(p)
    mean, count = p.mean(axis=0), truth.sum(axis=0)
    variance = (p * (1 - p)).sum(axis=0)
    p_value = np.concatenate(
        side_by_side(
            lambda some: [_two_sided(p[:, k], count[k]) for k in range(p.shape[1])[some]],
            row_blocks(p.shape[1], n),
        )
    )
    z = Z95
    if groups is not None:
        df = degrees_of_freedom(shares(groups))
        se = standard_errors(truth - p, groups)
        alike = [_of_groups(p[:, k], truth[:, k], groups) for k in range(p.shape[1])]
        of_sums = np.maximum((n * se) ** 2, alike)
        variance, z = np.maximum(variance, of_sums), quantile(0.95, df)
        of_groups = _student(mean - count / n, np.sqrt(of_sums) / n, df)
        p_value = np.where(p_value > 0, np.maximum(p_value, of_groups), 0.0)  # 0: impossible
    bounds = np.array(
        [_odds_ratio(m, c / n, v / n, n, z) for m, c, v in zip(mean, count, variance, strict=True)]
    )
    return ClassBias(mean, count / n, np.sqrt(variance) / n, p_value, bounds[:, 0], bounds[:, 1])


def _of_groups(p: FloatArray, truth: FloatArray, groups: IntArray) -> float:
    """Variance of a class's count under the forecasts, with rows of a group as alike as seen.

    ``Var(sum_g c_g) = sum_g E[c_g (c_g - 1)] + E[c_g] - E[c_g]**2``: the pairs of rows of one
    group that have the class are counted, in proportion to the rows that have it.
    """
    sizes = group_sums(np.ones(len(p)), groups)
    if 2 * truth.sum() > len(p):  # the scatter is that of the rows without the class
        p, truth = 1 - p, 1 - truth
    expected, found = group_sums(p, groups), group_sums(truth, groups)
    most = float(expected @ (sizes - expected))  # groups of one class
    if found.sum() == 0:
        return most
    pairs = (found @ found - truth @ truth) * p.sum() / found.sum()
    return min(most, float(p.sum() + pairs - expected @ expected))


def _student(difference: FloatArray, se: FloatArray, df: float) -> FloatArray:
    """Two-sided p-values of differences from 0, by Student's t."""
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.nan_to_num(abs(difference) / se)  # no difference, no error: 0
    return np.asarray(2 * stdtr(df, -t))


def _two_sided(p: FloatArray, count: float) -> float:
    """Twice the smaller tail at a count; soft labels' counts are rounded towards the mean."""
    above = float(p.sum()) < count
    whole = math.floor(count + 1e-9) if above else math.ceil(count - 1e-9)
    return min(1.0, 2 * poisson_binomial_tail(p, whole, upper=above))


def poisson_binomial_tail(p: FloatArray, count: int, *, upper: bool) -> float:
    """``P(S >= count)``, or ``P(S <= count)``, of a sum S of events with probabilities p.

    Exact to 1e-13 where few events are surprises (at most :data:`MAX_TERMS` outcomes
    matter), else Lugannani and Rice's saddle-point formula for lattice variables.

    Parameters
    ----------
    p : array of shape (n_obs,)
        Probabilities of independent events.
    count : int
    upper : bool
        Which of the two tails.

    References
    ----------
    Lugannani & Rice (1980), Adv. Appl. Probab. 12(2), doi:10.2307/1426607;
    Daniels (1987), Int. Stat. Rev. 55(1), doi:10.2307/1403269 (lattice variables)

    Examples
    --------
    >>> round(poisson_binomial_tail(np.full(100, 0.005), 0, upper=False), 4)
    0.6058
    >>> round(poisson_binomial_tail(np.full(100, 0.005), 3, upper=True), 4)
    0.0141
    """
    if not upper:  # not happening is an event too
        return poisson_binomial_tail(1 - p, len(p) - count, upper=True)
    if count <= int((p == 1).sum()):
        return 1.0
    if count > int((p > 0).sum()):
        return 0.0
    likely = p > 0.5
    seldom, often = p[~likely], 1 - p[likely]
    if max(_terms(seldom), _terms(often)) <= MAX_TERMS:
        return _exact_tail(seldom, often, count - len(often))
    return _saddle_point_tail(logit(p[(p > 0) & (p < 1)]), count - int((p == 1).sum()))


def _terms(q: FloatArray) -> int:
    """Outcomes of a sum of events, from 0 on, beyond which less than 1e-13 is left."""
    mean = float(q.sum())
    return min(len(q), math.ceil(mean + 8 * math.sqrt(mean) + 20)) + 1


def _exact_tail(seldom: FloatArray, often: FloatArray, surplus: int) -> float:
    """``P(A - B >= surplus)``: events that seldom happen and did, less likely ones that did not."""
    happened, failed = _distribution(seldom), _distribution(often)
    difference = np.convolve(happened, failed[::-1])  # from -(len(failed) - 1) on
    return float(difference[max(0, surplus + len(failed) - 1) :].sum())


def _distribution(q: FloatArray) -> FloatArray:
    """``P(S = 0), P(S = 1), ...`` of a sum of events, as far as it matters."""
    size = _terms(q)
    rows = np.column_stack([1 - q, q])
    while len(rows) > 1:  # sums of two halves, all pairs at once
        if len(rows) % 2:
            rows = np.vstack([rows, np.eye(1, rows.shape[1])])
        a, b = rows[::2], rows[1::2]
        rows = np.zeros((len(a), min(2 * a.shape[1] - 1, size)))
        for k in range(a.shape[1]):
            part = b[:, : rows.shape[1] - k]
            rows[:, k : k + part.shape[1]] += a[:, k, None] * part
    return rows[0] if len(rows) else np.ones(1)


def _saddle_point_tail(log_odds: FloatArray, count: int) -> float:
    """``P(S >= count)`` above the mean; below it one half, for it is then no tail."""
    if count == len(log_odds):
        return float(np.exp(-np.logaddexp(0.0, -log_odds).sum()))
    t = _tilt(log_odds, count)
    cumulant = float((np.logaddexp(0.0, log_odds + t) - np.logaddexp(0.0, log_odds)).sum())
    w = math.sqrt(max(2 * (t * count - cumulant), 0.0))
    if t <= 0 or w < 1e-6:
        return 0.5
    spread = math.sqrt(float((expit(log_odds + t) * expit(-log_odds - t)).sum()))
    u = -math.expm1(-t) * spread
    density = np.exp(-w * w / 2) / math.sqrt(2 * math.pi)
    return float(min(1.0, max(0.0, ndtr(-w) + density * (1 / u - 1 / w))))


def _tilt(log_odds: FloatArray, count: int) -> float:
    """The t at which ``sum_i expit(log_odds_i + t)`` is the count, by Newton steps.

    The steps are taken on the log-odds scale, where equal probabilities need one, and
    are kept within a bracket.
    """
    wanted = math.log(count / (len(log_odds) - count))
    low, high = wanted - float(log_odds.max()), wanted - float(log_odds.min())
    t = min(max(0.0, low), high)
    for _ in range(200):
        happens, does_not = expit(log_odds + t), expit(-log_odds - t)
        total, rest = float(happens.sum()), float(does_not.sum())
        low, high = (low, t) if total >= count else (t, high)
        step = wanted - math.log(total / rest)
        step *= (total / len(log_odds)) * rest / float((happens * does_not).sum())
        if abs(step) <= 1e-10 * (1 + abs(t)):
            break
        t = t + step if low < t + step < high else (low + high) / 2
    return t


def _odds_ratio(
    mean: float, frequency: float, variance: float, n: int, z: float
) -> tuple[float, float]:
    """95 % interval of odds(frequency) / odds(mean).

    Wilson's, with as many rows as a binomial frequency would need for the variance
    that the forecasts have.
    """
    if variance <= 0 or not 0 < mean < 1:
        ratio = 1.0 if frequency == mean else math.inf if frequency > mean else 0.0
        return ratio, ratio
    low, high = wilson(frequency, n * mean * (1 - mean) / variance, z=z)
    odds = mean / (1 - mean)
    return low / (1 - low) / odds, (high / (1 - high) if high < 1 else math.inf) / odds
