"""Three fits from one graph, against scikit-learn, quadrature, PyMC and closed forms."""

import numpy as np
import pymc as pm
import pytest
from scipy.special import expit
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression

from trifit.cards import Card, Sampler
from trifit.data import Standardiser, load_dataset
from trifit.errors import InputError
from trifit.fit import build_density, fit_bayes, fit_map, fit_mle, fit_temperature
from trifit.fit.graph import GraphDensity
from trifit.fit.linear import LinearDensity
from trifit.fit.nuts import whitening
from trifit.fit.trust import diagnose_draws
from trifit.models import logistic_regression, softmax_regression
from trifit.predict import predict, prediction_draws
from trifit.types import Fit, Status

BUNDLED = ["iris", "wine", "breast_cancer", "digits"]


def card(builder="softmax_regression", **hyperparameters):
    return Card(
        name="test", builder=f"trifit.models:{builder}", hyperparameters=dict(hyperparameters)
    )


def standardised(dataset):
    standardiser = Standardiser.fit(dataset.X)
    return standardiser.transform(dataset.X)[:, ~standardiser.constant], dataset.y


def density_of(X, y, builder="softmax_regression", **hyperparameters):
    return build_density(
        card(builder, **hyperparameters),
        X,
        y,
        feature_names=tuple(f"x{j}" for j in range(X.shape[1])),
        class_names=tuple("abcdefghij"[: y.max() + 1]),
    )


def probs_of(density, fit, X):
    return predict(density, fit, X).probs


# --- point fits against scikit-learn -----------------------------------------------------


@pytest.mark.parametrize("name", BUNDLED)
@pytest.mark.parametrize("scale", [0.3, 1.0])
def test_map_is_ridge_regression(name, scale, rng):
    """MAP with scale s is scikit-learn's LogisticRegression with C = s**2."""
    X, y = standardised(load_dataset(name))
    density = density_of(X, y, prior_scale=scale, intercept_scale=1e4)
    fit, _ = fit_map(density, density.bind(X, y), rng)
    peer = LogisticRegression(C=scale**2, tol=1e-8, max_iter=10_000).fit(X, y)
    if y.max() == 1:  # two classes: scikit-learn penalises the one log-odds
        density = density_of(X, y, "logistic_regression", prior_scale=scale, intercept_scale=1e4)
        fit, _ = fit_map(density, density.bind(X, y), rng)
    assert fit.status is Status.CONVERGED
    assert fit.diagnostics["gradient"] <= 1e-6
    assert abs(probs_of(density, fit, X) - peer.predict_proba(X)).max() < 1e-5


def has_mle():
    iris, wine, cancer, digits = map(load_dataset, BUNDLED)
    rows = np.isin(digits.y, (3, 5, 8, 9))
    return {
        "iris sepals": (iris.X[:, :2][iris.y > 0], iris.y[iris.y > 0] - 1),
        "wine, two analyses": (wine.X[:, [1, 2]], wine.y),
        "breast cancer, three features": (cancer.X[:, :3], cancer.y),
        "digits 3 5 8 9, six pixels": (
            digits.X[rows][:, [18, 21, 28, 35, 42, 45]],
            np.searchsorted([3, 5, 8, 9], digits.y[rows]),
        ),
    }


@pytest.mark.parametrize("name", has_mle())
def test_mle_is_unpenalised_regression(name, rng):
    X, y = has_mle()[name]
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    density = density_of(X, y)
    fit = fit_mle(density, density.bind(X, y), rng)
    assert fit.status is Status.CONVERGED
    peer = LogisticRegression(C=np.inf, tol=1e-9, max_iter=10_000).fit(X, y)
    assert abs(probs_of(density, fit, X) - peer.predict_proba(X)).max() < 1e-5


@pytest.mark.parametrize("name", BUNDLED)
def test_no_mle_exists_on_the_bundled_sets(name, rng):
    X, y = standardised(load_dataset(name))
    density = density_of(X, y)
    assert fit_mle(density, density.bind(X, y), rng).status is Status.SEPARATED


def test_unscaled_features_converge_too(rng):
    """Raw units from 1e-3 to 4e3: Newton steps finish what L-BFGS cannot."""
    cancer = load_dataset("breast_cancer")
    density = density_of(cancer.X, cancer.y, "logistic_regression")
    fit, _ = fit_map(density, density.bind(cancer.X, cancer.y), rng)
    assert fit.status is Status.CONVERGED
    X = cancer.X[:, :3]
    density = density_of(X, cancer.y, "logistic_regression")
    mle = fit_mle(density, density.bind(X, cancer.y), rng)
    assert mle.status is Status.CONVERGED
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    peer = LogisticRegression(C=np.inf, tol=1e-9, max_iter=10_000).fit(Z, cancer.y)
    assert abs(probs_of(density, mle, X) - peer.predict_proba(Z)).max() < 1e-5


def test_map_approaches_the_mle_as_the_prior_widens(overlapping, rng):
    X, y = standardised(overlapping)
    gaps = []
    for scale in (1.0, 10.0, 100.0):
        density = density_of(X, y, prior_scale=scale, intercept_scale=scale)
        objective = density.bind(X, y)
        mle, (map_, _) = fit_mle(density, objective, rng), fit_map(density, objective, rng)
        gaps.append(abs(probs_of(density, mle, X) - probs_of(density, map_, X)).max())
    assert gaps[0] > 10 * gaps[1] > 100 * gaps[2]
    assert gaps[2] < 1e-4


def test_mle_without_signal_gives_class_frequencies(rng):
    """Features orthogonal to the labels: the fitted probabilities are the frequencies."""
    X = np.tile([[1.0], [-1.0]], (12, 1))
    y = np.repeat([0, 0, 0, 1, 2, 2], 4).astype(np.int64)
    density = density_of(X, y)
    fit = fit_mle(density, density.bind(X, y), rng)
    expected = np.tile(np.bincount(y) / len(y), (len(y), 1))
    assert probs_of(density, fit, X) == pytest.approx(expected, abs=1e-6)


# --- the objective -----------------------------------------------------------------------


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
    graph = GraphDensity(builder(X, y, prior_scale=0.7), mode="interpreted")
    linear = LinearDensity.recognise(graph, X, y.max() + 1)
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


def test_the_graph_is_pymcs_own(rng):
    """Log-likelihood, prior and jacobian are those of model.logp."""
    X, y = rng.normal(size=(30, 2)), np.arange(30) % 3
    with pm.Model(coords={"feature": ["a", "b"], "class": list("pqr")}) as model:
        features = pm.Data("X", X, dims=("obs", "feature"))
        scale = pm.HalfNormal("scale", 1.0)
        beta = pm.ZeroSumNormal("beta", sigma=scale, dims=("feature", "class"))
        pm.Categorical("label", logit_p=features @ beta, observed=y, dims="obs")
    density = GraphDensity(model, mode="interpreted")
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
    assert LinearDensity.recognise(density, X, 3) is None


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
    assert LinearDensity.recognise(GraphDensity(model, mode="interpreted"), X, 2) is None


@pytest.mark.parametrize("prior", [pm.Laplace.dist(mu=0, b=1), pm.StudentT.dist(nu=4, sigma=1)])
def test_priors_that_are_not_normal_are_not_taken_for_quadratic(prior, rng):
    X, y = rng.normal(size=(60, 1)), np.arange(60) % 2
    with pm.Model() as model:
        features = pm.Data("X", X)
        beta = model.register_rv(prior, name="beta")
        pm.Bernoulli("label", logit_p=features[:, 0] * beta, observed=y)
    assert LinearDensity.recognise(GraphDensity(model, mode="interpreted"), X, 2) is None


def test_log_likelihood_survives_huge_log_odds():
    """Where probabilities underflow, the log-likelihood is still a number."""
    X, y = np.array([[1.0], [-1.0]]), np.array([0, 1])
    density = density_of(X, y, "logistic_regression")
    value, gradient = density.bind(X, y)(np.array([0.0, 2000.0]), prior=0.0, jacobian=0.0)
    assert value == pytest.approx(-4000)
    assert np.isfinite(gradient).all()


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
        "normal": "'label' is Normal; expected Categorical or Bernoulli",
        "discrete": "free variable 'beta' is discrete",
    }
    with pytest.raises(InputError, match=expected[case]):
        GraphDensity(None if case == "nothing" else model)


# --- the posterior -----------------------------------------------------------------------


def test_posterior_of_one_coefficient_is_quadrature(tmp_path, rng):
    """Logistic regression through the origin: mean and sd by integration."""
    builder = tmp_path / "origin.py"
    builder.write_text(
        "import pymc as pm\n"
        "def build(X, y, *, n_classes, coords, scale=1.5):\n"
        "    with pm.Model(coords=coords) as model:\n"
        "        features = pm.Data('X', X)\n"
        "        beta = pm.Normal('beta', 0, scale, dims='feature')\n"
        "        pm.Bernoulli('label', logit_p=features @ beta, observed=y)\n"
        "    return model\n",
        encoding="utf-8",
    )
    X = rng.normal(size=(25, 1))
    y = (rng.random(25) < expit(1.2 * X[:, 0])).astype(np.int64)
    density = build_density(
        Card(name="origin", builder=f"{builder}:build"),
        X, y, feature_names=("x",), class_names=("a", "b"),
    )  # fmt: skip
    assert isinstance(density, LinearDensity)
    objective = density.bind(X, y)
    _, centre = fit_map(density, objective, rng)
    fit = fit_bayes(density, objective, centre, Sampler(draws=2000), seed=5, cores=2).fit
    assert fit.status is Status.TRUSTED
    grid = np.linspace(-6, 8, 4001)
    log_density = [
        np.log(expit(np.where(y == 1, 1, -1) * X[:, 0] * b)).sum() + norm.logpdf(b, 0, 1.5)
        for b in grid
    ]
    weight = np.exp(log_density - np.max(log_density))
    weight /= weight.sum()
    mean = weight @ grid
    sd = np.sqrt(weight @ (grid - mean) ** 2)
    draws = fit.flat_draws[:, 0]
    mcse = sd / np.sqrt(fit.diagnostics["ess_bulk_min"])
    assert abs(draws.mean() - mean) < 4 * mcse
    assert draws.std() == pytest.approx(sd, rel=0.05)
    # Predictions are averages of probabilities, not of log-odds.
    new = np.array([[2.0]])
    expected = weight @ expit(2.0 * grid)
    assert predict(density, fit, new).probs[0, 1] == pytest.approx(expected, abs=0.005)


def test_same_seed_same_draws_whatever_the_cores(overlapping, rng):
    X, y = standardised(overlapping)
    density = density_of(X, y)
    objective = density.bind(X, y)
    objective.parallel = True
    _, centre = fit_map(density, objective, rng)
    sampler = Sampler(draws=50, tune=50)

    def draws(seed, cores):
        return fit_bayes(density, objective, centre, sampler, seed=seed, cores=cores).fit.draws

    one = draws(1, 1)
    assert (draws(1, 2) == one).all()
    assert (draws(2, 1) != one).all()


def test_progress_reaches_the_end(overlapping, rng):
    X, y = standardised(overlapping)
    density = density_of(X, y)
    objective = density.bind(X, y)
    _, centre = fit_map(density, objective, rng)
    shares = []
    fit_bayes(
        density, objective, centre, Sampler(draws=500), seed=1, cores=1, advance=shares.append
    )
    assert shares == sorted(shares)
    assert all(0 <= share <= 1 for share in shares)


def test_too_few_draws_do_not_pass_the_gate(overlapping, rng):
    X, y = standardised(overlapping)
    density = density_of(X, y)
    objective = density.bind(X, y)
    _, centre = fit_map(density, objective, rng)
    fit = fit_bayes(density, objective, centre, Sampler(draws=20, tune=50), seed=1, cores=1).fit
    assert not fit.status.trustworthy


def test_whitening_falls_back_where_the_hessian_is_not_definite():
    assert (whitening(np.diag([-1.0, 1.0])) == np.eye(2)).all()
    assert (whitening(np.full((2, 2), np.nan)) == np.eye(2)).all()
    scale = whitening(-np.array([[4.0, 1.0], [1.0, 3.0]]))
    assert scale @ scale.T == pytest.approx(np.linalg.inv([[4.0, 1.0], [1.0, 3.0]]))


# --- a model that is compiled: nothing linear about it -------------------------------------


@pytest.fixture(scope="module")
def hierarchical(tmp_path_factory):
    """Softmax regression whose coefficient scale is learned: the compiled route."""
    path = tmp_path_factory.mktemp("builder") / "hierarchical.py"
    path.write_text(
        "import pymc as pm\n"
        "def build(X, y, *, n_classes, coords):\n"
        "    with pm.Model(coords=coords) as model:\n"
        "        features = pm.Data('X', X, dims=('obs', 'feature'))\n"
        "        scale = pm.HalfNormal('scale', 2.0)\n"
        "        intercept = pm.Normal('intercept', 0, 5, dims='class')\n"
        "        beta = pm.ZeroSumNormal('beta', sigma=scale, dims=('feature', 'class'))\n"
        "        logits = intercept + features @ beta\n"
        "        pm.Categorical('label', logit_p=logits, observed=y, dims='obs')\n"
        "    return model\n",
        encoding="utf-8",
    )
    iris = load_dataset("iris")
    X, y = standardised(iris)
    density = build_density(
        Card(name="hierarchical", builder=f"{path}:build"),
        X,
        y,
        feature_names=iris.feature_names,
        class_names=iris.class_names,
    )
    assert isinstance(density, GraphDensity)
    return density, X, y


def test_compiled_and_interpreted_graphs_agree(hierarchical, rng):
    density, X, y = hierarchical
    plain = GraphDensity(density.model, mode="interpreted")
    theta = rng.normal(size=density.n_params)
    a, b = (d.bind(X, y)(theta, prior=1.0, jacobian=1.0) for d in (density, plain))
    assert a[0] == pytest.approx(b[0], rel=1e-12)
    assert a[1] == pytest.approx(b[1], rel=1e-9)


def test_a_compiled_posterior_is_sampled_and_named(hierarchical, rng):
    density, X, y = hierarchical
    objective = density.bind(X, y)
    fit, centre = fit_map(density, objective, rng)
    assert fit.status is Status.CONVERGED
    assert density.layout.labels()[0] == ("scale", "", "")
    sampler = Sampler(draws=500, tune=500)
    bayes = fit_bayes(density, objective, centre, sampler, seed=1, cores=2).fit
    named = density.layout.unravel(bayes.draws)
    assert (named["scale"] > 0).all()
    assert named["beta"].sum(axis=-1) == pytest.approx(0, abs=1e-9)
    assert bayes.diagnostics["rhat_max"] < 1.03
    again = fit_bayes(density, objective, centre, sampler, seed=1, cores=1).fit
    assert (again.draws == bayes.draws).all()
    probs = predict(density, bayes, X).probs
    assert probs.sum(axis=1) == pytest.approx(1)
    assert (probs.argmax(axis=1) == y).mean() > 0.9


def test_compiled_models_take_other_rows_without_compiling(hierarchical, rng):
    density, X, y = hierarchical
    fit, _ = fit_map(density, density.bind(X[::2], y[::2]), rng)
    assert density.log_probs(fit.flat_draws, X[:3]).shape == (1, 3, 3)


# --- prediction and temperature ------------------------------------------------------------


def test_prediction_streams_what_one_block_gives(overlapping, rng, monkeypatch):
    X, y = standardised(overlapping)
    density = density_of(X, y)
    fit = Fit("bayes", rng.normal(size=(2, 30, density.layout.size)), Status.TRUSTED, 0.0)
    whole = predict(density, fit, X).probs
    assert whole == pytest.approx(np.exp(density.log_probs(fit.flat_draws, X)).mean(axis=0))
    monkeypatch.setattr("trifit.predict.BLOCK", 500)
    assert predict(density, fit, X).probs == pytest.approx(whole, rel=1e-12)
    assert prediction_draws(density, fit, X).shape == (2, 30, 100)


def test_temperature_softens_an_overfitted_mle(rng):
    X = rng.normal(size=(60, 15))
    y = (rng.random(60) < expit(X[:, 0])).astype(np.int64)
    density = density_of(X, y)
    assert fit_temperature(density, X, y, rng).value > 1.5


def test_temperature_with_a_class_of_two_rows(overlapping, rng):
    X, y = standardised(overlapping)
    rare = np.r_[np.flatnonzero(y == 0), np.flatnonzero(y == 1)[:2]]
    density = density_of(X[rare], y[rare])
    assert np.isfinite(fit_temperature(density, X[rare], y[rare], rng).value)


# --- long runs -----------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "digits"])
def test_posterior_means_match_an_independent_sampler(name, rng):
    """NUTS means within 4 MCSE of a long run of PyMC's own sampling route."""
    X, y = standardised(load_dataset(name))
    scale = 0.3 if name == "digits" else 1.0
    density = density_of(X, y, prior_scale=scale)
    objective = density.bind(X, y)
    _, centre = fit_map(density, objective, rng)
    ours = fit_bayes(density, objective, centre, Sampler(), seed=3, cores=2).fit
    assert ours.status is Status.TRUSTED
    with softmax_regression(X, y, prior_scale=scale):
        draws = 1500 if name == "digits" else 4000
        reference = pm.sample(draws, tune=1500, chains=4, random_seed=11, progressbar=False)
    theirs = np.concatenate(
        [reference["posterior"][v].values.reshape(4, draws, -1) for v in ("intercept", "beta")],
        axis=2,
    )
    errors = []
    for values in (ours.draws, theirs):
        ess = diagnose_draws(values)["ess_bulk"]
        errors.append(values.std(axis=(0, 1)) / np.sqrt(ess))
    z = (ours.draws.mean(axis=(0, 1)) - theirs.mean(axis=(0, 1))) / np.hypot(*errors)
    print(f"{name}: largest difference {abs(z).max():.2f} MCSE of {len(z)} coefficients")
    assert abs(z).max() < 4
