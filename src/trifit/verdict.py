"""From numbers to one plain sentence per fit, by stated rules.

The rules look first at the calibration slope of the log-odds on test rows (see
:func:`trifit.calibration.slope_intercept`) and its 95 % interval. Slope 1 is
what probabilities have; between 0.8 and 1.25 the log-odds are right within a
quarter, which is what "behaves like probabilities" claims here. Outputs with a
good slope can still be wrong: a class whose mean probability differs from its
frequency (99 % level, Bonferroni over classes), or a top-label curve further
from the diagonal than chance allows, is *miscalibrated otherwise*.
"""

import math
from dataclasses import dataclass

from trifit.types import Status

GOOD_SLOPE = (0.8, 1.25)
Z95 = 1.959964
Z80 = 0.841621
MAX_SE = 2.0
MIN_EVENTS = 10


@dataclass(frozen=True)
class Verdict:
    """A verdict's name and the sentence that explains it with its numbers."""

    name: str
    text: str


def judge(
    status: Status,
    slope: float,
    se: float,
    n_obs: int,
    *,
    n_events: int | None = None,
    fault: str = "",
    where: str = "training rows",
) -> Verdict:
    """Judge one fit from its status and its calibration on ``n_obs`` test rows.

    Rules, in order: an untrustworthy fit is not judged; a slope interval outside
    0.8 to 1.25 at one end and below 1 is *over-confident*, above 1
    *under-confident*; any other fault is *miscalibrated otherwise*; a slope
    interval inside 0.8 to 1.25 *behaves like probabilities*; anything else
    *cannot tell*. A separated MLE is *no MLE exists*, followed by what its
    outputs did all the same.

    Parameters
    ----------
    status : Status
    slope, se : float
        Calibration slope and its standard error; NaN where not determined.
    n_obs : int
    n_events : int, optional
        Test rows outside the most frequent class; with fewer than 10 nothing is
        judged, because the slope's interval cannot be relied on.
    fault : str
        What else is wrong with the calibration, in words; "" for nothing.
    where : str
        Which training rows a separated MLE was separated in.

    Examples
    --------
    >>> judge(Status.TRUSTED, 0.5, 0.05, 500).name
    'over-confident'
    """
    if not status.trustworthy:
        return Verdict("not trustworthy", f"Not judged: {status.value}.")
    if n_events is not None and n_events < MIN_EVENTS:
        verdict = Verdict(
            "cannot tell",
            f"Only {n_events} test rows are outside the most frequent class; calibration needs at "
            f"least {MIN_EVENTS}.",
        )
    else:
        verdict = _judge_calibration(slope, se, n_obs, fault)
    if status is Status.SEPARATED:
        return Verdict(
            "no MLE exists",
            f"Rows can be separated without error in {where}. Where the optimiser stopped: "
            f"{verdict.name}. {verdict.text}",
        )
    return verdict


def _judge_calibration(slope: float, se: float, n_obs: int, fault: str) -> Verdict:
    wrong = Verdict("miscalibrated otherwise", f"Its outputs are off in another way: {fault}.")
    if not (math.isfinite(slope) and math.isfinite(se)):
        if fault:
            return wrong
        return Verdict(
            "cannot tell",
            f"The {n_obs} test rows do not determine a calibration slope: the classes are "
            "predicted too well (or the outputs do not vary).",
        )
    low, high = slope - Z95 * se, slope + Z95 * se
    found = f"calibration slope {slope:.2f} (95% interval {low:.2f} to {high:.2f})"
    good = low >= GOOD_SLOPE[0] and high <= GOOD_SLOPE[1]
    if good and not fault:
        return Verdict(
            "behaves like probabilities", f"Its outputs can be read as probabilities: {found}."
        )
    if high < 1 and not good:
        divisor = (
            f"; its log-odds are about {1 / slope:.1f} times too large"
            if low > 0
            else "; its log-odds may carry no information at all"
        )
        return Verdict("over-confident", f"Its outputs are too extreme: {found}{divisor}.")
    if low > 1 and not good:
        return Verdict(
            "under-confident",
            f"Its outputs are too timid: {found}; its log-odds should be about {slope:.1f} "
            "times larger.",
        )
    if fault:
        return wrong
    if se > MAX_SE:
        return Verdict(
            "cannot tell", f"{n_obs} test rows are far too few for outputs that vary so: {found}."
        )
    # Rows enough to exclude 1, or to fit inside the band, with power 80 % if the slope stays.
    room = max(abs(slope - 1), min(slope - GOOD_SLOPE[0], GOOD_SLOPE[1] - slope))
    needed = n_obs * ((Z95 + Z80) * se / room) ** 2
    return Verdict(
        "cannot tell",
        f"{n_obs} test rows are too few: {found}; about {_round_up(needed)} would be enough.",
    )


def _round_up(x: float) -> str:
    """Two significant digits, rounded up: 1234.0 -> "1,300"."""
    step = 10 ** max(0, math.floor(math.log10(max(x, 1))) - 1)
    return f"{math.ceil(x / step) * step:,}"
