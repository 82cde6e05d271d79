"""The command ``trifit compare``."""

import sys
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from trifit.cli.codes import FAILED_CHECKS
from trifit.cli.command import canonical_command
from trifit.cli.completion import cards, comma_separated, data_sets, further_fits, names_or_files
from trifit.cli.display import Display, displayed, output_option
from trifit.cli.imports import without_collection
from trifit.cli.options import (
    Command,
    NumberOrAuto,
    Option,
    Words,
    memory_option,
    seed_option,
    settings_of,
    words_of,
)
from trifit.cli.shared import asks, data_option, evaluation_option, reads_table
from trifit.contestants import on_request
from trifit.errors import InputError
from trifit.lazily import on_first_use

if TYPE_CHECKING:
    from trifit.questions import Questions
    from trifit.results import Comparison

SIMULATED = "sim:"
"""How the name of a simulated data set begins."""

model_option, simulation_option = (
    partial(click.option, cls=Option, heading=heading) for heading in ("Model", "Simulation")
)


@click.command(
    cls=Command,
    examples=(
        "trifit compare iris",
        "trifit compare my.csv --target species --missing impute --open",
        "trifit compare sim:gaussian --world n=200 features=5 shift=covariate",
        "trifit compare large.parquet --target y --device gpu",
    ),
)
@click.argument("data", shell_complete=names_or_files(data_sets))
@reads_table
@data_option(
    "--label-cols",
    type=Words(),
    default="",
    metavar="A,B,...",
    help="Columns of soft labels, one per class.",
)
@data_option(
    "--classes-order", type=Words(), default="", metavar="A,B,...", help="All classes, in order."
)
@data_option("--weights", metavar="COLUMN", help="How many identical rows each row stands for.")
@model_option(
    "--model",
    default="softmax",
    show_default=True,
    shell_complete=names_or_files(cards),
    help="Model card (name or path), or your own FILE.py:FUNCTION.",
)
@model_option("--prior", help="Short for --set prior=… (normal, cauchy, horseshoe, …)")
@model_option(
    "--prior-scale",
    type=NumberOrAuto(),
    help="Short for --set prior_scale=…; auto: chosen on the training rows.",
)
@model_option("--set", "changes", settings=True, help="Change settings of the card.")
@model_option(
    "--methods",
    metavar="A,B,...",
    default="",
    shell_complete=comma_separated(further_fits),
    help=f"More fits: {', '.join(on_request())}.",
)
@model_option(
    "--no-nuts",
    is_flag=True,
    help="Do not sample the posterior (faster; --methods laplace approximates it).",
)
@model_option(
    "--against",
    metavar="[NAME=]WHAT",
    multiple=True,
    help="Another model: FILE.py:FUNCTION, or a file of its predictions; repeatable.",
)
@evaluation_option("--test", metavar="FILE", help="File of test rows, with the same columns.")
@evaluation_option(
    "--cv", type=int, metavar="FOLDS", help="Stratified cross-validation with this many folds."
)
@evaluation_option(
    "--test-size", type=float, metavar="SHARE", help="Share of test rows (stratified), e.g. 0.3."
)
@evaluation_option(
    "--groups", metavar="COLUMN", help="Rows with equal values belong together, e.g. one patient's."
)
@evaluation_option(
    "--time",
    metavar="COLUMN",
    help="Train on earlier rows, test on the latest (share: --test-size).",
)
@asks(
    sampling=evaluation_option(
        "--undo-sampling",
        is_flag=True,
        help="The training rows do not have the natural class shares; correct for those of "
        "--test, or --prevalence.",
    ),
    unlabelled="The same, with shares estimated from rows without labels.",
)
@seed_option(help="Random seed of splits, draws and simulated data.")
@evaluation_option("--cores", type=click.IntRange(min=1), help="Cores to use; default: all.")
@memory_option(heading="Evaluation")
@evaluation_option(
    "--device",
    type=click.Choice(["cpu", "gpu", "auto", "jax"]),
    default="cpu",
    show_default=True,
    help="Device for the fits: gpu (needs trifit[gpu]); auto: a GPU for large problems where there "
    "is one; jax: JAX's default device.",
)
@simulation_option(
    "--world",
    settings=True,
    help="Settings of sim:WORLD: n and n_test (rows for training and testing), shift (covariate, "
    "label, noise, rotation, unseen), its severity (0 to 5), and the world's own (trifit data "
    "lists them).",
)
@output_option("--out", type=click.Path(path_type=Path), help="Folder for the run.")
@output_option("--force", is_flag=True, help="Write into an existing folder; replace a run there.")
@displayed
def compare(  # noqa: PLR0913 - click: an argument per option
    data: str,
    *,
    target: str | None,
    reading: dict[str, Any],
    model: str,
    prior: str | None,
    prior_scale: float | str | None,
    changes: tuple[str, ...],
    methods: str,
    no_nuts: bool,
    against: tuple[str, ...],
    cv: int | None,
    test_size: float | None,
    by: tuple[str, ...],
    questions: "Questions",
    prevalence_from: Path | None,
    seed: int,
    cores: int | None,
    device: str,
    world: tuple[str, ...],
    out: Path | None,
    force: bool,
    display: Display,
    **roles: Any,
) -> None:
    """Compare MLE, MAP and posterior of a classifier on DATA.

    DATA is one of cells, iris, wine, breast_cancer, digits; openml:NAME; a file
    (CSV or TSV, also .gz or .zst; Parquet; Arrow; .npz with X and y); - for text
    from standard input; or sim:WORLD, simulated data, where every model is also
    compared with the true class probabilities.

    Small tables are cross-validated with five folds; of large ones 20 % of the
    rows are test rows. --test, --cv and --test-size change this.
    """
    from trifit.cards import load_card
    from trifit.contestants import check_methods
    from trifit.rivals import read_rivals, rivals_of_texts

    check_methods(words_of(methods))
    rivals = rivals_of_texts(against)
    card = load_card(model).with_overrides(_overrides(changes, prior, prior_scale))
    simulated = _simulated(data, world, seed)
    from trifit.data import check_split, load_dataset
    from trifit.data.new_rows import unlabelled_rows
    from trifit.devices import check_device
    from trifit.models import check_settings
    from trifit.results.folder import check_folder

    dataset = load_dataset(data, target, by=by, **reading, **roles, **simulated)
    check_split(dataset, cv, test_size)
    check_settings(card, dataset.n_classes)
    questions = replace(questions, unlabelled=unlabelled_rows(prevalence_from, dataset))
    questions.check(dataset.class_names, dataset.labels, own_test_rows=bool(dataset.n_test))
    settings: dict[str, Any] = {
        "seed": seed, "cv": cv, "test_size": test_size, "methods": words_of(methods),
        "against": read_rivals(rivals, dataset), "nuts": not no_nuts, "cores": cores,
        "device": device, "questions": questions,
    }  # fmt: skip
    folder = out or Path("reports") / f"{dataset.name}-{card.name}-seed{seed}"
    command = canonical_command(sys.argv[1:])
    check_folder(folder, command=command, force=force)
    check_device(device)
    with display.progress() as progress:
        progress("loading PyMC", 0.0)
        with without_collection():
            on_first_use("numpy.f2py")  # SciPy names all that NumPy has
            from trifit.run import run_comparison, save_run

        run = run_comparison(dataset, card, progress=progress, command=command, **settings)
        progress("writing the page", 0.999)
        save_run(run, folder, force=force)
    for name, why in run.failed_rivals.items():
        click.echo(f"trifit: rival {name!r} failed and was left out: {why}", err=True)
    show_comparison(run.comparison, folder, display)


def show_comparison(comparison: "Comparison", folder: Path, display: Display) -> None:
    """Show the scoreboard; if fits failed their checks, say so and exit with that code.

    Parameters
    ----------
    comparison : Comparison
    folder : Path
        Where its page is.
    display : Display
    """
    from trifit.cli.output import print_comparison, scoreboard

    display.show(
        folder / "index.html",
        partial(print_comparison, comparison),
        partial(scoreboard, comparison),
    )
    if not comparison.failed:
        return
    from trifit.words import status_text

    for name in comparison.failed:
        text = status_text(comparison.fits[name])
        click.echo(f"trifit: {name} failed its checks: {text}", err=True)
    click.get_current_context().exit(FAILED_CHECKS)


def _overrides(
    changes: Iterable[str], prior: str | None, prior_scale: float | str | None
) -> dict[str, Any]:
    """Settings of the card that change: those of ``--set``, and the two with a short form."""
    overrides = settings_of(changes, "--set prior_scale=1")
    for key, value in (("prior", prior), ("prior_scale", prior_scale)):
        if value is None:
            continue
        if key in overrides:
            raise InputError(
                f"--set {key}={overrides[key]}: {key} is given twice, --{key.replace('_', '-')} "
                f"{value} is the other"
            )
        overrides[key] = value
    return overrides


def _simulated(data: str, world: tuple[str, ...], seed: int) -> dict[str, Any]:
    """What a simulation is drawn with; nothing for other data."""
    if not data.startswith(SIMULATED):
        if world:
            raise InputError(
                f"--world {' '.join(world)}: only simulated data (sim:WORLD) have such settings; "
                f"DATA is {data!r}"
            )
        return {}
    settings = settings_of(" ".join(world).split(), "--world n=200 features=5")
    if "seed" in settings:
        raise InputError(
            f"--world seed={settings['seed']}: the seed has an option of its own, "
            f"--seed {settings['seed']}"
        )
    from trifit.simulate import settings_taken

    taken = settings_taken(data.removeprefix(SIMULATED))
    for key, value in settings.items():
        if key not in taken:
            raise InputError(
                f"--world {key}={value}: {data} has no such setting; it has {', '.join(taken)}"
            )
    return settings | {"seed": seed}
