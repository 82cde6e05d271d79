"""Log densities in machine code: the numbers of the interpreted graph, in every coordinates."""

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op

from trifit.cards import load_card
from trifit.fit.build import build_density
from trifit.fit.fast.callback import _machine
from trifit.fit.fast.graph import _CALL, REFUSED, Called
from trifit.fit.given_scale import GivenScale, given_scale
from trifit.fit.graph import GraphDensity
from trifit.fit.moved import Moved
from trifit.fit.radial import radial
from trifit.fit.whitening import Coordinates

X = np.random.default_rng(1).normal(size=(30, 2))
Y = np.arange(30) % 2


def of_card(name):
    return build_density(load_card(name), X, Y, feature_names=("a", "b"), class_names=("no", "yes"))


def binary(model_of):
    """A model of two classes as a density, compiled and interpreted."""
    with pm.Model() as model:
        data = pm.Data("X", X)
        pm.Bernoulli("label", logit_p=model_of(data), observed=Y)
    return [GraphDensity(model, 2, mode=mode) for mode in ("compiled", "interpreted")]


class Doubled(Op):
    """An operation of a user's own, in Python alone."""

    def make_node(self, x):
        return Apply(self, [pt.as_tensor(x)], [pt.vector()])

    def perform(self, node, inputs, outputs):
        outputs[0][0] = 2 * inputs[0]

    def pullback(self, inputs, outputs, cotangents):
        return [2 * cotangents[0]]


@pytest.mark.parametrize("name", ["probit", "network", "softmax-horseshoe"])
@pytest.mark.parametrize(("prior", "jacobian"), [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0)])
def test_shipped_cards_have_the_interpreted_numbers(name, prior, jacobian, rng):
    density = of_card(name)
    interpreted = GraphDensity(density.model, density.n_classes, mode="interpreted")
    for _ in range(3):
        theta = rng.normal(size=density.n_params)
        value, gradient = density.bind(X, Y)(theta, prior=prior, jacobian=jacobian)
        expected, slope = interpreted.bind(X, Y)(theta, prior=prior, jacobian=jacobian)
        assert value == pytest.approx(expected, rel=1e-10)
        assert gradient == pytest.approx(slope, rel=1e-8, abs=1e-10)


@pytest.mark.broad
@pytest.mark.filterwarnings("ignore:Numba will use object mode")
def test_an_operation_in_python_is_called_from_machine_code(rng):
    compiled, interpreted = binary(
        lambda data: Doubled()(pt.dot(data, pm.Normal("beta", shape=2))) + pm.Normal("intercept")
    )
    theta = rng.normal(size=3)
    for density in (compiled, interpreted):
        value, gradient = density.bind(X, Y)(theta, prior=1.0, jacobian=1.0)
        ahead, _ = density.bind(X, Y)(theta + np.array([1e-6, 0, 0]), prior=1.0, jacobian=1.0)
        assert (ahead - value) / 1e-6 == pytest.approx(gradient[0], abs=1e-4)
    assert value == pytest.approx(compiled.bind(X, Y)(theta, prior=1.0, jacobian=1.0)[0])


def test_refused_parameters_have_no_density(rng):
    """A scale that may become negative: PyMC's own samplers reject such a step, and so do we."""
    compiled, interpreted = binary(
        lambda data: pt.dot(data, pm.Normal("beta", sigma=pm.Normal("sigma", 1), shape=2))
    )
    theta = np.array([-1.0, 0.2, 0.3])
    for density in (compiled, interpreted):
        value, gradient = density.bind(X, Y)(theta, prior=1.0, jacobian=1.0)
        assert value == -np.inf
        assert not gradient.any()
    entry = compiled.bind(X, Y).machine(np.zeros(3))
    called = Called(entry)
    arrays = theta, np.empty(3), np.empty(1), entry.record
    assert called._call(3, *(a.ctypes.data for a in arrays)) == REFUSED
    assert np.isfinite(called(abs(theta), 1.0, 1.0)[0])  # as before


def test_a_prior_without_numbers(rng):
    compiled, interpreted = binary(lambda data: pt.dot(data, pm.Flat("beta", shape=2)))
    theta = rng.normal(size=2)
    (value, gradient), (expected, slope) = (
        density.bind(X, Y)(theta, prior=1.0, jacobian=1.0) for density in (compiled, interpreted)
    )
    assert value == pytest.approx(expected, rel=1e-12)
    assert gradient == pytest.approx(slope, rel=1e-10)


def test_whitened_coordinates(rng):
    density = of_card("probit")
    objective = density.bind(X, Y)
    centre, scale = rng.normal(size=3), np.triu(rng.normal(size=(3, 3)))
    z = rng.normal(size=3)
    at = Coordinates(objective, centre, scale)
    found = Called(_machine(at))(z, 1.0, 1.0)
    value, gradient = objective(at.theta(z), prior=1.0, jacobian=1.0)
    assert found[0] == pytest.approx(value, rel=1e-12)
    assert found[1] == pytest.approx(at.scale.T @ gradient, rel=1e-10)
    assert at.scale == pytest.approx(scale, rel=1e-7)


@pytest.mark.parametrize("n_features", [1, 40])
def test_whitened_coordinates_of_a_linear_model(n_features, rng):
    X = rng.normal(size=(30, n_features))
    names = tuple(f"x{j}" for j in range(n_features))
    density = build_density(
        load_card("logistic").with_overrides({"prior_scale": 1.0}),
        X, Y, feature_names=names, class_names=("no", "yes"),
    )  # fmt: skip
    size, objective = density.n_params, density.bind(X, Y)
    at = Coordinates(objective, rng.normal(size=size), np.triu(rng.normal(size=(size, size))))
    machine, z, gradient, value = _machine(at), rng.normal(size=size), np.empty(size), np.empty(1)
    arrays = z, gradient, value, machine.record
    assert _CALL(machine.entry.address)(size, *(a.ctypes.data for a in arrays)) == 0
    expected, by_theta = objective(at.theta(z), prior=1.0, jacobian=1.0)
    assert value[0] == pytest.approx(expected, rel=1e-12)
    assert gradient == pytest.approx(at.scale.T @ by_theta, rel=1e-9, abs=1e-9)


def test_coordinates_of_a_learned_scale(rng):
    """Machine code has the formulas of :class:`GivenScale` once more: the same numbers."""
    density = of_card("softmax-hierarchical")
    at = given_scale(density, density.bind(X, Y), np.zeros(density.n_params))
    assert isinstance(at.objective, Moved)
    assert isinstance(at.objective.map, GivenScale)
    as_machine_code(at, rng)


def test_radial_coordinates(rng):
    """The same of :class:`Radial`, with weights of no group between."""
    density = of_card("network")
    at = radial(density, density.bind(X, Y), density.start(rng))
    as_machine_code(at, rng)
    assert len(at.objective.map.sizes) == 3  # weights, biases and output, but not the intercept


def as_machine_code(at, rng):
    called = Called(_machine(at))
    scale = np.eye(len(at.centre)) if at.scale is None else at.scale
    for _ in range(5):
        z = rng.normal(size=len(at.centre))
        value, by_w = at.objective(at.centre + scale @ z, prior=1.0, jacobian=1.0)
        found, gradient = called(z, 1.0, 1.0)
        assert found == pytest.approx(value, rel=1e-12)
        assert gradient == pytest.approx(scale.T @ by_w, rel=1e-9, abs=1e-10)
