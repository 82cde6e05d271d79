"""The tests of calibration; their sizes at length are in docs/calibration-tests.md."""

import math
from functools import partial

import numpy as np
import pytest
from mapie.metrics.calibration import spiegelhalter_statistic
from probcal.metrics import spiegelhalter_z
from scipy.special import log_softmax

from selection import by_default
from simulated import draw_labels, simulated
from trifit.calibration import bin_tables, corp, kernel_error, tests, top_label
from trifit.calibration.bands import pooled

RESAMPLED = {
    "kernel": tests.kernel,
    "hosmer_lemeshow": tests.hosmer_lemeshow,
    "hosmer_lemeshow top label": partial(tests.hosmer_lemeshow, notion="top-label"),
    "top_label": tests.top_label,
}
ALL = {**RESAMPLED, "spiegelhalter": tests.spiegelhalter}


def p_value(test, probs, y, rng):
    options = {} if test is tests.spiegelhalter else {"seed": rng, "detect": False}
    return test(probs, y, **options).p_value


def rejections(test, rng, n, n_classes, runs, **options):
    return sum(
        p_value(test, *simulated(rng, n, n_classes, **options)[:2], rng) <= 0.05
        for _ in range(runs)
    )


@pytest.mark.parametrize("n_classes", by_default(4, of=[2, 4]))
@pytest.mark.parametrize("name", by_default(*(set(ALL) - {"kernel"}), of=ALL))  # ten seconds
def test_size(rng, name, n_classes):
    """Calibrated forecasts are rejected 1 time in 20: Binomial(200, 0.05) within 0.9999."""
    count = rejections(ALL[name], rng, 60, n_classes, 200)
    assert 1 <= count <= 23


@pytest.mark.slow
@pytest.mark.parametrize("n", [200, 1000])
@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("name", ALL)
def test_size_within_a_hundredth(rng, name, n, n_classes):
    """0.05 within 0.01 and two standard errors of 2,000 runs."""
    runs = 2000
    share = rejections(ALL[name], rng, n, n_classes, runs) / runs
    assert share == pytest.approx(0.05, abs=0.01 + 2 * math.sqrt(0.05 * 0.95 / runs))


@pytest.mark.parametrize("n_classes", by_default(4, of=[2, 4]))
@pytest.mark.parametrize("name", ALL)
def test_power_against_over_confidence(rng, name, n_classes):
    assert rejections(ALL[name], rng, 400, n_classes, 20, slope=0.4) >= 18


@pytest.mark.broad
@pytest.mark.parametrize("name", ALL)
def test_detectable_slope_is_found_with_the_stated_power(rng, name):
    probs, y, _ = simulated(rng, 300, 3)
    test = ALL[name]
    slope = test(probs, y).detectable_slope
    truth = np.exp(log_softmax(slope * np.log(probs), axis=1))
    hits = 0
    for _ in range(200):
        hits += p_value(test, probs, draw_labels(rng, truth), rng) <= 0.05
    assert hits / 200 == pytest.approx(0.8, abs=0.13)  # 4 standard errors and the approximation


@pytest.mark.parametrize("name", ALL)
def test_more_rows_detect_less(rng, name):
    few = ALL[name](*simulated(rng, 200)[:2]).detectable_slope
    many = ALL[name](*simulated(rng, 3000)[:2]).detectable_slope
    assert 0 < few < many < 1


def test_spiegelhalter_equals_mapie_and_probcal(rng):
    probs, y, _ = simulated(rng, 300, 2, slope=0.7)
    ours = tests.spiegelhalter(probs, y)
    assert ours.statistic == pytest.approx(spiegelhalter_statistic(y, probs[:, 1]), rel=1e-12)
    peer = spiegelhalter_z(y, probs[:, 1])
    assert (ours.statistic, ours.p_value) == pytest.approx((peer.z, peer.p_value), rel=1e-10)


def test_spiegelhalter_standardises_the_brier_score(rng):
    """Mean 0 and variance 1 over labels drawn from the forecasts, for four classes too."""
    probs, _, _ = simulated(rng, 50, 4)
    z = [tests.spiegelhalter(probs, draw_labels(rng, probs)).statistic for _ in range(2000)]
    assert np.mean(z) == pytest.approx(0, abs=4 / math.sqrt(2000))
    assert np.var(z) == pytest.approx(1, abs=4 * math.sqrt(2 / 2000))


def test_spiegelhalter_where_labels_make_no_difference():
    assert tests.spiegelhalter([[0.5, 0.5]] * 4, [0, 0, 0, 0]).p_value == 1
    certain = [[1.0, 0.0], [0.0, 1.0]]
    assert tests.spiegelhalter(certain, [0, 1]).p_value == 1
    assert tests.spiegelhalter(certain, [0, 0]).p_value == 0


def test_kernel_statistic_is_the_unbiased_estimate(rng):
    """The projection on landmarks loses nothing that matters for few classes."""
    probs, y, _ = simulated(rng, 500, 3, slope=0.5)
    estimate = kernel_error(probs, y)
    assert tests.kernel(probs, y).statistic == pytest.approx(estimate.value, abs=1e-3 * estimate.se)


def test_hosmer_lemeshow_statistic_by_hand():
    probs = np.array([[0.8, 0.2]] * 10 + [[0.4, 0.6]] * 10)
    y = np.array([1] * 4 + [0] * 6 + [1] * 5 + [0] * 5)
    by_hand = (4 - 2) ** 2 / (10 * 0.2 * 0.8) + (5 - 6) ** 2 / (10 * 0.6 * 0.4)
    assert tests.hosmer_lemeshow(probs, y).statistic == pytest.approx(by_hand)


def test_hosmer_lemeshow_sums_the_bins_of_all_classes(rng):
    probs, y, _ = simulated(rng, 600, 3)  # bins of 60 rows
    tables = bin_tables(probs, y, notion="class-wise", bins=10, binning="mass")
    by_hand = sum(np.sum(t.count * t.error**2 / (t.forecast * (1 - t.forecast))) for t in tables)
    assert tests.hosmer_lemeshow(probs, y).statistic == pytest.approx(by_hand)


def test_top_label_statistic_is_corps_miscalibration(rng):
    probs, y, _ = simulated(rng, 500)
    mcb = corp(*top_label(probs, y)).mcb.value
    assert tests.top_label(probs, y).statistic == pytest.approx(mcb)


def test_many_forecasts_are_pooled(rng):
    probs, y, _ = simulated(rng, 5000)
    confidence, right = top_label(probs, y)
    groups = pooled(confidence)
    assert len(groups.count) == 1000
    mcb = corp(groups.forecast[groups.index], right).mcb.value
    assert tests.top_label(probs, y, detect=False).statistic == pytest.approx(mcb)


@pytest.mark.parametrize("name", RESAMPLED)
def test_the_seed_decides(rng, name):
    probs, y, _ = simulated(rng, 100)
    test = RESAMPLED[name]
    assert test(probs, y, seed=3) == test(probs, y, seed=3)
    p_values = {test(probs, y, seed=seed, detect=False).p_value for seed in range(8)}
    assert len(p_values) > 1


@pytest.mark.parametrize("name", ALL)
def test_impossible_labels_are_rejected(name):
    probs = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]] * 10
    assert ALL[name](probs, [2, 0] * 10).p_value <= 0.05


@pytest.mark.parametrize("name", ALL)
def test_perfect_forecasts_are_not_rejected(name):
    probs = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]] * 10
    assert ALL[name](probs, [0, 1, 2] * 10).p_value == 1


@pytest.mark.parametrize("name", ALL)
def test_soft_labels_are_refused(name):
    with pytest.raises(ValueError, match="soft labels, for which a test is not defined"):
        ALL[name]([[0.5, 0.5]] * 2, [[0.5, 0.5]] * 2)


def test_bad_options():
    with pytest.raises(ValueError, match="notion='canonical': expected 'class-wise'"):
        tests.hosmer_lemeshow([[0.5, 0.5]], [0], notion="canonical")
    with pytest.raises(ValueError, match="compares two"):
        tests.kernel([[0.5, 0.5]], [0])


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("least", [0.0, 1e-13])
def test_a_label_that_was_ruled_out_refutes_the_forecasts(rng, name, least):
    """Forecasts of 0 and 1, one mistake in 300 rows: its probability is that of the p-value."""
    y = np.repeat([0, 1], [100, 200])
    p = np.clip(np.eye(2)[y], least, 1 - least)
    y[7] = 1
    assert p_value(ALL[name], p, y, rng) <= 301 * least


def test_a_rare_label_among_many_is_no_surprise(rng):
    """One label of probability one in 100,000 among as many rows."""
    p = np.tile([0.99999, 1e-5], (100_000, 1))
    y = np.zeros(100_000, dtype=int)
    y[3] = 1
    assert p_value(tests.kernel, p, y, rng) > 0.2
