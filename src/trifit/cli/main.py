"""Commands of ``trifit``; heavy packages are imported inside them."""

from pathlib import Path
from typing import Any

import click
from click.exceptions import Exit

from trifit import __version__, interrupts
from trifit.cli.atlas import TOLD as ATLAS
from trifit.cli.atlas import atlas
from trifit.cli.check import TOLD as CHECK
from trifit.cli.check import check
from trifit.cli.codes import BAD_INPUT
from trifit.cli.compare import compare, show_comparison
from trifit.cli.completion import cards, completion, names_or_files
from trifit.cli.curve import curve
from trifit.cli.diff import diff
from trifit.cli.display import Display, displayed, drawn_from, output_option
from trifit.cli.evaluate import evaluate
from trifit.cli.imports import seldom_collected
from trifit.cli.notices import notices_are_told
from trifit.cli.options import Command, Option, settings_of
from trifit.cli.predict import predict
from trifit.cli.recalibrate import recalibrate
from trifit.cli.shared import reads_table
from trifit.cli.study import TOLD as STUDY
from trifit.cli.study import studies, study
from trifit.cli.usage import usage_text
from trifit.errors import InputError
from trifit.files import reason, write_whole

START = """\
Fit one classifier three ways and see when its softmax is a probability.

    trifit compare iris                                 a first example
    trifit compare my.csv --target species              your own table
    trifit evaluate preds.csv --label y --probs 'p_*'   predictions of any model

Help: trifit --help lists the commands, trifit compare --help the options of one."""
"""What trifit says when it is asked for nothing."""


class _Commands(click.Group):
    """A group whose commands end bad input with one line and exit code 2."""

    command_class = Command

    def make_context(self, *arguments: Any, **rest: Any) -> click.Context:
        """Parse what stands before the command."""
        try:
            return super().make_context(*arguments, **rest)
        except click.UsageError as error:
            click.echo(f"trifit: {usage_text(error)}", err=True)
            raise Exit(BAD_INPUT) from error

    def invoke(self, ctx: click.Context) -> Any:
        interrupts.leaves("nothing was written")
        try:
            with seldom_collected(), notices_are_told():
                return super().invoke(ctx)
        except click.UsageError as error:
            click.echo(f"trifit: {usage_text(error)}", err=True)
            ctx.exit(BAD_INPUT)
        except InputError as error:
            click.echo(f"trifit: {error}", err=True)
            ctx.exit(BAD_INPUT)
        except MemoryError as error:
            click.echo(f"trifit: not enough memory: {error}; take fewer rows or features", err=True)
            ctx.exit(BAD_INPUT)
        except BrokenPipeError:  # head has read enough: click ends without a word
            raise
        except OSError as error:
            about = f" {error.filename!r}" if error.filename else ""
            click.echo(f"trifit: the system refuses{about}: {reason(error)}", err=True)
            ctx.exit(BAD_INPUT)
        except KeyboardInterrupt:
            interrupts.tell()
            ctx.exit(interrupts.exit_code())


@click.group(
    cls=_Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, message="trifit %(version)s")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Fit one classifier three ways and see when its softmax is a probability.

    Exit codes: 0 done, 2 bad input or usage, 3 the fits ran but at least one
    failed its checks, or trifit check found an error, 4 a condition of
    trifit diff --fail-if was met, 130 interrupted by Ctrl-C (143: by SIGTERM).
    """
    if ctx.invoked_subcommand is None:
        click.echo(START)


main.add_command(study)
main.add_command(check)
main.add_command(compare)
main.add_command(curve)
main.add_command(atlas)
main.add_command(evaluate)
main.add_command(predict)
main.add_command(diff)
main.add_command(recalibrate)
main.add_command(studies)
main.add_command(completion)


@main.command()
def data() -> None:
    """List the data sets and the file formats that can be read."""
    from trifit.data import BUNDLED
    from trifit.simulate import WORLDS

    for name, what in BUNDLED.items():
        click.echo(f"{name:15}{what}")
    for world in WORLDS.values():
        settings = ", ".join(f"{k}={v}" for k, v in world.parameters.items())
        click.echo(f"sim:{world.name:17}{world.note}")
        click.echo(f"{'':21}({settings})")
    click.echo("openml:NAME    any OpenML data set (needs a network)")
    click.echo("FILE           .csv or .tsv (also .gz, .zst, .bz2, .xz), .parquet, .arrow or")
    click.echo("               .feather with --target COLUMN; .npz with arrays X and y")
    click.echo("-              text from standard input, with --target COLUMN")


@main.command()
def models() -> None:
    """List the shipped model cards."""
    from trifit.cards import card_names, load_card

    names = card_names()
    width = max(map(len, names)) + 2
    for name in names:
        card = load_card(name)
        settings = ", ".join(f"{k}={v}" for k, v in card.hyperparameters.items())
        click.echo(f"{name:{width}}{card.builder}  ({settings})")
        click.echo(f"{'':{width}}{card.note.strip().split('. ')[0].removesuffix('.')}.")


@main.command()
@click.argument("card", shell_complete=names_or_files(cards))
@click.argument("data", required=False)
@reads_table
@click.option("--set", "changes", cls=Option, settings=True, help="Change settings of the card.")
@click.option(
    "--html", type=click.Path(path_type=Path), help="Also write a page with both as figures."
)
def show(
    card: str,
    data: str | None,
    *,
    target: str | None,
    reading: dict[str, Any],
    changes: tuple[str, ...],
    html: Path | None,
) -> None:
    """Show a model CARD, its graph and its prior.

    The class probabilities are drawn from the prior at standard normal features,
    or at those of DATA. Everything except the card is printed as comments, so the
    output is itself a valid card.
    """
    from trifit.cards import load_card

    chosen = load_card(card).with_overrides(settings_of(changes, "--set prior_scale=1"))
    from trifit.data import load_dataset

    dataset = load_dataset(data, target, **reading) if data else None
    from trifit.cli.output import print_preview
    from trifit.run.show import preview_card

    seen = preview_card(chosen, dataset)
    click.echo(chosen.to_toml(), nl=False)
    if chosen.chooses_scale:
        stand_in = chosen.with_builders_scale().hyperparameters["prior_scale"]
        click.echo(
            f"#\n# prior_scale = {stand_in}, the builder's default, stands here for the scale that "
            "the training rows choose."
        )
    print_preview(seen)
    if html is not None:
        from trifit.report.preview import render_preview

        write_whole(html, render_preview(chosen.name, seen))
        click.echo(f"# Page: {html}")


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@output_option("--index", is_flag=True, help="List the runs below FOLDER on FOLDER/index.html.")
@displayed
def report(folder: Path, *, index: bool, display: Display) -> None:
    """Redraw the page of a FOLDER from its saved numbers.

    These are in comparison.json, for a study in study.json, for a check in check.json,
    for an atlas in atlas.json.
    """
    if not folder.is_dir():
        raise InputError(f"report {str(folder)!r}: no such folder; trifit compare writes one")
    if index:
        _write_index(folder, display)
        return
    if any(told.draw_again(folder, display) for told in (STUDY, CHECK, ATLAS)):
        return
    from trifit.results import Comparison

    comparison = Comparison.from_json(folder / "comparison.json")
    with drawn_from(folder / "comparison.json"):
        comparison.to_html(folder / "index.html")
    show_comparison(comparison, folder, display)


@main.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("reports/gallery"),
    show_default=True,
    help="Folder of the pages.",
)
@click.option(
    "--only", metavar="NAME", multiple=True, help="Answer this question only; repeatable."
)
def gallery(out: Path, only: tuple[str, ...]) -> None:
    """Answer ten common questions by simulated experiments.

    One page for each question; all of them take some minutes. Other files in the
    folder are kept.
    """
    from trifit.gallery import QUESTIONS, build

    interrupts.leaves(f"finished pages are in {out}")
    index = build(out, QUESTIONS, only=only, progress=lambda line: click.echo(line, err=True))
    click.echo(f"Gallery: {index}")


def _write_index(folder: Path, display: Display) -> None:
    """The page that lists all runs below a folder; what is no run is left out, and said."""
    from trifit.report import render_index
    from trifit.results import Comparison

    runs = {}
    for file in sorted(folder.rglob("comparison.json")):
        name = file.parent.relative_to(folder).as_posix()
        if name == "." or name.startswith("."):
            continue
        try:
            runs[name] = Comparison.from_json(file)
        except InputError as error:
            click.echo(f"trifit: run left out: {error}", err=True)
    if not runs:
        raise InputError(f"report --index {str(folder)!r}: no runs there; trifit compare makes one")
    page = folder / "index.html"
    if (folder / "comparison.json").exists():
        raise InputError(
            f"report --index {str(folder)!r}: this folder is a run, whose page would be lost; "
            "give its parent folder"
        )
    write_whole(page, render_index(runs))
    display.show(page, lambda: click.echo(f"Index of {len(runs)} runs"), lambda: {"runs": [*runs]})
