"""The rules behind a verdict, each with the number that decides it."""

import math
from dataclasses import dataclass

from trifit.results import Calibration
from trifit.results.calibration import GOOD, LEVEL, MIN_EVENTS, SUSPECT
from trifit.text import p_value, signed_with_se
from trifit.words.verdict import bounds, nats, odds


@dataclass(frozen=True)
class Rule:
    """One rule: what it requires, the number found, and whether it is met."""

    asked: str
    found: str
    met: bool


def rules(c: Calibration) -> list[Rule]:
    """All rules; with soft labels there is no test of the whole vector."""
    gain = c.gain
    # The class nearest to a fault: one that is not right within a quarter, if there is any.
    worst = min(c.classes, key=lambda k: (k.good, k.p_value))
    found = [
        Rule(
            f"at least {MIN_EVENTS} rows outside the most frequent class",
            f"{c.n_events}",
            c.enough_events,
        ),
        Rule(
            f"95% interval of the slope within {GOOD[0]} to {GOOD[1]}",
            bounds(*c.interval()),
            c.good_slope,
        ),
        Rule("99% interval of the slope contains 1", bounds(*c.interval(0.99)), c.side() == 0),
        Rule(
            "temperature scaling gains nothing on other rows (nats per row)",
            "not defined" if gain is None else signed_with_se(gain.value, gain.se),
            gain is not None and gain.value <= 0,
        ),
        Rule(
            f"every class as frequent as predicted: p-value, times {len(c.classes):,} classes, at "
            f"least {SUSPECT} (below {LEVEL} is a fault), or odds {GOOD[0]} to {GOOD[1]} times "
            "those predicted",
            f"{p_value(min(1.0, c.adjusted(worst)))}, odds {odds(worst)} ({worst.name})",
            worst.good or c.adjusted(worst) >= SUSPECT,
        ),
    ]
    if c.p_value is not None:
        asked = f"whole vector: p-value at least {SUSPECT} (below {LEVEL} is a fault)"
        found.append(Rule(asked, p_value(c.p_value), not c.fails(SUSPECT)))
    return [
        *found,
        Rule(
            f"recalibration may gain less than {nats(c.margin)} nats per row (1% of the entropy of "
            "the labels)",
            nats(c.most) if math.isfinite(c.most) else "infinite",
            c.most < c.margin,
        ),
    ]
