"""Whether a maximum-likelihood estimate exists, with a certificate.

For a classifier whose log-odds are linear in its parameters, no MLE exists
exactly when some direction of the parameters never hurts the margin of any
training row and helps at least one: going that way for ever, the likelihood
only grows. Two cheap looks at where an optimiser ended settle most problems;
linear programmes settle the rest: one of all classes where they are few, those of
pairs of classes where they are many.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import spsolve

from trifit.inputs import Labels
from trifit.separation.groups import by_groups
from trifit.separation.overlap import overlaps
from trifit.separation.programmes import TOLERANCE, Separation, programme
from trifit.separation.softmax import Problem, constants, information, margins, optimise
from trifit.threads import limited
from trifit.types import FloatArray

__all__ = ["MAX_MAP", "Certificate", "Separation", "information", "largest_one", "separation"]

MAX_MAP = 20_000_000
"""Most entries of the map from parameters to coefficients."""

MAX_PROGRAMME = 2_000_000
"""Largest programme of all classes together: parameters times margins. Larger ones of
three classes and more go by pairs; else the answer is unknown."""


@dataclass(frozen=True, eq=False)
class Certificate:
    """What is known about the existence of an MLE.

    Attributes
    ----------
    separation : Separation
    direction : array of shape (n_params,) or None
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
    labels over other classes, is zero exactly when the classes overlap. Where that
    programme would be large, pairs of classes are asked first
    (:mod:`trifit.separation.groups`).

    Parameters
    ----------
    design : array of shape (n_obs, n_terms)
        Rows ``a_i``; a column of ones carries the intercept.
    labels : array of shape (n_obs,) or (n_obs, n_classes)
        Class codes, or soft labels: a row counts as one of every class it has
        weight in, so rows of two classes are never separated from each other.
    weights : array of shape (n_terms * (n_classes - 1), n_params), optional
        Log-odds of classes 1, 2, ... against class 0 are
        ``a_i @ (weights @ theta).reshape(n_terms, n_classes - 1)``. By default
        theta is those log-odds' coefficients themselves.
    n_classes : int, optional
        Default: what the labels say.
    guess : array of shape (n_params,), optional
        Where an optimiser of the likelihood ended; found here if not given.

    References
    ----------
    Albert & Anderson (1984), Biometrika 71(1), doi:10.1093/biomet/71.1.1;
    Bach (2010), Electron. J. Stat. 4, doi:10.1214/09-EJS521;
    Konis (2007), DPhil thesis, University of Oxford (the linear programme)

    Examples
    --------
    >>> x = np.column_stack([np.ones(4), [0.0, 1.0, 1.0, 2.0]])
    >>> separation(x, np.array([0, 0, 1, 1])).separation.name
    'QUASI_COMPLETE'
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
    given = identity if weights is None else sp.csr_array(weights)
    if given.nnz > MAX_MAP:
        return Certificate(Separation.UNKNOWN)
    design, shift = _centred(design, n_odds)
    map_ = sp.csr_array(shift @ given)
    with limited():
        if weights is None or _is_onto(given):
            # Any coefficients of the log-odds can be had: they are sparser, and better scaled.
            start = None if guess is None else np.asarray(map_ @ guess)
            problem = Problem(design, y, weight, identity, n_odds)
            found, direction = _certify(problem, start, free=True)
            if direction is not None:
                direction = np.asarray(spsolve(sp.csc_array(map_), direction))
        else:
            problem = Problem(design, y, weight, map_, n_odds)
            found, direction = _certify(problem, guess, free=False)
    return Certificate(found, None if direction is None else largest_one(direction))


def largest_one(direction: FloatArray) -> FloatArray:
    """A direction whose largest entry is 1, and that has no rounding errors for entries."""
    direction = direction / abs(direction).max()
    return np.where(abs(direction) > TOLERANCE, direction, 0.0)


def _certify(
    problem: Problem, guess: FloatArray | None, *, free: bool
) -> tuple[Separation, FloatArray | None]:
    """The answer and a direction; ``free``: parameters are the coefficients themselves."""
    design, y, n_odds = problem.design, problem.y, problem.n_odds
    if guess is None:
        guess = optimise(problem)
    B = problem.coefficients(guess)
    if margins(design, y, B).min() > 0:
        return Separation.COMPLETE, guess
    large = problem.n_params * len(y) * n_odds > MAX_PROGRAMME and n_odds > 1
    if large and free:
        found, direction = by_groups(design, y, n_odds + 1)
        if found is not Separation.UNKNOWN:
            return found, direction
    if overlaps(problem, B):
        return Separation.OVERLAP, None
    if large:
        return Separation.UNKNOWN, None
    return programme(design, y, problem.to_coefficients, n_odds)


def _is_onto(weights: sp.csr_array) -> bool:
    """Whether every set of coefficients has exactly one set of parameters."""
    if weights.shape[0] != weights.shape[1]:
        return False
    blocks: list[list[Any]] = [[None, weights], [weights.T, None]]
    bipartite: Any = sp.block_array(blocks)
    n_blocks, block = connected_components(bipartite, directed=False)
    row_block, column_block = np.split(block, [weights.shape[0]])
    regular = set()  # every feature usually has the same block
    for k in range(n_blocks):
        rows, columns = np.flatnonzero(row_block == k), np.flatnonzero(column_block == k)
        if len(rows) != len(columns):
            return False
        dense = weights[rows][:, columns].toarray()
        if dense.tobytes() in regular:
            continue
        scale = np.maximum(abs(dense).max(axis=1), 1e-300)
        if np.linalg.matrix_rank(dense / scale[:, None], tol=1e-12) < len(dense):
            return False
        regular.add(dense.tobytes())
    return True


def _centred(design: FloatArray, n_odds: int) -> tuple[FloatArray, sp.csr_array]:
    """Columns of mean zero, and what that does to coefficients: a constant takes up the means.

    Else a column of large numbers that hardly vary would hide what separates.
    """
    anchors = constants(design)
    identity = sp.eye_array(design.shape[1])
    if not len(anchors):
        return design, sp.csr_array(sp.kron(identity, sp.eye_array(n_odds)))
    anchor = int(anchors[0])
    mean = design.mean(axis=0)
    mean[anchors] = 0.0
    move = sp.lil_array(identity.shape)
    move[anchor, :] = mean / design[0, anchor]
    shift = sp.kron(identity + sp.csr_array(move), sp.eye_array(n_odds))
    return design - mean, sp.csr_array(shift)
