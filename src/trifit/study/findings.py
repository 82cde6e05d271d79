"""Whether what was expected came out: every claim of a study, judged by intervals."""

from collections.abc import Sequence

from trifit.study.overlay import expected
from trifit.study.record import Finding, Outcome, Over
from trifit.study.results import Point, Summary, over
from trifit.study.spec import Claim
from trifit.text import between, plain, significant

SHOWN = 4
"""Most points whose numbers a finding quotes."""


def judge(claim: Claim, points: Sequence[Point], summary: Summary, axes: Sequence[str]) -> Finding:
    """The outcome of a claim at all points it speaks of.

    As expected: at every point the interval says so. Contradicted: at some point the
    interval excludes it. Otherwise there is no clear answer. The intervals of all
    points together hold with probability 95 % (Bonferroni).
    """
    spoken = []
    for point in (p for p in points if p.agrees(claim.where)):
        values = point.replicated(claim.fit, claim.quantity, claim.minus)
        if len(values):
            spoken.append((point, values))
    judged: list[tuple[Outcome, str]] = []
    for point, values in spoken:
        found = over(values, summary, level=1 - 0.05 / len(spoken))
        wanted = claim.equals
        if wanted == "theory":
            wanted = _theory(claim, point)
            if wanted is None:
                continue
        judged.append((_outcome(claim, found, wanted), _words(point, found, wanted, axes)))
    if not judged:
        return Finding(says=claim.says, outcome="no clear answer", details="no such cells were run")
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


def _theory(claim: Claim, point: Point) -> float | None:
    own = expected(point.settings, claim.fit, claim.quantity)
    if claim.minus is None or own is None:
        return own
    other = expected(point.settings, claim.minus, claim.quantity)
    return None if other is None else own - other


def _outcome(claim: Claim, found: Over, wanted: float | None) -> Outcome:
    low = -float("inf") if found.low is None else found.low
    high = float("inf") if found.high is None else found.high
    if wanted is not None:
        assert claim.within is not None
        if not low <= wanted <= high:
            # Off, but by less than matters: what was claimed is a distance.
            near = wanted - claim.within <= low and high <= wanted + claim.within
            return "as expected" if near else "contradicted"
        near = max(high - wanted, wanted - low) <= claim.within
        return "as expected" if near else "no clear answer"
    if claim.above is not None:
        return _side(low > claim.above, high < claim.above)
    assert claim.below is not None
    return _side(high < claim.below, low > claim.below)


def _side(right: bool, wrong: bool) -> Outcome:  # noqa: FBT001
    return "as expected" if right else "contradicted" if wrong else "no clear answer"


def _words(point: Point, found: Over, wanted: float | None, axes: Sequence[str]) -> str:
    where = ", ".join(f"{a} {plain(point.settings[a])}" for a in axes if a in point.settings)
    if found.value is None:
        numbers = "no number"
    elif found.low is None or found.high is None:
        numbers = f"{significant(found.value)} (no interval)"
    else:
        numbers = f"{significant(found.value)} ({between(found.low, found.high) or 'exactly'})"
    theory = "" if wanted is None else f", expected {significant(wanted)}"
    return f"{where}: {numbers}{theory}" if where else f"{numbers}{theory}"
