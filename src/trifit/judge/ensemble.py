"""What averaging members brings: from arrays to a record."""

import numpy as np

from trifit.ensemble import Averages, Saving, curve
from trifit.forecasts import LOG_ZERO, Forecasts
from trifit.results import Ensemble, Estimate, MemberLoss, Spread
from trifit.scores import log_predictive_density, mean_with_se, paired_difference
from trifit.types import FloatArray


def ensemble(averages: Averages, forecasts: Forecasts, rng: np.random.Generator) -> Ensemble:
    """What averaging members brings, and what more would; see :class:`trifit.results.Ensemble`.

    Parameters
    ----------
    averages : Averages
    forecasts : Forecasts
        Of the same rows: their labels (class codes) and groups.
    rng : numpy Generator
        Draws subsets of members.
    """
    at_label = averages.at_label
    impossible = (at_label <= LOG_ZERO).any(axis=1)
    member = -at_label.mean(axis=1)
    probs = np.exp(averages.probs)
    total = -(probs * averages.probs).sum(axis=1)
    groups, n_groups = forecasts.groups, forecasts.n_groups
    found = curve(at_label, groups=groups, seed=rng)
    loss = -log_predictive_density(averages.probs, forecasts.labels)
    gain = paired_difference(-at_label.mean(axis=0), loss, groups)

    def mean(pointwise: FloatArray) -> Estimate:
        found = mean_with_se(pointwise, groups)
        return Estimate.normal(found.value, found.se, n_groups)

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
        averaging=None if impossible.any() else Estimate.normal(gain.value, gain.se, n_groups),
        total_entropy=mean(total),
        expected_entropy=mean(averages.expected_entropy),
        mutual_information=mean(np.maximum(total - averages.expected_entropy, 0.0)),
        curve=[]
        if found is None
        else [
            MemberLoss(n_members=int(n), log_loss=float(loss))
            for n, loss in zip(found.sizes[::-1], found.losses[::-1], strict=True)
        ],
        doubled=None if found is None else _saving(found.doubled),
        unlimited=None if found is None else _saving(found.unlimited),
    )


def _saving(saving: Saving) -> Estimate:
    return Estimate(value=saving.value, se=saving.se, low=saving.low, high=saving.high)
