"""Columns that are nearly combinations of others, told apart from rounding errors.

The start and the end of something in seconds differ little beside the years they span; where their
difference separates the classes, so do they. Proofs and programmes have tolerances, so they are
given the difference itself, as a column of the size of the others.
"""

import numpy as np
from scipy.linalg import qr, solve_triangular

from trifit.types import FloatArray

NEAR = 1e-3
"""Share of a column that is no combination of others, below which it is nearly one."""

ROUNDING = 1e-9
"""Share up to which it is one, but for rounding errors."""

MAX_WORK = 2e11
"""Most multiplications spent on it."""


def told_apart(design: FloatArray) -> FloatArray | None:
    """``T`` with which ``design @ T`` spans the same, no column nearly a combination of others.

    None where ``design`` has no such column (those that are combinations may stay), or is too
    large to look.

    Parameters
    ----------
    design : array of shape (n_obs, n_terms)

    Examples
    --------
    >>> x, z = np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, -1.0, -1.0, 1.0])
    >>> T = told_apart(np.column_stack([x, x + 1e-6 * z]))
    >>> told_apart(np.column_stack([x, x + 1e-6 * z]) @ T) is None
    True
    >>> told_apart(np.column_stack([x, 2 * x])) is None
    True
    """
    if design.size * design.shape[1] > MAX_WORK:
        return None
    sizes = np.linalg.norm(design, axis=0)
    sizes = np.where(sizes > 0, sizes, np.inf)
    # Twice, as a small matrix is quick to pivot.
    R, order = qr(np.linalg.qr(design / sizes, mode="r"), mode="r", pivoting=True)
    left = abs(np.diag(R))
    n_kept, rank = (int((left > limit * left[0]).sum()) for limit in (NEAR, ROUNDING))
    if n_kept == rank:
        return None
    T = np.zeros((design.shape[1], rank))
    T[order[:n_kept], np.arange(n_kept)] = 1.0
    T[order[:rank], n_kept:] = solve_triangular(R[:rank, :rank], np.eye(rank)[:, n_kept:])
    return np.asarray(T / sizes[:, None])
