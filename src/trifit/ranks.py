"""Are ranks uniform: exact simultaneous bands of their ECDF, and the chi-square test.

A value and ``n_draws`` draws of the same distribution: the value's rank among the draws is
uniform on ``0 .. n_draws``. Simulation-based calibration rests on this.
"""

from functools import lru_cache

import numpy as np
from scipy.special import gammaln, xlog1py, xlogy
from scipy.stats import binom, chi2

from trifit.types import FloatArray, IntArray

MIN_EXPECTED = 5
"""Fewest ranks that are expected in a bin of a histogram."""

EQUAL = 1 + 1e-9
"""Factor within which tail probabilities are equal: mirror images differ by rounding."""

BINS = (20, 10, 5, 4, 2)
"""Numbers of bins to choose from: they divide 100 ranks."""


def rank(value: float, draws: FloatArray, rng: np.random.Generator) -> int:
    """How many draws are below a value; those that equal it count at random.

    Parameters
    ----------
    value : float
    draws : array of shape (n_draws,)
    rng : numpy Generator

    Examples
    --------
    >>> rank(0.5, np.array([0.1, 0.4, 0.9]), np.random.default_rng(0))
    2
    """
    equal = int((draws == value).sum())
    return int((draws < value).sum()) + int(rng.integers(equal + 1))


def counts_below(ranks: IntArray, n_ranks: int) -> IntArray:
    """How many ranks are below 1, 2, ..., ``n_ranks - 1``: their ECDF, times their number."""
    return np.asarray(np.bincount(ranks, minlength=n_ranks).cumsum()[:-1])


def ecdf_p_value(ranks: IntArray, n_ranks: int) -> float:
    """p-value of uniform ranks by the largest pointwise surprise of their ECDF.

    At every rank ``i`` the number of ranks below it is Binomial(n, i / n_ranks) if ranks are
    uniform. The statistic is the smallest two-sided tail probability of these; its
    distribution is computed, not simulated.

    Parameters
    ----------
    ranks : array of shape (n,)
        Of ``0 .. n_ranks - 1``.
    n_ranks : int

    References
    ----------
    Säilynoja, Bürkner & Vehtari (2022), Stat. Comput. 32, doi:10.1007/s11222-022-10090-6

    Examples
    --------
    >>> round(ecdf_p_value(np.arange(100), 100), 3), round(ecdf_p_value(np.zeros(9, int), 4), 6)
    (1.0, 8e-06)
    """
    n, below = len(ranks), counts_below(ranks, n_ranks)
    share = np.arange(1, n_ranks) / n_ranks
    tail = np.minimum(binom.cdf(below, n, share), binom.sf(below - 1, n, share)).min()
    return 1.0 - _stays_inside(n, n_ranks, *_bounds(n, n_ranks, float(tail) * EQUAL))


@lru_cache(maxsize=64)
def ecdf_band(n: int, n_ranks: int, level: float = 0.95) -> tuple[FloatArray, FloatArray]:
    """Least and largest share of uniform ranks below 1, ..., ``n_ranks - 1``.

    The ECDF of ``n`` uniform ranks lies within at all of them at once with probability
    ``level`` or slightly more.

    Parameters
    ----------
    n : int
        Number of ranks.
    n_ranks : int
        Number of values that a rank may have.
    level : float

    References
    ----------
    Säilynoja, Bürkner & Vehtari (2022), Stat. Comput. 32, doi:10.1007/s11222-022-10090-6

    Examples
    --------
    >>> low, high = ecdf_band(100, 4)
    >>> low.tolist(), high.tolist()
    ([0.15, 0.39, 0.65], [0.35, 0.61, 0.85])
    """
    most, least = (1.0 - level) / 2, 0.0
    for _ in range(30):
        tail = (most + least) / 2
        if _stays_inside(n, n_ranks, *_bounds(n, n_ranks, tail)) >= level:
            least = tail
        else:
            most = tail
    low, high = _bounds(n, n_ranks, least)
    return low / n, high / n


def chi_square_p_value(ranks: IntArray, n_ranks: int) -> float:
    """p-value of uniform ranks by the chi-square test of their histogram.

    Parameters
    ----------
    ranks : array of shape (n,)
        Of ``0 .. n_ranks - 1``.
    n_ranks : int

    References
    ----------
    Talts et al. (2018), arXiv:1804.06788

    Examples
    --------
    >>> chi_square_p_value(np.arange(100), 100)
    1.0
    """
    counts = histogram(ranks, n_ranks)
    expected = len(ranks) / len(counts)
    return float(chi2.sf(((counts - expected) ** 2 / expected).sum(), len(counts) - 1))


def histogram(ranks: IntArray, n_ranks: int) -> IntArray:
    """Numbers of ranks in as many equal bins as have 5 expected ranks each, at most 20.

    Parameters
    ----------
    ranks : array of shape (n,)
        Of ``0 .. n_ranks - 1``.
    n_ranks : int
        A multiple of 20.
    """
    enough = [b for b in BINS if len(ranks) >= MIN_EXPECTED * b]
    n_bins = enough[0] if enough else BINS[-1]
    return np.asarray(np.bincount(ranks * n_bins // n_ranks, minlength=n_bins))


def holm(p_values: FloatArray) -> FloatArray:
    """p-values of several tests, adjusted so that any error has the chance of one test's.

    References
    ----------
    Holm (1979), Scand. J. Stat. 6(2)

    Examples
    --------
    >>> holm(np.array([0.01, 0.5, 0.02])).tolist()
    [0.03, 0.5, 0.04]
    """
    order = np.argsort(p_values)
    steps = p_values[order] * np.arange(len(p_values), 0, -1)
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def _bounds(n: int, n_ranks: int, tail: float) -> tuple[IntArray, IntArray]:
    """Least and largest counts at every rank whose tails both exceed ``tail``; 0, -1 for none."""
    counts, share = np.arange(n + 1), (np.arange(1, n_ranks) / n_ranks)[:, None]
    inside = np.minimum(binom.cdf(counts, n, share), binom.sf(counts - 1, n, share)) > tail
    low = inside.argmax(axis=1)
    return low, low + inside.sum(axis=1) - 1


def _stays_inside(n: int, n_ranks: int, low: IntArray, high: IntArray) -> float:
    """Probability that uniform ranks have counts within bounds at every rank.

    Counts are a Markov chain: of the ``n - c`` ranks that are not below ``i``, each is
    ``i`` with probability ``1 / (n_ranks - i)``.
    """
    log_factorial = gammaln(np.arange(n + 1) + 1.0)
    states, probs = np.array([0]), np.ones(1)
    for i in range(n_ranks - 1):
        if low[i] > high[i]:
            return 0.0
        following, p = np.arange(low[i], high[i] + 1), 1.0 / (n_ranks - i)
        left, more = n - states[:, None], following[None, :] - states[:, None]
        possible = (more >= 0) & (more <= left)
        k = np.where(possible, more, 0)
        log_choose = log_factorial[left] - log_factorial[k] - log_factorial[left - k]
        step = np.where(possible, np.exp(log_choose + xlogy(k, p) + xlog1py(left - k, -p)), 0.0)
        states, probs = following, probs @ step
    return float(min(probs.sum(), 1.0))
