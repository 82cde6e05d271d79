"""The Laplace posterior: exact where the target is normal, corrected where not, or honest."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import digamma, polygamma

from fitting import density_of, standardised
from trifit.analyses.laplace import parameter_error
from trifit.cards import Optimiser, Sampler
from trifit.data import load_dataset
from trifit.fit import Layout
from trifit.fit.density import covariance_root
from trifit.fit.graph import GraphDensity
from trifit.fit.importance import smoothed_weights
from trifit.fit.methods.bayes import fit_bayes
from trifit.fit.methods.laplace import fit_laplace, resample
from trifit.fit.methods.map import fit_map
from trifit.fit.proposals import evaluate
from trifit.fits import Fit, Status
from trifit.models import neural_network, softmax_regression
from trifit.threads import limited
from trifit.types import Rows

NO_ROWS = Rows(np.empty((0, 1)), np.empty(0, dtype=np.int64))


@dataclass
class Target:
    """A density of theta given outright, in the place of a model with its data."""

    log_density: object
    second: object
    n_params: int
    weight: float = 1.0

    @property
    def layout(self):
        return Layout(("theta",), ((self.n_params,),), ((),), {})

    def bind(self, X, labels):
        return self

    def constrain(self, thetas):
        return thetas

    def __call__(self, theta, *, prior, jacobian):
        assert prior == jacobian == 1.0
        return self.log_density(theta)

    def hessian(self, theta, *, prior, jacobian):
        return self.second(theta)


def laplace(density, rows=NO_ROWS, start=None, *, seed=1, sampler=None):
    start = np.zeros(density.n_params) if start is None else start
    return fit_laplace(
        density, rows, start, Optimiser(), sampler or Sampler(), np.random.default_rng(seed),
    )  # fmt: skip


def normal(precision, mean):
    def log_density(theta):
        away = precision @ (theta - mean)
        return float(-0.5 * (theta - mean) @ away), -away

    return Target(log_density, lambda theta: -precision, len(mean))


def log_gamma(shape):
    """``theta = log g`` with g from a Gamma distribution: skewed, moments known."""
    return Target(
        lambda t: (float(shape * t[0] - np.exp(t[0])), shape - np.exp(t)),
        lambda t: -np.exp(t)[None],
        1,
    )


def test_a_normal_target_is_met_exactly(rng):
    root = rng.normal(size=(4, 4))
    precision, mean = root @ root.T + np.eye(4), np.array([3.0, -2.0, 0.5, 10.0])
    fit = laplace(normal(precision, mean))
    assert fit.status is Status.APPROXIMATE
    assert fit.draws.shape == (1, 4000, 4)
    assert fit.diagnostics.pareto_k == pytest.approx(0.0)
    assert fit.diagnostics.effective_min == pytest.approx(4000.0)
    assert fit.diagnostics.proposals == 4000
    white = (fit.flat_draws - mean) @ np.linalg.cholesky(precision)
    assert abs(white.mean(axis=0)).max() < 4 / np.sqrt(4000)
    assert np.cov(white.T) == pytest.approx(np.eye(4), abs=4 * np.sqrt(2 / 4000))
    # Nothing to correct: every proposal is kept once.
    assert len(np.unique(fit.flat_draws, axis=0)) == 4000


@pytest.mark.parametrize("shape", [3.0, 30.0])
def test_a_skewed_target_is_corrected(shape):
    """Mean and variance of a log-gamma variable are digamma and trigamma."""
    fit = laplace(log_gamma(shape))
    draws, effective = fit.flat_draws[:, 0], fit.diagnostics.effective_min
    mean, sd = digamma(shape), np.sqrt(polygamma(1, shape))
    assert fit.status is Status.APPROXIMATE
    assert abs(draws.mean() - mean) < 4 * sd / np.sqrt(effective)
    assert abs(draws.std() / sd - 1) < 4 / np.sqrt(effective)
    raw = abs(np.log(shape) - mean)  # the normal distribution's mean is the mode
    assert abs(draws.mean() - mean) < raw / 4


def test_same_seed_same_draws_whatever_the_cores():
    def draws(seed, n):
        with limited(n):
            return laplace(log_gamma(5.0), seed=seed).draws

    assert (draws(1, 3) == draws(1, 1)).all()
    assert (draws(2, 1) != draws(1, 1)).any()


def test_more_proposals_are_made_where_few_count(rng):
    """Sixty skewed directions at once leave a tenth of the proposals effective."""
    shape = 12.0
    target = Target(
        lambda t: (float((shape * t - np.exp(t)).sum()), shape - np.exp(t)),
        lambda t: np.diag(-np.exp(t)),
        60,
    )
    fit = laplace(target)
    assert fit.diagnostics.proposals > 4000
    assert fit.diagnostics.proposals % 4000 == 0
    assert fit.draws.shape == (1, 4000, 60)


def test_weights_that_cannot_be_relied_on_are_found_out():
    """A Cauchy target: its tails are those of no normal distribution."""
    cauchy = Target(
        lambda t: (float(-np.log1p(t**2).sum()), -2 * t / (1 + t**2)), lambda t: -2 * np.eye(3), 3
    )
    fit = laplace(cauchy)
    assert fit.status is Status.NOT_NORMAL
    assert fit.diagnostics.pareto_k > 0.7
    assert np.isfinite(fit.draws).all()


def test_too_few_draws_do_not_pass_the_gate():
    fit = laplace(log_gamma(5.0), sampler=Sampler(draws=20, chains=4))
    assert fit.draws.shape == (1, 80, 1)
    assert fit.diagnostics.effective_min == 80
    assert fit.status is Status.FEW_EFFECTIVE


def test_without_a_peak_there_is_no_approximation():
    """A direction in which the density is flat."""
    flat = Target(
        lambda t: (float(-0.5 * t[0] ** 2), np.array([-t[0], 0.0])),
        lambda t: np.diag([-1.0, 0.0]),
        2,
    )
    fit = laplace(flat, start=np.array([1.0, 2.0]))
    assert fit.status is Status.NO_PEAK
    assert fit.status.failed
    assert np.allclose(fit.flat_draws, [0.0, 2.0])
    assert covariance_root(np.full((2, 2), np.nan)) is None


def test_points_without_a_density_get_no_weight():
    """Half of the proposals fall where the density is 0 or overflows."""
    bounded = Target(lambda t: (np.nan if t[0] < 0 else float(-t[0]), t), lambda t: t, 1)
    values = evaluate(bounded, np.array([[-1.0], [2.0], [-3.0]]), None)
    assert values.tolist() == [-np.inf, -2.0, -np.inf]
    log_ratios = np.where(np.arange(1000) % 2, 0.001 * np.arange(1000) % 0.1, -np.inf)
    weights, _ = smoothed_weights(log_ratios)
    assert weights.sum() == pytest.approx(1)
    assert (weights[::2] == 0).all()
    assert smoothed_weights(np.full(10, -np.inf))[1] == np.inf


@pytest.mark.parametrize("k", [0.3, 0.6, 1.2])
def test_pareto_k_of_weights_with_known_tails(k, rng):
    """Ratios ``u**-k`` with u uniform have a tail of shape k."""
    ratios = -k * np.log(rng.random(50_000))
    assert smoothed_weights(ratios)[1] == pytest.approx(k, abs=0.1)


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=30).filter(lambda w: sum(w) > 1e-3),
    st.integers(1, 200),
    st.integers(0, 10),
)
def test_resampling_keeps_shares_up_to_rounding(weights, n_draws, seed):
    shares = np.array(weights) / sum(weights)
    index = resample(shares, n_draws, np.random.default_rng(seed))
    assert index.shape == (n_draws,)
    counts = np.bincount(index, minlength=len(shares))
    assert (abs(counts - n_draws * shares) < 1 + 1e-6).all()


def test_resampling_is_unbiased(rng):
    weights = np.array([0.003, 0.497, 0.25, 0.25])
    counts = np.mean([np.bincount(resample(weights, 10, rng), minlength=4) for _ in range(4000)], 0)
    assert counts == pytest.approx(10 * weights, abs=0.04)  # 5 standard errors


def fits_of(X, y, builder, **hyperparameters):
    density = density_of(X, y, builder, **hyperparameters)
    rows = Rows(X, y)
    centre = fit_map(density, rows, Optimiser(), np.random.default_rng(1)).theta
    nuts = fit_bayes(density, density.bind(X, y), centre, Sampler(), seed=3)
    return density, laplace(density, rows, centre), nuts, density.constrain(centre[None])[0]


def test_many_rows_agree_with_nuts():
    X, y = standardised(load_dataset("breast_cancer"))
    density, approximate, nuts, _ = fits_of(X, y, "logistic_regression", prior_scale=0.3)
    assert approximate.status is Status.APPROXIMATE
    error = parameter_error(approximate, nuts, density.layout)
    noise = np.hypot(error.mean_mcse, 1 / np.sqrt(approximate.diagnostics.effective_min))
    assert error.mean_worst < 4 * noise
    assert abs(error.sd_worst - 1) < 4 * noise
    assert error.mean_median < error.mean_worst
    assert approximate.seconds < nuts.seconds


def test_few_rows_resampled_draws_are_nearer_to_nuts_than_the_normal_ones(overlapping):
    X, y = standardised(overlapping)
    few = np.arange(0, len(y), 5)
    _, approximate, nuts, mode = fits_of(X[few], y[few], "logistic_regression")
    sd = nuts.flat_draws.std(axis=0)
    mean = nuts.flat_draws.mean(axis=0)
    raw = abs(mode - mean) / sd
    corrected = abs(approximate.flat_draws.mean(axis=0) - mean) / sd
    assert raw.max() > 0.2
    assert corrected.max() < raw.max() / 2


@pytest.mark.broad
@pytest.mark.parametrize(
    ("builder", "settings"),
    [
        (softmax_regression, {"prior": "horseshoe"}),
        (neural_network, {"hidden": [2]}),
    ],
)
def test_learned_scales_and_networks_are_not_normal_and_say_so(builder, settings, rng):
    X = rng.normal(size=(40, 2))
    y = (X[:, 0] + rng.normal(size=40) > 0).astype(np.int64)
    coords = {"feature": ["a", "b"], "class_": ["p", "q"]}
    model = builder(X, y, n_classes=2, coords=coords, **settings)
    density = GraphDensity(model, 2, mode="interpreted")
    with limited(1):  # interpreted functions are not for threads
        fit = laplace(density, Rows(X, y), density.start(rng), sampler=Sampler(draws=50, chains=2))
    assert fit.status in {Status.NOT_NORMAL, Status.NO_PEAK}
    assert fit.draws.shape == (1, 100, density.layout.size)
    assert np.isfinite(fit.draws).all()


def test_errors_against_nuts_by_hand(rng):
    nuts = Fit("bayes", rng.normal(size=(4, 500, 3)), Status.TRUSTED, 0.0)
    draws = nuts.flat_draws.copy()
    draws[:, 1] = 2 * draws[:, 1]
    draws[:, 2] += 0.5
    draws[:, 2] -= draws[:, 2].mean() - nuts.flat_draws[:, 2].mean() - 0.5 * draws[:, 2].std(ddof=1)
    layout = Layout(("beta",), ((3,),), (("feature",),), {"feature": ("a", "b", "c")})
    error = parameter_error(replace(nuts, draws=draws[None]), nuts, layout)
    assert error.mean_worst == pytest.approx(0.5)
    assert error.worst == "c"
    assert error.sd_worst == pytest.approx(2)
    assert error.sd_median == pytest.approx(1)
    assert error.mean_mcse == pytest.approx(1 / np.sqrt(2000), rel=0.2)
    assert error.sd_mcse == pytest.approx(1 / np.sqrt(4000), rel=0.2)
    still = replace(nuts, draws=np.zeros((2, 10, 3)))
    assert parameter_error(still, still, layout) is None
