"""``map-cv``: the MAP with its prior's weight chosen by cross-validation."""

from dataclasses import replace

import numpy as np

from trifit.cards import Card, Optimiser
from trifit.diagnostics import SCALE_RANGE
from trifit.errors import InputError
from trifit.fit.density import Density
from trifit.fit.folds import held_out_forecasts, inner_folds, mean_loss
from trifit.fit.methods.map import fit_map
from trifit.fit.optimise import amended
from trifit.fit.training import Training
from trifit.fits import Fit
from trifit.types import FloatArray, Rows

_LOW, _HIGH = np.log2(SCALE_RANGE)
SCALE_FACTORS: FloatArray = np.exp2(np.arange(_LOW, _HIGH + 1))
"""Normal priors from 32 times narrower to 32 times wider are tried."""


def check(density: Density, card: Card) -> None:
    """Refuse a prior whose scale is learned."""
    if density.scales.any():
        raise InputError(
            f"methods 'map-cv': card {card.name!r} learns the scale of its prior from the data; "
            "cross-validate one with a fixed scale, e.g. --prior normal"
        )


def fit(training: Training) -> Fit:
    """The MAP of one training set under the prior that predicts its inner folds best."""
    training.tell("map-cv")
    return fit_map_cv(
        training.density,
        training.rows,
        training.card.optimiser,
        training.generator("map-cv"),
        held_out=training.held_out,
    )


def fit_map_cv(
    density: Density,
    rows: Rows,
    settings: Optimiser,
    rng: np.random.Generator,
    *,
    held_out: Rows | None = None,
) -> Fit:
    """MAP with the prior's weight chosen by cross-validated log-loss.

    A weight of ``1 / c**2`` is, for Normal priors, one whose scales (intercepts'
    too) are ``c`` times as wide; for Laplace priors ``c**2`` times. With a wide
    intercept prior it is what scikit-learn's ``LogisticRegressionCV`` chooses.
    The diagnostics hold ``scale_factor``, ``c``.

    Parameters
    ----------
    density : Density
    rows : Rows
    settings : Optimiser
    rng : numpy Generator
        For folds and starting points.
    held_out : Rows, optional
        Predicted along the path; nothing is learned from them.
    """
    folds = list(inner_folds(rows, rng))
    losses = []
    for factor in SCALE_FACTORS:
        weight = float(factor) ** -2
        forecasts = held_out_forecasts(density, folds, settings, rng, prior=weight)
        losses.append(mean_loss(*forecasts))
    best = float(SCALE_FACTORS[int(np.argmin(losses))])
    fit = fit_map(density, rows, settings, rng, weight=best**-2, held_out=held_out)
    return replace(fit, method="map-cv", diagnostics=amended(fit, scale_factor=best))
