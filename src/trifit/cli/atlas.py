"""The command ``trifit atlas``."""

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from trifit import interrupts
from trifit.cli.codes import FAILED_CHECKS
from trifit.cli.command import canonical_command
from trifit.cli.completion import cards, names_or_files
from trifit.cli.display import Display, Told, displayed
from trifit.cli.options import Command, Option, seed_option, words_of
from trifit.cli.study import computing_options
from trifit.errors import InputError

if TYPE_CHECKING:
    from trifit.results.atlas import AtlasRecord

grid_option = partial(click.option, cls=Option, heading="Grid")


@click.command(
    cls=Command,
    examples=(
        "trifit atlas --list",
        "trifit atlas --tables penguins,spam",
        "trifit atlas --resume --jobs 8",
    ),
)
@grid_option("--list", "listed", is_flag=True, help="List the tables; run nothing.")
@grid_option("--tables", metavar="A,B,...", help="Only these tables.")
@grid_option(
    "--folder",
    type=click.Path(path_type=Path),
    help="Another atlas: TOML files and tables/; default: trifit's.",
)
@grid_option(
    "--model",
    default="softmax",
    show_default=True,
    shell_complete=names_or_files(cards),
    help="Model card (name or path).",
)
@grid_option(
    "--replications",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Draws from a table at every size.",
)
@seed_option(help="Random seed of all draws.")
@computing_options(whole="atlas")
@displayed
def atlas(
    *,
    listed: bool,
    tables: str | None,
    folder: Path | None,
    model: str,
    replications: int,
    seed: int,
    out: Path | None,
    display: Display,
    **computing: Any,
) -> None:
    """Fit one classifier to many public tables.

    Every table is fitted at three sizes of the training set, and all fits are judged on
    held-out rows. The page says how often outputs behave like probabilities, and what
    the MLE loses; every table has a page of its own. The default folder is
    reports/study-atlas.

    Exit codes: 0 done, 2 bad input or usage, 3 every cell failed, 130 interrupted.
    """
    names = words_of(tables) or []
    if tables is not None and not names:
        from trifit.atlas.entries import how_to_list

        raise InputError(f"--tables names no table; {how_to_list(folder)} names all")
    if listed:
        display.refuse("--list")
        _list(folder, names)
        return
    from trifit.atlas.entries import load_entries
    from trifit.atlas.folder import check_folder
    from trifit.cards import load_card
    from trifit.study.computing import Computing

    folder_out = out or Path("reports/study-atlas")
    load_entries(folder, names)
    load_card(model)
    how = Computing(**computing)
    check_folder(folder_out, force=how.force, resume=how.resume)
    with display.progress() as progress:
        progress("loading PyMC", 0.0)
        from trifit.atlas.run import run_atlas

        interrupts.leaves(f"finished cells are in {folder_out}; --resume to continue")
        record = run_atlas(
            folder_out,
            atlas=folder,
            names=names,
            card=model,
            replications=replications,
            seed=seed,
            progress=progress,
            command=canonical_command(sys.argv[1:]),
            **computing,
        )
    TOLD.show(record, folder_out, display)
    if not record.cells:
        click.get_current_context().exit(FAILED_CHECKS)


def _list(folder: Path | None, names: list[str]) -> None:
    from trifit.atlas.entries import load_entries

    for entry in load_entries(folder, names):
        rows = f"{entry.table.rows:,}" if entry.table else "–"
        click.echo(f"{entry.name:20}{rows:>7}  {entry.field:12} {entry.title} ({entry.origin})")


def _print(record: "AtlasRecord") -> None:
    from trifit.words.atlas import atlas_sentences

    for sentence in atlas_sentences(record):
        click.echo(f"\n{sentence}")
    if record.n_failed:
        click.echo(f"{record.n_failed} cells failed: {record.failed[0].error}", err=True)


def _document(record: "AtlasRecord") -> dict[str, Any]:
    import msgspec

    return dict(msgspec.to_builtins(record))


TOLD = Told("atlas", _print, _document)
"""How its record is shown."""
