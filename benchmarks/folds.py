"""Five folds against one split of iris: what compiling once is worth.

`trifit.compare` with `cv=5` makes six posteriors (a fold each, and one of all rows), with
`test_size=0.2` one. Fresh processes, warm caches on disk; seconds of the comparison
(imports excluded) and of the whole process. The network's model is compiled; its chains
are kept short here, since drawing takes its time fold by fold.

    python benchmarks/folds.py
"""

import time

import numpy as np
from harness import Part, alternated, at_most, fresh, main, ratio, since_start

CASES = {
    "softmax": {"prior_scale": 2.5},
    "network": {"hidden": [4], "draws": 100, "tune": 100},
}
SPLITS = {"one split": {"test_size": 0.2}, "5 folds": {"cv": 5}}


def compared(card, split):
    """Seconds of the comparison, of its fits, and of the process so far."""
    import trifit
    import trifit.run
    from trifit.fit.fast.backend import compilations

    data = trifit.load_dataset("iris")
    start = time.perf_counter()
    comparison = trifit.compare(data, model=card, overrides=CASES[card], **SPLITS[split])
    return {
        "compare": time.perf_counter() - start,
        "fits": comparison.provenance.seconds["fits"],
        "process": since_start(),
        "compilations": compilations(),
    }


def measure(cards=tuple(CASES), repeats=3):
    rows, aims = [], []
    for card in cards:
        sides = {split: lambda s=split, c=card: fresh(compared, c, s) for split in SPLITS}
        alternated(sides, 1)  # warms the cache
        turns = alternated(sides, repeats)
        for split, runs in turns.items():
            middle = {key: np.median([run[key] for run in runs]) for key in runs[0]}
            seconds = [f"{middle[key]:.1f}" for key in ("compare", "fits", "process")]
            rows.append([f"{card}, {split}", *seconds, f"{middle['compilations']:.0f}"])
        for key in ("compare", "process"):
            each = {split: [run[key] for run in runs] for split, runs in turns.items()}
            times = ratio(each, "5 folds", "one split")
            rows.append([f"{card}: ratio of {key}", f"{times:.1f}", "", "", ""])
            if key == "compare":
                aims.append(at_most(f"{card}: 5 folds against one split", times, 2, "x"))
    return Part(
        "Five folds against one split",
        "`trifit.compare` on iris, default settings (softmax: prior scale 2.5; network: 4 hidden "
        "units, 100 + 100 draws); "
        f"fresh processes with a warm cache on disk, median of {repeats} in turn. compare: the "
        "whole comparison without imports; fits: its fits alone; process: imports too.",
        ["", "compare, s", "fits, s", "process, s", "compiled graphs"],
        rows,
        aims,
    )


if __name__ == "__main__":
    main(measure)
