"""How each fit ended, over all training sets."""

from collections.abc import Sequence

import numpy as np

from trifit.crossfit.fitted import Fitted
from trifit.fits import Fit, Status
from trifit.results import FitRecord, PathStep
from trifit.rounding import finite

FINDINGS = (
    Status.SEPARATED,
    Status.PLATEAU,
    Status.DERIVED_SEPARATED,
    Status.DEGENERATE,
    Status.STOPPED_EARLY,
    Status.STALLED,
    Status.UNCERTIFIED,
)
"""What counts for a fit if it ended so on any training set, the most important first."""


def fit_records(fitted: Fitted) -> dict[str, FitRecord]:
    """The record of every fit; the worst status of any training set counts."""
    return {name: _record([each.fits[name] for each in fitted.every]) for name in fitted.names}


def _record(fits: Sequence[Fit]) -> FitRecord:
    statuses = [fit.status for fit in fits]
    status = worst_status(statuses)
    return FitRecord(
        status=status,
        n_with_status=statuses.count(status),
        n_training_sets=len(statuses),
        seconds=sum(fit.seconds for fit in fits),
        diagnostics=_worst_diagnostics(fits),
        path=[
            PathStep(step=step, cross_entropy=loss, gradient=gradient, held_out=held_out)
            for step, loss, gradient, held_out in fits[0].path
        ],
    )


def worst_status(statuses: Sequence[Status]) -> Status:
    """The status of a contestant: a failed one first, then a finding, else the common one."""
    for status in statuses:
        if status.failed:
            return status
    return next((finding for finding in FINDINGS if finding in statuses), statuses[0])


SMALLEST = ("_min", "_right")
"""Ends of the names of diagnostics that are worst where they are smallest."""


def _worst_diagnostics(fits: Sequence[Fit]) -> dict[str, float | None]:
    """Each diagnostic at its worst over training sets (smallest of ``_min`` and ``_right``)."""
    worst: dict[str, float | None] = {}
    for name in dict.fromkeys(name for fit in fits for name in fit.diagnostics):
        values = np.array([f.diagnostics[name] for f in fits if name in f.diagnostics])
        worst[name] = finite(float((np.min if name.endswith(SMALLEST) else np.max)(values)))
    return worst
