"""Rank and energy histograms of the chains."""

import numpy as np
import pytest

from trifit.analyses.chains import energies, rank_histogram
from trifit.fit.diagnostics import bfmi, diagnose_draws
from trifit.fits import Sampling


def sampling_with(energy, diverging=None):
    shape = energy.shape
    stats = {
        "energy": energy,
        "diverging": np.zeros(shape, bool) if diverging is None else diverging,
        "tree_depth": np.full(shape, 3),
    }
    return Sampling(stats, np.zeros(1), {})


def test_ranks_of_every_bin_add_up(rng):
    """Each bin holds a 20th of all draws, whatever the chains do."""
    for apart in (0.0, 1.0):
        draws = rng.normal(size=(4, 500)) + apart * np.arange(4)[:, None]
        counts = np.array(rank_histogram(draws))
        assert counts.shape == (4, 20)
        assert counts.sum(axis=0).tolist() == [100] * 20
        assert counts.sum(axis=1).tolist() == [500] * 4


def test_ranks_show_a_chain_that_sits_elsewhere(rng):
    draws = rng.normal(size=(2, 1000))
    draws[1] += 10
    low, high = np.array(rank_histogram(draws))
    assert low.tolist() == [100] * 10 + [0] * 10
    assert high.tolist() == [0] * 10 + [100] * 10


def test_ranks_do_not_depend_on_the_scale(rng):
    draws = rng.normal(size=(3, 200))
    assert rank_histogram(np.exp(draws)) == rank_histogram(draws)


def test_constant_draws_share_the_middle_rank():
    counts = np.array(rank_histogram(np.ones((2, 50))))
    assert counts[:, 9:11].sum() == 100


def test_energies_by_hand():
    energy = np.array([[10.0, 12.0, 10.0, 12.0], [11.0, 11.0, 11.0, 11.0]])
    diverging = np.array([[True, False, False, True], [False] * 4])
    edges, (first, second) = energies(sampling_with(energy, diverging))
    assert len(edges) == 31
    assert (edges[0], edges[-1]) == (-2.0, 2.0)
    assert (sum(first.energy), sum(first.energy_change)) == (4, 3)
    assert (first.divergences, second.divergences) == (2, 0)
    assert first.bfmi == 4.0  # changes of 2 each, variance 1
    assert second.bfmi is None  # an energy that never changes has no spread
    assert first.energy[7] == first.energy[22] == 2  # -1 and 1 on [-2, 2]
    assert first.energy_change[0] == 1
    assert first.energy_change[-1] == 2


def test_slow_energy_shows_as_narrow_changes(rng):
    walk = np.cumsum(rng.normal(scale=0.1, size=(4, 1000)), axis=1)
    edges, chains = energies(sampling_with(walk))
    centre = (np.array(edges)[1:] + np.array(edges)[:-1]) / 2

    def spread(counts):
        return np.sqrt(np.average(centre**2, weights=counts))

    for chain in chains:
        assert chain.bfmi < 0.3
        assert spread(chain.energy_change) < 0.5 * spread(chain.energy)


def test_the_comparisons_chains(iris_run):
    found, bayes = iris_run.comparison.chain_diagnostics, iris_run.fitted.final.fits["bayes"]
    assert (found.training_set, found.n_training_sets, found.n_draws) == (4, 4, 700)
    assert [c.bfmi for c in found.chains] == pytest.approx(
        bfmi(bayes.sampling.stats["energy"]), rel=1e-4
    )
    for chain in found.chains:
        assert (sum(chain.energy), sum(chain.energy_change)) == (700, 699)
    parameter, prediction = found.ranks
    assert (parameter.kind, prediction.kind) == ("parameter", "prediction")
    every = diagnose_draws(bayes.draws)["rhat"]
    assert parameter.rhat == pytest.approx(every.max(), rel=1e-4)
    names = iris_run.fitted.density.layout.labels()
    assert names[int(every.argmax())] == (parameter.name, parameter.feature, parameter.label)
    # A step back to where it was is a tie, which may carry a draw over an edge.
    draws = bayes.flat_draws
    ties = len(draws) - len(np.unique(draws[:, 0]))
    for ranks in found.ranks:
        counts = np.array(ranks.counts).sum(axis=0)
        assert counts.sum() == len(draws) == 2800
        assert abs(counts - 140).max() <= ties
    assert 0 <= int(prediction.name) < 150
    assert prediction.label in iris_run.dataset.class_names
