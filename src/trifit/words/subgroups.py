"""Calibration by subgroup, in sentences."""

from collections.abc import Iterator

from trifit.results import Division, Verdict
from trifit.text import listed, p_equals, with_se
from trifit.words.verdict import VERDICTS

IN_PART = (
    "In subgroups only slope, temperature and class frequencies are judged; the whole vector of "
    "probabilities is not tested there."
)
"""What a verdict on a subgroup rests on."""

FAULTS = (Verdict.OVER_CONFIDENT, Verdict.UNDER_CONFIDENT, Verdict.MISCALIBRATED)


def subgroup_sentences(d: Division) -> Iterator[str]:
    """Which subgroups differ, and which have a fault; all contestants without one in a sentence."""
    quiet: list[str] = []
    untested: list[str] = []
    for name, found in d.contestants.items():
        told = [*differences(d, name), *faults(d, name)]
        if told:
            yield f"{name} by {d.by}: {'; '.join(told)} ({homogeneity(found.p_value)})."
        else:
            (quiet if found.tested else untested).append(name)
    if quiet:
        yield f"{listed(quiet)} by {d.by}: no subgroup clearly differs, and none has a clear fault."
    if untested:
        yield (
            f"{listed(untested)} by {d.by}: no subgroup has a clear fault. Whether they differ is "
            "not tested: too few rows, or soft labels."
        )


def differences(d: Division, name: str) -> Iterator[str]:
    """The subgroups that differ from the others."""
    for subgroup, record in zip(d.names, d.contestants[name].subgroups, strict=True):
        if "slope" in record.differs and record.slope is not None:
            slope = with_se(record.slope.value, record.slope.se)
            yield f"{subgroup!r} has a different slope from the others, {slope}"
        if "bias" in record.differs:
            yield f"{subgroup!r} has a different bias from the others"


def faults(d: Division, name: str) -> Iterator[str]:
    """The subgroups whose own rows show a fault."""
    subgroups = d.contestants[name].subgroups
    for verdict in FAULTS:
        here = [repr(n) for n, r in zip(d.names, subgroups, strict=True) if r.verdict is verdict]
        if here:
            yield f"{VERDICTS[verdict]} in {listed(here)}"


def homogeneity(p: float | None) -> str:
    """The test of all subgroups together."""
    if p is None:
        return "no test of all subgroups together: too few rows, or soft labels"
    return f"homogeneity: {p_equals(p)}"
