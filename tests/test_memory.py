"""``--memory``: what is predicted to need more is refused with the figures, before any fit."""

import numpy as np
import pytest
from click.testing import CliRunner

from trifit import memory
from trifit.cli import main
from trifit.errors import InputError

COMMANDS = {
    "compare iris --no-nuts --memory 0.00003": "data 'iris', 6 training sets: not enough memory: "
    "at least 3.36e-05 GB are needed, --memory allows 3e-05; take fewer rows, columns or folds",
    "compare p.csv --target y --memory 0.000001": "data 'p': not enough memory: at least 2e-06 GB",
    "compare sim:softmax --world n=99999 --memory 0.001": "sim:softmax n=99999: not enough memory",
    "compare iris --memory 0": "memory 0.0: expected gigabytes above 0",
    "compare iris --memory=-1": "memory -1.0: expected gigabytes above 0",
    "compare iris --memory nan": "memory nan: expected gigabytes above 0",
    "evaluate p.csv --label y --probs p_* --memory 0.00001": "at least 1.8e-05 GB are needed",
    "study separation --quick --memory 0.0001": "not enough memory",
    "curve iris --memory 0.0000001 --no-nuts": "data 'iris': not enough memory: at least",
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_refused_in_one_line(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"0.{i % 9},{1 - i % 9 / 10:.1f},{'ab'[i % 2]}\n" for i in range(125))
    (tmp_path / "p.csv").write_text(f"p_a,p_b,y\n{rows}")
    done = CliRunner().invoke(main, command.split())
    assert done.exit_code == 2, done.output
    (line,) = [line for line in done.stderr.splitlines() if "%  " not in line]
    assert COMMANDS[command] in line
    assert not (tmp_path / "reports").exists()


@pytest.mark.parametrize("given", [0, -1, float("nan"), "4", None, True])
def test_what_is_no_limit_is_refused(given):
    with pytest.raises(InputError, match="expected gigabytes above 0"), memory.limited(given):
        pass


def test_a_limit_ends_with_its_block():
    with memory.limited(1e-6), pytest.raises(InputError, match="--memory allows 1e-06"):
        memory.check_memory("it", 1000, "take less")
    memory.check_memory("it", 1000, "take less")


def test_the_smaller_of_limit_and_machine_counts(monkeypatch):
    monkeypatch.setattr(memory, "total", lambda: 1e6)
    with memory.limited(np.inf), pytest.raises(InputError, match=r"this machine has 0\.001;"):
        memory.check_memory("it", 1e6, "take less")
