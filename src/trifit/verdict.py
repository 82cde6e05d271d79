"""From numbers to one plain sentence per fit, by stated rules.

Three kinds of evidence from held-out rows, each with its uncertainty:

- the **slope** of the log-odds (:func:`trifit.calibration.slope_intercept`): 1 is
  calibrated; between 0.8 and 1.25 the log-odds are right within a quarter,
  which is what "behaves like probabilities" claims here;
- the **gain** of recalibrating (:func:`trifit.recalibration.recalibration_gain`):
  what the fault costs, in nats per row;
- a **test** of the whole vector of probabilities, and the bias of each class.

A fault is claimed at the 1 % level, good behaviour with 95 % confidence.

Which verdict follows is listed in :func:`judge`; how often each is given to
forecasts of known calibration is simulated in ``docs/verdicts.md``.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

from trifit.text import decimals_for, signed_with_se, significant, with_se
from trifit.types import Status

GOOD_SLOPE = (0.8, 1.25)
Z99 = 2.575829
Z95 = 1.959964
Z80 = 0.841621
MAX_SE = 2.0
MIN_EVENTS = 10
LEVEL = 0.01
"""Level at which the whole vector, or all class biases together, are called a fault."""
SUSPECT = 0.05
"""Level at which they forbid to speak of good behaviour."""
MATERIAL = 0.01
"""A fault that no map can turn into this gain, in nats per row, does not matter."""


@dataclass(frozen=True)
class ClassBias:
    """A class's mean probability, its frequency, and the p-value of their difference."""

    name: str
    mean_prob: float
    frequency: float
    p_value: float


@dataclass(frozen=True)
class Evidence:
    """What held-out rows say about one fit.

    Attributes
    ----------
    n_obs : int
    n_events : int
        Rows outside the most frequent class.
    slope, slope_se : float
        Calibration slope of the log-odds; NaN where not determined.
    gains : mapping of str to (value, se)
        Recalibration gain in nats per row by map; ``temperature`` must be there.
    p_value : float
        Of a test that the whole vector is calibrated; NaN where there is none
        (soft labels).
    classes : sequence of ClassBias
    """

    n_obs: int
    n_events: int
    slope: float
    slope_se: float
    gains: Mapping[str, tuple[float, float]]
    p_value: float
    classes: Sequence[ClassBias]

    def interval(self, z: float = Z95) -> tuple[float, float]:
        """Normal interval of the slope, 95 % by default."""
        return self.slope - z * self.slope_se, self.slope + z * self.slope_se

    @property
    def good_slope(self) -> bool:
        """Whether the 95 % interval of the slope lies inside 0.8 to 1.25."""
        low, high = self.interval()
        return low >= GOOD_SLOPE[0] and high <= GOOD_SLOPE[1]

    @property
    def side(self) -> int:
        """-1 where the slope is below 1 at the 1 % level, 1 where it is above, else 0."""
        low, high = self.interval(Z99)
        return int(low > 1) - int(high < 1)

    @property
    def most(self) -> float:
        """The most that recalibration may gain: the highest 95 % limit of any map."""
        return max(value + Z95 * se for value, se in self.gains.values())

    @property
    def biased(self) -> list[ClassBias]:
        """Classes forecast too often or too rarely, Bonferroni over classes."""
        return [c for c in self.classes if c.p_value < LEVEL / len(self.classes)]

    @property
    def suspect_at(self) -> float:
        """Smallest level at which the whole vector or a class's bias would be a fault."""
        lowest = len(self.classes) * min(c.p_value for c in self.classes)
        return lowest if math.isnan(self.p_value) else min(lowest, self.p_value)


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
    2. fewer than 10 rows outside the most frequent class: *cannot tell*;
    3. a 99 % interval of the slope wholly below 1 (and its 95 % interval not inside
       0.8 to 1.25), and a temperature that gains on other rows: *over-confident*;
       wholly above 1: *under-confident*;
    4. a test of the whole vector or of a class's bias that fails at 1 %, and a
       recalibration gain that may reach 0.01 nats: *miscalibrated otherwise*;
    5. a 95 % interval of the slope inside 0.8 to 1.25, and none of these tests failing
       even at 5 %, or no gain that may reach 0.01 nats: *behaves like probabilities*;
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
    >>> evidence = Evidence(
    ...     n_obs=500, n_events=250, slope=0.5, slope_se=0.05,
    ...     gains={"temperature": (0.1, 0.02)}, p_value=0.001,
    ...     classes=[ClassBias("a", 0.5, 0.5, 0.9), ClassBias("b", 0.5, 0.5, 0.9)],
    ... )  # fmt: skip
    >>> judge(Status.TRUSTED, evidence).name
    'over-confident'
    """
    if not status.trustworthy:
        return Verdict("not trustworthy", f"Not judged: {status.value}.")
    rules = _rules(evidence)
    name, text = _judge_calibration(evidence)
    if status is Status.SEPARATED:
        text = (
            f"A linear rule separates some or all rows without error in {where}. Where the "
            f"optimiser stopped: "
            f"{name}. {text}"
        )
        name = "no MLE exists"
    return Verdict(name, text, rules)


def _rules(e: Evidence) -> tuple[Rule, ...]:
    value, se = e.gains["temperature"]
    worst = min(e.classes, key=lambda c: c.p_value)
    limit = SUSPECT / len(e.classes)
    tested = Rule(
        f"p-value of the whole vector at least {SUSPECT} (below {LEVEL} is a fault)",
        f"{e.p_value:.3g}",
        e.p_value >= SUSPECT,
    )
    return (
        Rule(
            f"at least {MIN_EVENTS} rows outside the most frequent class",
            f"{e.n_events}",
            e.n_events >= MIN_EVENTS,
        ),
        Rule(
            f"95% interval of the slope inside {GOOD_SLOPE[0]} to {GOOD_SLOPE[1]}",
            _range(*e.interval()),
            e.good_slope,
        ),
        Rule("99% interval of the slope holds 1", _range(*e.interval(Z99)), e.side == 0),
        Rule(
            "nats per row that one temperature gains on other rows: none",
            signed_with_se(value, se),
            value <= 0,
        ),
        *([] if math.isnan(e.p_value) else [tested]),
        Rule(
            f"every class as frequent as forecast: p-value at least {limit:.2g} "
            f"(below {limit * LEVEL / SUSPECT:.2g} is a fault)",
            f"{worst.p_value:.2g} ({worst.name})",
            worst.p_value >= limit,
        ),
        Rule(
            f"nats per row that any recalibration may gain: less than {MATERIAL}",
            f"{e.most:.2g}",
            e.most < MATERIAL,
        ),
    )


def _range(low: float, high: float) -> str:
    if not math.isfinite(low):
        return "no slope"
    digits = _decimals((high - low) / (2 * Z95))
    return f"{low:.{digits}f} to {high:.{digits}f}"


def _decimals(se: float) -> int:
    """Two decimals, more only where the error asks for them."""
    return 2 if se >= 0.005 else decimals_for(se)


def _judge_calibration(e: Evidence) -> tuple[str, str]:
    if e.n_events < MIN_EVENTS:
        return "cannot tell", (
            f"Only {e.n_events} test rows are outside the most frequent class; calibration needs "
            f"at least {MIN_EVENTS}."
        )
    slope = f"{e.slope:.{_decimals(e.slope_se)}f}"
    found = f"calibration slope {slope} (95% interval {_range(*e.interval())})"
    gain, se = e.gains["temperature"]
    if e.side and gain > 0 and not e.good_slope:
        worth = f"One temperature gains {with_se(gain, se)} nats per row."
        if e.side > 0:
            return "under-confident", (
                f"Its outputs are too timid: {found}; "
                f"multiply its log-odds by {significant(e.slope, 2)}. {worth}"
            )
        remedy = (
            f"divide its log-odds by {significant(1 / e.slope, 2)}"
            if e.interval()[0] > 0
            else "its log-odds may carry no information at all"
        )
        return "over-confident", f"Its outputs are too extreme: {found}; {remedy}. {worth}"
    fault = _fault(e)
    if fault and e.most >= MATERIAL:
        return "miscalibrated otherwise", f"Its outputs are off in another way: {fault}."
    if e.good_slope and (e.suspect_at >= SUSPECT or e.most < MATERIAL):
        return "behaves like probabilities", f"Its outputs can be read as probabilities: {found}."
    return "cannot tell", _what_would_do(e, found)


def _fault(e: Evidence) -> str:
    """What is wrong besides the slope, with the classes it is wrong for."""
    if e.biased:
        return " and ".join(
            f"class {c.name} has probability {c.mean_prob:.3f} on average and came true with "
            f"frequency {c.frequency:.3f}"
            for c in sorted(e.biased, key=lambda c: c.p_value)[:3]
        )
    if e.p_value < LEVEL:
        return (
            f"calibrated probabilities would look so unlike the labels less than 1 time in "
            f"{math.floor(1 / max(e.p_value, 1e-6)):,}, though no single class is forecast too "
            "often or too rarely"
        )
    return ""


def _what_would_do(e: Evidence, found: str) -> str:
    if not (math.isfinite(e.slope) and math.isfinite(e.slope_se)):
        return (
            f"The {e.n_obs} test rows do not determine a calibration slope: the classes are "
            "predicted too well (or the outputs do not vary)."
        )
    if e.side:
        gain, se = e.gains["temperature"]
        return (
            f"{e.n_obs} test rows are too few: {found}, but one temperature from other rows does "
            f"not lower the log-loss ({signed_with_se(gain, se)} nats), so the slope hangs on few "
            "rows."
        )
    if e.good_slope:
        needed = e.n_obs * ((Z99 + Z80) / NormalDist().inv_cdf(1 - e.suspect_at / 2)) ** 2
        return (
            f"{e.n_obs} test rows are too few: {found}, but calibrated outputs would look so odd "
            f"only {100 * e.suspect_at:.1f} times in 100; about {_round_up(needed)} would be "
            "enough."
        )
    if e.slope_se > MAX_SE:
        return f"{e.n_obs} test rows are far too few for outputs that vary so: {found}."
    # Rows enough to exclude 1, or to fit inside the band, with power 80 % if the slope stays.
    away, room = abs(e.slope - 1), min(e.slope - GOOD_SLOPE[0], GOOD_SLOPE[1] - e.slope)
    precision = max(away / (Z99 + Z80), room / (Z95 + Z80))
    needed = e.n_obs * (e.slope_se / precision) ** 2
    return f"{e.n_obs} test rows are too few: {found}; about {_round_up(needed)} would be enough."


def _round_up(x: float) -> str:
    """Two significant digits, rounded up: 1234.0 -> "1,300"."""
    step = 10 ** max(0, math.floor(math.log10(max(x, 1))) - 1)
    return f"{math.ceil(x / step) * step:,}"
