"""A learned prior scale, in coordinates given the scale and in plain ones: draws until trusted.

Settings of the card `softmax` (200 warm-up steps, target 0.8), at most 2,000 draws per chain,
all rows, one seed. Not part of `make bench`: a few CPU minutes.

    python benchmarks/learned_scale.py
    python benchmarks/learned_scale.py breast_cancer
"""

import sys

import msgspec
import numpy as np
from problems import bundled, density_of

from trifit.cards import load_card
from trifit.fit.methods.bayes import fit_bayes

DATA = ("iris", "wine", "breast_cancer")


def line(name):
    """One row of the table."""
    card = load_card("softmax-hierarchical")
    settings = {"tune": 200, "target_accept": 0.8, "max_draws": 2000}
    sampler = msgspec.structs.replace(card.sampler, **settings)
    X, y = bundled(name)
    X = np.ascontiguousarray(X[:, np.ptp(X, axis=0) > 0])
    density = density_of(card, X, y)
    objective = density.bind(X, y)
    cells = []
    for identified in (True, False):
        fit = fit_bayes(density, objective, None, sampler, seed=1, identified=identified)
        d = fit.diagnostics
        cells += [
            f"{fit.draws.shape[1]}, {fit.status}",
            f"{d.parameters.ess_bulk_min:.0f}, {d.parameters.ess_tail_min:.0f}",
            f"{d.mean_steps:.0f}",
        ]
    return f"| {name} | {' x '.join(map(str, X.shape))} | {' | '.join(cells)} |"


def main():
    each = "draws per chain, status | bulk ESS, tail ESS | steps per draw"
    print(f"| data | rows x features | given the scale: {each} | plain: {each} |")
    print("|" + "---|" * 8)
    for name in sys.argv[1:] or DATA:
        print(line(name), flush=True)


if __name__ == "__main__":
    main()
