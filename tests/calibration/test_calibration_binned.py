import math

import numpy as np
import pytest
from calibration.utils import get_equal_bins, get_equal_prob_bins, lower_bound_scaling_ce
from mapie.metrics.calibration import expected_calibration_error
from sklearn.calibration import calibration_curve

from simulated import simulated
from trifit.calibration import bin_tables, binned_error, top_label

MODES = {"top-label": "top-label", "class-wise": "marginal"}
SCHEMES = {"width": get_equal_prob_bins, "mass": get_equal_bins}


def test_hand_values():
    """Two bins: 4 rows at 0.9 of which 3 right, 4 at 0.6 of which 1 right."""
    p = [[0.9, 0.1]] * 4 + [[0.6, 0.4]] * 4
    y = [0, 0, 0, 1, 0, 1, 1, 1]
    ece = binned_error(p, y, bins=5)
    assert ece.value == pytest.approx(0.5 * 0.15 + 0.5 * 0.35)
    (table,) = bin_tables(p, y, bins=5)
    assert table.frequency == pytest.approx([0.25, 0.75])
    assert list(table.count) == [4, 4]
    assert binned_error(p, y, bins=5, norm=2).value == pytest.approx(
        math.sqrt(0.5 * 0.15**2 + 0.5 * 0.35**2)
    )
    assert binned_error(p, y, bins=5, norm=math.inf).value == pytest.approx(0.35)
    noise = 0.25 * 0.75 / 3  # frequency (1 - frequency) / (count - 1), the same in both bins
    assert binned_error(p, y, bins=5, norm=2, debiased=True).value == pytest.approx(
        math.sqrt(0.5 * 0.15**2 + 0.5 * 0.35**2 - noise)
    )


def test_edges_belong_to_the_bin_below():
    (table,) = bin_tables([[0.6, 0.4], [0.8, 0.2], [0.81, 0.19]], [0, 0, 0], bins=5)
    assert list(table.count) == [1, 1, 1]


@pytest.mark.parametrize(("binning", "strategy"), [("width", "uniform"), ("mass", "quantile")])
def test_bins_equal_scikit_learns(rng, binning, strategy):
    probs, y, _ = simulated(rng, 600, 2)
    frequency, forecast = calibration_curve(y, probs[:, 1], n_bins=12, strategy=strategy)
    table = bin_tables(probs, y, notion="class-wise", bins=12, binning=binning)[1]
    assert table.frequency == pytest.approx(frequency, abs=1e-14)
    assert table.forecast == pytest.approx(forecast, abs=1e-14)


@pytest.mark.parametrize("notion", MODES)
@pytest.mark.parametrize("binning", SCHEMES)
@pytest.mark.parametrize(("norm", "debiased"), [(1, False), (2, False), (2, True)])
def test_equals_uncertainty_calibration(rng, notion, binning, norm, debiased):
    probs, y, _ = simulated(rng, 1003, slope=0.6)
    ours = binned_error(probs, y, notion=notion, binning=binning, norm=norm, debiased=debiased)
    theirs = lower_bound_scaling_ce(
        probs, y, norm, debiased, 15, SCHEMES[binning], mode=MODES[notion]
    )
    assert ours.value == pytest.approx(theirs, abs=1e-14)


def test_debiased_ece_is_the_limit_of_uncertainty_calibrations_resampling(rng):
    """Theirs draws 1,000 normal resamples; ours is their expectation in closed form."""
    probs, y, _ = simulated(rng, 1500, slope=0.6)
    np.random.seed(1)  # noqa: NPY002 - the peer draws from the global generator
    theirs = [
        lower_bound_scaling_ce(probs, y, 1, True, 15, get_equal_bins, mode="top-label")
        for _ in range(20)
    ]
    ours = binned_error(probs, y, binning="mass", debiased=True).value
    error = np.std(theirs, ddof=1) / math.sqrt(20)
    # They divide the variance by n, we by n - 1: one part in 100 (rows per bin) of a bias of 0.005.
    assert ours == pytest.approx(np.mean(theirs), abs=4 * error + 5e-5)


def test_class_wise_error_equals_mapies(rng):
    """MAPIE counts edges: its 16 are our 15 bins."""
    probs, y, _ = simulated(rng, 700, slope=0.6)
    theirs = expected_calibration_error(
        np.zeros(len(y)), probs, 16, "uniform", classwise=True, class_labels=y
    )
    assert binned_error(probs, y, notion="class-wise").value == pytest.approx(theirs, abs=1e-14)


def test_plain_error_of_calibrated_forecasts_is_bias_and_debiasing_removes_it(rng):
    plain, debiased = [], []
    for _ in range(100):
        probs, y, _ = simulated(rng, 300)
        options = {"norm": 2, "binning": "mass"}
        plain.append(binned_error(probs, y, **options).value ** 2)
        (table,) = bin_tables(probs, y, binning="mass")
        debiased.append(table.weight @ (table.error**2 - table.variance))
    assert np.mean(plain) > 8 * np.std(plain) / 10
    assert abs(np.mean(debiased)) < 4 * np.std(debiased) / 10


def test_converges_to_the_truth(rng):
    """Soft labels at the truth have no noise: the binned error of the truth itself."""
    probs, y, truth = simulated(rng, 100_000, slope=0.6)
    for norm in (1, 2):
        exact = binned_error(probs, truth, norm=norm).value
        estimate = binned_error(probs, y, norm=norm, debiased=True)
        assert abs(estimate.value - exact) < 4 * estimate.se
        assert estimate.se < 0.003
        assert estimate.low < exact < estimate.high


@pytest.mark.parametrize("norm", [1, 2, math.inf])
@pytest.mark.parametrize("slope", [1.0, 0.6])
def test_interval_covers_the_error_of_these_rows(rng, norm, slope):
    options = {"norm": norm, "binning": "mass", "notion": "class-wise"}
    held = 0
    for _ in range(100):
        probs, y, truth = simulated(rng, 300, slope=slope)
        error = binned_error(probs, y, **options)
        held += error.low <= binned_error(probs, truth, **options).value <= error.high
    assert held >= 88  # Binomial(100, 0.95) falls below with probability 0.002


def test_soft_one_hot_labels_are_hard_labels(rng):
    probs, y, _ = simulated(rng, 200)
    soft = binned_error(probs, np.eye(3)[y], notion="class-wise", norm=2, debiased=True)
    hard = binned_error(probs, y, notion="class-wise", norm=2, debiased=True)
    assert (soft.value, soft.se, soft.high) == (hard.value, hard.se, hard.high)


def test_top_label_takes_soft_labels():
    _, right = top_label([[0.9, 0.1], [0.3, 0.7]], [[0.8, 0.2], [0.6, 0.4]])
    assert list(right) == [0.8, 0.4]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bins": 0}, "bins=0: expected at least 1"),
        ({"norm": 3}, "norm=3: expected 1, 2 or math.inf"),
        ({"norm": math.inf, "debiased": True}, "no debiased form of the maximum"),
        ({"binning": "log"}, "binning='log': expected 'width' or 'mass'"),
        ({"notion": "canonical"}, "notion='canonical': expected 'top-label' or 'class-wise'"),
        ({"level": 95}, "level=95: expected between 0 and 1"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ValueError, match=message):
        binned_error([[0.5, 0.5]], [0], **options)
