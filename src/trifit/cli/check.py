"""The command ``trifit check``."""

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
from trifit.cli.options import Command, Option, seed_option, settings_of, words_of
from trifit.cli.shared import reads_table
from trifit.cli.study import computing_options
from trifit.errors import InputError

if TYPE_CHECKING:
    from trifit.results.check import Check

checking_option = partial(click.option, cls=Option, heading="Check")


@click.command(
    cls=Command,
    examples=(
        "trifit check softmax",
        "trifit check my_model.py:build my.csv --target species",
        "trifit check softmax-hierarchical --methods bayes,laplace --replications 500 --resume",
    ),
)
@click.argument("card", shell_complete=names_or_files(cards))
@click.argument("data", required=False)
@reads_table
@checking_option("--set", "changes", settings=True, help="Change settings of the card.")
@checking_option(
    "--methods",
    metavar="A,B",
    default="bayes",
    show_default=True,
    help="Posteriors to check: bayes (NUTS), laplace.",
)
@checking_option(
    "--replications",
    type=click.IntRange(50, 100_000),
    metavar="N",
    default=200,
    show_default=True,
    help="Simulated sets of labels; more find smaller errors.",
)
@checking_option(
    "--rows",
    type=click.IntRange(5, 10_000),
    metavar="N",
    default=50,
    show_default=True,
    help="Rows in each simulated set.",
)
@seed_option(heading="Check", help="Seed of all random numbers.")
@computing_options("replications", "check")
@displayed
def check(
    card: str,
    data: str | None,
    *,
    target: str | None,
    reading: dict[str, Any],
    changes: tuple[str, ...],
    methods: str,
    replications: int,
    rows: int,
    seed: int,
    out: Path | None,
    display: Display,
    **computing: Any,
) -> None:
    """Check by simulation that a model's posterior is right.

    This is simulation-based calibration.
    CARD is a shipped card (trifit models lists them), a TOML file, or a function
    that returns a pm.Model: FILE.py:FUNCTION. The features are those of DATA, whose
    labels are not used, or a few simulated ones. Labels are simulated from the
    prior, again and again, and the posterior is fitted to them.

    Every finished replication is saved: --resume continues, also with more
    --replications.

    Exit codes: 0 no error found, 2 bad input or usage, 3 the posterior is wrong or
    cannot be judged, 130 interrupted.
    """
    from trifit.cards import load_card
    from trifit.sbc import SAMPLER
    from trifit.sbc.arguments import check_arguments

    if data is None and (target or reading):
        option = "target" if target else next(iter(reading)).replace("_", "-")
        raise InputError(f"--{option}: there is no DATA that it could be about; give DATA too")
    settings = SAMPLER | settings_of(changes, "--set prior_scale=1")
    chosen = load_card(card).with_overrides(settings)
    check_arguments(chosen, words_of(methods), rows, seed)
    from trifit.data import load_dataset

    dataset = load_dataset(data, target, **reading) if data else None
    folder = out or Path("reports") / f"check-{chosen.name}"
    with display.progress() as progress:
        progress("loading PyMC", 0.0)
        from trifit.sbc.run import run_check
        from trifit.sbc.setup import setup_of
        from trifit.study.computing import Computing

        how = Computing(progress=progress, **computing)
        progress("building the model", 0.0)
        setup = setup_of(chosen, dataset, methods=words_of(methods), rows=rows, seed=seed)
        interrupts.leaves(f"finished replications are in {folder}; --resume to continue")
        record = run_check(
            setup,
            folder,
            data=dataset.name if dataset else "standard normal",
            computing=how,
            replications=replications,
            command=canonical_command(sys.argv[1:]),
        )
    if chosen.chooses_scale and not display.quiet:
        scale = record.card["hyperparameters"]["prior_scale"]
        click.echo(
            f"Checked with prior_scale = {scale}, because a scale chosen on the data is no prior "
            "to draw from (--set prior_scale=NUMBER: another).",
            err=True,
        )
    TOLD.show(record, folder, display)
    if any(fit.outcome != "no error found" for fit in record.fits):
        click.get_current_context().exit(FAILED_CHECKS)


def _print(record: "Check") -> None:
    from trifit.results.check import MOST_REPLICATIONS
    from trifit.words.check import fit_verdict, left_out_text

    click.echo("")
    for fit in record.fits:
        click.echo(fit_verdict(record, fit))
        if text := left_out_text(record, fit):
            click.echo(text)
    if record.n_failed:
        click.echo(
            f"{record.n_failed} of {record.replications} replications ended with an error, the "
            f"first: {record.errors[0]}",
            err=True,
        )
    if all(fit.outcome == "no error found" for fit in record.fits):
        more = min(5 * record.replications, MOST_REPLICATIONS)
        click.echo(f"Smaller errors need more replications: --replications {more} --resume")


def _document(record: "Check") -> dict[str, Any]:
    """The same for machines."""
    return {"replications": record.replications, "failed": record.n_failed, "fits": record.fits}


TOLD = Told("check", _print, _document)
"""How its record is shown."""
