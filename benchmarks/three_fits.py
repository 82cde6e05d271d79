"""Three fits on iris: trifit against a plain PyMC script, in fresh processes.

Both sides do the same work: MLE, MAP, 4 chains of 500 + 1,000 NUTS draws and
predictions for all rows. Imports are excluded; each side runs once first to
warm PyTensor's cache on disk. Prints medians and the ratio.

Run it with: make bench
"""

import json
import statistics
import subprocess
import sys
import time

RUNS = 3


def iris():
    from sklearn.datasets import load_iris

    X, y = load_iris(return_X_y=True)
    return (X - X.mean(axis=0)) / X.std(axis=0), y


def plain():
    """What one would write with PyMC: find_MAP twice, pm.sample, predictions."""
    import numpy as np
    import pymc as pm
    from scipy.special import softmax

    X, y = iris()

    def model(prior_scale, intercept_scale):
        with pm.Model() as built:
            intercept = pm.ZeroSumNormal("intercept", sigma=intercept_scale, shape=3)
            beta = pm.ZeroSumNormal("beta", sigma=prior_scale, shape=(4, 3))
            pm.Categorical("label", logit_p=intercept + X @ beta, observed=y)
        return built

    start = time.perf_counter()
    with model(1e3, 1e3):  # all but flat: the nearest thing to an MLE
        mle = pm.find_MAP(progressbar=False)
    with model(2.5, 5.0):
        map_ = pm.find_MAP(progressbar=False)
        trace = pm.sample(1000, tune=500, chains=4, cores=2, random_seed=1, progressbar=False)
    for point in (mle, map_):
        softmax(point["intercept"] + X @ point["beta"], axis=1)
    posterior = trace["posterior"]
    logits = posterior["intercept"].values[:, :, None] + np.einsum(
        "nj,csjk->csnk", X, posterior["beta"].values
    )
    softmax(logits, axis=-1).mean(axis=(0, 1))
    return time.perf_counter() - start


def ours():
    """The same through trifit."""
    import numpy as np

    from trifit.cards import load_card
    from trifit.fit import build_density, fit_bayes, fit_map, fit_mle
    from trifit.predict import predict
    from trifit.types import Rows

    X, y = iris()
    start = time.perf_counter()
    card = load_card("softmax")
    density = build_density(card, X, y, feature_names=tuple("abcd"), class_names=("p", "q", "r"))
    objective = density.bind(X, y)
    rng = np.random.default_rng(1)
    mle = fit_mle(density, Rows(X, y), card.optimiser, rng)[0]
    map_, centre = fit_map(density, Rows(X, y), card.optimiser, rng)
    bayes = fit_bayes(density, objective, centre, card.sampler, seed=1).fit
    for fit in (mle, map_, bayes):
        predict(density, fit, X)
    return time.perf_counter() - start


def main():
    if len(sys.argv) > 1:
        import nutpie  # noqa: F401 - both sides sample with it
        import pymc  # noqa: F401

        import trifit.fit  # noqa: F401

        print(json.dumps({"plain": plain, "ours": ours}[sys.argv[1]]()))
        return

    def run(side):
        done = subprocess.run(
            [sys.executable, __file__, side], capture_output=True, text=True, check=True
        )
        return json.loads(done.stdout.splitlines()[-1])

    for side in ("plain", "ours"):
        print(f"{side}: {run(side):.1f} s to warm the cache", flush=True)
    pairs = []
    for _ in range(RUNS):
        pairs.append((run("ours"), run("plain")))
        print(f"trifit {pairs[-1][0]:5.2f} s   plain PyMC {pairs[-1][1]:5.2f} s", flush=True)
    ratio = statistics.median(b / a for a, b in pairs)
    print(f"plain / trifit, median of {RUNS} pairs: {ratio:.1f}")


if __name__ == "__main__":
    main()
