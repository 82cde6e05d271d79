"""Sets of classes, in sentences."""

from collections.abc import Iterator
from itertools import groupby

from trifit.results import ContestantSets, SetRecord, Sets
from trifit.text import between, listed

KINDS = {"own": "as promised", "conformal": "conformal"}
"""Kinds of sets in a table."""

SETS = {"own": "sets as promised", "conformal": "conformal sets"}
"""The same in a sentence."""


def set_sentences(found: Sets) -> Iterator[str]:
    """A sentence per contestant, then why there are no conformal sets, if there are none."""
    yield f"Sets that should contain the label in {found.level:.4g} of the rows:"
    for name, rows in groupby(found.rows(), key=lambda row: row[0]):
        parts = [f"{KINDS[kind]}: {shown(sets)}" for _, kind, sets in rows]
        yield f"{name}, {'; '.join(parts)}."
    if not found.conformal:
        yield f"No conformal sets: the test rows are too few for a coverage of {found.level:.4g}."


def shown(found: ContestantSets) -> str:
    """Coverage and size of all rows."""
    record = found.all_rows
    return f"coverage {coverage(record)}, {record.size.value:.2f} classes per set"


def coverage(record: SetRecord) -> str:
    """A coverage with its interval."""
    c = record.coverage
    ends = between(c.low, c.high)
    return f"{c.value:.3f} ({ends})" if ends else f"{c.value:.3f}"


def verdict(found: Sets) -> str:
    """Whose sets clearly contain the label too rarely; a sentence for each kind."""
    sentences = []
    for kind, contestants in found.kinds.items():
        short = [n for n, s in contestants.items() if s.all_rows.coverage.high < found.level]
        if not contestants:
            continue
        if short:
            sentences.append(f"The {SETS[kind]} of {listed(short)} clearly cover too little.")
        else:
            sentences.append(f"No model's {SETS[kind]} clearly miss their coverage.")
    return " ".join(sentences)
