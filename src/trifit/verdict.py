"""From numbers to one plain sentence per fit, by stated rules.

The rules look at the calibration slope of the log-odds on test rows (see
:func:`trifit.calibration.slope_intercept`) and its 95 % interval. Slope 1 is
what probabilities have; between 0.8 and 1.25 the log-odds are right within a
quarter, which is what "behaves like probabilities" claims here.
"""

import math
from dataclasses import dataclass

from trifit.types import Status

GOOD_SLOPE = (0.8, 1.25)
Z95 = 1.959964


@dataclass(frozen=True)
class Verdict:
    """A verdict's name and the sentence that explains it with its numbers."""

    name: str
    text: str


def judge(status: Status, slope: float, se: float, n_obs: int) -> Verdict:
    """Judge one fit from its status and its calibration slope on ``n_obs`` test rows.

    Rules, in order: an untrustworthy fit is not judged; a slope interval inside
    0.8 to 1.25 *behaves like probabilities*; one below 1 is *over-confident*,
    one above 1 *under-confident*; anything else *cannot tell*. A separated MLE
    is *no MLE exists*, followed by what its outputs did all the same.

    Examples
    --------
    >>> judge(Status.TRUSTED, 0.5, 0.05, 500).name
    'over-confident'
    """
    if not status.trustworthy:
        return Verdict("not trustworthy", f"Not judged: {status.value}.")
    verdict = _judge_slope(slope, se, n_obs)
    if status is Status.SEPARATED:
        return Verdict(
            "no MLE exists",
            "Training rows can be separated without error, so no MLE exists. Where the optimiser "
            f"stopped: {verdict.name}. {verdict.text}",
        )
    return verdict


def _judge_slope(slope: float, se: float, n_obs: int) -> Verdict:
    if not (math.isfinite(slope) and math.isfinite(se)):
        return Verdict(
            "cannot tell",
            f"The {n_obs} test rows do not determine a calibration slope: the classes are "
            "predicted too well (or the outputs do not vary).",
        )
    low, high = slope - Z95 * se, slope + Z95 * se
    found = f"calibration slope {slope:.2f} (95% interval {low:.2f} to {high:.2f})"
    if low >= GOOD_SLOPE[0] and high <= GOOD_SLOPE[1]:
        return Verdict(
            "behaves like probabilities", f"Its outputs can be read as probabilities: {found}."
        )
    if high < 1:
        divisor = (
            f"; its log-odds are about {1 / slope:.1f} times too large" if slope > 0.05 else ""
        )
        return Verdict("over-confident", f"Its outputs are too extreme: {found}{divisor}.")
    if low > 1:
        return Verdict(
            "under-confident",
            f"Its outputs are too timid: {found}; its log-odds should be about {slope:.1f} "
            "times larger.",
        )
    needed = n_obs * (Z95 * se / (1 - GOOD_SLOPE[0])) ** 2
    return Verdict(
        "cannot tell",
        f"{n_obs} test rows cannot tell: {found}; about {_round_up(needed)} would.",
    )


def _round_up(x: float) -> str:
    """Two significant digits, rounded up: 1234.0 -> "1,300"."""
    step = 10 ** max(0, math.floor(math.log10(max(x, 1))) - 1)
    return f"{math.ceil(x / step) * step:,}"
