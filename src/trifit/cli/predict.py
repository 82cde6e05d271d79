"""The command ``trifit predict``."""

from functools import partial
from pathlib import Path

import click

from trifit.errors import InputError

KINDS = (".parquet", ".csv")


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("data", type=click.Path(path_type=Path))
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    help="File of the predictions, .parquet or .csv.",
)
@click.option("--force", is_flag=True, help="Replace the file.")
def predict(run: Path, data: Path, *, out: Path, force: bool) -> None:
    """Predict the rows of DATA with the fits of a RUN's folder.

    DATA is a file with the columns of the training data, in any order; no target is needed. OUT
    has a row for each of its rows: FIT:CLASS is the probability of a class; of the posterior
    low:FIT:CLASS and high:FIT:CLASS are its 95 % credible interval, chance:FIT and
    ignorance:FIT the two parts of its entropy (nats).
    """
    if out.suffix.lower() not in KINDS:
        raise InputError(f"--out {str(out)!r}: expected a file that ends with {' or '.join(KINDS)}")
    if out.exists() and not force:
        raise InputError(f"--out {str(out)!r} exists; give another file, or --force to replace it")
    if not out.absolute().parent.is_dir():
        raise InputError(f"--out {str(out)!r}: there is no folder {str(out.parent)!r}")
    from trifit.run import load_run

    frame, notes = load_run(run).predictions(data)
    for note in notes:
        click.echo(f"note: {note}")
    parquet = out.suffix.lower() == ".parquet"
    write = frame.to_parquet if parquet else partial(frame.to_csv, index=False)
    try:
        write(out)
    except OSError as error:
        raise InputError(f"--out {str(out)!r} cannot be written: {error.strerror}") from error
    names = map(str, frame.columns)
    fits = [name.removeprefix("chance:") for name in names if name.startswith("chance:")]
    posterior = f", intervals of {', '.join(fits)}" if fits else ""
    click.echo(f"Predictions: {out} ({len(frame):,} rows{posterior})")
