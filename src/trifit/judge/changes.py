"""One contestant in two runs, row by row."""

from trifit.calibration import slope_difference
from trifit.forecasts import Forecasts, ruled_out
from trifit.results import Judged
from trifit.results.diff import ContestantDiff, Paired
from trifit.scores import (
    Estimate,
    log_predictive_density,
    paired_difference,
    squared_distance,
)


def change(
    a: Forecasts, b: Forecasts, name: str, judged_a: Judged, judged_b: Judged
) -> ContestantDiff:
    """What changed for one contestant from run a to run b.

    Parameters
    ----------
    a, b : Forecasts
        Of the same rows, in one order, with the same labels and groups.
    name : str
    judged_a, judged_b : Judged
        What each run found.
    """
    groups, scores_a, scores_b = a.groups, judged_a.scores, judged_b.scores
    loss_a, loss_b = (-log_predictive_density(f.log_probs[name], f.labels) for f in (a, b))
    square_a, square_b = (squared_distance(f.probs(name), f.labels) for f in (a, b))
    never_a, never_b = (
        ruled_out(a.log_probs[name], a.labels),
        ruled_out(b.log_probs[name], b.labels),
    )
    finite = bool((never_a == never_b).all())
    return ContestantDiff(
        log_loss=Paired(
            a=scores_a.log_loss,
            b=scores_b.log_loss,
            difference=paired_difference(loss_b, loss_a, groups) if finite else None,
        ),
        brier=Paired(
            a=scores_a.brier,
            b=scores_b.brier,
            difference=paired_difference(square_b, square_a, groups),
        ),
        slope=Paired(
            a=judged_a.calibration.slope,
            b=judged_b.calibration.slope,
            difference=_of_slopes(a, b, name),
        ),
        verdict_a=judged_a.verdict,
        verdict_b=judged_b.verdict,
        ruled_out_a=int((never_a & ~never_b).sum()),
        ruled_out_b=int((never_b & ~never_a).sum()),
    )


def _of_slopes(a: Forecasts, b: Forecasts, name: str) -> Estimate | None:
    return slope_difference(a.log_probs[name], b.log_probs[name], a.labels, a.groups)
