"""Expected log predictive density on held-out rows, and which of two fits has more of it.

Sums over rows, in nats, higher is better: the scale of LOO and WAIC. The mean
over rows with its sign turned is the log-loss.
"""

import math

import numpy as np

from trifit.clusters import degrees_of_freedom, group_sums, quantile, shares, standard_error
from trifit.inputs import Labels, measure
from trifit.scores import Estimate, log_predictive_density, mean_with_se
from trifit.types import FloatArray, IntArray

MAX_GROUPS = 5_000
"""Most groups of rows whose Bayesian-bootstrap weights are drawn one by one."""

ROUNDING = 1e-12
"""Difference of two log densities, nats, up to which they are equal (relative above 1)."""

BLOCK = 250_000
"""Most weights held at a time (2 MB, which stay in the processor's cache)."""


@measure
def elpd(log_probs: FloatArray, y: Labels, groups: IntArray | None = None) -> Estimate:
    """Expected log predictive density for ``n_obs`` new rows; higher is better, at most 0.

    ``sum_i lpd_i`` with standard error ``sqrt(n_obs) sd(lpd_i)``. Of pooled out-of-fold
    predictions it is the K-fold elpd; of a hold-out, the held-out elpd.

    Parameters
    ----------
    log_probs : array of shape (n_draws, n_obs, n_classes) or (n_obs, n_classes)
        Held-out log probabilities.
    y : array of shape (n_obs,) or (n_obs, n_classes)
    groups : array of shape (n_obs,), optional
        Rows that belong together; the error is then that of the groups' sums.

    Raises
    ------
    ValueError
        On shape mismatch, an out-of-range label or an unnormalised row.

    References
    ----------
    Vehtari, Gelman & Gabry (2017), Stat. Comput. 27(5), doi:10.1007/s11222-016-9696-4

    Examples
    --------
    >>> round(elpd(np.log([[0.9, 0.1], [0.5, 0.5]]), np.array([0, 1])).value, 4)
    -0.7985
    """
    return total(log_predictive_density(log_probs, y), groups)


def elpd_difference(a: FloatArray, b: FloatArray, y: Labels) -> Estimate:
    """``elpd(a) - elpd(b)`` on the same rows, positive where ``a`` predicts better.

    The standard error (``diff_se``) is of the row-by-row differences, so what is hard
    for both cancels.

    Parameters
    ----------
    a, b : array of shape (n_draws, n_obs, n_classes) or (n_obs, n_classes)
        Log probabilities of two fits.
    y : array of shape (n_obs,) or (n_obs, n_classes)

    Raises
    ------
    ValueError
        On shape mismatch, an out-of-range label or an unnormalised row.

    Examples
    --------
    >>> a, b = np.log([[0.9, 0.1], [0.5, 0.5]]), np.log([[0.45, 0.55], [0.75, 0.25]])
    >>> round(elpd_difference(a, b, np.array([0, 1])).value, 4)  # twice log 2
    1.3863
    """
    return total(log_predictive_density(a, y) - log_predictive_density(b, y))


def total(pointwise: FloatArray, groups: IntArray | None = None) -> Estimate:
    """The sum of per-row values, with the standard error of that sum."""
    return mean_with_se(pointwise, groups).times(len(pointwise))


def probability_better(
    lpd_a: FloatArray,
    lpd_b: FloatArray,
    *,
    groups: IntArray | None = None,
    n_draws: int = 4000,
    seed: int | np.random.Generator = 0,
) -> float:
    """Bayesian-bootstrap probability that ``a`` predicts better than ``b``, 0 to 1.

    The rows' weights are drawn from their posterior under a Dirichlet process,
    ``w ~ Dirichlet(1, ..., 1)``; the answer is the share of draws with ``sum_i w_i
    (lpd_a_i - lpd_b_i) > 0``, ties counted half; densities that differ by rounding alone
    are equal. Above 5,000 rows, rows with neighbouring differences share a weight of the
    same total. Rows of one group share one weight.

    Parameters
    ----------
    lpd_a, lpd_b : array of shape (n_obs,)
        Pointwise log predictive densities of two fits on the same rows.
    groups : array of shape (n_obs,), optional
        Rows that belong together.
    n_draws : int
        Monte Carlo error at most ``0.5 / sqrt(n_draws)``.
    seed : int or numpy Generator

    Raises
    ------
    ValueError
        If the shapes differ, nothing is given, or a value is not finite.

    References
    ----------
    Rubin (1981), Ann. Stat. 9(1), doi:10.1214/aos/1176345338

    Examples
    --------
    >>> probability_better(np.array([-1.0, -0.5]), np.array([-2.0, -0.7]))
    1.0
    """
    a, b = np.asarray(lpd_a, np.float64), np.asarray(lpd_b, np.float64)
    if a.shape != b.shape or a.ndim != 1 or not len(a):
        raise ValueError(
            f"lpd_a has shape {a.shape} and lpd_b {b.shape}; expected two of (n_obs,), not empty"
        )
    difference = a - b
    if not np.isfinite(difference).all():
        row = int(np.flatnonzero(~np.isfinite(difference))[0])
        raise ValueError(
            f"row {row}: lpd_a is {a[row]} and lpd_b {b[row]}; expected finite numbers"
        )
    difference[abs(difference) <= ROUNDING * (1 + abs(a))] = 0.0
    means = _bootstrapped(difference, groups, n_draws, np.random.default_rng(seed))
    return float(np.mean(means > 0) + 0.5 * np.mean(means == 0))


def mean_interval(
    pointwise: FloatArray,
    *,
    groups: IntArray | None = None,
    level: float = 0.95,
    n_draws: int = 2000,
    seed: int | np.random.Generator = 0,
) -> tuple[float, float]:
    """Bayesian-bootstrap interval of a mean over rows, equal-tailed.

    The weights of :func:`probability_better`. Unlike ``mean +- 1.96 se`` it leans
    to the side where a few rows are far out, and stays within the rows' range.

    Parameters
    ----------
    pointwise : array of shape (n_obs,)
    groups : array of shape (n_obs,), optional
        Rows that belong together: they share a weight, and the interval is widened about
        the mean as that of :func:`trifit.scores.mean_with_se` is wider than the normal one
        without corrections for few groups.
    level : float
    n_draws : int
    seed : int or numpy Generator

    Raises
    ------
    ValueError
        If nothing is given, or a value is not finite.

    References
    ----------
    Rubin (1981), Ann. Stat. 9(1), doi:10.1214/aos/1176345338

    Examples
    --------
    >>> low, high = mean_interval(np.repeat([0.0, 1.0], [90, 10]))
    >>> round(low, 2), round(high, 2)
    (0.05, 0.17)
    """
    values = np.asarray(pointwise, np.float64)
    if values.ndim != 1 or not len(values) or not np.isfinite(values).all():
        raise ValueError(
            f"pointwise has shape {values.shape}; expected (n_obs,), not empty, finite numbers"
        )
    means = _bootstrapped(values, groups, n_draws, np.random.default_rng(seed))
    low, high = np.quantile(means, ((1 - level) / 2, (1 + level) / 2))
    if groups is not None:
        wider, mean = _few_groups(values, groups, level), values.mean()
        low, high = mean + wider * (low - mean), mean + wider * (high - mean)
        low, high = max(low, values.min()), min(high, values.max())
    return float(low), float(high)


def _few_groups(values: FloatArray, groups: IntArray, level: float) -> float:
    """By how much the bootstrap's interval of groups is too short."""
    size = shares(groups)
    n, sums = len(size), group_sums(values - values.mean(), groups)
    if n < 2 or not sums.any():
        return 1.0
    t = quantile(level, degrees_of_freedom(size)) / quantile(level, None)
    scatter = standard_error(values, groups) * len(values) / float(np.linalg.norm(sums))
    return t * scatter * math.sqrt((n + 1) / n)


def _bootstrapped(
    values: FloatArray, groups: IntArray | None, n_draws: int, rng: np.random.Generator
) -> FloatArray:
    """Weighted means (n_draws,) of values, weights ``Dirichlet(1, ..., 1)`` of rows or groups."""
    if groups is None:
        sums, sizes = values, np.ones(len(values))
    else:
        sums, sizes = group_sums(values, groups), group_sums(np.ones(len(values)), groups)
    order = np.argsort(sums / sizes, kind="stable")
    # A bundle of neighbours has the weight of all of them, and their mean.
    n_bundles = min(len(order), MAX_GROUPS)
    count = np.full(n_bundles, len(order) // n_bundles)
    count[: len(order) % n_bundles] += 1
    first = np.cumsum(count) - count
    value, size = (np.add.reduceat(each[order], first) / count for each in (sums, sizes))
    means = []
    step = max(1, BLOCK // n_bundles)
    for start in range(0, n_draws, step):
        shape = (min(step, n_draws - start), n_bundles)
        # A gamma variable of shape 1, drawn five times as fast.
        one_each = n_bundles == len(order)
        weights = rng.standard_exponential(shape) if one_each else rng.standard_gamma(count, shape)
        means.append(weights @ value / (weights @ size))
    return np.concatenate(means)
