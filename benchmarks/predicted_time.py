"""The time that is announced before a comparison, against the time it takes.

CPU seconds on one core, for the announcement's clock and the run alike, which a busy machine
disturbs less; wall seconds beside them. Each problem in a process of its own, with warm caches: of
two runs count the second.

    python benchmarks/predicted_time.py
    python benchmarks/predicted_time.py 'problems=["iris", "digits, no NUTS"]'
"""

import tempfile
import time
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from classes import clusters
from harness import Aim, Part, fresh, main
from problems import simulated

AIM = 1.5
"""Factor within which a prediction is to be right."""

FIXED = {"overrides": {"prior_scale": 2.5}}
"""The scale of the times in docs/limits.md, unless the training rows choose one."""

PROBLEMS = {
    "iris": ("iris", "softmax", FIXED),
    "wine": ("wine", "softmax", FIXED),
    "breast_cancer": ("breast_cancer", "softmax", FIXED),
    "digits": ("digits", "softmax", FIXED),
    "digits, no NUTS": ("digits", "softmax", FIXED | {"nuts": False}),
    "iris, Laplace": ("iris", "softmax", FIXED | {"nuts": False, "methods": ["laplace"]}),
    "cells, auto": ("cells", "logistic", {}),
    "cells, no NUTS": ("cells", "logistic", FIXED | {"nuts": False}),
    "100,000 x 20 x 3": ((100_000, 20, 3), "softmax", FIXED),
    "2,000 x 64 x 10": ((2_000, 64, 10), "softmax", FIXED),
    "2,000 x 64 x 10, no NUTS": ((2_000, 64, 10), "softmax", FIXED | {"nuts": False}),
    "60 x 3,000": ("wide", "softmax", FIXED),
    "5,000 x 64 x 100, no NUTS": ("clusters", "softmax", FIXED | {"nuts": False}),
    "iris, network": ("iris", "network", {"test_size": 0.3}),
    "iris, network, no NUTS": ("iris", "network", {"nuts": False}),
    "wine, hierarchical": ("wine", "softmax-hierarchical", {}),
    "wine, Cauchy": ("wine", "softmax-cauchy", {"test_size": 0.3}),
}

AFTERWARDS = "after the fits"
GROUPS = {
    "point fits": ("MLE", "whether an MLE exists", "MAP", "temperature scaling of MLE",
                   "temperature scaling of MAP", "mle-early", "prior scale"),
    "posterior": ("posterior", "laplace"),
}  # fmt: skip
"""Stages that are shown together; all others are what follows the fits."""


def wide():
    """60 rows, 3,000 columns, of which five tell something."""
    rng = np.random.default_rng(1)
    X = rng.standard_normal((60, 3_000))
    return X, (X[:, :5].sum(axis=1) + rng.logistic(size=60) > 0).astype(int)


def dataset(what):
    """A bundled set by its name, or arrays."""
    from trifit.data import as_dataset

    if what == "wide":
        return as_dataset(*wide())
    if what == "clusters":
        return as_dataset(*clusters("5000x64x100"))
    return as_dataset(what, None) if isinstance(what, str) else as_dataset(*simulated(*what))


def compared(name):
    """What was announced, and what a run took: CPU seconds by group of stages, wall seconds."""
    from trifit.run import cost_of_fits, progress, run_comparison, save_run

    what, model, settings = PROBLEMS[name]
    data, clock, told, costs = dataset(what), time.process_time, [], []
    for module in (cost_of_fits, progress):  # the announcement's clock
        module.time = SimpleNamespace(perf_counter=clock)
    expected = progress.expected_cost

    def remembered(*args, **kwargs):
        start = clock()
        costs.append((expected(*args, **kwargs), kwargs["n_fits"]))
        told.append((clock() - start, time.perf_counter(), "", 0.0))
        return costs[-1][0]

    progress.expected_cost = remembered

    def report(stage, share):
        told.append((clock(), time.perf_counter(), stage, share))

    run = run_comparison(data, model, seed=1, cores=1, progress=report, **settings)
    report("writing the page", 0.999)
    with tempfile.TemporaryDirectory() as folder:
        save_run(run, Path(folder) / "run")
    report("", 1.0)
    at = next(i for i, (*_, stage, _) in enumerate(told) if " to fit" in stage)
    return summary(told[at:], *costs[0], announcing=told[at - 1][0])


def summary(told, cost, n_fits, announcing):
    """Expected and real seconds."""
    (start, wall, plan, _), (end, wall_end, *_) = told[0], told[-1]
    groups = {name: [0.0, 0.0] for name in (*GROUPS, AFTERWARDS)}
    group = {stage: name for name, stages in GROUPS.items() for stage in stages}
    for (before, _, stage, _), (after, *_) in pairwise(told):
        groups[group.get(stage.split(", ")[0], AFTERWARDS)][1] += after - before
    for stages, times in ((cost.each, n_fits), (cost.afterwards, 1)):
        for stage, each in stages.items():
            groups[group.get(stage, AFTERWARDS)][0] += times * each.seconds
    took, (least, most) = end - start, cost.between(n_fits)
    later = [(t - start) / share / took for t, _, _, share in told[:-2] if t - start > 0.3 * took]
    return {
        "plan": plan.rsplit(", ", 1)[1],
        "least": least,
        "most": most,
        "took": took,
        "wall": wall_end - wall,
        "announcing": announcing,
        "groups": groups,
        "later": max(later, key=lambda ratio: abs(np.log(ratio))) if later else 1.0,
    }


def measure(problems=tuple(PROBLEMS)):
    start, rows, off, ranges = time.perf_counter(), [], {}, 0
    for name in problems:
        found = fresh(compared, name)
        middle = (found["least"] * found["most"]) ** 0.5
        ratio = middle / found["took"]
        off[name] = max(ratio, 1 / ratio)
        ranges += found["least"] <= found["took"] <= found["most"]
        rows.append(
            [
                name, found["plan"], f"{middle:.3g}", f"{found['took']:.3g}", f"{ratio:.2f}",
                *(f"{a:.2g} / {b:.2g}" if b > 0.005 else "–" for a, b in found["groups"].values()),
                f"{found['later']:.2f}", f"{found['announcing'] / found['took']:.1%}",
                f"{found['wall']:.3g}",
            ]
        )  # fmt: skip
        print(rows[-1], flush=True)
    good = sum(factor <= AIM for factor in off.values())
    worst = max(off, key=off.__getitem__)
    n = len(rows)
    return Part(
        "Predicted time",
        'CPU seconds on one core, from the announcement to the written page. "Middle": the '
        'geometric one of the announced range. By group of stages: expected / real. "Later": the '
        "furthest that spent and left seconds together were from the real ones, once 30 % of them "
        'had passed. "Cost": of the announcement, as a share of the run. '
        f"{time.perf_counter() - start:.0f} s.",
        ["", "announced", "middle", "took", "ratio", *GROUPS, AFTERWARDS, "later", "cost", "wall"],
        rows,
        [
            Aim(f"middle within {AIM} of what it took", "all", f"{good} of {n}", good == n),
            Aim("took what the range says", "all", f"{ranges} of {n}", ranges == n),
            Aim("furthest", f"within {AIM}", f"{off[worst]:.2f}, {worst}", off[worst] <= AIM),
        ],
    )


if __name__ == "__main__":
    main(measure)
