"""The rules: from what is known of the calibration to a verdict."""

from trifit.fits import Status
from trifit.results import Calibration, Judged, Verdict
from trifit.results.calibration import LEVEL, SUSPECT


def verdict_on(c: Calibration, n_looks: int = 1) -> Verdict:
    """Judge outputs by their calibration on held-out rows.

    With several looks at one contestant (its subgroups) the levels of faults are divided by their
    number (Bonferroni), so that all of them together err as one does.

    Rules, in order:

    1. fewer than 10 rows outside the most frequent class: *uncertain*, unless a class
       is off as in rule 3;
    2. a 99 % interval of the slope wholly below 1 (and its 95 % interval not inside
       0.8 to 1.25), and a temperature that gains on other rows: *over-confident*;
       wholly above 1: *under-confident*;
    3. a class whose mean probability differs from its frequency at the 1 % level
       (Bonferroni over classes) by perhaps more than a quarter of its odds; or a test
       of the whole vector that fails at 1 % where recalibration may gain 1 % of the
       labels' entropy: *miscalibrated*;
    4. a 95 % interval of the slope inside 0.8 to 1.25, and no fault as in rule 3 even
       at 5 %: *behaves like probabilities*;
    5. anything else: *uncertain*, with so few rows.

    Examples
    --------
    >>> from trifit.results import ClassBias, Estimate
    >>> found = Calibration(
    ...     n_obs=500, n_events=250, entropy=0.693, slope=Estimate.normal(0.5, 0.05),
    ...     intercepts=[0.0, 0.0], gains={"temperature": Estimate.normal(0.1, 0.02)},
    ...     p_value=0.001,
    ...     classes=[
    ...         ClassBias(name=name, mean_prob=0.5, frequency=0.5, p_value=0.9,
    ...                   odds_low=0.9, odds_high=1.1)
    ...         for name in ("a", "b")
    ...     ],
    ... )  # fmt: skip
    >>> verdict_on(found).value
    'over-confident'
    """
    level = LEVEL / n_looks
    if not c.enough_events:
        return Verdict.MISCALIBRATED if c.off(level) else Verdict.UNCERTAIN
    side = c.side(1 - level)
    if side and not c.good_slope and c.gain is not None and c.gain.value > 0:
        return Verdict.UNDER_CONFIDENT if side > 0 else Verdict.OVER_CONFIDENT
    if c.off(level) or (c.fails(level) and c.most >= c.margin):
        return Verdict.MISCALIBRATED
    if c.good_slope and c.suspect_at >= SUSPECT:
        return Verdict.BEHAVES
    return Verdict.UNCERTAIN


def with_status(judged: Judged, status: Status) -> Judged:
    """The record of a contestant whose fit ended so: a fit that failed is not judged."""
    return judged.with_verdict(of_fit(judged.outputs, status))


def of_fit(outputs: Verdict, status: Status) -> Verdict:
    """The verdict on a fit that ended so, from that on its outputs alone."""
    if status.failed:
        return Verdict.FAILED
    if status in (Status.SEPARATED, Status.DERIVED_SEPARATED):
        return Verdict.NO_MLE
    return outputs
