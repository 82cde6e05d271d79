"""The command ``trifit predict``."""

from io import BytesIO
from pathlib import Path

import click

from trifit.files import check_target, write_whole


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("data", type=click.Path(path_type=Path))
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    help="File for the predictions, .parquet or .csv.",
)
@click.option("--force", is_flag=True, help="Replace the file.")
def predict(run: Path, data: Path, *, out: Path, force: bool) -> None:
    """Predict the rows of DATA with the fits of a RUN.

    RUN is the folder of trifit compare. DATA is a file with the columns of the training data, in
    any order; it needs no target. The file of --out has one row for each row of DATA. Column
    FIT:CLASS is the probability of a class. For the posterior, low:FIT:CLASS and high:FIT:CLASS
    are the 95 % credible interval of that probability; aleatoric:FIT and epistemic:FIT are the
    two parts of the predictive entropy, in nats.
    """
    check_target("--out", out, inputs=[data], force=force)
    from trifit.run import load_run
    from trifit.text import counted
    from trifit.words.notes import note_text

    frame, notes = load_run(run).predictions(data)
    for note in notes:
        click.echo(f"note: {note_text(note)}")
    buffer = BytesIO()
    if out.suffix.lower() == ".parquet":
        frame.to_parquet(buffer)
    else:
        frame.to_csv(buffer, index=False)
    write_whole(out, buffer.getvalue())
    names = map(str, frame.columns)
    fits = [name.removeprefix("aleatoric:") for name in names if name.startswith("aleatoric:")]
    posterior = f", intervals of {', '.join(fits)}" if fits else ""
    click.echo(f"Predictions: {out} ({counted(len(frame), 'row')}{posterior})")
