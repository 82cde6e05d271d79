"""Normal proposals against NUTS where rows are many: CPU seconds and effective draws, in turn.

Not part of `make bench`: some ten CPU minutes.

    python benchmarks/proposals.py
    python benchmarks/proposals.py 20000x6x3
"""

import sys
import time

import numpy as np
from problems import density_of, simulated

from trifit.cards import load_card
from trifit.fit.methods import bayes
from trifit.fit.methods.map import fit_map
from trifit.types import Rows

SHAPES = ("20000x6x3", "50000x20x3", "50000x50x5")


def fitted(density, objective, centre, sampler):
    """A posterior, and its CPU seconds."""
    start = time.process_time()
    fit = bayes.fit_bayes(density, objective, centre, sampler, seed=3)
    return fit, time.process_time() - start


def line(shape):
    """One row of the table."""
    n_obs, n_features, n_classes = map(int, shape.split("x"))
    X, y = simulated(n_obs, n_features, n_classes)
    card = load_card("softmax")
    density = density_of(card, X, y)
    objective = density.bind(X, y)
    rng = np.random.default_rng(1)
    centre = fit_map(density, Rows(X, y), card.optimiser, rng).theta
    usual = bayes.suit
    both = []
    for suit in (usual, lambda objective: False):
        bayes.suit = suit
        both.append(fitted(density, objective, centre, card.sampler))
    bayes.suit = usual
    (fit, cpu), (nuts, cpu_nuts) = both
    sd = nuts.flat_draws.std(axis=0)
    off = abs(fit.flat_draws.mean(axis=0) - nuts.flat_draws.mean(axis=0)) / sd
    each = [
        f"{f.draws.shape[1]}, {f.diagnostics.parameters.ess_bulk_min:.0f}, "
        f"{f.diagnostics.parameters.ess_tail_min:.0f}, {f.status}"
        for f in (fit, nuts)
    ]
    return (
        f"| {shape} | {len(centre)} | {fit.diagnostics.accepted:.0%} | {each[0]} | {cpu:.1f} "
        f"| {each[1]} | {cpu_nuts:.1f} | {cpu_nuts / cpu:.1f} | {off.max():.3f} |"
    )


def main():
    density_of(load_card("softmax"), *simulated(100, 2, 2))  # imports and compiles
    print(
        "| rows x features x classes | parameters | accepted | proposals: draws per chain, bulk "
        "ESS, tail ESS, status | CPU s | NUTS: the same | CPU s | ratio | means apart, sd |"
    )
    print("|" + "---|" * 9)
    for shape in sys.argv[1:] or SHAPES:
        print(line(shape), flush=True)


if __name__ == "__main__":
    main()
