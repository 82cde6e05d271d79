"""A last layer of many classes: CPU seconds of recognising the model, of MLE and MAP, and memory.

20 rows of each class, around its mean; each size in a process of its own.

    python benchmarks/classes.py
    python benchmarks/classes.py 'sizes=["2000x64x200"]'
"""

import resource
import time

import numpy as np
from harness import Part, at_most, fresh, main, peak_bytes
from problems import density_of

SIZES = ("2000x64x200", "5000x128x500", "20000x128x1000")
MOST_SECONDS, MOST_GB = 240, 4
"""Of the largest: two minutes on two cores."""


def cpu_seconds():
    """CPU seconds of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def clusters(size):
    """Rows around the mean of their class, standardised, and classes."""
    n_obs, n_features, n_classes = map(int, size.split("x"))
    rng = np.random.default_rng(1)
    y = np.arange(n_obs) % n_classes
    X = rng.standard_normal((n_classes, n_features))[y]
    X += 2.0 * rng.standard_normal(X.shape)
    return (X - X.mean(axis=0)) / X.std(axis=0), y


def stages(size):
    """CPU seconds of each stage, steps, what is known of the MLE, and the peak of memory."""
    from trifit.cards import load_card
    from trifit.fit.methods.map import fit_map
    from trifit.fit.methods.mle import fit_mle
    from trifit.types import Rows

    X, y = clusters(size)
    card, rng, clock = load_card("softmax"), np.random.default_rng(1), [cpu_seconds()]
    density = density_of(card, X, y)
    clock.append(cpu_seconds())
    fits = []
    for fit in (fit_mle, fit_map):
        fits.append(fit(density, Rows(X, y), card.optimiser, rng))
        clock.append(cpu_seconds())
    return {
        "seconds": np.diff(clock).tolist(),
        "steps": [fit.diagnostics.steps for fit in fits],
        "mle": fits[0].status.value,
        "memory": peak_bytes() / 1e9,
    }


def measure(sizes=SIZES):
    start, rows, aims = time.perf_counter(), [], []
    for size in sizes:
        found = fresh(stages, size)
        seconds, steps = found["seconds"], found["steps"]
        rows.append(
            [size, *(f"{s:.3g}" for s in seconds), *map(str, steps), found["mle"],
             f"{found['memory']:.2g}"]
        )  # fmt: skip
        if size == SIZES[-1]:
            aims += [
                at_most(f"{size}: all three", sum(seconds), MOST_SECONDS, "CPU s"),
                at_most(f"{size}: memory", found["memory"], MOST_GB, "GB"),
            ]
    return Part(
        "Many classes",
        "Rows x features x classes; softmax regression with a prior scale of 2.5. The MLE includes "
        f"the certificate. CPU seconds. {time.perf_counter() - start:.0f} s.",
        ["", "model", "MLE", "MAP", "MLE steps", "MAP steps", "MLE is", "GB"],
        rows,
        aims,
    )


if __name__ == "__main__":
    main(measure)
