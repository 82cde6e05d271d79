"""Scores where classes have other shares, from rows with labels."""

import numpy as np

from trifit.clusters import degrees_of_freedom, group_sums, quantile
from trifit.scores import Estimate
from trifit.types import FloatArray, IntArray


def target_mean(
    values: FloatArray, truth: FloatArray, shares: FloatArray, groups: IntArray | None = None
) -> Estimate:
    """Mean where classes have other shares: rows of class k weigh ``shares_k / frequency_k``.

    With these importance weights it is ``sum_k shares_k mean_k``, the mean of the classes' means.
    Its standard error is that of the mean of ``weight_i (value_i - mean_k)``: the weights are not
    chance, the scatter within classes is; so a rare class that is to become common has a large one.
    The scatter of a class is corrected as in :func:`trifit.clusters.standard_error`. In the
    interval every class's scatter is multiplied by Student's t of its own degrees of freedom: so
    it covers at least as often as it says, whichever class has the few rows (or groups), while
    degrees of freedom that are estimated from the scatter are too many where it is small by
    chance. The error is NaN where a class has one row (or group), which shows no scatter.

    Parameters
    ----------
    values : array of shape (n_obs, n_classes)
        A row's score if its label were class k.
    truth : array of shape (n_obs, n_classes)
        Labels as distributions.
    shares : array of shape (n_classes,)
    groups : array of shape (n_obs,), optional
        Rows that belong together.

    References
    ----------
    Shimodaira (2000), J. Stat. Plan. Inference 90(2), doi:10.1016/S0378-3758(00)00115-4
    (importance weights); Holt & Smith (1979), J. R. Stat. Soc. A 142(1), doi:10.2307/2344652
    (post-stratification); Banerjee (1960), Sankhya 22(3/4), 357-358 (the interval)

    Examples
    --------
    >>> loss = np.array([[1.0, 3.0], [1.0, 3.0], [1.0, 3.0]])
    >>> truth = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    >>> round(target_mean(loss, truth, np.array([0.1, 0.9])).value, 2)
    2.8
    """
    frequency = truth.mean(axis=0)
    there = (frequency > 0) & (shares > 0)
    frequency, shares = frequency[there], shares[there]
    values, truth = values[:, there], truth[:, there]
    means = np.where(truth > 0, truth * values, 0.0).mean(axis=0) / frequency
    off = np.where(truth > 0, truth * (shares / frequency) * (values - means), 0.0)
    if groups is not None:
        off, truth = group_sums(off, groups), group_sums(truth, groups)
    size = truth / truth.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):  # one row (or group): NaN
        off = off / np.sqrt(1 - size) / len(values)
    t = np.array([quantile(0.95, degrees_of_freedom(of[of > 0])) for of in size.T])
    se, half = (float(np.linalg.norm(off @ factor)) for factor in (np.ones_like(t), t))
    value = float(shares @ means)
    return Estimate(value=value, se=se, low=value - half, high=value + half)


def effective_rows(truth: FloatArray, shares: FloatArray) -> float:
    """Rows that would do without weights, ``(sum w)**2 / sum w**2``.

    References
    ----------
    Kish (1965), Survey Sampling, section 11.7

    Examples
    --------
    >>> truth = np.array([[1.0, 0.0]] * 3 + [[0.0, 1.0]])
    >>> round(effective_rows(truth, np.array([0.5, 0.5])), 2)
    3.0
    """
    frequency = truth.mean(axis=0)
    ratio = np.divide(shares, frequency, out=np.zeros_like(shares), where=frequency > 0)
    weights = truth @ ratio
    return float(weights.sum() ** 2 / (weights**2).sum())
