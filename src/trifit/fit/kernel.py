"""The fused log-likelihood: value and gradient in one blocked pass over the rows.

Class scores, log-sum-exp, residuals and the gradient's sum are made block by
block, while the block is in the cache: X is read once and nothing of the size
(n_obs, n_classes) is written.
"""

import numpy as np
from numba import njit

from trifit.threads import side_by_side
from trifit.types import FloatArray, IntArray

BLOCK = 256
"""Rows that are in work at a time."""

CHUNK = 16_384
"""Rows of one task; partial sums are added in this order however many threads there are."""


@njit(cache=True, nogil=True, error_model="numpy")
def log_likelihood(X, labels, intercept, beta, first, by_intercept, by_beta, by_X):  # type: ignore[no-untyped-def]
    """``sum_ik w_ik log softmax(intercept + X @ beta)_ik``, and its gradient.

    Parameters
    ----------
    X : shape (n_obs, n_features), C order
    labels : shape (n_obs,) or (n_obs, n_classes)
        Class codes, or weights ``w`` of every class.
    intercept, beta : shape (n_scores,), (n_features, n_scores)
    first : int
        Class of the first column. 1 where class 0 has no column: its score is zero.
    by_intercept, by_beta : as intercept, beta
        Overwritten by the gradient.
    by_X : shape (n_obs, n_features) or (0, 0)
        Overwritten by the gradient with respect to X, where it has rows.
    """
    n, d = X.shape
    k = intercept.size
    B = np.ascontiguousarray(beta.T)
    by_intercept[:] = 0.0
    by_B = np.zeros((k, d))
    part = np.empty((k, d))
    top, total = np.empty(BLOCK), np.empty(BLOCK)
    full = np.empty((k, BLOCK))
    value = 0.0
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
                top[i] = max(top[i], z[c, i])
        for i in range(m):
            total[i] = np.exp(-top[i]) if first == 1 else 0.0
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
                e = np.exp(z[c, i] - top[i])
                z[c, i] = e
                total[i] += e
        if labels.ndim == 1:
            for i in range(m):
                value -= np.log(total[i])
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
        for c in range(k):
            for i in range(m):
                by_intercept[c] += z[c, i]
            for j in range(d):
                by_B[c, j] += part[c, j]
        if by_X.shape[0] > 0:
            np.dot(z.T, B, by_X[start : start + m])
    by_beta[:] = by_B.T
    return value


NO_ROWS = np.empty((0, 0))


def log_likelihood_of(
    X: FloatArray, labels: IntArray | FloatArray, weights: FloatArray
) -> tuple[float, FloatArray]:
    """:func:`log_likelihood` and its gradient, chunks of rows on the cores in force.

    Parameters
    ----------
    X : shape (n_obs, n_features)
    labels : shape (n_obs,) or (n_obs, n_classes)
    weights : shape (1 + n_features, n_classes - 1)
        Log-odds of classes 1, 2, ... against class 0 are ``[1, x] @ weights``.
    """
    intercept, beta = weights[0].copy(), np.ascontiguousarray(weights[1:])

    def chunk(start: int) -> tuple[float, FloatArray]:
        gradient = np.empty_like(weights)
        rows = slice(start, start + CHUNK)
        value = log_likelihood(
            X[rows], labels[rows], intercept, beta, 1, gradient[0], gradient[1:], NO_ROWS
        )
        return value, gradient

    if len(X) <= CHUNK:
        return chunk(0)
    values, gradients = zip(*side_by_side(chunk, range(0, len(X), CHUNK)), strict=True)
    return sum(values), sum(gradients)
