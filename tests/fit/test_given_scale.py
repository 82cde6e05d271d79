"""Coordinates for a learned scale: exact where the likelihood is normal, and better elsewhere."""

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest

from fitting import density_of
from trifit.cards import Sampler
from trifit.fit.given_scale import GivenScale, given_scale
from trifit.fit.methods.bayes import fit_bayes
from trifit.fits import Status


@dataclass
class NormalMeans:
    """``mean_j ~ Normal(0, exp(s))`` seen with a precision each, ``s ~ Normal(0, 1)`` between."""

    seen: np.ndarray
    precision: np.ndarray
    at: int = 1
    centred: bool = True
    weight: float = 1.0
    linear: None = None

    def __call__(self, theta, *, prior, jacobian):
        phi, s = np.delete(theta, self.at), theta[self.at]
        if self.centred:
            off, r = phi - self.seen, np.exp(-2 * s)
            value = -0.5 * self.precision @ off**2 - 0.5 * r * phi @ phi - len(phi) * s
            by_phi, by_s = -self.precision * off - r * phi, r * phi @ phi - len(phi)
        else:
            off = np.exp(s) * phi - self.seen
            value = -0.5 * self.precision @ off**2 - 0.5 * phi @ phi
            by_phi = -np.exp(s) * self.precision * off - phi
            by_s = -self.precision @ (off * np.exp(s) * phi)
        value -= 0.5 * s**2
        return float(value), np.insert(by_phi, self.at, by_s - s)


SEEN, PRECISION = np.array([1.5, -0.4, 0.8]), np.array([100.0, 1.0, 1e-3])
ONE_SCALE = SimpleNamespace(scales=np.array([False, True, False, False]))


@pytest.fixture(scope="module")
def of_means():
    return given_scale(ONE_SCALE, NormalMeans(SEEN, PRECISION), np.zeros(4))


def test_with_a_normal_likelihood_z_is_standard_normal_for_every_scale(of_means, rng):
    """Differences of log densities are those of ``-z^2 / 2``, whatever the scale is."""
    w = rng.normal(size=4)
    for s in (-3.0, 0.0, 2.0):
        for _ in range(3):
            a, b = w.copy(), rng.normal(size=4)
            a[1] = b[1] = s
            values = [of_means.objective(x, prior=1.0, jacobian=1.0)[0] for x in (a, b)]
            z = np.delete(np.array([a, b]), 1, axis=1)
            expected = -0.5 * (z**2).sum(axis=1)
            assert np.diff(values) == pytest.approx(np.diff(expected), abs=1e-5)


def test_the_share_of_the_prior_is_measured_for_every_axis(of_means):
    """Prior precision over the sum of it and the data's, at the likeliest scale."""
    r = np.exp(-2 * of_means.centre[1])
    expected = np.sort(r / (r + PRECISION))
    assert np.sort(of_means.objective.map.share) == pytest.approx(expected, rel=1e-5)


def test_the_scale_is_that_of_the_largest_evidence(of_means):
    s = np.linspace(-4, 4, 8001)
    variance = 1 / PRECISION + np.exp(2 * s)[:, None]
    evidence = -0.5 * (SEEN**2 / variance + np.log(variance)).sum(axis=1) - 0.5 * s**2
    assert of_means.centre[1] == pytest.approx(s[evidence.argmax()], abs=0.05)


def test_its_gradient_is_that_of_differences(of_means, rng):
    found = of_means.objective
    weights = {"prior": 1.0, "jacobian": 1.0}
    for w in rng.normal(size=(3, 4)):
        numeric = [
            (found(w + h, **weights)[0] - found(w - h, **weights)[0]) / 2e-5
            for h in 1e-5 * np.eye(4)
        ]
        assert found(w, **weights)[1] == pytest.approx(np.array(numeric), rel=1e-5, abs=1e-5)
    many = rng.normal(size=(2, 3, 4))
    assert (found.theta(many)[1, 2] == found.theta(many[1, 2])).all()
    assert found.theta(of_means.centre)[1] == of_means.centre[1]
    assert np.delete(found.theta(of_means.centre), 1) == pytest.approx(found.map.mode)


def test_other_models_keep_their_own_coordinates():
    """Two learned scales; a scale that the likelihood depends on."""
    two = SimpleNamespace(scales=np.array([True, True, False, False]))
    assert given_scale(two, NormalMeans(SEEN, PRECISION), np.zeros(4)) is None
    other = NormalMeans(SEEN, PRECISION, centred=False)
    assert given_scale(ONE_SCALE, other, np.zeros(4)) is None


def effective_per_step(fit):
    """Least bulk ESS over leapfrog steps, which are the cost."""
    d = fit.diagnostics
    return d.parameters.ess_bulk_min / (d.mean_steps * fit.draws.shape[0] * fit.draws.shape[1])


@pytest.fixture(scope="module")
def hierarchical():
    rng = np.random.default_rng(3)
    X = rng.normal(size=(150, 6)) @ np.linalg.cholesky(0.1 * np.eye(6) + 0.9)
    y = (X @ np.array([1.0, -1.0, 0.5, 0.0, 0.0, 0.0]) + rng.logistic(size=150) > 0).astype(int)
    density = density_of(X, y, "logistic_regression", prior="hierarchical")
    return density, density.bind(X, y)


def test_a_learned_scale_is_sampled_as_in_plain_coordinates_at_less_cost(hierarchical):
    density, objective = hierarchical
    settings = Sampler(draws=1000, tune=300)
    fit = fit_bayes(density, objective, None, settings, seed=1, identified=True)
    plain = fit_bayes(density, objective, None, settings, seed=1)
    assert fit.status is Status.TRUSTED
    assert effective_per_step(fit) > 1.5 * effective_per_step(plain)
    ess = min(f.diagnostics.parameters.ess_bulk_min for f in (fit, plain))
    sd = fit.flat_draws.std(axis=0)
    off = abs(fit.flat_draws.mean(axis=0) - plain.flat_draws.mean(axis=0))
    assert (off < 4 * sd * (2 / ess) ** 0.5).all()


def test_the_coordinates_are_whitened(hierarchical):
    density, objective = hierarchical
    at = given_scale(density, objective, np.zeros(density.n_params))
    assert isinstance(at.objective.map, GivenScale)
    assert at.scale is not None
