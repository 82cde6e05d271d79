"""Scores against the truth: hand values, identities, and what a comparison records."""

import dataclasses

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fitting import FAST
from simulated import simulated
from trifit.analyses import truth as module
from trifit.crossfit.fitted import Fitted, Trained
from trifit.crossfit.problem import Problem
from trifit.data import load_dataset
from trifit.errors import InputError
from trifit.fit import predict_all
from trifit.results import Comparison
from trifit.run import run_comparison
from trifit.scores import log_loss
from trifit.truth import calibration_error, confidence_bias, coverage, excess_log_loss
from trifit.types import Dataset


def test_hand_values():
    truth, probs = [[0.8, 0.2], [0.5, 0.5]], [[0.5, 0.5], [0.5, 0.5]]
    kl = 0.8 * np.log(1.6) + 0.2 * np.log(0.4)
    assert excess_log_loss(truth, probs).value == pytest.approx(kl / 2)
    assert excess_log_loss(truth, probs).se == pytest.approx(kl / 2)  # sd of (kl, 0) over sqrt 2
    assert confidence_bias(truth, probs).value == pytest.approx(-0.15)
    # Halves +0.3 and 0: the sign of one times the other is 0 one way and (0 is no sign) the other.
    assert calibration_error(truth, probs, bins=1).value == 0
    assert calibration_error([[0.8, 0.2], [0.6, 0.4]], probs, bins=1).value == pytest.approx(0.2)
    assert calibration_error([[0.7, 0.3]] * 9, [[0.9, 0.1]] * 9).value == pytest.approx(0.2)


def test_excess_is_what_labels_show_on_average(rng):
    probs, y, truth = simulated(rng, 20_000, slope=0.6)
    shown = log_loss(np.log(probs), y).value - log_loss(np.log(truth), y).value
    excess = excess_log_loss(truth, probs)
    noise = np.std(np.log(truth / probs)[np.arange(len(y)), y]) / np.sqrt(len(y))
    assert abs(shown - excess.value) < 4 * noise


@given(st.integers(0, 2**32 - 1))
def test_the_truth_is_never_beaten_and_order_does_not_matter(seed):
    rng = np.random.default_rng(seed)
    probs, _, truth = simulated(rng, 40, slope=0.7)
    rows, classes = rng.permutation(40), rng.permutation(3)
    for score in (excess_log_loss, calibration_error, confidence_bias):
        value = score(truth, probs).value
        again = score(truth[rows][:, classes], probs[rows][:, classes]).value
        assert again == pytest.approx(value, abs=1e-12)
        assert score(truth, truth).value == pytest.approx(0, abs=1e-12)
    assert excess_log_loss(truth, probs).value >= 0


@pytest.mark.parametrize("n", [200, 5000])
def test_calibrated_forecasts_have_no_calibration_error(rng, n):
    """Forecasts that know half of what there is to know: p_true scatters around them."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    grid = np.linspace(-5, 5, 201)
    means = (1 / (1 + np.exp(-grid[:, None] - nodes))) @ (weights / weights.sum())
    errors = []
    for _ in range(50):
        known, hidden = rng.normal(size=(2, n))
        forecast = np.interp(known, grid, means)
        truth = 1 / (1 + np.exp(-known - hidden))
        error = calibration_error(
            np.column_stack([1 - truth, truth]), np.column_stack([1 - forecast, forecast])
        )
        errors.append(error.value)
    assert np.mean(errors) < 0.15 / np.sqrt(n)


@pytest.mark.parametrize("notion", ["top-label", "class-wise"])
def test_the_calibration_error_is_that_of_a_large_sample(rng, notion):
    """Two classes, log-odds twice too large: E|s(z) - s(2 z)|, class by class the same."""
    z = rng.normal(size=3000)
    truth, probs = 1 / (1 + np.exp(-z)), 1 / (1 + np.exp(-2 * z))
    found = calibration_error(
        np.column_stack([1 - truth, truth]), np.column_stack([1 - probs, probs]), notion=notion
    )
    nodes = np.linspace(-8, 8, 4001)
    weight = np.exp(-(nodes**2) / 2)
    exact = weight @ abs(1 / (1 + np.exp(-nodes)) - 1 / (1 + np.exp(-2 * nodes))) / weight.sum()
    assert abs(found.value - exact) < 4 * np.std(abs(truth - probs)) / np.sqrt(3000)
    assert 0 < found.se < 0.01


def test_coverage_of_exact_intervals(rng):
    """Truth and draws from one law: intervals cover as often as they say."""
    centre = rng.normal(size=2000)
    logits = centre + rng.normal(size=(400, 2000))
    p, truth = 1 / (1 + np.exp(-logits)), 1 / (1 + np.exp(-centre - rng.normal(size=2000)))
    draws = np.stack([1 - p, p], axis=2)
    for level in (0.5, 0.95):
        found = coverage(np.column_stack([1 - truth, truth]), draws, level=level)
        assert abs(found.coverage - level) < 4 * np.sqrt(level * (1 - level) / 2000) + 1 / 400
    narrow, wide = (
        coverage(np.column_stack([1 - truth, truth]), draws, level=v) for v in (0.5, 1 - 1e-9)
    )
    assert narrow.width < wide.width


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: excess_log_loss([[0.5, 0.6]], [[0.5, 0.5]]), r"sums to 1.1"),
        (lambda: confidence_bias([[0.5, 0.5]] * 2, [[0.5, 0.5]]), "expected the same rows"),
        (lambda: calibration_error([[1, 0]], [[1, 0]], notion="canonical"), "notion='canonical'"),
        (lambda: calibration_error([[1, 0]], [[1, 0]]), "at least two"),
        (lambda: coverage([[0.5, 0.5]], [[0.5, 0.5]]), r"draws has shape \(1, 2\)"),
        (lambda: coverage([[0.5, 0.5]], [[[0.5, 0.5]]], level=1.0), "level=1.0"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("truth", "message"),
    [
        (np.full((4, 3), 1 / 3), r"true_probs has shape \(4, 3\); expected \(4, 2\)"),
        (np.full((4, 2), 0.6), "true probabilities of row 0 are"),
        (np.array([[0.5, 0.5]] * 3 + [[np.nan, 1.0]]), "true probabilities of row 3"),
    ],
)
def test_a_wrong_truth_is_refused(truth, message):
    with pytest.raises(InputError, match=message):
        Dataset(
            "toy", np.zeros((4, 1)), np.array([0, 1, 0, 1]), ("a",), ("p", "q"), true_probs=truth
        )


@pytest.fixture(scope="module")
def run():
    data = load_dataset("sim:gaussian", n=150, features=3, classes=3, seed=3)
    return run_comparison(data, "softmax", cv=2, overrides=FAST)


def test_a_comparison_of_simulated_data_records_the_truth(run, tmp_path):
    found, data = run.comparison.truth, run.dataset
    true = data.true_probs[run.test_rows]
    assert set(found.fits) == set(run.comparison.fits)
    for name, record in found.fits.items():
        probs = np.exp(run.log_probs[name])
        assert record.kl.value == pytest.approx(excess_log_loss(true, probs).value)
        assert record.calibration_error.value == calibration_error(true, probs).value
        assert record.confidence_bias.value == confidence_bias(true, probs).value
        shown = probs[np.isin(run.test_rows, found.rows)].ravel()
        assert sorted(record.estimated) == pytest.approx(sorted(shown), rel=1e-4)
        assert record.estimators["binned"].value > record.estimators["binned, debiased"].value
    assert found.true == pytest.approx(data.true_probs[found.rows].ravel(), rel=1e-4)
    assert [c.level for c in found.intervals] == [0.5, 0.95]
    assert found.intervals[0].width < found.intervals[1].width
    run.comparison.to_json(tmp_path / "c.json")
    assert Comparison.from_json(tmp_path / "c.json") == run.comparison
    assert msgspec.json.encode(run.comparison.truth)


def all_rows(run, **changes):
    """The last fits of the run as if they had been tested on every row."""
    dataset = dataclasses.replace(run.dataset, **changes)
    rows = np.arange(dataset.n_obs)
    problem = Problem.build(dataset, run.card, rows)
    part = problem.part(rows, rows)
    fits = run.fitted.final.fits
    predictions = predict_all(problem.density, fits, part.test.X)
    only = Trained(part, rows, fits, predictions, problem.density)
    return Fitted(problem, [only], only)


def test_at_most_so_many_values_are_drawn(run, monkeypatch):
    monkeypatch.setattr(module, "MAX_SHOWN", 31)
    found = module.truth(all_rows(run))
    assert len(found.true) == 30
    assert all(len(record.estimated) == 30 for record in found.fits.values())


def test_real_data_have_no_truth(run):
    assert module.truth(all_rows(run, true_probs=None)) is None


@pytest.mark.broad
def test_without_a_posterior_there_are_no_intervals(run):
    fitted = all_rows(run)
    points = {name: fit for name, fit in fitted.final.fits.items() if name != "bayes"}
    only = dataclasses.replace(fitted.final, fits=points)
    assert module.truth(Fitted(fitted.problem, [only], only)).intervals == []
    assert len(module.truth(fitted).intervals) == 2


@pytest.mark.slow
def test_intervals_cover_in_a_well_specified_world():
    """Coefficients drawn from the prior that is fitted: coverage is nominal over data sets."""
    covered = []
    for seed in range(1, 41):
        data = load_dataset(
            "sim:softmax", n=150, features=3, classes=3, signal=2.0, seed=seed,
            coefficients_seed=seed, n_test=200,
        )  # fmt: skip
        # Unstandardised: centring the features would move the intercept away from its prior.
        settings = {"prior_scale": 2 / 6**0.5, "intercept_scale": 0.01, "standardize": False}
        found = run_comparison(data, "softmax", seed=seed, overrides=settings).comparison.truth
        covered.append([c.coverage for c in found.intervals])
    mean, se = np.mean(covered, axis=0), np.std(covered, axis=0, ddof=1) / np.sqrt(len(covered))
    print(mean, se)
    assert (abs(mean - [0.5, 0.95]) < 3 * se).all()
