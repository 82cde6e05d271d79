"""The command ``trifit recalibrate``."""

from pathlib import Path
from typing import Any

import click

from trifit.cli.display import output_option
from trifit.cli.options import Command
from trifit.cli.shared import file_option, reads_predictions
from trifit.files import check_target


@click.command(
    cls=Command,
    examples=("trifit recalibrate better.map.json new.csv --probs 'p_*' --out new-better.csv",),
)
@click.argument("made", metavar="MAP", type=click.Path(path_type=Path))
@click.argument("preds", metavar="PREDS", type=click.Path(path_type=Path))
@reads_predictions("Column that identifies the rows; it is kept.")
@file_option("--label", metavar="COLUMN", help="Column of the label; it is kept.")
@output_option(
    "--out",
    required=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="File for the result, .parquet or .csv.",
)
@output_option("--force", is_flag=True, help="Replace an existing file.")
def recalibrate(
    made: Path,
    preds: Path,
    *,
    columns: dict[str, Any],
    label: str | None,
    out: Path,
    force: bool,
) -> None:
    """Recalibrate new predictions, PREDS, with a saved MAP.

    MAP is the .map.json file that trifit evaluate --write-recalibrated FILE wrote
    beside FILE. PREDS needs no labels.
    """
    from trifit import recalibration
    from trifit.predictions import Reading
    from trifit.predictions.recalibrated import recalibrate as apply

    reading = Reading(label=label, **columns)
    check_target("--out", out, inputs=[preds, made], force=force)
    loaded = recalibration.load(made)
    n_obs = apply(loaded, preds, reading, out)
    click.echo(f"{n_obs:,} rows recalibrated by {loaded.described}: {out}")
