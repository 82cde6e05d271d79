"""The fused log-likelihood against plain NumPy and against the models' own graphs."""

import numpy as np
import pymc as pm
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import njit
from scipy.special import log_softmax

from fitting import card, density_of
from selection import by_default
from trifit.cards import card_names, load_card
from trifit.fit import build_density
from trifit.fit.build import build_model
from trifit.fit.fast.backend import compilations
from trifit.fit.fast.kernel import BLOCK, CHUNK, _exp, log_likelihood_of
from trifit.fit.graph import GraphDensity
from trifit.fit.linear import LinearDensity
from trifit.threads import limited

TWO_CLASSES = ("logistic", "probit")


def reference(X, w, weights):
    """Value and gradient, written as the formula."""
    scores = np.column_stack([np.zeros(len(X)), weights[0] + X @ weights[1:]])
    log_probs = log_softmax(scores, axis=1)
    residual = (w - w.sum(axis=1, keepdims=True) * np.exp(log_probs))[:, 1:]
    value = np.where(w > 0, w * log_probs, 0.0).sum()
    return value, np.vstack([residual.sum(axis=0), X.T @ residual])


def problem(rng, n, d, k, size=1.0):
    X = rng.normal(size=(n, d))
    return X, rng.integers(k, size=n), size * rng.normal(size=(1 + d, k - 1))


@pytest.mark.parametrize("n", [1, 7, BLOCK, BLOCK + 1, CHUNK + 5])
@pytest.mark.parametrize(("d", "k"), [(1, 2), (5, 4)])
def test_kernel_is_the_formula(n, d, k, rng):
    X, y, weights = problem(rng, n, d, k)
    for labels, w in ((y, np.eye(k)[y]), *[(w, w) for w in [rng.gamma(1.0, size=(n, k))]]):
        value, gradient = log_likelihood_of(X, labels, weights)
        expected, by_weights = reference(X, w, weights)
        assert value == pytest.approx(expected, rel=1e-12)
        assert gradient == pytest.approx(by_weights, rel=1e-10, abs=1e-10 * n)


def test_many_classes_of_equal_probability(rng):
    """One logarithm is taken of a product of several rows' sums: 8 of them are 3e26 here."""
    X, y, weights = problem(rng, BLOCK + 13, 1, 2_000, size=0.0)
    value, _ = log_likelihood_of(X, y, weights)
    assert value == pytest.approx(-len(X) * np.log(2_000), rel=1e-13)


@given(st.integers(1, 40), st.integers(2, 5), st.integers(0, 2**32 - 1))
def test_a_duplicated_row_is_a_weight_of_two(n, k, seed):
    X, y, weights = problem(np.random.default_rng(seed), n, 3, k)
    twice = log_likelihood_of(np.vstack([X, X]), np.concatenate([y, y]), weights)
    weighted = log_likelihood_of(X, 2.0 * np.eye(k)[y], weights)
    assert twice[0] == pytest.approx(weighted[0], rel=1e-12, abs=1e-12)
    assert twice[1] == pytest.approx(weighted[1], rel=1e-9, abs=1e-10)


def test_scores_of_thousands_neither_overflow_nor_lose_the_gradient(rng):
    X, y, weights = problem(rng, 50, 2, 3, size=1e4)
    value, gradient = log_likelihood_of(X, y, weights)
    expected, by_weights = reference(X, np.eye(3)[y], weights)
    assert value == pytest.approx(expected, rel=1e-12)
    assert gradient == pytest.approx(by_weights, rel=1e-9, abs=1e-9)


def test_a_weight_of_zero_on_a_class_of_probability_zero_costs_nothing():
    X, weights = np.array([[1.0]]), np.array([[0.0], [-1e4]])
    assert log_likelihood_of(X, np.array([[1.0, 0.0]]), weights)[0] == 0.0
    assert log_likelihood_of(X, np.array([[0.0, 1.0]]), weights)[0] == -1e4


def test_the_answer_does_not_depend_on_the_cores(rng):
    X, y, weights = problem(rng, 3 * CHUNK + 1, 4, 3)
    answers = []
    for cores in (1, 2):
        with limited(cores):
            answers.append(log_likelihood_of(X, y, weights))
    assert answers[0][0] == answers[1][0]
    assert (answers[0][1] == answers[1][1]).all()


def test_parameters_that_are_not_numbers_give_no_number():
    weights = np.array([[0.0], [np.nan]])
    value, gradient = log_likelihood_of(np.ones((3, 1)), np.zeros(3, dtype=int), weights)
    assert np.isnan(value)
    assert np.isnan(gradient).all()


def test_the_vector_exponential_is_exact_to_rounding():
    @njit
    def exponentials(x):
        out = np.empty_like(x)
        for i in range(len(x)):
            out[i] = _exp(x[i])
        return out

    x = np.concatenate([-np.geomspace(1e-9, 707.0, 5001), [0.0]])
    assert exponentials(x) == pytest.approx(np.exp(x), rel=4e-16, abs=0.0)
    assert (exponentials(np.array([-1e6, -np.inf])) < 1e-307).all()


def models(name, rng, k=None, **changes):
    """A shipped card's model on few rows, its number of classes, and labels of all kinds."""
    k = k or (2 if name in TWO_CLASSES else 3)
    X, y = rng.normal(size=(40, 2)), np.arange(40) % k
    model = build_model(
        load_card(name).with_overrides(changes).with_builders_scale(),
        X,
        y,
        feature_names=("u", "v"),
        class_names=tuple("abc"[:k]),
    )
    return model, k, X, [y, rng.dirichlet(np.ones(k), size=40), rng.integers(1, 5, size=(40, k))]


@pytest.mark.parametrize("name", by_default("softmax", "network", of=card_names()))
def test_fused_objectives_are_their_own_graphs(name, rng):
    model, k, X, kinds = models(name, rng)
    fused = GraphDensity(model, k, mode="interpreted")
    plain = GraphDensity(model, k, mode="interpreted", fused=False)
    theta = rng.normal(size=plain.n_params)
    for labels in kinds:
        (a, by_a), (b, by_b) = (
            density.bind(X, np.asarray(labels, dtype=float) if labels.ndim == 2 else labels)(
                theta, prior=1.0, jacobian=1.0
            )
            for density in (fused, plain)
        )
        assert a == pytest.approx(b, rel=1e-10)
        assert by_a == pytest.approx(by_b, rel=1e-10, abs=1e-10)


@pytest.mark.parametrize("name", by_default("network", of=["network", "softmax-hierarchical"]))
def test_compiled_fused_objective_is_its_own_graph(name, rng):
    changes = {"hidden": [8]} if name == "network" else {}  # as in test_no_maximum: compiled once
    model, k, X, (y, *_) = models(name, rng, k=2, **changes)
    theta = rng.normal(size=GraphDensity(model, k).n_params)
    a, by_a = GraphDensity(model, k).bind(X, y)(theta, prior=1.0, jacobian=1.0)
    plain = GraphDensity(model, k, mode="interpreted", fused=False)
    b, by_b = plain.bind(X, y)(theta, prior=1.0, jacobian=1.0)
    assert a == pytest.approx(b, rel=1e-10)
    assert by_a == pytest.approx(by_b, rel=1e-10, abs=1e-10)


@pytest.mark.parametrize(("columns", "intercepts"), [(3, 1), (1, 3)])
def test_what_is_spread_over_classes_is_left_to_the_graph(columns, intercepts, rng):
    X, y = rng.normal(size=(20, 2)), np.arange(20) % 3
    with pm.Model() as model:
        features = pm.Data("X", X)
        beta = pm.Normal("beta", shape=(2, columns))
        intercept = pm.Normal("intercept", shape=intercepts)
        pm.Categorical("label", logit_p=intercept + features @ beta, observed=y)
    theta = rng.normal(size=2 * columns + intercepts)
    answers = [
        GraphDensity(model, 3, mode="interpreted", fused=fused).bind(X, y)(
            theta, prior=1.0, jacobian=1.0
        )
        for fused in (True, False)
    ]
    assert answers[0][0] == pytest.approx(answers[1][0], rel=1e-12)
    assert answers[0][1] == pytest.approx(answers[1][1], rel=1e-10)


@pytest.mark.broad
def test_one_compilation_serves_other_data_and_other_prior_scales(rng):
    def evaluate(n, **changes):
        # A factor of 2 over eight units would be the first layer's scale over two features: one
        # constant or two, by their last bit.
        model, k, *_ = models("network", rng, output_factor=1.9, **changes)
        density = GraphDensity(model, k)
        X, y = rng.normal(size=(n, 2)), np.arange(n) % k
        theta = rng.normal(size=density.n_params)
        value, gradient = density.bind(X, y)(theta, prior=1.0, jacobian=1.0)
        density.log_probs(density.constrain(theta[None]), X)
        plain = GraphDensity(model, k, mode="interpreted", fused=False)
        expected, by_theta = plain.bind(X, y)(theta, prior=1.0, jacobian=1.0)
        assert value == pytest.approx(expected, rel=1e-10)
        assert gradient == pytest.approx(by_theta, rel=1e-10, abs=1e-10)
        return compilations()

    first = evaluate(40, prior_scale=1.7)
    assert evaluate(25, prior_scale=1.7) == first
    assert evaluate(40, prior_scale=2.3) == first
    assert evaluate(40, prior_scale=0.7, intercept_scale=4.0) == first
    assert evaluate(40, hidden=[3]) > first


def test_the_kernel_can_be_turned_off(monkeypatch, overlapping):
    X, y = overlapping.X, overlapping.y
    assert isinstance(density_of(X, y), LinearDensity)
    monkeypatch.setenv("TRIFIT_FUSED", "0")
    density = build_density(card(), X, y, feature_names=("u", "v"), class_names=("a", "b"))
    assert isinstance(density, GraphDensity)
    assert not density.fused
