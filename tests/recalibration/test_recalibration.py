"""Recalibration maps: what they recover, what they contain, and what they gain."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, log_expit, log_softmax, softmax
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from trifit.recalibration import (
    METHODS,
    beta,
    dirichlet,
    isotonic,
    recalibration_gain,
    temperature,
    vector,
)
from trifit.recalibration.temperature import Temperature
from trifit.scores import log_loss

ALL = sorted(METHODS)
RIDGED = {"vector": vector, "dirichlet": dirichlet, "beta": beta}


def labelled(rng, n, k=3, spread=1.5):
    """Logits whose softmax is the truth, and labels drawn from it."""
    logits = rng.normal(size=(n, k)) * spread
    y = (rng.random(n)[:, None] > softmax(logits, axis=1).cumsum(axis=1)).sum(axis=1)
    return logits, y


def binary(z):
    return np.column_stack([log_expit(-z), log_expit(z)])


# --- what each map recovers -----------------------------------------------------------------


def test_temperature_undoes_a_temperature(rng):
    logits, y = labelled(rng, 20_000, 4, 2.0)
    fitted = temperature.fit(3 * logits, y)
    assert fitted.value == pytest.approx(3, rel=0.05)
    assert np.exp(fitted.transform(3 * logits)).sum(axis=1) == pytest.approx(1)


@pytest.mark.parametrize("factor", [1e-8, 1e-3, 2500.0, 1e8])
def test_temperature_is_found_at_any_scale(rng, factor):
    """Logits a thousand times too sharp, or too flat, and beyond."""
    logits, y = labelled(rng, 400)
    one, other = temperature.fit(logits, y), temperature.fit(factor * logits, y)
    assert other.value == pytest.approx(factor * one.value, rel=1e-6)
    assert not other.at_bound


def test_a_temperature_at_its_bound_says_so(rng):
    logits, y = labelled(rng, 400)
    upside_down = temperature.fit(-logits, y)
    assert upside_down.at_bound
    assert np.exp(upside_down.transform(-logits)) == pytest.approx(1 / 3)
    tiny = temperature.fit(1e-14 * logits, y)
    assert tiny.at_bound
    assert tiny.value < 1


def test_temperature_is_one_where_no_row_can_tell():
    """All labels ranked first: the likelihood has no maximum, and T says nothing."""
    log_probs = log_softmax(np.array([[30.0, 0], [0, 25.0], [40.0, 0]]), axis=1)
    assert temperature.fit(log_probs, np.array([0, 1, 0])).value == 1


def test_temperature_keeps_the_ranking(rng):
    log_probs = log_softmax(rng.normal(size=(50, 3)), axis=1)
    warmed = Temperature(4.0).transform(log_probs)
    assert (warmed.argmax(axis=1) == log_probs.argmax(axis=1)).all()


@pytest.mark.parametrize("method", ["vector", "dirichlet"])
def test_linear_maps_undo_temperature_and_shift(rng, method):
    logits, y = labelled(rng, 40_000)
    distorted = 2 * logits + np.array([0.0, 0.8, -0.5])
    repaired = METHODS[method](distorted, y).transform(distorted)
    assert abs(np.exp(repaired) - softmax(logits, axis=1)).mean() < 0.01


def test_dirichlet_undoes_a_mixing_of_classes(rng):
    forecast = log_softmax(rng.normal(size=(40_000, 3)) * 1.5, axis=1)
    matrix = np.array([[1.0, 0.5, 0.0], [0.0, 1.0, 0.0], [-0.4, 0.0, 1.3]])
    truth = softmax(forecast @ matrix.T, axis=1)
    y = (rng.random(40_000)[:, None] > truth.cumsum(axis=1)).sum(axis=1)
    by_matrix = dirichlet.fit(forecast, y).transform(forecast)
    by_vector = vector.fit(forecast, y).transform(forecast)
    assert abs(np.exp(by_matrix) - truth).mean() < 0.01
    assert abs(np.exp(by_vector) - truth).mean() > 0.03


def test_beta_undoes_a_skew(rng):
    """log-odds = a log p - b log(1 - p) + c is what beta calibration can say."""
    p = rng.uniform(0.01, 0.99, size=40_000)
    truth = expit(1.5 * np.log(p) - 0.5 * np.log1p(-p) + 0.4)
    y = (rng.random(len(p)) < truth).astype(int)
    log_probs = np.log(np.column_stack([1 - p, p]))
    fitted = beta.fit(log_probs, y)
    assert fitted.parameters[1] == pytest.approx([1.5, 0.5, 0.4], abs=0.1)
    assert fitted.parameters[0] == pytest.approx([0.5, 1.5, -0.4], abs=0.1)  # mirrored
    assert np.exp(fitted.transform(log_probs)[:, 1]) == pytest.approx(truth, abs=0.02)


def test_isotonic_undoes_any_increasing_distortion(rng):
    z = rng.normal(size=40_000) * 2
    y = (rng.random(len(z)) < expit(z)).astype(int)
    distorted = binary(np.sign(z) * z**2 + 1)
    repaired = np.exp(isotonic.fit(distorted, y).transform(distorted)[:, 1])
    assert abs(repaired - expit(z)).mean() < 0.02


# --- outside references ---------------------------------------------------------------------


def test_dirichlet_without_ridge_is_a_multinomial_regression(rng):
    logits, y = labelled(rng, 2000)
    log_probs = log_softmax(1.7 * logits + [0.0, 0.3, 0.1], axis=1)
    peer = LogisticRegression(C=np.inf, tol=1e-10, max_iter=5000).fit(log_probs, y)
    ours = dirichlet.fit(log_probs, y, ridge=0).transform(log_probs)
    assert np.exp(ours) == pytest.approx(peer.predict_proba(log_probs), abs=1e-5)


def test_dirichlet_with_ridge_solves_its_equation(rng):
    """At the minimum the residuals' pull equals the ridge's, entry by entry."""
    logits, y = labelled(rng, 300)
    log_probs = log_softmax(2 * logits, axis=1)
    fitted, t = dirichlet.fit(log_probs, y, ridge=3.0), temperature.fit(log_probs, y).value
    residual = np.exp(fitted.transform(log_probs)) - np.eye(3)[y]
    pull = residual.T @ log_probs / t
    assert pull == pytest.approx(-3.0 * (fitted.matrix * t - np.eye(3)), abs=1e-4)
    assert residual.sum(axis=0) == pytest.approx(-3.0 * fitted.shifts, abs=1e-4)


def test_beta_without_ridge_equals_betacal(rng):
    from betacal import BetaCalibration

    z = rng.normal(size=1500) * 2
    y = (rng.random(1500) < expit(0.6 * z + 0.5)).astype(int)
    peer = BetaCalibration(parameters="abm").fit(expit(z), y).predict(expit(z))
    ours = np.exp(beta.fit(binary(z), y, ridge=0).transform(binary(z))[:, 1])
    assert ours == pytest.approx(peer, abs=1e-4)


def test_beta_keeps_its_slopes_from_turning_negative(rng):
    p = rng.uniform(0.01, 0.99, size=3000)
    y = (rng.random(3000) < expit(-0.5 * np.log(p) - 2 * np.log1p(-p) - 1)).astype(int)
    a, b, _ = beta.fit(np.log(np.column_stack([1 - p, p])), y, ridge=0).parameters[1]
    assert a == 0
    assert b > 1


def test_isotonic_equals_scikit_learn_away_from_the_ends(rng):
    z = rng.normal(size=3000)
    y = (rng.random(3000) < expit(z)).astype(int)
    peer = IsotonicRegression().fit(z, y).predict(z)
    ours = np.exp(isotonic.fit(binary(z), y).transform(binary(z))[:, 1])
    inside = abs(z) < 1.5
    assert ours[inside] == pytest.approx(peer[inside], abs=1e-9)
    assert peer.min() == 0 < ours.min()


def test_isotonic_ends_have_one_dissenter():
    """Rows 0 0 0 | 1 1: one event joins the zeros, one non-event the ones."""
    z = np.arange(5.0)
    out = np.exp(isotonic.fit(binary(z), np.array([0, 0, 0, 1, 1])).transform(binary(z)))
    assert out[:, 1] == pytest.approx([1 / 4] * 3 + [2 / 3] * 2)


# --- properties of all maps -----------------------------------------------------------------


@pytest.mark.parametrize("method", ALL)
@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**32 - 1))
def test_maps_give_finite_distributions_and_forget_the_order(method, seed):
    rng = np.random.default_rng(seed)
    log_probs = log_softmax(rng.normal(size=(30, 3)) * rng.choice([0.1, 3, 300]), axis=1)
    y = rng.integers(3, size=30)
    out = METHODS[method](log_probs, y).transform(log_probs)
    assert np.isfinite(out).all()
    assert np.exp(out).sum(axis=1) == pytest.approx(1)
    rows = rng.permutation(30)
    again = METHODS[method](log_probs[rows], y[rows]).transform(log_probs)
    assert np.exp(again) == pytest.approx(np.exp(out), abs=1e-4)


@pytest.mark.parametrize("method", ALL)
def test_classes_may_be_relabelled(rng, method):
    logits, y = labelled(rng, 200, 4)
    classes = rng.permutation(4)
    relabelled = np.argsort(classes)[y]
    plain = METHODS[method](2 * logits, y).transform(2 * logits)
    turned = METHODS[method](2 * logits[:, classes], relabelled).transform(2 * logits[:, classes])
    assert np.exp(turned) == pytest.approx(np.exp(plain[:, classes]), abs=1e-5)


@pytest.mark.parametrize("method", ALL)
def test_one_hot_soft_labels_are_class_codes(rng, method):
    logits, y = labelled(rng, 100)
    hard = METHODS[method](logits, y).transform(logits)
    assert METHODS[method](logits, np.eye(3)[y]).transform(logits) == pytest.approx(hard)


@pytest.mark.parametrize("method", ["temperature", "vector", "dirichlet"])
def test_soft_labels_are_many_rows_in_one(rng, method):
    """Labels (0.75, 0.25, 0) are four rows with labels 0, 0, 0, 1."""
    logits, _ = labelled(rng, 60)
    votes = rng.multinomial(4, softmax(0.4 * logits, axis=1))
    repeated = np.repeat(logits, 4, axis=0)
    codes = np.concatenate([np.repeat(np.arange(3), v) for v in votes])
    ridge = {} if method == "temperature" else {"ridge": 0.5}
    many = {} if method == "temperature" else {"ridge": 2.0}
    soft = METHODS[method](logits, votes / 4, **ridge).transform(logits)
    assert np.exp(METHODS[method](repeated, codes, **many).transform(logits)) == pytest.approx(
        np.exp(soft), abs=1e-5
    )


@pytest.mark.parametrize("method", ["vector", "dirichlet"])
def test_a_strong_ridge_leaves_temperature_scaling(rng, method):
    logits, y = labelled(rng, 500)
    held = METHODS[method](2.5 * logits, y, ridge=1e9).transform(2.5 * logits)
    assert held == pytest.approx(temperature.fit(2.5 * logits, y).transform(2.5 * logits), abs=1e-6)


@pytest.mark.parametrize("method", sorted(RIDGED))
def test_richer_maps_fit_their_own_rows_better(rng, method):
    logits, y = labelled(rng, 400)
    distorted = 2 * logits + [0.0, 0.5, 0.0]
    own = METHODS[method](distorted, y).transform(distorted)
    assert log_loss(own, y).value < log_loss(log_softmax(distorted, axis=1), y).value


@pytest.mark.parametrize("method", ALL)
def test_separated_rows_have_an_answer(method):
    """Every label ranked first: without a ridge or a rule the maps would run away."""
    logits = np.array([[30.0, 0], [0, 25.0], [40.0, 0], [0, 10.0]])
    out = METHODS[method](logits, np.array([0, 1, 0, 1])).transform(logits)
    assert np.isfinite(out).all()
    assert (out.argmax(axis=1) == [0, 1, 0, 1]).all()


@pytest.mark.parametrize(
    ("log_probs", "y", "message"),
    [
        ([[0.0, -np.inf]], [0], r"log_probs\[0\] holds -inf; probability 0 cannot"),
        ([[0.0, np.nan]], [0], r"log_probs\[0\] holds nan; expected finite"),
        ([0.0, 1.0], [0], r"log_probs has shape \(2,\)"),
        ([[0.0, 1.0]], [2], r"y\[0\] is 2"),
        ([[0.0, 1.0]], [0, 1], r"y has shape \(2,\)"),
    ],
)
def test_bad_rows_are_named(log_probs, y, message):
    for fit in METHODS.values():
        with pytest.raises(ValueError, match=message):
            fit(np.array(log_probs), np.array(y))


@pytest.mark.parametrize("method", sorted(RIDGED))
def test_a_negative_ridge_is_refused(method):
    with pytest.raises(ValueError, match="ridge=-1"):
        RIDGED[method].fit(np.zeros((2, 2)), np.array([0, 1]), ridge=-1)


# --- the gain -------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ALL)
def test_calibrated_forecasts_gain_nothing(rng, method):
    logits, y = labelled(rng, 4000)
    gain = recalibration_gain(logits, y, method=method, seed=rng)
    assert gain.value < 3 * gain.se
    assert abs(gain.value) < 0.01


@pytest.mark.parametrize("method", ALL)
def test_overconfidence_gains_what_it_costs(rng, method):
    """The gain is the log-loss above the truth's, up to what the map cannot say."""
    logits, y = labelled(rng, 10_000)
    gain = recalibration_gain(2 * logits, y, method=method, seed=rng)
    cost = log_loss(log_softmax(2 * logits, axis=1), y).value
    possible = cost - log_loss(log_softmax(logits, axis=1), y).value
    assert gain.value > 10 * gain.se
    assert gain.value == pytest.approx(possible, rel=0.1)


def test_gain_by_hand():
    """Two folds of two rows; each fold's temperature comes from the other fold."""
    rows = np.log([[0.8, 0.2], [0.6, 0.4], [0.9, 0.1], [0.7, 0.3]])
    y, fold = np.array([0, 1, 1, 0]), np.array([0, 0, 1, 1])
    gain = recalibration_gain(rows, y, folds=fold)
    out = np.concatenate(
        [
            temperature.fit(rows[2:], y[2:]).transform(rows[:2]),
            temperature.fit(rows[:2], y[:2]).transform(rows[2:]),
        ]
    )
    drop = out[np.arange(4), y] - rows[np.arange(4), y]
    assert gain.value == pytest.approx(drop.mean())
    assert gain.se == pytest.approx(drop.std(ddof=1) / 2)


def test_soft_labels_have_a_gain(rng):
    logits, _ = labelled(rng, 2000)
    gain = recalibration_gain(2 * logits, softmax(logits, axis=1), seed=rng)
    p, q = softmax(logits, axis=1), log_softmax(2 * logits, axis=1)
    divergence = (p * (np.log(p) - q)).sum(axis=1).mean()
    assert gain.value == pytest.approx(divergence, rel=0.01)


def test_same_generator_same_gain(rng):
    logits, y = labelled(rng, 100)
    a, b = (recalibration_gain(logits, y, seed=3) for _ in range(2))
    assert a == b


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "magic"}, "method='magic': expected one of temperature"),
        ({"folds": 1}, "1 fold for 10 rows"),
        ({"folds": np.zeros(3)}, r"folds has shape \(3,\)"),
    ],
)
def test_bad_options_of_the_gain(options, message):
    rows, y = np.zeros((10, 2)), np.arange(10) % 2
    with pytest.raises(ValueError, match=message):
        recalibration_gain(rows, y, **options)
