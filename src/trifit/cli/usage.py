"""What is wrong with a command line as it was typed: one line, as for other bad input."""

import re

import click
from click import exceptions

from trifit.text import meant


def usage_text(error: click.UsageError) -> str:
    """What is wrong, which value, and what to type, in one line.

    Examples
    --------
    >>> usage_text(click.BadOptionUsage("--out", "Option '--out' requires an argument."))
    '--out needs a value'
    >>> usage_text(click.UsageError("Got unexpected extra argument (b.csv)"))
    "'b.csv': too many arguments; put values with blanks into quotes"
    """
    context, message = error.ctx, error.format_message().removesuffix(".")
    see = "" if context is None else f"; see {context.command_path} --help"
    match error:
        case exceptions.NoSuchCommand() if context is not None:
            assert isinstance(context.command, click.Group)
            near = meant(error.command_name, context.command.commands)
            return f"{error.command_name} is not a command of trifit{near or see}"
        case exceptions.NoSuchOption() if context is not None:
            near = meant(error.option_name, [o for p in context.command.params for o in p.opts])
            return f"{error.option_name} is not an option of {context.command_path}{near or see}"
        case exceptions.MissingParameter() if context is not None and error.param is not None:
            return f"{context.info_name} needs {_shown(error.param, context)}{see}"
        case exceptions.BadParameter() if error.param is not None:
            return _bad_value(error, error.param)
        case exceptions.BadOptionUsage() if message.endswith("requires an argument"):
            return f"{error.option_name} needs a value"
    if extra := re.match(r"Got unexpected extra arguments? \((.*)\)$", message):
        return f"{extra[1]!r}: too many arguments; put values with blanks into quotes{see}"
    return f"{message}{see}"


def _shown(parameter: click.Parameter, context: click.Context) -> str:
    """An option with its value, or the name of an argument."""
    if isinstance(parameter, click.Option):
        return f"{max(parameter.opts, key=len)} {parameter.make_metavar(context)}"
    return parameter.make_metavar(context)


def _bad_value(error: click.BadParameter, parameter: click.Parameter) -> str:
    """The value, as far as click's own message begins with it, and what was expected."""
    name = max(parameter.opts, key=len) if isinstance(parameter, click.Option) else ""
    where = name or parameter.human_readable_name
    found = re.match(r"('.*'|\S+) is not ", error.message)
    expected = _expected(parameter.type)
    if found is None or not expected:
        return f"{where} {error.message}"
    return f"{where} {found[1].strip(chr(39))}: expected {expected}"


def _expected(kind: "click.ParamType[object]") -> str:
    """What a type takes, in words."""
    if isinstance(kind, click.Choice):
        *rest, last = map(str, kind.choices)
        return f"{', '.join(rest)} or {last}"
    if isinstance(kind, click.IntRange):
        low, high = kind.min, kind.max
        if high is None:
            return f"a whole number of at least {low}"
        return f"a whole number from {low:,} to {high:,}"
    return {"integer": "a whole number", "float": "a number"}.get(kind.name, "")
