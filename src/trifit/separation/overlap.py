"""Overlap proved from one point: a maximum of the likelihood is near."""

import numpy as np
import scipy.sparse as sp
from scipy.special import expit, log_softmax

from trifit.separation.softmax import Problem, information, logits
from trifit.types import FloatArray

MAX_WORK = 2e11
"""Most multiplications spent on it."""

MAX_PARAMS = 2_500
"""Most parameters whose Hessian is decomposed: ten seconds, and twenty times as many for 6,500."""

MAX_STEPS = 20
"""Newton's steps to where two sets of rows overlap."""

SMALL = 1e-10
"""Newton decrement, squared, at which the maximum is reached."""

RIDGE = 1e-12
"""Of the trace of the curvature: directions that move no row stay where they are."""

FAR = 50.0
"""A gain from which on the steps run off."""

BLOCK = 20_000_000
"""Variances held at a time."""


def overlaps(problem: Problem, B: FloatArray) -> bool:
    """Whether the likelihood provably has a maximum near B.

    Along any direction the third derivative is at most ``c`` times the second,
    with ``c`` the largest change of a row's log-odds per unit of the Hessian's
    norm. With Newton decrement ``nu``, ``nu * c <= 1/2`` proves a maximum; a fifth
    of that is asked for, as arithmetic is not exact.

    Parameters
    ----------
    problem : Problem
    B : array of shape (n_terms, n_classes - 1)
        Coefficients of log-odds against class 0.
    """
    design, y, weight, n_odds = problem.design, problem.y, problem.weight, problem.n_odds
    too_long = len(y) * design.shape[1] ** 2 * n_odds**2 > MAX_WORK
    if too_long or problem.n_params > MAX_PARAMS:
        return False
    probs = np.exp(log_softmax(logits(design, B), axis=1))
    uniform = np.full_like(probs, 1.0 / probs.shape[1])
    S = problem.to_coefficients.toarray()
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
    return bool(decrement * np.sqrt(_largest_spread(design, inverse)) <= 0.1)


def none_gains(margins: FloatArray) -> bool:
    """Whether every direction hurts some row or moves none, proved without a linear programme.

    The logistic regression whose rows all have the label 1 has a maximum exactly then; Newton's
    steps find it quickly. False: not proved.

    Parameters
    ----------
    margins : array of shape (n_rows, n_terms)
        Directions ``d`` gain ``margins @ d``.
    """
    n_rows, n_terms = margins.shape
    d = np.zeros(n_terms)
    for _ in range(MAX_STEPS):
        against = expit(-(margins @ d))
        gradient = margins.T @ against
        curvature = (margins.T * (against * (1 - against))) @ margins
        curvature += RIDGE * np.trace(curvature) * np.eye(n_terms)
        try:
            step = np.linalg.solve(curvature, gradient)
        except np.linalg.LinAlgError:
            return False
        d += step
        gains = margins @ d
        if not np.isfinite(gains).all() or gains.min() > 0 or abs(gains).max() > FAR:
            return False
        if gradient @ step < SMALL:
            break
    ones = np.ones(n_rows)
    rows = Problem(margins, ones.astype(np.int64), ones, sp.csr_array(sp.eye_array(n_terms)), 1)
    return overlaps(rows, d[:, None])


def _largest_spread(design: FloatArray, inverse: FloatArray) -> float:
    """Largest variance of any row's log-odds of one class against another.

    ``inverse`` is the covariance of the coefficients, (n_terms, n_odds, n_terms, n_odds).
    """
    n_odds, largest = inverse.shape[1], 0.0
    for start in range(0, len(design), max(1, BLOCK // (n_odds + 1) ** 2)):
        rows = design[start : start + max(1, BLOCK // (n_odds + 1) ** 2)]
        # Variances of the log-odds of classes 0, 1, ... and of their differences.
        variance = np.zeros((len(rows), n_odds + 1, n_odds + 1))
        for k in range(n_odds):
            for m in range(k + 1):
                each = ((rows @ inverse[:, k, :, m]) * rows).sum(axis=1)
                variance[:, k + 1, m + 1] = variance[:, m + 1, k + 1] = each
        own = np.einsum("nkk->nk", variance)
        spread = own[:, :, None] + own[:, None, :] - 2 * variance
        largest = max(largest, float(spread.max()))
    return largest
