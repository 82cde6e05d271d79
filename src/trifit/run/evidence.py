"""What held-out rows say about the calibration of one fit, gathered for the verdict."""

from collections.abc import Sequence

import numpy as np

from trifit.calibration import SlopeIntercept, class_bias
from trifit.calibration.tests import kernel
from trifit.checks import Labels
from trifit.information import entropy
from trifit.recalibration import METHODS, recalibration_gain
from trifit.types import FloatArray
from trifit.verdict import ClassBias, Evidence

MAX_MATRIX_VALUES = 500_000
"""Most entries (rows x classes squared) for which the Dirichlet map is tried."""


def gather(
    slope: SlopeIntercept,
    log_probs: FloatArray,
    y: Labels,
    *,
    class_names: Sequence[str],
    rng: np.random.Generator,
) -> Evidence:
    """Recalibration gains, canonical test and class biases, beside the slope.

    Parameters
    ----------
    slope : SlopeIntercept
        Of the same rows.
    log_probs : shape (n_obs, n_classes)
    y : shape (n_obs,) or (n_obs, n_classes)
        With soft labels there is no canonical test: it needs to know how
        observed labels scatter.
    class_names : sequence of str
    rng : numpy Generator
        Deals folds and draws the test's resamples.
    """
    probs = np.exp(log_probs)
    n_obs, n_classes = probs.shape
    maps = [
        name for name in METHODS if name != "dirichlet" or n_obs * n_classes**2 <= MAX_MATRIX_VALUES
    ]
    gains = {name: recalibration_gain(log_probs, y, method=name, seed=rng) for name in maps}
    bias = class_bias(probs, y)
    return Evidence(
        n_obs=n_obs,
        n_events=round(n_obs * (1 - float(bias.frequency.max()))),
        entropy=float(entropy(bias.frequency[None])[0]),
        slope=slope.slope,
        slope_se=slope.se,
        gains={name: (gain.value, gain.se) for name, gain in gains.items()},
        p_value=kernel(probs, y, seed=rng).p_value if y.ndim == 1 else float("nan"),
        classes=[
            ClassBias(
                name,
                float(bias.mean_prob[k]),
                float(bias.frequency[k]),
                float(bias.p_value[k]),
                (float(bias.odds_low[k]), float(bias.odds_high[k])),
            )
            for k, name in enumerate(class_names)
        ],
    )
