"""One fit of many rows: seconds and memory. An hour at most; not part of `make bench`.

MLE and MAP of 5,000,000 x 50 x 5 from a memory-mapped file: the peak memory of a fresh
process against the bytes of X (mapped pages that were read count). A posterior of
1,000,000 x 20 x 3, with the time that was expected of it.

    python benchmarks/big.py
    python benchmarks/big.py n_obs=200000 n_obs_posterior=20000
"""

import tempfile
import time
from pathlib import Path

import numpy as np
from harness import Part, at_most, fresh, fresh_by_name, main, peak_bytes
from problems import classes_of, coefficients, density_of, fixed, simulated

BLOCK = 100_000


def write(folder, n_obs, n_features, n_classes):
    """``X.npy`` and ``y.npy``, made block by block."""
    rng = np.random.default_rng(1)
    beta = coefficients(n_features, n_classes, rng)
    shape = (n_obs, n_features)
    X = np.lib.format.open_memmap(Path(folder) / "X.npy", "w+", dtype=np.float64, shape=shape)
    y = np.lib.format.open_memmap(Path(folder) / "y.npy", "w+", dtype=np.int64, shape=(n_obs,))
    for start in range(0, n_obs, BLOCK):
        rows = slice(start, start + BLOCK)
        X[rows] = rng.standard_normal((len(y[rows]), n_features))
        y[rows] = classes_of(X[rows], beta, rng)
    X.flush()
    y.flush()


def fitted(folder, method):
    """Seconds and memory of one point fit to mapped rows."""
    from trifit.cards import load_card
    from trifit.fit.optimise import maximise
    from trifit.types import Rows

    X = np.load(Path(folder) / "X.npy", mmap_mode="r")
    y = np.load(Path(folder) / "y.npy", mmap_mode="r")
    card = fixed(load_card("softmax"))
    density = density_of(card, X, np.asarray(y[:BLOCK]))
    before, start = peak_bytes(), time.perf_counter()
    fit = maximise(
        method, density, Rows(X, y), card.optimiser, np.random.default_rng(1),
        prior=float(method == "map"),
    )  # fmt: skip
    return {
        "seconds": time.perf_counter() - start,
        "above": peak_bytes() - before,
        "peak": peak_bytes(),
        "X": X.nbytes,
        "y": y.nbytes,
        "steps": fit.diagnostics.steps,
        "gradient": fit.diagnostics.gradient,
        "status": str(fit.status),
    }


def sampled(n_obs, n_features, n_classes):
    """Seconds of a posterior, expected and real."""
    from trifit.cards import load_card
    from trifit.fit.methods.bayes import fit_bayes
    from trifit.fit.methods.map import fit_map
    from trifit.run.progress import Reporter
    from trifit.types import Rows

    X, y = simulated(n_obs, n_features, n_classes)
    card = fixed(load_card("softmax"))
    density = density_of(card, X, y)
    objective = density.bind(X, y)
    said = []
    reporter = Reporter(lambda message, share: said.append(message))
    reporter.expect(1, density, Rows(X, y), card, ("map", "bayes"), n_test=0)
    print(said[0], flush=True)
    start = time.perf_counter()
    centre = fit_map(density, Rows(X, y), card.optimiser, np.random.default_rng(1)).theta
    fit = fit_bayes(density, objective, centre, card.sampler, seed=1)
    return {
        "expected": said[0].rsplit(", ", 1)[1],
        "seconds": time.perf_counter() - start,
        "peak": peak_bytes(),
        "X": X.nbytes,
        "ess": fit.diagnostics.parameters.ess_bulk_min,
        "steps": fit.diagnostics.mean_steps,
        "accepted": fit.diagnostics.accepted,
        "status": str(fit.status),
    }


def measure(n_obs=5_000_000, n_obs_posterior=1_000_000):
    rows, aims = [], []
    shape = n_obs, 50, 5
    with tempfile.TemporaryDirectory() as folder:
        fresh(write, folder, *shape)
        for method in ("mle", "map"):
            run = fresh(fitted, folder, method)
            rows.append(
                [
                    f"{method}, {' x '.join(f'{s:,}' for s in shape)}, memory-mapped",
                    f"{run['seconds']:.1f}",
                    "",
                    f"{run['X'] / 1e9:.2f}",
                    f"{run['peak'] / 1e9:.2f}",
                    f"{run['steps']:.0f} steps, gradient {run['gradient']:.1e}, {run['status']}",
                ]
            )
            copies = run["above"] / (run["X"] + run["y"])
            aims.append(at_most(f"{method}: memory over that of the data", copies, 1.3, "x"))
    shape = n_obs_posterior, 20, 3
    run = fresh_by_name("big", "sampled", *shape, quiet=False)
    how = f"{run['steps']:.1f} leapfrog steps per draw"
    if run["accepted"] is not None:
        how = f"{run['accepted']:.0%} of the normal proposals accepted"
    rows.append(
        [
            f"posterior, {' x '.join(f'{s:,}' for s in shape)}",
            f"{run['seconds']:.1f}",
            run["expected"],
            f"{run['X'] / 1e9:.2f}",
            f"{run['peak'] / 1e9:.2f}",
            f"least ESS {run['ess']:.0f}, {how}, {run['status']}",
        ]
    )
    aims.append(at_most("posterior of many rows", run["seconds"] / 60, 4, "min"))
    return Part(
        "Many rows",
        "Fresh processes. Memory: the peak of the process, in which pages read of a mapped file "
        "count; memory over that of the data: what the fit added, over the bytes of X and y.",
        ["", "seconds", "expected", "X, GB", "peak memory, GB", "how it ended"],
        rows,
        aims,
    )


if __name__ == "__main__":
    main(measure)
