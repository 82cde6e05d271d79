"""The lowest versions that pyproject.toml declares, and the newest, on every Python that is here.

Run it with: make resolutions [ARGUMENTS of pytest] (minutes for each of them: all packages are
installed into an empty environment). Needs uv and a package index. What is told at the end is
also the exit code. By default the tests are a part that meets every package, the import and a
comparison; `python tools/resolutions.py --lowest --python 3.12 tests` runs the suite.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from os import environ
from pathlib import Path

ROOT = Path(__file__).parents[1]

PYTHONS = ("3.12", "3.13", "3.14")
PROMISED = ("3.12", "3.13")
"""On others not every package has wheels."""

RESOLUTIONS = {"lowest": "lowest-direct", "newest": "highest"}

SOURCES_ONLY = "uncertainty-calibration"
"""Has no wheel; everything else that has none is not supported on that Python."""

TESTS = (
    "tests/cli/test_cli.py", "tests/data", "tests/fit/test_contract.py", "tests/fit/test_fused.py",
    "tests/fit/test_posterior.py", "tests/run/test_run.py", "tests/run/test_saved_runs.py",
    "tests/report/test_report.py", "tests/report/test_charts.py", "tests/calibration",
    "tests/study/test_study_engine.py", "tests/test_private_imports.py", "tests/test_interrupts.py",
    "tests/test_estimators.py", "tests/test_cards.py",
)  # fmt: skip
"""Tests that call each dependency: not the whole suite, which takes a quarter of an hour."""


def run(*command: object, at: Path) -> subprocess.CompletedProcess[str]:
    """A command in an environment that knows only the checkout; what it says is captured."""
    clean = {k: v for k, v in environ.items() if not k.startswith(("PYTHON", "VIRTUAL"))}
    return subprocess.run(
        [str(part) for part in command],
        cwd=at,
        env=clean | {"PYTHONPATH": str(ROOT / "src"), "CI": "true"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def tried(
    uv: str, python: str, resolution: str, tests: Sequence[str], folder: Path
) -> tuple[bool, str]:
    """Whether one resolution on one Python is good, and what came of it in a line."""
    versions, there = folder / "versions.txt", folder / "venv" / "bin" / "python"
    steps = {
        "cannot be resolved": (
            uv, "pip", "compile", "--quiet", "--no-header", "--resolution", RESOLUTIONS[resolution],
            "--python-version", python, "--only-binary", ":all:", "--no-binary", SOURCES_ONLY,
            "--group", "test", ROOT / "pyproject.toml", "--output-file", versions,
        ),
        "has no interpreter here": (uv, "venv", "--quiet", "--python", python, folder / "venv"),
        "cannot be installed": (
            uv, "pip", "install", "--quiet", "--python", there, "--requirement", versions,
        ),
        "cannot be built": (
            uv, "pip", "install", "--quiet", "--python", there, "--no-deps", "--editable", ROOT,
        ),
        "compare failed": (there, "-m", "trifit", "compare", "iris", "--cv", "2", "--quiet"),
    }  # fmt: skip
    for failure, command in steps.items():
        done = run(*command, at=folder)
        if done.returncode != 0:
            return False, f"{failure}: {done.stdout.strip()[-2000:]}"
    done = run(there, "-m", "pytest", "-n", "2", "--dist", "loadfile", *tests, at=ROOT)
    if done.returncode != 0:
        print(done.stdout[-6000:])
    said = done.stdout.strip().splitlines()
    return done.returncode == 0, said[-1] if said else f"pytest ended with {done.returncode}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", action="append", metavar="VERSION", help="default: all")
    parser.add_argument("--lowest", action="store_true", help="only the lowest versions")
    parser.add_argument("tests", nargs="*", default=TESTS)
    asked = parser.parse_args()
    uv = shutil.which("uv")
    if uv is None:
        sys.exit("resolutions: needs uv on the PATH")
    failed = False
    for python in asked.python or PYTHONS:
        for resolution in ["lowest"] if asked.lowest else RESOLUTIONS:
            with tempfile.TemporaryDirectory() as folder:
                good, came = tried(uv, python, resolution, asked.tests, Path(folder))
            print(f"{resolution} on Python {python}: {came}", flush=True)
            failed |= not good and python in PROMISED
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
