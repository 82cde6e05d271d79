"""Fits by JAX: the same densities, derivatives and posteriors as on the CPU; JAX's own CPU here."""

from dataclasses import replace
from functools import cache, cached_property

import jax
import numpy as np
import pytest

from fitting import density_of, standardised
from selection import by_default
from trifit import devices
from trifit.cards import Optimiser, Sampler, card_names, load_card
from trifit.data import load_dataset
from trifit.devices import check_device, chosen_device
from trifit.errors import InputError
from trifit.fit import build_density, whitening
from trifit.fit.affine import Affine
from trifit.fit.affine import sparse as compressed
from trifit.fit.density import SphericalT
from trifit.fit.device import on_device
from trifit.fit.device.objective import DeviceObjective
from trifit.fit.device.sampling import CHUNK, sample_on_device
from trifit.fit.device.terms import objective_value
from trifit.fit.diagnostics import effective_draws
from trifit.fit.given_scale import GivenScale
from trifit.fit.graph import GraphDensity
from trifit.fit.linear import LinearDensity
from trifit.fit.methods.bayes import fit_bayes
from trifit.fit.methods.map import fit_map
from trifit.fit.moved import Moved
from trifit.fit.objective import LinearObjective
from trifit.fit.prediction import prediction_draws
from trifit.fit.radial import Radial
from trifit.fit.sampling import TOLD
from trifit.fit.whitening import whitened
from trifit.fits import Status
from trifit.models import softmax_regression
from trifit.types import Rows

TWO_CLASSES = ("logistic", "probit")
BOTH = {"prior": 1.0, "jacobian": 1.0}


@pytest.fixture(scope="module")
def device():
    return chosen_device("jax", n_rows=1, n_params=1)


@cache
def of_card(name):
    """A card's density with few rows, and their labels."""
    rng = np.random.default_rng(20260701)
    n_classes = 2 if name in TWO_CLASSES else 3
    X, y = rng.normal(size=(40, 2)), np.arange(40) % n_classes
    card = load_card(name).with_builders_scale()
    density = build_density(
        card, X, y, feature_names=("u", "v"), class_names=tuple("abc"[:n_classes])
    )
    return density, X, y


def same(ours, theirs, tolerance=1e-10):
    for a, b in zip(ours, theirs, strict=True):
        assert a == pytest.approx(b, rel=tolerance, abs=tolerance * max(1.0, np.max(abs(b))))


@pytest.mark.parametrize("name", by_default("softmax", of=card_names()))
def test_value_and_gradient_are_those_of_the_density(name, device, rng):
    density, X, y = of_card(name)
    placed = on_device(density, device)
    if isinstance(density, GraphDensity):  # the same graph, with nothing to compile
        density = GraphDensity(density.model, density.n_classes, mode="interpreted")
    shares = rng.dirichlet(np.ones(density.n_classes), size=len(X))
    for labels in (y, shares):
        ours, theirs = placed.bind(X, labels), density.bind(X, labels)
        for size in (0.1, 1.0, 3.0):
            theta = size * rng.normal(size=density.n_params)
            for weights in (BOTH, {"prior": 1.0, "jacobian": 0.0}, {"prior": 0.0, "jacobian": 0.0}):
                same(ours(theta, **weights), theirs(theta, **weights))
            same(ours.squared_error(theta), theirs.squared_error(theta))


@pytest.mark.parametrize("weight", [0.0, 1.0])
def test_hessian_is_the_closed_form(weight, device, rng):
    density, X, y = of_card("softmax")
    theta = rng.normal(size=density.n_params)
    ours, theirs = (
        d.bind(X, y).hessian(theta, prior=weight, jacobian=1.0)
        for d in (on_device(density, device), density)
    )
    assert ours == pytest.approx(theirs, rel=1e-10, abs=1e-10)


def sparse(affine):
    return Affine(affine.offset, compressed(affine.matrix))


def test_sparse_matrices_are_the_same_as_dense_ones(device, rng):
    density, X, y = of_card("softmax")
    objective = density.bind(X, y)
    form = replace(
        objective.linear,
        to_weights=sparse(objective.linear.to_weights),
        prior_gradient=sparse(objective.linear.prior_gradient),
    )

    class Sparse:
        def bind(self, X, y):
            return LinearObjective(X, y, form)

    theta = rng.normal(size=density.n_params)
    ours = on_device(Sparse(), device).bind(X, y)
    same(ours(theta, **BOTH), objective(theta, **BOTH))
    assert ours.hessian(theta, **BOTH) == pytest.approx(objective.hessian(theta, **BOTH), rel=1e-10)


def test_coordinates_that_are_no_linear_map_are_the_same(device, rng):
    density, X, y = of_card("softmax")
    n = density.n_params - 1
    of_scale = GivenScale.about(
        2, rng.normal(size=n + 1), rng.normal(size=(n, n)), rng.random(n), rng.normal(size=n)
    )
    of_groups = Radial.of(n + 1, [SphericalT(0, 2, 4.0, 1.5), SphericalT(3, 3, 8.0, 0.5)])
    for each in (of_scale, of_groups):
        ours, theirs = (Moved(d.bind(X, y), each) for d in (on_device(density, device), density))
        by_jax = DeviceObjective.of(ours, device)
        w = rng.normal(size=n + 1)
        same(by_jax(w, **BOTH), theirs(w, **BOTH))
        same(ours(w, **BOTH), theirs(w, **BOTH))


def test_kronecker_coordinates_are_on_the_device_too(device, rng, monkeypatch):
    """They have rows of their own, turned once on the CPU."""
    monkeypatch.setattr(whitening, "MOST_DENSE", 1)
    X, y = rng.normal(size=(30, 4)), np.arange(30) % 3
    whole, pair = (
        GraphDensity(softmax_regression(some, y), 3, mode="interpreted") for some in (X, X[:, :2])
    )
    density = LinearDensity.recognise(whole, X, pair)
    mode, w = rng.normal(size=(2, density.n_params))
    ours, theirs = (whitened(d, d.bind(X, y), mode) for d in (on_device(density, device), density))
    assert ours.scale is None
    assert ours.spread == 1.0
    same(ours.theta(w), theirs.theta(w))
    by_jax = DeviceObjective.of(ours.objective, device)
    same(by_jax(w, **BOTH), theirs.objective(w, **BOTH))


@pytest.mark.parametrize("name", by_default("softmax", of=["softmax", "probit"]))
def test_rows_are_arguments_of_the_program_and_no_constants(name, device):
    """XLA folds constants: with millions of rows for minutes, or until it fails."""
    density, X, y = of_card(name)
    objective = on_device(density, device).bind(X, y)
    with device.in_force():
        program = jax.make_jaxpr(
            lambda theta, data: objective_value(objective.terms, theta, data, 1.0, 1.0)
        )(np.zeros(density.n_params), objective.data)
    assert sum(np.size(c) for c in program.consts) < len(X)


def test_float64_is_on_in_trifits_calls_only(device):
    density, X, y = of_card("softmax")
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", False)
    try:
        objective = on_device(density, device).bind(X, y)
        value, gradient = objective(np.ones(density.n_params), **BOTH)
        same((value, gradient), density.bind(X, y)(np.ones(density.n_params), **BOTH))
        assert gradient.dtype == np.float64
        assert not jax.config.jax_enable_x64
        assert jax.numpy.ones(2).dtype == np.float32
    finally:
        jax.config.update("jax_enable_x64", before)


class Sampled:
    """The posterior of irises, from the same mode, on the CPU and by JAX."""

    def __init__(self, device):
        X, self.y = standardised(load_dataset("iris"))
        self.X = X[:, :2]
        self.density = density_of(self.X, self.y)
        self.placed = on_device(self.density, device)
        rows = Rows(self.X, self.y)
        self.modes = [
            fit_map(d, rows, Optimiser(), np.random.default_rng(1)).theta
            for d in (self.density, self.placed)
        ]

    def posterior(self, density, mode):
        objective = density.bind(self.X, self.y)
        return fit_bayes(density, objective, mode, Sampler(draws=1000, tune=300), seed=1)

    @cached_property
    def cpu(self):
        return self.posterior(self.density, self.modes[0])

    @cached_property
    def jax(self):
        return self.posterior(self.placed, self.modes[1])


@pytest.fixture(scope="module")
def sampled(device):
    return Sampled(device)


def agree(one, other, errors=5.0):
    """Whether means and squares agree within so many Monte Carlo standard errors."""
    for power in (1, 2):
        a, b = one**power, other**power
        error = np.hypot(*(x.std(axis=(0, 1)) / np.sqrt(effective_draws(x)) for x in (a, b)))
        assert (abs(a.mean(axis=(0, 1)) - b.mean(axis=(0, 1))) <= errors * error).all()


def test_modes_are_the_same(sampled):
    assert sampled.modes[1] == pytest.approx(sampled.modes[0], abs=1e-6)


@pytest.mark.broad
def test_posteriors_are_the_same(sampled):
    assert sampled.jax.status is Status.TRUSTED
    agree(sampled.cpu.draws, sampled.jax.draws)


@pytest.mark.broad
def test_a_posterior_by_jax_says_the_same_of_itself(sampled):
    ours, theirs = (fit.sampling.stats for fit in (sampled.jax, sampled.cpu))
    assert ours.keys() == theirs.keys()
    for name in ours:
        assert ours[name].shape == theirs[name].shape == (4, 1000)
        assert ours[name].dtype.kind == theirs[name].dtype.kind, name
    assert (2 ** (ours["tree_depth"] - 1) <= ours["n_steps"]).all()
    assert (ours["n_steps"] < 2 ** ours["tree_depth"]).all()
    assert sampled.jax.diagnostics.bfmi_min == pytest.approx(1.0, abs=0.3)


@pytest.mark.broad
def test_logp_is_the_log_density_of_the_draw(sampled):
    objective = sampled.density.bind(sampled.X, sampled.y)
    at = whitened(sampled.density, objective, sampled.modes[0])
    (block,) = drawn(sampled, [CHUNK])
    for chain, draw in ((0, 0), (3, 7)):
        theta = at.theta(block["z"][chain, draw])
        assert block["logp"][chain, draw] == pytest.approx(objective(theta, **BOTH)[0], abs=1e-6)


def drawn(sampled, sizes, *, seed=3):
    objective = sampled.placed.bind(sampled.X, sampled.y)
    at = whitened(sampled.placed, objective, sampled.modes[0])
    sampler, told = Sampler(draws=1000, tune=300), []
    blocks = list(sample_on_device(at, objective.device, sampler, sizes, seed, told.append))
    assert told == sorted(told)
    assert told[-1] <= 1.0
    return blocks


@pytest.mark.broad
def test_a_block_begins_with_the_block_before(sampled):
    first, second = drawn(sampled, [10, 40])
    again, other = drawn(sampled, [40]), drawn(sampled, [40], seed=4)
    assert set(first) == {"z", *TOLD}
    for name, values in first.items():
        assert values.shape[:2] == (4, 10)
        assert np.array_equal(values, second[name][:, :10])
        assert np.array_equal(again[0][name], second[name])
    assert not np.array_equal(first["z"][0], first["z"][1])
    assert not np.array_equal(other[0]["z"], second["z"])


@pytest.mark.broad
def test_predictions_of_a_network_are_the_same(device):
    X, y = standardised(load_dataset("iris"))
    card = load_card("network")
    density = build_density(
        card, X[:, :2], y, feature_names=("u", "v"), class_names=("a", "b", "c")
    )
    sampler, found = Sampler(draws=1000, tune=500), []
    for d in (density, on_device(density, device)):
        fit = fit_bayes(d, d.bind(X[:, :2], y), None, sampler, seed=1)
        found.append(np.exp(prediction_draws(density, fit, X[::5, :2])))
    agree(*found)


ERRORS = {
    "tpu": "expected one of cpu, gpu, auto, jax",
    "gpu": "sees no GPU here",
}


@pytest.mark.parametrize("name", ERRORS)
def test_a_device_that_is_not_to_be_had(name):
    if name == "gpu" and jax.default_backend() == "gpu":
        pytest.skip("there is one")
    with pytest.raises(InputError, match=ERRORS[name]) as error:
        check_device(name)
    assert repr(name) in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["gpu", "jax"])
def test_without_the_extra_the_error_says_what_to_install(name, monkeypatch):
    monkeypatch.setattr(devices, "find_spec", lambda package: None)
    with pytest.raises(InputError, match=r"jax is not installed; pip install \"trifit\[gpu\]\""):
        check_device(name)
    check_device("auto")
    assert chosen_device("auto", n_rows=10**9, n_params=100) is None


def test_auto_takes_a_gpu_for_large_problems_where_there_is_one(monkeypatch):
    asked = []
    monkeypatch.setattr(devices, "_seen", asked.append)
    assert chosen_device("auto", n_rows=150, n_params=10) is None
    assert asked == []
    assert chosen_device("auto", n_rows=1_000_000, n_params=42) is not None
    assert asked == ["gpu"]
