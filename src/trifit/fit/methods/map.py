"""``map``: maximum a posteriori, the least cross-entropy plus minus the log prior."""

from dataclasses import replace

import numpy as np

from trifit.cards import Optimiser
from trifit.fit.density import Density
from trifit.fit.optimise import maximise
from trifit.fit.training import Training
from trifit.fits import Fit, Status
from trifit.types import FloatArray, Rows


def fit(training: Training) -> Fit:
    """The MAP of one training set; learned prior scales are held at their posterior medians."""
    scales = training.held_scales
    training.tell("MAP")
    found = fit_map(
        training.density,
        training.rows,
        training.card.optimiser,
        training.generator("optimiser"),
        held_out=training.held_out,
        scales=scales,
    )
    if training.learns_scales and found.status is Status.CONVERGED:
        return replace(found, status=Status.DEGENERATE)
    return found


def fit_map(
    density: Density,
    rows: Rows,
    settings: Optimiser,
    rng: np.random.Generator,
    *,
    weight: float = 1.0,
    held_out: Rows | None = None,
    scales: FloatArray | None = None,
) -> Fit:
    """Maximum a posteriori: the mode of the density in the model's own parameters.

    Learned prior scales are held, because a joint mode over them is
    degenerate.

    Parameters
    ----------
    density : Density
    rows : Rows
    settings : Optimiser
    rng : numpy Generator
        For starting points.
    weight : float
        Of the log prior.
    held_out : Rows, optional
        Predicted along the path; nothing is learned from them.
    scales : array of shape (n_params,), optional
        Where learned prior scales are held.
    """
    return maximise(
        "map", density, rows, settings, rng,
        prior=weight, held_out=held_out, scales=scales, record=True,
    )  # fmt: skip
