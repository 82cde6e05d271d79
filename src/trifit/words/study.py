"""Findings of a study as sentences."""

from collections.abc import Mapping

from trifit.normal import Z95
from trifit.results.study import Finding, Outcome, Replicated, StudyRecord, Tested
from trifit.text import listed, plain, rounded, significant, with_interval
from trifit.words.needed import needed_headline

OUTCOMES: Mapping[Outcome, tuple[str, str]] = {
    Outcome.AS_EXPECTED: ("was confirmed", "were confirmed"),
    Outcome.NO_CLEAR_ANSWER: ("is undecided", "are undecided"),
    Outcome.CONTRADICTED: ("was contradicted", "were contradicted"),
}
"""What became of one expectation, and of several."""

SHORT = {"kappa": "p / n"}
"""Settings whose name says too little."""


def study_headline(record: StudyRecord) -> str:
    """How many expectations were met, and a sentence for every contradiction."""
    if record.n_failed == record.n_cells:
        return "Every cell failed, so nothing was measured."
    if record.rows_needed and not record.findings:
        return needed_headline(record)
    judged = [f for f in record.findings if f.outcome is not Outcome.NOT_IN_THIS_GRID]
    if not judged:
        return "This grid tests none of the expectations; see its figures."
    count = {o: sum(f.outcome is o for f in judged) for o in OUTCOMES}
    if count[Outcome.AS_EXPECTED] == len(judged) > 1:
        return f"All {len(judged)} expectations were confirmed."
    parts = [f"{n} {OUTCOMES[o][n != 1]}" for o, n in count.items() if n]
    text = f"Of {len(judged)} expectation{'s' * (len(judged) > 1)}, {listed(parts)}."
    against = [f.says for f in record.findings if f.outcome is Outcome.CONTRADICTED]
    return text + "".join(f" Contradicted: {says}." for says in against)


def finding_details(finding: Finding) -> str:
    """The numbers that decided."""
    if not finding.n_points:
        return "no cell of this grid tests it"
    parts = [_of_point(tested, finding.within) for tested in finding.telling]
    more = finding.n_telling - len(parts)
    text = "; ".join(parts) + (f"; and {more} more" if more > 0 else "")
    if finding.n_points > 1:
        return f"{finding.n_telling} of {finding.n_points} points: {text}"
    return text


def _of_point(tested: Tested, within: float | None) -> str:
    where = ", ".join(
        f"{SHORT.get(name, name.replace('_', ' '))} {plain(value)}"
        for name, value in tested.settings.items()
        if not isinstance(value, bool)
    )
    found = tested.found
    if found.value is None:
        numbers = "no value"
    elif found.low is None or found.high is None:
        numbers = f"{significant(found.value)} (no interval)"
    else:
        numbers = with_interval(found.value, found.low, found.high)
    if found.n < tested.n_cells:
        numbers += f" from {found.n} of {tested.n_cells} replications"
    if tested.wanted is not None:
        numbers += f", expected {_like(found, tested.wanted)} ± {plain(within)}"
    return f"{where}: {numbers}" if where else numbers


def _like(found: Replicated, wanted: float) -> str:
    """What is expected, rounded as what was found."""
    if found.low is None or found.high is None:
        return significant(wanted)
    return rounded(wanted, (found.high - found.low) / (2 * Z95))
