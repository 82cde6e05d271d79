"""The command ``trifit compare``."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from trifit.cli.codes import UNTRUSTWORTHY
from trifit.cli.command import canonical_command
from trifit.errors import InputError

if TYPE_CHECKING:
    from trifit.results import Comparison


@click.command()
@click.argument("data")
@click.option("--target", help="Column that holds the class.")
@click.option("--label-cols", metavar="A,B,...", help="Columns of soft labels, one per class.")
@click.option("--test", metavar="FILE", help="Test set with the same columns.")
@click.option(
    "--model",
    default="softmax",
    show_default=True,
    help="Card name or path, or FILE.py:FUNCTION of your own.",
)
@click.option("--prior", help="Short for --set prior=… (normal, cauchy, horseshoe, …)")
@click.option("--prior-scale", type=float, help="Short for --set prior_scale=…")
@click.option(
    "--methods",
    metavar="A,B,...",
    default="",
    help="Further fits beside the standard ones: laplace, map-cv, squared-error.",
)
@click.option(
    "--against",
    metavar="[NAME=]WHAT",
    multiple=True,
    help="Another estimator, FILE.py:FUNCTION, or a file of its predictions; repeatable.",
)
@click.option(
    "--no-nuts",
    is_flag=True,
    help="Leave out NUTS (mean, bayes); --methods laplace takes its place.",
)
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
@click.option(
    "--drop", metavar="COLUMN", multiple=True, help="Leave a column out ('': those without a name)."
)
@click.option(
    "--keep",
    metavar="COLUMN",
    multiple=True,
    help="Keep a column that looks like row numbers or an identifier.",
)
@click.option("--categorical", metavar="COLUMN", multiple=True, help="Take a column as categories.")
@click.option(
    "--na-values",
    metavar="A,B,...",
    help="Texts that mean missing, besides the empty one [default: NA and its like].",
)
@click.option("--decimal", type=click.Choice([".", ","]), help="Decimal mark of text files.")
@click.option("--thousands", metavar="MARK", help="Mark between thousands of text files.")
@click.option("--positive", metavar="CLASS", help="Of two classes the one that is modelled.")
@click.option("--classes-order", metavar="A,B,...", help="All classes, in order.")
@click.option(
    "--groups", metavar="COLUMN", help="Rows with equal values belong together (one patient's)."
)
@click.option(
    "--time", metavar="COLUMN", help="Train on earlier rows, test on the latest (--test-size)."
)
@click.option("--weights", metavar="COLUMN", help="How many identical rows each row stands for.")
@click.option("--n", type=int, help="Simulated data: training rows.")
@click.option("--features", type=int, help="Simulated data: number of features.")
@click.option("--classes", type=int, help="Simulated data: number of classes.")
@click.option(
    "--world",
    "parameters",
    metavar="KEY=VALUE",
    multiple=True,
    help="Simulated data: another parameter of the world (trifit data lists them).",
)
@click.option("--n-test", type=int, help="Simulated data: rows of a separate test set.")
@click.option("--shift", help="Simulated data: covariate, label, noise, rotation or unseen.")
@click.option("--severity", type=int, help="Of the shift, 0 to 5 (default 3).")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="Folder of the run.")
@click.option("--force", is_flag=True, help="Write into an existing folder.")
@click.option("--cores", type=click.IntRange(min=1), help="Cores to use; default: all.")
def compare(  # noqa: PLR0913 - click: an argument per option
    data: str,
    target: str | None,
    label_cols: str | None,
    test: str | None,
    model: str,
    prior: str | None,
    prior_scale: float | None,
    methods: str,
    against: tuple[str, ...],
    no_nuts: bool,  # noqa: FBT001
    settings: tuple[str, ...],
    cv: int | None,
    test_size: float | None,
    missing: str,
    drop: tuple[str, ...],
    keep: tuple[str, ...],
    categorical: tuple[str, ...],
    na_values: str | None,
    decimal: str | None,
    thousands: str | None,
    positive: str | None,
    classes_order: str | None,
    groups: str | None,
    time: str | None,
    weights: str | None,
    n: int | None,
    features: int | None,
    classes: int | None,
    parameters: tuple[str, ...],
    n_test: int | None,
    shift: str | None,
    severity: int | None,
    seed: int,
    out: Path | None,
    force: bool,  # noqa: FBT001
    cores: int | None,
) -> None:
    """Compare MLE, MAP and posterior of one classifier on DATA.

    DATA is cells, iris, wine, breast_cancer, digits, openml:NAME, a CSV or TSV (also
    .gz, .zst), Parquet, Arrow or .npz (X, y) file, - for text from standard input, or
    sim:WORLD: simulated with --seed, and every fit is then also
    held against the true class probabilities. How rows are split: five folds
    for small problems, a hold-out share of 20 % for large ones, unless --test,
    --cv or --test-size say otherwise.
    """
    from trifit.cards import load_card, parse_setting
    from trifit.contestants import check_methods
    from trifit.rivals import check_rivals, rivals_of_texts

    check_methods(_list(methods))
    rivals = rivals_of_texts(against)
    overrides = dict(parse_setting(text) for text in settings)
    for key, value in (("prior", prior), ("prior_scale", prior_scale)):
        if value is not None:
            overrides[key] = value
    card = load_card(model).with_overrides(overrides)
    world = _world(
        parameters,
        n=n,
        features=features,
        classes=classes,
        n_test=n_test,
        shift=shift,
        severity=severity,
        seed=seed if data.startswith("sim:") else None,
    )
    from trifit.data import check_split, load_dataset

    dataset = load_dataset(
        data,
        target,
        label_cols=_list(label_cols),
        test=test,
        missing=missing,  # type: ignore[arg-type]
        drop=drop,
        keep=keep,
        categorical=categorical,
        na_values=None if na_values is None else _list(na_values),
        decimal=decimal,  # type: ignore[arg-type]
        thousands=thousands,
        positive=positive,
        classes_order=_list(classes_order),
        groups=groups,
        time=time,
        weights=weights,
        **world,
    )
    check_split(dataset, cv, test_size)
    rivals = check_rivals(rivals, dataset)
    from trifit.results.folder import check_folder

    folder = out or Path("reports") / f"{dataset.name}-{card.name}-seed{seed}"
    command = canonical_command(sys.argv[1:])
    check_folder(folder, command=command, force=force)
    from trifit.cli.output import print_comparison, progress_bar

    with progress_bar() as progress:
        progress("loading PyMC", 0.0)
        from trifit.run import run_comparison, save_run

        run = run_comparison(
            dataset,
            card,
            seed=seed,
            cv=cv,
            test_size=test_size,
            methods=_list(methods),
            against=rivals,
            nuts=not no_nuts,
            cores=cores,
            progress=progress,
            command=command,
        )
        progress("writing the page", 0.999)
        save_run(run, folder, force=force)
    for name, why in run.failed_rivals.items():
        click.echo(f"trifit: rival {name!r} failed and was left out: {why}", err=True)
    print_comparison(run.comparison)
    click.echo(f"\nReport: {folder / 'index.html'}")
    exit_for(run.comparison)


def _list(text: str | None) -> list[str]:
    """Comma-separated words."""
    return [word.strip() for word in (text or "").split(",") if word.strip()]


def _world(parameters: tuple[str, ...], **options: float | str | None) -> dict[str, Any]:
    """Parameters of a simulation: those given by --world, and those with an option each."""
    from trifit.cards import parse_setting

    world = dict(parse_setting(text, "--world signal=2") for text in parameters)
    for key, value in options.items():
        if key in world:
            raise InputError(f"--world {key}={world[key]}: give it as --{key.replace('_', '-')}")
        if value is not None:
            world[key] = value
    return world


def exit_for(comparison: "Comparison") -> None:
    """Say which fits are not trustworthy, and end with the exit code for that."""
    if not comparison.failed:
        return
    from trifit.words import status_text

    for name in comparison.failed:
        text = status_text(comparison.fits[name])
        click.echo(f"trifit: {name} is not trustworthy: {text}", err=True)
    click.get_current_context().exit(UNTRUSTWORTHY)
