"""Command lines that cannot be parsed: one line each, in the style of all other bad input."""

import pytest
from click.testing import CliRunner

from trifit.cli import main

SAID = {
    "evaluate p.csv": "evaluate needs --label COLUMN; see trifit evaluate --help",
    "evaluate p.csv --label": "--label needs a value",
    "predict run new.csv": "predict needs --out PATH; see trifit predict --help",
    "predict run": "predict needs DATA; see trifit predict --help",
    "compare iris --out": "--out needs a value",
    "compare": "compare needs DATA; see trifit compare --help",
    "compare iris --test-size a": "--test-size a: expected a number",
    "compare iris --device tpu": "--device tpu: expected cpu, gpu, auto or jax",
    "compare iris --prior-scale x": "--prior-scale 'x': expected a positive number, or auto",
    "compare iris my data": (
        "'my data': too many arguments; put values with blanks into quotes; see trifit compare "
        "--help"
    ),
    "compare iris --targt y": (
        "--targt is not an option of trifit compare; did you mean '--target'?"
    ),
    "compare iris -x": "-x is not an option of trifit compare; see trifit compare --help",
    "compare iris --force=3": "Option '--force' does not take a value",
    "check model.py:f --replications 3": (
        "--replications 3: expected a whole number from 50 to 100,000"
    ),
    "completion tcsh": "SHELL tcsh: expected bash, zsh or fish",
    "evalute p.csv": "evalute is not a command of trifit; did you mean 'evaluate'?",
    "--verison": "--verison is not an option of trifit; did you mean '--version'?",
}


@pytest.mark.parametrize("typed", SAID)
def test_a_command_line_is_refused_in_one_line(typed):
    done = CliRunner().invoke(main, typed.split(), prog_name="trifit")
    assert done.exit_code == 2
    assert done.stderr == f"trifit: {SAID[typed]}\n"
    assert done.stdout == ""
