"""`trifit compare iris` against a plain PyMC script, whole processes: imports, fits and page.

User CPU seconds, which a busy machine disturbs less than a clock; both warm, in turn.

    python benchmarks/whole_process.py
    python benchmarks/whole_process.py repeats=1
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from harness import Part, alternated, at_least, at_most, fresh, main, medians, ratio
from three_fits import plain

REPORTS = Path(__file__).parent.parent / "reports" / "examples"


def used(run):
    """User CPU seconds of the processes that a call starts and waits for."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    run()
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


def compared(*options):
    """A run of trifit on iris, as typed, with the script's prior scale."""
    with tempfile.TemporaryDirectory() as folder:
        options = "--prior-scale", "2.5", *options
        command = [sys.executable, "-m", "trifit", "compare", "iris", *options]
        done = subprocess.run([*command, "--out", f"{folder}/run"], capture_output=True, text=True)
        if done.returncode not in (0, 3):
            raise RuntimeError(f"{command} ended with {done.returncode}\n{done.stderr}")


def page(name):
    """CPU seconds of drawing the page of a committed run, the first of a process."""
    from trifit.report.page import render
    from trifit.results import Comparison

    comparison = Comparison.from_json(REPORTS / name / "comparison.json")
    start = time.process_time()
    render(comparison)
    return time.process_time() - start


def measure(repeats=3):
    sides = {
        "plain PyMC script, three fits": lambda: used(lambda: fresh(plain)),
        "trifit compare iris --test-size 0.3": lambda: used(lambda: compared("--test-size", "0.3")),
        "trifit compare iris (five folds)": lambda: used(compared),
        "its page": lambda: fresh(page, "iris"),
        "the page of digits": lambda: fresh(page, "digits"),
    }
    alternated(sides, 1)  # warms the caches
    runs = alternated(sides, repeats)
    script, split, folds, iris, digits = sides
    against = "against a plain script, whole process"
    return Part(
        "From the command to the page",
        "User CPU seconds of whole processes: imports, compiling from a warm cache, fits, "
        "forecasts; of trifit also all scores, the page and its files. Both have a prior scale of "
        f"2.5. Median of {repeats} in turn.",
        ["", "CPU seconds", "of the script's"],
        [
            [name, f"{seconds:.2f}", f"{1 / ratio(runs, script, name):.2f}"]
            for name, seconds in medians(runs).items()
        ],
        [
            at_least(f"compare iris, one split, {against}", ratio(runs, script, split), 3),
            at_most("compare iris: five folds to one split", ratio(runs, folds, split), 1.5, "x"),
            at_least(f"page of iris {against}", ratio(runs, script, iris), 12),
            at_least(f"page of digits {against}", ratio(runs, script, digits), 6),
        ],
    )


if __name__ == "__main__":
    main(measure)
