import numpy as np
import pytest
from scipy.special import expit, logit
from scipy.stats import beta

from selection import by_default
from trifit.calibration import confidence_band, consistency, corp
from trifit.calibration.bands import pooled


def curve_on(grid, forecast, outcome):
    curve = corp(forecast, outcome).curve
    at = np.c_[curve.low, curve.high].ravel()
    return np.interp(grid, at, np.repeat(curve.frequency, 2))


def by_definition(forecast, outcome, x, level):
    """Best bounds over all runs of distinct forecasts, Bonferroni, one by one."""
    value = np.unique(forecast)
    alpha = (1 - level) / (len(value) * (len(value) + 1))
    lower, upper = 0.0, 1.0
    for i, first in enumerate(value):
        for last in value[i:]:
            run = (first <= forecast) & (forecast <= last)
            events, other = outcome[run].sum(), (1 - outcome[run]).sum()
            if last <= x and events:
                lower = max(lower, beta.ppf(alpha, events, other + 1))
            if first >= x and other:
                upper = min(upper, beta.isf(alpha, events + 1, other))
    return lower, upper


def test_confidence_band_equals_its_definition(rng):
    forecast = np.round(rng.random(120), 1)
    outcome = (rng.random(120) < forecast**2).astype(float)
    band = confidence_band(forecast, outcome, level=0.9)
    for x, lower, upper in zip(band.grid, band.lower, band.upper, strict=True):
        assert (lower, upper) == pytest.approx(by_definition(forecast, outcome, x, 0.9))


@pytest.mark.parametrize(
    ("n", "slope"),
    by_default((100, 0.5), of=[(n, b) for n in (100, 1500) for b in (1.0, 0.5)], several=True),
)
def test_confidence_band_holds_the_whole_curve(rng, slope, n):
    held = 0
    for _ in range(60):
        forecast = expit(1.5 * rng.normal(size=n))
        outcome = (rng.random(n) < expit(slope * logit(forecast))).astype(float)
        band = confidence_band(forecast, outcome)
        truth = expit(slope * logit(band.grid[1:-1]))
        above = truth >= band.lower[1:-1]
        held += (above & (truth <= band.upper[1:-1])).all()
    assert held >= 52  # Binomial(60, 0.95) falls below with probability 0.004


def test_confidence_band_narrows_and_shows_miscalibration(rng):
    widths = []
    for n in (200, 2000, 50_000):
        forecast = rng.random(n)
        outcome = (rng.random(n) < expit(0.5 * logit(forecast))).astype(float)
        band = confidence_band(forecast, outcome)
        middle = slice(len(band.grid) // 4, -len(band.grid) // 4)
        widths.append(np.subtract(band.upper, band.lower)[middle].mean())
    assert widths[0] > 1.5 * widths[1] > 1.5 * 1.5 * widths[2]
    assert np.greater(band.lower, band.grid).any()
    assert np.less(band.upper, band.grid).any()


def test_simultaneous_consistency_band_holds_whole_curves(rng):
    forecast = expit(1.5 * rng.normal(size=300))
    null = consistency(forecast)
    inside_all, inside_pointwise = 0, 0
    for _ in range(300):
        curve = curve_on(null.grid, forecast, (rng.random(300) < forecast).astype(float))
        inside_all += ((null.lower_all <= curve) & (curve <= null.upper_all)).all()
        inside_pointwise += ((null.lower <= curve) & (curve <= null.upper)).all()
    assert inside_all / 300 == pytest.approx(0.95, abs=0.05)
    assert inside_pointwise < 0.8 * inside_all  # why a pointwise band is not enough


@pytest.mark.parametrize("forecast", [[1.0] * 5, [0.0, 1.0], [1 - 1e-9] * 3 + [1.0] * 40])
def test_certain_forecasts_leave_no_room(forecast):
    null = consistency(forecast)
    assert null.upper_all == pytest.approx(null.grid, abs=1e-6)
    assert null.lower_all == pytest.approx(null.grid, abs=1e-6)


def test_pooling_keeps_ties_together_and_means_right(rng):
    forecast = np.round(rng.random(5000), 3)
    groups = pooled(forecast, 50)
    assert len(groups.count) <= 50
    assert groups.count.sum() == 5000
    assert groups.count.max() < 5000 / 50 * 1.3
    assert (np.diff(groups.forecast) > 0).all()
    assert groups.forecast @ groups.count == pytest.approx(forecast.sum())
    assert len(np.unique(np.c_[forecast, groups.index], axis=0)) == len(np.unique(forecast))
    few = pooled(np.array([0.3, 0.1, 0.3]))
    assert few.forecast == pytest.approx([0.1, 0.3])
    assert list(few.index) == [1, 0, 1]


def test_bands_do_not_depend_on_the_order_of_rows(rng):
    forecast = rng.random(3000)
    outcome = (rng.random(3000) < forecast).astype(float)
    order = rng.permutation(3000)
    assert consistency(forecast).upper_all == pytest.approx(consistency(forecast[order]).upper_all)
    band, again = (
        confidence_band(forecast, outcome),
        confidence_band(forecast[order], outcome[order]),
    )
    assert band.lower == pytest.approx(again.lower)


@pytest.mark.parametrize(
    ("outcome", "message"),
    [
        ([0.5, 1], r"outcome\[0\] is 0.5; a confidence band needs observed outcomes"),
        ([0, 2], r"outcome\[1\] is 2; expected"),
        ([0], "expected two of"),
    ],
)
def test_bad_outcomes(outcome, message):
    with pytest.raises(ValueError, match=message):
        confidence_band([0.2, 0.3], outcome)


def test_bad_forecasts():
    with pytest.raises(ValueError, match=r"forecast\[1\] is 1.5"):
        consistency([0.2, 1.5])
