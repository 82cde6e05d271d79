"""Networks in radial coordinates and in theta itself: E-BFMI, steps and effective predictions.

Cards as they are, but for 1,000 draws per chain; all rows, one seed. Not part of `make bench`:
a few CPU minutes.

    python benchmarks/radial.py
    python benchmarks/radial.py network iris
"""

import sys

import msgspec
from problems import bundled, density_of

from trifit.cards import load_card
from trifit.fit.diagnostics import diagnose_draws, mixing
from trifit.fit.methods.bayes import fit_bayes
from trifit.fit.prediction import prediction_draws

PROBLEMS = (
    ("network", "iris"),
    ("network", "wine"),
    ("network-ard", "wine"),
    ("network-wide", "iris"),
    ("network-wide", "wine"),
)
DRAWS = 1_000


def lines(name, data):
    """Two rows of the table."""
    card = load_card(name)
    sampler = msgspec.structs.replace(card.sampler, draws=DRAWS)
    X, y = bundled(data)
    density = density_of(card, X, y)
    objective = density.bind(X, y)
    for coordinates, spherical in (("radial", density.spherical), ("theta", ())):
        density.spherical = spherical
        fit = fit_bayes(density, objective, None, sampler, seed=1)
        found, d = mixing(diagnose_draws(prediction_draws(density, fit, X))), fit.diagnostics
        cells = [
            f"{name}, {data}",
            str(density.n_params),
            coordinates,
            f"{d.bfmi_min:.2f}",
            str(d.divergences),
            f"{d.mean_steps:.0f}",
            f"{found.rhat_max:.3f}",
            f"{found.ess_bulk_min:.0f}, {found.ess_tail_min:.0f}",
        ]
        yield f"| {' | '.join(cells)} |"


def main(asked):
    told = "E-BFMI | divergent | steps per draw | R-hat of predictions | their bulk, tail ESS"
    print(f"| card, data | weights | coordinates | {told} |")
    print("|" + "---|" * 8)
    for problem in [tuple(asked)] if asked else PROBLEMS:
        for row in lines(*problem):
            print(row, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
