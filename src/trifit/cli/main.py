"""Commands of ``trifit``; heavy packages are imported inside them."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from trifit import __version__
from trifit.errors import InputError

if TYPE_CHECKING:
    from trifit.comparison import Comparison

BAD_INPUT, UNTRUSTWORTHY, INTERRUPTED = 2, 3, 130


class _Commands(click.Group):
    """A group whose commands end bad input with one line and exit code 2."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except InputError as error:
            click.echo(f"trifit: {error}", err=True)
            ctx.exit(BAD_INPUT)
        except KeyboardInterrupt:
            click.echo("trifit: interrupted; nothing was written", err=True)
            ctx.exit(INTERRUPTED)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="trifit %(version)s")
def main() -> None:
    """Fit one classifier three ways and see when its softmax is a probability.

    Exit codes: 0 done, 2 bad input or usage, 3 the fits ran but one of them is
    not trustworthy.
    """


@main.command()
@click.argument("data")
@click.option("--target", help="Column that holds the class.")
@click.option("--test", metavar="FILE", help="Test set with the same columns.")
@click.option("--model", default="softmax", show_default=True, help="Card name or path.")
@click.option("--prior-scale", type=float, help="Short for --set prior_scale=…")
@click.option(
    "--set", "settings", metavar="KEY=VALUE", multiple=True, help="Change a setting of the card."
)
@click.option("--cv", type=int, metavar="FOLDS", help="Stratified cross-validation.")
@click.option("--test-size", type=float, metavar="SHARE", help="Stratified hold-out share.")
@click.option(
    "--missing",
    type=click.Choice(["error", "drop", "impute"]),
    default="error",
    show_default=True,
    help="Missing feature values.",
)
@click.option("--drop", metavar="COLUMN", multiple=True, help="Leave a column out.")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="Folder of the run.")
@click.option("--force", is_flag=True, help="Write into an existing folder.")
@click.option("--cores", type=click.IntRange(min=1), help="Chains that run side by side.")
def compare(
    data: str,
    target: str | None,
    test: str | None,
    model: str,
    prior_scale: float | None,
    settings: tuple[str, ...],
    cv: int | None,
    test_size: float | None,
    missing: str,
    drop: tuple[str, ...],
    seed: int,
    out: Path | None,
    force: bool,  # noqa: FBT001
    cores: int | None,
) -> None:
    """Compare MLE, MAP and posterior of one classifier on DATA.

    DATA is iris, wine, breast_cancer, digits, openml:NAME, or a CSV, TSV,
    Parquet or Arrow file. How rows are split: five folds for small problems, a
    hold-out share of 20 % for large ones, unless --test, --cv or --test-size
    say otherwise.
    """
    from trifit.cards import load_card, parse_setting
    from trifit.cli.output import print_comparison, progress_bar
    from trifit.data import load_dataset
    from trifit.run.folder import check_folder

    overrides = dict(parse_setting(text) for text in settings)
    if prior_scale is not None:
        overrides["prior_scale"] = prior_scale
    card = load_card(model).with_overrides(overrides)
    dataset = load_dataset(data, target, test=test, missing=missing, drop=drop)  # type: ignore[arg-type]
    folder = out or Path("reports") / f"{dataset.name}-{card.name}-seed{seed}"
    command = canonical_command(sys.argv[1:])
    check_folder(folder, command=command, force=force)

    with progress_bar() as progress:
        progress("loading PyMC", 0.0)
        from trifit.run import run_comparison, save_run

        run = run_comparison(
            dataset,
            card,
            seed=seed,
            cv=cv,
            test_size=test_size,
            cores=cores,
            progress=progress,
            command=command,
        )
    save_run(run, folder, force=force)
    print_comparison(run.comparison)
    click.echo(f"\nReport: {folder / 'index.html'}")
    _exit_for(run.comparison)


@main.command()
def data() -> None:
    """List the bundled data sets and what else can be read."""
    from trifit.data import BUNDLED

    for name, what in BUNDLED.items():
        click.echo(f"{name:15}{what}")
    click.echo("openml:NAME    any OpenML data set (needs a network)")
    click.echo("FILE           .csv, .tsv, .parquet, .arrow or .feather, with --target COLUMN")


@main.command()
def models() -> None:
    """List the shipped model cards."""
    from trifit.cards import card_names, load_card

    for name in card_names():
        card = load_card(name)
        settings = ", ".join(f"{k}={v}" for k, v in card.hyperparameters.items())
        click.echo(f"{name:12}{card.builder}  ({settings})")
        click.echo(f"{'':12}{card.note.strip().split('. ')[0]}.")


@main.command()
@click.argument("card")
def show(card: str) -> None:
    """Print one model CARD (a name or a path) as TOML."""
    from trifit.cards import load_card

    click.echo(load_card(card).to_toml(), nl=False)


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
def report(folder: Path) -> None:
    """Draw the page of a run FOLDER again, from its comparison.json alone."""
    from trifit.cli.output import print_comparison
    from trifit.comparison import Comparison

    if not folder.is_dir():
        raise InputError(f"report {str(folder)!r}: no such folder; trifit compare writes one")
    comparison = Comparison.from_json(folder / "comparison.json")
    comparison.to_html(folder / "index.html")
    print_comparison(comparison)
    click.echo(f"\nReport: {folder / 'index.html'}")
    _exit_for(comparison)


def canonical_command(arguments: list[str]) -> str:
    """The command as typed, without where the result goes (--out, --force, --cores).

    Two runs with the same canonical command compute the same numbers.

    Examples
    --------
    >>> canonical_command(["compare", "iris", "--out", "x", "--seed", "7", "--force"])
    'trifit compare iris --seed 7'
    """
    import shlex

    kept, skip = [], False
    for argument in arguments:
        if skip:
            skip = False
        elif argument in ("--out", "--cores"):
            skip = True
        elif argument != "--force" and not argument.startswith(("--out=", "--cores=")):
            kept.append(argument)
    return shlex.join(["trifit", *kept])


def _exit_for(comparison: "Comparison") -> None:
    if comparison.trustworthy:
        return
    for name, fit in comparison.fits.items():
        if not fit.trustworthy:
            click.echo(f"trifit: {name} is not trustworthy: {fit.status_text}", err=True)
    click.get_current_context().exit(UNTRUSTWORTHY)
