"""Uniform ranks: exact bands and p-values against enumeration, simulation and scipy."""

from itertools import product

import numpy as np
import pytest
from scipy.stats import binom, chisquare

from trifit.ranks import (
    chi_square_p_value,
    counts_below,
    ecdf_band,
    ecdf_p_value,
    histogram,
    holm,
    rank,
)


def surprise(ranks, n_ranks):
    """The smallest tail probability of a count, straight from its definition."""
    n = len(ranks)
    tails = []
    for i in range(1, n_ranks):
        count = sum(r < i for r in ranks)
        law = binom(n, i / n_ranks)
        tails.append(min(law.cdf(count), law.sf(count - 1)))
    return min(tails)


@pytest.mark.parametrize("n", [1, 3, 4])
def test_p_value_is_that_of_all_ranks_enumerated(n):
    every = [np.array(ranks) for ranks in product(range(4), repeat=n)]
    statistics = np.array([surprise(ranks, 4) for ranks in every])
    for ranks, statistic in zip(every, statistics, strict=True):
        expected = np.mean(statistics <= statistic * (1 + 1e-9))
        assert ecdf_p_value(ranks, 4) == pytest.approx(expected, abs=1e-12)


def test_band_holds_uniform_ranks_as_often_as_it_says():
    rng = np.random.default_rng(1)
    low, high = ecdf_band(80, 20)
    inside = 0
    for _ in range(4000):
        share = counts_below(rng.integers(20, size=80), 20) / 80
        inside += bool(((low <= share) & (share <= high)).all())
    assert 0.95 - 4 * np.sqrt(0.95 * 0.05 / 4000) < inside / 4000 < 0.98  # discrete: 0.95 or more


def test_band_and_p_value_agree():
    rng = np.random.default_rng(2)
    low, high = ecdf_band(60, 20)
    for _ in range(200):
        ranks = rng.binomial(19, rng.beta(1.2, 1.2, size=60))
        share = counts_below(ranks, 20) / 60
        assert ((low <= share) & (share <= high)).all() == (ecdf_p_value(ranks, 20) > 0.05)


def test_chi_square_is_scipys():
    ranks = np.random.default_rng(3).integers(100, size=400)
    counts = np.bincount(ranks // 5, minlength=20)
    assert chi_square_p_value(ranks, 100) == pytest.approx(chisquare(counts).pvalue)


@pytest.mark.parametrize(("n", "bins"), [(400, 20), (100, 20), (99, 10), (30, 5), (5, 2)])
def test_histogram_expects_five_in_a_bin(n, bins):
    counts = histogram(np.arange(n) % 100, 100)
    assert len(counts) == bins
    assert counts.sum() == n


def test_ties_are_ranked_at_random():
    rng = np.random.default_rng(4)
    ranks = np.array([rank(1.0, np.ones(3), rng) for _ in range(4000)])
    assert np.bincount(ranks, minlength=4) == pytest.approx(1000, abs=4 * np.sqrt(750))


def test_holm_of_one_and_of_equals():
    assert holm(np.array([0.2])).tolist() == [0.2]
    assert holm(np.array([0.4, 0.4, 0.01])).tolist() == pytest.approx([0.8, 0.8, 0.03])
