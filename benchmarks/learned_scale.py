"""A learned prior scale, in coordinates given the scale and in plain ones: draws until trusted.

Settings of the card `softmax` (200 warm-up steps, target 0.8), at most 2,000 draws per chain,
all rows, one seed. Not part of `make bench`: a few CPU minutes.

    python benchmarks/learned_scale.py
    python benchmarks/learned_scale.py breast_cancer

And whether the card `softmax-hierarchical` as it is ends trusted on twenty tables of the atlas,
80 % of at most 600 rows; ten CPU minutes:

    python benchmarks/learned_scale.py --atlas
    python benchmarks/learned_scale.py --atlas wine glass
"""

import sys
import time

import msgspec
import numpy as np
from problems import bundled, density_of

from trifit.atlas.entries import atlas_folder, load_entries, open_entry
from trifit.cards import load_card
from trifit.data.preprocess import Standardiser
from trifit.fit.methods.bayes import fit_bayes

DATA = ("iris", "wine", "breast_cancer")
TABLES = (
    "wine", "iris", "kyphosis", "possum", "crabs", "glass", "birthwt", "pima", "auto",
    "breast-cancer", "body", "hsb2", "urine", "icu", "stagec", "penguins", "olive", "leaves",
    "tissue", "german-school",
)  # fmt: skip
ROWS, SHARE = 600, 0.8


def line(name):
    """One row of the table of coordinates."""
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
        cells += told(fit)
    return f"| {name} | {' x '.join(map(str, X.shape))} | {' | '.join(cells)} |"


def of_the_atlas(name, seed=1):
    """One row of the table of tables."""
    (entry,) = load_entries(atlas_folder(), [name])
    data = open_entry(entry, atlas_folder())
    n = int(SHARE * min(len(data.y), ROWS))
    keep = np.random.default_rng(7).permutation(len(data.y))[:n]
    X = Standardiser.fit(data.X).transform(data.X)[keep]
    X = np.ascontiguousarray(X[:, np.ptp(X, axis=0) > 0])
    y = np.ascontiguousarray(np.unique(data.y[keep], return_inverse=True)[1])
    card = load_card("softmax-hierarchical")
    density = density_of(card, X, y)
    start = time.process_time()
    objective = density.bind(X, y)
    fit = fit_bayes(density, objective, None, card.sampler, seed=seed, identified=True)
    size = f"{X.shape[0]} x {X.shape[1]} x {y.max() + 1}"
    seconds = f"{time.process_time() - start:.0f}"
    return f"| {name} | {size} | {' | '.join([*told(fit), seconds])} |"


def told(fit):
    """Draws per chain and status, effective draws, steps per draw."""
    d = fit.diagnostics
    return [
        f"{fit.draws.shape[1]}, {fit.status}",
        f"{d.parameters.ess_bulk_min:.0f}, {d.parameters.ess_tail_min:.0f}",
        f"{d.mean_steps:.0f}",
    ]


def main(names):
    each = "draws per chain, status | bulk ESS, tail ESS | steps per draw"
    if names[:1] == ["--atlas"]:
        print(f"| table | rows x columns x classes | {each} | CPU seconds |")
        print("|" + "---|" * 6)
        for name in names[1:] or TABLES:
            print(of_the_atlas(name), flush=True)
        return
    print(f"| data | rows x features | given the scale: {each} | plain: {each} |")
    print("|" + "---|" * 8)
    for name in names or DATA:
        print(line(name), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
