"""The command ``trifit recalibrate``."""

from functools import partial
from pathlib import Path

import click

from trifit.cli.display import output_option
from trifit.cli.options import Command, Option
from trifit.files import check_target

file_option = partial(click.option, cls=Option, heading="Predictions")


@click.command(
    cls=Command,
    examples=("trifit recalibrate better.map.json new.csv --probs 'p_*' --out new-better.csv",),
)
@click.argument("made", metavar="MAP", type=click.Path(path_type=Path))
@click.argument("preds", metavar="PREDS", type=click.Path(path_type=Path))
@file_option("--probs", metavar="PATTERN", help="Columns of probabilities: 'p_*', or a,b,c.")
@file_option("--logits", metavar="PATTERN", help="Columns of logits, instead of --probs.")
@file_option(
    "--id", "row_id", metavar="COLUMN", help="Column that identifies the rows; it is kept."
)
@file_option("--label", metavar="COLUMN", help="Column of the label; it is kept.")
@file_option("--positive", metavar="CLASS", help="Of two classes, the one in a single column.")
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
    probs: str | None,
    logits: str | None,
    row_id: str | None,
    label: str | None,
    positive: str | None,
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

    reading = Reading(label=label, probs=probs, logits=logits, positive=positive, row_id=row_id)
    check_target("--out", out, inputs=[preds, made], force=force)
    loaded = recalibration.load(made)
    n_obs = apply(loaded, preds, reading, out)
    click.echo(f"{n_obs:,} rows recalibrated by {loaded.described}: {out}")
