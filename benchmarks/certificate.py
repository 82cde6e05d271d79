"""Whether an MLE exists, for 10 to 120 classes: seconds of the certificate.

Blobs of 25 rows each in 8 features. The guess is zero, as where an optimiser has not
arrived, so that nothing is settled at a glance. Near blobs overlap; far ones do not.

    python benchmarks/certificate.py
"""

import time

import numpy as np
from harness import Part, at_most, main

CLASSES = (10, 20, 40, 60, 100, 120)
SPREAD = {"near": 1.2, "far": 6.0}


def seconds_of(n_classes, spread, n_features=8, rows_each=25):
    """Wall seconds, and what was found."""
    from trifit.separation import separation

    rng = np.random.default_rng(18)
    y = np.arange(rows_each * n_classes) % n_classes
    centres = spread * rng.standard_normal((n_classes, n_features))
    X = centres[y] + rng.standard_normal((len(y), n_features))
    design = np.column_stack([np.ones(len(y)), X])
    guess = np.zeros(design.shape[1] * (n_classes - 1))
    start = time.perf_counter()
    found = separation(design, y, n_classes=n_classes, guess=guess)
    return time.perf_counter() - start, found.separation.name.lower().replace("_", " ")


def measure():
    seconds_of(3, 1.0)  # imports
    rows, slowest = [], 0.0
    for n_classes in CLASSES:
        cells = [str(n_classes)]
        for spread in SPREAD.values():
            seconds, found = seconds_of(n_classes, spread)
            cells += [f"{seconds:.2f}", found]
            slowest = max(slowest, seconds if n_classes == 100 else 0.0)
        rows.append(cells)
    return Part(
        "Whether an MLE exists",
        "The certificate for blobs of 25 rows in 8 features, with nothing known from an optimiser.",
        ["classes", *(cell for name in SPREAD for cell in (f"{name}, seconds", "found"))],
        rows,
        [at_most("the certificate for 100 classes", slowest, 10, "s")],
    )


if __name__ == "__main__":
    main(measure)
