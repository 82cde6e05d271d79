"""R-hat, effective sample sizes, Monte Carlo errors and PSIS, against ArviZ's."""

import warnings
from functools import partial

import numpy as np
import pytest
from arviz_stats.base import array_stats
from scipy.stats import rankdata

from trifit.fit import convergence
from trifit.fit.diagnostics import diagnose_draws, diagnose_sampler, posterior_status
from trifit.fit.loo import _left_out
from trifit.fit.psis import pareto_fit, smoothed
from trifit.fits import Status

AXES = {"chain_axis": 0, "draw_axis": 1}

PEERS = {
    "rhat": array_stats.rhat,
    "ess_bulk": partial(array_stats.ess, method="bulk"),
    "ess_tail": partial(array_stats.ess, method="tail", prob=(0.05, 0.95)),
    "ess_mean": partial(array_stats.ess, method="mean"),
    "mcse_mean": partial(array_stats.mcse, method="mean"),
    "mcse_sd": partial(array_stats.mcse, method="sd"),
}


@pytest.mark.parametrize("case", range(20))
def test_ranks_are_those_of_scipy(case):
    rng = np.random.default_rng(case)
    values = rng.normal(size=(3, 40)).round(case % 3)
    values[0, 0] = [np.nan, np.inf, 0.0][case % 3]
    expected = rankdata(values, axis=1)
    assert np.array_equal(convergence.average_ranks(values), expected, equal_nan=True)


def autoregressive(rng, n_chains, n_draws, n_values=12):
    """Columns from strongly antithetic to nearly stuck, chains of which some sit apart."""
    noise = rng.standard_normal((n_chains, n_draws, n_values))
    slope = np.linspace(-0.95, 0.995, n_values)
    draws = noise.copy()
    for t in range(1, n_draws):
        draws[:, t] = slope * draws[:, t - 1] + noise[:, t]
    draws[0, :, ::5] += 3.0
    return draws


@pytest.mark.parametrize("name", PEERS)
@pytest.mark.parametrize(
    ("n_chains", "n_draws"),
    [(4, 500), (4, 501), (2, 37), (1, 200), (3, 10), (4, 11), (2, 4), (2, 5)],
)
def test_as_arviz(rng, name, n_chains, n_draws):
    draws = autoregressive(rng, n_chains, n_draws)
    draws[..., 1] = np.round(draws[..., 1])  # ties
    draws[..., 2] = draws[..., 2] > 0  # two values
    draws[..., 3] *= 1e-9
    draws[..., 4] = np.exp(30 * rng.standard_normal(draws.shape[:2]))  # a heavy tail
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        expected = PEERS[name](draws, **AXES)
        found = getattr(convergence, name)(draws)
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_of_too_few_draws_or_no_numbers_nothing_is_known(rng):
    draws = rng.standard_normal((2, 100, 3))
    draws[0, 0, 1] = np.nan
    for name in PEERS:
        found = getattr(convergence, name)
        assert np.isnan(found(draws)).tolist() == [False, True, False]
        assert np.isnan(found(draws[:, :3])).all()
    assert np.isnan(convergence.rhat(draws[:1])).all()


def test_means_of_infinite_draws_are_unknown(rng):
    """As ArviZ has it: ranks of an infinite draw are known, its mean is not."""
    draws = rng.standard_normal((2, 100, 2))
    draws[0, 0, 1] = np.inf
    for name in ("ess_mean", "mcse_mean", "mcse_sd"):
        assert np.isnan(getattr(convergence, name)(draws)).tolist() == [False, True]
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            assert np.isnan(PEERS[name](draws, **AXES)).tolist() == [False, True]
    assert np.isfinite(convergence.ess_bulk(draws)).all()


def test_a_draw_that_is_no_number_is_a_chain_that_has_not_mixed(rng):
    draws = rng.standard_normal((4, 500, 2))
    stats = {
        "diverging": np.zeros((4, 500)),
        "tree_depth": np.ones((4, 500)),
        "n_steps": np.ones((4, 500)),
        "energy": rng.standard_normal((4, 500)),
    }

    def status():
        found = diagnose_sampler(diagnose_draws(draws), stats, max_depth=10)
        return found.parameters.rhat_max, posterior_status(found, 4)

    assert status()[1] is Status.TRUSTED
    draws[0, 0, 1] = np.nan
    assert status() == (None, Status.UNMIXED)


def test_columns_that_do_not_vary_have_all_draws():
    found = diagnose_draws(np.full((4, 100, 1), 7.0))
    assert {name: each.tolist() for name, each in found.items()} == {
        "rhat": [1.0],
        "ess_bulk": [400.0],
        "ess_tail": [400.0],
    }


def test_order_and_number_of_columns_do_not_matter(rng, monkeypatch):
    monkeypatch.setattr(convergence, "BLOCK", 2_000)  # five columns at a time
    draws = autoregressive(rng, 4, 100)
    forward, backward = diagnose_draws(draws), diagnose_draws(draws[:, :, ::-1])
    for name, each in forward.items():
        np.testing.assert_array_equal(each, backward[name][::-1])


@pytest.mark.parametrize(
    ("n_draws", "efficiency"), [(4000, 1.0), (2000, 0.6), (2000, 1.7), (300, 0.5), (40, 1.0)]
)
def test_smoothed_weights_as_arviz(rng, n_draws, efficiency):
    scale = np.array([[1e-3], [0.3], [1.0], [3.0], [10.0]])
    log_ratios = scale * rng.standard_normal((5, n_draws)) + 2.0
    log_ratios[1] = np.round(log_ratios[1], 1)  # ties
    log_weights, k = smoothed(log_ratios, efficiency)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected, shapes = array_stats.psislw(-log_ratios, r_eff=efficiency)
    np.testing.assert_allclose(k, shapes, rtol=1e-9)
    np.testing.assert_allclose(np.sort(log_weights), np.sort(expected), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(np.exp(log_weights).sum(axis=1), 1.0)
    in_order = np.take_along_axis(log_weights, np.argsort(log_ratios, axis=1), axis=1)
    assert (np.diff(in_order, axis=1)[[0, 2, 3, 4]] >= 0).all()


def test_left_out_rows_as_arviz(rng):
    likelihood = -np.exp(rng.standard_normal((20, 1)) + rng.standard_normal((20, 1000)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = array_stats.loo(likelihood.reshape(20, 4, 250), r_eff=0.8)
    np.testing.assert_allclose(_left_out(likelihood, 0.8), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("shape", [-0.5, 0.2, 1.0])
def test_a_pareto_tail_has_its_own_shape(rng, shape):
    uniform = np.sort(rng.random((3, 20_000)))
    k, sigma = pareto_fit(np.expm1(-shape * np.log1p(-uniform)) / shape * 2.0)
    np.testing.assert_allclose(k, shape, atol=0.03)
    np.testing.assert_allclose(sigma, 2.0, rtol=0.03)


def test_equal_large_weights_are_not_smoothed():
    log_ratios = np.repeat([[0.0, 1.0]], [300, 100], axis=1)
    log_weights, k = smoothed(log_ratios)
    assert np.isnan(k).all()
    assert np.ptp(log_weights[0, 300:]) == 0
    assert log_weights[0, -1] - log_weights[0, 0] == pytest.approx(1.0)


def test_few_weights_are_not_smoothed():
    log_weights, k = smoothed(np.log([[0.1, 0.2, 0.7]]))
    np.testing.assert_allclose(np.exp(log_weights), [[0.1, 0.2, 0.7]])
    assert np.isnan(k).all()
