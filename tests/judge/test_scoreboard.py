"""Every score with its interval, and the bands of the reliability curve."""

import numpy as np
import pytest
from scipy.stats import beta

from simulated import simulated
from trifit.calibration import confidence_band, top_label
from trifit.elpd import mean_interval
from trifit.forecasts import Forecasts
from trifit.judge import scores
from trifit.rounding import rounded
from trifit.scores import BITS, accuracy, log_loss, mean_with_se, wilson


def test_values_are_those_of_the_fits(iris_run):
    c = iris_run.comparison
    y, log_probs = iris_run.fitted.y, iris_run.log_probs
    assert list(c.scoreboard) == [*c.contestants, *c.baselines]
    for name, board in c.scoreboard.items():
        assert ("gain" in board) == (name in c.contestants)
        if name in c.contestants:
            for score, measure in (("log_loss", log_loss), ("accuracy", accuracy)):
                own = measure(log_probs[name], y)
                assert board[score].value == pytest.approx(own.value)
                assert board[score].se == pytest.approx(own.se)
        assert board["log_loss_bits"].low == pytest.approx(board["log_loss"].low * BITS)
        for score in ("log_loss", "log_loss_bits", "brier", "accuracy", "calibration_error"):
            interval = board[score]
            assert interval.low <= interval.value <= interval.high, (name, score)
    gain = c.scoreboard["map"]["gain"]
    assert gain.high - gain.value == pytest.approx(1.96 * gain.se)


def test_a_score_that_no_row_changes_is_a_point(iris_run):
    loss = iris_run.comparison.scoreboard["uniform"]["log_loss"]
    assert loss.value == pytest.approx(np.log(3))
    assert loss.high - loss.low < 1e-12


def test_bootstrap_interval_of_a_normal_mean_is_the_normal_one(rng):
    values = rng.normal(size=2000)
    mean = mean_with_se(values)
    low, high = mean_interval(values, n_draws=20_000)
    assert low == pytest.approx(mean.value - 1.96 * mean.se, abs=0.1 * mean.se)
    assert high == pytest.approx(mean.value + 1.96 * mean.se, abs=0.1 * mean.se)


def test_bootstrap_interval_of_a_frequency_is_a_beta_distributions(rng):
    """Rubin (1981): with k of n ones the weights of the ones are Beta(k, n - k)."""
    values = np.repeat([0.0, 1.0], [40, 10])
    assert mean_interval(values, n_draws=40_000) == pytest.approx(
        beta(10, 40).ppf([0.025, 0.975]), abs=3e-3
    )


def test_bootstrap_interval_leans_to_where_few_rows_are_far_out():
    values = np.r_[np.zeros(95), np.full(5, 20.0)]
    low, high = mean_interval(values)
    assert high - values.mean() > 1.3 * (values.mean() - low)
    assert low >= 0


@pytest.mark.parametrize("bad", [[], [np.nan], [np.inf, 0.0], [[1.0]]])
def test_bootstrap_interval_refuses(bad):
    with pytest.raises(ValueError, match="expected \\(n_obs,\\), not empty, finite"):
        mean_interval(np.array(bad))


@pytest.mark.parametrize(("share", "n"), [(0.0, 10), (0.3, 20), (1.0, 7)])
def test_wilson_inverts_the_score_test(share, n):
    """Its ends are the frequencies whose own standard errors just reach the share."""
    low, high = wilson(share, n)
    for end in {low, high} - {0.0, 1.0}:
        assert abs(share - end) == pytest.approx(1.96 * np.sqrt(end * (1 - end) / n))
    assert low <= share <= high


def test_bands_of_the_reliability_curve(iris_run):
    for fit in iris_run.comparison.contestants.values():
        top = fit.top_label
        assert len(top.band_grid) == len(top.band_lower_all) == len(top.band_upper_all)
        assert (np.array(top.band_lower_all) <= np.array(top.band_lower) + 1e-4).all()
        assert (np.array(top.band_upper_all) >= np.array(top.band_upper) - 1e-4).all()
    probs = np.exp(iris_run.log_probs["map"])
    y = iris_run.dataset.y[iris_run.test_rows]
    band = confidence_band(*top_label(np.minimum(probs, 1.0), y))
    record = iris_run.comparison.contestants["map"].top_label.confidence_band
    assert record.grid == pytest.approx(band.grid)
    assert record.lower == pytest.approx(band.lower, rel=1e-4)
    assert record.upper == pytest.approx(band.upper, rel=1e-4)


def test_calibrated_forecasts_have_no_calibration_error(rng):
    """The interval reaches 0 where it should, and not where the log-odds are doubled."""
    for slope, wrong in ((1.0, False), (0.5, True)):
        probs, y, _ = simulated(rng, 3000, slope=slope)
        board = scores(Forecasts({"a": np.log(probs)}, y, range(probs.shape[1])), rng)["a"]
        assert (board.calibration_error.low > 0) == wrong


def test_rounding_keeps_shape_and_digits():
    values = np.array([[1 / 3, 2e-7 / 3], [0.0, 123456.0]])
    assert rounded(values) == [[0.33333, 6.6667e-08], [0.0, 123460.0]]
    assert rounded(np.float64(1 / 3), 2) == 0.33
