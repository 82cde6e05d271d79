"""More columns than rows, whole processes: reading the table, fits, scores, page and files.

Seconds, CPU seconds and the largest memory of `trifit compare`, with and without NUTS.

    python benchmarks/wide.py
    python benchmarks/wide.py 'sizes=["60x3000x3"]'
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from harness import Part, at_most, fresh, main

LIMITS = {"60x3000x3": 30.0, "200x20000x2": 120.0}
"""Most seconds, posterior included."""

MEMORY = 2.0
"""Most memory, GB."""

USUAL_SPREAD = 5.0
"""Prior standard deviation of log-odds that the prior's scale is chosen for."""


def table(path, n_obs, n_features, n_classes):
    """Write a table of Normal columns, of which ten tell the classes apart."""
    rng = np.random.default_rng(1)
    X = rng.standard_normal((n_obs, n_features))
    odds = X[:, :10] @ rng.standard_normal((10, n_classes)) + rng.gumbel(size=(n_obs, n_classes))
    names = [f"x{j}" for j in range(n_features)]
    with path.open("w") as file:
        print(*names, "class", sep=",", file=file)
        for x, label in zip(X, odds.argmax(axis=1), strict=True):
            print(*(f"{value:.4f}" for value in x), "abcdefghij"[label], sep=",", file=file)


def compared(size, *options):
    """Seconds, CPU seconds and GB of one run, as typed, and MB of its folder."""
    with tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder) / "wide.csv", Path(folder) / "run"
        table(path, *map(int, size.split("x")))
        command = [sys.executable, "-m", "trifit", "compare", str(path), "--target", "class"]
        start = time.perf_counter()
        done = subprocess.run(
            [*command, *options, "--out", str(out)], capture_output=True, text=True
        )
        seconds = time.perf_counter() - start
        if done.returncode not in (0, 3):
            raise RuntimeError(f"{command} ended with {done.returncode}\n{done.stderr}")
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        written = sum(file.stat().st_size for file in out.iterdir())
    return seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 2**20, written / 1e6


def measure(sizes=tuple(LIMITS)):
    rows, aims = [], []
    for size in sizes:
        n_features = int(size.split("x")[1])
        scale = f"{USUAL_SPREAD / np.sqrt(2 * n_features):.2g}"
        for called, options in {
            "no NUTS": ("--no-nuts", "--prior-scale", "2.5"),
            f"prior scale {scale}": ("--prior-scale", scale),
            "prior scale 2.5": ("--prior-scale", "2.5"),
        }.items():
            seconds, cpu, memory, written = fresh(compared, size, *options)
            rows.append(
                [size, called, f"{seconds:.0f}", f"{cpu:.0f}", f"{memory:.2g}", f"{written:.0f}"]
            )
            if size in LIMITS and "--no-nuts" not in options:
                aims.append(at_most(f"{size}, {called}", seconds, LIMITS[size], "s"))
                aims.append(at_most(f"{size}, {called}: memory", memory, MEMORY, "GB"))
    return Part(
        "More columns than rows",
        "Rows x columns x classes of a CSV file; whole processes, fitted in the span of the rows. "
        f"The second scale gives log-odds a prior standard deviation of {USUAL_SPREAD:g}.",
        ["size", "", "seconds", "CPU seconds", "GB", "MB written"],
        rows,
        aims,
    )


if __name__ == "__main__":
    main(measure)
