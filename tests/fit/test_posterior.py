"""NUTS against quadrature and an independent sampler; compiled models; prediction."""

import os
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pymc as pm
import pytest
from scipy.special import expit
from scipy.stats import entropy, norm

from fitting import density_of, standardised
from made_up import mixing, sampler_diagnostics
from trifit.cards import Card, Optimiser, Sampler
from trifit.data import load_dataset
from trifit.fit import build_density
from trifit.fit.density import covariance_root
from trifit.fit.diagnostics import diagnose_draws, score_error
from trifit.fit.graph import GraphDensity
from trifit.fit.linear import LinearDensity
from trifit.fit.methods.bayes import fit_bayes, suffices
from trifit.fit.methods.map import fit_map
from trifit.fit.prediction import epistemic, predict, prediction_draws, thinned
from trifit.fit.sampling import blocks
from trifit.fits import Fit, Status
from trifit.models import softmax_regression
from trifit.threads import limited
from trifit.types import Rows


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
    centre = fit_map(density, Rows(X, y), Optimiser(), rng).theta
    fit = fit_bayes(density, objective, centre, Sampler(draws=2000), seed=5)
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
    mcse = sd / np.sqrt(fit.diagnostics.parameters.ess_bulk_min)
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
    centre = fit_map(density, Rows(X, y), Optimiser(), rng).theta
    sampler = Sampler(draws=50, tune=50)

    def draws(seed, cores):
        with limited(cores):
            return fit_bayes(density, objective, centre, sampler, seed=seed).draws

    one = draws(1, 1)
    assert (draws(1, 2) == one).all()
    assert (draws(2, 1) != one).all()


def test_draws_come_in_blocks_until_they_suffice(overlapping, rng):
    """A longer run begins with the draws of a shorter one, and ends where it is told to."""
    X, y = standardised(overlapping)
    density = density_of(X, y)
    objective = density.bind(X, y)
    centre = fit_map(density, Rows(X, y), Optimiser(), rng).theta

    def draws(judge, **settings):
        sampler = Sampler(tune=100, **settings)
        return fit_bayes(density, objective, centre, sampler, seed=1, judge=judge)

    seen = []

    def not_before(n_draws, fit):
        seen.append(fit.draws.shape[1])
        done = fit.draws.shape[1] >= n_draws
        return replace(fit, status=Status.TRUSTED if done else Status.FEW_EFFECTIVE)

    fixed = draws(None, draws=1000)
    for n_draws, expected in ((0, [500]), (600, [500, 1000]), (9999, [500, 1000, 2000])):
        seen.clear()
        fit = draws(partial(not_before, n_draws), max_draws=2500)
        assert seen == expected
        assert fit.draws.shape[1] == expected[-1]
        both = min(expected[-1], 1000)
        assert (fit.draws[:, :both] == fixed.draws[:, :both]).all()
        assert fit.sampling.stats["energy"].shape == fit.draws.shape[:2]
    assert fit.status is Status.FEW_EFFECTIVE


@pytest.mark.parametrize(("target", "n_runs"), [(0.8, 2), (0.95, 1)])
def test_divergent_transitions_are_tried_again_with_smaller_steps(overlapping, rng, target, n_runs):
    X, y = standardised(overlapping)
    density = density_of(X, y)
    objective = density.bind(X, y)
    centre = fit_map(density, Rows(X, y), Optimiser(), rng).theta
    steps = []

    def judge(fit):
        steps.append(fit.diagnostics.mean_steps)
        return replace(fit, status=Status.TRUSTED if len(steps) > 1 else Status.DIVERGENT)

    sampler = Sampler(tune=200, draws=1000, target_accept=target)
    fit = fit_bayes(density, objective, centre, sampler, seed=1, judge=judge)
    assert len(steps) == n_runs
    assert fit.status is (Status.TRUSTED if n_runs == 2 else Status.DIVERGENT)
    assert fit.diagnostics.mean_steps == steps[-1] >= steps[0]
    assert n_runs == 1 or steps[1] > 1.2 * steps[0]


@pytest.mark.parametrize(
    ("n_draws", "status", "diagnostics", "stops"),
    [
        (250, Status.TRUSTED, {"score_error_share": 0.05}, True),
        (4000, Status.TRUSTED, {"score_error_share": 0.2}, False),
        (500, Status.DIVERGENT, {"divergent_share": 0.01}, False),
        (1000, Status.DIVERGENT, {"divergent_share": 0.01}, True),
        (1000, Status.UNMIXED, {"predictions": mixing(rhat_max=1.02)}, False),
        (1000, Status.UNMIXED, {"predictions": mixing(rhat_max=1.3)}, True),
        (1000, Status.UNMIXED, {"predictions": mixing(rhat_max=1.02), "bfmi_min": 0.1}, True),
        (1000, Status.FEW_EFFECTIVE, {}, False),
    ],
)
def test_drawing_ends_when_all_is_well_or_in_vain(n_draws, status, diagnostics, stops):
    fit = Fit("bayes", np.zeros((4, n_draws, 1)), status, 0.0, sampler_diagnostics(**diagnostics))
    assert suffices(fit) is stops


def test_large_posteriors_get_fewer_blocks():
    assert blocks(Sampler(), 5000) == [500, 1000]
    assert blocks(Sampler(max_draws=100), 10) == [100]
    assert blocks(Sampler(draws=77), 5000) == [77]


def test_the_error_of_scores_is_that_of_repeated_runs(rng):
    """Independent draws: the scatter of log-loss and Brier score over many small posteriors."""
    n_obs, n_draws, replications = 60, 200, 400
    logits = rng.normal(size=n_obs)
    y = (rng.random(n_obs) < expit(logits)).astype(int)
    weights = np.eye(2)[y]

    def forecasts():
        shared, own = rng.normal(size=(4, n_draws, 1)), rng.normal(size=(4, n_draws, n_obs))
        p = expit(logits + 0.8 * shared + 0.3 * own)
        return np.log(np.stack([1 - p, p], axis=-1))

    scores = {"log_loss": [], "brier": []}
    told = []
    for _ in range(replications):
        log_probs = forecasts()
        mean = np.exp(log_probs).mean(axis=(0, 1))
        scores["log_loss"].append(-np.log(mean[np.arange(n_obs), y]))
        scores["brier"].append(np.square(mean - weights).sum(axis=1))
        told.append(score_error(log_probs, weights, n_obs))
    shares = [
        np.mean(rows, axis=1).std(ddof=1) / (np.std(rows[0], ddof=1) / n_obs**0.5)
        for rows in scores.values()
    ]
    assert np.mean(told) == pytest.approx(max(shares), rel=4 / (2 * replications) ** 0.5)


def test_one_row_has_no_standard_error():
    assert score_error(np.log(np.full((4, 100, 1, 2), 0.5)), np.eye(2)[[0]], 1) == 0.0


def test_progress_reaches_the_end(overlapping, rng):
    X, y = standardised(overlapping)
    density = density_of(X, y)
    objective = density.bind(X, y)
    centre = fit_map(density, Rows(X, y), Optimiser(), rng).theta
    shares = []
    fit_bayes(density, objective, centre, Sampler(draws=500), seed=1, advance=shares.append)
    assert shares == sorted(shares)
    assert all(0 <= share <= 1 for share in shares)


def test_too_few_draws_do_not_pass_the_gate(overlapping, rng):
    X, y = standardised(overlapping)
    density = density_of(X, y)
    objective = density.bind(X, y)
    centre = fit_map(density, Rows(X, y), Optimiser(), rng).theta
    fit = fit_bayes(density, objective, centre, Sampler(draws=20, tune=50), seed=1)
    assert fit.status.failed


def test_there_is_no_whitening_where_the_hessian_is_not_definite():
    assert covariance_root(np.diag([-1.0, 1.0])) is None
    assert covariance_root(np.full((2, 2), np.nan)) is None
    scale = covariance_root(-np.array([[4.0, 1.0], [1.0, 3.0]]))
    assert scale @ scale.T == pytest.approx(np.linalg.inv([[4.0, 1.0], [1.0, 3.0]]))


@pytest.fixture(scope="module")
def hierarchical_file(tmp_path_factory):
    """Softmax regression whose coefficient scale is learned: the compiled route."""
    path = tmp_path_factory.mktemp("builder") / "hierarchical.py"
    path.write_text(
        "import pymc as pm\n"
        "def build(X, y, *, n_classes, coords):\n"
        "    with pm.Model(coords=coords) as model:\n"
        "        features = pm.Data('X', X, dims=('obs', 'feature'))\n"
        "        scale = pm.HalfNormal('scale', 2.0)\n"
        "        intercept = pm.Normal('intercept', 0, 5, dims='class_')\n"
        "        beta = pm.ZeroSumNormal('beta', sigma=scale, dims=('feature', 'class_'))\n"
        "        logits = intercept + features @ beta\n"
        "        pm.Categorical('label', logit_p=logits, observed=y, dims='obs')\n"
        "    return model\n",
        encoding="utf-8",
    )
    return path


@pytest.fixture(scope="module")
def hierarchical(hierarchical_file):
    """Its density on iris."""
    iris = load_dataset("iris")
    X, y = standardised(iris)
    density = build_density(
        Card(name="hierarchical", builder=f"{hierarchical_file}:build"),
        X,
        y,
        feature_names=iris.feature_names,
        class_names=iris.class_names,
    )
    assert isinstance(density, GraphDensity)
    return density, X, y


@pytest.mark.broad
def test_compiled_and_interpreted_graphs_agree(hierarchical, rng):
    density, X, y = hierarchical
    plain = GraphDensity(density.model, density.n_classes, mode="interpreted")
    theta = rng.normal(size=density.n_params)
    a, b = (d.bind(X, y)(theta, prior=1.0, jacobian=1.0) for d in (density, plain))
    assert a[0] == pytest.approx(b[0], rel=1e-12)
    assert a[1] == pytest.approx(b[1], rel=1e-9)


@pytest.mark.broad
def test_a_compiled_posterior_is_sampled_and_named(hierarchical, rng):
    density, X, y = hierarchical
    objective = density.bind(X, y)
    fit = fit_map(density, Rows(X, y), Optimiser(), rng)
    centre = fit.theta
    assert fit.status is Status.CONVERGED
    assert density.layout.labels()[0] == ("scale", "", "")
    sampler = Sampler(draws=500, tune=500)
    bayes = fit_bayes(density, objective, centre, sampler, seed=1)
    named = density.layout.unravel(bayes.draws)
    assert (named["scale"] > 0).all()
    assert named["beta"].sum(axis=-1) == pytest.approx(0, abs=1e-9)
    assert bayes.diagnostics.parameters.rhat_max < 1.03
    again = fit_bayes(density, objective, centre, sampler, seed=1)
    assert (again.draws == bayes.draws).all()
    probs = predict(density, bayes, X).probs
    assert probs.sum(axis=1) == pytest.approx(1)
    assert (probs.argmax(axis=1) == y).mean() > 0.9


@pytest.mark.broad
def test_compiled_models_take_other_rows_without_compiling(hierarchical, rng):
    density, X, y = hierarchical
    fit = fit_map(density, Rows(X[::2], y[::2]), Optimiser(), rng)
    assert density.log_probs(fit.flat_draws, X[:3]).shape == (1, 3, 3)


def test_prediction_streams_what_one_block_gives(overlapping, rng, monkeypatch):
    X, y = standardised(overlapping)
    density = density_of(X, y)
    fit = Fit("bayes", rng.normal(size=(2, 30, density.layout.size)), Status.TRUSTED, 0.0)
    whole = predict(density, fit, X).probs
    assert whole == pytest.approx(np.exp(density.log_probs(fit.flat_draws, X)).mean(axis=0))
    monkeypatch.setattr("trifit.fit.prediction.BLOCK", 500)
    assert predict(density, fit, X).probs == pytest.approx(whole, rel=1e-12)
    assert prediction_draws(density, fit, X).shape == (2, 30, 100)


def test_entropy_is_aleatoric_plus_epistemic(overlapping, rng, monkeypatch):
    """Mean entropy of the draws, and their mean divergence from the average."""
    X, y = standardised(overlapping)
    density = density_of(X, y)
    fit = Fit("bayes", rng.normal(size=(2, 30, density.layout.size)), Status.TRUSTED, 0.0)
    prediction = predict(density, fit, X)
    draws = np.exp(density.log_probs(fit.flat_draws, X))
    assert prediction.aleatoric == pytest.approx(entropy(draws, axis=2).mean(axis=0))
    divergence = entropy(draws, prediction.probs[None], axis=2).mean(axis=0)
    assert epistemic(prediction) == pytest.approx(divergence, abs=1e-12)
    assert epistemic(prediction).min() > 0
    monkeypatch.setattr("trifit.fit.prediction.BLOCK", 500)
    assert predict(density, fit, X).aleatoric == pytest.approx(prediction.aleatoric, rel=1e-12)


def test_a_point_fit_has_no_epistemic_part(overlapping, rng):
    X, y = standardised(overlapping)
    density = density_of(X, y)
    fit = Fit("map", rng.normal(size=(1, 1, density.layout.size)), Status.CONVERGED, 0.0)
    assert epistemic(predict(density, fit, X)) == pytest.approx(0, abs=1e-12)


def test_thinned_draws_are_evenly_spaced(overlapping, rng):
    X, y = standardised(overlapping)
    density = density_of(X, y)
    fit = Fit("bayes", rng.normal(size=(2, 50, density.layout.size)), Status.TRUSTED, 0.0)
    some = list(thinned(density, fit, X, 4))
    every = density.log_probs(fit.flat_draws[[0, 33, 66, 99]], X)
    assert np.stack(some) == pytest.approx(every)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "digits"])
def test_posterior_means_match_an_independent_sampler(name, rng):
    """NUTS means within 4 MCSE of a long run of PyMC's own sampling route."""
    X, y = standardised(load_dataset(name))
    scale = 0.3 if name == "digits" else 1.0
    density = density_of(X, y, prior_scale=scale)
    objective = density.bind(X, y)
    centre = fit_map(density, Rows(X, y), Optimiser(), rng).theta
    ours = fit_bayes(density, objective, centre, Sampler(), seed=3)
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


@pytest.mark.slow
def test_same_draws_with_a_cold_cache_and_a_warm_one(hierarchical_file, tmp_path):
    """A compiled model in fresh processes: the first compiles everything, the second nothing."""
    code = f"""
import numpy as np
from fitting import standardised
from trifit.cards import Card, Optimiser, Sampler
from trifit.data import load_dataset
from trifit.fit import build_density
from trifit.fit.methods.bayes import fit_bayes, suffices
from trifit.fit.methods.map import fit_map
from trifit.threads import limited
from trifit.types import Rows
iris = load_dataset("iris")
X, y = standardised(iris)
density = build_density(
    Card(name="own", builder="{hierarchical_file}:build"), X, y,
    feature_names=iris.feature_names, class_names=iris.class_names,
)
objective = density.bind(X, y)
centre = fit_map(density, Rows(X, y), Optimiser(), np.random.default_rng(1)).theta
fit = fit_bayes(density, objective, centre, Sampler(draws=200, tune=200), seed=1)
print(fit.draws.tobytes().hex()[:4000])
"""
    environment = os.environ | {
        "PYTENSOR_FLAGS": f"base_compiledir={tmp_path}",
        "PYTHONPATH": str(Path(__file__).parents[1]),
    }
    cold, warm = (
        subprocess.run(
            [sys.executable, "-c", code],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for _ in range(2)
    )
    assert len(cold) > 4000
    assert cold == warm
