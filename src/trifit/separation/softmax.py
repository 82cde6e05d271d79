"""Softmax regression as the certificate needs it: logits, margins, a fit, its information."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.optimize import minimize
from scipy.special import log_softmax

from trifit.types import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Problem:
    """Rows whose likelihood may have a maximum, and what its parameters are.

    Attributes
    ----------
    design : array of shape (n_obs, n_terms)
    y : array of shape (n_obs,)
        Class codes.
    weight : array of shape (n_obs,)
        Of each row.
    to_coefficients : sparse array of shape (n_terms * n_odds, n_params)
        Parameters to raveled coefficients of log-odds against class 0.
    n_odds : int
        Number of classes less one.
    """

    design: FloatArray
    y: IntArray
    weight: FloatArray
    to_coefficients: sp.csr_array
    n_odds: int

    @property
    def n_params(self) -> int:
        """Number of parameters."""
        return int(self.to_coefficients.shape[1])

    def coefficients(self, theta: FloatArray) -> FloatArray:
        """Coefficients (n_terms, n_odds) of some parameters."""
        return np.asarray((self.to_coefficients @ theta).reshape(-1, self.n_odds))


def constants(design: FloatArray) -> IntArray:
    """Columns that are the same number, not zero, in every row: they carry an intercept."""
    return np.flatnonzero((np.ptp(design, axis=0) == 0) & (design[0] != 0))


def logits(design: FloatArray, B: FloatArray) -> FloatArray:
    """Logits of all classes, of which the first is the reference."""
    return np.column_stack([np.zeros(len(design)), design @ B])


def margins(design: FloatArray, y: IntArray, B: FloatArray) -> FloatArray:
    """Log-odds of each row's label against every other class, (n_obs, n_classes - 1).

    Parameters
    ----------
    design : array of shape (n_obs, n_terms)
    y : array of shape (n_obs,)
        Class codes.
    B : array of shape (n_terms, n_classes - 1)
        Coefficients of log-odds against class 0.
    """
    odds = logits(design, B)
    margins = odds[np.arange(len(y)), y][:, None] - odds
    others = np.ones_like(margins, dtype=bool)
    others[np.arange(len(y)), y] = False
    return np.asarray(margins[others].reshape(len(y), -1))


def margin_matrix(design: FloatArray, y: IntArray, n_odds: int) -> sp.csr_array:
    """Matrix whose product with raveled B holds the margins of every row and other class.

    Parameters
    ----------
    design : array of shape (n_obs, n_terms)
    y : array of shape (n_obs,)
        Class codes.
    n_odds : int
        Number of classes less one.
    """
    unit = np.eye(n_odds + 1)[:, 1:]  # class 0 has no coefficients
    blocks = [
        sp.kron(sp.csr_array(design[y == k]), (unit[k] - unit[j])[None], format="csr")
        for k in np.unique(y)
        for j in range(n_odds + 1)
        if j != k
    ]
    return sp.csr_array(sp.vstack(blocks, format="csr"))


def information(design: FloatArray, probs: FloatArray, weight: FloatArray) -> FloatArray:
    """Minus the second derivatives of a softmax log-likelihood.

    ``sum_i m_i (diag(p_i) - p_i p_i') (x) a_i a_i'``, raveled from
    (n_terms, n_classes - 1) coefficients.

    Parameters
    ----------
    design : array of shape (n_obs, n_terms)
        Rows ``a_i``.
    probs : array of shape (n_obs, n_classes)
        ``p_i``; the first class is the reference.
    weight : array of shape (n_obs,)
        ``m_i``.
    """
    n_terms, n_odds = design.shape[1], probs.shape[1] - 1
    p = probs[:, 1:]
    H = np.empty((n_terms, n_odds, n_terms, n_odds))
    for k in range(n_odds):
        for m in range(k + 1):
            w = weight * p[:, k] * ((k == m) - p[:, m])
            H[:, k, :, m] = H[:, m, :, k] = (design.T * w) @ design
    return H.reshape(n_terms * n_odds, -1)


def optimise(problem: Problem) -> FloatArray:
    """Parameters near the highest likelihood, or far out where there is none."""
    design, y, weight = problem.design, problem.y, problem.weight
    rows = np.arange(len(y))

    def loss(theta: FloatArray) -> tuple[float, FloatArray]:
        log_q = log_softmax(logits(design, problem.coefficients(theta)), axis=1)
        residual = np.exp(log_q)
        residual[rows, y] -= 1.0
        by_coefficient = (design.T @ (weight[:, None] * residual[:, 1:])).ravel()
        gradient = problem.to_coefficients.T @ by_coefficient
        return -float(weight @ log_q[rows, y]) / len(y), gradient / len(y)

    found = minimize(
        loss,
        np.zeros(problem.n_params),
        jac=True,
        method="L-BFGS-B",
        options={"gtol": 1e-9, "ftol": 0.0, "maxiter": 2_000, "maxfun": 5_000},
    )
    return np.asarray(found.x)
