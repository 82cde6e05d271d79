"""What averaging members brings: from arrays to a record."""

import numpy as np

from trifit.ensemble import Averages, Saving, curve
from trifit.forecasts import LOG_ZERO
from trifit.results import Ensemble, Estimate, MemberLoss, Spread
from trifit.scores import log_predictive_density, mean_with_se, paired_difference
from trifit.types import FloatArray, IntArray


def ensemble(averages: Averages, y: IntArray, rng: np.random.Generator) -> Ensemble:
    """What averaging members brings, and what more would; see :class:`trifit.results.Ensemble`.

    Parameters
    ----------
    averages : Averages
    y : array of shape (n_obs,)
        Class codes.
    rng : numpy Generator
        Draws subsets of members.
    """
    at_label = averages.at_label
    impossible = (at_label <= LOG_ZERO).any(axis=1)
    member = -at_label.mean(axis=1)
    probs = np.exp(averages.probs)
    total = -(probs * averages.probs).sum(axis=1)
    found = curve(at_label, seed=rng)
    gain = paired_difference(-at_label.mean(axis=0), -log_predictive_density(averages.probs, y))
    return Ensemble(
        n_members=len(at_label),
        n_ruling_out=int(impossible.sum()),
        members=None
        if impossible.any()
        else Spread(
            lowest=float(member.min()),
            median=float(np.median(member)),
            highest=float(member.max()),
        ),
        averaging=None if impossible.any() else Estimate.normal(gain.value, gain.se),
        total_entropy=_mean(total),
        expected_entropy=_mean(averages.expected_entropy),
        mutual_information=_mean(np.maximum(total - averages.expected_entropy, 0.0)),
        curve=[]
        if found is None
        else [
            MemberLoss(n_members=int(n), log_loss=float(loss))
            for n, loss in zip(found.sizes[::-1], found.losses[::-1], strict=True)
        ],
        doubled=None if found is None else _saving(found.doubled),
        unlimited=None if found is None else _saving(found.unlimited),
    )


def _mean(pointwise: FloatArray) -> Estimate:
    mean = mean_with_se(pointwise)
    return Estimate.normal(mean.value, mean.se)


def _saving(saving: Saving) -> Estimate:
    return Estimate(value=saving.value, se=saving.se, low=saving.low, high=saving.high)
