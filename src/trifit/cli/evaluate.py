"""The command ``trifit evaluate``."""

import sys
from pathlib import Path

import click

from trifit.cli.command import canonical_command
from trifit.errors import InputError
from trifit.files import stem


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
@click.option("--model-col", metavar="COLUMN", help="Column that names the model, in one file.")
@click.option("--id", "row_id", metavar="COLUMN", help="Column that names the rows, to join files.")
@click.option("--groups", metavar="COLUMN", help="Rows with equal values belong together.")
@click.option("--weights", metavar="COLUMN", help="How many identical rows each row stands for.")
@click.option("--positive", metavar="CLASS", help="Of two classes that of a single column.")
@click.option("--floor", type=float, help="Raise smaller probabilities to this, e.g. 1e-6.")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="Folder of the page.")
@click.option("--force", is_flag=True, help="Write into an existing folder.")
def evaluate(
    file: Path | None,
    *,
    label: str,
    probs: str | None,
    logits: str | None,
    named: tuple[str, ...],
    model_col: str | None,
    row_id: str | None,
    groups: str | None,
    weights: str | None,
    positive: str | None,
    floor: float | None,
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
    """
    from trifit.predictions import Reading, read_predictions

    files = _files(file, named)
    reading = Reading(
        label=label,
        probs=probs,
        logits=logits,
        positive=positive,
        row_id=row_id,
        model_col=model_col,
        groups=groups,
        weights=weights,
    )
    found = read_predictions(files, reading, floor=floor)
    from trifit.results.folder import check_folder, save_comparison

    name = "-".join(dict.fromkeys(stem(path) for path in files.values()))[:60]
    folder = out or Path("reports") / f"evaluate-{name}"
    command = canonical_command(sys.argv[1:])
    check_folder(folder, command=command, force=force)
    from trifit.cli.output import print_comparison, progress_bar
    from trifit.predictions.evaluate import evaluate_forecasts

    with progress_bar() as progress:
        comparison = evaluate_forecasts(
            found.forecasts,
            name=name,
            seed=seed,
            source=", ".join(str(path) for path in files.values()),
            sources=found.sources,
            notes=found.notes,
            grouped_by=groups or "",
            command=command,
            progress=progress,
        )
        progress("writing the page", 0.95)
        save_comparison(comparison, folder, force=force)
    print_comparison(comparison)
    click.echo(f"\nReport: {folder / 'index.html'}")


def _files(file: Path | None, named: tuple[str, ...]) -> dict[str, Path]:
    files = {} if file is None else {stem(file): file}
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
