"""The commands ``trifit study`` and ``trifit studies``."""

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from trifit import interrupts
from trifit.cli.codes import FAILED_CHECKS
from trifit.cli.command import canonical_command
from trifit.cli.completion import names_or_files, shipped_studies
from trifit.cli.display import Display, Told, displayed, output_option
from trifit.cli.options import Command, Option, memory_option
from trifit.cli.shared import Decorator, with_options

if TYPE_CHECKING:
    from trifit.results.study import StudyRecord

grid_option, computing_option = (
    partial(click.option, cls=Option, heading=heading) for heading in ("Grid", "Computing")
)


def computing_options(units: str = "cells", whole: str = "study") -> Decorator:
    """How the units of a whole (cells of a study) are run, and where they are kept."""
    options = (
        computing_option(
            "--jobs", type=click.IntRange(min=1), help="Worker processes; default: one per core."
        ),
        computing_option(
            "--backend",
            type=click.Choice(["loky", "dask", "serial"]),
            default="loky",
            show_default=True,
            help=f"Library that runs the {units} in parallel.",
        ),
        computing_option(
            "--scheduler", metavar="ADDRESS", help="Address of the Dask scheduler: tcp://HOST:PORT."
        ),
        memory_option(heading="Computing"),
        output_option("--out", type=click.Path(path_type=Path), help=f"Folder of the {whole}."),
        output_option("--resume", is_flag=True, help=f"Continue the {whole} in the folder."),
        output_option(
            "--force", is_flag=True, help=f"Delete the {whole} in the folder and start again."
        ),
    )

    return lambda command: with_options(command, *options)


@click.command(
    cls=Command,
    examples=(
        "trifit study overconfidence --quick",
        "trifit study overconfidence --resume --jobs 8",
        "trifit study my-question.toml --dry-run",
    ),
)
@click.argument("name", shell_complete=names_or_files(shipped_studies))
@grid_option("--quick", is_flag=True, help="Run the small grid: minutes instead of up to an hour.")
@grid_option("--dry-run", is_flag=True, help="Print the plan and its estimated time; run nothing.")
@computing_options()
@displayed
def study(
    name: str,
    *,
    quick: bool,
    dry_run: bool,
    out: Path | None,
    display: Display,
    **computing: Any,
) -> None:
    """Run a study: a grid of comparisons.

    NAME is a shipped study (trifit studies lists them) or a TOML file of your own.
    Every finished cell is saved: after an interruption of any kind, --resume runs
    the remaining cells.

    Exit codes: 0 done, 2 bad input or usage, 3 every cell failed, 130 interrupted.
    """
    from trifit.study.spec import load_study

    chosen = load_study(name)
    chosen = chosen.quickly() if quick else chosen
    if dry_run:
        display.refuse("--dry-run")
        from trifit.study.plan import plan

        for line in plan(chosen, computing["jobs"]):
            click.echo(line)
        return
    folder = out or Path("reports") / f"study-{chosen.name}{'-quick' if quick else ''}"
    with display.progress() as progress:
        progress("loading PyMC", 0.0)
        from trifit.study.run import run_study

        interrupts.leaves(f"finished cells are in {folder}; --resume to continue")
        record = run_study(
            chosen,
            folder,
            progress=progress,
            command=canonical_command(sys.argv[1:]),
            **computing,
        )
    TOLD.show(record, folder, display)
    if record.n_failed == record.n_cells:
        click.get_current_context().exit(FAILED_CHECKS)


@click.command()
def studies() -> None:
    """List the shipped studies."""
    from trifit.study.spec import load_study, study_names

    for name in study_names():
        click.echo(f"{name:20}{load_study(name).question}")


def _print(record: "StudyRecord") -> None:
    """The question, what was found, and what failed."""
    from trifit.report.study import MARKS
    from trifit.words import note_text
    from trifit.words.needed import needed_sentences, unchecked_sentence

    click.echo(f"\n{record.study['question']}\n")
    for note in record.notes:
        click.echo(f"note: {note_text(note)}")
    for sentence in filter(None, [*needed_sentences(record), unchecked_sentence(record)]):
        click.echo(sentence)
    for finding in record.findings:
        click.echo(f"{MARKS[finding.outcome][0]} {finding.says}: {finding.outcome}")
    if record.n_failed:
        click.echo(
            f"{record.n_failed} of {record.n_cells} cells failed, the first: "
            f"{record.failed[0].error}",
            err=True,
        )
    if record.posteriors is not None:
        share = record.posteriors.trusted
        click.echo(f"{share:.0%} of {record.posteriors.n:,} posteriors passed all checks")


def _document(record: "StudyRecord") -> dict[str, Any]:
    """The same for machines."""
    return {
        "question": record.study["question"],
        "notes": record.notes,
        "findings": record.findings,
        "rows_needed": record.rows_needed,
        "n_cells": record.n_cells,
        "failed": record.failed,
        "n_failed": record.n_failed,
        "posteriors": record.posteriors,
    }


TOLD = Told("study", _print, _document)
"""How its record is shown."""
