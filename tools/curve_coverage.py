"""How often a learning curve's interval holds the true number of rows, over simulated tables.

    python tools/curve_coverage.py [TABLES]

Every table has ``N`` rows of logistic regression; the curve sees it as `trifit curve` does:
six sizes up to half of it, ten replications, the other half held out. The truth is
where the median slope over many training sets of fresh rows enters the band. Fits are Newton's,
many at once: MLE (with a penalty of 1e-6 in place of infinity where there is none), and MAP
with a prior scale of 2.5.
"""

import sys
from collections import Counter

import numpy as np

from trifit.simulate import simulate
from trifit.study.curve import default_sizes
from trifit.study.needed import BAND, CORRELATED, rows_needed
from trifit.study.sources import nested_order
from trifit.types import Dataset

REPLICATIONS = 10
SIZES = np.geomspace(20, 800, 16).astype(int)
PRECISION = {"mle": 1e-6, "map": 1 / 2.5**2}
"""Of the prior, by fit."""


def newton(X, y, precision, steps=40):
    """Logistic regressions (R, n, p) at once, standardised, with an intercept: coefficients."""
    design = np.concatenate([np.ones((*X.shape[:2], 1)), X], axis=2)
    penalty = np.full(design.shape[2], precision)
    penalty[0] = 1 / 25 if precision > 1e-3 else precision
    b = np.zeros((len(X), design.shape[2]))
    for _ in range(steps):
        eta = np.clip(np.einsum("rnp,rp->rn", design, b), -30, 30)
        p = 1 / (1 + np.exp(-eta))
        gradient = np.einsum("rnp,rn->rp", design, y - p) - penalty * b
        hessian = np.einsum("rnp,rn,rnq->rpq", design, p * (1 - p), design, optimize=True)
        hessian += np.eye(len(penalty)) * (penalty + 1e-9)
        step = np.linalg.solve(hessian, gradient[..., None])[..., 0]
        step *= np.minimum(1, 3 / abs(step).max(axis=1, keepdims=True))
        b += step
        if abs(step).max() < 1e-6:
            break
    return b


def slopes(X, y, X_test, y_test, precision):
    """Calibration slopes of fits to (R, n, p) on their test rows, labels or probabilities."""
    mean, sd = X.mean(axis=1, keepdims=True), X.std(axis=1, keepdims=True) + 1e-12
    b = newton((X - mean) / sd, y, precision)
    eta = np.einsum("rnp,rp->rn", (X_test - mean) / sd, b[:, 1:]) + b[:, :1]
    scale = eta.std(axis=1, keepdims=True)
    return newton((eta / scale)[..., None], y_test, 1e-6)[:, 1] / scale[:, 0]


def truth(settings, precision, rng, sizes=SIZES):
    """Where the median slope over fresh training sets is inside the band for good."""
    found = []
    for n in sizes:
        repeats = 100
        data = simulate("softmax", n=repeats * n + 1_000, seed=int(rng.integers(2**31)), **settings)
        X = data.X[: repeats * n].reshape(repeats, n, -1)
        y = data.y[: repeats * n].reshape(repeats, n).astype(float)
        test, p = data.X[-1_000:], data.true_probs[-1_000:, 1]
        shape = (repeats, *test.shape)
        test, p = np.broadcast_to(test, shape), np.tile(p, (repeats, 1))
        found.append(np.median(slopes(X, y, test, p, precision)))
    away = abs(np.log(np.maximum(found, 1e-3)))
    fitted = np.polyfit(np.log(sizes), np.log(away), 5)  # smooth: the noise of 100 sets
    fine = np.geomspace(sizes[0], sizes[-1], 2000)
    outside = np.flatnonzero(np.exp(np.polyval(fitted, np.log(fine))) > BAND)
    return float(fine[outside[-1]]) if len(outside) else float(sizes[0])


def curve(data, sizes, n_test, precision, seed):
    """Slopes (replications, sizes) as a study of the table has them."""
    orders = [nested_order(data, np.random.default_rng([seed, r])) for r in range(REPLICATIONS)]
    held = np.array([order[len(order) - n_test :] for order in orders])
    found = [
        slopes(data.X[rows], data.y[rows].astype(float), data.X[held], data.y[held].astype(float),
               precision)
        for rows in (np.array([order[:n] for order in orders]) for n in sizes)
    ]  # fmt: skip
    return np.array(found).T


def answers(features, signal, n_obs, fit, tables):
    """The true number, and the answers of so many tables of one kind."""
    settings = {"features": features, "signal": signal, "coefficients_seed": 1}
    precision = PRECISION[fit]
    found = []
    for seed in range(tables):
        made = simulate("softmax", n=n_obs, seed=5000 + seed, **settings)
        data = Dataset("t", made.X, made.y, made.feature_names, made.class_names)
        sizes, n_test = default_sizes(data)
        rho = CORRELATED * np.maximum(sizes, n_test) / n_obs
        drawn = curve(data, sizes, n_test, precision, seed)
        found.append(rows_needed(fit, sizes, drawn, rho, "median"))
    return truth(settings, precision, np.random.default_rng(1)), found


def holds(found, true):
    """Whether an answer's interval holds the true number; the smallest size has no lower end."""
    low = found.low if found.low and found.low > found.smallest else 0.0
    return low <= true <= (found.high or np.inf)


def main(tables):
    """Coverage and width for a few kinds of tables."""
    print("features signal rows fit | truth | holds, with an upper limit, of extrapolated | "
          "median low, number, high over the truth | outcomes")  # fmt: skip
    for kind in ((10, 2.0, 300), (5, 1.0, 200), (20, 2.0, 500), (5, 3.0, 150)):
        for fit in PRECISION:
            true, found = answers(*kind, fit, tables)
            said = [f for f in found if f.rows is not None]
            beyond = [f for f in said if f.outcome == "extrapolated"]
            held, of_beyond = (sum(holds(f, true) for f in some) for some in (said, beyond))
            ends = np.median([[f.low or 0.0, f.rows, f.high or np.inf] for f in said], axis=0)
            two_sided = sum(f.high is not None for f in said)
            print(*kind, fit, f"| {true:.0f} | {held} of {len(said)}, {two_sided},",
                  f"{of_beyond} of {len(beyond)} |", (ends / true).round(2),
                  dict(Counter(f.outcome for f in found)), flush=True)  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
