"""Whether expectations were met: every claim of a study, judged by intervals."""

import math
from collections.abc import Sequence

from trifit.results.study import Finding, Outcome, Replicated, Tested
from trifit.study.limits import limiting_value
from trifit.study.points import Point, Summary
from trifit.study.spec import Claim

WORST_FIRST = (Outcome.CONTRADICTED, Outcome.NO_CLEAR_ANSWER, Outcome.AS_EXPECTED)

SHOWN = 4
"""Most points whose numbers a finding holds."""


def finding(
    claim: Claim, points: Sequence[Point], summary: Summary, axes: Sequence[str]
) -> Finding:
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
    judged: list[tuple[Outcome, Tested]] = []
    for point, value in asked:
        found = point.summarise(
            claim.fit,
            claim.quantity,
            summary,
            minus=claim.minus,
            level=1 - 0.05 / len(asked),
        )
        outcome = _outcome(claim, found, value)
        if found.n < point.n_cells and outcome is Outcome.AS_EXPECTED:
            outcome = Outcome.NO_CLEAR_ANSWER
        settings = {
            axis: point.settings[axis]
            for axis in axes
            if axis in point.settings and axis not in _fixed(claim)
        }
        tested = Tested(settings=settings, found=found, n_cells=point.n_cells, wanted=value)
        judged.append((outcome, tested))
    if not judged:
        return Finding(says=claim.says, outcome=Outcome.NOT_IN_THIS_GRID, telling=[])
    worst = min((outcome for outcome, _ in judged), key=WORST_FIRST.index)
    telling = [tested for outcome, tested in judged if outcome is worst]
    return Finding(
        says=claim.says,
        outcome=worst,
        n_points=len(judged),
        n_telling=len(telling),
        telling=telling[:SHOWN],
        within=claim.within,
    )


def _wanted(claim: Claim, point: Point) -> list[float | None]:
    """What the claim compares with at a point; nothing where theory has no value there."""
    if claim.equals != "theory":
        return [claim.equals]
    own = limiting_value(point.settings, claim.fit, claim.quantity)
    minus = limiting_value(point.settings, claim.minus, claim.quantity) if claim.minus else 0.0
    return [] if own is None or minus is None else [own - minus]


def _outcome(claim: Claim, found: Replicated, wanted: float | None) -> Outcome:
    if found.low is None or found.high is None:
        return Outcome.NO_CLEAR_ANSWER
    least, most = -math.inf, math.inf
    if wanted is not None:
        assert claim.within is not None
        least, most = wanted - claim.within, wanted + claim.within
    elif claim.above is not None:
        least = claim.above
    elif claim.below is not None:
        most = claim.below
    if found.high < least or found.low > most:
        return Outcome.CONTRADICTED
    return (
        Outcome.AS_EXPECTED if least < found.low and found.high < most else Outcome.NO_CLEAR_ANSWER
    )


def _fixed(claim: Claim) -> set[str]:
    """Settings that the claim holds at one value, which it says itself."""
    return {a for a, v in claim.where.items() if not isinstance(v, list) or len(v) == 1}
