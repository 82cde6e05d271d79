"""The chains of one posterior as rank and energy histograms."""

from collections.abc import Sequence

import numpy as np

from trifit.crossfit.fitted import Fitted
from trifit.fit.convergence import average_ranks
from trifit.fit.diagnostics import bfmi
from trifit.fit.prediction import diagnosed_rows, prediction_draws
from trifit.fit.sampling import MAX_TREE_DEPTH
from trifit.fits import Sampling
from trifit.results import Chain, ChainDiagnostics, Ranks
from trifit.rounding import finite, rounded
from trifit.types import FloatArray

RANK_BINS = 20
ENERGY_BINS = 30


def chain_diagnostics(fitted: Fitted) -> ChainDiagnostics | None:
    """The chains of the posterior that failed a check first, else of the last one.

    None where nothing was sampled. See :class:`trifit.results.ChainDiagnostics`.
    """
    if "bayes" not in fitted.names:
        return None
    every = fitted.every
    failed = [k for k, each in enumerate(every) if each.fits["bayes"].status.failed]
    which = failed[0] if failed else len(every) - 1
    shown = every[which]
    bayes = shown.fits["bayes"]
    assert bayes.sampling is not None  # it was sampled
    edges, chains = energies(bayes.sampling)
    draws, each = bayes.draws, bayes.sampling.rhat
    ranks = []
    if fitted.problem.card.identified:
        names = fitted.density.layout.labels()
        ranks.append(_worst("parameter", draws, each["parameter"], names))
    X, classes = shown.part.test.X, fitted.problem.dataset.class_names
    predicted = prediction_draws(fitted.density, bayes, X)
    rows = shown.test_rows[diagnosed_rows(len(X), len(classes))]
    names = [(str(row), "", name) for row in rows for name in classes]
    ranks.append(_worst("prediction", predicted, each["prediction"], names))
    return ChainDiagnostics(
        training_set=which + 1,
        n_training_sets=len(every),
        n_draws=draws.shape[1],
        energy_edges=edges,
        chains=chains,
        ranks=ranks,
    )


def energies(sampling: Sampling) -> tuple[list[float], list[Chain]]:
    """Edges of the energy histograms, and the record of every chain.

    Energies are shown less their mean, beside their changes from draw to draw:
    where the second histogram is much narrower, the momentum resampled between
    draws does not reach the posterior's spread of energies.

    References
    ----------
    Betancourt (2016), arXiv:1604.00695
    """
    stats = sampling.stats
    energy = stats["energy"] - stats["energy"].mean()
    change = np.diff(energy, axis=1)
    low, high = min(energy.min(), change.min()), max(energy.max(), change.max())
    edges = np.linspace(low, high if high > low else low + 1.0, ENERGY_BINS + 1)
    each = bfmi(stats["energy"])
    chains = [
        Chain(
            bfmi=finite(float(rounded(each[c]))),
            divergences=int(stats["diverging"][c].sum()),
            depth_limited=int((stats["tree_depth"][c] >= MAX_TREE_DEPTH).sum()),
            energy=np.histogram(energy[c], edges)[0].tolist(),
            energy_change=np.histogram(change[c], edges)[0].tolist(),
        )
        for c in range(len(energy))
    ]
    return rounded(edges), chains


def rank_histogram(draws: FloatArray) -> list[list[int]]:
    """Draws per chain in 20 equal bins of their ranks among the draws of all chains.

    Parameters
    ----------
    draws : array of shape (n_chains, n_draws)
        Ties share their mean rank.

    References
    ----------
    Vehtari et al. (2021), Bayesian Anal. 16(2), doi:10.1214/20-BA1221
    """
    rank = average_ranks(draws.reshape(1, -1)).reshape(draws.shape)
    index = np.minimum((rank - 0.5) / draws.size * RANK_BINS, RANK_BINS - 1).astype(int)
    return [np.bincount(chain, minlength=RANK_BINS).tolist() for chain in index]


def _worst(
    kind: str, draws: FloatArray, each: FloatArray, names: Sequence[tuple[str, str, str]]
) -> Ranks:
    """The rank histogram of the column of (n_chains, n_draws, n_values) with the largest R-hat.

    Parameters
    ----------
    kind : {"parameter", "prediction"}
    draws : array of shape (n_chains, n_draws, n_values)
    each : array of shape (n_values,)
        R-hat.
    names : sequence of (name, feature, label)
    """
    j = int(np.nan_to_num(each, nan=np.inf).argmax())
    name, feature, label = names[j]
    return Ranks(
        kind=kind,
        name=name,
        feature=feature,
        label=label,
        rhat=finite(float(rounded(each[j]))),
        counts=rank_histogram(draws[:, :, j]),
    )
