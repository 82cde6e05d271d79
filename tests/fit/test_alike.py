"""Models whose features are all alike are known from two of them, and may be rotated."""

import numpy as np
import pymc as pm
import pytest

from trifit import memory
from trifit.errors import InputError
from trifit.fit.affine import dense
from trifit.fit.alike import PAIR
from trifit.fit.entries import Entries
from trifit.fit.graph import GraphDensity
from trifit.fit.linear import LinearDensity, in_directions
from trifit.models import logistic_regression, softmax_regression


def graph_of(model, n_classes):
    return GraphDensity(model, n_classes, mode="interpreted")


@pytest.fixture(scope="module", params=["softmax", "logistic"])
def both(request):
    """A model probed at every unit vector, and the same extended from two features."""
    rng = np.random.default_rng(1)
    builder = {"softmax": softmax_regression, "logistic": logistic_regression}[request.param]
    n_classes = 3 if request.param == "softmax" else 2
    X, y = rng.normal(size=(30, 6)), np.arange(30) % n_classes
    graphs = [
        graph_of(builder(some, y, prior_scale=0.7, intercept_scale=3.0), n_classes)
        for some in (X, X[:, :PAIR])
    ]
    return (
        X,
        y,
        LinearDensity.recognise(graphs[0], X),
        LinearDensity.recognise(graphs[0], X, graphs[1]),
    )


def test_matrices_beyond_the_memory_are_refused(both):
    alike = both[3].alike
    matrix = alike.of_features(1_000_000).weights.matrix
    refused = r"the matrices of 1,000,000 features with \d classes: not enough memory: at least"
    with memory.limited(0.01), pytest.raises(InputError, match=refused):
        matrix.tocsr()


def test_two_features_tell_what_probing_tells(both):
    _, _, probed, extended = both
    assert probed.alike is None
    assert extended.alike is not None
    for name in ("params", "weights", "prior_gradient"):
        ours, theirs = getattr(extended.maps, name), getattr(probed.maps, name)
        assert ours.offset == pytest.approx(theirs.offset, abs=1e-12)
        assert dense(ours.matrix) == pytest.approx(dense(theirs.matrix), abs=1e-12)
    assert extended.maps.prior_constant == pytest.approx(probed.maps.prior_constant, rel=1e-12)
    assert extended.free_names == probed.free_names


def test_rotated_features_are_the_same_model(both, rng):
    """Value, gradient and Hessian at rotated coefficients, with a basis of the whole space."""
    X, y, _, density = both
    basis = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    rotated = in_directions(density, 6)
    shared, own = density.alike.params.inputs.places(6)
    turn = np.zeros((density.n_params, density.n_params))  # theta = turn @ gamma
    turn[shared, shared] = 1.0
    for column in own.T:
        turn[np.ix_(column, column)] = basis
    gamma = rng.normal(size=density.n_params)
    ours, theirs = rotated.bind(X @ basis, y), density.bind(X, y)
    a, b = ours(gamma, prior=1.0, jacobian=0.0), theirs(turn @ gamma, prior=1.0, jacobian=0.0)
    assert a[0] == pytest.approx(b[0], rel=1e-12)
    assert a[1] == pytest.approx(turn.T @ b[1], abs=1e-10)
    hessians = [
        f.hessian(t, prior=1.0, jacobian=0.0) for f, t in ((ours, gamma), (theirs, turn @ gamma))
    ]
    assert hessians[0] == pytest.approx(turn.T @ hessians[1] @ turn, abs=1e-9)
    assert rotated.log_priors(gamma[None]) == pytest.approx(
        density.log_priors((turn @ gamma)[None])
    )


def test_fewer_directions_have_the_prior_of_fewer_features(both):
    _, _, _, density = both
    few = in_directions(density, 4)
    assert few.layout.dims[1][0] == "direction"
    assert few.layout.shapes[1][0] == 4
    assert few.n_params == density.alike.params.inputs.size(4)
    assert len(few.layout.labels()) == few.layout.size
    spread = density.alike.root @ density.alike.root.T
    drawn = few.prior_draws(40_000, 1)[:, few.alike.params.outputs.places(4)[1][2]]
    assert np.cov(drawn.T) == pytest.approx(spread.squeeze(), abs=0.02)


def own_model(X, y, *, sd, mu=0.0, extra=0.0):
    with pm.Model(coords={"feature": range(X.shape[1])}) as model:
        features = pm.Data("X", X)
        intercept = pm.Normal("intercept")
        beta = pm.Normal("beta", mu, sd, dims="feature")
        bend = extra * (features[:, -1] * beta[0] if X.shape[1] > PAIR else 0.0)
        pm.Bernoulli("label", logit_p=intercept + features @ beta + bend, observed=y)
    return graph_of(model, 2)


@pytest.mark.parametrize(
    ("of_six", "of_two"),
    [
        ({"sd": np.arange(1.0, 7.0)}, {"sd": np.array([1.0, 2.0])}),  # a scale for each
        ({"sd": np.r_[np.ones(5), 3.0]}, {"sd": np.ones(2)}),  # the last one is another
        ({"sd": 1.0, "mu": 0.5}, {"sd": 1.0, "mu": 0.5}),  # a prior mean
        ({"sd": 1.0, "extra": 2.0}, {"sd": 1.0}),  # features are mixed
    ],
)
def test_features_that_differ_are_probed_one_by_one(of_six, of_two, rng):
    X, y = rng.normal(size=(30, 6)), np.arange(30) % 2
    graph = own_model(X, y, **of_six)
    found = LinearDensity.recognise(graph, X, own_model(X[:, :PAIR], y, **of_two))
    assert found.alike is None
    theta = rng.normal(size=7)
    ours, theirs = (f.bind(X, y)(theta, prior=1.0, jacobian=0.0) for f in (found, graph))
    assert ours[0] == pytest.approx(theirs[0], rel=1e-10)
    assert ours[1] == pytest.approx(theirs[1], rel=1e-10)


def test_entries_of_features():
    entries = Entries.of([(3,), (4, 2), ()], [("class_",), ("feature", "class_"), ()])
    shared, own = entries.places(4)
    assert shared.tolist() == [0, 1, 2, 11]
    assert own.tolist() == [[3, 4], [5, 6], [7, 8], [9, 10]]
    assert entries.size(5) == 14
    assert Entries.of([(2, 4)], [("class_", "feature")]) is None


def test_prior_spread_of_log_odds_grows_with_the_rows_length(both):
    """Softmax: two coefficients of scale 0.7 each, zero sum or not; logistic: one."""
    X, _, _, density = both
    scale = 0.7 * (np.sqrt(2) if density.n_classes == 3 else 1.0)
    assert density.prior_spread(np.ones((2, 6))) == pytest.approx(scale * np.sqrt(6))
    drawn = density.prior_draws(20_000, 2)
    odds = density.log_probs(drawn, np.vstack([X[:1], 0 * X[:1]]))
    moved = (odds[:, 0, 1] - odds[:, 0, 0]) - (odds[:, 1, 1] - odds[:, 1, 0])
    assert moved.std() == pytest.approx(density.prior_spread(X[:1]), rel=0.03)
