"""What benchmarks share: fresh processes, medians of alternating runs, tables.

A benchmark is a file with a function ``measure(...) -> Part``. It runs alone,

    python benchmarks/gradient.py
    python benchmarks/gradient.py n_obs=20000 repeats=1

and ``run.py`` puts all of them on one page. Nothing heavy is imported here, so that
a fresh process measures its own imports and its own memory.
"""

import importlib
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

# Fresh processes find trifit's byte code on disk, as they do where it is installed.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

PACKAGES = (
    "trifit", "pymc", "pytensor", "nutpie", "numba", "numpy", "scipy",
    "scikit-learn", "numpyro", "jax", "statsmodels",
)  # fmt: skip


@dataclass(frozen=True)
class Aim:
    """A promise and what was measured of it."""

    what: str
    aim: str
    measured: str
    met: bool


@dataclass(frozen=True)
class Part:
    """One table of the page."""

    title: str
    note: str
    columns: list
    rows: list
    aims: list = field(default_factory=list)


def at_least(what, ratio, aim):
    """An aim for a ratio of the peer's time to ours: the more the better."""
    return Aim(what, f"at least {aim:g} x", f"{ratio:.1f} x", bool(ratio >= aim))


def at_most(what, value, aim, unit):
    """An aim for a size or a ratio: the less the better."""
    return Aim(what, f"at most {aim:g} {unit}", f"{value:.2g} {unit}", bool(value <= aim))


def holds(what, value, limit):
    """An aim of correctness: an error, in its own unit, below a limit."""
    return Aim(what, f"below {limit:g}", f"{value:.2g}", bool(value < limit))


def timed(function, *args, **kwargs):
    """Seconds of a call."""
    start = time.perf_counter()
    function(*args, **kwargs)
    return time.perf_counter() - start


def alternated(sides, repeats):
    """Runs of several sides in turn, so that a busy minute hits all of them.

    Parameters
    ----------
    sides : mapping of name to function
        Each returns what is kept of one run.
    repeats : int

    Returns
    -------
    dict of name to list of results
    """
    runs = {name: [] for name in sides}
    for _ in range(repeats):
        for name, side in sides.items():
            runs[name].append(side())
    return runs


def medians(runs):
    """Median of every side's numbers."""
    return {name: statistics.median(values) for name, values in runs.items()}


def ratio(runs, peer, ours):
    """Median over the turns of the peer's number divided by ours."""
    return statistics.median(a / b for a, b in zip(runs[peer], runs[ours], strict=True))


def fresh(function, *args):
    """What ``function(*args)`` returns in a process of its own; see :func:`fresh_by_name`."""
    module = function.__module__
    return fresh_by_name(
        Path(sys.argv[0]).stem if module == "__main__" else module, function.__name__, *args
    )


def fresh_by_name(module, function, *args, quiet=True):
    """The same of a module that this process need not import.

    ``args`` and the result are plain data, or a :class:`Part`. A quiet process shows
    nothing, unless it fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        command = [sys.executable, __file__, module, function, json.dumps(args)]
        done = subprocess.run(
            [*command, str(answer), repr(time.time())], capture_output=quiet, text=True, check=False
        )
        if done.returncode:
            failure = f"{module}.{function}{args} ended with {done.returncode}"
            raise RuntimeError(f"{failure}\n{done.stderr or ''}")
        return json.loads(answer.read_text())


def since_start():
    """Seconds since the parent asked for this process: imports and all."""
    return time.time() - float(sys.argv[5])


def peak_bytes():
    """Largest memory of this process so far."""
    status = Path("/proc/self/status")
    if status.exists():  # getrusage counts the parent's memory too
        line = next(s for s in status.read_text().splitlines() if s.startswith("VmHWM"))
        return 1024 * int(line.split()[1])
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def machine():
    """Cores, system and versions: what figures depend on, and nothing personal."""
    from trifit.threads import available

    versions = []
    for package in PACKAGES:
        try:
            versions.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            versions.append(f"{package} missing")
    return (
        f"{available()} cores, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}; {', '.join(versions)}"
    )


def markdown(part):
    """A part as text."""
    lines = [f"## {part.title}", "", part.note, ""]
    if not part.rows:
        return "\n".join(lines)
    lines += ["| " + " | ".join(part.columns) + " |"]
    lines += ["|" + "|".join(["---"] + ["---:"] * (len(part.columns) - 1)) + "|"]
    lines += ["| " + " | ".join(map(str, row)) + " |" for row in part.rows]
    return "\n".join(lines) + "\n"


def aims_table(aims):
    """Promises against measurements."""
    lines = ["| promise | aim | measured | met |", "|---|---|---:|---|"]
    lines += [f"| {a.what} | {a.aim} | {a.measured} | {'yes' if a.met else 'NO'} |" for a in aims]
    return "\n".join(lines) + "\n"


def load(data):
    """A part that was plain data for a while."""
    return Part(**{**data, "aims": [Aim(**aim) for aim in data["aims"]]})


def main(measure):
    """Run one benchmark with the arguments of the command line, ``name=value``, and print it."""
    given = dict(argument.split("=", 1) for argument in sys.argv[1:])
    part = measure(**{name: json.loads(value) for name, value in given.items()})
    print(f"\n{markdown(part)}")
    if part.aims:
        print(aims_table(part.aims))


def _child():
    """The other end of :func:`fresh`: module, function, arguments, where the answer goes."""
    module, function, args, answer = sys.argv[1:5]
    sys.modules["harness"] = sys.modules["__main__"]
    result = getattr(importlib.import_module(module), function)(*json.loads(args))
    Path(answer).write_text(json.dumps(result, default=vars))


if __name__ == "__main__":
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    _child()
