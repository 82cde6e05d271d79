"""Contestants against each other, row by row."""

from collections.abc import Sequence

import numpy as np

from trifit.elpd import probability_better, total
from trifit.forecasts import Forecasts
from trifit.results import Difference
from trifit.scores import log_predictive_density, paired_difference


def differences(
    forecasts: Forecasts, pairs: Sequence[tuple[str, str]], rng: np.random.Generator
) -> list[Difference]:
    """Paired differences of log-loss of those pairs of which both are there.

    Parameters
    ----------
    forecasts : Forecasts
    pairs : sequence of (str, str)
    rng : numpy Generator
        Draws the Bayesian bootstrap's weights.
    """
    named = {name for pair in pairs for name in pair} & set(forecasts.log_probs)
    lpd = {
        name: log_predictive_density(forecasts.log_probs[name], forecasts.labels) for name in named
    }
    rows, groups = [], forecasts.groups
    for a, b in pairs:
        if a not in lpd or b not in lpd:
            continue
        rows.append(
            Difference(
                a=a,
                b=b,
                log_loss=paired_difference(lpd[b], lpd[a], groups),
                elpd=total(lpd[a] - lpd[b], groups),
                probability_better=probability_better(lpd[a], lpd[b], groups=groups, seed=rng),
            )
        )
    return rows
