"""Losses, optimisers and the paths they record."""

import numpy as np
import pytest
from scipy.special import expit

from fitting import density_of, probs_of, standardised
from selection import by_default
from trifit.cards import Optimiser
from trifit.data import load_dataset
from trifit.errors import InputError
from trifit.fit.methods.map import fit_map
from trifit.fit.methods.mle import fit_mle
from trifit.fit.methods.squared_error import fit_squared_error
from trifit.fit.minimise import at_kinks
from trifit.fit.optimise import maximise
from trifit.fits import Status
from trifit.types import Rows


@pytest.fixture(scope="module")
def sepals():
    rng = np.random.default_rng(2)
    X = rng.normal(size=(100, 2))
    return X, (rng.random(100) < expit(X @ [1.0, -0.7] + 0.3)).astype(np.int64)


@pytest.mark.parametrize("weighted", [False, True])
def test_the_mle_gradient_is_the_closed_form(rng, weighted):
    """Mean cross-entropy of softmax regression: gradient ``X'(p - y) / n``."""
    X, y = standardised(load_dataset("wine"))
    density = density_of(X, y)
    theta = 0.3 * rng.normal(size=density.n_params)
    labels = np.eye(3)[y]
    if weighted:
        labels = rng.dirichlet([1, 1, 1], size=len(X)) * rng.integers(1, 5, size=len(X))[:, None]
    objective = density.bind(X, labels)
    _, gradient = objective(theta, prior=0.0, jacobian=0.0)
    params = density.constrain(theta[None])
    p = np.exp(density.log_probs(params, X)[0])
    residual = labels.sum(axis=1, keepdims=True) * p - labels
    by_beta, by_intercept = X.T @ residual / len(X), residual.sum(axis=0) / len(X)
    # theta moves the coefficients along J; the chain rule brings the closed form there.
    J = density.constrain(np.eye(len(theta))) - density.constrain(np.zeros((1, len(theta))))
    named = density.layout.unravel(J)
    expected = np.einsum("tjk,jk->t", named["beta"], by_beta) + named["intercept"] @ by_intercept
    assert -gradient / len(X) == pytest.approx(expected, abs=1e-12)


CONVEX = [("softmax_regression", {}), ("logistic_regression", {}),
          ("logistic_regression", {"output": "probit"})]  # fmt: skip


@pytest.mark.parametrize("method", ["newton", "gradient-descent"])
@pytest.mark.parametrize(("builder", "settings"), by_default(CONVEX[0], of=CONVEX, several=True))
@pytest.mark.parametrize("fit", [fit_mle, fit_map])
def test_all_optimisers_reach_one_optimum(sepals, method, builder, settings, fit, rng):
    X, y = sepals
    density = density_of(X, y, builder, **settings)
    best = fit(density, Rows(X, y), Optimiser(), rng)
    other = fit(
        density, Rows(X, y), Optimiser(method=method, tolerance=1e-7, max_steps=20_000), rng
    )
    assert other.status in (Status.CONVERGED, Status.UNCERTIFIED)
    assert other.diagnostics.objective == pytest.approx(best.diagnostics.objective, abs=1e-9)
    assert probs_of(density, other, X) == pytest.approx(probs_of(density, best, X), abs=1e-5)


def test_newton_takes_few_steps(sepals, rng):
    X, y = sepals
    density = density_of(X, y)
    fit = fit_mle(density, Rows(X, y), Optimiser(method="newton"), rng)
    assert fit.diagnostics.steps <= 10


def test_gradient_descent_takes_the_step_it_is_told(sepals, rng):
    X, y = sepals
    density = density_of(X, y, "logistic_regression")
    settings = Optimiser(method="gradient-descent", step_size=0.1, max_steps=1)
    fit = fit_mle(density, Rows(X, y), settings, rng)
    gradient = -density.bind(X, y)(np.zeros(3), prior=0.0, jacobian=0.0)[1] / len(y)
    assert fit.theta == pytest.approx(-0.1 * gradient)
    assert fit.status is Status.MAX_STEPS


def test_a_step_too_large_is_said(sepals, rng):
    X, y = sepals
    density = density_of(X, y, "logistic_regression", prior_scale=0.1)
    settings = Optimiser(method="gradient-descent", step_size=1e4, max_steps=200)
    fit = fit_map(density, Rows(X, y), settings, rng)
    assert fit.status is Status.STEP_TOO_LARGE
    assert fit.status.failed


def test_paths_record_what_happened(sepals, rng):
    X, y = sepals
    density = density_of(X, y)
    train, test = Rows(X[:70], y[:70]), Rows(X[70:], y[70:])
    settings = Optimiser(method="gradient-descent", step_size=0.05, max_steps=300)
    fit = fit_mle(density, train, settings, rng, held_out=test)
    steps = [row[0] for row in fit.path]
    assert steps[:3] == [0, 1, 2]
    assert steps[-1] == fit.diagnostics.steps == 300
    assert steps == sorted(set(steps))
    assert len(steps) < 110
    losses = [row[1] for row in fit.path]
    assert losses[0] == pytest.approx(np.log(2))
    assert losses == sorted(losses, reverse=True)
    last = density.bind(test.X, test.labels)(fit.theta, prior=0.0, jacobian=0.0)[0] / 30
    assert fit.path[-1][3] == pytest.approx(-last)
    assert fit.path[-1][2] == pytest.approx(fit.diagnostics.gradient)
    assert fit.path[0][2] > fit.path[-1][2]


def test_inner_fits_record_nothing(sepals, rng):
    X, y = sepals
    density = density_of(X, y)
    assert maximise("mle", density, Rows(X, y), Optimiser(), rng, prior=0.0).path == ()


def test_squared_error_is_minimised(sepals, rng):
    """A stationary point of the Brier score, with a lower one than the MLE's."""
    X, y = sepals
    density = density_of(X, y)
    fit = fit_squared_error(density, Rows(X, y), Optimiser(), rng)
    mle = fit_mle(density, Rows(X, y), Optimiser(), rng)

    def brier(fit):
        return ((probs_of(density, fit, X) - np.eye(2)[y]) ** 2).sum(axis=1).mean()

    assert brier(fit) < brier(mle)
    assert fit.diagnostics.objective == pytest.approx(brier(fit))
    assert fit.diagnostics.gradient < 1e-8


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"method": "adam"}, r"'adam'.*\$.optimiser.method"),
        ({"step_size": -1.0}, "step_size = -1.0: expected a positive number"),
        ({"starts": 0}, "starts = 0: expected at least 1"),
        ({"validation": 1.5}, "validation = 1.5: expected a share"),
        ({"tolerance": 0.0}, "tolerance = 0.0: expected between 0 and 1"),
    ],
)
def test_bad_settings(settings, message):
    from trifit.cards import load_card

    with pytest.raises(InputError, match=message):
        load_card("softmax").with_overrides(settings)


@pytest.mark.broad
def test_second_derivatives_of_too_many_parameters_are_refused(rng):
    X, y = rng.normal(size=(12, 700)), np.arange(12) % 4
    density = density_of(X, y)
    with pytest.raises(InputError, match=r"'newton' needs second derivatives.*2103.*use lbfgs"):
        fit_mle(density, Rows(X, y), Optimiser(method="newton"), rng)


def test_a_smooth_minimum_at_zero_is_no_kink():
    """A constant column's weight under a Normal prior: its gradient changes sign without a jump."""

    def smooth(theta):
        return float((theta**2).sum()), 2 * theta

    def with_kinks(theta):  # as faint as a Laplace prior beside a million rows
        value, slope = smooth(theta)
        return value + 1e-7 * abs(theta).sum(), slope + 1e-7 * np.sign(theta)

    theta = np.array([0.005, -0.5, 0.0])
    assert not at_kinks(smooth, theta).any()
    assert at_kinks(with_kinks, theta).tolist() == [True, False, True]
