"""The objective read off a graph: PyMC's own, and its linear fast path."""

import numpy as np
import pymc as pm
import pytest
from scipy.special import expit

from fitting import density_of, standardised
from selection import by_default
from trifit.cards import Card
from trifit.errors import InputError
from trifit.fit import build_density
from trifit.fit.graph import GraphDensity
from trifit.fit.linear import LinearDensity
from trifit.models import logistic_regression, softmax_regression


def test_gradient_is_the_closed_form(overlapping, rng):
    """d log-likelihood / d beta = X'(1[y = k] - p_k), in logistic regression's own terms."""
    X, y = standardised(overlapping)
    density = density_of(X, y, "logistic_regression")
    theta = rng.normal(size=3)
    value, gradient = density.bind(X, y)(theta, prior=0.0, jacobian=0.0)
    p = expit(theta[0] + X @ theta[1:])
    assert value == pytest.approx(np.log(np.where(y == 1, p, 1 - p)).sum())
    assert gradient == pytest.approx(np.r_[(y - p).sum(), X.T @ (y - p)])


@pytest.mark.parametrize("builder", [softmax_regression, logistic_regression])
def test_linear_density_is_the_graph(builder, rng):
    X, y = rng.normal(size=(60, 4)), np.arange(60) % (3 if builder is softmax_regression else 2)
    graph = GraphDensity(builder(X, y, prior_scale=0.7), int(y.max()) + 1, mode="interpreted")
    linear = LinearDensity.recognise(graph, X)
    assert linear is not None
    ours, theirs = linear.bind(X, y), graph.bind(X, y)
    theta = rng.normal(size=graph.n_params)
    for prior in (0.0, 1.0):
        a, b = (f(theta, prior=prior, jacobian=0.0) for f in (ours, theirs))
        assert a[0] == pytest.approx(b[0], rel=1e-10)
        assert a[1] == pytest.approx(b[1], rel=1e-10, abs=1e-10)
        hessians = [f.hessian(theta, prior=prior, jacobian=0.0) for f in (ours, theirs)]
        assert hessians[0] == pytest.approx(hessians[1], abs=1e-5)
    params = linear.constrain(theta[None])
    assert params == pytest.approx(graph.constrain(theta[None]))
    assert linear.log_probs(params, X) == pytest.approx(graph.log_probs(params, X), abs=1e-12)


@pytest.mark.broad
def test_the_graph_is_pymcs_own(rng):
    """Log-likelihood, prior and jacobian are those of model.logp."""
    X, y = rng.normal(size=(30, 2)), np.arange(30) % 3
    with pm.Model(coords={"feature": ["a", "b"], "class_": list("pqr")}) as model:
        features = pm.Data("X", X, dims=("obs", "feature"))
        scale = pm.HalfNormal("scale", 1.0)
        beta = pm.ZeroSumNormal("beta", sigma=scale, dims=("feature", "class_"))
        pm.Categorical("label", logit_p=features @ beta, observed=y, dims="obs")
    density = GraphDensity(model, 3, mode="interpreted")
    theta = rng.normal(size=density.n_params)
    point = dict(
        zip([v.name for v in model.value_vars], [theta[0], theta[1:].reshape(2, 2)], strict=True)
    )
    objective = density.bind(X, y)
    likelihood = model.compile_logp(vars=model.observed_RVs)(point)
    assert objective(theta, prior=0.0, jacobian=0.0)[0] == pytest.approx(likelihood)
    for jacobian in (True, False):
        expected = model.compile_logp(jacobian=jacobian)(point)
        value, _ = objective(theta, prior=1.0, jacobian=float(jacobian))
        assert value == pytest.approx(expected)
    assert LinearDensity.recognise(density, X) is None


@pytest.mark.parametrize(
    "log_odds",
    [
        lambda f, b, i: i + pm.math.clip(f, -6, 6) @ b,
        lambda f, b, i: pm.math.clip(i + f @ b, -30, 30),
        lambda f, b, i: i + pm.math.maximum(f, -8) @ b,
        lambda f, b, i: i + (f + 1e-4 * f**2) @ b,
        lambda f, b, i: i + f @ pm.math.clip(b, -10, 10),
        lambda f, b, i: i * b[0] + f @ b,
    ],
)
def test_models_with_a_bend_are_not_taken_for_linear(log_odds, rng):
    X, y = rng.normal(size=(60, 2)), np.arange(60) % 2
    with pm.Model() as model:
        features = pm.Data("X", X)
        intercept = pm.Normal("intercept")
        beta = pm.Normal("beta", shape=2)
        pm.Bernoulli("label", logit_p=log_odds(features, beta, intercept), observed=y)
    assert LinearDensity.recognise(GraphDensity(model, 2, mode="interpreted"), X) is None


@pytest.mark.parametrize("prior", [pm.Laplace.dist(mu=0, b=1), pm.StudentT.dist(nu=4, sigma=1)])
def test_priors_that_are_not_normal_are_not_taken_for_quadratic(prior, rng):
    X, y = rng.normal(size=(60, 1)), np.arange(60) % 2
    with pm.Model() as model:
        features = pm.Data("X", X)
        beta = model.register_rv(prior, name="beta")
        pm.Bernoulli("label", logit_p=features[:, 0] * beta, observed=y)
    assert LinearDensity.recognise(GraphDensity(model, 2, mode="interpreted"), X) is None


@pytest.mark.parametrize("mode", by_default("interpreted", of=["interpreted", "compiled"]))
@pytest.mark.parametrize("builder", [softmax_regression, logistic_regression])
def test_graphs_do_not_underflow(builder, mode):
    """Log-odds of thousands, as raw features give them, keep their size."""
    X, y = np.array([[1.0], [-1.0], [0.5]]), np.array([0, 1, 0])
    density = GraphDensity(builder(X, y), int(y.max()) + 1, mode=mode)
    theta = np.linspace(3000.0, 9000.0, density.n_params)
    log_probs = density.log_probs(density.constrain(theta[None]), X)[0]
    values = []
    for labels in (y, 1 - y):
        value, gradient = density.bind(X, labels)(theta, prior=0.0, jacobian=0.0)
        assert np.isfinite(gradient).all()
        assert value == pytest.approx(log_probs[np.arange(3), labels].sum())
        values.append(value)
    assert -1e6 < min(values) < -1000


def test_log_likelihood_survives_huge_log_odds():
    """Where probabilities underflow, the log-likelihood is still a number."""
    X, y = np.array([[1.0], [-1.0]]), np.array([0, 1])
    density = density_of(X, y, "logistic_regression")
    value, gradient = density.bind(X, y)(np.array([0.0, 2000.0]), prior=0.0, jacobian=0.0)
    assert value == pytest.approx(-4000)
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("beta = pm.Normal('beta', shape=(7,))", "cannot be evaluated on 7 rows of 2 features"),
        ("beta = pm.Normal('beta', shape=2) + X[:, :1].sum()", None),
        ("beta = pm.Normal('beta', shape=2); e = pm.Normal('e', shape=40)", "cannot be evaluated"),
        ("beta = pm.Normal('beta', mu=float('nan'), shape=2)", "has density nan"),
    ],
)
def test_builders_whose_models_do_not_evaluate(tmp_path, rng, line, message):
    path = tmp_path / "model.py"
    offset = " + e" if "'e'" in line else ""
    path.write_text(
        "import pymc as pm\n"
        "def build(X, y, *, n_classes, coords):\n"
        "    with pm.Model() as model:\n"
        "        features = pm.Data('X', X)\n"
        f"        {line}\n"
        f"        pm.Bernoulli('label', logit_p=features @ beta{offset}, observed=y)\n"
        "    return model\n",
        encoding="utf-8",
    )
    card = Card(name="own", builder=f"{path}:build")
    X, y = rng.normal(size=(40, 2)), np.arange(40) % 2
    names = {"feature_names": ("a", "b"), "class_names": ("p", "q")}
    if message is None:
        build_density(card, X, y, **names)
    else:
        with pytest.raises(InputError, match=message) as caught:
            build_density(card, X, y, **names)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("case", ["nothing", "no X", "unused X", "no label", "normal", "discrete"])
def test_models_that_break_the_contract(case):
    X, y = np.zeros((4, 1)), np.array([0, 1, 0, 1])
    with pm.Model() as model:
        features = pm.Data("features" if case == "no X" else "X", X)
        beta = (pm.Poisson if case == "discrete" else pm.Normal)("beta", 1.0)
        if case == "normal":
            pm.Normal("label", features[:, 0] * beta, observed=y)
        elif case == "unused X":
            pm.Bernoulli("label", logit_p=X[:, 0] * beta, observed=y)
        elif case != "no label":
            pm.Bernoulli("label", logit_p=features[:, 0] * beta, observed=y)
    expected = {
        "nothing": "returned NoneType; expected a pm.Model",
        "no X": r'name it with pm.Data\("X", X\)',
        "unused X": "'label' does not depend on pm.Data",
        "no label": "has 0 observed variables; expected one",
        "normal": "'label' is Normal; expected Categorical, Bernoulli or Multinomial",
        "discrete": "free variable 'beta' is discrete",
    }
    with pytest.raises(InputError, match=expected[case]):
        GraphDensity(None if case == "nothing" else model, 2)


@pytest.mark.parametrize(("builder", "factor"), [(logistic_regression, 1), (softmax_regression, 2)])
def test_prior_spread_is_the_scale_times_the_length_of_a_row(builder, factor, rng):
    """Of a class against another: the difference of two coefficients where there is one each."""
    X, y = rng.normal(size=(60, 6)), np.arange(60) % (factor + 1)
    linear = LinearDensity.recognise(
        GraphDensity(builder(X, y, prior_scale=2.5), factor + 1, mode="interpreted"), X
    )
    expected = 2.5 * np.sqrt(factor * np.square(X).sum(axis=1).mean())
    assert linear.prior_spread(X) == pytest.approx(expected, rel=1e-9)


def test_refused_parameters_have_no_density():
    """So large that rounding breaks a sum of zero, which PyMC refuses: no point to stop at."""
    X, y = np.eye(3), np.arange(3)
    with pm.Model(coords={"class_": ["a", "b", "c"]}) as model:
        data = pm.Data("X", X)
        scale = pm.HalfNormal("beta_scale", 1.0)
        beta = pm.ZeroSumNormal("beta", sigma=scale, dims="class_")
        pm.Categorical("label", logit_p=data @ np.ones((3, 3)) + beta, observed=y)
    objective = GraphDensity(model, 3, mode="interpreted").bind(X, y)
    value, gradient = objective(np.array([0.0, 1e12, 3e12]), prior=1.0, jacobian=1.0)
    assert value == -np.inf
    assert gradient.tolist() == [0.0, 0.0, 0.0]
