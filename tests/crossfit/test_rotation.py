"""Fits in the span of the rows: those of the columns themselves, and predictions beyond it."""

import numpy as np
import pytest

from fitting import card
from trifit.crossfit import rotation as rotation_module
from trifit.crossfit.coefficients import InSpan
from trifit.crossfit.problem import Problem, _reference
from trifit.crossfit.rotation import Rotation, Widened
from trifit.estimators import BayesClassifier, MAPClassifier
from trifit.fit import Training, predict
from trifit.fits import Status
from trifit.types import Dataset

N, P = 20, 40


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(3)
    X = rng.normal(size=(N, P)) @ np.diag(rng.uniform(0.5, 2.0, P))
    y = (X[:, :3] @ rng.normal(size=(3, 3)) + rng.gumbel(size=(N, 3))).argmax(axis=1)
    names = tuple(f"x{j}" for j in range(P))
    return Dataset(name="wide", X=X, y=y, feature_names=names, class_names=("a", "b", "c"))


def trained(data, *, spanned, **parameters):
    """A problem, its part with four test rows, and its fits."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rotation_module, "MOST_DIRECT", 0)
        # The pair is what makes a model known to be alike; small ones are probed without it.
        patch.setattr("trifit.fit.build.MANY_PARAMS", 0 if spanned else 10**9)
        chosen = card(**parameters).with_overrides({"draws": 1000, "tune": 300, "tolerance": 1e-12})
        problem = Problem.build(data, chosen, np.arange(data.n_obs))
    assert (problem.n_directions is not None) is spanned
    part = problem.part(np.arange(16), np.arange(16, N))
    return (
        problem,
        part,
        Training(problem.density, part.train, part.test, chosen, np.random.SeedSequence(1)),
    )


@pytest.fixture(scope="module")
def direct(data):
    return trained(data, spanned=False, prior_scale=0.4)


@pytest.fixture(scope="module")
def spanned(data):
    return trained(data, spanned=True, prior_scale=0.4)


def test_directions_are_orthonormal_and_span_the_rows(rng):
    X = rng.normal(size=(5, 12))
    X[4] = X[0] - 2 * X[1]
    turned = Rotation.spanning(X, 5)
    assert turned.basis.T @ turned.basis == pytest.approx(np.diag([1.0, 1, 1, 1, 0]), abs=1e-12)
    assert turned.features(turned.coordinates(X)) == pytest.approx(X, abs=1e-12)
    new = rng.normal(size=(3, 12))
    left = turned.beyond(np.vstack([new, X]))
    assert left[3:] == pytest.approx(0.0, abs=0)
    assert left[:3] @ turned.basis == pytest.approx(0.0, abs=1e-12)
    assert turned.features(turned.coordinates(new)) + left[:3] == pytest.approx(new)


def test_the_map_is_that_of_the_columns(direct, spanned):
    """Coefficients to 1e-8, and the loss at them."""
    ours, theirs = spanned[2].fit("map"), direct[2].fit("map")
    assert ours.status is theirs.status is Status.CONVERGED
    named = direct[0].density.layout.unravel(theirs.flat_draws[0])
    found = InSpan(spanned[0].density, spanned[1].rotation, ours.flat_draws).means
    assert found == pytest.approx(named["beta"], abs=1e-8)
    intercept = spanned[0].density.layout.unravel(ours.flat_draws[0])["intercept"]
    assert intercept == pytest.approx(named["intercept"], abs=1e-8)
    assert ours.diagnostics.objective != theirs.diagnostics.objective  # other constants


def test_no_mle_exists_either_way(direct, spanned):
    for _, _, training in (direct, spanned):
        assert training.fit("mle").status is Status.SEPARATED
    direction = spanned[2].fit("mle").direction
    problem, part, _ = spanned
    odds = problem.density.log_probs(np.array([1e3 * direction]), part.train.X)[0]
    assert (odds.argmax(axis=1) == part.train.labels).all()


def test_the_posterior_predicts_as_that_of_the_columns(direct, spanned):
    """Held-out rows: mean probabilities and their variance over draws, within MC error."""
    found = []
    for problem, part, training in (direct, spanned):
        bayes = training.fit("bayes")
        probs = np.exp(problem.density.log_probs(bayes.flat_draws, part.test.X))
        found.append((probs.mean(axis=0), probs.var(axis=0)))
        assert not bayes.status.failed
    n_effective = 1_500
    for ours, theirs in zip(*found, strict=True):
        assert ours == pytest.approx(theirs, abs=5 * np.sqrt(0.25 / n_effective))
    # The variance is no accident: beyond the training rows it is mostly the prior's.
    assert found[0][1].max() > 0.02


def test_every_coefficient_has_the_posterior_of_the_columns(direct, spanned):
    theirs = direct[0].density.layout.unravel(direct[2].fit("bayes").flat_draws)["beta"]
    problem, part, training = spanned
    draws = training.fit("bayes").flat_draws
    coefficients = InSpan(problem.density, part.rotation, draws)
    sd = coefficients.deviations
    assert sd == pytest.approx(theirs.std(axis=0), rel=0.1)
    centre = coefficients.means
    assert (abs(centre - theirs.mean(axis=0)) < 5 * sd / np.sqrt(1_500)).all()


def test_new_rows_are_predicted_as_by_the_columns(direct, spanned, rng):
    """Rows outside the span of all rows, by draws of the prior there."""
    problem, part, training = spanned
    new = rng.normal(size=(6, P))
    assert np.linalg.norm(part.rotation.beyond(new), axis=1).min() > 1.0
    wide = Widened.of(problem.density, part.rotation, new)
    draws = wide.draws(training.fit("bayes").flat_draws)
    ours = np.exp(wide.density.log_probs(draws, wide.X))
    bayes = direct[2].fit("bayes")
    theirs = np.exp(direct[0].density.log_probs(bayes.flat_draws, new))
    for moment in (np.mean, np.var):
        close = 5 * np.sqrt(0.25 / 1_500)
        assert moment(ours, axis=0) == pytest.approx(moment(theirs, axis=0), abs=close)
    # Jointly: the log-odds of two rows go together as the columns' do.
    odds = [np.log(p[:, :, 1] / p[:, :, 0]) for p in (ours, theirs)]
    assert np.corrcoef(odds[0].T) == pytest.approx(np.corrcoef(odds[1].T), abs=0.12)


def test_a_row_is_predicted_alike_with_others_and_alone(spanned, rng):
    problem, part, training = spanned
    new, bayes = rng.normal(size=(4, P)), training.fit("bayes")

    def probs(rows):
        wide = Widened.of(problem.density, part.rotation, rows)
        return np.exp(wide.density.log_probs(wide.draws(bayes.flat_draws), wide.X))

    assert probs(new)[:, 2] == pytest.approx(probs(new[2:3])[:, 0], abs=1e-9)
    copies = np.vstack([new[:1], new[:1]])
    assert probs(copies)[:, 1] == pytest.approx(probs(copies)[:, 0], abs=1e-9)


def test_a_point_fit_has_nothing_outside_the_span(spanned, direct, rng):
    new = rng.normal(size=(4, P))
    problem, part, training = spanned
    wide = Widened.of(problem.density, part.rotation, new)
    point = wide.draws(training.fit("map").flat_draws)
    ours = wide.density.log_probs(point, wide.X)
    theirs = predict(direct[0].density, direct[2].fit("map"), new).log_probs
    assert ours[0] == pytest.approx(theirs, abs=1e-7)


def test_one_row_in_three_columns_by_quadrature(monkeypatch):
    """Two rows of two classes: the forecast of a new row is an integral over two log-odds."""
    monkeypatch.setattr(rotation_module, "MOST_DIRECT", 0)
    monkeypatch.setattr("trifit.fit.build.MANY_PARAMS", 0)
    X = np.array([[1.0, 0.5, 0.0, 0.2], [-1.0, 0.3, 0.4, 0.0]])
    new, sd, sd_0 = np.array([[0.7, -0.4, 1.1, 0.3]]), 1.5, 2.0
    model = card("logistic_regression", prior_scale=sd, intercept_scale=sd_0)
    model = model.with_overrides({"standardize": False, "draws": 1000, "tune": 300})
    found = BayesClassifier(model, random_state=1).fit(X, np.array([0, 1]))
    assert found.classifier_.rotation is not None
    # Log-odds of both rows and of the new one are jointly normal: x'x sd^2 + sd_0^2.
    rows = np.vstack([X, new])
    S = sd**2 * rows @ rows.T + sd_0**2
    at, weight = np.polynomial.hermite_e.hermegauss(60)
    root = np.linalg.cholesky(S)
    z = np.stack(np.meshgrid(at, at, at, indexing="ij"), axis=-1) @ root.T
    w = weight[:, None, None] * weight[:, None] * weight
    w = w / (1 + np.exp(z[..., 0])) / (1 + np.exp(-z[..., 1]))
    expected = (w / (1 + np.exp(-z[..., 2]))).sum() / w.sum()
    assert found.predict_proba(new)[0, 1] == pytest.approx(expected, abs=0.02)
    assert found.sample_proba(new, 10).shape == (10, 1, 2)


def test_coefficients_of_an_estimator_are_those_of_the_columns(data, monkeypatch):
    direct = MAPClassifier(random_state=0).fit(data.X, data.y)
    monkeypatch.setattr(rotation_module, "MOST_DIRECT", 0)
    monkeypatch.setattr("trifit.fit.build.MANY_PARAMS", 0)
    _reference.cache_clear()  # it keeps models that were built the other way
    spanned = MAPClassifier(random_state=0).fit(data.X, data.y)
    assert spanned.classifier_.rotation is not None
    assert direct.classifier_.rotation is None
    assert spanned.coef_ == pytest.approx(direct.coef_, abs=1e-6)
    assert spanned.intercept_ == pytest.approx(direct.intercept_, abs=1e-6)
