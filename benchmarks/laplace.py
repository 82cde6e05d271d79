"""The Laplace posterior against NUTS: seconds, Pareto k, and how far it is off.

    python benchmarks/laplace.py

Bundled data at the card's prior and a narrower one, and simulated softmax data
with many rows; a 20 % hold-out each. Times of both are of the same comparison,
minute and machine. "own" is NUTS's own Monte Carlo error.
"""

import numpy as np

import trifit

CASES = (
    ("iris", "softmax", 2.5),
    ("iris", "softmax", 1.0),
    ("wine", "softmax", 2.5),
    ("wine", "softmax", 0.3),
    ("breast_cancer", "logistic", 2.5),
    ("breast_cancer", "logistic", 0.3),
    ("digits", "softmax", 1.0),
    ("simulated, n = 2,000, d = 10, K = 3", "softmax", 2.5),
    ("simulated, n = 20,000, d = 20, K = 3", "softmax", 2.5),
)


def simulated(name):
    """Softmax-linear classes, coefficients of sd 1.5 / sqrt(d)."""
    n, d, k = (int(part.split("= ")[1].replace(",", "")) for part in name.split(", ")[1:])
    rng = np.random.default_rng(n)
    X = rng.normal(size=(n, d))
    odds = X @ rng.normal(scale=1.5 / np.sqrt(d), size=(d, k))
    return trifit.Dataset(
        name="simulated",
        X=X,
        y=(odds + rng.gumbel(size=odds.shape)).argmax(axis=1),
        feature_names=tuple(f"x{j}" for j in range(d)),
        class_names=tuple("abcdefgh"[:k]),
    )


def main():
    print(
        "| data | prior | parameters | Pareto k | effective of 4,000 | laplace, s | NUTS, s "
        "| means off by, sd: median, worst (own) | sd ratio: median, furthest "
        "| probabilities off by: mean, worst (own) | status |"
    )
    print("|" + "---|" * 11)
    for name, card, scale in CASES:
        data = simulated(name) if name.startswith("simulated") else trifit.load_dataset(name)
        c = trifit.compare(
            data, model=card, test_size=0.2, overrides={"prior_scale": scale}, methods=["laplace"]
        )
        fit, e, p = c.fits["laplace"], c.laplace_error, c.laplace_error.parameters
        n_params = sum(row.units == "model" for row in c.parameters)
        k = fit.diagnostics.pareto_k
        print(
            f"| {name} | {scale} | {n_params} | {k:.2f} | {fit.diagnostics.effective_min:.0f} "
            f"| {fit.seconds:.1f} | {c.fits['bayes'].seconds:.1f} "
            f"| {p.mean_median:.3f}, {p.mean_worst:.3f} ({p.mean_mcse:.3f}) "
            f"| {p.sd_median:.3f}, {p.sd_worst:.3f} "
            f"| {e.probs_mean:.4f}, {e.probs_worst:.3f} ({e.probs_mcse:.4f}) | {fit.status} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
