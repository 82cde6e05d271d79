"""Prediction from 4,000 draws for 100,000 rows and 10 classes: seconds and memory.

All probabilities at once would be 32 GB. A fresh process; memory is its peak less what it
held before predicting (draws and rows are held then).

    python benchmarks/streaming.py
"""

import time

import numpy as np
from harness import Part, at_most, fresh, main, peak_bytes
from problems import density_of, simulated


def predicted(n_draws, n_obs, n_features, n_classes):
    """Seconds, bytes above those before, and the largest error of a row's total probability."""
    from trifit.cards import load_card
    from trifit.fit.prediction import predict
    from trifit.fits import Fit, Status

    X, y = simulated(n_obs, n_features, n_classes)
    density = density_of(load_card("softmax"), X, y)
    thetas = np.random.default_rng(2).standard_normal((n_draws, density.n_params))
    draws = density.constrain(thetas)[None]
    fit = Fit(method="bayes", draws=draws, status=Status.TRUSTED, seconds=0.0)
    before, start = peak_bytes(), time.perf_counter()
    prediction = predict(density, fit, X)
    seconds = time.perf_counter() - start
    return {
        "seconds": seconds,
        "bytes": peak_bytes() - before,
        "before": before,
        "error": float(abs(prediction.probs.sum(axis=1) - 1).max()),
    }


def measure(n_draws=4_000, n_obs=100_000, n_features=20, n_classes=10):
    run = fresh(predicted, n_draws, n_obs, n_features, n_classes)
    gigabytes = run["bytes"] / 1e9
    return Part(
        "Streaming prediction",
        f"{n_draws:,} draws x {n_obs:,} rows x {n_classes} classes, {n_features} features: mean "
        "probabilities and entropies; all log probabilities at once would be "
        f"{8e-9 * n_draws * n_obs * n_classes:.0f} GB.",
        ["seconds", "GB above before", "GB before", "ns per probability"],
        [
            [
                f"{run['seconds']:.1f}",
                f"{gigabytes:.2f}",
                f"{run['before'] / 1e9:.2f}",
                f"{1e9 * run['seconds'] / (n_draws * n_obs * n_classes):.1f}",
            ]
        ],
        [at_most("streaming prediction, memory", gigabytes, 2, "GB")],
    )


if __name__ == "__main__":
    main(measure)
