"""A deep network's last layer: posteriors of thousands of coefficients.

Kronecker coordinates against dense ones where both can be had, and against NumPyro: the same
posterior, the same draws, in turn, each in a process of its own. CPU seconds; compiling is left
out on both sides. "coefficients": the least bulk ESS.

    python benchmarks/layers.py
    python benchmarks/layers.py 'sizes=["1000x64x10"]'
"""

import os
import resource
import time

import numpy as np
from harness import Part, alternated, at_least, at_most, fresh, holds, main, peak_bytes, ratio
from problems import density_of, simulated

PRIOR_SCALE = {"1000x64x10": 0.2, "5000x256x10": 0.1}
"""So that log-odds have a prior standard deviation of 2.3."""

SIDES = {
    "1000x64x10": ("kronecker", "dense", "numpyro"),
    "5000x256x10": ("kronecker", "dense", "numpyro"),
}
DRAWS = {"1000x64x10": (200, 500), "5000x256x10": (100, 100)}
"""Warm-up and draws, of each of four chains."""

NAMES = {"kronecker": "Kronecker", "dense": "dense", "numpyro": "NumPyro"}
CHAINS, CORES = 4, 2


def cpu_seconds():
    """CPU seconds of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def problem(size):
    """Rows, classes and the prior's scale."""
    return *simulated(*map(int, size.split("x"))), PRIOR_SCALE[size]


def kronecker(size):
    return sampled(size, most_dense=0)


def dense(size):
    return sampled(size, most_dense=10**9)


def sampled(size, most_dense):
    """trifit's posterior; whitening counts."""
    from trifit.cards import load_card
    from trifit.fit import whitening
    from trifit.fit.methods.bayes import fit_bayes
    from trifit.fit.methods.map import fit_map
    from trifit.threads import limited
    from trifit.types import Rows

    X, y, scale = problem(size)
    card = load_card("softmax").with_overrides({"prior_scale": scale})
    density = density_of(card, X, y)
    objective = density.bind(X, y)
    mode = fit_map(density, Rows(X, y), card.optimiser, np.random.default_rng(1)).theta
    whitening.MOST_DENSE = most_dense
    tune, draws = DRAWS[size]
    sampler = card.with_overrides({"tune": tune, "draws": draws, "chains": CHAINS}).sampler
    start = cpu_seconds()
    with limited(CORES):
        fit = fit_bayes(density, objective, mode, sampler, seed=1)
    seconds = cpu_seconds() - start
    return summary(fit.draws, seconds, float(fit.sampling.stats["n_steps"].mean()))


def numpyro(size):
    """NumPyro in double precision, a chain per device: the second run, which compiles nothing."""
    os.environ["XLA_FLAGS"] = f"--xla_force_host_platform_device_count={CHAINS}"
    import jax

    jax.config.update("jax_enable_x64", val=True)
    import jax.numpy as jnp
    from numpyro.infer import MCMC, NUTS
    from sampling import Case, flat, numpyro_model

    X, y, scale = problem(size)
    tune, draws = DRAWS[size]
    mcmc = MCMC(
        NUTS(numpyro_model(Case("softmax", scale, draws, (), 1), X, y)),
        num_warmup=tune, num_samples=draws, num_chains=CHAINS,
        chain_method="parallel", progress_bar=False,
    )  # fmt: skip
    data = jnp.asarray(X), jnp.asarray(y)
    for key in jax.random.split(jax.random.PRNGKey(1)):
        start = cpu_seconds()
        mcmc.run(key, *data, extra_fields=("num_steps",))
        samples = jax.block_until_ready(mcmc.get_samples(group_by_chain=True))
        seconds = cpu_seconds() - start
    steps = float(np.mean(mcmc.get_extra_fields()["num_steps"]))
    return summary(
        flat(np.asarray(samples["intercept"]), np.asarray(samples["beta"])), seconds, steps
    )


def summary(draws, seconds, steps):
    """What is kept of a run."""
    from arviz_stats.base import array_stats

    columns = [draws[:, :, j] for j in range(draws.shape[2])]
    ess = [float(array_stats.ess(c, chain_axis=0, draw_axis=1, method="bulk")) for c in columns]
    return {
        "ess": min(ess),
        "seconds": seconds,
        "steps": steps,
        "memory": peak_bytes() / 1e9,
        "mean": [float(c.mean()) for c in columns],
        "error": [float(c.std() / e**0.5) for c, e in zip(columns, ess, strict=True)],
    }


def furthest(a, b):
    """Largest difference of means in combined Monte Carlo errors."""
    apart = abs(np.subtract(a["mean"], b["mean"])) / np.hypot(a["error"], b["error"])
    return float(apart.max())


def measure(sizes=tuple(SIDES), repeats=1):
    start, rows, aims = time.perf_counter(), [], []
    for size in sizes:
        turns = alternated(
            {side: lambda s=side, n=size: fresh(globals()[s], n) for side in SIDES[size]}, repeats
        )
        rates = {side: [r["ess"] / r["seconds"] for r in runs] for side, runs in turns.items()}
        for side, runs in turns.items():
            times = ratio(rates, "kronecker", side)
            off = furthest(runs[0], turns["kronecker"][0])
            rows.append(
                [
                    f"{size}: {NAMES[side]}",
                    *(
                        f"{np.median([r[key] for r in runs]):.3g}"
                        for key in ("steps", "ess", "seconds")
                    ),
                    f"{np.median(rates[side]):.3g}",
                    f"{times:.1f}",
                    f"{max(r['memory'] for r in runs):.2g}",
                    "" if side == "kronecker" else f"{off:.1f}",
                ]
            )
            if side != "kronecker":
                aims.append(holds(f"{size}: furthest mean from {NAMES[side]}", off, 4.5))
        aims.append(
            at_least(
                f"{size}: ESS per CPU second over NumPyro", ratio(rates, "kronecker", "numpyro"), 3
            )
        )
        memory = max(r["memory"] for r in turns["kronecker"])
        aims.append(at_most(f"{size}: memory", memory, 2, "GB"))
    return Part(
        "Last layers",
        "Rows x features x classes, simulated; softmax regression, whose prior gives log-odds a "
        f'standard deviation of 2.3; {CHAINS} chains. "x": ESS per CPU second of Kronecker '
        "coordinates over this side's. Difference: of means, in Monte Carlo errors. "
        f"{time.perf_counter() - start:.0f} s.",
        ["", "steps per draw", "least ESS", "CPU s", "ESS/CPU s", "x", "GB", "difference"],
        rows,
        aims,
    )


if __name__ == "__main__":
    main(measure)
