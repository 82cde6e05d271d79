"""Which default prior, asked again of tables outside the atlas: the second rule of docs/priors.md.

    python tools/prior_confirmation.py FOLDER           print what was found
    python tools/prior_confirmation.py FOLDER --fit     fit what is not there, then print

Cells, numbers and conditions are those of ``prior_evidence.py``, in this folder.
"""

import argparse
from pathlib import Path

import pandas as pd
from prior_evidence import (
    ATLAS,
    MOST_COEFFICIENTS,
    TODAY,
    Cell,
    Found,
    account,
    against_others,
    by_digest,
    coefficients,
    confirmation,
    dataset_of,
    fit,
    sizes_in,
    table_of,
    widest,
    without_largest,
    write_numbers,
)

from trifit.atlas.bootstrap import over_tables
from trifit.atlas.entries import load_entries
from trifit.cards import AUTO

TABLES = ATLAS / "confirm"
PRIORS = (TODAY, "2.5/sqrt(p)", AUTO)
"""The simplest first."""

SEED = 17


def cells() -> list[Cell]:
    """Both sizes of every table."""
    out = []
    for name in by_digest([entry.name for entry in load_entries(TABLES)]):
        data = dataset_of(name, TABLES)
        if coefficients(data) <= MOST_COEFFICIENTS:
            sizes, n_test = sizes_in(data)
            out += [Cell(name, n, n_test, PRIORS, TABLES, SEED) for n in sizes]
    return out


def decided(found: Found, tables: list[str]) -> tuple[str, str]:
    """The prior that becomes the default, and what was asked on the way."""
    confirmed, asked = confirmation(found, tables, AUTO)
    d = over_tables(found.by_table(tables, found.gain(AUTO, PRIORS[1]))).value
    over = over_tables(found.by_table(tables, found.more(found.over, AUTO, PRIORS[1]))).value
    assert d is not None
    assert over is not None
    as_good = d <= 0 and over <= 0
    asked = (
        f"`{AUTO}` against `{TODAY}`\n{asked}\n6. against `{PRIORS[1]}`: mean of d {d:.4f}, "
        f"over-confident {100 * over:.0f} points: {'holds' if as_good else 'FAILS'}"
    )
    if confirmed and as_good:
        return AUTO, asked
    confirmed, more = confirmation(found, tables, PRIORS[1])
    asked = f"{asked}\n\n`{PRIORS[1]}` against `{TODAY}`\n{more}"
    return (PRIORS[1] if confirmed else TODAY), asked


def show(folder: Path) -> None:
    """Everything that the second round of docs/priors.md quotes."""
    numbers = pd.read_csv(folder / "numbers.csv", dtype={"cell": str, "fit": str})
    found = Found(numbers, cells())
    tables = [t for t in dict.fromkeys(c.table for c in found.tasks.values()) if found.keys(t)]
    print(f"{len(found.done)} of {len(found.tasks)} training sets, {len(tables)} tables")
    for share in ("both", "full", "25 %"):
        print(f"\n### {share}\n\n{table_of(found, tables, share, PRIORS)}")
    winner, asked = decided(found, tables)
    print(f"\n{asked}\n\nDefault by the rule: {winner}")
    print("\nLooked at afterwards, decides nothing:")
    print(against_others(found, tables, AUTO, PRIORS))
    for name in PRIORS[1:]:
        print(without_largest(found, tables, name))
    print(f"\n{widest(found)}\n{account(found, PRIORS)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--fit", action="store_true")
    arguments = parser.parse_args()
    if arguments.fit:
        fit(arguments.folder, cells())
    if (arguments.folder / "cells").is_dir():
        write_numbers(arguments.folder)
    show(arguments.folder)
