"""The command ``trifit evaluate``."""

import sys
from pathlib import Path
from typing import Any

import click

from trifit.cli.command import canonical_command
from trifit.errors import InputError
from trifit.files import check_target, stem


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--label", required=True, metavar="COLUMN", help="Column of the class that happened.")
@click.option("--probs", metavar="PATTERN", help="Columns of probabilities: 'p_*', or a,b,c.")
@click.option("--logits", metavar="PATTERN", help="Columns of logits, in place of --probs.")
@click.option(
    "--preds",
    "named",
    metavar="NAME=FILE",
    multiple=True,
    help="A model's file; repeat it to compare models on the same rows.",
)
@click.option(
    "--draws",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Members or draws, .npz: array probs (or logits) of shape (member, row, class).",
)
@click.option("--member-col", metavar="COLUMN", help="Of a table of --draws: names the member.")
@click.option("--model-col", metavar="COLUMN", help="Column that names the model, in one file.")
@click.option("--id", "row_id", metavar="COLUMN", help="Column that names the rows, to join files.")
@click.option("--groups", metavar="COLUMN", help="Rows with equal values belong together.")
@click.option("--weights", metavar="COLUMN", help="How many identical rows each row stands for.")
@click.option("--positive", metavar="CLASS", help="Of two classes that of a single column.")
@click.option("--floor", type=float, help="Raise smaller probabilities to this, e.g. 1e-6.")
@click.option(
    "--write-recalibrated",
    "recalibrated",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write recalibrated probabilities (.parquet, .csv), and the map beside them.",
)
@click.option(
    "--map",
    "method",
    type=click.Choice(["temperature", "vector", "dirichlet", "isotonic", "beta"]),
    help="The map of --write-recalibrated [default: temperature].",
)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="Folder of the page.")
@click.option("--force", is_flag=True, help="Write into an existing folder.")
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
    groups: str | None,
    weights: str | None,
    positive: str | None,
    floor: float | None,
    recalibrated: Path | None,
    method: str | None,
    seed: int,
    out: Path | None,
    force: bool,
) -> None:
    r"""Judge the class probabilities of any model, from a FILE of its predictions.

    FILE is CSV, TSV (also .gz, .zst), Parquet, Arrow or .npz (- is text from standard input):
    a row per test row, a column of probabilities (or logits) per class, and the class that
    happened.

    \b
        trifit evaluate preds.csv --label y --probs 'p_*'
        trifit evaluate head.npz --label y --logits logits
        trifit evaluate --preds net=a.csv --preds forest=b.csv --id row --label y --probs 'p_*'
        trifit evaluate --draws ensemble.npz --label y
    """
    files = _files(file, named, draws)
    if draws is None and member_col is not None:
        raise InputError(f"--member-col {member_col}: members of what? Add --draws FILE")
    if draws is not None and model_col is not None:
        raise InputError(f"--model-col {model_col}: of --draws, --member-col names the member")
    _check_map(recalibrated, method, weights)
    from trifit.predictions import Reading, read_predictions
    from trifit.results.folder import check_folder, save_comparison

    columns: dict[str, Any] = {
        "label": label,
        "probs": probs,
        "logits": logits,
        "row_id": row_id,
        "groups": groups,
        "weights": weights,
        "positive": positive,
    }
    if draws is not None:
        from trifit.predictions.draws import predictions_of, read_draws

        members = read_draws(draws, **columns, member_col=member_col, floor=floor)
        found, averages = predictions_of(members, draws.name)
    else:
        reading = Reading(**columns, model_col=model_col)
        found = read_predictions(files, reading, floor=floor)
    name = "-".join(dict.fromkeys(stem(path) for path in files.values()))[:60]
    folder = out or Path("reports") / f"evaluate-{name}"
    command = canonical_command(sys.argv[1:])
    check_folder(folder, command=command, force=force)
    if recalibrated is not None:
        check_target("--write-recalibrated", recalibrated, inputs=files.values(), force=force)
    from trifit.cli.output import print_comparison, progress_bar
    from trifit.predictions.draws import evaluate_members
    from trifit.predictions.evaluate import evaluate_forecasts

    with progress_bar() as progress:
        said: dict[str, Any] = {
            "name": name,
            "seed": seed,
            "source": ", ".join(str(path) for path in files.values()),
            "grouped_by": groups or "",
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
    print_comparison(comparison)
    if recalibrated is not None:
        click.echo(f"\nRecalibrated: {recalibrated}; maps: {', '.join(map(str, maps))}")
    click.echo(f"\nReport: {folder / 'index.html'}")


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
