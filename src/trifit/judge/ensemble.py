"""What averaging members brings: from arrays to a record."""

import numpy as np

from trifit.ensemble import Averages, curve
from trifit.forecasts import LOG_ZERO, Forecasts
from trifit.results import Ensemble, MemberLoss, Spread
from trifit.scores import log_predictive_density, mean_with_se, paired_difference


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
    groups = forecasts.groups
    found = curve(at_label, groups=groups, seed=rng)
    loss = -log_predictive_density(averages.probs, forecasts.labels)
    gain = paired_difference(-at_label.mean(axis=0), loss, groups)
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
        averaging=None if impossible.any() else gain,
        total_entropy=mean_with_se(total, groups),
        expected_entropy=mean_with_se(averages.expected_entropy, groups),
        mutual_information=mean_with_se(np.maximum(total - averages.expected_entropy, 0.0), groups),
        curve=[]
        if found is None
        else [
            MemberLoss(n_members=int(n), log_loss=float(loss))
            for n, loss in zip(found.sizes[::-1], found.losses[::-1], strict=True)
        ],
        doubled=None if found is None else found.doubled,
        unlimited=None if found is None else found.unlimited,
    )
