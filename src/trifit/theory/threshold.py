"""Up to how many features per row an MLE exists."""

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, ndtr

from trifit.errors import InputError
from trifit.theory.quadrature import grid_for
from trifit.types import FloatArray


def existence_threshold(*, gamma: float, intercept: float = 0.0) -> float:
    """Largest ``kappa = p / n`` at which the MLE of a logistic regression exists.

    ``h = min_{t0, t1} E (t0 Y + t1 Y X - Z)_+^2`` with ``X, Z ~ N(0, 1)`` and
    ``P(Y = 1 | X) = s(intercept + gamma X) = 1 - P(Y = -1 | X)``. For ``kappa``
    above ``h`` the classes are separable with probability tending to one, below
    it they are not. Without signal and intercept it is 1/2 (Cover's theorem).
    With a true intercept of 0, it is the same whether an intercept is fitted.

    Parameters
    ----------
    gamma : float
        Standard deviation of the log-odds over rows; at least 0.
    intercept : float
        True intercept, with an intercept in the fit.

    Raises
    ------
    InputError
        On a negative or infinite argument.

    References
    ----------
    Candès & Sur (2020), Ann. Stat. 48(1), doi:10.1214/18-AOS1789; Cover (1965),
    IEEE Trans. Electron. Comput. 14(3), doi:10.1109/PGEC.1965.264137

    Examples
    --------
    >>> round(existence_threshold(gamma=0.0), 6)
    0.5
    """
    if not 0 <= gamma < np.inf:
        raise InputError(f"gamma={gamma}: expected a number of at least 0")
    if not np.isfinite(intercept):
        raise InputError(f"intercept={intercept}: expected a number")
    X, weights = grid_for(gamma)
    Y = np.array([[1.0], [-1.0]])
    weight = expit(Y * (intercept + gamma * X)) * weights
    design = np.stack([Y + 0 * X, Y * X])  # (2, Y, X)

    def objective(t: FloatArray) -> tuple[float, FloatArray]:
        s = np.tensordot(t, design, axes=1)
        density = np.exp(-(s**2) / 2) / np.sqrt(2 * np.pi)
        square = (1 + s**2) * ndtr(s) + s * density  # E (s - Z)_+^2
        slope = 2 * (s * ndtr(s) + density)
        return float((weight * square).sum()), (weight * slope * design).sum(axis=(1, 2))

    found = minimize(objective, np.zeros(2), jac=True, method="BFGS", options={"gtol": 1e-10})
    return float(found.fun)
