"""Whether expectations were met: every claim of a study, judged by intervals."""

import math
from collections.abc import Sequence

from trifit.normal import Z95
from trifit.results.study import Finding, Outcome, Replicated
from trifit.study.limits import limiting_value
from trifit.study.results import Point, Summary
from trifit.study.spec import Claim
from trifit.text import plain, rounded, significant, with_interval

SHORT = {"kappa": "p / n"}
"""Settings whose name says too little."""

SHOWN = 4
"""Most points whose numbers a finding quotes."""


def judge(claim: Claim, points: Sequence[Point], summary: Summary, axes: Sequence[str]) -> Finding:
    """The outcome of a claim at all points it speaks of.

    As expected: at every point the whole interval is where the claim says (for ``equals``
    within that distance of the value). Contradicted: at some point all of it is
    elsewhere. Otherwise there is no clear answer; so too where a replication gave no
    number. The intervals of all points together hold with probability 95 % (Bonferroni).
    A quick grid need not hold the points of every claim.

    Parameters
    ----------
    claim : Claim
    points : sequence of Point
    summary : {"mean", "median"}
    axes : sequence of str
        Settings that vary, by which points are named.
    """
    asked: list[tuple[Point, float | None]] = [
        (point, wanted)
        for point in points
        if point.agrees(claim.where)
        for wanted in _wanted(claim, point)
    ]
    judged: list[tuple[Outcome, str]] = []
    for point, value in asked:
        found = point.summarise(
            claim.fit,
            claim.quantity,
            summary,
            minus=claim.minus,
            level=1 - 0.05 / len(asked),
        )
        outcome = _outcome(claim, found, value)
        if found.n < point.n_cells and outcome == "as expected":
            outcome = "no clear answer"
        judged.append((outcome, _words(claim, point, found, value, axes)))
    if not judged:
        return Finding(
            says=claim.says, outcome="not in this grid", details="no cell of this grid tests it"
        )
    outcomes = [outcome for outcome, _ in judged]
    worst: Outcome = (
        "contradicted" if "contradicted" in outcomes
        else "no clear answer" if "no clear answer" in outcomes
        else "as expected"
    )  # fmt: skip
    telling = [words for outcome, words in judged if outcome == worst]
    more = len(telling) - SHOWN
    details = "; ".join(telling[:SHOWN]) + (f"; and {more} more" if more > 0 else "")
    if len(judged) > 1:
        details = f"{len(telling)} of {len(judged)} points: {details}"
    return Finding(says=claim.says, outcome=worst, details=details)


def _wanted(claim: Claim, point: Point) -> list[float | None]:
    """What the claim compares with at a point; nothing where theory has no value there."""
    if claim.equals != "theory":
        return [claim.equals]
    own = limiting_value(point.settings, claim.fit, claim.quantity)
    minus = limiting_value(point.settings, claim.minus, claim.quantity) if claim.minus else 0.0
    return [] if own is None or minus is None else [own - minus]


def _outcome(claim: Claim, found: Replicated, wanted: float | None) -> Outcome:
    if found.low is None or found.high is None:
        return "no clear answer"
    least, most = -math.inf, math.inf
    if wanted is not None:
        assert claim.within is not None
        least, most = wanted - claim.within, wanted + claim.within
    elif claim.above is not None:
        least = claim.above
    elif claim.below is not None:
        most = claim.below
    if found.high < least or found.low > most:
        return "contradicted"
    return "as expected" if least < found.low and found.high < most else "no clear answer"


def _words(
    claim: Claim, point: Point, found: Replicated, wanted: float | None, axes: Sequence[str]
) -> str:
    named = [a for a in axes if a in point.settings and a not in _fixed(claim)]
    where = ", ".join(
        f"{SHORT.get(a, a.replace('_', ' '))} {plain(point.settings[a])}"
        for a in named
        if not isinstance(point.settings[a], bool)
    )
    if found.value is None:
        numbers = "no value"
    elif found.low is None or found.high is None:
        numbers = f"{significant(found.value)} (no interval)"
    else:
        numbers = with_interval(found.value, found.low, found.high)
    if found.n < point.n_cells:
        numbers += f" from {found.n} of {point.n_cells} replications"
    if wanted is not None:
        numbers += f", expected {_like(found, wanted)} ± {plain(claim.within)}"
    return f"{where}: {numbers}" if where else numbers


def _fixed(claim: Claim) -> set[str]:
    """Settings that the claim holds at one value, which it says itself."""
    return {a for a, v in claim.where.items() if not isinstance(v, list) or len(v) == 1}


def _like(found: Replicated, wanted: float) -> str:
    """What is expected, rounded as what was found."""
    if found.low is None or found.high is None:
        return significant(wanted)
    return rounded(wanted, (found.high - found.low) / (2 * Z95))
