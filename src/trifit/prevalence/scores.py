"""Scores where classes have other shares, from rows with labels."""

import numpy as np

from trifit.clusters import group_sums, n_groups
from trifit.scores import Estimate, mean_with_se
from trifit.types import FloatArray, IntArray


def target_mean(
    values: FloatArray, truth: FloatArray, shares: FloatArray, groups: IntArray | None = None
) -> Estimate:
    """Mean where classes have other shares: rows of class k weigh ``shares_k / frequency_k``.

    With these importance weights it is ``sum_k shares_k mean_k``, the mean of the classes' means.
    Its standard error is that of the mean of ``weight_i (value_i - mean_k)``: the weights are not
    chance, the scatter within classes is; so a rare class that is to become common has a large one.
    A class's scatter is corrected for its own mean, ``n_k / (n_k - 1)`` (rows, or groups), and
    the interval is Student's with Satterthwaite's degrees of freedom, with groups at most one less
    than there are. The error is NaN where a class has one row (or group), which shows no scatter.

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
    (post-stratification); Satterthwaite (1946), Biometrics Bull. 2(6), doi:10.2307/3002019

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
    n_rows = truth.sum(axis=0)
    if groups is not None:
        n_rows = np.array([len(np.unique(groups[of_class > 0])) for of_class in truth.T])
    unbiased = np.sqrt(n_rows / np.where(n_rows > 1, n_rows - 1, np.nan))
    weight = truth * (shares / frequency * unbiased)
    off = np.where(truth > 0, weight * (values - means), 0.0)
    scatter = mean_with_se(off.sum(axis=1), groups)
    value = float(shares @ means)
    sums, most = (
        (off, np.inf) if groups is None else (group_sums(off, groups), n_groups(groups) - 1)
    )
    half = scatter.se * _quantile((sums**2).sum(axis=0), n_rows - 1, most)
    return Estimate(value=value, se=scatter.se, low=value - half, high=value + half)


def _quantile(variances: FloatArray, df: FloatArray, most: float) -> float:
    """Student's, two-sided 95 %, of a sum of variances with so many degrees of freedom each."""
    from scipy.special import stdtrit  # not needed by the command line's checks

    spread = (variances**2 / df).sum()
    df_of_sum = variances.sum() ** 2 / spread if spread > 0 else np.inf
    return float(stdtrit(min(df_of_sum, most), 0.975))


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
