"""Expectations over a standard normal variable.

The trapezoid rule on an even grid: for the analytic functions here its error falls
like ``exp(-2 pi d / h)`` in the step ``h``, where d is how far from the real line
the next singularity lies: ``pi`` for the logistic function.
"""

import numpy as np
from scipy.special import expit, ndtr

from trifit.types import FloatArray

REACH = 9.0
"""Beyond so many standard deviations nothing counts: 2e-19."""

STEP = 0.5
"""Step in log-odds over which the logistic function is integrated: error e^-39."""


def grid(n: int) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights of a standard normal expectation, shape (n,) each; ``n`` is odd."""
    nodes = np.linspace(-REACH, REACH, n)
    weights = np.exp(-(nodes**2) / 2)
    return nodes, weights / weights.sum()


def grid_for(sd: float) -> tuple[FloatArray, FloatArray]:
    """Nodes fine enough for logistic functions of ``sd`` times the variable: error e^-24."""
    return grid(2 * int(np.ceil(REACH * max(sd, 3.0) / 0.8)) + 1)


NODES, WEIGHTS = grid_for(1.0)


def smoothed_logistic(
    mean: FloatArray, variance: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """``E s(t)``, ``E s'(t)`` and ``E s''(t)`` for ``t ~ N(mean, variance)``, shape of ``mean``.

    ``s`` is the logistic function; without variance, its value and derivatives.
    Above variance 1 its density ``s'`` is integrated instead:
    ``E s(t) = integral s'(u) Phi((mean - u) / sd) du``.

    Examples
    --------
    >>> [float(v.round(4)) for v in smoothed_logistic(np.array(0.0), 0.0)]
    [0.5, 0.25, 0.0]
    """
    mean, sd = np.asarray(mean, dtype=np.float64), float(np.sqrt(variance))
    if sd <= 1:
        t = mean[..., None] + sd * NODES
        s = expit(t)
        slope = s * expit(-t)
        return s @ WEIGHTS, slope @ WEIGHTS, (slope * (1 - 2 * s)) @ WEIGHTS
    far = STEP * np.ceil((40 + abs(mean).max(initial=0.0)) / STEP)
    u = np.arange(-far, far + STEP / 2, STEP)
    weights = STEP * expit(u) * expit(-u)
    z = (mean[..., None] - u) / sd
    density = np.exp(-(z**2) / 2) / (np.sqrt(2 * np.pi) * sd)
    return ndtr(z) @ weights, density @ weights, (-z / sd * density) @ weights
