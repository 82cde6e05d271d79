import numpy as np
import pytest
import relplot
from scipy.stats import norm

from simulated import simulated
from trifit.calibration import smooth_error


def by_definition(forecast, outcome, width):
    """The integral over [0, 1], the reflected kernel summed image by image, by quadrature."""
    t = (np.arange(5000) + 0.5) / 5000
    images = sum(
        norm.pdf(t[:, None] - (sign * forecast + 2 * k), scale=width)
        for k in range(-2, 3)
        for sign in (1, -1)
    )
    return abs(images @ (forecast - outcome) / len(forecast)).mean()


@pytest.mark.parametrize("slope", [1.0, 0.4])
def test_equals_its_definition(rng, slope):
    probs, y, _ = simulated(rng, 150, 2, slope=slope)
    result = smooth_error(probs, y, notion="class-wise")
    for k in range(2):
        exact = by_definition(probs[:, k], y == k, result.bandwidth[k])
        assert result.per_event[k] == pytest.approx(exact, rel=1e-4)
        assert exact <= result.bandwidth[k]
        below = result.bandwidth[k] - 1 / 1024
        assert by_definition(probs[:, k], y == k, below) > below


@pytest.mark.parametrize("error", [0.3, 0.1, 0.0])
def test_equals_relplots(rng, error):
    """relplot's own value is that of a mesh of 1,001 points; with a finer one it meets ours.

    Forecasts keep off 0 and 1, where relplot loses half the mass of the last
    cell (see docs/calibration.md).
    """
    forecast = rng.uniform(0.2, 0.8, size=2000)
    outcome = (rng.random(2000) < forecast + error * (forecast - 0.5)).astype(int)
    ours = smooth_error(np.c_[1 - forecast, forecast], outcome, notion="class-wise")
    value, width = relplot.smECE(forecast, outcome, return_width=True)
    assert ours.bandwidth[1] == width
    assert ours.per_event[1] == pytest.approx(value, rel=5e-4)
    kernel, mesh = relplot.kernels.ReflectedGaussianKernel(width), np.linspace(0, 1, 4001)
    smoothed, density = (
        kernel.apply(forecast, values, mesh, 16_000)
        for values in (forecast - outcome, np.ones(2000))
    )
    finer = abs(smoothed).sum() / density.sum()
    assert ours.per_event[1] == pytest.approx(finer, rel=1e-5)


def test_one_forecast_wrong_by_a_known_amount():
    """All mass at 0.7 that comes true half the time: 0.2, whatever the width."""
    result = smooth_error([[0.7, 0.3]] * 20, [0] * 10 + [1] * 10)
    assert result.value == pytest.approx(0.2)


def test_standard_error_is_the_spread_over_samples(rng):
    results = [smooth_error(*simulated(rng, 1000, slope=0.5)[:2]) for _ in range(200)]
    spread = np.std([r.value for r in results], ddof=1)
    assert np.mean([r.se for r in results]) == pytest.approx(spread, rel=0.25)


def test_converges_to_the_truth(rng):
    probs, y, truth = simulated(rng, 100_000, slope=0.6)
    exact = smooth_error(probs, truth).value
    estimate = smooth_error(probs, y)
    assert abs(estimate.value - exact) < 4 * estimate.se
    assert smooth_error(probs, probs).value == 0  # soft labels that are the forecasts
