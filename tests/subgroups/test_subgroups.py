"""Subgroups: how columns divide rows, partial pooling, many tests at once."""

import numpy as np
import pytest

from trifit.errors import InputError
from trifit.subgroups import By, divide, pooled, step_down


def texts(*values):
    return np.array(values, dtype=object)


def test_values_are_sorted_as_what_they_are_and_the_missing_come_last():
    found = divide(By("ward"), texts("10", None, "9", "b", "9"))
    assert found.names == ("9", "10", "b", "(missing)")
    assert found.codes.tolist() == [1, 3, 0, 2, 0]


def test_numbers_are_cut_at_quantiles():
    found = divide(By("age", 4), np.arange(8.0))
    assert found.cuts == (1.75, 3.5, 5.25)
    assert found.codes.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert found.names[1] == "1.75 ≤ age < 3.5"


def test_equal_numbers_stay_together():
    found = divide(By("n", 4), np.r_[np.zeros(60), np.arange(1, 41)])
    assert found.names == ("n < 15.25", "n ≥ 15.25")  # quantiles 0, 0 and 15.25
    assert (found.codes[:60] == 0).all()


def test_cuts_that_are_close_are_told_apart():
    names = divide(By("t", 3), 1e9 + np.arange(9.0)).names
    assert len(set(names)) == 3


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("ages", "by 'ages': 'ages' is no column; there are 'age'"),
        ("age:1", "expected COLUMN:PARTS with 2 to 20 parts, e.g. age:4"),
        ("age:21", "2 to 20 parts"),
        ("age:x", "2 to 20 parts"),
        ("age:-4", "2 to 20 parts"),
        (":4", "':4' is no column"),
    ],
)
def test_wrong_columns_get_one_line(text, says):
    with pytest.raises(InputError, match=says):
        By.of(text, ["age"])


@pytest.mark.parametrize(
    ("by", "values", "says"),
    [
        (By("a"), texts(*"xxx"), "every row has the value 'x'"),
        (By("a"), texts(*map(str, range(51))), r"51 different values; at most 50 .*e.g. a:4"),
        (By("a"), texts(*(f"i{k}" for k in range(51))), "merge some of them"),
        (By("a", 2), np.ones(5), "cannot be cut"),
        (By("a", 2), np.full(5, np.nan), "cannot be cut"),
    ],
)
def test_columns_that_divide_nothing_get_one_line(by, values, says):
    with pytest.raises(InputError, match=says):
        divide(by, values)


def test_pooling_by_quadrature():
    """Two subgroups, against the posterior summed over theta, mu and tau on a fine grid."""
    b, s, scale = np.array([0.6, 1.1]), np.array([0.1, 0.2]), 0.5
    tau = (np.arange(1000) + 0.5) * 0.002
    mu = np.linspace(-2, 4, 1201)[:, None]
    v = s[:, None, None] ** 2 + tau**2
    density = np.exp(-0.5 * ((b[:, None, None] - mu) ** 2 / v + np.log(v)).sum(axis=0))
    density *= np.exp(-0.5 * (tau / scale) ** 2)
    own = tau**2 / v
    density /= density.sum()
    expected = [(density * (w * e + (1 - w) * mu)).sum() for w, e in zip(own, b, strict=True)]
    found = pooled(b, s, scale=scale)
    assert found.value == pytest.approx(expected, abs=2e-3)
    assert found.mean == pytest.approx((density * mu).sum(), abs=2e-3)
    assert found.spread == pytest.approx((density * tau).sum(), rel=0.01)


def test_the_limits_of_pooling(rng):
    b, s = np.array([0.5, 1.0, 1.3]), np.full(3, 0.1)
    alike = pooled(b, s, scale=1e-6)
    assert alike.value == pytest.approx(np.full(3, b.mean()), abs=1e-6)
    assert alike.se == pytest.approx(np.full(3, 0.1 / np.sqrt(3)), rel=1e-6)
    exact = pooled(b, np.full(3, 1e-6), scale=0.5)
    assert exact.value == pytest.approx(b, abs=1e-6)
    order = np.array([2, 0, 1])
    one, other = pooled(b, s, scale=0.5), pooled(b[order], s, scale=0.5)
    assert other.value == pytest.approx(one.value[order])


def test_subgroups_without_an_estimate_take_no_part():
    found = pooled(np.array([0.5, np.nan, 1.0]), np.array([0.1, 0.2, 0.1]), scale=0.5)
    assert np.isnan(found.value).tolist() == [False, True, False]
    two = pooled(np.array([0.5, 1.0]), np.full(2, 0.1), scale=0.5)
    assert found.mean == pytest.approx(two.mean)
    assert np.isnan(pooled(np.array([np.nan]), np.array([0.1]), scale=0.5).mean)


def test_pooled_intervals_cover(rng):
    """95 % intervals of 10 true values, in 300 worlds whose spread is drawn from the prior."""
    inside = []
    for _ in range(300):
        true = 1 + abs(rng.normal(0, 0.5)) * rng.normal(size=10)
        se = rng.uniform(0.05, 0.5, 10)
        found = pooled(true + se * rng.normal(size=10), se, scale=0.5)
        inside += [*(abs(found.value - true) < 1.96 * found.se)]
    assert np.mean(inside) == pytest.approx(0.95, abs=0.015)


def test_the_worst_is_taken_out_and_the_others_are_tested_without_it():
    seen = []

    def test(left):
        seen.append(left.tolist())
        p = np.array([[0.001, 0.01, 0.6, 0.7]]) if left.all() else np.array([[0, 0.4, 0.6, 0.7]])
        return np.where(left, p, np.nan)

    (found,) = step_down([(4, test)], 0.05)
    assert seen == [[True] * 4, [False, True, True, True]]
    assert found == pytest.approx(np.array([[0.004, 1.0, 1.0, 1.0]]))


def test_tests_of_all_divisions_are_counted():
    first = lambda left: np.where(left, [[0.01, 0.01], [0.5, 0.5]], np.nan)  # noqa: E731
    second = lambda left: np.where(left, [[0.2, np.nan, 0.3]], np.nan)  # noqa: E731
    a, b = step_down([(2, first), (3, second)], 0.05)
    assert a == pytest.approx(np.array([[0.04, 0.04], [1, 1]]))
    assert b == pytest.approx(np.array([[0.4, np.nan, 0.6]]), nan_ok=True)


def test_of_two_both_differ():
    (found,) = step_down([(2, lambda left: np.where(left, [[0.001, 0.001]], np.nan))], 0.05)
    assert found == pytest.approx(np.full((1, 2), 0.001))
