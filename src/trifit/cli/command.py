"""What was typed, as it is recorded."""

import shlex
from collections.abc import Sequence

VALUED = (
    "--out",
    "--cores",
    "--memory",
    "--jobs",
    "--backend",
    "--scheduler",
    "--write-recalibrated",
    "--map",
)
FLAGS = ("--force", "--resume", "--json", "--quiet", "--open")
"""Options that say what is written and shown where and who computes it; they change no number."""


def canonical_command(arguments: Sequence[str]) -> str:
    """The command as typed, without the options that change no number.

    Two runs with the same canonical command compute the same numbers.

    Examples
    --------
    >>> canonical_command(["compare", "iris", "--out", "x", "--seed", "7", "--force"])
    'trifit compare iris --seed 7'
    >>> canonical_command(["study", "prior", "--quick", "--jobs=2", "--out", "x", "--resume"])
    'trifit study prior --quick'
    """
    kept, rest = [], iter(arguments)
    for argument in rest:
        if argument in VALUED:
            next(rest, None)
        elif argument not in FLAGS and argument.partition("=")[0] not in VALUED:
            kept.append(argument)
    return shlex.join(["trifit", *kept])
