"""Binned calibration error (ECE, MCE), its debiased form and an interval."""

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy.special import betaincinv, erf, ndtri

from trifit.calibration.notions import Notion, events
from trifit.clusters import group_sums
from trifit.inputs import measure
from trifit.scores import Estimate
from trifit.types import FloatArray, IntArray

Binning = Literal["width", "mass"]


@dataclass(frozen=True, eq=False)
class Bins:
    """What one event's bins hold; empty bins are left out.

    Attributes
    ----------
    forecast, frequency : array of shape (n_bins,)
        Mean forecast and mean outcome of each bin, ascending in forecast.
    count : array of shape (n_bins,)
    variance : array of shape (n_bins,)
        Of ``frequency``: ``frequency * (1 - frequency) / (count - 1)``. A bin of
        one row cannot tell noise from error: its squared error counts as noise. With
        groups, of ``frequency - forecast``, from the sums of the bin's groups.
    effective : array of shape (n_bins,)
        Independent rows that the bin is worth: its groups, else its rows.
    """

    forecast: FloatArray
    frequency: FloatArray
    count: IntArray
    variance: FloatArray
    effective: IntArray

    @property
    def weight(self) -> FloatArray:
        """Share of the rows in each bin."""
        return np.asarray(self.count / self.count.sum())

    @property
    def error(self) -> FloatArray:
        """``frequency - forecast``: below 0 where over-confident."""
        return self.frequency - self.forecast

    @property
    def wide_variance(self) -> FloatArray:
        """Variance with one more event and one more non-event per bin: never zero."""
        n = self.effective
        square = self.variance * (n - 1) + self.frequency**2
        square = np.where(n == 1, self.frequency, square)
        mean = (n * self.frequency + 1) / (n + 2)
        return np.asarray(((n * square + 1) / (n + 2) - mean**2) / n)


@measure
def binned_error(
    probs: Any,
    y: Any,
    *,
    notion: Notion = "top-label",
    bins: int = 15,
    binning: Binning = "width",
    norm: float = 1,
    debiased: bool = False,
    level: float = 0.95,
    groups: IntArray | None = None,
) -> Estimate:
    """Binned calibration error; lower is better, 0 to 1, 0 if calibrated on average in every bin.

    With the share ``w_b`` of rows in bin b and ``d_b = frequency - mean forecast``:

    - ``norm=1``: ``sum_b w_b |d_b|``, the expected calibration error (ECE);
    - ``norm=2``: ``sqrt(sum_b w_b d_b**2)``;
    - ``norm=math.inf``: ``max_b |d_b|``, the maximum calibration error (MCE).

    Noise makes each term positive even for calibrated forecasts: on few rows
    the plain estimate is mostly bias. ``debiased`` subtracts it: for ``norm=2``
    the estimated variance of each ``d_b`` from its square (unbiased before the
    square root, which takes negative sums as 0), for ``norm=1`` the excess of
    ``E|N(d_b, var_b)|`` over ``|d_b|``. Binning hides what happens inside a
    bin, so the result is a lower bound of the calibration error. Class-wise
    values are averaged over classes (``norm=2``: their squares), for MCE the
    largest counts.

    Parameters
    ----------
    probs : array of shape (n_obs, n_classes)
    y : array of shape (n_obs,) or (n_obs, n_classes)
        Class codes or soft labels.
    notion : {"top-label", "class-wise"}
    bins : int
        Number of bins asked for; empty ones do not count.
    binning : {"width", "mass"}
        ``(b/bins, (b+1)/bins]``, the first with 0; or equally many rows, cut
        halfway between neighbours, ties together.
    norm : {1, 2, math.inf}
    debiased : bool
    level : float
        Confidence of the interval. ``norm=1``: from the triangle inequality
        below and the sampling error above; ``norm=2``: normal for the debiased
        square; MCE: Clopper-Pearson in every bin, Bonferroni over bins.
    groups : array of shape (n_obs,), optional
        Rows that belong together; for ``norm`` 1 and 2. Within a bin groups are
        independent, not rows; what a group has in several bins is taken as independent.

    Returns
    -------
    Estimate
        Without ``debiased`` its value is too high on average, so it can lie above the
        interval, which is for the error of the population, bias allowed for.

    Raises
    ------
    ValueError
        On bad probabilities, labels or options.

    References
    ----------
    Naeini, Cooper & Hauskrecht (2015), AAAI 29, doi:10.1609/aaai.v29i1.9602;
    Kumar, Liang & Ma (2019), NeurIPS 32, doi:10.48550/arXiv.1909.10155

    Examples
    --------
    >>> p = [[0.9, 0.1]] * 5 + [[0.4, 0.6]] * 5
    >>> round(binned_error(p, [0, 0, 0, 0, 1] + [1, 1, 1, 0, 0], bins=5).value, 3)
    0.05
    """
    if bins < 1:
        raise ValueError(f"bins={bins}: expected at least 1")
    if not 0 < level < 1:
        raise ValueError(f"level={level}: expected between 0 and 1")
    if norm not in (1, 2, math.inf):
        raise ValueError(f"norm={norm}: expected 1, 2 or math.inf")
    if debiased and norm == math.inf:
        raise ValueError("debiased=True: no debiased form of the maximum (norm=math.inf) is known")
    if groups is not None and norm == math.inf:
        raise ValueError("groups: no interval of the maximum (norm=math.inf) is known for groups")
    tables = bin_tables(probs, y, notion=notion, bins=bins, binning=binning, groups=groups)
    z = float(-ndtri((1 - level) / 2))
    if norm == 1:
        return _mean_absolute(tables, z, debiased=debiased)
    if norm == 2:
        return _root_mean_square(tables, z, debiased=debiased)
    return _largest(tables, z, level)


@measure
def bin_tables(
    probs: Any,
    y: Any,
    *,
    notion: Notion = "top-label",
    bins: int = 15,
    binning: Binning = "width",
    groups: IntArray | None = None,
) -> tuple[Bins, ...]:
    """What :func:`binned_error` rests on: the bins of the top label, or of each class.

    Parameters
    ----------
    probs : array of shape (n_obs, n_classes)
    y : array of shape (n_obs,) or (n_obs, n_classes)
        Class codes or soft labels.
    notion : {"top-label", "classwise"}
    bins : int
    binning : {"width", "mass"}
    groups : array of shape (n_obs,), optional
        As there.

    Raises
    ------
    ValueError
        On bad probabilities, labels or options.

    Examples
    --------
    >>> (table,) = bin_tables([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]], [0, 1, 1], bins=5)
    >>> table.count, table.error.round(2)
    (array([2, 1]), array([-0.25,  0.1 ]))
    """
    forecast, outcome = events(probs, y, notion)
    return tuple(
        bin_table(*event, bins, binning, groups)
        for event in zip(forecast.T, outcome.T, strict=True)
    )


def bin_table(
    forecast: FloatArray,
    outcome: FloatArray,
    bins: int,
    binning: Binning,
    groups: IntArray | None = None,
) -> Bins:
    """The bins of one event (see :func:`binned_error` for the rules).

    Parameters
    ----------
    forecast, outcome : array of shape (n_obs,)
        Forecast probability of the event, and whether it happened.
    bins : int
    binning : {"width", "mass"}
    groups : array of shape (n_obs,), optional
        Rows with the same number belong together.
    """
    index = np.searchsorted(_edges(forecast, bins, binning), forecast)
    count = np.bincount(index)
    filled = count > 0

    def mean(values: FloatArray) -> FloatArray:
        return np.asarray(np.bincount(index, weights=values)[filled] / count[filled])

    p, q, n = mean(forecast), mean(outcome), count[filled]
    spread = np.maximum(mean(outcome**2) - q**2, 0.0)
    variance = np.where(n > 1, spread / np.maximum(n - 1, 1), (q - p) ** 2)
    if groups is None:
        return Bins(forecast=p, frequency=q, count=n, variance=variance, effective=n)
    variance, effective = _of_groups(outcome - forecast, index, groups)
    return Bins(forecast=p, frequency=q, count=n, variance=variance, effective=effective)


def _of_groups(error: FloatArray, index: IntArray, groups: IntArray) -> tuple[FloatArray, IntArray]:
    """Variance of each filled bin's mean error from the sums of its groups, and how many these are.

    A bin of one group cannot tell noise from error: its squared error counts as noise.
    """
    found = []
    for b in np.unique(index):
        here = index == b
        mean = error[here].mean()
        sums = group_sums(error[here] - mean, groups[here])
        n = len(sums)
        noise = n / (n - 1) * (sums**2).sum() / here.sum() ** 2 if n > 1 else mean**2
        found.append((noise, n))
    variance, effective = zip(*found, strict=True)
    return np.array(variance), np.array(effective)


def _edges(forecast: FloatArray, bins: int, binning: Binning) -> FloatArray:
    """Inner edges; a forecast on an edge belongs to the bin below."""
    if binning == "width":
        return np.arange(1, bins) / bins
    if binning == "mass":
        n = len(forecast)
        bins = min(bins, n)
        sizes = np.full(bins, n // bins) + (np.arange(bins) < n % bins)
        last = sizes.cumsum()[:-1] - 1
        ordered = np.sort(forecast)
        return np.asarray((ordered[last] + ordered[last + 1]) / 2)
    raise ValueError(f"binning={binning!r}: expected 'width' or 'mass'")


def _mean_absolute(tables: tuple[Bins, ...], z: float, *, debiased: bool) -> Estimate:
    """ECE: ``sum w |d|``, averaged over events whose errors may be one and the same."""
    plain = np.array([t.weight @ abs(t.error) for t in tables])
    bias = np.array([t.weight @ _folded_mean(t.error, t.variance) for t in tables]) - plain
    se, noise, noise_sd = np.mean([_folded_errors(t) for t in tables], axis=0)
    # truth >= plain - sum w |noise| (triangle inequality); E plain >= truth (Jensen).
    low, high = plain.mean() - noise - z * noise_sd, plain.mean() + z * se
    value = np.maximum(plain - bias, 0.0) if debiased else plain
    return Estimate(
        value=float(value.mean()),
        se=float(se),
        low=max(0.0, float(low)),
        high=min(1.0, float(high)),
    )


def _folded_errors(t: Bins) -> tuple[float, float, float]:
    """Standard error of ``sum w |d|``; mean and sd of the same sum of pure noise."""
    s2, w = t.wide_variance, t.weight
    of_value = t.error**2 + s2 - _folded_mean(t.error, s2) ** 2
    noise = w @ np.sqrt(2 / np.pi * s2)
    return (
        float(np.sqrt(w**2 @ np.maximum(of_value, 0))),
        float(noise),
        float(np.sqrt(w**2 @ (s2 * (1 - 2 / np.pi)))),
    )


def _folded_mean(mean: FloatArray, variance: FloatArray) -> FloatArray:
    """``E|N(mean, variance)|``."""
    sd = np.sqrt(np.maximum(variance, np.finfo(np.float64).tiny))
    t = abs(mean) / sd
    return np.asarray(sd * np.sqrt(2 / np.pi) * np.exp(-(t**2) / 2) + abs(mean) * erf(t / 2**0.5))


def _root_mean_square(tables: tuple[Bins, ...], z: float, *, debiased: bool) -> Estimate:
    """``sqrt(sum w d**2)``, and the interval of the debiased square, whose root is taken."""
    plain = np.array([t.weight @ t.error**2 for t in tables])
    unbiased = np.array([t.weight @ (t.error**2 - t.variance) for t in tables])

    def sd(t: Bins) -> float:
        s2 = t.wide_variance
        truth = np.maximum(t.error**2 - s2, 0.0)
        return float(np.sqrt(t.weight**2 @ (4 * truth * s2 + 2 * s2**2)))

    square_se = np.mean([sd(t) for t in tables])
    low, high = (math.sqrt(max(0.0, unbiased.mean() + side * z * square_se)) for side in (-1, 1))
    value = math.sqrt(max(0.0, float((unbiased if debiased else plain).mean())))
    se = math.sqrt(value**2 + square_se) - value
    return Estimate(value=value, se=se, low=low, high=min(1.0, high))


def _largest(tables: tuple[Bins, ...], z: float, level: float) -> Estimate:
    """MCE: ``max |d|``, with simultaneous Clopper-Pearson intervals of the frequencies."""
    alpha = (1 - level) / sum(len(t.count) for t in tables) / 2
    value, low, high = [], 0.0, 0.0
    for t in tables:
        hits, misses = t.count * t.frequency, t.count * (1 - t.frequency)
        lower = np.where(hits > 0, betaincinv(np.maximum(hits, 1e-9), misses + 1, alpha), 0.0)
        upper = np.where(misses > 0, betaincinv(hits + 1, np.maximum(misses, 1e-9), 1 - alpha), 1.0)
        away = np.maximum(np.maximum(lower - t.forecast, t.forecast - upper), 0.0)
        low = max(low, float(away.max()))
        high = max(high, float(np.maximum(upper - t.forecast, t.forecast - lower).max()))
        value.append(float(abs(t.error).max()))
    return Estimate(value=max(value), se=(high - low) / (2 * z), low=low, high=high)
