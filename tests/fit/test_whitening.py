"""Coordinates of NUTS: the same density in all of them, and the same posterior."""

import numpy as np
import pymc as pm
import pytest

from trifit.cards import Optimiser, Sampler, load_card
from trifit.errors import InputError
from trifit.fit import whitening
from trifit.fit.alike import PAIR
from trifit.fit.diagnostics import diagnose_draws
from trifit.fit.graph import GraphDensity
from trifit.fit.linear import LinearDensity
from trifit.fit.methods import bayes
from trifit.fit.methods.bayes import fit_bayes
from trifit.fit.methods.map import fit_map
from trifit.fit.whitening import has_kronecker, kronecker, scale_of, whitened
from trifit.models import logistic_regression, softmax_regression
from trifit.types import Rows

N_FEATURES = 5


def free_intercepts(X, y, *, prior_scale=1.0):
    """Softmax regression whose intercepts do not sum to zero, while its coefficients do."""
    coords = {"class_": range(3), "feature": range(X.shape[1])}
    with pm.Model(coords=coords) as model:
        features = pm.Data("X", X)
        intercept = pm.Normal("intercept", 0.0, 2.0, dims="class_")
        beta = pm.ZeroSumNormal("beta", sigma=prior_scale, dims=("feature", "class_"))
        pm.Categorical("label", logit_p=intercept + features @ beta, observed=y)
    return model


def density_of(builder, n_classes):
    """Of a model whose features are alike, and known to be."""
    X = np.random.default_rng(1).normal(size=(30, N_FEATURES))
    y = np.arange(30) % n_classes
    whole, pair = (
        GraphDensity(builder(some, y, prior_scale=0.7), n_classes, mode="interpreted")
        for some in (X, X[:, :PAIR])
    )
    found = LinearDensity.recognise(whole, X, pair)
    assert found is not None
    assert found.alike is not None
    return found


@pytest.fixture(scope="module", params=["softmax", "logistic"])
def density(request):
    softmax = request.param == "softmax"
    return density_of(softmax_regression if softmax else logistic_regression, 3 if softmax else 2)


def rows_of(density, rng, n_obs=60):
    """Columns of unlike size that hang together, and classes that depend on them."""
    X = rng.normal(size=(n_obs, N_FEATURES)) @ rng.normal(size=(N_FEATURES, N_FEATURES))
    logits = X @ rng.normal(size=(N_FEATURES, density.n_classes)) + [
        1.5,
        *[0] * (density.n_classes - 1),
    ]
    return X, (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)


@pytest.mark.parametrize("soft", [False, True])
def test_kronecker_coordinates_have_the_same_density(density, soft, rng):
    X, labels = rows_of(density, rng)
    if soft:
        labels = rng.dirichlet(np.ones(density.n_classes), size=len(X))
    objective = density.bind(X, labels)
    at = kronecker(density, objective, 0.3 * rng.normal(size=density.n_params))
    z = rng.normal(size=(4, density.n_params))
    turn = at.theta(np.eye(density.n_params)) - at.theta(np.zeros(density.n_params))
    for each, theta in zip(z, at.theta(z), strict=True):
        value, slope = at.objective(each, prior=1.0, jacobian=1.0)
        expected, by_theta = objective(theta, prior=1.0, jacobian=1.0)
        assert value == pytest.approx(expected, rel=1e-12)
        assert slope == pytest.approx(turn @ by_theta, rel=1e-9, abs=1e-9)


def test_they_are_exact_where_every_row_has_the_same_probabilities(density, rng):
    """The information is then a Kronecker product, and minus the Hessian the identity."""
    X, _ = rows_of(density, rng)
    labels = np.full((len(X), density.n_classes), 1.0 / density.n_classes)
    objective = density.bind(X, labels)
    mode = np.zeros(density.n_params)
    at = kronecker(density, objective, mode)
    hessian = at.objective.hessian(mode, prior=1.0, jacobian=1.0)
    assert -hessian == pytest.approx(np.eye(len(mode)), abs=1e-9)


def test_they_are_close_where_probabilities_differ(density, rng):
    X, y = rows_of(density, rng, 400)
    objective = density.bind(X, y)
    mode = fit_map(density, Rows(X, y), Optimiser(), rng).theta
    at = kronecker(density, objective, mode)
    left = np.linalg.eigvalsh(-at.objective.hessian(0.0 * mode, prior=1.0, jacobian=1.0))
    before = np.linalg.eigvalsh(-objective.hessian(mode, prior=1.0, jacobian=1.0))
    assert left[-1] / left[0] < 0.1 * before[-1] / before[0]


def test_both_ways_give_the_same_posterior(density, rng, monkeypatch):
    """Means and standard deviations within four Monte Carlo errors."""
    X, y = rows_of(density, rng)
    objective = density.bind(X, y)
    mode = fit_map(density, Rows(X, y), Optimiser(), rng).theta
    draws = []
    for most_dense in (1_000, 0):
        monkeypatch.setattr(whitening, "MOST_DENSE", most_dense)
        assert (whitened(density, objective, mode).scale is None) == (most_dense == 0)
        sampler = Sampler(draws=1000, tune=200)
        draws.append(fit_bayes(density, objective, mode, sampler, seed=1).draws)
    for moment in (lambda d: d, lambda d: np.square(d - d.mean(axis=(0, 1)))):
        values = [moment(some) for some in draws]
        error = np.hypot(
            *(v.std(axis=(0, 1)) / np.sqrt(diagnose_draws(v)["ess_bulk"]) for v in values)
        )
        apart = (values[0].mean(axis=(0, 1)) - values[1].mean(axis=(0, 1))) / error
        assert abs(apart).max() < 4


def test_an_intercept_of_another_kind_has_no_such_form():
    assert not has_kronecker(density_of(free_intercepts, 3))


def test_many_parameters_are_refused_unless_draws_are_asked_for(density, monkeypatch):
    monkeypatch.setattr(whitening, "MOST_DENSE", 0)
    monkeypatch.setattr(bayes, "MAX_TURNED", 3)
    card = load_card("softmax")
    with pytest.raises(
        InputError, match=r"too many for NUTS here \(at most 3\).*--no-nuts.*--set draws=300"
    ):
        bayes.check(density, card)
    bayes.check(density, card.with_overrides({"draws": 10}))


@pytest.mark.parametrize("precision", [1e70, 1e-70])
def test_a_scale_that_single_precision_would_round_away_is_none(precision):
    """Else a coefficient of a feature in units of 1e-35 would stay at the mode in silence."""
    assert scale_of(-np.diag([1.0, precision])) is None
    root = scale_of(-np.diag([1.0, 4e6]))
    assert root == pytest.approx(np.diag([1.0, 5e-4]))
