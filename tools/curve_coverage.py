"""How often a learning curve's interval holds the true number of rows, over simulated tables.

    python tools/curve_coverage.py [TABLES]

Every table has ``N`` rows of logistic regression; the curve sees it as `trifit curve` does:
six sizes up to half of it, ten replications, the other half held out. The truth is
where the mean slope over many training sets of fresh rows enters the band. Fits are Newton's,
many at once: MLE (with a penalty of 1e-6 in place of infinity where there is none), and MAP
with a prior scale of 2.5.
"""

import sys

import numpy as np

from trifit.simulate import simulate
from trifit.study.curve import default_sizes
from trifit.study.needed import BAND, CORRELATED, rows_needed
from trifit.study.sources import nested_order
from trifit.types import Dataset

REPLICATIONS = 10
SIZES = np.geomspace(20, 800, 16).astype(int)


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
    """Where the mean slope over fresh training sets is inside the band for good."""
    found = []
    for n in sizes:
        repeats = 100
        data = simulate("softmax", n=repeats * n + 1_000, seed=int(rng.integers(2**31)), **settings)
        X = data.X[: repeats * n].reshape(repeats, n, -1)
        y = data.y[: repeats * n].reshape(repeats, n).astype(float)
        test, p = data.X[-1_000:], data.true_probs[-1_000:, 1]
        shape = (repeats, *test.shape)
        found.append(
            np.mean(slopes(X, y, np.broadcast_to(test, shape), np.tile(p, (repeats, 1)), precision))
        )
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


def main(tables):
    """Coverage and width for a few kinds of tables."""
    print(
        "p  signal  N  fit  truth | holds  outcomes  median low / truth, rows / truth, high / truth"
    )
    for p, signal, n_obs in ((10, 2.0, 300), (5, 1.0, 200), (20, 2.0, 500), (5, 3.0, 150)):
        for fit, precision in (("mle", 1e-6), ("map", 1 / 2.5**2)):
            settings = {"features": p, "signal": signal, "coefficients_seed": 1}
            true = truth(settings, precision, np.random.default_rng(1))
            held, ratios, outcomes = [], [], []
            for seed in range(tables):
                made = simulate("softmax", n=n_obs, seed=5000 + seed, **settings)
                data = Dataset("t", made.X, made.y, made.feature_names, made.class_names)
                sizes, n_test = default_sizes(data)
                shared = CORRELATED * np.maximum(sizes, n_test) / n_obs
                found = rows_needed(fit, sizes, curve(data, sizes, n_test, precision, seed), shared)
                outcomes.append(found.outcome)
                low, high = found.low or 0.0, found.high or np.inf
                if found.rows is not None:
                    below = low if low > found.smallest else 0.0
                    held.append(below <= true <= high)
                    ratios.append([low / true, found.rows / true, high / true])
            count = {o: outcomes.count(o) for o in dict.fromkeys(outcomes)}
            two_sided = int(np.isfinite(np.array(ratios)[:, 2]).sum())
            holds = f"{true:.0f} | {sum(held)} of {len(held)}; {two_sided};"
            print(p, signal, n_obs, fit, holds, count,
                  np.median(np.array(ratios), axis=0).round(2), flush=True)  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
