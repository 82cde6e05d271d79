"""R-hat, effective sample sizes and Monte Carlo errors of many columns of draws at once.

The definitions of Vehtari et al. (2021), doi:10.1214/20-BA1221, as ArviZ has them; one
Fourier transform serves all columns. Draws are arrays of shape (n_chains, n_draws, n_values), and
what is found has shape (n_values,). Columns with a value that is no number get NaN, and so do
means and deviations of columns with an infinite one.
"""

from collections.abc import Callable
from functools import wraps

import numpy as np
from scipy import fft
from scipy.special import ndtri

from trifit.threads import side_by_side
from trifit.types import BoolArray, FloatArray

TAILS = (0.05, 0.95)
"""Quantiles whose effective sample sizes are those of the tails."""

MIN_DRAWS = 4
"""Fewest draws per chain of which these numbers are known."""


BLOCK = 50_000
"""Most draws that a thread looks at at a time (400 kB)."""


type Measure = Callable[[FloatArray], FloatArray]


def _where(known: Callable[[FloatArray], BoolArray]) -> Callable[[Measure], Measure]:
    """Makes a measure go block by block; NaN where a draw is not known or there are too few."""

    def known_only(measure: Measure) -> Measure:
        @wraps(measure)
        def of_known(draws: FloatArray) -> FloatArray:
            n_chains, n_draws, n_values = draws.shape
            found = np.full(n_values, np.nan)
            if n_draws < MIN_DRAWS:
                return found
            step = max(1, BLOCK // (n_chains * n_draws))

            def block(start: int) -> None:
                some = draws[:, :, start : start + step]
                kept = np.flatnonzero(known(some).all(axis=(0, 1)))
                if len(kept):
                    found[start + kept] = measure(some[:, :, kept])

            side_by_side(block, range(0, n_values, step))
            return found

        return of_known

    return known_only


def _is_number(draws: FloatArray) -> BoolArray:
    """Whether each draw has a rank among the others, be it infinite."""
    return ~np.isnan(draws)


@_where(_is_number)
def rhat(draws: FloatArray) -> FloatArray:
    """Rank-normalised split R-hat, of the bulk or of the distance from the median; 1 is best."""
    if len(draws) < 2:
        return np.full(draws.shape[2], np.nan)
    halves = _split(_columns(draws))
    bulk = _rhat(_normal_scores(halves))
    tail = _rhat(_normal_scores(abs(halves - np.median(halves, axis=(1, 2), keepdims=True))))
    return np.where(tail > bulk, tail, bulk)


@_where(_is_number)
def ess_bulk(draws: FloatArray) -> FloatArray:
    """Effective draws of the rank-normalised values."""
    return _ess(_normal_scores(_split(_columns(draws))))


@_where(_is_number)
def ess_tail(draws: FloatArray) -> FloatArray:
    """Effective draws of the 5 % and 95 % quantiles, the smaller number."""
    values = _columns(draws)
    low, high = (
        _ess(_split((values <= q[:, None, None]).astype(np.float64)))
        for q in np.quantile(values, TAILS, axis=(1, 2))
    )
    return np.minimum(low, high)


@_where(np.isfinite)
def ess_mean(draws: FloatArray) -> FloatArray:
    """Effective draws of the mean."""
    return _ess(_split(_columns(draws)))


@_where(np.isfinite)
def mcse_mean(draws: FloatArray) -> FloatArray:
    """Monte Carlo standard error of the mean."""
    return np.asarray(draws.std(axis=(0, 1), ddof=1) / np.sqrt(ess_mean(draws)))


@_where(np.isfinite)
def mcse_sd(draws: FloatArray) -> FloatArray:
    """Monte Carlo standard error of the standard deviation (that with divisor n)."""
    squares = np.square(draws - draws.mean(axis=(0, 1)))
    variance = squares.mean(axis=(0, 1))
    of_variance = (np.square(squares).mean(axis=(0, 1)) - variance**2) / ess_mean(squares)
    return np.asarray(np.sqrt(of_variance / variance / 4))


def _columns(draws: FloatArray) -> FloatArray:
    """The same with one column's draws side by side: (n_values, n_chains, n_draws)."""
    return np.ascontiguousarray(np.moveaxis(draws, 2, 0))


def _split(values: FloatArray) -> FloatArray:
    """Halves of chains as chains of their own; of an odd number the middle draw is left out."""
    half = values.shape[2] // 2
    return np.concatenate([values[:, :, :half], values[:, :, values.shape[2] - half :]], axis=1)


def _normal_scores(values: FloatArray) -> FloatArray:
    """Normal quantiles of the ranks of each column, by Blom's (1958) offset of 3/8."""
    ranks = average_ranks(values.reshape(len(values), -1))
    return np.asarray(ndtri((ranks - 3 / 8) / (ranks.shape[1] + 1 / 4)).reshape(values.shape))


def average_ranks(values: FloatArray) -> FloatArray:
    """Ranks from 1 within every row, (n_rows, n); equal values share the mean of theirs.

    Of a row with NaN they are NaN.
    """
    n = values.shape[1]
    order = values.argsort(axis=1, kind="stable")
    ordered = np.take_along_axis(values, order, axis=1)
    differs = ordered[:, 1:] != ordered[:, :-1]
    edge = np.ones((len(values), 1), dtype=np.bool_)
    first = np.maximum.accumulate(np.where(np.hstack([edge, differs]), np.arange(n), 0), axis=1)
    ends = np.where(np.hstack([differs, edge]), np.arange(n), n)[:, ::-1]
    last = np.minimum.accumulate(ends, axis=1)[:, ::-1]
    ranks = np.empty_like(values)
    np.put_along_axis(ranks, order, (first + last) / 2 + 1, axis=1)
    ranks[np.isnan(values).any(axis=1)] = np.nan
    return ranks


def _rhat(values: FloatArray) -> FloatArray:
    """``sqrt((B / W + n - 1) / n)`` with variances between and within chains."""
    n = values.shape[2]
    between = n * values.mean(axis=2).var(axis=1, ddof=1)
    within = values.var(axis=2, ddof=1).mean(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.sqrt((between / within + n - 1) / n))


def _ess(values: FloatArray) -> FloatArray:
    """Effective sample size of a mean, by Geyer's initial monotone sequence.

    All draws where a column does not vary.
    """
    _, n_chains, n = values.shape
    size = n_chains * n
    covariance = _autocovariance(values)
    within = covariance[:, :1] * n / (n - 1)
    plus = covariance[:, 0] + (values.mean(axis=2).var(axis=1, ddof=1) if n_chains > 1 else 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        rho = 1 - (within - covariance) / plus[:, None]
    rho[:, 0] = 1.0
    # Sums of neighbours, the last of which that is looked at: the first that is not positive.
    last_pair = max((n - 3) // 2, 0)
    pairs = rho[:, : 2 * (last_pair + 1)].reshape(len(rho), -1, 2).sum(axis=2)
    over = ~(pairs > 0)
    over[:, last_pair] = True
    end = over.argmax(axis=1)
    monotone = np.minimum.accumulate(pairs, axis=1)
    before = np.where(np.arange(last_pair + 1) < end[:, None], monotone, 0.0).sum(axis=1)
    each = np.arange(len(rho))
    kept = (rho[each, 2 * end] > 0) | (pairs[each, end] >= 0)
    tau = -1 + 2 * before + np.where(kept, rho[each, 2 * end], 0.0)
    tau = np.maximum(tau, 1 / np.log10(size))
    constant = np.ptp(values, axis=(1, 2)) < np.finfo(np.float64).resolution
    return np.asarray(np.where(constant, size, size / tau))


def _autocovariance(values: FloatArray) -> FloatArray:
    """Autocovariances at every lag, averaged over chains: (n_values, n_draws)."""
    n = values.shape[2]
    length = fft.next_fast_len(2 * n, real=True)
    found = fft.rfft(values - values.mean(axis=2, keepdims=True), length, axis=2)
    power = (np.square(found.real) + np.square(found.imag)).mean(axis=1)
    return np.asarray(fft.irfft(power, length, axis=1)[:, :n] / n)
