"""Coordinates for spherical t priors: one-to-one, smooth, and quick for NUTS."""

import numpy as np
import pytest
from scipy import stats

from fitting import density_of
from trifit.cards import Sampler
from trifit.fit.density import SphericalT
from trifit.fit.methods.bayes import fit_bayes
from trifit.fit.moved import Moved
from trifit.fit.radial import Radial, radial

GROUPS = (SphericalT(1, 1, 3.0, 0.5), SphericalT(2, 3, 1.0, 2.0), SphericalT(6, 2, 8.0, 1.5))
N_PARAMS = 9  # 0, 5 and 8 are in no group


def t_of(size, df, scale):
    return stats.multivariate_t(shape=scale**2 * np.eye(size), df=df)


class Prior:
    """The log density of the groups' t priors, by SciPy, and of standard normals elsewhere."""

    linear = None

    def __call__(self, theta, *, prior, jacobian):
        others = theta[[0, 5, 8]]
        value = -0.5 * others @ others
        by_theta = np.where(np.isin(np.arange(N_PARAMS), [0, 5, 8]), -theta, 0.0)
        for first, size, df, scale in GROUPS:
            x = theta[first : first + size]
            value += t_of(size, df, scale).logpdf(x)
            by_theta[first : first + size] = -(df + size) * x / (df * scale**2 + x @ x)
        return prior * value, prior * by_theta


@pytest.fixture
def moved():
    return Moved(Prior(), Radial.of(N_PARAMS, GROUPS))


def numeric(function, w):
    steps = 1e-6 * np.eye(len(w))
    return np.array([(function(w + h) - function(w - h)) / 2e-6 for h in steps])


def test_its_jacobian_and_gradient_are_those_of_differences(moved, rng):
    for w in (*rng.normal(size=(3, N_PARAMS)), np.full(N_PARAMS, 1e-3), 5 * np.ones(N_PARAMS)):
        _, found = moved.map.move(np, w)
        _, log_det = np.linalg.slogdet(numeric(lambda v: moved.map.move(np, v)[0], w))
        assert found == pytest.approx(log_det, abs=1e-6)
        value, gradient = moved(w, prior=1.0, jacobian=1.0)
        differences = numeric(lambda v: moved(v, prior=1.0, jacobian=1.0)[0], w)
        assert gradient == pytest.approx(differences, rel=1e-5, abs=1e-6)
        assert value == moved.objective(moved.theta(w), prior=1.0, jacobian=1.0)[0] + found


def test_many_points_are_moved_as_each_is_and_no_other_entry_is(moved, rng):
    w = rng.normal(size=(2, 4, N_PARAMS))
    theta = moved.theta(w)
    assert (theta[1, 2] == moved.theta(w[1, 2])).all()
    assert (theta[..., [0, 5, 8]] == w[..., [0, 5, 8]]).all()
    assert (moved.theta(np.zeros(N_PARAMS)) == 0).all()


def test_the_prior_integrates_to_one(moved, rng):
    """By draws of a normal: only where tails are those of one, few are enough."""
    w = rng.normal(scale=1.3, size=(100_000, N_PARAMS))
    theta, log_p = moved.map.move(np, w)
    for first, size, df, scale in GROUPS:
        log_p = log_p + t_of(size, df, scale).logpdf(theta[:, first : first + size])
    grouped = np.isin(np.arange(N_PARAMS), [0, 5, 8], invert=True)
    log_q = stats.norm(scale=1.3).logpdf(w[:, grouped]).sum(axis=1)
    weights = np.exp(log_p - log_q)
    error = weights.std() / len(weights) ** 0.5
    assert weights.mean() == pytest.approx(1.0, abs=4 * error)
    assert error < 0.02


@pytest.mark.parametrize("size", [10, 400])
def test_a_usual_radius_of_a_normal_is_a_usual_radius_of_the_t(size, rng):
    """Quartiles of the t's radius, moved back, are near those of a standard normal's."""
    by = Radial.of(size, [SphericalT(0, size, 8.0, 1.5)])
    radii = np.sqrt(stats.chi2(size).ppf([0.25, 0.5, 0.75]))
    found = by.move(np, np.outer(radii, np.eye(size)[0]))[0][:, 0]
    expected = 1.5 * np.sqrt(size * stats.f(size, 8.0).ppf([0.25, 0.5, 0.75]))
    assert found == pytest.approx(expected, rel=0.1)


@pytest.fixture(scope="module")
def wide():
    """More weights than rows: the prior decides most of them."""
    rng = np.random.default_rng(2)
    X = rng.normal(size=(40, 3))
    y = (X[:, 0] * X[:, 1] + 0.5 * rng.logistic(size=40) > 0).astype(int)
    settings = {"hidden": [24], "prior": "gamma", "prior_scale": 1.5, "prior_df": 8.0}
    density = density_of(X, y, "neural_network", **settings)
    return density, density.bind(X, y), X


@pytest.mark.broad
def test_nuts_goes_through_the_radius_of_many_weights(wide, monkeypatch):
    """E-BFMI: about 0.1 in theta itself, 1 is ideal. The same predictions."""
    density, objective, X = wide
    assert [each.size for each in density.spherical] == [72, 24, 24]
    settings = Sampler(draws=1000, tune=500, target_accept=0.9)
    fit = fit_bayes(density, objective, None, settings, seed=1)
    monkeypatch.setattr("trifit.fit.methods.bayes.radial", lambda *_: None)
    theta = fit_bayes(density, objective, None, settings, seed=1)
    assert fit.diagnostics.bfmi_min > 0.6
    assert theta.diagnostics.bfmi_min < 0.3
    ours, theirs = (
        np.exp(density.log_probs(f.flat_draws[::4], X)[..., 1]).mean(axis=0) for f in (fit, theta)
    )
    assert abs(ours - theirs).max() < 0.05


def test_other_priors_have_no_such_coordinates():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(20, 2)), np.arange(20) % 2
    density = density_of(X, y, "neural_network", hidden=[3], prior="normal")
    assert density.spherical == ()
    assert radial(density, density.bind(X, y), np.zeros(density.n_params)) is None
