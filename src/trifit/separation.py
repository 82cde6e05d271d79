"""Whether a maximum-likelihood estimate exists: a certificate by linear programming.

For a classifier whose log-odds are linear in its parameters, no MLE exists
exactly when some direction of the parameters never hurts the margin of any
training row and helps at least one: going that way for ever, the likelihood
only grows.
"""

from enum import Enum

import numpy as np
import scipy.sparse as sp
from scipy.optimize import linprog

from trifit.types import FloatArray, IntArray

MAX_ENTRIES = 20_000_000
"""Largest margin matrix (entries) that is given to the linear programme."""


class Separation(Enum):
    """Whether the classes are linearly separable in the training rows."""

    OVERLAP = "the classes overlap: the MLE exists"
    QUASI_COMPLETE = "some rows can be separated without error: no MLE exists"
    COMPLETE = "a linear rule separates all classes: no MLE exists"
    UNKNOWN = "not checked: the problem is too large for the linear programme"

    @property
    def exists(self) -> bool | None:
        """Whether the MLE exists; None where unknown."""
        return None if self is Separation.UNKNOWN else self is Separation.OVERLAP


def separation(
    design: FloatArray,
    y: IntArray,
    weights: FloatArray | sp.csr_array,
    *,
    guess: FloatArray | None = None,
) -> Separation:
    """Certify overlap, quasi-complete or complete separation of training rows.

    Parameters
    ----------
    design : shape (n_obs, n_terms)
        Rows ``a_i``; a column of ones carries the intercept.
    y : shape (n_obs,)
        Class codes.
    weights : array or sparse array, shape (n_terms * (n_classes - 1), n_params)
        Log-odds of classes 1, 2, ... against class 0 are
        ``a_i @ (weights @ theta).reshape(n_terms, n_classes - 1)``.
    guess : shape (n_params,), optional
        A direction to try first, e.g. where an optimiser ended up: if it
        separates all rows, that is the certificate, and no programme is solved.

    References
    ----------
    Albert & Anderson (1984), Biometrika 71(1), doi:10.1093/biomet/71.1.1;
    Konis (2007), DPhil thesis, University of Oxford (the linear programme)
    """
    n_obs, n_terms = design.shape
    n_odds = weights.shape[0] // n_terms
    if guess is not None:
        margins = _margins(design, y, (weights @ guess).reshape(n_terms, n_odds))
        if margins.min() > 0:
            return Separation.COMPLETE
    if n_obs * n_odds * weights.shape[1] > MAX_ENTRIES:
        return Separation.UNKNOWN
    M = sp.csr_array(_margin_matrix(design, y, n_odds) @ weights)
    # max 1'M d  subject to  M d >= 0, -1 <= d <= 1: zero exactly when no
    # direction helps any row without hurting another.
    # Units must not matter: neither a column's nor a row's.
    for axis in (0, 1):
        scale = np.maximum(abs(M).max(axis=axis).toarray().ravel(), 1e-300)
        M = M @ sp.diags_array(1.0 / scale) if axis == 0 else sp.diags_array(1.0 / scale) @ M
    answer = linprog(
        -np.asarray(M.sum(axis=0)).ravel(),
        A_ub=-M,
        b_ub=np.zeros(M.shape[0]),
        bounds=(-1, 1),
        method="highs",
    )
    if answer.status != 0:
        return Separation.UNKNOWN
    gains = M @ answer.x
    tolerance = 1e-6
    if gains.max() <= tolerance:
        return Separation.OVERLAP
    if gains.min() > tolerance or _strictly(M):
        return Separation.COMPLETE
    return Separation.QUASI_COMPLETE


def _strictly(M: sp.csr_array) -> bool:
    """Whether some direction has margin at least one in every row."""
    answer = linprog(
        np.zeros(M.shape[1]), A_ub=-M, b_ub=-np.ones(M.shape[0]), bounds=(None, None),
        method="highs",
    )  # fmt: skip
    return bool(answer.status == 0)


def _margins(design: FloatArray, y: IntArray, B: FloatArray) -> FloatArray:
    """Log-odds of each row's label against every other class, (n_obs, n_classes - 1)."""
    odds = np.column_stack([np.zeros(len(y)), design @ B])
    margins = odds[np.arange(len(y)), y][:, None] - odds
    others = np.ones_like(margins, dtype=bool)
    others[np.arange(len(y)), y] = False
    return np.asarray(margins[others].reshape(len(y), -1))


def _margin_matrix(design: FloatArray, y: IntArray, n_odds: int) -> sp.csr_array:
    """Matrix whose product with raveled B is the raveled margins of :func:`_margins`."""
    n_obs, _ = design.shape
    others = np.array([[k for k in range(n_odds + 1) if k != label] for label in range(n_odds + 1)])
    # Coefficients over classes 1.. of "label minus other" (class 0 has none).
    unit = np.eye(n_odds + 1)[:, 1:]
    signs = unit[y][:, None, :] - unit[others[y]]
    dense = design[:, None, :, None] * signs[:, :, None, :]
    return sp.csr_array(dense.reshape(n_obs * n_odds, -1))
