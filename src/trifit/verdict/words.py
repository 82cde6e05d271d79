"""Verdicts as sentences."""

import math
from statistics import NormalDist

from trifit.calibration.resampling import RULED_OUT
from trifit.text import decimals_for, signed_with_se, significant, with_se
from trifit.verdict.evidence import GOOD, MIN_EVENTS, Z95, Z99, ClassBias, Evidence

Z80 = 0.841621
MAX_SE = 2.0
RARE = 0.1
"""Share of rows outside the most frequent class below which their number is what counts."""


def behaves(e: Evidence) -> str:
    """A calibrated fit, with the direction where the slope is known to differ from 1."""
    direction = {-1: "slightly over-confident", 1: "slightly under-confident"}.get(e.side(Z95))
    if direction:
        return (
            f"Nearly: its outputs can be read as probabilities, but they are {direction}: "
            f"{slope(e)}."
        )
    return f"Its outputs can be read as probabilities: {slope(e)}."


def over_confident(e: Evidence) -> str:
    """A slope below 1, and what would mend it."""
    remedy = (
        f"divide its log-odds by {significant(1 / e.slope, 2)}"
        if e.interval()[0] > 0
        else "its log-odds may carry no information at all"
    )
    return f"Its outputs are too extreme: {slope(e)}; {remedy}. {_worth(e)}{_besides(e)}"


def under_confident(e: Evidence) -> str:
    """A slope above 1, and what would mend it."""
    remedy = f"multiply its log-odds by {significant(e.slope, 2)}"
    return f"Its outputs are too timid: {slope(e)}; {remedy}. {_worth(e)}{_besides(e)}"


def miscalibrated(e: Evidence) -> str:
    """What is wrong besides the slope, with the classes it is wrong for."""
    if e.off():
        return f"Its outputs are off in another way: {_classes_off(e)}."
    if e.p_value < RULED_OUT:
        return (
            "Its outputs are off in another way: labels occurred to which it gave practically no "
            f"chance (p-value {significant(e.p_value, 1)})."
        )
    return (
        "Its outputs are off in another way: calibrated probabilities would look so unlike the "
        f"labels less than 1 time in {math.floor(1 / max(e.p_value, 1e-6)):,}, though no single "
        "class is forecast too often or too rarely."
    )


def few_events(e: Evidence) -> str:
    """Too few rows for a slope."""
    return (
        f"Only {e.n_events} test rows are outside the most frequent class; calibration needs at "
        f"least {MIN_EVENTS}."
    )


def separated(where: str, name: str, text: str) -> str:
    """A separated MLE, and the verdict on where its optimiser stopped."""
    return (
        f"A linear rule separates some or all rows without error in {where}. Where the "
        f"optimiser stopped: {name}. {text}"
    )


def what_would_do(e: Evidence) -> str:
    """Why these rows cannot tell, and how many could."""
    if not (math.isfinite(e.slope) and math.isfinite(e.slope_se)):
        return (
            f"The {e.n_obs} test rows do not determine a calibration slope: the classes are "
            "predicted too well (or the outputs do not vary)."
        )
    few = f"{_rows(e)} are too few: {slope(e)}"
    if e.side():
        return (
            f"{few}, but one temperature from other rows does not lower the log-loss "
            f"({signed_with_se(*e.gains['temperature'])} nats), so the slope hangs on few rows."
        )
    if e.good_slope:
        times = ((Z99 + Z80) / NormalDist().inv_cdf(1 - e.suspect_at / 2)) ** 2
        return (
            f"{few}, but calibrated outputs would look so odd only {100 * e.suspect_at:.1f} times "
            f"in 100; {_enough(e, times)}."
        )
    if e.slope_se > MAX_SE:
        return f"{_rows(e)} are far too few for outputs that vary so: {slope(e)}."
    # Rows enough to exclude 1, or to fit inside the band, with power 80 % if the slope stays.
    away, room = abs(e.slope - 1), min(e.slope - GOOD[0], GOOD[1] - e.slope)
    precision = max(away / (Z99 + Z80), room / (Z95 + Z80))
    return f"{few}; {_enough(e, (e.slope_se / precision) ** 2)}."


def slope(e: Evidence) -> str:
    """The slope with its interval."""
    value = f"{e.slope:.{_decimals(e.slope_se)}f}"
    return f"calibration slope {value} (95% interval {bounds(*e.interval())})"


def bounds(low: float, high: float) -> str:
    """Bounds of an interval of the slope."""
    if not math.isfinite(low):
        return "no slope"
    digits = _decimals((high - low) / (2 * Z95))
    return f"{low:.{digits}f} to {high:.{digits}f}"


def odds(c: ClassBias) -> str:
    """Bounds of the interval of a class's odds."""
    low, high = c.odds
    shown = [significant(v, 2) if math.isfinite(v) else "infinity" for v in (low, high)]
    return " to ".join(shown)


def nats(value: float) -> str:
    """A gain in nats, two digits."""
    return significant(value, 2).replace("-", "−")


def _worth(e: Evidence) -> str:
    return f"One temperature gains {with_se(*e.gains['temperature'])} nats per row."


def _besides(e: Evidence) -> str:
    return f" Besides, {_classes_off(e)}." if e.off() else ""


def _classes_off(e: Evidence) -> str:
    """The clearest three; of two classes the rarer one, as the other says the same."""
    found = e.off()
    if len(e.classes) == 2:
        found = [min(found, key=lambda c: c.frequency)]
    return "; ".join(_class_off(c) for c in found[:3])


def _class_off(c: ClassBias) -> str:
    said = (
        f"class {c.name} has probability {significant(c.mean_prob)} on average but frequency "
        f"{significant(c.frequency)}"
    )
    if not (0 < c.mean_prob < 1 and 0 < c.frequency < 1):
        return said
    ratio = c.mean_prob * (1 - c.frequency) / (c.frequency * (1 - c.mean_prob))
    times, way = (ratio, "large") if ratio > 1 else (1 / ratio, "small")
    return f"{said} (odds {significant(times, 2)} times too {way})"


def _rows(e: Evidence) -> str:
    """The test rows, or those outside the most frequent class where these are few."""
    if e.n_events >= RARE * e.n_obs:
        return f"{e.n_obs} test rows"
    usual = max(e.classes, key=lambda c: c.frequency).name
    return f"{e.n_events} test rows outside class {usual} (of {e.n_obs:,})"


def _enough(e: Evidence, times: float) -> str:
    """How many rows would do, if what is seen stays as it is."""
    if e.n_events >= RARE * e.n_obs:
        return f"about {_round_up(times * e.n_obs)} would be enough"
    return (
        f"about {_round_up(times * e.n_events)} would be enough "
        f"(of {_round_up(times * e.n_obs)} rows)"
    )


def _decimals(se: float) -> int:
    """Two decimals, more only where the error asks for them."""
    return 2 if se >= 0.005 else decimals_for(se)


def _round_up(x: float) -> str:
    """Two significant digits, rounded up: 1234.0 -> "1,300"."""
    step = 10 ** max(0, math.floor(math.log10(max(x, 1))) - 1)
    return f"{math.ceil(x / step) * step:,}"
