"""Scores of predictive class probabilities, each with its standard error.

Pure array mathematics: probabilities ``(n_obs, n_classes)`` and labels from
anywhere: class codes ``(n_obs,)``, or soft labels ``(n_obs, n_classes)``, for
which every score is its expectation under the row's label distribution.
Natural logarithms throughout; ``BITS`` converts nats to bits.
"""

import math

import msgspec
import numpy as np

from trifit.clusters import degrees_of_freedom, n_groups, quantile, shares, standard_error
from trifit.inputs import (
    Labels,
    checked_labels,
    checked_probs,
    label_probs,
    log_of_checked_probs,
    measure,
)
from trifit.normal import Z95
from trifit.types import FloatArray, IntArray

BITS = float(1.0 / np.log(2.0))
"""Bits per nat."""


class Interval(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A number and its 95 % interval.

    The interval may be a point (a number that does not depend on the rows).
    """

    value: float
    low: float
    high: float


class Estimate(Interval, frozen=True, kw_only=True):
    """A number, its standard error and its 95 % interval."""

    se: float

    @classmethod
    def normal(cls, value: float, se: float, df: float | None = None) -> "Estimate":
        """With the 95 % interval of a normal distribution, or of Student's t.

        Parameters
        ----------
        value, se : float
        df : float, optional
            Degrees of freedom of Student's t.
        """
        half = (Z95 if df is None else quantile(0.95, df)) * se
        return cls(value=value, se=se, low=value - half, high=value + half)

    def within(self, low: float, high: float) -> "Estimate":
        """With another interval."""
        return msgspec.structs.replace(self, low=low, high=high)

    def times(self, factor: float) -> "Estimate":
        """In another unit; the factor is above 0."""
        return Estimate(
            value=self.value * factor,
            se=self.se * factor,
            low=self.low * factor,
            high=self.high * factor,
        )

    @property
    def clear(self) -> bool:
        """Whether zero is outside the interval."""
        return self.low > 0 or self.high < 0


def mean_with_se(pointwise: FloatArray, groups: IntArray | None = None) -> Estimate:
    """Mean of per-row values; its standard error is ``sd / sqrt(n_obs)``, its interval normal.

    With groups it is that of :func:`trifit.clusters.standard_error`, and the interval
    Student's t with :func:`trifit.clusters.degrees_of_freedom`. With cross-validation the rows
    share training data, so both are slightly too small; no unbiased estimator exists (Bengio &
    Grandvalet 2004, JMLR 5).
    """
    mean, n = float(np.mean(pointwise)), len(pointwise)
    if groups is not None:
        df = degrees_of_freedom(shares(groups))
        return Estimate.normal(mean, standard_error(pointwise, groups), df)
    with np.errstate(invalid="ignore"):  # an infinite mean has no standard error: NaN
        se = float(np.std(pointwise, ddof=1) / np.sqrt(n)) if n > 1 else float("nan")
    return Estimate.normal(mean, se)


def t_mean(values: FloatArray, level: float = 0.95) -> Estimate:
    """Mean over a few replications, with Student's t interval.

    Examples
    --------
    >>> mean = t_mean(np.array([1.0, 2.0, 3.0]))
    >>> round(mean.low, 2), mean.value, round(mean.high, 2)
    (-0.48, 2.0, 4.48)
    """
    mean = mean_with_se(values)
    half = quantile(level, len(values) - 1) * mean.se
    return mean.within(mean.value - half, mean.value + half)


@measure
def log_predictive_density(log_probs: FloatArray, y: Labels) -> FloatArray:
    """Pointwise log predictive density in nats; higher is better, at most 0.

    ``lpd_i = log((1/S) sum_s p(y_i | x_i, theta_s))``: draws are averaged as
    probabilities. Averaging logs instead would understate it (Jensen).

    Parameters
    ----------
    log_probs : array of shape (n_draws, n_obs, n_classes) or (n_obs, n_classes)
        Log class probabilities. A point fit has one draw, or no draw axis.
    y : array of shape (n_obs,) or (n_obs, n_classes)
        Class codes in ``0 .. n_classes - 1``, or soft labels, for which
        ``lpd_i = sum_k y_ik log p_ik``.

    Returns
    -------
    lpd_i : array of shape (n_obs,)

    Raises
    ------
    ValueError
        On shape mismatch, an out-of-range label or an unnormalised row.

    References
    ----------
    Vehtari et al. (2017), Stat. Comput. 27(5), doi:10.1007/s11222-016-9696-4

    Examples
    --------
    >>> log_predictive_density(np.log([[[0.9, 0.1]], [[0.5, 0.5]]]), np.array([0]))
    array([-0.35667494])
    """
    log_probs = log_of_checked_probs(log_probs)
    draws = log_probs[None] if log_probs.ndim == 2 else log_probs
    y = checked_labels(y, *draws.shape[1:])
    if y.ndim == 1:
        at_label = draws[:, np.arange(len(y)), y]
        return np.asarray(np.logaddexp.reduce(at_label, axis=0) - np.log(len(draws)))
    mean = np.logaddexp.reduce(draws, axis=0) - np.log(len(draws))
    return np.where(y > 0, y * mean, 0.0).sum(axis=1)  # 0 log 0 = 0


@measure
def log_loss(log_probs: FloatArray, y: Labels) -> Estimate:
    """Mean negative log predictive density (cross-entropy) in nats; lower is better.

    Takes **log** probabilities, so that a confident mistake costs what it
    costs: nothing is clipped.

    Parameters
    ----------
    log_probs : array of shape (n_obs, n_classes)
    y : array of shape (n_obs,) or (n_obs, n_classes)

    Raises
    ------
    ValueError
        On shape mismatch, an out-of-range label or an unnormalised row.

    References
    ----------
    Good (1952), J. R. Stat. Soc. B 14(1), doi:10.1111/j.2517-6161.1952.tb00104.x

    Examples
    --------
    >>> round(log_loss(np.log([[0.9, 0.1], [0.5, 0.5]]), np.array([0, 1])).value, 4)
    0.3993
    """
    return mean_with_se(-log_predictive_density(log_probs, y))


@measure
def brier(probs: FloatArray, y: Labels) -> Estimate:
    """Mean squared distance from the one-hot label; lower is better, 0 to 2.

    ``sum_k (p_ik - [y_i = k])**2``, summed over classes: for two classes twice
    the score that scikit-learn's ``brier_score_loss`` gives by default.

    Parameters
    ----------
    probs : array of shape (n_obs, n_classes)
    y : array of shape (n_obs,) or (n_obs, n_classes)

    Raises
    ------
    ValueError
        On shape mismatch, an out-of-range label or an unnormalised row.

    References
    ----------
    Brier (1950), Mon. Weather Rev. 78(1), doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2

    Examples
    --------
    >>> round(brier(np.array([[0.9, 0.1], [0.5, 0.5]]), np.array([0, 1])).value, 4)
    0.26
    """
    return mean_with_se(squared_distance(probs, y))


@measure
def squared_distance(probs: FloatArray, y: Labels) -> FloatArray:
    """Pointwise Brier score, shape (n_obs,); see :func:`brier`. Lower is better."""
    probs = checked_probs(probs)
    truth = label_probs(checked_labels(y, *probs.shape), probs.shape[1])
    return np.asarray((probs**2 - 2 * probs * truth + truth).sum(axis=1))


def total_variation(p: FloatArray, q: FloatArray) -> FloatArray:
    """Half the sum over classes of ``|p - q|`` per row: 0 (alike) to 1 (no class in common).

    Examples
    --------
    >>> total_variation(np.array([[0.5, 0.5], [0.9, 0.1]]), np.array([[0.5, 0.5], [0.6, 0.4]]))
    array([0. , 0.3])
    """
    return np.asarray(0.5 * abs(p - q).sum(axis=1))


@measure
def accuracy(probs: FloatArray, y: Labels) -> Estimate:
    """Share of rows whose most probable class is the label; higher is better.

    Among tied classes the first counts.

    Parameters
    ----------
    probs : array of shape (n_obs, n_classes)
        Probabilities, or their logarithms: only their order matters.
    y : array of shape (n_obs,)

    Examples
    --------
    >>> accuracy(np.array([[0.9, 0.1], [0.6, 0.4]]), np.array([0, 1])).value
    0.5
    """
    probs = np.asarray(probs)
    winner = np.argmax(probs, axis=1)
    y = checked_labels(y, *probs.shape)
    return mean_with_se(label_probs(y, probs.shape[1])[np.arange(len(y)), winner])


def wilson(share: float, n_obs: float, *, z: float = Z95) -> tuple[float, float]:
    """Wilson's interval of a frequency: of use at 0 and 1 too, where ``se`` is 0.

    ``(f + z^2/2n +- z sqrt(f (1 - f)/n + z^2/4n^2)) / (1 + z^2/n)``

    Parameters
    ----------
    share : float
        Observed frequency, 0 to 1.
    n_obs : float
        Rows it is the frequency of.
    z : float
        Normal quantile; 1.96 for 95 %.

    References
    ----------
    Wilson (1927), J. Am. Stat. Assoc. 22(158), doi:10.1080/01621459.1927.10502953

    Examples
    --------
    >>> low, high = wilson(1.0, 30)
    >>> round(low, 4), high
    (0.8865, 1.0)
    """
    square = z**2 / n_obs
    centre = (share + square / 2) / (1 + square)
    half = z * math.sqrt(share * (1 - share) / n_obs + square / (4 * n_obs)) / (1 + square)
    return max(0.0, centre - half), min(1.0, centre + half)


def share_with_se(right: FloatArray, groups: IntArray | None = None) -> Estimate:
    """Share of the rows that are 1, with Wilson's interval.

    With groups it is that of so many independent rows as have the standard error of the groups,
    at most all, with Student's t for the normal. Where all rows are 1 (or 0) the groups show
    no scatter; each then counts as one row.

    Parameters
    ----------
    right : array of shape (n_obs,)
        0 or 1.
    groups : array of shape (n_obs,), optional
        Rows that belong together.

    References
    ----------
    Korn & Graubard (1998), Surv. Methodol. 24(2) (rows that the share is worth)

    Examples
    --------
    >>> found = share_with_se(np.ones(40), np.repeat(np.arange(10), 4))
    >>> round(found.low, 2), found.high
    (0.66, 1.0)
    """
    mean, n = mean_with_se(right, groups), float(len(right))
    if groups is None:
        return mean.within(*wilson(mean.value, n))
    variance = mean.value * (1 - mean.value)
    if variance == 0:
        n = n_groups(groups)
    elif mean.se > 0:
        n = min(variance / mean.se**2, n)
    z = quantile(0.95, degrees_of_freedom(shares(groups)))
    return mean.within(*wilson(mean.value, n, z=z))


def paired_difference(a: FloatArray, b: FloatArray, groups: IntArray | None = None) -> Estimate:
    """Mean of ``a - b`` over rows, with the standard error of that difference.

    Parameters
    ----------
    a, b : array of shape (n_obs,)
        Per-row scores of two fits **on the same rows**; the rows' common
        difficulty cancels, so the error is usually far below that of either.
    groups : array of shape (n_obs,), optional
        Rows that belong together.

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> paired_difference(np.array([1.0, 2.0]), np.array([0.5, 1.5])).se
    0.0
    """
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape or a.ndim != 1:
        raise ValueError(f"a has shape {a.shape} and b {b.shape}; expected two of (n_obs,)")
    return mean_with_se(a - b, groups)
