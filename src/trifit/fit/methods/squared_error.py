"""``squared-error``: the least Brier score, the other loss whose minimum is the probabilities."""

from dataclasses import replace

import numpy as np

from trifit.cards import Optimiser
from trifit.fit.density import Density
from trifit.fit.optimise import maximise
from trifit.fit.training import Training
from trifit.fits import Fit, Status
from trifit.types import Rows


def fit(training: Training) -> Fit:
    """The least squared error on one training set."""
    training.tell("squared-error")
    return fit_squared_error(
        training.density,
        training.rows,
        training.card.optimiser,
        training.generator("squared-error"),
        held_out=training.held_out,
    )


def fit_squared_error(
    density: Density,
    rows: Rows,
    settings: Optimiser,
    rng: np.random.Generator,
    *,
    held_out: Rows | None = None,
) -> Fit:
    """The least squared error (Brier score) instead of the least cross-entropy.

    The other loss whose minimum is the class probabilities.

    Parameters
    ----------
    density : Density
    rows : Rows
    settings : Optimiser
    rng : numpy Generator
        For starting points and a validation share.
    held_out : Rows, optional
        Predicted along the path; nothing is learned from them.

    References
    ----------
    Richard & Lippmann (1991), Neural Comput. 3(4), doi:10.1162/neco.1991.3.4.461
    """
    fit = maximise(
        "squared-error", density, rows, settings, rng,
        prior=0.0, criterion="squared-error", held_out=held_out, record=True,
    )  # fmt: skip
    uncertified = fit.status is Status.CONVERGED
    return replace(fit, status=Status.UNCERTIFIED) if uncertified else fit
