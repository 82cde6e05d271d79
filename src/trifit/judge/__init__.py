"""Forecasts judged: scores, calibration, verdicts, differences. Arrays only, no model.

Everything here takes :class:`trifit.forecasts.Forecasts` and gives records of
:mod:`trifit.results`.
"""

from trifit.judge.advice import advised
from trifit.judge.answers import answers
from trifit.judge.contestant import judged
from trifit.judge.differences import differences
from trifit.judge.scores import scores
from trifit.judge.verdict import verdict_on, with_status

__all__ = [
    "advised",
    "answers",
    "differences",
    "judged",
    "scores",
    "verdict_on",
    "with_status",
]
