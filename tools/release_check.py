"""Build wheel and sdist, and try both in empty environments, away from the repository.

Run it with: make release-check (minutes: every dependency is installed anew, four times).
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PYTHONS = ("3.12", "3.13")
"""Versions that trifit promises to run on."""

RUN = ["compare", "iris", "--no-nuts", "--quiet"]


def run(*command: object, at: Path) -> str:
    """The output of a command, in an environment that knows nothing of this repository."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL"))}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=at, env=environment, stdout=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        sys.exit(f"failed ({done.returncode}): {' '.join(map(str, command))}\n{done.stdout}")
    return done.stdout.strip()


def interpreter(version: str) -> str | None:
    """This version of Python, if the machine has one: itself, not a command that looks for it."""
    for command in (sys.executable, shutil.which(f"python{version}")):
        if command:
            code = "import sys; print('%d.%d' % sys.version_info[:2], sys._base_executable)"
            said = subprocess.run(
                [command, "-c", code], capture_output=True, text=True, check=False
            )
            found, _, path = said.stdout.strip().partition(" ")
            if found == version:
                return path
    return None


def build(folder: Path) -> list[Path]:
    """The sdist of the checkout, and the wheel made from that sdist, as an index would."""
    code = "import sys, hatchling.build as b; print(b.build_sdist(sys.argv[1]))"
    sdist = folder / run(sys.executable, "-c", code, folder, at=ROOT).splitlines()[-1]
    run(
        sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation",
        "--wheel-dir", folder, sdist, at=folder,
    )  # fmt: skip
    return [*folder.glob("*.whl"), sdist]


def try_out(python: str, package: Path, folder: Path) -> str:
    """Install a package into an empty environment and compare iris there."""
    run(python, "-m", "venv", folder / "venv", at=folder)
    there = folder / "venv" / "bin"
    run(there / "python", "-m", "pip", "install", "--quiet", package, at=folder)
    version = run(there / "trifit", "--version", at=folder)
    page = folder / run(there / "trifit", *RUN, at=folder).splitlines()[-1]
    if not page.is_file():
        sys.exit(f"{package.name}: no page at {page}")
    return version


def main() -> None:
    """Every package on every Python."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        packages = build(folder)
        for version in PYTHONS:
            python = interpreter(version)
            if python is None:
                print(f"Python {version}: not here, not tried")
                continue
            for package in packages:
                place = folder / f"{version}-{package.suffix}"
                place.mkdir()
                print(
                    f"Python {version}, {package.name}: {try_out(python, package, place)}",
                    flush=True,
                )
                shutil.rmtree(place)


if __name__ == "__main__":
    main()
