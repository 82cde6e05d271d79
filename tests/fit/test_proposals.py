"""Normal proposals: exact where the posterior is nearly normal, refused where it is not."""

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.special import digamma, polygamma

from fitting import density_of
from trifit.cards import Optimiser, Sampler
from trifit.fit import proposals
from trifit.fit.affine import Affine
from trifit.fit.density import LinearForm
from trifit.fit.diagnostics import diagnose_draws
from trifit.fit.methods import bayes
from trifit.fit.methods.bayes import fit_bayes
from trifit.fit.methods.map import fit_map
from trifit.fit.proposals import (
    MIN_ROWS,
    accepted,
    has_normal_tails,
    sample_by_proposals,
    suit,
)
from trifit.fit.whitening import Coordinates, whitened
from trifit.fits import Status
from trifit.threads import limited
from trifit.types import Rows


@dataclass(frozen=True)
class LogGamma:
    """Log of a Gamma variable over its shape: skewed, the less so the larger the shape."""

    shape: float
    weight: float = MIN_ROWS
    linear: object = LinearForm(Affine(np.zeros(1), np.eye(1)), None, 0.0)

    def __call__(self, theta, *, prior, jacobian):
        value = self.shape * (theta - np.exp(theta)).sum()
        return float(value), self.shape * (1 - np.exp(theta))

    @property
    def at(self):
        return Coordinates(self, np.zeros(1), np.eye(1) / self.shape**0.5)


def draws_of(at, sizes, *, chains=4, seed=1, advance=None):
    return list(sample_by_proposals(at, Sampler(chains=chains), sizes, seed, advance))


def test_draws_have_the_moments_of_the_target_not_of_the_proposals():
    """Mean digamma(a) - log(a), variance trigamma(a); the proposals have mean 0."""
    a = 450.0
    (told,) = draws_of(LogGamma(a).at, [40_000])
    draws = LogGamma(a).at.theta(told["z"])
    mean, sd = digamma(a) - np.log(a), polygamma(1, a) ** 0.5
    ess = diagnose_draws(draws)["ess_bulk"][0]
    assert abs(draws.mean() - mean) < 4 * sd / ess**0.5
    assert abs(mean) > 8 * sd / ess**0.5
    assert draws.std() == pytest.approx(sd, rel=0.03)
    assert 0.8 < told["accepted"].mean() < 1
    stays = (np.diff(told["z"][..., 0]) == 0) == ~told["accepted"][:, 1:]
    assert stays.all()


def test_a_normal_target_accepts_all_proposals():
    @dataclass(frozen=True)
    class Normal(LogGamma):
        def __call__(self, theta, *, prior, jacobian):
            return float(-0.5 * self.shape * (theta**2).sum()), -self.shape * theta

    (told,) = draws_of(Normal(4.0).at, [300])
    assert told["accepted"].all()
    assert (told["energy"] == -told["logp"]).all()


@pytest.mark.parametrize("shape", [0.3, 1.0, 3.0, 8.0, 30.0, 100.0])
@pytest.mark.parametrize("seed", range(5))
def test_what_is_not_nearly_normal_is_refused(shape, seed):
    """A log rate with few events: its lower tail is out of the reach of normal proposals."""
    assert draws_of(LogGamma(shape).at, [500, 1000], seed=seed) == []


def test_later_proposals_may_refuse_too(monkeypatch):
    kept = iter([True, False])
    monkeypatch.setattr(proposals, "nearly_normal", lambda log_ratios: next(kept))
    blocks = sample_by_proposals(LogGamma(450.0).at, Sampler(chains=2), [100, 200, 300], 1, None)
    assert next(blocks)["z"].shape[1] == 100
    with pytest.raises(StopIteration) as ended:
        next(blocks)
    assert ended.value.value is False


@pytest.mark.parametrize("rare", [0, 1, 2])
def test_a_rare_class_is_sampled_by_nuts(rng, rare):
    """Eight events in 10,000 rows: the lower tail of its log-odds is that of a rate."""
    X = rng.standard_normal((10_000, 1))
    others = [k for k in range(3) if k != rare]
    y = np.where(np.arange(10_000) < 8, rare, rng.choice(others, 10_000))
    density = density_of(X, y)
    centre = fit_map(density, Rows(X, y), Optimiser(), rng).theta
    at = whitened(density, density.bind(X, y), centre)
    assert suit(at.objective)
    assert not has_normal_tails(at)


def test_a_longer_run_begins_with_the_shorter_one_whatever_the_cores():
    at = LogGamma(450.0).at
    shares = []
    first, second = draws_of(at, [200, 400], advance=shares.append)
    with limited(1):
        (alone,) = draws_of(at, [400])
    for name, values in second.items():
        assert values.shape[:2] == (4, 400)
        assert (values[:, :200] == first[name]).all()
        assert (values == alone[name]).all()
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    (other,) = draws_of(at, [200], seed=2)
    assert (other["z"] != first["z"]).all()


def test_proposals_are_kept_by_the_ratio_of_weights():
    ratios = np.log([1.0, 0.5, 0.5, 2.0, 0.1, 2.0])
    assert accepted(ratios, np.log([0.1, 0.6, 0.4, 0.9, 0.1, 0.9])).tolist() == [0, 0, 2, 3, 3, 5]
    none = np.array([-np.inf, -np.inf, 0.0, -np.inf])
    assert accepted(none, np.log(np.full(4, 0.5))).tolist() == [0, 0, 2, 2]


def test_proposals_are_for_many_rows_of_a_log_concave_posterior():
    assert suit(LogGamma(30.0))
    assert not suit(LogGamma(30.0, weight=MIN_ROWS - 1))
    assert not suit(LogGamma(30.0, linear=None))


@pytest.fixture(scope="module")
def many_rows():
    """Many rows, with nine different pairs of features, so that they are merged."""
    rng = np.random.default_rng(1)
    X = rng.integers(-1, 2, size=(100_000, 2)).astype(float)
    logits = X @ np.array([[0.0, 1.0, -0.5], [0.0, 0.4, 0.8]])
    y = (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)
    density = density_of(X[:1000], y[:1000])
    objective = density.bind(X, y)
    centre = fit_map(density, Rows(X, y), Optimiser(), rng).theta
    return density, objective, centre


def test_many_rows_are_trusted_and_agree_with_nuts(many_rows, monkeypatch):
    fit = fit_bayes(*many_rows, Sampler(), seed=1)
    assert fit.status is Status.TRUSTED
    assert fit.draws.shape[1] == 500
    assert fit.diagnostics.accepted > 0.95
    assert fit.diagnostics.mean_steps == 0
    assert fit.sampling.stats["accepted"].shape == (4, 500)

    monkeypatch.setattr(bayes, "suit", lambda objective: False)
    nuts = fit_bayes(*many_rows, Sampler(draws=1000), seed=1)
    assert nuts.diagnostics.accepted is None
    sd = nuts.flat_draws.std(axis=0)
    noise = sd / fit.diagnostics.parameters.ess_bulk_min**0.5
    assert (abs(fit.flat_draws.mean(axis=0) - nuts.flat_draws.mean(axis=0)) < 4 * noise).all()
    assert fit.flat_draws.std(axis=0) == pytest.approx(sd, rel=0.1)


def test_nuts_samples_where_proposals_are_refused(many_rows):
    """Proposals about a point far from the mode."""
    density, objective, _ = many_rows
    sampler = Sampler(draws=20, tune=50)
    far = fit_bayes(density, objective, np.zeros(density.n_params), sampler, seed=1)
    assert far.diagnostics.accepted is None
    assert far.diagnostics.mean_steps > 0
