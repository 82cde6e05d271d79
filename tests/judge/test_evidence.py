"""What is gathered for a verdict, and that the verdict it leads to is right."""

import numpy as np
import pytest
from scipy.special import log_softmax, softmax

from trifit.analyses.posterior import _quantiles
from trifit.calibration import class_bias, slope_intercept
from trifit.calibration.tests import kernel
from trifit.forecasts import Forecasts
from trifit.judge import calibration as module
from trifit.judge import verdict_on
from trifit.recalibration import METHODS, deal, recalibration_gain
from trifit.results import Estimate, Verdict
from trifit.words.verdict import of_outputs


def forecast(rng, n, distort=lambda z: z):
    logits = rng.normal(size=(n, 3)) * 1.5
    y = (rng.random(n)[:, None] > softmax(logits, axis=1).cumsum(axis=1)).sum(axis=1)
    return log_softmax(distort(logits), axis=1), y


def gathered(log_probs, y, seed=7):
    forecasts = Forecasts({"fit": log_probs}, y, "pqr")
    return module.calibration(forecasts, "fit", np.random.default_rng(seed))


def test_evidence_is_what_the_measures_say(rng):
    log_probs, y = forecast(rng, 400)
    found, probs = gathered(log_probs, y), np.exp(log_probs)
    again = np.random.default_rng(7)
    fold = deal(y, seed=again.spawn(1)[0])
    slope = slope_intercept(probs, y)
    assert found.slope == Estimate.normal(slope.slope, slope.se)
    for name in METHODS:
        gain = recalibration_gain(log_probs, y, method=name, folds=fold)
        assert found.gains[name] == Estimate.normal(gain.value, gain.se)
    assert found.p_value == kernel(probs, y, seed=again).p_value
    assert found.n_events == 400 - np.bincount(y).max()
    bias = class_bias(probs, y)
    for k, c in enumerate(found.classes):
        assert c.mean_prob - c.frequency == pytest.approx(bias.bias[k])
        assert c.p_value == bias.p_value[k]
        assert (c.odds_low, c.odds_high) == (bias.odds_low[k], bias.odds_high[k])
    share = np.bincount(y) / 400
    assert found.entropy == pytest.approx(-(share * np.log(share)).sum())


@pytest.mark.parametrize(
    ("distort", "verdict"),
    [
        (lambda z: z, Verdict.BEHAVES),
        (lambda z: 2 * z, Verdict.OVER_CONFIDENT),
        (lambda z: z / 2, Verdict.UNDER_CONFIDENT),
        (lambda z: z + np.array([0.8, 0.0, 0.0]), Verdict.MISCALIBRATED),
    ],
)
def test_known_forecasts_are_recognised(rng, distort, verdict):
    log_probs, y = forecast(rng, 3000, distort)
    found = gathered(log_probs, y)
    assert verdict_on(found) is verdict
    if verdict is Verdict.MISCALIBRATED:
        assert "Class p has mean probability" in of_outputs(verdict, found)


def test_a_large_matrix_is_not_tried(rng, monkeypatch):
    log_probs, y = forecast(rng, 60)
    monkeypatch.setattr(module, "MAX_MATRIX_VALUES", 60 * 9 - 1)
    assert set(gathered(log_probs, y).gains) == set(METHODS) - {"dirichlet"}


def test_draws_without_a_slope_are_left_out():
    some = _quantiles(np.array([1.0, np.nan, 3.0]), 2.0)
    assert (some.low, some.median, some.high, some.averaged) == (1.1, 2.0, 2.9, 2.0)
    none = _quantiles(np.array([np.nan]), np.nan)
    assert (none.low, none.median, none.averaged) == (None, None, None)
