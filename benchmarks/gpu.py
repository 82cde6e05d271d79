"""Posteriors on a GPU: seconds with compiling, against their aims; gradients, against the hardware.

Everything in one process, in under ten minutes on one H100 or H200; each line is printed when it is
known. Needs a GPU that JAX sees (docs/gpu.md). With a small share of the rows, and the square root
of that of the features, it runs anywhere:

    python benchmarks/gpu.py
    python benchmarks/gpu.py device='"jax"' share=0.002
"""

import time

import numpy as np
from harness import Aim, Part, holds, main, timed
from problems import density_of, fixed, simulated

PROBLEMS = (
    ((1_000_000, 20, 3), 30.0),
    ((50_000, 512, 10), 60.0),
    ((1_500_000, 500, 2), 180.0),
)
"""Rows, features, classes; most seconds from the rows in memory to a posterior that is trusted."""

HELD_OUT = 10_000
"""Rows that the posterior's predictions are checked on."""

BASE = {"n_obs": 200_000, "n_features": 50, "n_classes": 5}
GROWTH = {
    "n_obs": (50_000, 200_000, 800_000),
    "n_features": (25, 50, 100, 400),
    "n_classes": (2, 5, 20, 80),
}
CHAINS = 4


def said(row):
    """The row, printed at once: a run that is cut short has told what it knew."""
    print(" | ".join(map(str, row)), flush=True)
    return row


def scaled(share, n_obs, n_features, n_classes):
    """A problem with a share of the rows, and the square root of that of the features."""
    return max(2_000, int(share * n_obs)), max(5, int(share**0.5 * n_features)), n_classes


def agreement(device):
    """Largest relative difference of value, gradient and Hessian between device and CPU."""
    from trifit.cards import load_card
    from trifit.fit.device import on_device

    X, y = simulated(2_000, 10, 4)
    density = density_of(load_card("softmax"), X, y)
    theta = np.random.default_rng(2).standard_normal(density.n_params)
    found = []
    for placed in (density, on_device(density, device)):
        objective = placed.bind(X, y)
        value, gradient = objective(theta, prior=1.0, jacobian=1.0)
        hessian = objective.hessian(theta, prior=1.0, jacobian=1.0)
        found.append((np.array([value]), gradient, hessian))
    return max(float(abs(b - a).max() / abs(a).max()) for a, b in zip(*found, strict=True))


def posterior(device, n_obs, n_features, n_classes, tune):
    """One posterior, as ``trifit compare --device`` makes it: the MAP, the coordinates, NUTS."""
    import msgspec

    from trifit.cards import load_card
    from trifit.fit import Training
    from trifit.types import Rows

    X, y = simulated(n_obs + HELD_OUT, n_features, n_classes)
    card = fixed(load_card("softmax"))
    card = msgspec.structs.replace(card, sampler=msgspec.structs.replace(card.sampler, tune=tune))
    density = density_of(card, X, y)
    training = Training(
        density,
        Rows(X[:-HELD_OUT], y[:-HELD_OUT]),
        Rows(X[-HELD_OUT:], y[-HELD_OUT:]),
        card,
        np.random.SeedSequence(1),
        device=device,
    )
    mode = timed(training.fit, "map")
    return mode, timed(training.fit, "bayes"), training.fit("bayes")


def gradient_seconds(device, n_obs, n_features, n_classes):
    """Seconds of value and gradient of four chains at once (median of 20), and bytes of X."""
    import jax

    from trifit.cards import load_card
    from trifit.fit.device import on_device
    from trifit.fit.device.terms import objective_value

    X, y = simulated(n_obs, n_features, n_classes)
    density = on_device(density_of(load_card("softmax"), X, y), device)
    objective = density.bind(X, y)

    @jax.jit
    @jax.vmap
    def gradients(theta):
        def value(theta):
            return objective_value(objective.terms, theta, objective.data, 1.0, 1.0)

        return jax.value_and_grad(value)(theta)

    thetas = 0.1 * np.random.default_rng(2).standard_normal((21, CHAINS, density.n_params))
    with device.in_force():
        each = [timed(lambda t=t: jax.block_until_ready(gradients(t))) for t in thetas]
    return float(np.median(each[1:])), X.nbytes


def hardware(device, size=4096, n_bytes=2_000_000_000):
    """Bytes per second of a copy that is changed on the way, float64 operations of a product."""
    import jax
    import jax.numpy as jnp

    with device.in_force():
        long, square = jnp.ones(n_bytes // 8), jnp.ones((size, size))
        scale, product = jax.jit(lambda a: 1.5 * a), jax.jit(lambda a: a @ a)
        moved, done = (
            min(timed(lambda f=f, a=a: jax.block_until_ready(f(a))) for _ in range(6))
            for f, a in ((scale, long), (product, square))
        )
    return 2 * n_bytes / moved, 2 * size**3 / done


def growth(device, share, bandwidth, flops):
    """Rows of the table of gradients: measured, and what the hardware cannot better."""
    yet, rows = set(), []
    for axis, sizes in GROWTH.items():
        for size in sizes:
            n, d, k = shape = scaled(share, *(BASE | {axis: size}).values())
            if shape in yet:
                continue
            yet.add(shape)
            seconds, n_bytes = gradient_seconds(device, n, d, k)
            # X is read twice: for the log-odds, and for the gradient.
            limit = max(2 * n_bytes / bandwidth, 4 * CHAINS * n * d * (k - 1) / flops)
            rows.append(
                said(
                    [
                        f"gradient of {CHAINS} chains, {n:,} x {d} x {k}",
                        f"{1e3 * seconds:.3g} ms",
                        f"{1e3 * limit:.3g} ms",
                        f"{seconds / limit:.1f} x",
                    ]
                )
            )
    return rows


def measure(device="gpu", share=1.0, tune=200):
    from trifit.fit.device import check_device, chosen_device

    check_device(device)
    place = chosen_device(device, n_rows=1, n_params=1)
    bandwidth, flops = hardware(place, *((4096, 2_000_000_000) if share == 1 else (512, 10**7)))
    said([place.text, f"{bandwidth / 1e9:.0f} GB/s", f"{flops / 1e12:.2f} TFLOP/s in float64"])
    aims = [holds("value, gradient, Hessian against the CPU's", agreement(place), 1e-10)]
    rows = []
    for sizes, most in PROBLEMS:
        mode, seconds, fit = posterior(place, *scaled(share, *sizes), tune)
        shape = " x ".join(f"{size:,}" for size in scaled(share, *sizes))
        d = fit.diagnostics
        rows.append(
            said(
                [
                    f"posterior, {shape}",
                    f"{mode:.1f} s MAP, {seconds:.1f} s posterior",
                    f"{d.mean_steps:.1f} steps per draw, 4 x ({tune} + {fit.draws.shape[1]})",
                    f"{fit.status}, R-hat {d.parameters.rhat_max:.4f}, "
                    f"least ESS {d.parameters.ess_bulk_min:.0f}",
                ]
            )
        )
        met = mode + seconds <= most and not fit.status.failed
        measured = f"{mode + seconds:.1f} s, {fit.status}"
        aims.append(Aim(f"posterior of {shape}", f"trusted in {most:.0f} s", measured, met))
    rows += growth(place, share, bandwidth, flops)
    return Part(
        "On a GPU",
        f"{place.text}; {bandwidth / 1e9:.0f} GB/s, {flops / 1e12:.2f} TFLOP/s in float64, both "
        f"measured here, {time.strftime('%Y-%m-%d')}. Seconds of posteriors include compiling. "
        "Gradients: measured, the limit (bytes of X read twice over bandwidth, or operations over "
        "peak, whichever is more), and their ratio.",
        ["", "seconds", "", ""],
        rows,
        aims,
    )


if __name__ == "__main__":
    main(measure)
