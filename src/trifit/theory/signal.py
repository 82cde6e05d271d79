"""How strong the signal is, seen from an MLE: what the theory needs and data do not show."""

import numpy as np
from scipy.optimize import brentq

from trifit.errors import InputError
from trifit.theory.limit import mle
from trifit.theory.threshold import existence_threshold
from trifit.types import FloatArray, IntArray

WEAKEST = 0.02
"""Below this standard deviation of true log-odds there is no signal to speak of."""

STRONGEST = 8.0


def leave_one_out_sd(X: FloatArray, y: IntArray, log_odds: FloatArray) -> float:
    """Standard deviation of an MLE's log-odds on rows it was not fitted to.

    Each row is left out by one Newton step from the fit, whose design has an
    intercept: with ``h_i = x_i' H^-1 x_i`` and ``w_i = p_i (1 - p_i)`` its log-odds
    become ``eta_i - h_i (y_i - p_i) / (1 - w_i h_i)``.

    Parameters
    ----------
    X : array of shape (n_obs, n_features)
    y : array of shape (n_obs,)
        Class codes, 0 or 1.
    log_odds : array of shape (n_obs,)
        Of class 1, as fitted.

    References
    ----------
    Yadlowsky et al. (2021), NeurIPS 34, arXiv:2103.12725
    """
    design = np.column_stack([np.ones(len(X)), X])
    p = 1 / (1 + np.exp(-log_odds))
    weight = p * (1 - p)
    information = (design.T * weight) @ design
    if np.linalg.matrix_rank(information, hermitian=True) == len(information):
        solved = np.linalg.solve(information, design.T)
    else:  # such as columns of all categories beside the intercept
        solved = np.linalg.pinv(information, hermitian=True) @ design.T
    h = np.einsum("ij,ji->i", design, solved)
    left_out = log_odds - h * (y - p) / (1 - weight * h)
    return float(np.std(left_out, ddof=1))


def signal_of(X: FloatArray, y: IntArray, log_probs: FloatArray) -> float | None:
    """The signal behind an MLE of two classes; None where no signal leads to such log-odds.

    Parameters
    ----------
    X : array of shape (n_obs, n_features)
    y : array of shape (n_obs,)
        Class codes, 0 or 1.
    log_probs : array of shape (n_obs, 2)
        As fitted.
    """
    sd = leave_one_out_sd(X, y, log_probs[:, 1] - log_probs[:, 0])
    try:
        return signal(kappa=X.shape[1] / len(X), sd=sd)
    except InputError:  # no signal to be seen, or an MLE that hardly exists
        return None


def signal(*, kappa: float, sd: float) -> float:
    """The ``gamma`` at which an MLE has log-odds of standard deviation ``sd`` on fresh rows.

    The inverse of ``mle(kappa=kappa, gamma=gamma).sd``, which grows with ``gamma``
    until no MLE exists.

    Parameters
    ----------
    kappa : float
        Features per row.
    sd : float
        See :func:`leave_one_out_sd`.

    Raises
    ------
    InputError
        If no signal leads to that spread: it is smaller than noise alone gives,
        or larger than an MLE reaches.

    Examples
    --------
    >>> round(signal(kappa=0.2, sd=mle(kappa=0.2, gamma=2.0).sd), 4)
    2.0
    """
    if not 0 < kappa < 0.5:
        raise InputError(f"kappa={kappa}: expected a number between 0 and 0.5")

    def room(gamma: float) -> float:  # a little, for the equations to be solved
        return existence_threshold(gamma=gamma) - 1.1 * kappa

    if room(WEAKEST) <= 0:
        raise InputError(f"kappa={kappa:g}: no MLE exists, or hardly so, whatever the signal")
    strongest = STRONGEST if room(STRONGEST) > 0 else float(brentq(room, WEAKEST, STRONGEST))
    low, high = (mle(kappa=kappa, gamma=g).sd for g in (WEAKEST, strongest))
    if not low < sd < high:
        raise InputError(
            f"sd={sd:g}: at kappa={kappa:g} an MLE's log-odds have between {low:.3g} (no signal) "
            f"and {high:.3g}"
        )
    return float(brentq(lambda g: mle(kappa=kappa, gamma=g).sd - sd, WEAKEST, strongest, xtol=1e-5))
