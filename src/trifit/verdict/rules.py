"""The rules: from the evidence to a verdict, and the numbers that answered each rule."""

import math
from dataclasses import dataclass

from trifit.fits import Status
from trifit.text import signed_with_se
from trifit.verdict import words
from trifit.verdict.evidence import GOOD, LEVEL, MIN_EVENTS, SUSPECT, Z99, Evidence


@dataclass(frozen=True)
class Rule:
    """One rule: what was asked, the number that answered, and whether it was met."""

    asked: str
    found: str
    met: bool


@dataclass(frozen=True)
class Verdict:
    """A verdict's name, the sentence that explains it, and the rules behind it."""

    name: str
    text: str
    rules: tuple[Rule, ...] = ()


def judge(status: Status, evidence: Evidence, *, where: str = "training rows") -> Verdict:
    """Judge one fit from its status and its calibration on held-out rows.

    Rules, in order:

    1. a fit that is not what it claims to be is *not trustworthy*;
    2. fewer than 10 rows outside the most frequent class: *cannot tell*, unless a class
       is off as in rule 4;
    3. a 99 % interval of the slope wholly below 1 (and its 95 % interval not inside
       0.8 to 1.25), and a temperature that gains on other rows: *over-confident*;
       wholly above 1: *under-confident*;
    4. a class whose mean probability differs from its frequency at the 1 % level
       (Bonferroni over classes) by perhaps more than a quarter of its odds; or a test
       of the whole vector that fails at 1 % where recalibration may gain 1 % of the
       labels' entropy: *miscalibrated otherwise*;
    5. a 95 % interval of the slope inside 0.8 to 1.25, and no fault as in rule 4 even
       at 5 %: *behaves like probabilities*;
    6. anything else: *cannot tell at this sample size*.

    A separated MLE is *no MLE exists*, followed by what its outputs did all the same.

    Parameters
    ----------
    status : Status
    evidence : Evidence
    where : str
        Which training rows a separated MLE was separated in.

    Examples
    --------
    >>> from trifit.verdict import ClassBias
    >>> evidence = Evidence(
    ...     n_obs=500, n_events=250, entropy=0.693, slope=0.5, slope_se=0.05,
    ...     gains={"temperature": (0.1, 0.02)}, p_value=0.001,
    ...     classes=[ClassBias(name, 0.5, 0.5, 0.9, (0.9, 1.1)) for name in ("a", "b")],
    ... )  # fmt: skip
    >>> judge(Status.TRUSTED, evidence).name
    'over-confident'
    """
    if not status.trustworthy:
        return Verdict("not trustworthy", f"Not judged: {status.value}.")
    name, text = _judge_calibration(evidence)
    if status is Status.SEPARATED:
        text = words.separated(where, name, text)
        name = "no MLE exists"
    return Verdict(name, text, _rules(evidence))


def _judge_calibration(e: Evidence) -> tuple[str, str]:
    classes_off = e.off()
    if not e.enough_events:
        if classes_off:
            return "miscalibrated otherwise", words.miscalibrated(e)
        return "cannot tell", words.few_events(e)
    if e.side() and not e.good_slope and e.gains["temperature"][0] > 0:
        if e.side() > 0:
            return "under-confident", words.under_confident(e)
        return "over-confident", words.over_confident(e)
    if classes_off or (e.p_value < LEVEL and e.most >= e.margin):
        return "miscalibrated otherwise", words.miscalibrated(e)
    if e.good_slope and e.suspect_at >= SUSPECT:
        return "behaves like probabilities", words.behaves(e)
    return "cannot tell", words.what_would_do(e)


def _rules(e: Evidence) -> tuple[Rule, ...]:
    value, se = e.gains["temperature"]
    limit = SUSPECT / len(e.classes)
    # The class nearest to a fault: one that is not right within a quarter, if there is any.
    worst = min(e.classes, key=lambda c: (c.good, c.p_value))
    tested = Rule(
        f"p-value of the whole vector at least {SUSPECT} (below {LEVEL} is a fault)",
        f"{e.p_value:.3g}",
        e.p_value >= SUSPECT,
    )
    return (
        Rule(
            f"at least {MIN_EVENTS} rows outside the most frequent class",
            f"{e.n_events}",
            e.enough_events,
        ),
        Rule(
            f"95% interval of the slope inside {GOOD[0]} to {GOOD[1]}",
            words.bounds(*e.interval()),
            e.good_slope,
        ),
        Rule("99% interval of the slope holds 1", words.bounds(*e.interval(Z99)), e.side() == 0),
        Rule(
            "nats per row that one temperature gains on other rows: none",
            signed_with_se(value, se),
            value <= 0,
        ),
        Rule(
            f"every class as frequent as forecast: p-value at least {limit:.2g} "
            f"(below {limit * LEVEL / SUSPECT:.2g} is a fault), or odds within {GOOD[0]} to "
            f"{GOOD[1]} of those forecast",
            f"{worst.p_value:.2g}, odds {words.odds(worst)} ({worst.name})",
            worst.good or worst.p_value >= limit,
        ),
        *([] if math.isnan(e.p_value) else [tested]),
        Rule(
            "nats per row that any recalibration may gain: less than "
            f"{words.nats(e.margin)} (1% of the entropy of the labels)",
            words.nats(e.most),
            e.most < e.margin,
        ),
    )
