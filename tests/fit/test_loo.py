"""PSIS-LOO against exact leave-one-out refits and against ArviZ on the same numbers."""

from dataclasses import replace

import arviz as az
import numpy as np
import pytest
from scipy.special import expit, log_expit
from scipy.stats import norm

from fitting import density_of, standardised
from trifit.cards import Optimiser, Sampler
from trifit.fit import loo as module
from trifit.fit.loo import loo
from trifit.fit.methods.bayes import fit_bayes
from trifit.fit.methods.map import fit_map
from trifit.types import Rows


def bayes(density, X, y, **sampler):
    objective = density.bind(X, y)
    centre = fit_map(density, Rows(X, y), Optimiser(), np.random.default_rng(0)).theta
    return fit_bayes(density, objective, centre, Sampler(**sampler), seed=3)


N = 40


@pytest.fixture(scope="module")
def small():
    rng = np.random.default_rng(4)
    X = rng.uniform(-2, 2, size=(N, 1))
    y = (rng.random(N) < expit(1.2 * X[:, 0] + 0.3)).astype(np.int64)
    density = density_of(X, y, "logistic_regression", prior_scale=1.0, intercept_scale=1.0)
    return density, bayes(density, X, y, draws=16_000), X, y


def exact_loo(X, y):
    """Posterior without each row by quadrature over (intercept, beta)."""
    a, b = np.meshgrid(np.linspace(-6, 6, 401), np.linspace(-5, 7, 401), indexing="ij")
    sign = np.where(y == 1, 1.0, -1.0)
    log_lik = np.array([log_expit(s * (a + b * x)) for s, x in zip(sign, X[:, 0], strict=True)])
    log_joint = log_lik.sum(axis=0) + norm.logpdf(a) + norm.logpdf(b)
    pointwise = []
    for i in range(len(y)):
        weight = np.exp((without := log_joint - log_lik[i]) - without.max())
        pointwise.append(np.log((weight * np.exp(log_lik[i])).sum() / weight.sum()))
    return np.array(pointwise)


def test_equal_to_exact_leave_one_out(small):
    density, fit, X, y = small
    exact = exact_loo(X, y)
    found = loo(density, fit, X, y)
    # Over 12 seeds the sum scattered by 0.025 with 4,000 draws per chain, around the exact value.
    assert found.elpd.value == pytest.approx(exact.sum(), abs=4 * 0.025 / 2)
    assert found.elpd.se == pytest.approx(np.sqrt(N) * exact.std(ddof=1), rel=0.02)
    assert found.n_high_k == 0
    assert 1 < found.p < 2.5


def test_equal_to_arviz_on_the_same_numbers(small):
    density, fit, X, y = small
    log_lik = density.log_probs(fit.flat_draws, X)[:, np.arange(N), y]
    shape = fit.draws.shape[:2]
    tree = az.from_dict(
        {
            "posterior": density.layout.unravel(fit.draws),
            "log_likelihood": {"label": log_lik.reshape(*shape, -1)},
        }
    )
    peer, found = az.loo(tree, pointwise=True), loo(density, fit, X, y)
    assert found.elpd.value == pytest.approx(float(peer.elpd), rel=1e-12)
    assert found.p == pytest.approx(float(peer.p), rel=1e-10)
    assert found.elpd.se == pytest.approx(float(peer.se), rel=1e-10)
    assert found.k_max == pytest.approx(float(peer.pareto_k.max()), rel=1e-10)
    assert found.k_limit == pytest.approx(peer.good_k)


def test_blocks_change_nothing(small, monkeypatch):
    whole = loo(*small)
    monkeypatch.setattr(module, "BLOCK", 50_000)
    assert loo(*small) == whole


def test_one_hot_soft_labels_are_class_codes(small):
    density, fit, X, y = small
    assert loo(density, fit, X, np.eye(2)[y]) == loo(density, fit, X, y)


def test_influential_rows_are_counted(overlapping):
    """A row far out decides its own fit, and leaving it out is not a small step."""
    X, y = standardised(overlapping)
    X, y = X.copy(), y.copy()
    X[0], y[0] = [-25.0, 25.0], 1
    density = density_of(X, y, prior_scale=50.0)
    found = loo(density, bayes(density, X, y, draws=500), X, y)
    assert found.n_high_k >= 1
    assert found.k_max > found.k_limit


def test_too_many_rows_are_not_run(small, monkeypatch):
    monkeypatch.setattr(module, "MAX_ROWS", N - 1)
    assert loo(*small) is None


def test_a_row_of_which_every_draw_is_sure_costs_nothing(small):
    """Its likelihoods are all 1 to rounding, which Pareto smoothing cannot take."""
    density, fit, X, y = small
    sure = fit.flat_draws[fit.flat_draws[:, -1] > 0.1]  # a rare slope is negative
    fit = replace(fit, draws=sure[None], sampling=None)
    far = np.vstack([X, [[1e4]]])
    found = loo(density, fit, far, np.r_[y, 1])
    assert density.log_probs(fit.flat_draws, far[-1:])[:, 0, 1].min() == 0.0
    without = loo(density, fit, X, y)
    assert found.elpd.value == pytest.approx(without.elpd.value)
    assert found.n_obs == N + 1
