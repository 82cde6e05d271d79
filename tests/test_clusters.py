"""Standard errors and intervals of rows that belong together."""

import numpy as np
import pytest
from scipy.special import expit

from trifit.calibration import class_bias, slope_intercept
from trifit.clusters import degrees_of_freedom, quantile, shares, standard_error
from trifit.elpd import mean_interval
from trifit.scores import mean_with_se, share_with_se, wilson


def test_students_quantile():
    assert quantile(0.95, None) == pytest.approx(1.959964, abs=1e-6)
    assert quantile(0.95, 10) == pytest.approx(2.228139, abs=1e-6)  # t table, 10 df


def test_standard_error_of_groups_by_hand():
    # Means -1, 0, 1 of three groups of 2, 1 and 2 rows; their sums are -2, 0, 2.
    x, groups = np.array([-1.5, -0.5, 0.0, 0.5, 1.5]), np.array([0, 0, 1, 2, 2])
    assert standard_error(x, groups) == pytest.approx(np.sqrt(2 * 4 / (1 - 2 / 5)) / 5)
    assert np.isnan(standard_error(x, np.zeros(5, dtype=int)))


def test_standard_error_and_degrees_of_freedom_are_those_of_the_matrices(rng):
    """Bell & McCaffrey's, by their definition, with an intercept alone."""
    groups = np.repeat(np.arange(5), [7, 3, 1, 2, 9])
    n = len(groups)
    x, left = rng.normal(size=n), np.eye(n) - 1 / n
    variance, columns = 0.0, []
    for g in range(5):
        here = groups == g
        values, vectors = np.linalg.eigh(left[np.ix_(here, here)])
        a = vectors @ np.diag(values**-0.5) @ vectors.T @ np.ones(here.sum()) / n
        variance += (a @ (x - x.mean())[here]) ** 2
        columns.append(left[:, here] @ a)
    eigenvalues = np.linalg.eigvalsh(np.array(columns) @ np.array(columns).T)
    df = eigenvalues.sum() ** 2 / (eigenvalues**2).sum()
    assert standard_error(x, groups) == pytest.approx(np.sqrt(variance))
    assert degrees_of_freedom(shares(groups)) == pytest.approx(df)
    assert df == pytest.approx(2.436, abs=0.001)


UNEQUAL = {
    "one of half": [100] + [10] * 10,
    "from 1 to 40": [40, 20, 10, 5, 5, 2, 2, 1, 1, 1],
    "three": [20, 2, 2],
}


@pytest.mark.parametrize("sizes", UNEQUAL.values(), ids=UNEQUAL)
def test_intervals_of_unequal_groups_cover(sizes):
    """Rows of a group share half of their scatter; one df less than groups covers in 74 to 82 %."""
    rng, groups, mean, bootstrap = (
        np.random.default_rng(1),
        np.repeat(range(len(sizes)), sizes),
        0,
        0,
    )
    for seed in range(500):
        x = rng.normal(size=len(sizes))[groups] + rng.normal(size=len(groups))
        found, (low, high) = mean_with_se(x, groups), mean_interval(x, groups=groups, seed=seed)
        mean += found.low < 0 < found.high
        bootstrap += low < 0 < high
    least = 500 * 0.95 - 3 * np.sqrt(500 * 0.95 * 0.05)
    assert mean > least
    assert bootstrap > least


def test_a_share_without_scatter_between_groups_has_an_interval():
    """40 rows of 10 groups, all right: as 10 rows, by Student's t; not the point 1."""
    groups = np.repeat(np.arange(10), 4)
    every = share_with_se(np.ones(40), groups)
    assert (every.low, every.high) == pytest.approx(wilson(1.0, 10, z=quantile(0.95, 9)))
    assert every.low < 0.7
    some = share_with_se(np.tile([0.0, 1.0, 1.0, 1.0], 10), groups)  # alike in all groups
    assert (some.low, some.high) == pytest.approx(wilson(0.75, 40, z=quantile(0.95, 9)))
    whole = share_with_se((groups < 7).astype(float), groups)  # groups of one kind: 9 of 10 free
    assert (whole.low, whole.high) == pytest.approx(wilson(0.7, 9, z=quantile(0.95, 9)))


@pytest.mark.parametrize(("n", "size", "share"), [(40, 10, 0.05), (20, 20, 0.1), (300, 3, 0.02)])
def test_a_class_that_falls_into_few_groups_is_not_called_biased(n, size, share):
    """All rows of a group have one label, forecast as often as it occurs; 3 to 11 % without."""
    rng, groups, low, inside = np.random.default_rng(1), np.repeat(np.arange(n), size), 0, 0
    for _ in range(500):
        chance = rng.beta(20 * share, 20 * (1 - share), size=n)
        y = (rng.random(n) < chance)[groups].astype(int)
        p = np.column_stack([1 - chance, chance])[groups]
        found = class_bias(p, y, groups=groups)
        low += found.p_value[1] < 0.005
        inside += found.odds_low[1] <= 1 <= found.odds_high[1]
    assert low <= 500 * 0.005 + 3 * np.sqrt(500 * 0.005)
    assert inside >= 500 * 0.95 - 3 * np.sqrt(500 * 0.95 * 0.05)


def test_a_class_in_many_groups_is_found_biased_as_before(rng):
    """Rows of a group are independent: the variance is hardly that of the rows times more."""
    chance = rng.uniform(0.2, 0.8, size=2000)
    y = (rng.random(2000) < chance).astype(int)
    p = np.column_stack([1 - chance, chance])
    alone, grouped = (class_bias(p, y, groups=g) for g in (None, np.repeat(np.arange(200), 10)))
    assert grouped.se[1] == pytest.approx(alone.se[1], rel=0.15)


def test_the_slope_of_unequal_groups_covers():
    """One group has half of the rows: 86 % with one df less than groups."""
    sizes, covered, n_rep = np.array([200] + [20] * 9), 0, 300
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    groups = np.repeat(np.arange(10), sizes)
    for seed in range(n_rep):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=len(groups))
        p = expit(x[:, None] + 1.5 * nodes) @ (weights / weights.sum())
        y = (rng.random(len(x)) < expit(x + 1.5 * rng.normal(size=10)[groups])).astype(int)
        found = slope_intercept(np.column_stack([1 - p, p]), y, groups=groups)
        covered += abs(found.slope - 1) < quantile(0.95, found.df) * found.se
    assert covered >= n_rep * 0.95 - 3 * np.sqrt(n_rep * 0.95 * 0.05)
