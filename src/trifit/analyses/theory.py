"""What theory expects of an MLE with that many features per row, as a note."""

import numpy as np

from trifit.crossfit.fitted import Fitted
from trifit.errors import InputError
from trifit.fits import Status
from trifit.theory import leave_one_out_sd, mle, signal

MIN_KAPPA, MIN_FEATURES = 0.05, 10
"""Fewer features, or fewer per row: the classical theory is close enough."""

MIN_SHARE = 0.25
"""The rarer class has at least this share: the theory is that of balanced classes."""


def expected_of_mle(fitted: Fitted) -> list[str]:
    """A note on how far off an MLE's log-odds should be; none where the theory does not apply.

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
        return []
    log_probs = density.log_probs(fit.flat_draws, X)[0]
    share = float(np.mean(y))
    if log_probs.shape[1] != 2 or not MIN_SHARE <= share <= 1 - MIN_SHARE:
        return []
    sd = leave_one_out_sd(X, y.astype(np.int64), log_probs[:, 1] - log_probs[:, 0])
    try:
        gamma = signal(kappa=kappa, sd=sd)
    except InputError:  # no signal to be seen, or an MLE that hardly exists
        return []
    limit = mle(kappa=kappa, gamma=gamma)
    true = float(limit.calibration_curve(0.9))
    return [
        f"with p/n = {kappa:.2g} ({n_features} features, {n_obs} training rows), theory expects "
        f"the MLE's coefficients to be {limit.alpha:.2f} times too large; of events that it gives "
        f"probability 0.9, a share of {true:.2f} should occur (calibration slope "
        f"{limit.slope:.2f}). This assumes Normal features, linear log-odds, balanced classes and "
        f"a signal of sd {gamma:.2g}, estimated by leaving rows out"
    ]
