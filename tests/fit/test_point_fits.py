"""MLE and MAP against scikit-learn and closed forms; the temperature beside them."""

import numpy as np
import pytest
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

import trifit
from fitting import BUNDLED, density_of, interpreted, probs_of, standardised
from selection import by_default
from trifit.cards import Optimiser
from trifit.data import load_dataset
from trifit.fit.folds import held_out_forecasts, inner_folds
from trifit.fit.methods.map import fit_map
from trifit.fit.methods.mle import fit_mle
from trifit.fits import Status
from trifit.recalibration import temperature
from trifit.types import Dataset, Rows


@pytest.mark.parametrize("name", by_default("iris", "breast_cancer", of=BUNDLED))
@pytest.mark.parametrize("scale", [0.3, 1.0])
def test_map_is_ridge_regression(name, scale, rng):
    """MAP with scale s is scikit-learn's LogisticRegression with C = s**2."""
    X, y = standardised(load_dataset(name))
    density = density_of(X, y, prior_scale=scale, intercept_scale=1e4)
    fit = fit_map(density, Rows(X, y), Optimiser(), rng)
    peer = LogisticRegression(C=scale**2, tol=1e-8, max_iter=10_000).fit(X, y)
    if y.max() == 1:  # two classes: scikit-learn penalises the one log-odds
        density = density_of(X, y, "logistic_regression", prior_scale=scale, intercept_scale=1e4)
        fit = fit_map(density, Rows(X, y), Optimiser(), rng)
    assert fit.status is Status.CONVERGED
    assert fit.diagnostics.gradient <= 1e-6
    assert abs(probs_of(density, fit, X) - peer.predict_proba(X)).max() < 1e-5


def has_mle():
    iris, wine, cancer, digits = map(load_dataset, BUNDLED)
    rows = np.isin(digits.y, (3, 5, 8, 9))
    return {
        "iris sepals": (iris.X[:, :2][iris.y > 0], iris.y[iris.y > 0] - 1),
        "wine, two analyses": (wine.X[:, [1, 2]], wine.y),
        "breast cancer, three features": (cancer.X[:, :3], cancer.y),
        "digits 3 5 8 9, six pixels": (
            digits.X[rows][:, [18, 21, 28, 35, 42, 45]],
            np.searchsorted([3, 5, 8, 9], digits.y[rows]),
        ),
    }


@pytest.mark.parametrize("name", has_mle())
def test_mle_is_unpenalised_regression(name, rng):
    X, y = has_mle()[name]
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    density = density_of(X, y)
    fit = fit_mle(density, Rows(X, y), Optimiser(), rng)
    assert fit.status is Status.CONVERGED
    peer = LogisticRegression(C=np.inf, tol=1e-9, max_iter=10_000).fit(X, y)
    assert abs(probs_of(density, fit, X) - peer.predict_proba(X)).max() < 1e-5


@pytest.mark.parametrize("name", by_default("iris", "wine", of=BUNDLED))
def test_no_mle_exists_on_the_bundled_sets(name, rng):
    X, y = standardised(load_dataset(name))
    density = density_of(X, y)
    assert fit_mle(density, Rows(X, y), Optimiser(), rng).status is Status.SEPARATED


def test_newton_steps_finish_collinear_features(rng):
    """L-BFGS alone takes over 5,000 steps on these; the answer is that of Newton's method."""
    X, y = standardised(load_dataset("cells"))
    rows = Rows(X[:600], y[:600])
    density = density_of(rows.X, rows.labels, "logistic_regression")
    fit = fit_mle(density, rows, Optimiser(), rng)
    assert fit.status is Status.CONVERGED
    assert fit.diagnostics.steps < 1_100
    newton = fit_mle(density, rows, Optimiser(method="newton"), rng)
    assert abs(probs_of(density, fit, rows.X) - probs_of(density, newton, rows.X)).max() < 1e-6


def test_unscaled_features_converge_too(rng):
    """Raw units from 1e-3 to 4e3: Newton steps finish what L-BFGS cannot."""
    cancer = load_dataset("breast_cancer")
    density = density_of(cancer.X, cancer.y, "logistic_regression")
    fit = fit_map(density, Rows(cancer.X, cancer.y), Optimiser(), rng)
    assert fit.status is Status.CONVERGED
    X = cancer.X[:, :3]
    density = density_of(X, cancer.y, "logistic_regression")
    mle = fit_mle(density, Rows(X, cancer.y), Optimiser(), rng)
    assert mle.status is Status.CONVERGED
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    peer = LogisticRegression(C=np.inf, tol=1e-9, max_iter=10_000).fit(Z, cancer.y)
    assert abs(probs_of(density, mle, X) - peer.predict_proba(Z)).max() < 1e-5


@pytest.mark.broad
def test_map_approaches_the_mle_as_the_prior_widens(overlapping, rng):
    X, y = standardised(overlapping)
    gaps = []
    for scale in (1.0, 10.0, 100.0):
        density = density_of(X, y, prior_scale=scale, intercept_scale=scale)
        mle, map_ = (
            fit_mle(density, Rows(X, y), Optimiser(), rng),
            fit_map(density, Rows(X, y), Optimiser(), rng),
        )
        gaps.append(abs(probs_of(density, mle, X) - probs_of(density, map_, X)).max())
    assert gaps[0] > 10 * gaps[1] > 100 * gaps[2]
    assert gaps[2] < 1e-4


def test_mle_without_signal_gives_class_frequencies(rng):
    """Features orthogonal to the labels: the fitted probabilities are the frequencies."""
    X = np.tile([[1.0], [-1.0]], (12, 1))
    y = np.repeat([0, 0, 0, 1, 2, 2], 4).astype(np.int64)
    density = density_of(X, y)
    fit = fit_mle(density, Rows(X, y), Optimiser(), rng)
    expected = np.tile(np.bincount(y) / len(y), (len(y), 1))
    assert probs_of(density, fit, X) == pytest.approx(expected, abs=1e-6)


def test_temperature_softens_an_overfitted_mle(rng):
    X = rng.normal(size=(60, 15))
    y = (rng.random(60) < expit(X[:, 0])).astype(np.int64)
    density = density_of(X, y)
    assert (
        temperature.fit(
            *held_out_forecasts(density, inner_folds(Rows(X, y), rng), Optimiser(), rng)
        ).value
        > 1.5
    )


@pytest.mark.broad
def test_vector_scaling_mends_class_means_that_one_temperature_cannot(rng):
    """A prior that pulls the intercept to zero makes the rare class too probable."""
    X = rng.normal(size=(3000, 2))
    y = (rng.random(3000) < expit(X[:, 0] - 2.5)).astype(np.int64)
    data = Dataset("rare", X, y, ("a", "b"), ("no", "yes"), n_test=1500)
    c = trifit.compare(
        data, model="softmax", nuts=False, methods=["map+V"], overrides={"intercept_scale": 0.02}
    )
    frequency = y[:1500].mean()
    bias = {
        name: judged.calibration.classes[1].mean_prob - frequency
        for name, judged in c.contestants.items()
    }
    assert bias["map"] > 0.5 * frequency
    assert bias["map+T"] > 0.3 * frequency
    assert abs(bias["map+V"]) < 0.3 * bias["map+T"]
    loss = {name: judged.scores.log_loss.value for name, judged in c.contestants.items()}
    assert loss["map+V"] < loss["map+T"] < loss["map"]


def test_temperature_with_a_class_of_two_rows(overlapping, rng):
    X, y = standardised(overlapping)
    rare = np.r_[np.flatnonzero(y == 0), np.flatnonzero(y == 1)[:2]]
    density = density_of(X[rare], y[rare])
    assert np.isfinite(
        temperature.fit(
            *held_out_forecasts(density, inner_folds(Rows(X[rare], y[rare]), rng), Optimiser(), rng)
        ).value
    )


@pytest.mark.parametrize("output", ["logistic", "probit"])
@pytest.mark.parametrize(
    ("classes", "status"), [((0, 1), Status.SEPARATED), ((1, 2), Status.CONVERGED)]
)
def test_the_certificate_is_about_rows_not_links(output, classes, status, rng):
    """Setosa against versicolor has no MLE under either link; sepals of the others do."""
    iris = load_dataset("iris")
    rows = np.isin(iris.y, classes)
    X, y = iris.X[rows][:, :2], (iris.y[rows] == classes[1]).astype(np.int64)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    built = density_of if output == "logistic" else interpreted
    density = built(X, y, "logistic_regression", output=output)
    assert fit_mle(density, Rows(X, y), Optimiser(), rng).status is status


@pytest.mark.broad
@pytest.mark.parametrize("prior", ["student-t", "laplace", "horseshoe", "gamma"])
def test_every_prior_of_a_linear_model_gets_the_certificate(prior, rng):
    iris = load_dataset("iris")
    X = (iris.X - iris.X.mean(axis=0)) / iris.X.std(axis=0)
    density = density_of(X, iris.y, prior=prior)
    assert fit_mle(density, Rows(X, iris.y), Optimiser(), rng).status is Status.SEPARATED
