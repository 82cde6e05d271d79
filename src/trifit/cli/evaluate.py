"""The command ``trifit evaluate``."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from trifit.cli.command import canonical_command
from trifit.cli.compare import show_comparison
from trifit.cli.display import Display, displayed, output_option
from trifit.cli.options import Command, Option, seed_option
from trifit.cli.shared import asks, evaluation_option, file_option, reads_predictions
from trifit.errors import InputError
from trifit.files import check_target, stem

if TYPE_CHECKING:
    from trifit.predictions.join import Predictions
    from trifit.questions import Questions
    from trifit.types import FloatArray

TEMPERATURE = "temperature"
"""The map for ``--write-recalibrated`` unless another is chosen."""

recalibration_option = partial(click.option, cls=Option, heading="Recalibration")


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
@file_option(
    "--label", required=True, metavar="COLUMN", help="Column of the label, the class that occurred."
)
@reads_predictions("Column that identifies the rows, to join files.")
@file_option(
    "--preds",
    "named",
    metavar="NAME=FILE",
    multiple=True,
    help="File of one model; repeat to compare models on the same rows.",
)
@file_option(
    "--draws",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Ensemble members or posterior draws, .npz: array probs (or logits) of shape "
    "(member, row, class).",
)
@file_option(
    "--member-col", metavar="COLUMN", help="Column that names the member, if --draws is a table."
)
@file_option(
    "--model-col", metavar="COLUMN", help="Column that names the model, if a file has several."
)
@file_option("--floor", type=float, help="Raise smaller probabilities to this value, e.g. 1e-6.")
@evaluation_option("--groups", metavar="COLUMN", help="Rows with equal values belong together.")
@evaluation_option(
    "--weights", metavar="COLUMN", help="How many identical rows each row stands for."
)
@asks(
    sampling=evaluation_option(
        "--training-shares",
        metavar="CLASS=SHARE",
        help="Class shares of the training rows [default: those of the scored rows].",
    ),
    unlabelled="The same, with shares estimated from the first model's predictions without labels.",
)
@seed_option(help="Random seed of folds and resampling.")
@recalibration_option(
    "--write-recalibrated",
    "recalibrated",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="File for recalibrated probabilities (.parquet, .csv); the map goes beside it.",
)
@recalibration_option(
    "--map",
    "chosen",
    type=click.Choice([TEMPERATURE, "vector", "dirichlet", "isotonic", "beta"]),
    help="Map for --write-recalibrated [default: temperature].",
)
@output_option("--out", type=click.Path(path_type=Path), help="Folder for the page.")
@output_option("--force", is_flag=True, help="Write into an existing folder; replace a run there.")
@displayed
def evaluate(  # noqa: PLR0913 - click: an argument per option
    file: Path | None,
    *,
    columns: dict[str, Any],
    named: tuple[str, ...],
    draws: Path | None,
    member_col: str | None,
    model_col: str | None,
    floor: float | None,
    questions: "Questions",
    prevalence_from: Path | None,
    seed: int,
    recalibrated: Path | None,
    chosen: str | None,
    out: Path | None,
    force: bool,
    display: Display,
    **roles: Any,
) -> None:
    """Judge any model's class probabilities, read from a FILE.

    FILE is CSV or TSV (also .gz or .zst), Parquet, Arrow or .npz, or - for text from standard
    input. It has one row per test row, one column of probabilities (or logits) per class, and
    a column with the label.
    """
    files = _files(file, named, draws)
    _check_draws(draws, member_col, model_col, prevalence_from)
    _check_map(recalibrated, chosen, roles["weights"])
    columns, method = columns | roles, chosen or TEMPERATURE
    found = _read(files, draws, columns, model_col, member_col, floor)
    unlabelled = _unlabelled(found, prevalence_from, columns, floor)
    from trifit.predictions.evaluate import evaluate_predictions
    from trifit.predictions.rows import save_evaluation
    from trifit.results.folder import check_folder

    questions = replace(questions, by=found.by, unlabelled=unlabelled)
    name = "-".join(dict.fromkeys(stem(path) for path in files.values()))[:60]
    folder = out or Path("reports") / f"evaluate-{name}"
    command = canonical_command(sys.argv[1:])
    check_folder(folder, command=command, force=force)
    if recalibrated is not None:
        from trifit.predictions.recalibrated import check_recalibrable, write_recalibrated

        check_target("--write-recalibrated", recalibrated, inputs=files.values(), force=force)
        check_recalibrable(found.forecasts, method)
    with display.progress() as progress:
        comparison = evaluate_predictions(
            found,
            name=name,
            seed=seed,
            source=", ".join(map(str, files.values())),
            grouped_by=roles["groups"] or "",
            questions=questions,
            command=command,
            progress=progress,
        )
        progress("writing the page", 0.95)
        save_evaluation(
            comparison, found.forecasts, found.row_ids, folder, floor=floor, force=force
        )
        if recalibrated is not None:
            progress("recalibrating", 0.98)
            called = {name: columns[name] for name in ("row_id", "label")}
            maps = write_recalibrated(
                recalibrated, found, **called, method=method, seed=seed, floor=floor
            )
    if recalibrated is not None:
        display.say(f"Recalibrated: {recalibrated}; maps: {', '.join(map(str, maps))}")
    show_comparison(comparison, folder, display)


def _read(
    files: Mapping[str, Path],
    draws: Path | None,
    columns: Mapping[str, Any],
    model_col: str | None,
    member_col: str | None,
    floor: float | None,
) -> "Predictions":
    """The forecasts of files; of members in one file, and their averages."""
    if draws is not None:
        from trifit.predictions.draws import predictions_of, read_draws

        members = read_draws(draws, **columns, member_col=member_col, floor=floor)
        return predictions_of(members, draws.name)
    from trifit.predictions import Reading, read_predictions

    return read_predictions(files, Reading(**columns, model_col=model_col), floor=floor)


def _check_draws(
    draws: Path | None,
    member_col: str | None,
    model_col: str | None,
    prevalence_from: Path | None,
) -> None:
    """Refuse options that only go with members, or not with them."""
    if draws is None and member_col is not None:
        raise InputError(f"--member-col {member_col} needs --draws FILE")
    if draws is not None and model_col is not None:
        raise InputError(f"--model-col {model_col}: with --draws, --member-col names the member")
    if draws is not None and prevalence_from is not None:
        raise InputError("--prevalence-from and --draws exclude each other; give --prevalence")


def _unlabelled(
    found: "Predictions", file: Path | None, columns: Mapping[str, Any], floor: float | None
) -> "dict[str, FloatArray] | None":
    """The first model's forecasts of a file without labels."""
    if file is None:
        return None
    from trifit.predictions import Reading
    from trifit.predictions.join import read_unlabelled

    bare = Reading(**{name: columns[name] for name in ("probs", "logits", "positive")})
    classes, first = found.forecasts.class_names, next(iter(found.forecasts.log_probs))
    return {first: read_unlabelled(file, bare, classes, floor=floor)[0]}


def _check_map(recalibrated: Path | None, method: str | None, weights: str | None) -> None:
    """Refuse options that do not go with the file of recalibrated probabilities."""
    if recalibrated is not None and weights:
        raise InputError(
            "--write-recalibrated cannot be used with --weights; leave out one of them"
        )
    if recalibrated is None and method is not None:
        raise InputError(f"--map {method} needs --write-recalibrated FILE")


def _files(file: Path | None, named: tuple[str, ...], draws: Path | None) -> dict[str, Path]:
    files = {} if file is None else {stem(file): file}
    if draws is not None:
        if files or named:
            raise InputError(
                "--draws cannot be combined with other files of predictions; give it alone"
            )
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
