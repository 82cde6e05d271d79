"""The command ``trifit evaluate``."""

import sys
from functools import partial
from pathlib import Path
from typing import Any

import click

from trifit.cli.command import canonical_command
from trifit.cli.compare import show_comparison
from trifit.cli.display import Display, displayed, output_option
from trifit.cli.options import Command, Option
from trifit.errors import InputError
from trifit.files import check_target, stem

file_option, evaluation_option, recalibration_option = (
    partial(click.option, cls=Option, heading=heading)
    for heading in ("Predictions", "Evaluation", "Recalibration")
)


@click.command(
    cls=Command,
    examples=(
        "trifit evaluate preds.csv --label y --probs 'p_*'",
        "trifit evaluate head.npz --label y --logits logits",
        "trifit evaluate --preds net=a.csv --preds forest=b.csv --id row --label y --probs 'p_*'",
        "trifit evaluate --draws ensemble.npz --label y",
    ),
)
@click.argument("file", required=False, type=click.Path(path_type=Path))
@file_option("--label", required=True, metavar="COLUMN", help="Column of the class that happened.")
@file_option("--probs", metavar="PATTERN", help="Columns of probabilities: 'p_*', or a,b,c.")
@file_option("--logits", metavar="PATTERN", help="Columns of logits, in place of --probs.")
@file_option(
    "--preds",
    "named",
    metavar="NAME=FILE",
    multiple=True,
    help="A model's file; repeat it to compare models on the same rows.",
)
@file_option(
    "--draws",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Members or draws, .npz: array probs (or logits) of shape (member, row, class).",
)
@file_option("--member-col", metavar="COLUMN", help="Of a table of --draws: names the member.")
@file_option("--model-col", metavar="COLUMN", help="Column that names the model, in one file.")
@file_option("--id", "row_id", metavar="COLUMN", help="Column that names the rows, to join files.")
@file_option("--positive", metavar="CLASS", help="Of two classes that of a single column.")
@file_option("--floor", type=float, help="Raise smaller probabilities to this, e.g. 1e-6.")
@evaluation_option("--groups", metavar="COLUMN", help="Rows with equal values belong together.")
@evaluation_option(
    "--weights", metavar="COLUMN", help="How many identical rows each row stands for."
)
@evaluation_option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
@recalibration_option(
    "--write-recalibrated",
    "recalibrated",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write recalibrated probabilities (.parquet, .csv), and the map beside them.",
)
@recalibration_option(
    "--map",
    "method",
    type=click.Choice(["temperature", "vector", "dirichlet", "isotonic", "beta"]),
    help="The map of --write-recalibrated [default: temperature].",
)
@output_option("--out", type=click.Path(path_type=Path), help="Folder of the page.")
@output_option("--force", is_flag=True, help="Write into an existing folder.")
@displayed
def evaluate(  # noqa: PLR0913 - click: an argument per option
    file: Path | None,
    *,
    label: str,
    probs: str | None,
    logits: str | None,
    named: tuple[str, ...],
    draws: Path | None,
    member_col: str | None,
    model_col: str | None,
    row_id: str | None,
    positive: str | None,
    floor: float | None,
    groups: str | None,
    weights: str | None,
    seed: int,
    recalibrated: Path | None,
    method: str | None,
    out: Path | None,
    force: bool,
    display: Display,
) -> None:
    """Judge the class probabilities of any model, from a FILE of its predictions.

    FILE is CSV, TSV (also .gz, .zst), Parquet, Arrow or .npz (- is text from standard input):
    a row per test row, a column of probabilities (or logits) per class, and the class that
    happened.
    """
    files = _files(file, named, draws)
    if draws is None and member_col is not None:
        raise InputError(f"--member-col {member_col}: members of what? Add --draws FILE")
    if draws is not None and (groups or weights):
        raise InputError("--draws takes neither --groups nor --weights; give the averages' file")
    _check_map(recalibrated, method, weights)
    from trifit.predictions import Reading, read_predictions
    from trifit.results.folder import check_folder, save_comparison

    columns: dict[str, Any] = {"label": label, "probs": probs, "logits": logits, "row_id": row_id}
    if draws is not None:
        from trifit.predictions.draws import predictions_of, read_draws

        members = read_draws(draws, **columns, member_col=member_col, floor=floor)
        found, averages = predictions_of(members, draws.name)
    else:
        reading = Reading(
            **columns, positive=positive, model_col=model_col, groups=groups, weights=weights
        )
        found = read_predictions(files, reading, floor=floor)
    name = "-".join(dict.fromkeys(stem(path) for path in files.values()))[:60]
    folder = out or Path("reports") / f"evaluate-{name}"
    command = canonical_command(sys.argv[1:])
    check_folder(folder, command=command, force=force)
    if recalibrated is not None:
        check_target("--write-recalibrated", recalibrated, inputs=files.values(), force=force)
    from trifit.predictions.draws import evaluate_members
    from trifit.predictions.evaluate import evaluate_forecasts

    with display.progress() as progress:
        said: dict[str, Any] = {
            "name": name,
            "seed": seed,
            "source": ", ".join(str(path) for path in files.values()),
            "command": command,
            "progress": progress,
        }
        if draws is not None:
            comparison = evaluate_members(found, averages, **said)
        else:
            comparison = evaluate_forecasts(
                found.forecasts,
                sources=found.sources,
                notes=found.notes,
                grouped_by=groups or "",
                **said,
            )
        progress("writing the page", 0.95)
        save_comparison(comparison, folder, force=force)
        maps = []
        if recalibrated is not None:
            from trifit.predictions.recalibrated import write_recalibrated

            progress("recalibrating", 0.98)
            maps = write_recalibrated(
                recalibrated,
                found,
                row_id=row_id,
                label=label,
                method=method or "temperature",
                seed=seed,
                floor=floor,
            )
    if recalibrated is not None:
        display.say(f"Recalibrated: {recalibrated}; maps: {', '.join(map(str, maps))}")
    show_comparison(comparison, folder, display)


def _check_map(recalibrated: Path | None, method: str | None, weights: str | None) -> None:
    """Refuse options that do not go with the file of recalibrated probabilities."""
    if recalibrated is not None and weights:
        raise InputError("--write-recalibrated writes one row per row: leave --weights out")
    if recalibrated is None and method is not None:
        raise InputError(f"--map {method}: the map of what? Add --write-recalibrated FILE")


def _files(file: Path | None, named: tuple[str, ...], draws: Path | None) -> dict[str, Path]:
    files = {} if file is None else {stem(file): file}
    if draws is not None:
        if files or named:
            raise InputError("--draws stands alone: give no other file of predictions")
        files = {stem(draws): draws}
    for text in named:
        name, equals, path = text.partition("=")
        if not equals or not name or not path:
            raise InputError(f"--preds {text!r}: expected NAME=FILE, e.g. --preds net=preds.csv")
        if name in files:
            raise InputError(f"--preds {text!r}: {name!r} is given twice")
        files[name] = Path(path)
    if not files:
        raise InputError("give a FILE of predictions, or --preds NAME=FILE")
    return files
