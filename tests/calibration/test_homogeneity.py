"""Score tests of one recalibration for all subgroups: identities, other software, size."""

import numpy as np
import pytest
from scipy.stats import chi2, kstest
from sklearn.linear_model import LogisticRegression

from trifit.calibration import homogeneity


def world(rng, n, factors, sd=1.5, together=1):
    """Calibrated log-odds in subgroups of n rows, times a factor in each; rows of a group alike."""
    codes = np.arange(n * len(factors)) % len(factors)
    eta = sd * rng.normal(size=len(codes)) - 0.5
    y = (rng.logistic(size=len(codes)) < eta).astype(int)
    stated = np.asarray(factors)[codes] * eta
    log_probs = -np.logaddexp(0, np.c_[stated, -stated])
    copies = np.repeat(np.arange(len(codes)), together)
    return log_probs[copies], y[copies], codes[copies], np.repeat(np.arange(len(codes)), together)


def test_it_is_the_score_test_of_two_groups(rng):
    """Against the likelihood-ratio test of the same hypothesis, fitted by scikit-learn."""
    log_probs, y, codes, _ = world(rng, 3000, [1.0, 1.15])
    x = (log_probs[:, 1] - log_probs[:, 0])[:, None]

    def deviance(rows):
        model = LogisticRegression(C=np.inf, tol=1e-10).fit(x[rows], y[rows])
        return -2 * model.predict_log_proba(x[rows])[np.arange(rows.sum()), y[rows]].sum()

    ratio = deviance(codes >= 0) - deviance(codes == 0) - deviance(codes == 1)
    found = homogeneity(log_probs, y, codes)
    assert found.df == 2
    assert np.log(found.p_value) == pytest.approx(np.log(chi2.sf(ratio, 2)), rel=0.05)
    assert found.slope[0] == pytest.approx(found.slope[1], rel=1e-6)  # two: each against the other


def test_codes_classes_and_rows_in_another_order(rng):
    log_probs, y, codes, _ = world(rng, 200, [1.0, 1.3, 1.0])
    one, order = homogeneity(log_probs, y, codes), rng.permutation(len(y))
    for other in (
        homogeneity(log_probs[order], y[order], codes[order]),
        homogeneity(log_probs[:, ::-1], 1 - y, codes),
    ):
        assert other.p_value == pytest.approx(one.p_value, rel=1e-6)
        assert other.slope == pytest.approx(one.slope, rel=1e-6)
        assert other.bias == pytest.approx(one.bias, rel=1e-6)
    turned = homogeneity(log_probs, y, 2 - codes)
    assert turned.slope == pytest.approx(one.slope[::-1], rel=1e-6)


def test_a_fault_that_all_share_is_no_difference(rng):
    """Log-odds 3 times too large everywhere: p-values as of calibrated ones."""
    log_probs, y, codes, _ = world(rng, 300, [1.0, 1.0, 1.0])
    sharp = 3 * log_probs
    sharp -= np.logaddexp.reduce(sharp, axis=1, keepdims=True)
    one, other = homogeneity(log_probs, y, codes), homogeneity(sharp, y, codes)
    assert other.p_value == pytest.approx(one.p_value, rel=1e-6)
    assert other.bias == pytest.approx(one.bias, rel=1e-6)


def test_copies_in_a_group_say_no_more(rng):
    """Four copies of every row: as one row with groups, far too sure without."""
    log_probs, y, codes, groups = world(rng, 150, [1.0, 1.2, 1.0], together=4)
    grouped = homogeneity(log_probs, y, codes, groups)
    single = homogeneity(log_probs[::4], y[::4], codes[::4], np.arange(len(y) // 4))
    assert grouped.p_value == pytest.approx(single.p_value, rel=1e-6)
    assert homogeneity(log_probs, y, codes).p_value < grouped.p_value


def test_few_rows_of_a_class_are_not_tested(rng):
    log_probs, y, codes, _ = world(rng, 100, [1.0, 1.0])
    codes[:6] = 2
    found = homogeneity(log_probs, y, codes)
    assert np.isnan(found.slope[2])
    assert np.isnan(found.bias[2])
    assert found.df == 2


def classes(rng, shares, n, n_subgroups):
    """Calibrated forecasts of classes of some shares, rows in subgroups of n."""
    codes = np.arange(n * n_subgroups) % n_subgroups
    logits = np.log(shares) + rng.normal(size=(len(codes), len(shares)))
    probs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    y = (rng.random(len(codes))[:, None] > probs.cumsum(axis=1)[:, :-1]).sum(axis=1)
    return np.log(probs), y, codes


@pytest.mark.parametrize("shares", [[0.5, 0.3, 0.2], [0.6, 0.38, 0.02], [0.9, 0.05, 0.03, 0.02]])
def test_the_order_of_classes_says_nothing(rng, shares):
    """Also where one of them is too rare to be tested, in some subgroups or in all."""
    log_probs, y, codes = classes(rng, shares, 150, 3)
    codes[:60] = 0  # of unequal size
    one = homogeneity(log_probs, y, codes)
    for order in ([1, 2, 0], [2, 1, 0]):
        order = [*order, *range(3, len(shares))]
        other = homogeneity(log_probs[:, order], np.argsort(order)[y], codes)
        assert other.df == one.df
        assert other.p_value == pytest.approx(one.p_value, rel=1e-6)
        assert other.slope == pytest.approx(one.slope, rel=1e-6)
        assert other.bias == pytest.approx(one.bias, rel=1e-6)


def test_a_rare_class_is_not_tested_wherever_it_stands(rng):
    """One label of a class that was forecast at 1 in 2,000, in a subgroup: nothing."""
    log_probs, y, codes = classes(rng, [0.6, 0.4 - 5e-4, 5e-4], 300, 3)
    y[y == 2] = 0
    before = [homogeneity(log_probs[:, [2, 0, 1]], (y + 1) % 3, codes)]
    y[codes.argmin()] = 2
    after = homogeneity(log_probs[:, [2, 0, 1]], (y + 1) % 3, codes)
    assert after.df == before[0].df == 4  # slope and one class, of two subgroups
    assert after.bias.min() > 0.05
    assert after.p_value > 0.05


@pytest.mark.broad
def test_other_intercepts_are_no_other_slope():
    """One subgroup's log-odds are shifted by 2: its slope is tested at the level all the same."""
    rng, found = np.random.default_rng(5), []
    for _ in range(200):
        log_probs, y, codes, _ = world(rng, 400, [1.0] * 5, sd=2.0)
        eta = log_probs[:, 1] - log_probs[:, 0] + 2.0 * (codes == 0)
        y = (rng.logistic(size=len(y)) < eta).astype(int)
        found.append(homogeneity(log_probs, y, codes))
    assert kstest([f.slope[0] for f in found], "uniform").pvalue > 0.01
    assert kstest([f.slope[1] for f in found], "uniform").pvalue > 0.01
    assert max(f.bias[0] for f in found) < 1e-6


def test_the_slope_is_tested_as_against_fits_with_own_intercepts(rng):
    """Likelihood ratio by scikit-learn: one slope against another one in the first subgroup."""
    log_probs, y, codes, _ = world(rng, 1000, [1.15, 1.0, 1.0])
    x, strata = log_probs[:, 1] - log_probs[:, 0], np.eye(3)[codes]
    y = (rng.logistic(size=len(y)) < x + strata @ [1.0, 0.0, -0.5]).astype(int)

    def deviance(*columns):
        design = np.column_stack([strata, *columns])
        model = LogisticRegression(C=np.inf, tol=1e-10, fit_intercept=False, max_iter=1000)
        model.fit(design, y)
        return -2 * model.predict_log_proba(design)[np.arange(len(y)), y].sum()

    ratio = deviance(x) - deviance(x, x * (codes == 0))
    found = homogeneity(log_probs, y, codes)
    assert np.sqrt(chi2.isf(found.slope[0], 1)) == pytest.approx(np.sqrt(ratio), abs=0.05)


def test_soft_labels_have_no_test(rng):
    log_probs, _, codes, _ = world(rng, 100, [1.0, 1.0])
    found = homogeneity(log_probs, np.exp(log_probs), codes)
    assert np.isnan([found.p_value, *found.slope, *found.bias]).all()
    assert found.df == 0


def test_labels_ranked_without_error_have_no_test():
    log_probs = np.log(np.array([[0.9, 0.1]] * 20 + [[0.1, 0.9]] * 20))
    found = homogeneity(log_probs, np.repeat([0, 1], 20), np.arange(40) % 2)
    assert np.isnan(found.p_value)
    assert np.isnan(found.slope).all()


@pytest.mark.broad
@pytest.mark.parametrize("together", [1, 3], ids=["rows", "groups"])
def test_p_values_are_uniform(together):
    rng, found = np.random.default_rng(4), []
    for _ in range(300):
        log_probs, y, codes, groups = world(rng, 80, [1.0] * 3, together=together)
        found.append(homogeneity(log_probs, y, codes, None if together == 1 else groups))
    assert kstest([f.p_value for f in found], "uniform").pvalue > 0.01
    assert kstest([f.slope[0] for f in found], "uniform").pvalue > 0.01
    assert kstest([f.bias[0] for f in found], "uniform").pvalue > 0.01
