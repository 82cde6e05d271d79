"""The fused log-likelihood: value and gradient in one blocked pass over the rows.

Class scores, log-sum-exp, residuals and the gradient's sum are made block by
block, while the block is in the cache: X is read once and nothing of the size
(n_obs, n_classes) is written.
"""

from math import factorial
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from trifit.fit.fast.version import version_of
from trifit.threads import side_by_side
from trifit.types import FloatArray, IntArray

VERSION = version_of(__file__)
"""Of this file's text: machine code kept on disk that has the kernel in it is told apart by it."""

BLOCK = 128
"""Rows that are in work at a time: few enough for OpenBLAS's quick product of small matrices."""

AT_ONCE = 8
"""Rows of which one logarithm is taken, of the product of their sums (each is 1 to n_classes)."""

AGAINST_CLASS_0 = np.int64(1)
"""``first`` of log-odds; a literal 1 would be a type of its own to numba, compiled once more."""

CHUNK = 16_384
"""Rows of one task; partial sums are added in this order however many threads there are."""


@intrinsic
def _bits(_context: Any, x: Any) -> Any:
    """A float64's 64 bits as an integer."""
    cast = lambda c, builder, s, args: builder.bitcast(args[0], ir.IntType(64))  # noqa: E731
    return types.int64(types.float64), cast


@intrinsic
def _float(_context: Any, x: Any) -> Any:
    """The float64 of 64 bits."""
    cast = lambda c, builder, s, args: builder.bitcast(args[0], ir.DoubleType())  # noqa: E731
    return types.float64(types.int64), cast


LOG2_E = 1.4426950408889634
LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
ROUND = 6755399441055744.0
"""1.5 * 2**52: added and taken off again, it leaves the nearest whole number."""
T13, T12, T11, T10, T9, T8, T7, T6, T5, T4, T3, T2 = (1.0 / factorial(n) for n in range(13, 1, -1))


@njit(inline="always", error_model="numpy")
def _exp(x):  # type: ignore[no-untyped-def]
    """``exp(x)`` of x at most 0, to a relative 1e-15, at least 3e-308; several at a time.

    Unlike the mathematical library's it has no branch and no table, so a loop
    over it becomes vector instructions: ``x = k log 2 + r``, a Taylor polynomial of r
    (``|r| < 0.35``), and k added to the exponent's bits.
    """
    x = x if x > -708.0 else -708.0
    shifted = x * LOG2_E + ROUND
    k = shifted - ROUND
    r = (x - k * LN2_HIGH) - k * LN2_LOW
    p = ((((((T13 * r + T12) * r + T11) * r + T10) * r + T9) * r + T8) * r + T7) * r + T6
    p = ((((p * r + T5) * r + T4) * r + T3) * r + T2) * r * r + r + 1.0
    return _float(_bits(p) + (_bits(shifted) << 52))  # type: ignore[call-arg]


@njit(cache=True, nogil=True, error_model="numpy")
def log_likelihood(  # type: ignore[no-untyped-def]  # noqa: C901, PLR0912, PLR0915 - compiled whole
    X, labels, intercept, beta, first, by_intercept, by_beta, by_X
):
    """``sum_ik w_ik log softmax(intercept + X @ beta)_ik``, and its gradient.

    Parameters
    ----------
    X : array of shape (n_obs, n_features), C order
    labels : array of shape (n_obs,) or (n_obs, n_classes)
        Class codes, or weights ``w`` of every class.
    intercept, beta : array of shape (n_scores,), (n_features, n_scores)
    first : int
        Class of the first column. 1 where class 0 has no column: its score is zero.
    by_intercept, by_beta : as intercept, beta
        Overwritten by the gradient.
    by_X : array of shape (n_obs, n_features) or (0, 0)
        Overwritten by the gradient with respect to X, where it has rows.
    """
    n, d = X.shape
    k = intercept.size
    if not (np.isfinite(intercept).all() and np.isfinite(beta).all()):
        by_intercept[:], by_beta[:], by_X[:] = np.nan, np.nan, np.nan
        return np.nan
    B = np.ascontiguousarray(beta.T)
    by_intercept[:] = 0.0
    by_B = np.zeros((k, d))
    part = np.empty((k, d))
    top, total, ones = np.empty(BLOCK), np.empty(BLOCK), np.ones(BLOCK)
    full = np.empty((k, BLOCK))
    value, product = 0.0, 1.0
    for start in range(0, n, BLOCK):
        m = min(BLOCK, n - start)
        rows = X[start : start + m]
        z = full if m == BLOCK else np.empty((k, m))
        np.dot(B, rows.T, z)
        for i in range(m):
            top[i] = 0.0 if first == 1 else -np.inf
        for c in range(k):
            for i in range(m):
                z[c, i] += intercept[c]
                top[i] = z[c, i] if z[c, i] > top[i] else top[i]
        for i in range(m):
            total[i] = _exp(-top[i]) if first == 1 else 0.0
        if labels.ndim == 1:
            for i in range(m):
                c = labels[start + i] - first
                value += (z[c, i] if c >= 0 else 0.0) - top[i]
        else:
            for i in range(m):
                w = labels[start + i]
                if first == 1 and w[0] > 0:
                    value -= w[0] * top[i]
                for c in range(k):
                    if w[c + first] > 0:  # 0 log 0 = 0
                        value += w[c + first] * (z[c, i] - top[i])
        for c in range(k):
            for i in range(m):
                z[c, i] = _exp(z[c, i] - top[i])
                total[i] += z[c, i]
        if labels.ndim == 1:
            for i in range(m):
                product *= total[i]
                if i % AT_ONCE == AT_ONCE - 1 or i == m - 1:
                    value -= np.log(product)
                    product = 1.0
                total[i] = -1.0 / total[i]
        else:
            for i in range(m):
                weight = labels[start + i].sum()
                value -= weight * np.log(total[i])
                total[i] = -weight / total[i]
        for c in range(k):
            for i in range(m):
                z[c, i] *= total[i]
        if labels.ndim == 1:
            for i in range(m):
                c = labels[start + i] - first
                if c >= 0:
                    z[c, i] += 1.0
        else:
            for c in range(k):
                for i in range(m):
                    z[c, i] += labels[start + i, c + first]
        np.dot(z, rows, part)  # z is now the residual
        by_intercept += np.dot(z, ones[:m])
        by_B += part
        if by_X.shape[0] > 0:
            np.dot(z.T, B, by_X[start : start + m])
    for j in range(d):  # not by_beta[:] = by_B.T: its error message takes numba 3 s to compile
        for c in range(k):
            by_beta[j, c] = by_B[c, j]
    return value


NO_ROWS = np.empty((0, 0))


def log_likelihood_of(
    X: FloatArray, labels: IntArray | FloatArray, weights: FloatArray
) -> tuple[float, FloatArray]:
    """:func:`log_likelihood` and its gradient, chunks of rows on the cores in force.

    Parameters
    ----------
    X : array of shape (n_obs, n_features)
    labels : array of shape (n_obs,) or (n_obs, n_classes)
    weights : array of shape (1 + n_features, n_classes - 1)
        Log-odds of classes 1, 2, ... against class 0 are ``[1, x] @ weights``.
    """
    intercept, beta = weights[0].copy(), np.ascontiguousarray(weights[1:])

    def chunk(start: int) -> tuple[float, FloatArray]:
        gradient = np.empty_like(weights)
        rows = slice(start, start + CHUNK)
        value = log_likelihood(
            X[rows],
            labels[rows],
            intercept,
            beta,
            AGAINST_CLASS_0,
            gradient[0],
            gradient[1:],
            NO_ROWS,
        )
        return value, gradient

    if len(X) <= CHUNK:
        return chunk(0)
    values, gradients = zip(*side_by_side(chunk, range(0, len(X), CHUNK)), strict=True)
    return sum(values), sum(gradients)


@njit(cache=True, nogil=True, error_model="numpy")
def log_probs_of_odds(odds):  # type: ignore[no-untyped-def]
    """Log probabilities (n_draws, n_obs, K) of the odds of classes 1, 2, ... against class 0."""
    n_draws, n_obs, k = odds.shape
    out = np.empty((n_draws, n_obs, k + 1))
    for s in range(n_draws):
        for i in range(n_obs):
            top = 0.0
            for c in range(k):
                top = odds[s, i, c] if odds[s, i, c] > top else top
            total = _exp(-top)
            for c in range(k):
                total += _exp(odds[s, i, c] - top)
            log_total = top + np.log(total)
            out[s, i, 0] = -log_total
            for c in range(k):
                out[s, i, c + 1] = odds[s, i, c] - log_total
    return out


TINY = -600.0
"""Log probabilities below are added as logs: as numbers they would soon be zero."""


@njit(cache=True, nogil=True, error_model="numpy")
def add_probabilities(log_probs, lowest, total, tiny, entropy):  # type: ignore[no-untyped-def]
    """Add draws of class probabilities to running sums.

    Parameters
    ----------
    log_probs : array of shape (n_draws, n_obs, n_classes)
    lowest : float
        What a log probability counts as at least.
    total, tiny : array of shape (n_obs, n_classes)
        Sum of probabilities, and log of the sum of the tiny ones.
    entropy : array of shape (n_obs,)
        Sum of the draws' entropies, in nats.
    """
    n_draws, n_obs, n_classes = log_probs.shape
    for s in range(n_draws):
        for i in range(n_obs):
            for k in range(n_classes):
                lp = max(log_probs[s, i, k], lowest)
                p = _exp(lp)
                entropy[i] -= p * lp
                if lp > TINY:
                    total[i, k] += p
                else:
                    tiny[i, k] = np.logaddexp(tiny[i, k], lp)
