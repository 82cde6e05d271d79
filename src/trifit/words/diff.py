"""Two runs compared, as text: cells of the tables, sentences, Markdown."""

import math
from collections.abc import Callable, Iterator, Sequence

from trifit.normal import Z95
from trifit.results.diff import Checked, ContestantDiff, Paired, RunDiff
from trifit.scores import Interval
from trifit.text import counted, decimals_for, listed, significant, with_minus, with_se
from trifit.words.notes import note_text
from trifit.words.verdict import VERDICTS

NAMES = {"log_loss": "log-loss", "brier": "Brier", "slope": "slope"}

DIFFERENCES = ("model", "measure", "A", "B", "B − A", "95% interval")
"""Headings of the table of measures."""

CHANGES = ("what changed", "setting", "A", "B")
"""Headings of the table of settings."""

CONDITIONS = ("condition", "B − A", "95% interval", "result")
"""Headings of the table of conditions."""

NONE = "–"


def title(diff: RunDiff, typed: Callable[[str], str] = str) -> list[str]:
    """Which runs these are, and on which rows; ``typed`` marks what is shown as typed."""
    rows = counted(diff.n_test, "test row")
    groups = "" if diff.n_groups is None else f"; errors count {counted(diff.n_groups, 'group')}"
    return [
        f"A: {typed(diff.a.folder)} ({typed(diff.a.command)})",
        f"B: {typed(diff.b.folder)} ({typed(diff.b.command)})",
        f"{rows}, the same in A and B{groups}",
    ]


def sentences(diff: RunDiff) -> list[str]:
    """What changed for every contestant, those that one run lacks, and notes."""
    found = [f"{name}: {_found(each)}." for name, each in diff.contestants.items()]
    for names, run in ((diff.only_a, "A"), (diff.only_b, "B")):
        if names:
            found.append(f"Only {run} has {listed(names)}.")
    return found + [f"note: {note_text(note)}" for note in diff.notes]


def measure_rows(diff: RunDiff) -> Iterator[tuple[str, ...]]:
    """Cells of :data:`DIFFERENCES`: a row for each measure and the verdict of each contestant."""
    for name, each in diff.contestants.items():
        for measure, paired in each.paired.items():
            yield (name, NAMES[measure], *_cells(each, measure, paired))
        same = each.verdict_a is each.verdict_b
        yield (
            name,
            "verdict",
            VERDICTS[each.verdict_a],
            VERDICTS[each.verdict_b],
            "same" if same else "changed",
            "",
        )


def change_rows(diff: RunDiff) -> Iterator[tuple[str, ...]]:
    """Cells of :data:`CHANGES`."""
    for change in diff.changes:
        yield change.topic, change.name, change.a or NONE, change.b or NONE


def condition_rows(checked: Sequence[Checked]) -> Iterator[tuple[str, ...]]:
    """Cells of :data:`CONDITIONS`."""
    for each in checked:
        yield each.condition, *_difference(each.difference), "met" if each.met else "not met"


def markdown(diff: RunDiff, checked: Sequence[Checked] = ()) -> str:
    """The comparison as Markdown, for a pull request or a log."""
    parts = [
        "# Two runs compared",
        "\n".join(f"- {line}" for line in title(diff, _code)),
        _table(DIFFERENCES, measure_rows(diff)),
        "\n".join(f"- {_escaped(line)}" for line in sentences(diff)),
    ]
    if checked:
        parts.append(_table(CONDITIONS, condition_rows(checked)))
    if diff.changes:
        parts.append(_table(CHANGES, change_rows(diff)))
    return "\n\n".join(parts) + "\n"


def _found(each: ContestantDiff) -> str:
    verdict = (
        ""
        if each.verdict_a is each.verdict_b
        else f"; the verdict changed from {VERDICTS[each.verdict_a]} to {VERDICTS[each.verdict_b]}"
    )
    return _of_loss(each) + _of_brier(each) + verdict


def _of_loss(each: ContestantDiff) -> str:
    if each.infinite == "+∞":
        return "log-loss infinite in B only"
    if each.infinite == "−∞":
        return "log-loss infinite in A only"
    difference = each.log_loss.difference
    if difference is None:
        return "log-loss infinite in both runs, because of different rows"
    if difference.value == difference.se == 0:
        return "the same log-loss on every row"
    if not difference.clear:
        return "no clear difference in log-loss"
    return f"log-loss clearly {'higher' if difference.value > 0 else 'lower'} in B"


def _of_brier(each: ContestantDiff) -> str:
    difference = each.brier.difference
    if difference is None or not difference.clear:
        return ""
    return f"; Brier score clearly {'higher' if difference.value > 0 else 'lower'} in B"


def _cells(each: ContestantDiff, measure: str, paired: Paired) -> tuple[str, ...]:
    difference = each.interval(measure)
    undefined = each.infinite if measure == "log_loss" else ""
    shown = (undefined or NONE, "") if difference is None else _difference(difference)
    of_a, of_b = (
        NONE if run is None else with_se(run.value, run.se) for run in (paired.a, paired.b)
    )
    return of_a, of_b, *shown


def _difference(found: Interval) -> tuple[str, str]:
    """A difference with its sign, and its 95% interval."""
    if math.isinf(found.value):
        return ("+∞" if found.value > 0 else "−∞"), ""
    if found.low == found.high:
        return significant(found.value), "exactly"
    digits = decimals_for((found.high - found.low) / (2 * Z95))
    value, low, high = (
        with_minus(f"{x:{sign}z.{digits}f}")
        for x, sign in ((found.value, "+"), (found.low, ""), (found.high, ""))
    )
    return value, f"{low} to {high}"


def _table(headings: Sequence[str], rows: Iterator[tuple[str, ...]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(map(_escaped, cells))} |" for cells in lines)


def _code(text: str) -> str:
    """A text that is shown as typed."""
    return f"`{text.replace('`', chr(39))}`"


def _escaped(text: str) -> str:
    """A text that neither ends a cell nor makes HTML."""
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
