"""The command ``trifit curve``."""

import sys
from functools import partial
from pathlib import Path
from typing import Any

import click

from trifit import interrupts
from trifit.cli.codes import FAILED_CHECKS
from trifit.cli.command import canonical_command
from trifit.cli.completion import cards, comma_separated, data_sets, further_fits, names_or_files
from trifit.cli.display import Display, displayed
from trifit.cli.options import Command, Option, seed_option, settings_of, words_of
from trifit.cli.shared import data_option, reads_table
from trifit.cli.study import TOLD, computing_options
from trifit.errors import InputError

model_option, grid_option = (
    partial(click.option, cls=Option, heading=heading) for heading in ("Model", "Grid")
)


@click.command(
    cls=Command,
    examples=(
        "trifit curve my.csv --target species --missing impute",
        "trifit curve breast_cancer --model logistic --sizes 40,80,160,280",
        "trifit curve my.csv --target y --resume --jobs 8",
    ),
)
@click.argument("data", shell_complete=names_or_files(data_sets))
@reads_table
@data_option("--groups", metavar="COLUMN", help="Rows with equal values belong together.")
@model_option(
    "--model",
    default="softmax",
    show_default=True,
    shell_complete=names_or_files(cards),
    help="Model card (name or path).",
)
@model_option("--set", "changes", settings=True, help="Change settings of the card.")
@model_option(
    "--methods",
    metavar="A,B,...",
    default="",
    shell_complete=comma_separated(further_fits),
    help="More fits.",
)
@model_option(
    "--nuts/--no-nuts",
    default=None,
    help="Sample the posterior; default: up to 50,000 rows x coefficients, else Laplace's.",
)
@grid_option("--sizes", metavar="N,N,...", help="Training rows [default: six, up to half].")
@grid_option(
    "--n-test",
    type=click.IntRange(min=2),
    help="Held-out rows [default: half, or 2,000].",
)
@grid_option(
    "--replications",
    type=click.IntRange(min=3),
    default=10,
    show_default=True,
    help="Draws from the table at every size.",
)
@seed_option(help="Random seed of all draws.")
@computing_options()
@displayed
def curve(  # noqa: PLR0913 - click: an argument per option
    data: str,
    *,
    target: str | None,
    reading: dict[str, Any],
    groups: str | None,
    model: str,
    changes: tuple[str, ...],
    methods: str,
    nuts: bool | None,
    sizes: str | None,
    n_test: int | None,
    replications: int,
    seed: int,
    out: Path | None,
    display: Display,
    **computing: Any,
) -> None:
    """Find how many training rows each fit needs.

    DATA is a bundled set or a file, as for trifit compare. Training sets of several
    sizes are drawn from it, ten times each, and every fit is judged on held-out rows.
    The page says for every fit how many rows are enough for outputs that behave like
    probabilities, extrapolated beyond DATA where the curve allows it, with 95 % intervals.

    Exit codes: 0 done, 2 bad input or usage, 3 every cell failed, 130 interrupted.
    """
    from trifit.cards import load_card
    from trifit.contestants import check_methods
    from trifit.data import load_dataset

    check_methods(words_of(methods))
    asked = _sizes_of(sizes)
    load_card(model)
    reading = reading | ({"groups": groups} if groups else {})
    dataset = load_dataset(data, target, **reading)
    with display.progress() as progress:
        progress("loading PyMC", 0.0)
        from trifit.study.curve import curve_study
        from trifit.study.run import run_study
        from trifit.study.tables import Tables, check_rows

        interrupts.leaves("finished cells are kept; --resume to continue")
        dataset = check_rows(dataset)
        study = curve_study(
            dataset,
            {"target": target, **reading},
            model={"card": model, **settings_of(changes, "--set prior_scale=1")},
            sizes=asked,
            n_test=n_test,
            replications=replications,
            methods=words_of(methods),
            nuts=nuts,
            seed=seed,
        )
        record = run_study(
            study,
            out or Path("reports") / study.name,
            tables=Tables([dataset]),
            progress=progress,
            command=canonical_command(sys.argv[1:]),
            **computing,
        )
    TOLD.show(record, out or Path("reports") / record.name, display)
    if record.n_failed == record.n_cells:
        click.get_current_context().exit(FAILED_CHECKS)


def _sizes_of(text: str | None) -> list[int] | None:
    """Sizes that were given, ascending."""
    if text is None:
        return None
    from trifit.study.sizes import checked_sizes

    try:
        sizes = [int(word) for word in words_of(text)]
    except ValueError as error:
        raise InputError(f"--sizes {text!r}: expected whole numbers, e.g. 50,100,200") from error
    return checked_sizes(sizes)
