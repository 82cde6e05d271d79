"""Prior against posterior, and the log-loss under other priors."""

import numpy as np
import pymc as pm
import pytest
from scipy.special import expit, log_expit
from scipy.stats import norm, t

import trifit
from fitting import density_of, standardised
from trifit.analyses.prior import against_prior
from trifit.analyses.sensitivity import _Losses, _steps
from trifit.cards import Optimiser, Sampler, load_card
from trifit.data import load_dataset
from trifit.fit import Layout, build_density
from trifit.fit.graph import GraphDensity
from trifit.fit.importance import reweighted
from trifit.fit.linear import LinearDensity
from trifit.fit.methods.bayes import fit_bayes
from trifit.fit.methods.map import fit_map
from trifit.types import Rows

N = 60
FEW = {"draws": 100, "tune": 100, "chains": 2}


@pytest.fixture(scope="module")
def one_slope():
    """One feature, prior N(0, 1) for slope and intercept, and many draws."""
    rng = np.random.default_rng(4)
    X = rng.uniform(-2, 2, size=(N, 1))
    y = (rng.random(N) < expit(1.2 * X[:, 0] + 0.3)).astype(np.int64)
    density = density_of(X, y, "logistic_regression", prior_scale=1.0, intercept_scale=1.0)
    centre = fit_map(density, Rows(X, y), Optimiser(), np.random.default_rng(0)).theta
    objective = density.bind(X, y)
    return X, y, density, fit_bayes(density, objective, centre, Sampler(draws=4000), seed=3)


def test_reweighted_posterior_is_that_of_the_other_prior(one_slope):
    """Against quadrature with priors 0.8 and 1.25 times as wide."""
    X, y, density, posterior = one_slope
    new = np.array([[-3.0], [0.0], [4.0]])
    factors = (0.8, 1.0, 1.25)
    log_probs, pareto_k = reweighted(density, posterior, new, [c**-2 for c in factors])
    a, b = np.meshgrid(np.linspace(-5, 5, 401), np.linspace(-4, 7, 401), indexing="ij")
    sign = np.where(y == 1, 1.0, -1.0)
    log_lik = sum(log_expit(s * (a + b * x)) for s, x in zip(sign, X[:, 0], strict=True))
    for factor, found, k in zip(factors, log_probs, pareto_k, strict=True):
        log_joint = log_lik + norm.logpdf(a, scale=factor) + norm.logpdf(b, scale=factor)
        weight = np.exp(log_joint - log_joint.max())
        expected = [(weight * expit(a + b * x)).sum() / weight.sum() for x in new[:, 0]]
        assert np.exp(found[:, 1]) == pytest.approx(expected, abs=0.004)
        assert (k is None) == (factor == 1.0)
        assert k is None or k < 0.7


def test_reaching_far_is_said_not_to_be_known(one_slope):
    _, _, density, posterior = one_slope
    _, (narrow,) = reweighted(density, posterior, np.zeros((1, 1)), [32.0**2])
    assert narrow > 0.7


def test_log_priors_and_prior_draws_of_both_densities():
    X, y = standardised(load_dataset("iris"))
    linear = density_of(X, y, prior_scale=2.0, intercept_scale=4.0)
    assert isinstance(linear, LinearDensity)
    with pm.Model(coords={"feature": range(4), "class_": range(3)}) as model:
        data = pm.Data("X", X)
        intercept = pm.ZeroSumNormal("intercept", 4.0, dims="class_")
        beta = pm.ZeroSumNormal("beta", 2.0, dims=("feature", "class_"))
        pm.Categorical("y", logit_p=intercept + data @ beta, observed=y)
    graph = GraphDensity(model, 3, mode="interpreted")
    thetas = np.random.default_rng(0).normal(size=(5, linear.n_params))
    named = graph.layout.unravel(graph.constrain(thetas))
    # A Normal on the plane of vectors of sum zero, which has one dimension less.
    by_hand = sum(
        norm(0, sd).logpdf(named[name]).reshape(5, -1).sum(axis=1) - n * norm(0, sd).logpdf(0)
        for name, sd, n in (("intercept", 4.0, 1), ("beta", 2.0, 4))
    )
    assert graph.log_priors(thetas) == pytest.approx(by_hand)
    # The card's own prior, through the graph that the linear density was read from.
    assert linear.log_priors(thetas) == pytest.approx(
        [
            linear.bind(X[:1], y[:1])(t, prior=1.0, jacobian=0.0)[0]
            - linear.bind(X[:1], y[:1])(t, prior=0.0, jacobian=0.0)[0]
            for t in thetas
        ]
    )
    drawn = graph.prior_draws(4000, 1)
    shrink = np.sqrt(2 / 3)  # of entries that sum to zero
    assert drawn.std(axis=0) == pytest.approx(shrink * np.repeat([4.0, 2.0], [3, 12]), rel=0.05)
    assert drawn[:, :3].sum(axis=1) == pytest.approx(0, abs=1e-9)


def test_prior_draws_of_the_linear_density_have_its_density():
    """Two classes: intercept and slopes independent Normals, by the card's scales."""
    iris = load_dataset("iris")
    X, y = standardised(iris)
    density = density_of(X[y > 0], y[y > 0] - 1, "logistic_regression", prior_scale=0.5)
    drawn = density.prior_draws(20_000, 1)
    named = density.layout.unravel(drawn)
    assert named["beta"].std(axis=0) == pytest.approx(0.5, rel=0.03)
    assert abs(named["beta"].mean(axis=0)).max() < 0.02
    assert abs(np.corrcoef(drawn.T) - np.eye(drawn.shape[1])).max() < 0.03
    assert np.array_equal(drawn, density.prior_draws(20_000, 1))


def test_a_flat_prior_has_no_draws():
    def flat(X, y, *, n_classes, coords):
        with pm.Model(coords=coords) as model:
            data = pm.Data("X", X)
            beta = pm.Flat("beta", dims="feature")
            pm.Bernoulli("y", logit_p=data @ beta, observed=y)
        return model

    X, y = np.random.default_rng(0).normal(size=(30, 2)), np.arange(30) % 2
    density = build_density(
        load_card(flat), X, y, feature_names=("a", "b"), class_names=("no", "yes")
    )
    assert density.prior_draws(10, 1) is None
    graph = GraphDensity(
        flat(X, y, n_classes=2, coords={"feature": ["a", "b"]}), 2, mode="interpreted"
    )
    assert graph.prior_draws(10, 1) is None


def test_contraction_by_hand():
    rng = np.random.default_rng(0)
    layout = Layout(
        names=("beta",),
        shapes=((2,),),
        dims=(("feature",),),
        coords={"feature": ("a", "b")},
    )
    prior = rng.normal(scale=2.0, size=(20_000, 2))
    posterior = rng.normal(loc=[0.0, 3.0], scale=[2.0, 1.0], size=(20_000, 2))
    found = against_prior(prior, posterior, layout, single=True)
    first, second = found.rows
    assert (first.feature, second.feature) == ("b", "a")  # what stands out comes first
    assert first.contraction == pytest.approx(0.75, abs=0.02)
    assert second.contraction == pytest.approx(0.0, abs=0.04)
    assert first.surprise == pytest.approx(1.5, abs=0.03)
    assert first.posterior == pytest.approx(
        norm(3, 1).ppf([0.025, 0.25, 0.5, 0.75, 0.975]), abs=0.05
    )
    (group,) = found.groups
    assert (group.parameter, group.n) == ("beta", 2)
    assert group.contraction_low == second.contraction
    assert group.contraction_high == first.contraction
    assert against_prior(prior, posterior, layout, single=False).rows == []


def test_the_comparisons_prior_record(iris_run):
    record = iris_run.comparison.prior
    rows = record.posterior.rows
    assert len(rows) == 12
    parameters = {
        (p.parameter, p.feature, p.label): p
        for p in iris_run.comparison.parameters
        if p.units == "model"
    }
    for row in rows:
        p = parameters[row.parameter, row.feature, row.label]
        assert row.posterior_sd == pytest.approx(p.sd, rel=1e-4)
        assert (row.posterior[0], row.posterior[4]) == pytest.approx((p.low, p.high), rel=1e-4)
        assert row.contraction == pytest.approx(1 - row.posterior_sd**2 / row.prior_sd**2, abs=1e-3)


def test_sensitivity_at_the_cards_own_prior_is_the_fit(iris_run):
    c = iris_run.comparison
    found = c.prior.sensitivity
    assert (found.n_obs, found.n_training_sets) == (150, 3)
    assert [step.factor for step in found.map] == [2.0**k for k in range(-5, 6)]
    for fit, steps in (("map", found.map), ("bayes", found.bayes)):
        (own,) = [step for step in steps if step.factor == 1]
        assert own.log_loss == pytest.approx(c.contestants[fit].scores.log_loss.value, abs=1e-7)
        assert (own.difference.value, own.difference.se, own.pareto_k) == (0.0, 0.0, None)
        for step in steps:
            if step.log_loss is not None:
                change = step.log_loss - own.log_loss
                assert step.difference.value == pytest.approx(change, abs=1e-7)
    for step in found.bayes:
        if step.factor != 1:
            trusted = step.pareto_k is not None and step.pareto_k <= 0.7
            assert (step.log_loss is not None) == trusted


@pytest.mark.broad
def test_sensitivity_of_the_map_is_that_of_a_card_with_another_prior(iris_run):
    given = iris_run.card.hyperparameters
    half = {name: 0.5 * given[name] for name in ("prior_scale", "intercept_scale")}
    narrow = trifit.compare(load_dataset("iris"), seed=1, cv=3, overrides={**FEW, **half})
    (step,) = [s for s in iris_run.comparison.prior.sensitivity.map if s.factor == 0.5]
    assert step.log_loss == pytest.approx(narrow.contestants["map"].scores.log_loss.value, abs=1e-5)


@pytest.mark.broad
def test_learned_scales_have_no_sensitivity_and_networks_no_rows():
    iris = load_dataset("iris")
    hierarchical = trifit.compare(
        iris, model="softmax-hierarchical", seed=1, test_size=0.3, overrides=FEW
    )
    assert hierarchical.prior.sensitivity is None
    assert {g.parameter for g in hierarchical.prior.posterior.groups} >= {"beta", "beta_scale"}
    network = trifit.compare(
        iris, model="network", seed=1, test_size=0.3, overrides={**FEW, "hidden": [2]}
    )
    assert network.prior.posterior.rows == []
    assert network.prior.sensitivity.n_training_sets == 1
    assert {r.kind for r in network.chain_diagnostics.ranks} == {"prediction"}


def test_changes_of_groups_have_the_error_of_groups():
    """Copies of rows in groups: as many rows say no more than one of each would."""
    rng = np.random.default_rng(0)
    lpd = -rng.exponential(size=(2, 30))
    few, many = (
        _steps(np.array([1.0, 2.0]), [[_Losses(np.repeat(each, n)) for each in lpd]], groups)
        for n, groups in ((1, None), (40, np.repeat(np.arange(30), 40)))
    )
    assert many[1].difference.value == pytest.approx(few[1].difference.value)
    assert many[1].difference.se == pytest.approx(few[1].difference.se)
    wider = t(29).ppf(0.975) / norm.ppf(0.975)
    assert many[1].difference.high - many[1].difference.value == pytest.approx(
        wider * (few[1].difference.high - few[1].difference.value),
        rel=1e-4,  # errors are recorded with five digits
    )
