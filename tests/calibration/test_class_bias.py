"""Calibration in the large, and the Poisson-binomial distribution behind it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit
from scipy.stats import binom

from trifit.calibration import class_bias
from trifit.calibration.bias import MAX_TERMS, _terms, poisson_binomial_tail


def two(p):
    return np.column_stack([1 - p, p])


def distribution(p):
    """Of a sum of independent events, by adding one after the other."""
    found = np.ones(1)
    for each in p:
        found = np.convolve(found, [1 - each, each])
    return found


SHAPES = [(1e-3, 0.2), (0.02, 0.2), (0.2, 200.0), (1.0, 1.0), (1.0, 20.0), (3.0, 0.2)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("n", [1, 7, 60, 700])
def test_tails_are_those_of_the_exact_distribution(rng, shape, n):
    """To 1e-11 where it is computed term by term, within 2 % by the saddle point."""
    p = rng.beta(*shape, size=n)
    exact = distribution(p)
    term_by_term = max(_terms(p[p <= 0.5]), _terms(1 - p[p > 0.5])) <= MAX_TERMS
    for count in range(n + 1):
        for upper, tail in ((True, exact[count:].sum()), (False, exact[: count + 1].sum())):
            if 1e-10 < tail < 0.5:
                close = {"rel": 1e-3, "abs": 1e-12} if term_by_term else {"rel": 0.02}
                found = poisson_binomial_tail(p, count, upper=upper)
                assert found == pytest.approx(tail, **close)


def test_both_ways_of_computing_are_covered(rng):
    ways = set()
    for shape in SHAPES:
        p = rng.beta(*shape, size=700)
        ways.add(max(_terms(p[p <= 0.5]), _terms(1 - p[p > 0.5])) <= MAX_TERMS)
    assert ways == {True, False}


def test_equal_probabilities_are_binomial():
    p = np.full(5000, 0.3)
    assert poisson_binomial_tail(p, 1600, upper=True) == pytest.approx(
        binom.sf(1599, 5000, 0.3), rel=1e-3
    )


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=30),
    st.integers(-1, 31),
)
def test_tails_are_complementary(p, count):
    at_least = poisson_binomial_tail(np.array(p), count, upper=True)
    fewer = poisson_binomial_tail(np.array(p), count - 1, upper=False)
    assert at_least + fewer == pytest.approx(1, abs=1e-9)


def test_an_event_that_never_happens_is_no_evidence():
    """Half an event expected, none seen: nothing is odd about that."""
    found = class_bias(two(np.full(1000, 0.0005)), np.zeros(1000, dtype=int))
    assert found.p_value.tolist() == [1.0, 1.0]
    assert found.odds_low[1] == 0
    assert found.odds_high[1] > 5
    found = class_bias(two(np.full(1000, 0.01)), np.zeros(1000, dtype=int))
    assert found.p_value[1] == pytest.approx(2 * 0.99**1000, rel=1e-9)


def test_what_was_ruled_out_and_what_was_certain():
    p = np.array([0.0, 0.0, 1.0, 1.0])
    assert class_bias(two(p), [0, 0, 1, 1]).p_value.tolist() == [1, 1]
    assert class_bias(two(p), [0, 1, 1, 1]).p_value.tolist() == [0, 0]
    assert class_bias(two(p), [0, 0, 1, 1]).odds_low.tolist() == [1, 1]


def test_a_shift_of_the_log_odds_is_found(rng):
    p = rng.uniform(0.1, 0.9, size=5000)
    y = (rng.random(5000) < p).astype(int)
    found = class_bias(two(p), y)
    assert (abs(found.bias) < 4 * found.se).all()
    assert (found.odds_low < 1).all()
    assert (found.odds_high > 1).all()
    found = class_bias(two(expit(logit(p) + 1)), y)
    assert (found.p_value < 1e-12).all()
    assert found.odds_high[1] < 0.6


@pytest.mark.broad
@pytest.mark.parametrize("events", [0.5, 3.0, 40.0, 2000.0])
def test_the_p_value_has_its_size(rng, events):
    """Rare or not: calibrated forecasts fail at 5 % at most 5 times in 100 (and an error)."""
    n, replications = 20_000, 400
    p = expit(logit(events / n) + rng.normal(size=n))
    rejected = 0
    for _ in range(replications):
        y = (rng.random(n) < p).astype(int)
        rejected += class_bias(two(p), y).p_value[1] < 0.05
    assert rejected <= 0.05 * replications + 3 * (0.0475 * replications) ** 0.5


@pytest.mark.broad
def test_the_interval_of_the_odds_holds_the_truth(rng):
    """Forecast odds 1.5 times too large: the interval holds 1 / 1.5, roughly 95 times in 100."""
    n, covered = 3000, 0
    for _ in range(300):
        p = expit(-3 + 0.5 * rng.normal(size=n))
        y = (rng.random(n) < p).astype(int)
        found = class_bias(two(expit(logit(p) + np.log(1.5))), y)
        true = p.mean() / (1 - p.mean())
        forecast = found.mean_prob[1] / (1 - found.mean_prob[1])
        covered += found.odds_low[1] < true / forecast < found.odds_high[1]
    assert 270 <= covered <= 297


def test_soft_labels_compare_expected_counts(rng):
    p = rng.uniform(0.2, 0.8, size=300)
    assert (class_bias(two(p), two(p)).p_value == 1).all()
    assert (class_bias(two(p), two(np.clip(p + 0.15, 0, 1))).p_value < 1e-4).all()
