"""Ctrl-C and SIGTERM at any moment: soon, with their code, and nothing half written."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from signalled import CODES, SOON, STUDY, ended, gone, started

BLOCKS = {
    "in Python": "time.sleep(60)",
    "in machine code": "hashlib.pbkdf2_hmac('sha256', b'', b'', 10**9)",
    "in a callback": "call_back()\ntime.sleep(60)",
    "in a block that is done as a whole": (
        "with interrupts.uninterrupted():\n"
        "    time.sleep(0.5)\n"
        "    interrupts.leaves('all is done')\n"
        "time.sleep(60)"
    ),
    "at the end of the process": "atexit.register(time.sleep, 60)",
    "while another thread computes": (
        "threading.Thread(target=hashlib.pbkdf2_hmac, args=['sha256', b'', b'', 10**9]).start()"
    ),
    "while cleaning up": (
        "try: time.sleep(60)\nfinally:\n    time.sleep(0.4)\n    interrupts.leaves('all is done')\n"
    ),
}

SCRIPT = """
import atexit, hashlib, os, pathlib, sys, tempfile, threading, time
from trifit import interrupts

class Swallows:
    def __del__(self):
        time.sleep(60)

def call_back():
    Swallows()

interrupts.listen()
folder = pathlib.Path("beside")
folder.mkdir()
code = sys.argv[1]
try:
    with interrupts.temporary(folder):
        print("ready", flush=True)
        exec(code)
except KeyboardInterrupt:
    interrupts.tell()
    sys.exit(interrupts.exit_code())
"""


@pytest.mark.parametrize("where", BLOCKS)
@pytest.mark.parametrize("number", CODES)
def test_a_signal_ends_the_process(where, number, tmp_path):
    running = started(["-c", SCRIPT, BLOCKS[where]], tmp_path)
    assert running.stdout.readline() == "ready\n"
    time.sleep(0.05)
    code, errors, seconds = ended(running, number, signal.SIGINT)
    assert code == CODES[number], errors
    assert seconds < SOON
    done = "all is done" if "all is done" in BLOCKS[where] else "nothing was written"
    assert errors in (f"trifit: interrupted; {done}\n", "")
    assert list(tmp_path.iterdir()) == []


def test_what_is_ignored_stays_ignored(tmp_path):
    """As in a script's background job, which Ctrl-C must not end."""
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "from trifit import interrupts; interrupts.listen()\n"
        "print('ready', flush=True); input(); print('end')"
    )
    running = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert running.stdout.readline() == "ready\n"
    running.send_signal(signal.SIGINT)
    out, _ = running.communicate("\n", timeout=30)
    assert (running.returncode, out) == (0, "end\n")


HANGS = """
import time
def build(X, y, *, n_classes, coords):
    time.sleep(60)
"""

IMPORTS = "/scipy/"
"""In the map of the memory while PyMC is imported: its line comes only if that lasts a second."""

STAGES = {
    "import": ("compare iris", IMPORTS, 0.0),
    "builder": (
        "compare iris --model hangs.py:build",
        "building the model with hangs.py:build",
        0.5,
    ),
    "model": ("compare iris", "to fit", 0.0),
    "point fits": ("compare iris", "to fit", 1.0),
    "posterior": ("compare digits", "to fit", 8.0),
    "scores": ("evaluate preds.csv --label y --probs p_*", "scores", 0.3),
    "cells": ("study small.toml --jobs 2 --out cells", "cells", 6.0),
}
"""A command, what it says on stderr (or maps), and seconds from then to the signal."""


@pytest.mark.broad
@pytest.mark.parametrize(("number", "group"), [(signal.SIGINT, True), (signal.SIGTERM, False)])
@pytest.mark.parametrize("stage", STAGES)
def test_a_command_ends_with_one_line_and_leaves_nothing(stage, number, group, tmp_path):
    command, said, seconds = STAGES[stage]
    (tmp_path / "preds.csv").write_text(
        "p_a,p_b,y\n"
        + "".join(f"{i % 99 / 99},{1 - i % 99 / 99},{'ab'[i % 2]}\n" for i in range(50_000))
    )
    (tmp_path / "small.toml").write_text(STUDY)
    (tmp_path / "hangs.py").write_text(HANGS)
    running = started(["-m", "trifit", *command.split()], tmp_path)
    if said is IMPORTS:
        while said not in Path(f"/proc/{running.pid}/maps").read_text():
            time.sleep(0.01)
    else:
        next(line for line in running.stderr if said in line)
    time.sleep(seconds)
    code, errors, seconds = ended(running, number, group=group)
    assert code == CODES[number], errors
    assert seconds < SOON
    told = [line for line in errors.splitlines() if "%  " not in line and " to fit" not in line]
    left = {path.name for path in tmp_path.iterdir()} - {
        "preds.csv",
        "small.toml",
        "hangs.py",
        "reports",
    }
    assert len(told) == 1, errors
    assert told[0].startswith("trifit: interrupted; ")
    assert left <= {"cells"}
    assert list(tmp_path.glob("reports/*")) == []
    assert gone(running.pid)
