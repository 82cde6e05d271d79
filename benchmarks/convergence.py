"""CPU seconds of diagnosing many columns of draws: trifit's batched forms and ArviZ's.

python benchmarks/convergence.py
"""

import time
import warnings
from collections.abc import Callable

import numpy as np

N_CHAINS, N_DRAWS, N_VALUES = 4, 500, 150


def cpu(function: Callable[[], object], calls: int = 2) -> float:
    """CPU seconds of the last of some calls."""
    for _ in range(calls):
        start = time.process_time()
        function()
    return time.process_time() - start


def main() -> None:
    from trifit.fit.convergence import ess_bulk, ess_tail, rhat
    from trifit.fit.psis import smoothed

    rng = np.random.default_rng(1)
    draws = rng.standard_normal((N_CHAINS, N_DRAWS, N_VALUES)).cumsum(axis=1) % 3
    log_ratios = rng.standard_normal((N_VALUES, N_CHAINS * N_DRAWS)) ** 2 / 2
    loading = cpu(lambda: __import__("arviz_stats"), calls=1)
    from arviz_stats.base import array_stats

    axes = {"chain_axis": 0, "draw_axis": 1}
    rows = {
        "rhat": (lambda: rhat(draws), lambda: array_stats.rhat(draws, **axes)),
        "ess bulk": (
            lambda: ess_bulk(draws),
            lambda: array_stats.ess(draws, method="bulk", **axes),
        ),
        "ess tail": (
            lambda: ess_tail(draws),
            lambda: array_stats.ess(draws, method="tail", prob=(0.05, 0.95), **axes),
        ),
        "psis": (lambda: smoothed(log_ratios), lambda: array_stats.psislw(-log_ratios, r_eff=1.0)),
    }
    print(f"import arviz_stats beside trifit: {loading:.2f}")
    print(f"{'':10}{'trifit':>8}{'ArviZ':>8}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, (ours, theirs) in rows.items():
            print(f"{name:10}{cpu(ours):8.3f}{cpu(theirs):8.3f}", flush=True)


if __name__ == "__main__":
    main()
