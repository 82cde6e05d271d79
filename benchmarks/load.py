"""Comparisons one after another in one process: memory after each tenth, in MB.

Run it with: python benchmarks/load.py [COMPARISONS] (two CPU seconds each)
"""

import gc
import os
import sys

import numpy as np

from trifit.data import load_dataset
from trifit.run import run_comparison

EVERY = 10


def resident() -> float:
    """MB of this process that are in memory."""
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def main(comparisons: int) -> None:
    """Every comparison has rows of its own, in one of six shapes."""
    for i in range(comparisons):
        rng = np.random.default_rng(i)
        X = rng.normal(size=(40, 1 + i % 3))
        y = (X[:, 0] + rng.normal(size=40) > 0) + (i % 2) * (rng.random(40) < 0.3)
        y[:6] = np.arange(6) % (2 + i % 2)
        dataset = load_dataset(X, np.array(list("abc"))[y])
        run = run_comparison(dataset, "softmax", test_size=0.5, nuts=False, methods=["laplace"])
        run.comparison.to_html(os.devnull)
        if i % EVERY == EVERY - 1:
            gc.collect()
            print(f"{i + 1}\t{resident():.1f}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 60)
