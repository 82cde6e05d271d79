"""elpd and the Bayesian bootstrap against closed forms and direct simulation."""

import numpy as np
import pytest
from scipy.special import log_softmax
from scipy.stats import norm

from trifit.elpd import MAX_GROUPS, elpd, elpd_difference, probability_better
from trifit.scores import log_loss, log_predictive_density, paired_difference


def two_fits(rng, n=300):
    a, b = (log_softmax(rng.normal(size=(n, 3)), axis=1) for _ in range(2))
    return a, b, rng.integers(3, size=n)


def test_elpd_is_the_log_loss_in_another_dress(rng):
    a, _, y = two_fits(rng)
    result, loss = elpd(a, y), log_loss(a, y)
    assert result.value == pytest.approx(-300 * loss.value)
    assert result.se == pytest.approx(300 * loss.se)
    assert result.se == pytest.approx(np.sqrt(300) * log_predictive_density(a, y).std(ddof=1))


def test_difference_is_paired(rng):
    a, b, y = two_fits(rng)
    result = elpd_difference(a, b, y)
    mean = paired_difference(log_predictive_density(a, y), log_predictive_density(b, y))
    assert result.value == pytest.approx(elpd(a, y).value - elpd(b, y).value)
    assert result.se == pytest.approx(300 * mean.se)


def test_two_rows_by_hand(rng):
    """w uniform: P(3 w - (1 - w) > 0) = P(w > 1/4) = 3/4."""
    probability = probability_better(
        np.array([3.0, 0.0]), np.array([0.0, 1.0]), seed=rng, n_draws=200_000
    )
    assert probability == pytest.approx(0.75, abs=4 * 0.433 / np.sqrt(200_000))


def test_many_rows_are_normal(rng):
    d = rng.normal(0.02, 1, size=2000)
    expected = norm.cdf(d.mean() / np.sqrt(d.var() / 2001))
    found = probability_better(d, np.zeros(2000), seed=rng, n_draws=20_000)
    assert found == pytest.approx(expected, abs=0.015)


def test_grouped_rows_equal_rows_one_by_one(rng):
    n = 4 * MAX_GROUPS
    d = rng.exponential(size=n) - 1.005
    weights = rng.standard_exponential((400, n))
    direct = np.mean(weights @ d > 0)
    found = probability_better(d, np.zeros(n), seed=rng, n_draws=4000)
    assert found == pytest.approx(direct, abs=4 * np.sqrt(0.25 / 400))
    spread = np.array([g.mean() for g in np.array_split(np.sort(d), MAX_GROUPS)]).std()
    assert spread == pytest.approx(d.std(), rel=1e-3)


def test_better_and_worse_add_to_one_and_order_is_forgotten(rng):
    d = rng.normal(size=50)
    rows = rng.permutation(50)

    def probability(a, b):
        return probability_better(a, b, seed=5, n_draws=2000)

    assert probability(d, 0 * d) == probability(d[rows], 0 * d)
    assert probability(d, d) == 0.5
    assert probability(d, 0 * d) + probability(0 * d, d) == pytest.approx(1, abs=0.05)


def test_densities_that_differ_by_rounding_are_tied(rng):
    """Logits written to a file and read again: no model is better than itself."""
    lpd = -rng.exponential(size=50)
    again = np.log(np.exp(lpd))
    assert 0 < abs(lpd - again).max() < 1e-14
    assert probability_better(lpd, again, seed=rng) == 0.5


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ([0.0], [0.0, 1.0], r"lpd_a has shape \(1,\) and lpd_b \(2,\)"),
        ([], [], "not empty"),
        ([0.0, -np.inf], [0.0, 0.0], "row 1: lpd_a is -inf"),
    ],
)
def test_bad_input_is_named(rng, a, b, message):
    with pytest.raises(ValueError, match=message):
        probability_better(np.array(a), np.array(b), seed=rng)
