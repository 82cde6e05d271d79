"""The linear programme: a direction in which the likelihood only grows, or none."""

from enum import Enum
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.optimize import linprog

from trifit.separation.softmax import margin_matrix
from trifit.types import FloatArray, IntArray


class Separation(Enum):
    """Whether the classes are linearly separable in the training rows."""

    OVERLAP = "the classes overlap: the MLE exists"
    QUASI_COMPLETE = "some rows can be separated without error: no MLE exists"
    COMPLETE = "a linear rule separates all classes: no MLE exists"
    UNKNOWN = "not certified: too large for the linear programme, or not a linear model"

    @property
    def exists(self) -> bool | None:
        """Whether the MLE exists; None where unknown."""
        return None if self is Separation.UNKNOWN else self is Separation.OVERLAP


TOLERANCE = 1e-6

MAX_ENTRIES = 200_000_000
"""Largest margin matrix (non-zero entries) that is given to the linear programme."""


def programme(
    design: FloatArray, y: IntArray, to_coefficients: sp.csr_array, n_odds: int
) -> tuple[Separation, FloatArray | None]:
    """The linear programme; rows that matter are added as they are violated.

    Parameters
    ----------
    design : array of shape (n_obs, n_terms)
    y : array of shape (n_obs,)
        Class codes.
    to_coefficients : sparse array of shape (n_terms * n_odds, n_params)
        Parameters to raveled coefficients.
    n_odds : int
        Number of classes less one.
    """
    if len(y) * n_odds * 2 * design.shape[1] > MAX_ENTRIES:
        return Separation.UNKNOWN, None
    M = sp.csr_array(margin_matrix(design, y, n_odds) @ to_coefficients)
    # Units must not matter: neither a column's nor a row's.
    columns = abs(M).max(axis=0).toarray().ravel()
    columns = np.where(columns > 0, columns, np.inf)  # a column of zeros moves nothing
    M = sp.csr_array(M @ sp.diags_array(1.0 / columns))
    M = sp.csr_array(
        sp.diags_array(1.0 / np.maximum(abs(M).max(axis=1).toarray().ravel(), 1e-300)) @ M
    )
    d = best_direction(M)
    if d is None:
        return Separation.UNKNOWN, None
    gains = M @ d
    if gains.max() <= TOLERANCE:
        return Separation.OVERLAP, None
    # Rows that gain already can be left out: what they need is decided.
    complete = gains.min() > TOLERANCE or _strictly(M[gains <= TOLERANCE])
    return (Separation.COMPLETE if complete else Separation.QUASI_COMPLETE), d / columns


def best_direction(M: sp.csr_array) -> FloatArray | None:
    """Solution of ``max 1'M d, M d >= 0, |d| <= 1``; None if the solver fails.

    Solved through its dual, ``min 1'(u + v)`` subject to ``M'l - u + v = -M'1`` and
    ``l, u, v >= 0``, whose constraints are as few as the parameters; on some rows
    first, with those added that the solution violates.
    """
    n_rows, n_params = M.shape
    cost = np.asarray(M.sum(axis=0)).ravel()
    active = np.zeros(n_rows, dtype=bool)
    active[:: max(1, n_rows // (10 * n_params))] = True
    while True:
        rows = M[active]
        identity = sp.eye_array(n_params)
        answer = linprog(
            np.r_[np.zeros(rows.shape[0]), np.ones(2 * n_params)],
            A_eq=sp.hstack([rows.T, -identity, identity], format="csc"),
            b_eq=-cost,
            bounds=(0, None),
            method="highs-ds",
        )
        if answer.status != 0:
            return None
        d = np.clip(-answer.eqlin.marginals, -1.0, 1.0)
        gains = M @ d
        violated = np.flatnonzero((gains < -TOLERANCE / 10) & ~active)
        if not len(violated):
            return np.asarray(d)
        active[violated[np.argsort(gains[violated])[: 5 * n_params]]] = True


def _strictly(M: sp.csr_array) -> bool:
    """Whether some direction has a positive margin in every row of M.

    By Gordan's theorem exactly one of this and ``M'l = 0, l >= 0, 1'l = 1`` can be.
    """
    few = M[:: max(1, M.shape[0] // (10 * M.shape[1]))]
    for rows in (few, M):
        ones = sp.csr_array(np.ones((1, rows.shape[0])))
        constraints: Any = sp.vstack([rows.T, ones], format="csc")
        answer = linprog(
            np.zeros(rows.shape[0]),
            A_eq=constraints,
            b_eq=np.r_[np.zeros(M.shape[1]), 1.0],
            bounds=(0, None),
            method="highs-ds",
        )
        if answer.status == 0:
            return False
    return bool(answer.status == 2)
