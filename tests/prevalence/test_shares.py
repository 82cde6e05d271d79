"""Other class shares: Bayes' rule, weights, EM and the test of label shift."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import kstest

from trifit.errors import InputError
from trifit.forecasts import LOG_ZERO
from trifit.prevalence import (
    Prevalence,
    effective_rows,
    estimate,
    label_shift_test,
    reweighted,
    target_mean,
)
from trifit.scores import mean_with_se

MEANS = np.array([0.0, 1.5])


def normals(rng, n, shares, moved=0.0):
    """A feature of two normal classes, and labels."""
    y = (rng.random(n) < shares[1]).astype(int)
    return rng.normal(MEANS[y] + moved), y


def log_probs(x, shares):
    """The true probabilities of those classes under some shares."""
    joint = np.log(shares) - (x[:, None] - MEANS) ** 2 / 2
    return joint - np.logaddexp.reduce(joint, axis=1, keepdims=True)


EVEN, RARE = np.array([0.5, 0.5]), np.array([0.9, 0.1])


def test_reweighted_true_probabilities_are_the_true_ones(rng):
    x, _ = normals(rng, 100, EVEN)
    found = reweighted(log_probs(x, EVEN), EVEN, RARE)
    assert found == pytest.approx(log_probs(x, RARE), abs=1e-12)
    assert reweighted(found, RARE, EVEN) == pytest.approx(log_probs(x, EVEN), abs=1e-12)


def test_a_class_that_is_ruled_out_stays_so():
    found = reweighted(np.array([[0.0, LOG_ZERO]]), EVEN, np.array([1e-6, 1 - 1e-6]))
    assert found.tolist() == [[0.0, LOG_ZERO]]
    gone = reweighted(np.log([[0.5, 0.5]]), EVEN, np.array([1.0, 0.0]))
    assert gone.tolist() == [[0.0, LOG_ZERO]]


def test_draws_are_reweighted_before_they_are_averaged():
    """0.1 and 0.9 average 0.5; reweighted from 1:1 to 9:1 they are 1/82 and 1/2."""
    draws = np.log([[[0.9, 0.1]], [[0.1, 0.9]]])
    each = np.exp(reweighted(draws, EVEN, RARE))[:, 0, 1]
    assert each == pytest.approx([1 / 82, 1 / 2])
    assert each.mean() > 2 * np.exp(reweighted(np.log([[0.5, 0.5]]), EVEN, RARE))[0, 1]


def test_classes_that_are_not_named_share_the_rest():
    usual = np.array([0.2, 0.3, 0.5])
    assert Prevalence.of("a=0.6").of_classes("abc", usual) == pytest.approx([0.6, 0.15, 0.25])
    assert Prevalence.of("a=0.2, b=0.3,c=0.5").of_classes("abc", usual) == pytest.approx(usual)
    assert Prevalence.of("x=y=0.5").shares == (("x=y", 0.5),)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("a", "expected CLASS=SHARE"),
        ("a=", "expected CLASS=SHARE"),
        ("=0.5", "expected CLASS=SHARE"),
        ("", "expected CLASS=SHARE"),
        ({}, "expected CLASS=SHARE"),
        ("a=0.1,a=0.2", "expected CLASS=SHARE"),
        (0.1, "expected CLASS=SHARE"),
        ("a=2", "above 0 and below 1"),
        ("a=0", "above 0 and below 1"),
        ("a=nan", "above 0 and below 1"),
        ("a=0.7,b=0.7", "the shares sum to 1.4; expected at most 1"),
        ("a=0.2,b=0.2,c=0.2", "the shares sum to 0.6; expected 1"),
        ("a=0.5,b=0.5", "nothing is left for the other classes"),
        ("d=0.2", "'d' is no class; the classes are 'a', 'b', 'c'"),
    ],
)
def test_wrong_shares_get_one_line(given, says):
    with pytest.raises(InputError, match=says):
        Prevalence.of(given).of_classes(["a", "b", "c"], np.full(3, 1 / 3))


def test_weights_by_hand():
    """Losses 1 and 3 of class a, 5 of class b; shares 0.25 and 0.75: 0.25 x 2 + 0.75 x 5."""
    values, truth = np.array([[1.0, 9], [3, 9], [9, 5]]), np.array([[1.0, 0], [1, 0], [0, 1]])
    assert target_mean(values, truth, np.array([0.25, 0.75])).value == pytest.approx(4.25)
    assert effective_rows(truth, truth.mean(axis=0)) == pytest.approx(3)
    weights = np.array([0.25 / 2, 0.25 / 2, 0.75])  # in all 1
    assert effective_rows(truth, np.array([0.25, 0.75])) == pytest.approx(1 / (weights**2).sum())


def test_soft_one_hot_labels_and_copies(rng):
    values, truth = rng.random((50, 2)), np.eye(2)[rng.integers(0, 2, 50)]
    one = target_mean(values, truth, RARE, np.arange(50))
    groups = np.repeat(np.arange(50), 3)
    copied = target_mean(values[groups], truth[groups], RARE, groups)
    assert copied.value == pytest.approx(one.value)
    assert copied.se == pytest.approx(one.se)


def test_the_error_of_a_weighted_score_is_its_scatter():
    """2,000 data sets; and the mean is that of rows drawn where classes have those shares."""
    rng, found = np.random.default_rng(2), []
    for _ in range(2000):
        x, y = normals(rng, 200, EVEN)
        found.append(target_mean(-log_probs(x, RARE), np.eye(2)[y], RARE))
    x, y = normals(rng, 200_000, RARE)
    there = mean_with_se(-log_probs(x, RARE)[np.arange(len(y)), y])
    values = np.array([f.value for f in found])
    error = values.std(ddof=1) / np.sqrt(2000)
    assert values.mean() == pytest.approx(there.value, abs=3 * np.hypot(error, there.se))
    assert np.mean([f.se for f in found]) == pytest.approx(values.std(ddof=1), rel=0.06)


def test_em_finds_the_maximum_of_the_likelihood(rng):
    x, _ = normals(rng, 500, RARE)
    logs = log_probs(x, EVEN)
    found = estimate(logs, EVEN)

    def deviance(share):
        return -2 * np.log(np.exp(logs) @ (np.array([1 - share, share]) / EVEN)).sum()

    best = minimize_scalar(deviance, bounds=(1e-9, 1 - 1e-9), method="bounded")
    assert found.shares[1] == pytest.approx(best.x, abs=1e-5)
    for end in (found.low[1], found.high[1]):
        assert deviance(end) - best.fun == pytest.approx(3.841, abs=0.01)


@pytest.mark.broad
def test_intervals_of_three_classes_hold_both_others_free(rng):
    means, before = np.array([0.0, 2.0, 4.0]), np.full(3, 1 / 3)
    after, inside = np.array([0.7, 0.2, 0.1]), []
    for _ in range(60):
        y = rng.choice(3, p=after, size=300)
        joint = -((rng.normal(means[y])[:, None] - means) ** 2) / 2
        logs = joint - np.logaddexp.reduce(joint, axis=1, keepdims=True)
        found = estimate(logs, before)
        assert found.shares.sum() == pytest.approx(1)
        inside += [*((found.low <= after) & (after <= found.high))]
    assert np.mean(inside) > 0.9


@pytest.mark.broad
def test_intervals_cover():
    rng, inside = np.random.default_rng(6), 0
    for _ in range(500):
        found = estimate(log_probs(normals(rng, 400, RARE)[0], EVEN), EVEN)
        inside += found.low[1] <= RARE[1] <= found.high[1]
    assert inside / 500 == pytest.approx(0.95, abs=2 * np.sqrt(0.95 * 0.05 / 500))


@pytest.mark.broad
@pytest.mark.parametrize("size", [1, 3], ids=["rows", "groups"])
def test_p_values_of_the_shift_test_are_uniform_unless_more_has_changed(size):
    """Probabilities that are wrong (log-odds doubled) do not matter."""
    rng, null, moved = np.random.default_rng(7), [], []
    groups = None if size == 1 else np.repeat(np.arange(500), size)
    for _ in range(300):
        x, y = (np.repeat(v, size) for v in normals(rng, 500, EVEN))
        sharp, truth = log_probs(2 * x, EVEN), np.eye(2)[y]
        for found, by in ((null, 0.0), (moved, -0.6)):
            rows = log_probs(2 * normals(rng, 500, RARE, by)[0], EVEN)
            found.append(label_shift_test(sharp, truth, rows, groups))
    assert kstest(null, "uniform").pvalue > 0.01
    assert np.mean(np.array(null) < 0.05) == pytest.approx(0.05, abs=2.5 * np.sqrt(0.0475 / 300))
    assert np.mean(np.array(moved) < 0.01) > 0.8


def test_there_is_no_shift_test_with_one_class_or_without_variation():
    logs = np.log(np.full((20, 2), 0.5))
    assert np.isnan(label_shift_test(logs, np.eye(2)[np.arange(20) % 2], logs))
    assert np.isnan(label_shift_test(logs, np.eye(2)[np.zeros(20, dtype=int)], logs))


@pytest.mark.parametrize("n_rare", [3, 5, 20])
def test_the_interval_of_a_class_with_few_rows_covers(rng, n_rare):
    truth = np.eye(2)[np.repeat([1, 0], [n_rare, 200])]
    true = 0.5 * 0.3 + 0.5 * 1.0
    covered = 0
    for _ in range(400):
        values = np.column_stack(
            [rng.normal(0.3, 0.2, size=len(truth)), rng.normal(1.0, 0.5, size=len(truth))]
        )
        found = target_mean(values, truth, np.array([0.5, 0.5]))
        covered += found.low < true < found.high
    assert abs(covered / 400 - 0.95) < 4 * np.sqrt(0.95 * 0.05 / 400)


def test_no_test_of_label_shift_with_few_rows_of_a_class(rng):
    truth = np.eye(2)[np.repeat([1, 0], [29, 900])]
    log_probs = np.log(rng.dirichlet([1, 1], size=929))
    assert np.isnan(label_shift_test(log_probs, truth, log_probs))
    more = np.eye(2)[np.repeat([1, 0], [30, 899])]
    assert np.isfinite(label_shift_test(log_probs, more, log_probs))


@pytest.mark.parametrize("sizes", [(4, 4, 4), (12, 3, 1)], ids=["equal", "unequal"])
@pytest.mark.parametrize("n_rare", [2, 3, 5, 10])
def test_the_interval_of_a_class_with_few_groups_covers(rng, n_rare, sizes):
    """Rows of a group share half of their scatter; with the t of all groups 60 to 89 %."""
    groups = np.repeat(np.arange(100), [*sizes, *[4] * 97])
    truth = np.eye(2)[(groups < n_rare).astype(int)]
    covered = 0
    for _ in range(400):
        shared = rng.normal(size=100)[groups] + rng.normal(size=len(groups))
        found = target_mean(np.tile(shared[:, None], 2), truth, np.array([0.5, 0.5]), groups)
        covered += found.low < 0 < found.high
    assert covered / 400 > 0.95 - 3 * np.sqrt(0.95 * 0.05 / 400)


def test_a_class_of_one_group_has_no_error():
    truth, groups = np.eye(2)[np.repeat([0, 1], [90, 6])], np.repeat(np.arange(16), 6)
    found = target_mean(np.ones((96, 2)), truth, np.array([0.5, 0.5]), groups)
    assert found.value == 1
    assert np.isnan(found.se)
    assert np.isnan(found.low)


@pytest.mark.parametrize(("n_groups", "size"), [(12, 50), (25, 20)])
def test_p_values_of_the_shift_test_with_few_groups(n_groups, size):
    """Rows of a group are alike, and only shares differ: by chi-squared 12 % were below 5 %."""
    rng, found = np.random.default_rng(0), []
    groups = np.repeat(np.arange(n_groups), size)
    for _ in range(300):
        y = rng.integers(0, 2, size=len(groups))
        shared = np.sqrt(0.3) * rng.normal(size=n_groups)[groups]
        x = 1.5 * y + shared + np.sqrt(0.7) * rng.normal(size=len(y))
        new = 1.5 * (rng.random(500) < 0.3) + rng.normal(size=500)
        labelled, rest = (log_probs(each - 0.75, EVEN) for each in (x, new))
        found.append(label_shift_test(labelled, np.eye(2)[y], rest, groups))
    assert np.mean(np.array(found) < 0.05) < 0.05 + 3 * np.sqrt(0.0475 / 300)
    assert np.mean(np.array(found) < 0.01) < 0.01 + 3 * np.sqrt(0.0099 / 300)


def test_no_test_of_label_shift_with_hardly_a_group_for_each_bin(rng):
    truth, logs = np.eye(2)[np.arange(400) % 2], np.log(rng.dirichlet([1, 1], size=400))
    assert np.isnan(label_shift_test(logs, truth, logs, np.arange(400) % 11))
    assert np.isfinite(label_shift_test(logs, truth, logs, np.arange(400) % 12))
