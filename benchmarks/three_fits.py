"""Three fits on iris: trifit against a plain PyMC script, in fresh processes.

Both sides do the same work: MLE, MAP, 4 chains of 1,000 NUTS draws (after 500 of warm-up;
trifit's card asks for 200) and predictions for all rows. Imports are excluded; each side
runs once first to warm PyTensor's cache on disk.

    python benchmarks/three_fits.py
"""

import time

import numpy as np
from harness import Part, alternated, at_least, fresh, main, medians, ratio
from problems import bundled, density_of


def plain():
    """What one would write with PyMC: find_MAP twice, pm.sample, predictions."""
    import nutpie  # noqa: F401 - imported by pm.sample
    import pymc as pm
    from scipy.special import softmax

    X, y = bundled("iris")

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
    from trifit.cards import load_card
    from trifit.fit.methods.bayes import fit_bayes
    from trifit.fit.methods.map import fit_map
    from trifit.fit.methods.mle import fit_mle
    from trifit.fit.prediction import predict
    from trifit.types import Rows

    X, y = bundled("iris")
    start = time.perf_counter()
    card = load_card("softmax")
    density = density_of(card, X, y)
    objective = density.bind(X, y)
    rng = np.random.default_rng(1)
    mle = fit_mle(density, Rows(X, y), card.optimiser, rng)
    map_ = fit_map(density, Rows(X, y), card.optimiser, rng)
    bayes = fit_bayes(density, objective, map_.theta, card.sampler, seed=1)
    for fit in (mle, map_, bayes):
        predict(density, fit, X)
    return time.perf_counter() - start


def measure(repeats=3):
    sides = {"trifit": lambda: fresh(ours), "plain PyMC script": lambda: fresh(plain)}
    alternated(sides, 1)  # warms the cache
    runs = alternated(sides, repeats)
    return Part(
        "Three fits on iris",
        "MLE, MAP, 4 chains of 1,000 draws (warm-up 500; trifit: its card's 200) and predictions; "
        "fresh processes with a warm "
        f"cache on disk, imports excluded, compiling included; median of {repeats} in turn.",
        ["", "seconds", "times trifit's"],
        [
            [name, f"{seconds:.2f}", f"{ratio(runs, name, 'trifit'):.1f}"]
            for name, seconds in medians(runs).items()
        ],
        [at_least("three fits on iris", ratio(runs, "plain PyMC script", "trifit"), 4)],
    )


if __name__ == "__main__":
    main(measure)
