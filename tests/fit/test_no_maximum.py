"""Where no maximum exists, or none was reached: what is judged, and what is said."""

import dataclasses

import numpy as np
import pytest

import trifit
from fitting import interpreted, network_of
from trifit.cards import Optimiser
from trifit.data import load_dataset
from trifit.fit.existence import _identified
from trifit.fit.methods.mle import MIN_STEPS, fit_mle, on_plateau
from trifit.fit.optimise import maximise
from trifit.fits import Fit, Status
from trifit.results import Verdict
from trifit.types import Rows
from trifit.words import headline, status_text, verdict_text

ONE_START = {"hidden": [8], "starts": 1, "max_steps": 600}


@pytest.fixture(scope="module")
def network():
    """Eight hidden units on noisy half moons: some weights grow without end."""
    data = load_dataset("sim:moons", n=200, seed=1, n_test=500)
    return trifit.compare(data, model="network", nuts=False, overrides=ONE_START)


def test_a_networks_mle_is_judged_where_training_stopped(network):
    fit, mle = network.fits["mle"], network.contestants["mle"]
    assert fit.status is Status.PLATEAU
    assert network.failed == []
    assert mle.outputs is Verdict.OVER_CONFIDENT
    assert mle.scores.log_loss.value > 10 * network.contestants["map"].scores.log_loss.value
    assert verdict_text(mle, fit).startswith("No maximum was reached")


def end_of(X, y, *, hidden=(8,), max_steps=5000):
    """How the training of a network to the end ends."""
    density = network_of(X, y, hidden=list(hidden))
    settings = Optimiser(tolerance=1e-6, max_steps=max_steps)
    return fit_mle(density, Rows(X, y), settings, np.random.default_rng(1))


def curved(n=140):
    """Rows that a network with eight hidden units separates."""
    X = np.random.default_rng(3).normal(size=(n, 2))
    y = (X[:, 0] + X[:, 1] ** 2 > 0.5).astype(int)
    X[:, 0] += 0.3 * (2 * y - 1)
    return X, y


def test_separable_rows_have_no_mle():
    fit = end_of(*curved())
    assert fit.status is Status.SEPARATED
    assert fit.diagnostics.train_right == 1
    assert fit.diagnostics.train_loss < 1e-5


@pytest.mark.broad
def test_one_flipped_label_leaves_the_weights_growing():
    """A row and its copy with the other label: no network can have both right."""
    X, y = curved()
    X[1], y[1] = X[0], 1 - y[0]
    fit = end_of(X, y)
    assert fit.status is Status.PLATEAU
    assert fit.diagnostics.gradient <= 1e-6
    assert fit.diagnostics.train_right == 1 - 1 / len(y)
    least = 2 * np.log(2) / len(y)  # one half for the two, certainty for the others
    assert fit.diagnostics.train_loss == pytest.approx(least, rel=0.75)
    assert end_of(X, y, max_steps=25).status is Status.MAX_STEPS


@pytest.mark.broad
def test_a_maximum_is_no_run_to_infinity():
    """Two units, many noisy rows."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(2000, 2))
    y = (rng.random(2000) < 1 / (1 + np.exp(-3 * np.tanh(X).prod(axis=1)))).astype(int)
    assert end_of(X, y, hidden=[2]).status is Status.UNCERTIFIED


@pytest.mark.broad
def test_relu_units_can_be_scaled_against_each_other():
    X, y = curved()
    density = interpreted(X, y, "neural_network", hidden=[2], activation="relu")
    assert not _identified(density, X, np.arange(density.n_params))


def test_a_network_stopped_too_soon_is_not_trusted():
    """Half moons: the last hundred of 200 steps gain eight nats."""
    data = load_dataset("sim:moons", n=300, seed=1, n_test=200)
    X, y = data.X[:300], data.y[:300]
    assert end_of(X, y, max_steps=200).status is Status.MAX_STEPS


def test_stopping_early_is_a_contestant_of_networks(network):
    assert network.fits["mle-early"].status is Status.STOPPED_EARLY
    change = {(d.a, d.b): d.log_loss for d in network.differences}
    assert change["mle-early", "mle"].value < 0
    assert change["mle-early", "mle"].clear


def test_there_is_no_mle_to_temper_but_a_map(network):
    assert network.contestants["mle+T"].verdict is Verdict.NO_MLE
    text = verdict_text(network.contestants["mle+T"], network.fits["mle+T"])
    assert text.endswith("See map+T instead.")
    assert not network.fits["map+T"].status.failed
    assert network.contestants["map+T"].verdict not in (Verdict.NO_MLE, Verdict.FAILED)
    assert "No MLE exists: mle+T depends" in headline(network)


def path(losses):
    return tuple((step, loss, 1e-3, None) for step, loss in losses)


STEPS = np.unique(np.geomspace(1, 5000, 200).astype(int))
ENDS = {
    "flat": ([(s, 0.1 + 1 / s) for s in STEPS], True),
    "still falling": ([(s, 1 - s / 5000) for s in STEPS], False),
    "few steps": ([(s, 0.1) for s in range(MIN_STEPS)], False),
}


@pytest.mark.parametrize("case", ENDS)
def test_a_plateau_gains_less_than_a_useless_parameter(case):
    losses, flat = ENDS[case]
    fit = Fit("mle", np.zeros((1, 1, 1)), Status.MAX_STEPS, 0.0, path=path(losses))
    assert on_plateau(fit, 100.0) == flat
    assert not on_plateau(dataclasses.replace(fit, status=Status.CONVERGED), 100.0)
    if flat:  # the same fall on many more rows is evidence
        assert not on_plateau(fit, 1e6)


def test_a_linear_mle_out_of_steps_is_no_plateau(overlapping):
    """Its maximum is known to exist: it was stopped too soon."""
    comparison = trifit.compare(
        overlapping, model="logistic", nuts=False, test_size=0.3,
        overrides={"method": "gradient-descent", "step_size": 1e-4, "max_steps": 300},
    )  # fmt: skip
    assert comparison.fits["mle"].status is Status.MAX_STEPS
    assert {"mle", "mle+T"} <= set(comparison.failed)


def test_one_temperature_of_the_map_is_a_fair_yardstick(rng):
    """Where the MLE is separated its temperature is an accident; the MAP's is near 1."""
    X = rng.normal(size=(120, 30))
    odds = X[:, :2] @ [2.0, -2.0]
    y = (rng.random(120) < 1 / (1 + np.exp(-odds))).astype(int)
    data = trifit.Dataset("d", X, y, tuple(f"x{j}" for j in range(30)), ("n", "p"), n_test=40)
    c = trifit.compare(data, model="logistic", nuts=False)
    assert c.fits["mle"].status is Status.SEPARATED
    assert c.contestants["mle+T"].verdict is Verdict.NO_MLE
    loss = {name: judged.scores.log_loss.value for name, judged in c.contestants.items()}
    assert loss["map+T"] < loss["mle"]
    assert 0.2 < c.fits["map+T"].diagnostics.temperature < 20
    assert "computed from another fit" in status_text(c.fits["map+T"])


@pytest.mark.broad
@pytest.mark.parametrize("prior", [0.0, 1.0])
def test_a_loss_with_kinks_ends_without_a_zero_gradient(prior):
    """ReLU units: nothing near is materially better, so the fit is judged.

    With a prior it ends at a kink. Without one, whether it does depends on the path, and so on
    the processor's rounding.
    """
    data = load_dataset("iris")
    X, y = (data.X - data.X.mean(axis=0)) / data.X.std(axis=0), data.y % 2
    density = interpreted(X, y, "neural_network", hidden=[4], activation="relu")
    settings = Optimiser(tolerance=1e-8)
    rng = np.random.default_rng(1)
    fit = maximise("map", density, Rows(X, y), settings, rng, prior=prior)
    kink = fit.diagnostics.gradient > settings.tolerance
    assert fit.status is (Status.STALLED if kink else Status.CONVERGED)
    assert kink or prior == 0
    assert not fit.status.failed
    objective = density.bind(X, y)
    value = objective(fit.theta, prior=prior, jacobian=0.0)[0]
    for _ in range(200):  # a random search from there finds nothing material either
        near = fit.theta * (1 + 1e-3 * rng.standard_normal(len(fit.theta)))
        assert objective(near, prior=prior, jacobian=0.0)[0] < value + 0.1


def test_a_network_that_was_stopped_is_not_stalled():
    X, y = curved()
    density = interpreted(X, y, "neural_network", hidden=[4], activation="relu")
    settings = Optimiser(max_steps=3)
    fit = maximise("map", density, Rows(X, y), settings, np.random.default_rng(1), prior=1.0)
    assert fit.status is Status.MAX_STEPS
