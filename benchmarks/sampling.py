"""NUTS: effective draws per second of trifit, plain PyMC and NumPyro on the same posteriors.

Four chains of 1,000 draws on two cores, the same prior on the same standardised features;
otherwise every side has its own settings: trifit's warm-up is its card's, the others' 500.
Every run is a process of its own; a first run per data set warms the caches on disk and is
not counted.

- ESS: the smallest bulk ESS over all parameters (rank-normalised, split chains).
- sampling: warm-up and draws. trifit's includes finding the MAP, whitening and its diagnostics;
  compiling is left out on all sides.
- end to end: from the start of the process to the draws, imports and compiling included.
- difference: the largest over all parameters of |mean - mean of stock| in combined Monte
  Carlo standard errors, and the same of the standard deviations. Below 4 is wanted; the
  largest of several hundred exact ones is about 3.5.

    python benchmarks/sampling.py
    python benchmarks/sampling.py 'sets=["iris"]' repeats=1
"""

import os
import time
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from harness import Part, alternated, at_least, fresh, holds, main, ratio, since_start
from problems import bundled, density_of

from trifit.threads import limited

CHAINS, CORES = 4, 2

TUNE = 500
"""Warm-up of the peers, half of PyMC's and NumPyro's defaults; trifit's is its card's (200)."""


@dataclass(frozen=True)
class Case:
    """One posterior, and who samples it how often."""

    card: str
    prior_scale: float
    draws: int
    peers: tuple
    repeats: int


SMALL = ("stock", "pymc_nuts", "numpyro")
CASES = {
    "iris": Case("softmax", 2.5, 1000, SMALL, 2),
    "wine": Case("softmax", 2.5, 1000, ("stock", "numpyro"), 3),
    "breast_cancer": Case("logistic", 2.5, 1000, ("stock", "numpyro"), 2),
    "digits": Case("softmax", 1.0, 1000, ("stock", "numpyro"), 1),
}
NAMES = {
    "trifit": "trifit",
    "stock": "pm.sample (nutpie)",
    "pymc_nuts": "pm.sample (PyMC's NUTS)",
    "numpyro": "NumPyro",
}
AIMS = {
    ("breast_cancer", "stock"): 4,
    ("wine", "stock"): 4,
    ("digits", "stock"): 2,
    ("iris", "numpyro"): 3,
    ("wine", "numpyro"): 3,
    ("breast_cancer", "numpyro"): 3,
    ("digits", "numpyro"): 3,
}


def trifit(name, seed):
    import msgspec

    from trifit.cards import load_card
    from trifit.fit.methods.bayes import fit_bayes
    from trifit.fit.methods.map import fit_map
    from trifit.types import Rows

    case = CASES[name]
    X, y = bundled(name)
    card = load_card(case.card).with_overrides({"prior_scale": case.prior_scale})
    sampler = msgspec.structs.replace(card.sampler, draws=case.draws, chains=CHAINS)
    density = density_of(card, X, y)
    assert density.layout.names == ("intercept", "beta"), density.layout.names
    objective = density.bind(X, y)

    def fit(sampler):
        centre = fit_map(density, Rows(X, y), card.optimiser, np.random.default_rng(seed)).theta
        return fit_bayes(density, objective, centre, sampler, seed=seed)

    with limited(CORES):
        fit(msgspec.structs.replace(sampler, draws=10, tune=50))  # imports, machine code from disk
        start = time.perf_counter()
        posterior = fit(sampler)
    return summary(posterior.draws, time.perf_counter() - start, since_start())


def stock(name, seed):
    return pm_sample(name, seed, "nutpie")


def pymc_nuts(name, seed):
    return pm_sample(name, seed, "pymc")


def pm_sample(name, seed, nuts_sampler):
    """Plain PyMC with its own settings: target_accept 0.8, its own starts."""
    import pymc as pm

    from trifit.models import logistic_regression, softmax_regression

    case = CASES[name]
    builder = softmax_regression if case.card == "softmax" else logistic_regression
    with builder(*bundled(name), prior_scale=case.prior_scale), clock_of_nutpie() as sampling:
        trace = pm.sample(
            case.draws, tune=TUNE, chains=CHAINS, cores=CORES, random_seed=seed,
            progressbar=False, compute_convergence_checks=False, nuts_sampler=nuts_sampler,
        )  # fmt: skip
    end_to_end = since_start()
    posterior = trace["posterior"]
    seconds = sum(sampling) or float(posterior.attrs["sampling_time"])
    return summary(
        flat(posterior["intercept"].values, posterior["beta"].values), seconds, end_to_end
    )


def numpyro(name, seed):
    """NumPyro in double precision, a chain per device: twice as fast here as vectorised chains.

    Its second run needs no compiling, and counts. Where one run takes minutes it is the only
    one: ten seconds of compiling are in its figure.
    """
    os.environ["XLA_FLAGS"] = f"--xla_force_host_platform_device_count={CHAINS}"
    import jax

    jax.config.update("jax_enable_x64", val=True)
    import jax.numpy as jnp
    from numpyro.infer import MCMC, NUTS

    case = CASES[name]
    X, y = bundled(name)
    mcmc = MCMC(
        NUTS(numpyro_model(case, X, y)), num_warmup=TUNE, num_samples=case.draws,
        num_chains=CHAINS, chain_method="parallel", progress_bar=False,
    )  # fmt: skip
    data = jnp.asarray(X), jnp.asarray(y)
    keys = jax.random.split(jax.random.PRNGKey(seed))

    def run(key):
        start = time.perf_counter()
        mcmc.run(key, *data)
        samples = jax.block_until_ready(mcmc.get_samples(group_by_chain=True))
        return samples, time.perf_counter() - start

    samples, seconds = run(keys[0])
    end_to_end = since_start()
    if case.repeats > 1:
        samples, seconds = run(keys[1])
    draws = flat(np.asarray(samples["intercept"]), np.asarray(samples["beta"]))
    return summary(draws, seconds, end_to_end)


def numpyro_model(case, X, y):
    """The model of ``trifit.models`` in NumPyro's words."""
    import numpyro
    import numpyro.distributions as dist

    n_features, n_classes = X.shape[1], int(y.max()) + 1

    def softmax(X, y):
        intercept = numpyro.sample("intercept", dist.ZeroSumNormal(5.0, (n_classes,)))
        prior = dist.ZeroSumNormal(case.prior_scale, (n_classes,))
        beta = numpyro.sample("beta", prior.expand([n_features]).to_event(1))
        numpyro.sample("label", dist.CategoricalLogits(intercept + X @ beta), obs=y)

    def logistic(X, y):
        intercept = numpyro.sample("intercept", dist.Normal(0.0, 5.0))
        prior = dist.Normal(0.0, case.prior_scale)
        beta = numpyro.sample("beta", prior.expand([n_features]).to_event(1))
        numpyro.sample("label", dist.BernoulliLogits(intercept + X @ beta), obs=y)

    return softmax if case.card == "softmax" else logistic


@contextmanager
def clock_of_nutpie():
    """Seconds that PyMC spends in ``nutpie.sample``, without compiling."""
    import nutpie

    original, seconds = nutpie.sample, []

    def sample(*args, **kwargs):
        start = time.perf_counter()
        trace = original(*args, **kwargs)
        seconds.append(time.perf_counter() - start)
        return trace

    nutpie.sample = sample
    try:
        yield seconds
    finally:
        nutpie.sample = original


def flat(intercept, beta):
    """Draws (chains, draws, parameters)."""
    shape = intercept.shape[:2]
    return np.concatenate([intercept.reshape(*shape, -1), beta.reshape(*shape, -1)], axis=2)


def summary(draws, seconds, end_to_end):
    """What is kept of a run: moments with their Monte Carlo errors, the least ESS, seconds."""
    from arviz_stats.base import array_stats

    columns = [draws[:, :, j] for j in range(draws.shape[2]) if np.ptp(draws[:, :, j]) > 0]

    def each(function, **options):
        return [float(function(c, chain_axis=0, draw_axis=1, **options)) for c in columns]

    return {
        "mean": [float(c.mean()) for c in columns],
        "sd": [float(c.std()) for c in columns],
        "mcse_mean": each(array_stats.mcse, method="mean"),
        "mcse_sd": each(array_stats.mcse, method="sd"),
        "ess": min(each(array_stats.ess, method="bulk")),
        "seconds": seconds,
        "end_to_end": end_to_end,
    }


def difference(a, b):
    """Largest difference of means and of sds in combined Monte Carlo standard errors."""
    return [
        float(np.max(abs(np.subtract(a[x], b[x])) / np.hypot(a[f"mcse_{x}"], b[f"mcse_{x}"])))
        for x in ("mean", "sd")
    ]


def compared(name, repeats):
    """Table rows and aims of one data set."""
    case = CASES[name]
    sides = {side: globals()[side] for side in ("trifit", *case.peers)}
    if case.repeats > 1:
        for side in sides.values():
            fresh(side, name, 0)
    seeds = iter(range(1, 1000))
    turns = alternated(
        {side: lambda f=f: fresh(f, name, next(seeds)) for side, f in sides.items()}, repeats
    )
    rates = {
        at: {side: [r["ess"] / r[at] for r in runs] for side, runs in turns.items()}
        for at in ("seconds", "end_to_end")
    }
    rows, aims = [], []
    for side, runs in turns.items():
        times = {at: ratio(rate, "trifit", side) for at, rate in rates.items()}
        off = difference(runs[0], turns["stock"][0])
        middle = {key: np.median([r[key] for r in runs]) for key in ("ess", *rates)}
        rows.append(
            [
                f"{name}: {NAMES[side]}",
                f"{middle['ess']:.0f}",
                f"{middle['seconds']:.2f}",
                f"{np.median(rates['seconds'][side]):.0f}",
                f"{times['seconds']:.1f}",
                f"{middle['end_to_end']:.1f}",
                f"{times['end_to_end']:.1f}",
                "" if side == "stock" else f"{off[0]:.1f}, {off[1]:.1f}",
            ]
        )
        if (name, side) in AIMS:
            what = f"{name}: least ESS per sampling second against {NAMES[side]}"
            aims.append(at_least(what, times["seconds"], AIMS[name, side]))
        if side == "trifit":
            what = f"{name}: furthest mean or sd from stock, in Monte Carlo errors"
            aims.append(holds(what, max(off), 4))
    return rows, aims


def measure(sets=tuple(CASES), repeats=None):
    rows, aims = [], []
    for name in sets:
        more = compared(name, repeats or CASES[name].repeats)
        rows += more[0]
        aims += more[1]
    return Part(
        "Sampling",
        f"{CHAINS} chains of 1,000 draws, {CORES} cores; warm-up {TUNE} draws, "
        "trifit's that of its cards (200); medians of "
        "runs in turn, each in a process of its own. ESS: the least bulk ESS of all parameters. "
        "Sampling: warm-up and draws (trifit: MAP, whitening, diagnostics too), no compiling. "
        "End to end: "
        "imports, compiling (PyTensor's from its cache on disk) and sampling. NumPyro's sampling "
        "of digits includes compiling. Difference from "
        "stock: the largest of all parameters, of means and of sds, in combined Monte Carlo "
        "errors. \"x\": trifit's ESS per second over this side's.",
        ["", "least ESS", "sampling, s", "ESS/s", "x", "end to end, s", "x", "difference"],
        rows,
        aims,
    )


if __name__ == "__main__":
    main(measure)
