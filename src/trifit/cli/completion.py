"""The command ``trifit completion``, and what the shell completes besides options."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import click

from trifit.cli.options import Command

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

SHELLS = ("bash", "zsh", "fish")

Completer = Callable[[click.Context, click.Parameter, str], "list[CompletionItem]"]

VARIABLE = "_TRIFIT_COMPLETE"
"""By which the shell asks for completions."""


@click.command(
    cls=Command,
    examples=(
        'eval "$(trifit completion bash)"     (in ~/.bashrc)',
        'eval "$(trifit completion zsh)"      (in ~/.zshrc)',
        "trifit completion fish | source      (in ~/.config/fish/config.fish)",
    ),
)
@click.argument("shell", type=click.Choice(SHELLS), metavar="SHELL")
def completion(shell: str) -> None:
    """Print the completion script for bash, zsh or fish.

    It completes commands, options, and the names of cards, data sets and studies.
    """
    from click.shell_completion import get_completion_class

    script = get_completion_class(shell)
    assert script is not None
    commands = click.get_current_context().find_root().command
    click.echo(script(commands, {}, "trifit", VARIABLE).source())


def names_or_files(names: Callable[[], Iterable[str]]) -> Completer:
    """What completes names, which are asked for only then; the shell adds files of its own."""

    def complete(_: click.Context, __: click.Parameter, incomplete: str) -> "list[CompletionItem]":
        from click.shell_completion import CompletionItem

        begun = [CompletionItem(name) for name in names() if name.startswith(incomplete)]
        return [CompletionItem(incomplete, type="file"), *begun]

    return complete


def comma_separated(names: Callable[[], Iterable[str]]) -> Completer:
    """What completes the last of comma-separated names."""

    def complete(_: click.Context, __: click.Parameter, incomplete: str) -> "list[CompletionItem]":
        from click.shell_completion import CompletionItem

        before, comma, last = incomplete.rpartition(",")
        begun = (name for name in names() if name.startswith(last))
        return [CompletionItem(f"{before}{comma}{name}") for name in begun]

    return complete


def data_sets() -> Iterable[str]:
    """The bundled data sets."""
    from trifit.data import BUNDLED

    return BUNDLED


def cards() -> Iterable[str]:
    """The shipped cards."""
    from trifit.cards import card_names

    return card_names()


def shipped_studies() -> Iterable[str]:
    """The shipped studies."""
    from trifit.study.spec import study_names

    return study_names()


def further_fits() -> Iterable[str]:
    """The fits that are made on request."""
    from trifit.contestants import on_request

    return on_request()
