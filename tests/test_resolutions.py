"""``make resolutions`` tries every resolution, tells what came of it, fails on a broken promise."""

import json
import os
import subprocess
import sys

import pytest

UV = """#!{python}
import json, os, pathlib, stat, sys
asked = sys.argv[1:]
with open(os.environ["CALLED"], "a") as log:
    log.write(json.dumps(asked) + "\\n")
if asked[:2] == ["pip", "compile"]:
    if asked[asked.index("--python-version") + 1] == os.environ.get("NO_WHEELS"):
        sys.exit("no wheels of a")
if asked[0] == "venv":
    if asked[asked.index("--python") + 1] == os.environ.get("NO_PYTHON"):
        sys.exit("no interpreter")
    there = pathlib.Path(asked[-1]) / "bin" / "python"
    there.parent.mkdir(parents=True)
    there.write_text('''#!/bin/sh
case "$*" in
    *compare*) exit ${{COMPARE:-0}} ;;
    *pytest*) test -z "$SAID" || echo $SAID; exit ${{TESTS:-0}} ;;
esac
''')
    there.chmod(there.stat().st_mode | stat.S_IEXEC)
"""


@pytest.fixture
def tried(root, tmp_path):
    """Runs the tool with a uv that installs nothing: exit code, output and what uv was asked."""
    uv = tmp_path / "bin" / "uv"
    uv.parent.mkdir()
    uv.write_text(UV.format(python=sys.executable))
    uv.chmod(0o755)

    def run(*arguments, path=f"{uv.parent}{os.pathsep}{os.defpath}", **more):
        called = tmp_path / "called"
        called.write_text("")
        done = subprocess.run(
            [sys.executable, str(root / "tools" / "resolutions.py"), *arguments],
            env={"PATH": path, "CALLED": str(called), "SAID": "12 passed", **more},
            capture_output=True,
            text=True,
            check=False,
        )
        return done, [json.loads(line) for line in called.read_text().splitlines()]

    return run


def test_every_resolution_on_every_python(tried):
    done, asked = tried()
    assert done.returncode == 0, done.stderr
    each = [(name, python) for python in ("3.12", "3.13", "3.14") for name in ("lowest", "newest")]
    assert done.stdout.splitlines() == [f"{name} on Python {p}: 12 passed" for name, p in each]
    compiled = [
        (call[call.index("--resolution") + 1], call[call.index("--python-version") + 1])
        for call in asked
        if call[:2] == ["pip", "compile"]
    ]
    words = {"lowest": "lowest-direct", "newest": "highest"}
    assert compiled == [(words[name], python) for name, python in each]
    assert [call[0] for call in asked] == ["pip", "venv", "pip", "pip"] * 6


def test_the_lowest_on_one_python(tried):
    done, asked = tried("--lowest", "--python", "3.13", "tests/data")
    assert done.stdout == "lowest on Python 3.13: 12 passed\n"
    assert len(asked) == 4


FAILURES = {
    "promised, no wheels": ({"NO_WHEELS": "3.12"}, 1, "3.12: cannot be resolved: no wheels of a"),
    "not promised": ({"NO_WHEELS": "3.14"}, 0, "3.14: cannot be resolved: no wheels of a"),
    "no interpreter": ({"NO_PYTHON": "3.13"}, 1, "3.13: has no interpreter here: no interpreter"),
    "compare": ({"COMPARE": "3"}, 1, "3.12: compare failed: "),
    "tests": ({"TESTS": "1", "SAID": "2 failed"}, 1, "3.12: 2 failed"),
    "tests crash": ({"TESTS": "139", "SAID": ""}, 1, "3.12: pytest ended with 139"),
}


@pytest.mark.parametrize("case", FAILURES)
def test_what_fails(case, tried):
    given, code, said = FAILURES[case]
    done, _ = tried("--lowest", **given)
    assert done.returncode == code, done.stdout
    assert f"lowest on Python {said}" in done.stdout


def test_without_uv(tried, tmp_path):
    done, _ = tried(path=str(tmp_path))
    assert done.returncode == 1
    assert done.stderr == "resolutions: needs uv on the PATH\n"
