"""The command ``trifit diff``."""

from functools import partial
from pathlib import Path

import click

from trifit.cli.codes import CONDITION_MET
from trifit.cli.display import output_option
from trifit.cli.options import Command, Option
from trifit.files import check_target, write_whole

guard_option = partial(click.option, cls=Option, heading="Guard")


@click.command(
    cls=Command,
    examples=(
        "trifit diff reports/before reports/after",
        "trifit diff before after --fail-if 'bayes.log_loss > +0.01' --markdown diff.md",
        "trifit diff before after --json",
    ),
)
@click.argument("a", type=click.Path(path_type=Path))
@click.argument("b", type=click.Path(path_type=Path))
@guard_option(
    "--fail-if",
    "conditions",
    metavar="CONDITION",
    multiple=True,
    help="End with exit code 4 if the whole 95% interval of a difference, B minus A, satisfies "
    "CONTESTANT.MEASURE OP NUMBER; measures: log_loss, brier, slope; OP: > >= < <=. Repeatable.",
)
@output_option("--json", "as_json", is_flag=True, help="Print the numbers as one JSON document.")
@output_option(
    "--html", metavar="FILE", type=click.Path(path_type=Path), help="Also write a page (.html)."
)
@output_option(
    "--markdown", metavar="FILE", type=click.Path(path_type=Path), help="Also write Markdown (.md)."
)
@output_option("--force", is_flag=True, help="Replace an existing file.")
def diff(
    a: Path,
    b: Path,
    *,
    conditions: tuple[str, ...],
    as_json: bool,
    html: Path | None,
    markdown: Path | None,
    force: bool,
) -> None:
    """Compare two runs, A and B, on the same test rows.

    A and B are folders of trifit compare or trifit evaluate. Test rows are paired by their number
    in the data (or by --id), so the difference of a score has a far smaller error than the score.
    Data, card settings, seed, split and versions that differ are listed.
    """
    for option, file, kind in (("--html", html, ".html"), ("--markdown", markdown, ".md")):
        if file is not None:
            check_target(option, file, force=force, kinds=(kind,))
    from trifit.results.diff import Condition

    asked = [Condition.parse(text) for text in conditions]
    from trifit.predictions.diff import diff as compared

    found = compared(a, b)
    checked = [found.check(condition) for condition in asked]
    if html is not None:
        from trifit.report.diff import render_diff

        write_whole(html, render_diff(found, checked))
    if markdown is not None:
        from trifit.words.diff import markdown as as_markdown

        write_whole(markdown, as_markdown(found, checked))
    if as_json:
        import msgspec

        document = {**msgspec.to_builtins(found), "conditions": msgspec.to_builtins(checked)}
        click.echo(msgspec.json.format(msgspec.json.encode(document), indent=1))
    else:
        from trifit.cli.output import print_diff

        print_diff(found, checked)
        for what, file in (("Page", html), ("Markdown", markdown)):
            if file is not None:
                click.echo(f"{what}: {file}")
    met = [each.condition for each in checked if each.met]
    for text in met:
        click.echo(f"trifit: --fail-if {text!r}: met", err=True)
    if met:
        click.get_current_context().exit(CONDITION_MET)
