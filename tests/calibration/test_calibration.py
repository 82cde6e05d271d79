import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from model_diagnostics.scoring import LogLoss, SquaredError, decompose
from scipy.optimize import minimize_scalar
from scipy.special import expit, log_softmax, softmax

from trifit.calibration import consistency, corp, slope_intercept, top_label


def calibrated(rng, n):
    forecast = rng.uniform(0.02, 0.98, size=n)
    return forecast, (rng.random(n) < forecast).astype(float)


@pytest.mark.parametrize(("score", "peer"), [("brier", SquaredError()), ("log", LogLoss())])
def test_corp_equals_model_diagnostics(rng, score, peer):
    forecast, outcome = calibrated(rng, 400)
    forecast = np.round(forecast, 2)  # with ties
    ours = corp(forecast, outcome, score=score)
    theirs = decompose(outcome, forecast, scoring_function=peer)
    assert ours.mcb.value == pytest.approx(theirs["miscalibration"][0], abs=1e-10)
    assert ours.dsc.value == pytest.approx(theirs["discrimination"][0], abs=1e-10)
    assert ours.unc == pytest.approx(theirs["uncertainty"][0], abs=1e-10)
    assert ours.score.value == pytest.approx(theirs["score"][0], abs=1e-10)


@given(st.integers(0, 2**32 - 1), st.integers(2, 60))
def test_corp_is_an_identity_and_forgets_order(seed, n):
    rng = np.random.default_rng(seed)
    forecast, outcome = np.round(rng.random(n), 1), rng.integers(2, size=n).astype(float)
    result = corp(forecast, outcome)
    score, mcb, dsc = (part.value for part in (result.score, result.mcb, result.dsc))
    assert score == pytest.approx(mcb - dsc + result.unc, abs=1e-12)
    assert mcb >= -1e-12
    assert dsc >= -1e-12
    assert sum(result.curve.count) == n
    assert (np.diff(result.curve.frequency) > 0).all()
    order = rng.permutation(n)
    assert corp(forecast[order], outcome[order]).mcb.value == pytest.approx(
        result.mcb.value, abs=1e-12
    )


def test_corp_survives_forecasts_a_hair_apart():
    forecast = np.array([1 - 1e-16, 1.0, np.nextafter(1.0, 0), 0.3, 5e-324, 0.0])
    result = corp(forecast, np.array([1.0, 1, 0, 1, 0, 0]))
    assert np.isfinite([result.mcb.value, result.dsc.value, result.score.value]).all()


def test_perfect_forecasts_have_no_miscalibration():
    outcome = np.array([0.0, 1, 1, 0])
    assert corp(outcome, outcome).mcb.value == 0


@pytest.mark.parametrize(
    ("forecast", "outcome", "message"),
    [
        ([1.2], [1], r"forecast\[0\] is 1.2"),
        ([0.2, np.nan], [1, 0], r"forecast\[1\] is nan"),
        ([0.2], [2], r"outcome\[0\] is 2"),
        ([0.2], [1, 0], r"shape \(1,\) and outcome \(2,\)"),
        ([], [], "not empty"),
    ],
)
def test_corp_names_bad_input(forecast, outcome, message):
    with pytest.raises(ValueError, match=message):
        corp(np.array(forecast), np.array(outcome))


def test_consistency_limit_has_its_size(rng):
    """Calibrated forecasts exceed the 95 % limit about 1 time in 20."""
    exceeded = []
    for _ in range(200):
        forecast, outcome = calibrated(rng, 150)
        limit = consistency(forecast, n_resamples=100, seed=rng).mcb_limit
        exceeded.append(corp(forecast, outcome).mcb.value > limit)
    # Binomial(200, 0.05), plus the limit's own noise: 10 +- 4 standard errors.
    assert 0 <= np.sum(exceeded) <= 24
    assert np.sum(exceeded) >= 1


def test_consistency_band_holds_the_diagonal(rng):
    forecast, _ = calibrated(rng, 800)
    band = consistency(forecast, seed=rng)
    inside = (band.lower <= band.grid) & (band.grid <= band.upper)
    assert inside.mean() > 0.95
    assert (band.lower <= band.upper).all()


def test_slope_and_intercept_recover_what_was_done(rng):
    """Log-odds multiplied by 2 and shifted need slope 1/2 and the shift back."""
    n = 40_000
    logits = rng.normal(size=(n, 3))
    truth = softmax(logits, axis=1)
    y = (rng.random(n)[:, None] > truth.cumsum(axis=1)).sum(axis=1)
    given_logits = 2 * logits + np.array([0.0, 0.6, -0.4])
    result = slope_intercept(softmax(given_logits, axis=1), y)
    assert abs(result.slope - 0.5) < 4 * result.se
    assert result.se < 0.01
    assert result.intercepts == pytest.approx([0.0, -0.3, 0.2], abs=0.06)


def test_slope_equals_a_logistic_regression(rng):
    """Two classes: the slope is scikit-learn's unpenalised coefficient of the log-odds."""
    from sklearn.linear_model import LogisticRegression

    z = rng.normal(size=600) * 2
    y = (rng.random(600) < expit(0.7 * z + 0.3)).astype(int)
    probs = np.column_stack([expit(-z), expit(z)])
    result = slope_intercept(probs, y)
    peer = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(z[:, None], y)
    assert result.slope == pytest.approx(peer.coef_[0, 0], rel=1e-5)
    assert result.intercepts[1] == pytest.approx(peer.intercept_[0], rel=1e-4)


@pytest.mark.parametrize(
    ("probs", "y"),
    [
        ([[0.9, 0.1], [0.2, 0.8]], [0, 1]),  # every label ranked first
        ([[0.5, 0.5]] * 6, [0, 1, 0, 1, 1, 0]),  # nothing varies
        ([[0.9, 0.1], [0.2, 0.8]], [1, 1]),  # one class only
    ],
)
def test_slope_is_nan_where_it_is_not_determined(probs, y):
    assert np.isnan(slope_intercept(np.array(probs), np.array(y)).slope)


def test_slope_takes_probabilities_of_zero():
    probs = np.array([[1.0, 0.0], [0.9, 0.1], [0.2, 0.8], [0.0, 1.0]] * 10)
    y = np.array([0, 0, 1, 1] * 9 + [1, 0, 1, 0])
    assert 0 < slope_intercept(probs, y).slope < 0.1


def test_slope_survives_probabilities_that_underflow(rng):
    z = rng.normal(size=(4000, 2)) * 2
    truth = softmax(z, axis=1)
    y = (rng.random(4000) < truth[:, 1]).astype(int)
    far = log_softmax(1000 * z, axis=1)
    result = slope_intercept(np.exp(far), y, log_probs=far)
    assert result.slope == pytest.approx(0.001, rel=0.1)


@pytest.mark.parametrize("factor", [1e-6, 1e-3, 2500.0, 1e8])
def test_slope_is_found_at_any_scale(rng, factor):
    z = rng.normal(size=(400, 3)) * 1.5
    y = (rng.random(400)[:, None] > softmax(z, axis=1).cumsum(axis=1)).sum(axis=1)
    near, far = log_softmax(z, axis=1), log_softmax(factor * z, axis=1)
    one = slope_intercept(np.exp(near), y, log_probs=near)
    other = slope_intercept(np.exp(far), y, log_probs=far)
    assert factor * other.slope == pytest.approx(one.slope, rel=1e-6)
    assert factor * other.se == pytest.approx(one.se, rel=1e-6)


def test_top_label_takes_the_first_of_ties():
    confidence, right = top_label(np.array([[0.5, 0.5]]), np.array([0]))
    assert confidence[0] == 0.5
    assert right[0] == 1


def test_many_classes_and_few_rows_leave_the_slope_of_calibrated_forecasts_at_1():
    """Fitted intercepts would follow the noise: 2.5 standard errors too large on average here."""
    rng, z = np.random.default_rng(1), []
    for _ in range(30):
        p = softmax(7 * rng.standard_normal((400, 100)), axis=1)
        y = (p.cumsum(axis=1) > rng.random((400, 1))).argmax(axis=1)
        found = slope_intercept(p, y)
        z.append((found.slope - 1) / found.se)
        assert not found.intercepts.any()
    assert abs(np.mean(z)) < 3 / np.sqrt(30)
    assert np.std(z) == pytest.approx(1, abs=0.4)


def test_a_slope_with_intercepts_held_is_the_maximum_of_its_likelihood():
    rng = np.random.default_rng(2)
    p = softmax(rng.standard_normal((60, 8)), axis=1)
    y = rng.integers(8, size=60)

    def loss(b):
        return -log_softmax(b * np.log(p), axis=1)[np.arange(60), y].sum()

    found = slope_intercept(p, y)
    best = minimize_scalar(loss, bounds=(-5, 5), method="bounded", options={"xatol": 1e-9})
    assert found.slope == pytest.approx(best.x, abs=1e-6)
    curvature = (loss(best.x + 1e-3) - 2 * loss(best.x) + loss(best.x - 1e-3)) / 1e-6
    assert found.se == pytest.approx(curvature**-0.5, rel=1e-4)
    enough = np.tile(y, 4)  # 240 rows for 7 intercepts
    assert slope_intercept(np.tile(p, (4, 1)), enough).intercepts[1:].all()
