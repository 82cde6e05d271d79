"""Seconds and memory of every calibration measure at 1,000,000 rows and 10 classes.

Prints seconds on the clock and of the processor (the same on an idle machine) and the
largest memory so far, per measure and in all; the aim is 30 s and 4 GB for all point
estimates, standard errors and tests.

Run it with: make bench-calibration
"""

import resource
import sys
import time

import numpy as np
from scipy.special import softmax

from trifit import calibration
from trifit.calibration import tests


def gigabytes():
    """Largest memory of the process so far (Linux counts in kB, macOS in bytes)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e9 if sys.platform == "darwin" else 1e6)


def main(n_obs=1_000_000, n_classes=10):
    rng = np.random.default_rng(1)
    probs = softmax(1.5 * rng.standard_normal((n_obs, n_classes)), axis=1)
    u = rng.random(n_obs)
    y = np.zeros(n_obs, dtype=np.int64)
    for edge in probs.cumsum(axis=1).T[:-1]:
        y += u >= edge
    del u, edge
    confidence, right = calibration.top_label(probs, y)
    print(f"{n_obs:,} x {n_classes}; before: {gigabytes():.2f} GB")
    c = calibration
    measures = {
        "binned error, top label": lambda: c.binned_error(probs, y),
        "binned error, class-wise, debiased": lambda: c.binned_error(
            probs, y, notion="class-wise", binning="mass", norm=2, debiased=True
        ),
        "smooth error, top label": lambda: c.smooth_error(probs, y),
        "smooth error, class-wise": lambda: c.smooth_error(probs, y, notion="class-wise"),
        "kernel error, canonical, linear": lambda: c.kernel_error(probs, y, estimator="linear"),
        "kernel error, canonical, blocks": lambda: c.kernel_error(probs, y),
        "kernel error, class-wise, blocks": lambda: c.kernel_error(probs, y, notion="class-wise"),
        "CORP, top label, log score": lambda: c.corp(confidence, right, score="log"),
        "slope and intercepts": lambda: c.slope_intercept(probs, y),
        "class bias": lambda: c.class_bias(probs, y),
        "consistency band (1,000 groups)": lambda: c.consistency(confidence),
        "confidence band (200 groups)": lambda: c.confidence_band(confidence, right),
        "test: kernel": lambda: tests.kernel(probs, y),
        "test: Spiegelhalter": lambda: tests.spiegelhalter(probs, y),
        "test: Hosmer-Lemeshow": lambda: tests.hosmer_lemeshow(probs, y),
        "test: top label": lambda: tests.top_label(probs, y),
    }
    total = total_cpu = 0.0
    for name, measure in measures.items():
        start, start_cpu = time.perf_counter(), time.process_time()
        measure()
        seconds, cpu = time.perf_counter() - start, time.process_time() - start_cpu
        total, total_cpu = total + seconds, total_cpu + cpu
        print(f"{name:36s} {seconds:6.2f} s {cpu:6.2f} cpu {gigabytes():5.2f} GB", flush=True)
    print(f"{'all':36s} {total:6.2f} s {total_cpu:6.2f} cpu {gigabytes():5.2f} GB")


if __name__ == "__main__":
    main()
