"""Every shipped card through one suite: what a classifier fitted three ways must keep."""

from dataclasses import dataclass

import numpy as np
import pytest
from markupsafe import escape

from fitting import relabelled
from selection import by_default
from trifit.cards import Optimiser, card_names, load_card
from trifit.fit import graph
from trifit.fit.fast.backend import compilations
from trifit.fit.methods.map import fit_map
from trifit.fits import Status
from trifit.report import render
from trifit.results import Comparison
from trifit.run import run_comparison
from trifit.run.compare import Run
from trifit.types import Dataset, Rows

TWO_CLASSES = ("logistic", "probit")
N = 80


@dataclass
class Fitted:
    """One card compared once on few rows, and its model."""

    name: str
    dataset: Dataset
    run: Run
    density: object
    compiled: int

    @property
    def rows(self):
        return Rows(self.dataset.X, self.dataset.y)


CARDS = by_default("softmax", of=card_names())
IDENTIFIED = by_default("softmax", of=[n for n in card_names() if load_card(n).identified])
"""Several starts of a network may end in different modes."""


@pytest.fixture(scope="module", params=CARDS)
def fitted(request):
    name = request.param
    rng = np.random.default_rng(7)
    X = rng.normal(size=(N, 2))
    n_classes = 2 if name in TWO_CLASSES else 3
    logits = 2.0 * X @ np.array([[1.0, 0.0, -1.0], [0.0, 1.0, -1.0]])[:, :n_classes]
    y = (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)
    dataset = Dataset("blobs", X, y, ("u", "v"), tuple("abc"[:n_classes]))
    card = load_card(name).with_overrides(
        {"draws": 50, "tune": 100, "chains": 2, "target_accept": 0.8, "starts": 2, "max_steps": 300}
    )
    before = compilations()
    run = run_comparison(dataset, card, test_size=0.3, cores=1)
    return Fitted(name, dataset, run, run.fitted.density, compilations() - before)


def test_fits_three_ways(fitted):
    fits = fitted.run.comparison.fits
    assert {"mle", "map", "bayes", "mle+T"} <= set(fits)
    assert ("mean" in fits) is fitted.run.card.identified
    for name, log_probs in fitted.run.log_probs.items():
        assert np.isfinite(log_probs).all(), name
        assert np.exp(log_probs).sum(axis=1) == pytest.approx(1.0, abs=1e-10), name
    expected = "degenerate" if fitted.density.scales.any() else "converged"
    assert fits["map"].status in (expected, "max_steps")
    assert fits["mle"].path[0].step == 0
    assert fits["mle"].path[-1].cross_entropy < fits["mle"].path[0].cross_entropy + 1e-12


def test_learns_something(fitted):
    board = fitted.run.comparison.scoreboard
    assert board["bayes"]["log_loss"].value < board["class frequencies"]["log_loss"].value


def test_json_round_trip(fitted, tmp_path):
    comparison = fitted.run.comparison
    comparison.to_json(tmp_path / "comparison.json")
    assert Comparison.from_json(tmp_path / "comparison.json") == comparison


def test_relabelling_classes_permutes_predictions(fitted, rng):
    """Parameters with their classes permuted predict permuted classes."""
    density = fitted.density
    thetas = rng.normal(size=(3, density.n_params))
    params = density.constrain(thetas)
    X = fitted.dataset.X
    order = np.roll(np.arange(fitted.dataset.n_classes), 1)
    before = density.log_probs(params, X)
    after = density.log_probs(relabelled(density.layout, params, order), X)
    assert after == pytest.approx(before[:, :, order], abs=1e-9)


@pytest.mark.parametrize("fitted", IDENTIFIED, indirect=True)
def test_relabelling_classes_leaves_the_map_loss(fitted):
    """The prior has no preferred class: with labels permuted the mode is as high."""
    order = np.roll(np.arange(fitted.dataset.n_classes), 1)
    losses = [
        fit_map(
            fitted.density, Rows(fitted.dataset.X, y), Optimiser(), np.random.default_rng(1)
        ).diagnostics.objective
        for y in (fitted.dataset.y, order[fitted.dataset.y])
    ]
    assert losses[0] == pytest.approx(losses[1], abs=1e-6)


def test_order_and_copies_of_rows(fitted, rng):
    """Rows in any order are the same data, and a row twice is a row of weight two."""
    density, X, y = fitted.density, fitted.dataset.X, fitted.dataset.y
    theta = 0.5 * rng.normal(size=density.n_params)

    def value_and_gradient(X, labels):
        value, gradient = density.bind(X, labels)(theta, prior=1.0, jacobian=1.0)
        return np.r_[value, gradient]

    plain = value_and_gradient(X, y)
    order = rng.permutation(N)
    assert value_and_gradient(X[order], y[order]) == pytest.approx(plain, rel=1e-9, abs=1e-9)
    one_hot = np.eye(fitted.dataset.n_classes)[y]
    assert value_and_gradient(X, one_hot) == pytest.approx(plain, rel=1e-12, abs=1e-12)
    doubled = value_and_gradient(np.vstack([X, X]), np.r_[y, y])
    assert value_and_gradient(X, 2.0 * one_hot) == pytest.approx(doubled, rel=1e-9, abs=1e-9)


def test_gradients_are_derivatives(fitted, rng):
    density = fitted.density
    if isinstance(density, graph.GraphDensity):  # the same graph, with nothing to compile
        density = graph.GraphDensity(density.model, density.n_classes, mode="interpreted")
    objective = density.bind(fitted.dataset.X, fitted.dataset.y)
    theta = 0.5 * rng.normal(size=density.n_params)
    direction = rng.normal(size=density.n_params)
    step = 1e-5 * direction
    for function in (
        lambda t: objective(t, prior=1.0, jacobian=1.0),
        lambda t: objective(t, prior=0.0, jacobian=0.0),
        objective.squared_error,
    ):
        slope = (function(theta + step)[0] - function(theta - step)[0]) / 2e-5
        assert function(theta)[1] @ direction == pytest.approx(slope, rel=1e-5, abs=1e-5)


def test_new_data_needs_no_compiling(fitted, monkeypatch, rng):
    """Folds, refits and other sample sizes reuse a model's functions."""
    density = fitted.density
    fit_map(density, fitted.rows, Optimiser(max_steps=5), rng)
    monkeypatch.setattr(graph, "compile_function", lambda *_, **__: pytest.fail("compiled"))
    fit = fit_map(
        density, Rows(fitted.dataset.X[:40], fitted.dataset.y[:40]), Optimiser(max_steps=5), rng
    )
    assert fit.status in (Status.CONVERGED, Status.MAX_STEPS)


def test_a_comparison_compiles_each_function_once(fitted):
    """Objective, parameters and predictions at most, however many fits there are."""
    assert fitted.compiled <= 3


def test_the_report_prints_the_cards_note(fitted):
    page = render(fitted.run.comparison)
    assert str(escape(fitted.run.card.note.strip())) in page
