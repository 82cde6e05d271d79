"""What theory expects of an MLE with that many features per row."""

import numpy as np

from trifit.crossfit.fitted import Fitted
from trifit.fits import Status
from trifit.results.noticed import ExpectedMle
from trifit.theory import mle, signal_of

MIN_KAPPA, MIN_FEATURES = 0.05, 10
"""Fewer features, or fewer per row: the classical theory is close enough."""

MIN_SHARE = 0.25
"""The rarer class has at least this share: the theory is that of balanced classes."""

SHOWN = 0.9
"""Probability at which the calibration that theory expects is told."""


def expected_mle(fitted: Fitted) -> ExpectedMle | None:
    """How far off an MLE's log-odds should be; None where the theory does not apply.

    It applies to two classes, linear log-odds and an MLE that exists. The signal
    is estimated from the fit by leaving rows out
    (:func:`trifit.theory.leave_one_out_sd`).
    """
    first, density = fitted.folds[0], fitted.density
    X, y, fit = first.part.train.X, first.part.train.labels, first.fits["mle"]
    n_obs, n_features = X.shape
    kappa = n_features / n_obs
    applies = (
        density.linear
        and y.ndim == 1
        and fit.status is Status.CONVERGED
        and kappa >= MIN_KAPPA
        and n_features >= MIN_FEATURES
    )
    if not applies:
        return None
    log_probs = density.log_probs(fit.flat_draws, X)[0]
    share = float(np.mean(y))
    if log_probs.shape[1] != 2 or not MIN_SHARE <= share <= 1 - MIN_SHARE:
        return None
    gamma = signal_of(X, y.astype(np.int64), log_probs)
    if gamma is None:
        return None
    limit = mle(kappa=kappa, gamma=gamma)
    return ExpectedMle(
        n_features=n_features,
        n_obs=n_obs,
        inflation=float(limit.alpha),
        probability=SHOWN,
        occurs=float(limit.calibration_curve(SHOWN)),
        slope=float(limit.slope),
        signal=gamma,
    )
