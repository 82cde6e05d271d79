"""Whether a maximum-likelihood estimate exists, with a certificate.

For a classifier whose log-odds are linear in its parameters, no MLE exists
exactly when some direction of the parameters never hurts the margin of any
training row and helps at least one: going that way for ever, the likelihood
only grows. Two cheap looks at where an optimiser ended settle most problems;
a linear programme settles the rest.
"""

from dataclasses import dataclass
from enum import Enum

import numpy as np
import scipy.sparse as sp
from scipy.optimize import linprog, minimize
from scipy.special import log_softmax

from trifit.checks import Labels
from trifit.threads import limited
from trifit.types import FloatArray, IntArray

MAX_WORK = 2e11
"""Most multiplications spent on the certificate that needs no programme."""

MAX_ENTRIES = 200_000_000
"""Largest margin matrix (non-zero entries) that is given to the linear programme."""

TOLERANCE = 1e-6


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


@dataclass(frozen=True, eq=False)
class Certificate:
    """What is known about the existence of an MLE.

    Attributes
    ----------
    separation : Separation
    direction : shape (n_params,) or None
        A direction in which the likelihood only grows, largest entry 1: its
        non-zero entries are parameters that run to plus or minus infinity.
    """

    separation: Separation
    direction: FloatArray | None = None

    @property
    def exists(self) -> bool | None:
        """Whether the MLE exists; None where unknown."""
        return self.separation.exists


def separation(
    design: FloatArray,
    labels: Labels,
    weights: FloatArray | sp.csr_array | None = None,
    *,
    n_classes: int | None = None,
    guess: FloatArray | None = None,
) -> Certificate:
    """Certify overlap, quasi-complete or complete separation of training rows.

    In turns: parameters that put every row's label first are a certificate of
    complete separation. Parameters where a Newton step is small against the
    problem's self-concordance constant are one of overlap: a maximum is near
    (Bach 2010, proposition 2, in the norm of the Hessian). Otherwise
    ``max 1'M d`` subject to ``M d >= 0, -1 <= d <= 1``, with ``M`` the margins of
    labels over other classes, is zero exactly when the classes overlap.

    Parameters
    ----------
    design : shape (n_obs, n_terms)
        Rows ``a_i``; a column of ones carries the intercept.
    labels : shape (n_obs,) or (n_obs, n_classes)
        Class codes, or soft labels: a row counts as one of every class it has
        weight in, so rows of two classes are never separated from each other.
    weights : shape (n_terms * (n_classes - 1), n_params), optional
        Log-odds of classes 1, 2, ... against class 0 are
        ``a_i @ (weights @ theta).reshape(n_terms, n_classes - 1)``. By default
        theta is those log-odds' coefficients themselves.
    n_classes : int, optional
        Default: what the labels say.
    guess : shape (n_params,), optional
        Where an optimiser of the likelihood ended; found here if not given.

    Examples
    --------
    >>> x = np.column_stack([np.ones(4), [0.0, 1.0, 1.0, 2.0]])
    >>> separation(x, np.array([0, 0, 1, 1])).separation.name
    'QUASI_COMPLETE'

    References
    ----------
    Albert & Anderson (1984), Biometrika 71(1), doi:10.1093/biomet/71.1.1;
    Bach (2010), Electron. J. Stat. 4, doi:10.1214/09-EJS521;
    Konis (2007), DPhil thesis, University of Oxford (the linear programme)
    """
    if labels.ndim == 2:
        n_classes = labels.shape[1]
        rows, y = (a.astype(np.int64) for a in np.nonzero(labels))
        design, weight = design[rows], np.asarray(labels[rows, y], dtype=np.float64)
    else:
        y, weight = np.asarray(labels, dtype=np.int64), np.ones(len(labels))
        n_classes = n_classes or int(y.max()) + 1
    n_odds = n_classes - 1
    size = design.shape[1] * n_odds
    identity = sp.csr_array(sp.eye_array(size))
    design, shift = _centred(design, n_odds)
    map_ = sp.csr_array(shift @ (identity if weights is None else sp.csr_array(weights)))
    with limited():
        if _is_onto(map_):
            # Any coefficients of the log-odds can be had: they are sparser, and better scaled.
            start = None if guess is None else np.asarray(map_ @ guess)
            found, direction = _certify(design, y, weight, identity, n_odds, start)
            if direction is not None:
                direction = np.linalg.solve(map_.toarray(), direction)
        else:
            found, direction = _certify(design, y, weight, map_, n_odds, guess)
    if direction is not None:
        direction = direction / abs(direction).max()
        direction = np.where(abs(direction) > TOLERANCE, direction, 0.0)
    return Certificate(found, direction)


def _certify(
    design: FloatArray,
    y: IntArray,
    weight: FloatArray,
    weights: sp.csr_array,
    n_odds: int,
    guess: FloatArray | None,
) -> tuple[Separation, FloatArray | None]:
    if guess is None:
        guess = _optimise(design, y, weight, weights, n_odds)
    B = (weights @ guess).reshape(-1, n_odds)
    if _margins(design, y, B).min() > 0:
        return Separation.COMPLETE, guess
    if _overlaps(design, y, weight, weights, B):
        return Separation.OVERLAP, None
    return _programme(design, y, weights, n_odds)


def _is_onto(weights: sp.csr_array) -> bool:
    """Whether parameters reach any coefficients, one set of them each."""
    if weights.shape[0] != weights.shape[1]:
        return False
    dense = weights.toarray()
    scale = np.maximum(abs(dense).max(axis=1), 1e-300)
    return bool(np.linalg.matrix_rank(dense / scale[:, None], tol=1e-12) == len(dense))


def _centred(design: FloatArray, n_odds: int) -> tuple[FloatArray, sp.csr_array]:
    """Columns of mean zero, and what that does to coefficients: a constant takes up the means.

    Else a column of large numbers that hardly vary would hide what separates.
    """
    constant = np.ptp(design, axis=0) == 0
    anchors = np.flatnonzero(constant & (design[0] != 0))
    identity = sp.eye_array(design.shape[1])
    if not len(anchors):
        return design, sp.csr_array(sp.kron(identity, sp.eye_array(n_odds)))
    anchor = int(anchors[0])
    mean = np.where(constant, 0.0, design.mean(axis=0))
    move = sp.lil_array(identity.shape)
    move[anchor, :] = mean / design[0, anchor]
    shift = sp.kron(identity + sp.csr_array(move), sp.eye_array(n_odds))
    return design - mean, sp.csr_array(shift)


def information(design: FloatArray, probs: FloatArray, weight: FloatArray) -> FloatArray:
    """Minus the second derivatives of a softmax log-likelihood.

    ``sum_i m_i (diag(p_i) - p_i p_i') (x) a_i a_i'``, for probabilities ``p_i``
    (n_obs, n_classes) of which the first class is the reference; raveled from
    (n_terms, n_classes - 1) coefficients.
    """
    n_terms, n_odds = design.shape[1], probs.shape[1] - 1
    p = probs[:, 1:]
    H = np.empty((n_terms, n_odds, n_terms, n_odds))
    for k in range(n_odds):
        for m in range(k + 1):
            w = weight * p[:, k] * ((k == m) - p[:, m])
            H[:, k, :, m] = H[:, m, :, k] = (design.T * w) @ design
    return H.reshape(n_terms * n_odds, -1)


def _optimise(
    design: FloatArray, y: IntArray, weight: FloatArray, weights: sp.csr_array, n_odds: int
) -> FloatArray:
    rows = np.arange(len(y))

    def loss(theta: FloatArray) -> tuple[float, FloatArray]:
        log_q = log_softmax(_logits(design, (weights @ theta).reshape(-1, n_odds)), axis=1)
        residual = np.exp(log_q)
        residual[rows, y] -= 1.0
        gradient = weights.T @ (design.T @ (weight[:, None] * residual[:, 1:])).ravel()
        return -float(weight @ log_q[rows, y]) / len(y), gradient / len(y)

    options = {"gtol": 1e-9, "ftol": 0.0, "maxiter": 2_000, "maxfun": 5_000}
    return np.asarray(
        minimize(loss, np.zeros(weights.shape[1]), jac=True, method="L-BFGS-B", options=options).x
    )


def _overlaps(
    design: FloatArray, y: IntArray, weight: FloatArray, weights: sp.csr_array, B: FloatArray
) -> bool:
    """Whether the likelihood provably has a maximum near B.

    Along any direction the third derivative is at most ``c`` times the second,
    with ``c`` the largest change of a row's log-odds per unit of the Hessian's
    norm. With Newton decrement ``nu``, ``nu * c <= 1/2`` proves a maximum; a fifth
    of that is asked for, as arithmetic is not exact.
    """
    n_odds = B.shape[1]
    if len(y) * design.shape[1] ** 2 * n_odds**2 > MAX_WORK:
        return False
    probs = np.exp(log_softmax(_logits(design, B), axis=1))
    uniform = np.full_like(probs, 1.0 / probs.shape[1])
    S = weights.toarray()
    units = np.sqrt(np.diag(S.T @ information(design, uniform, weight) @ S))
    S = S / np.where(units > 0, units, 1.0)
    here, there = (
        np.linalg.eigh(S.T @ information(design, p, weight) @ S) for p in (probs, uniform)
    )
    rank = int((there[0] > 1e-11 * there[0][-1]).sum())
    values, vectors = here[0][len(here[0]) - rank :], here[1][:, len(here[0]) - rank :]
    if rank == 0 or values[0] <= 1e-13 * max(values[-1], there[0][-1]):
        return False
    residual = np.eye(probs.shape[1])[y] - probs
    gradient = S.T @ (design.T @ (weight[:, None] * residual[:, 1:])).ravel()
    decrement = float(np.linalg.norm((vectors.T @ gradient) / np.sqrt(values)))
    half = S @ (vectors / np.sqrt(values))
    inverse = (half @ half.T).reshape(design.shape[1], n_odds, design.shape[1], n_odds)
    # Variances of the log-odds of classes 0, 1, ... and of their differences.
    variance = np.zeros((len(y), n_odds + 1, n_odds + 1))
    for k in range(n_odds):
        for m in range(k + 1):
            each = ((design @ inverse[:, k, :, m]) * design).sum(axis=1)
            variance[:, k + 1, m + 1] = variance[:, m + 1, k + 1] = each
    own = np.einsum("nkk->nk", variance)
    spread = own[:, :, None] + own[:, None, :] - 2 * variance
    return bool(decrement * np.sqrt(max(spread.max(), 0.0)) <= 0.1)


def _programme(
    design: FloatArray, y: IntArray, weights: sp.csr_array, n_odds: int
) -> tuple[Separation, FloatArray | None]:
    """The linear programme; rows that matter are added as they are violated."""
    if len(y) * n_odds * 2 * design.shape[1] > MAX_ENTRIES:
        return Separation.UNKNOWN, None
    M = sp.csr_array(_margin_matrix(design, y, n_odds) @ weights)
    # Units must not matter: neither a column's nor a row's.
    columns = abs(M).max(axis=0).toarray().ravel()
    columns = np.where(columns > 0, columns, np.inf)  # a column of zeros moves nothing
    M = sp.csr_array(M @ sp.diags_array(1.0 / columns))
    M = sp.csr_array(
        sp.diags_array(1.0 / np.maximum(abs(M).max(axis=1).toarray().ravel(), 1e-300)) @ M
    )
    d = _best_direction(M)
    if d is None:
        return Separation.UNKNOWN, None
    gains = M @ d
    if gains.max() <= TOLERANCE:
        return Separation.OVERLAP, None
    # Rows that gain already can be left out: what they need is decided.
    complete = gains.min() > TOLERANCE or _strictly(M[gains <= TOLERANCE])
    return (Separation.COMPLETE if complete else Separation.QUASI_COMPLETE), d / columns


def _best_direction(M: sp.csr_array) -> FloatArray | None:
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
        answer = linprog(
            np.zeros(rows.shape[0]),
            A_eq=sp.vstack([rows.T, np.ones((1, rows.shape[0]))], format="csc"),
            b_eq=np.r_[np.zeros(M.shape[1]), 1.0],
            bounds=(0, None),
            method="highs-ds",
        )
        if answer.status == 0:
            return False
    return bool(answer.status == 2)


def _logits(design: FloatArray, B: FloatArray) -> FloatArray:
    return np.column_stack([np.zeros(len(design)), design @ B])


def _margins(design: FloatArray, y: IntArray, B: FloatArray) -> FloatArray:
    """Log-odds of each row's label against every other class, (n_obs, n_classes - 1)."""
    odds = _logits(design, B)
    margins = odds[np.arange(len(y)), y][:, None] - odds
    others = np.ones_like(margins, dtype=bool)
    others[np.arange(len(y)), y] = False
    return np.asarray(margins[others].reshape(len(y), -1))


def _margin_matrix(design: FloatArray, y: IntArray, n_odds: int) -> sp.csr_array:
    """Matrix whose product with raveled B holds the margins of every row and other class."""
    unit = np.eye(n_odds + 1)[:, 1:]  # class 0 has no coefficients
    blocks = [
        sp.kron(sp.csr_array(design[y == k]), (unit[k] - unit[j])[None], format="csr")
        for k in np.unique(y)
        for j in range(n_odds + 1)
        if j != k
    ]
    return sp.csr_array(sp.vstack(blocks, format="csr"))
