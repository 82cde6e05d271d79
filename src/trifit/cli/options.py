"""Options under headings, settings as KEY=VALUE, examples at the end of a command's help."""

import re
from collections.abc import Collection, Iterable, Sequence
from functools import partial
from typing import Any

import click
from click.types import OptionHelpExtra

from trifit import memory
from trifit.cards import AUTO
from trifit.errors import InputError

SETTING = re.compile(r"[A-Za-z_][\w.]*=")
"""How a KEY=VALUE begins."""

WIDEST = 30
"""Columns of an option's name in the help; behind a longer one the text is on its own line."""


class Option(click.Option):
    """An option that stands under a heading in the help of its command.

    Attributes
    ----------
    heading : str
        Empty: under the last, with ``--help``.
    settings : bool
        Whether it takes KEY=VALUE, and several of them: ``--set draws=900 tune=300``.
    """

    def __init__(self, *names: Any, heading: str = "", settings: bool = False, **rest: Any) -> None:
        if settings:
            rest |= {"multiple": True, "metavar": "KEY=VALUE..."}
        super().__init__(*names, **rest)
        self.heading = heading
        self.settings = settings

    def make_metavar(self, ctx: click.Context) -> str:
        """What the help shows in place of a value; ``N`` for whole numbers."""
        if self.metavar is None and isinstance(self.type, click.IntRange):
            return "N"
        return super().make_metavar(ctx)

    def get_help_extra(self, ctx: click.Context) -> OptionHelpExtra:
        """The default, without the range, which an error names where it matters."""
        extra = super().get_help_extra(ctx)
        extra.pop("range", None)
        return extra


seed_option = partial(
    click.option,
    "--seed",
    cls=Option,
    heading="Evaluation",
    type=click.IntRange(min=0, max=2**63 - 1),
    default=1,
    show_default=True,
)


def _limit_memory(context: click.Context, _: click.Parameter, gigabytes: float | None) -> None:
    """Limit what the rest of the command may be predicted to need."""
    if gigabytes is not None:
        context.with_resource(memory.limited(gigabytes))


memory_option = partial(
    click.option,
    "--memory",
    cls=Option,
    type=float,
    metavar="GB",
    expose_value=False,
    callback=_limit_memory,
    help="Refuse at once what is predicted to need more memory; default: the machine's.",
)


class NumberOrAuto(click.ParamType[float | str]):
    """A number, or the word ``auto``."""

    name = "number or auto"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """How the help shows it."""
        return "S|auto"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float | str:
        """The number, or ``"auto"``."""
        if value == AUTO:
            return AUTO
        try:
            return float(value)
        except ValueError:
            self.fail(f"{value!r}: expected a positive number, or auto", param, ctx)


class Command(click.Command):
    """A command with its options under headings, and examples at the end of its help."""

    def __init__(self, *arguments: Any, examples: Sequence[str] = (), **rest: Any) -> None:
        super().__init__(*arguments, **rest)
        self.examples = examples

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse what was typed, several settings behind one option included."""
        taking = [p for p in self.params if isinstance(p, Option) and p.settings]
        return super().parse_args(ctx, one_each(args, {name for p in taking for name in p.opts}))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The options by heading, in the order of their declaration, in equal columns."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for option in self.get_params(ctx):
            record = option.get_help_record(ctx) if isinstance(option, click.Option) else None
            if record is not None:
                heading = option.heading if isinstance(option, Option) else ""
                sections.setdefault(heading, []).append(record)
        rest = sections.pop("", [])
        sections["Other options" if sections else "Options"] = rest
        width = max(len(name) for rows in sections.values() for name, _ in rows)
        for heading, rows in sections.items():
            with formatter.section(heading):
                formatter.write_dl([(name.ljust(min(width, WIDEST)), text) for name, text in rows])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The examples, a line each."""
        if self.examples:
            with formatter.section("Examples"):
                for example in self.examples:
                    formatter.write(f"{'':{formatter.current_indent}}{example}\n")


def one_each(arguments: Iterable[str], options: Collection[str]) -> list[str]:
    """Arguments in which an option stands before each of its settings.

    Examples
    --------
    >>> " ".join(one_each("--world n=200 shift=label --seed 3".split(), {"--world"}))
    '--world n=200 --world shift=label --seed 3'
    """
    spread: list[str] = []
    option, waits = "", False
    for argument in arguments:
        name, equals, _ = argument.partition("=")
        if waits:  # the first setting belongs to the option as it is
            waits = False
        elif name in options:
            option, waits = name, not equals
        elif option and SETTING.match(argument):
            spread.append(option)
        else:
            option = ""
        spread.append(argument)
    return spread


def settings_of(texts: Iterable[str], example: str) -> dict[str, Any]:
    """The settings that were given as KEY=VALUE; ``example`` shows their option in use.

    Raises
    ------
    InputError
        On a text of another form, or a key that is given twice.
    """
    from trifit.cards import parse_setting

    settings: dict[str, Any] = {}
    for text in texts:
        key, value = parse_setting(text, example)
        if key in settings:
            raise InputError(f"{example.split()[0]} {text}: {key} is given twice")
        settings[key] = value
    return settings


class Words(click.ParamType[list[str]]):
    """Comma-separated words, as a list."""

    name = "words"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> list[str]:
        """The words of what was typed."""
        return words_of(value) if isinstance(value, str) else value


def words_of(text: str | None) -> list[str]:
    """Comma-separated words."""
    return [word.strip() for word in (text or "").split(",") if word.strip()]
