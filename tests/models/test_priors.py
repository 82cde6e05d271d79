"""Priors and output functions by name: each against its formula."""

import numpy as np
import pytest
from pytensor.compile.mode import Mode
from scipy.optimize import minimize
from scipy.special import expit, log_expit
from scipy.stats import multivariate_t, norm
from scipy.stats import t as student_t
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from fitting import card, density_of, interpreted, probs_of
from selection import by_default
from trifit.cards import Optimiser
from trifit.errors import InputError
from trifit.fit.density import is_scale
from trifit.fit.fast.backend import draw
from trifit.fit.methods.map import fit_map
from trifit.fit.methods.map_cv import SCALE_FACTORS, fit_map_cv
from trifit.fit.methods.mle import fit_mle
from trifit.fits import Status
from trifit.models import logistic_regression, softmax_regression
from trifit.models.priors import PRIORS
from trifit.run import run_comparison
from trifit.types import Dataset, Rows
from trifit.words import status_text


@pytest.fixture(scope="module")
def two_classes():
    rng = np.random.default_rng(11)
    X = rng.normal(size=(80, 3))
    return X, (rng.random(80) < expit(X @ [1.5, -1.0, 0.0])).astype(np.int64)


LOG_PRIORS = {
    "normal": lambda b: norm.logpdf(b, 0, 1.5).sum(),
    "student-t": lambda b: student_t(3.0, scale=1.5).logpdf(b).sum(),
    "cauchy": lambda b: student_t(1.0, scale=1.5).logpdf(b).sum(),
}


@pytest.mark.parametrize("prior", LOG_PRIORS)
def test_the_map_of_a_prior_is_that_of_its_formula(two_classes, prior, rng):
    """Logistic regression written out in numpy and handed to another optimiser."""
    X, y = two_classes
    built = density_of if prior == "normal" else interpreted
    density = built(X, y, "logistic_regression", prior=prior, prior_scale=1.5)
    fit = fit_map(density, Rows(X, y), Optimiser(), rng)
    heavy = 3.0 if prior == "student-t" else 1.0
    of_intercept = norm(0, 5.0) if prior == "normal" else student_t(heavy, scale=5.0)

    def loss(theta):
        odds = theta[0] + X @ theta[1:]
        log_likelihood = log_expit(np.where(y == 1, odds, -odds)).sum()
        return -log_likelihood - LOG_PRIORS[prior](theta[1:]) - of_intercept.logpdf(theta[0])

    expected = minimize(loss, np.zeros(4), method="Nelder-Mead", options={
        "xatol": 1e-7, "fatol": 1e-10, "maxiter": 10_000, "maxfev": 10_000,
    }).x  # fmt: skip
    assert fit.draws[0, 0] == pytest.approx(expected, abs=1e-4)


def test_laplace_sets_coefficients_to_zero(two_classes, rng):
    """The MAP under Laplace priors is the lasso, exact zeros included."""
    X, y = two_classes
    scale = 0.12
    density = interpreted(
        X, y, "logistic_regression", prior="laplace", prior_scale=scale, intercept_scale=1e4
    )
    fit = fit_map(density, Rows(X, y), Optimiser(), rng)
    assert fit.status is Status.CONVERGED
    lasso = LogisticRegression(
        C=scale, l1_ratio=1.0, solver="saga", tol=1e-10, max_iter=100_000
    ).fit(X, y)
    params = density.layout.unravel(fit.draws[0, 0])
    assert params["beta"] == pytest.approx(lasso.coef_[0], abs=1e-4)
    assert params["beta"][2] == 0.0
    assert params["intercept"] == pytest.approx(lasso.intercept_[0], abs=1e-4)


def test_student_t_over_classes_is_spherical(rng):
    """Draws sum to zero; the density is scipy's; the tails are those of a t."""
    X, y = rng.normal(size=(9, 2)), np.arange(9) % 3
    model = softmax_regression(X, y, prior="student-t", prior_df=4.0, prior_scale=2.0)
    point = {k: rng.normal(size=v.shape) for k, v in model.initial_point().items()}
    ours = model.compile_logp(vars=[model["beta_z"]], mode=Mode("py", "fast_compile"))(point)
    theirs = multivariate_t(np.zeros(2), 4 * np.eye(2), df=4).logpdf(point["beta_z"]).sum()
    assert ours == pytest.approx(theirs)
    beta = draw(model["beta"], 4_000, seed=1)
    assert abs(beta.sum(axis=-1)).max() < 1e-9
    contrast = (beta[:, 0, 0] - beta[:, 0, 1]) / np.sqrt(2)
    expected = student_t(4.0, scale=2.0).ppf([0.1, 0.25, 0.75, 0.9])
    assert np.quantile(contrast, [0.1, 0.25, 0.75, 0.9]) == pytest.approx(expected, abs=0.25)


@pytest.mark.parametrize("prior", by_default("normal", "horseshoe", of=PRIORS))
@pytest.mark.parametrize("builder", [softmax_regression, logistic_regression])
def test_every_prior_builds_a_model_of_zero_sum(prior, builder, rng):
    X, y = rng.normal(size=(8, 2)), np.arange(8) % 2
    model = builder(X, y, prior=prior, prior_scale=0.5)
    beta = draw(model["beta"], 5, seed=1)
    if builder is softmax_regression:
        assert beta.shape == (5, 2, 2)
        assert abs(beta.sum(axis=-1)).max() < 1e-6 * max(1.0, abs(beta).max())
    else:
        assert beta.shape == (5, 2)
    scales = [rv.name for rv in model.free_RVs if is_scale(rv.name)]
    assert bool(scales) is (prior in ("horseshoe", "hierarchical"))


def test_the_horseshoe_shrinks_noise_and_keeps_signal(rng):
    """Prior shrinkage factors pile up at none and all, unlike any Normal prior's."""
    X, y = rng.normal(size=(8, 4)), np.arange(8) % 2
    model = logistic_regression(X, y, prior="horseshoe", prior_scale=0.3)
    beta = abs(draw(model["beta"], 4_000, seed=2))
    assert (beta < 0.1).mean() > 0.3
    assert (beta > 1.0).mean() > 0.1
    assert np.quantile(beta, 0.999) < 15  # the slab holds the tails


@pytest.mark.broad
def test_a_learned_scale_makes_the_map_degenerate(rng):
    """Its scale is held at the posterior's median, and the page says so in a sentence."""
    X = rng.normal(size=(60, 2))
    y = (rng.random(60) < expit(X @ [1.5, -1.0])).astype(np.int64)
    chosen = card("logistic_regression", prior="hierarchical")
    chosen = chosen.with_overrides({"draws": 300, "tune": 300, "chains": 2})
    run = run_comparison(Dataset("d", X, y, ("a", "b"), ("n", "p")), chosen, test_size=0.3)
    fit = run.comparison.fits["map"]
    assert fit.status == "degenerate"
    assert not fit.status.failed
    assert "scales fixed at their posterior medians" in status_text(fit)
    layout, fits = run.fitted.density.layout, run.fitted.final.fits
    draws = layout.unravel(fits["bayes"].flat_draws)["beta_scale"]
    held = layout.unravel(fits["map"].draws[0, 0])["beta_scale"]
    assert held == pytest.approx(np.exp(np.median(np.log(draws))), rel=1e-9)


def test_the_joint_mode_of_a_learned_scale_would_be_nonsense(rng):
    """Why: the density grows without bound as scale and coefficients fall to zero together."""
    X, y = rng.normal(size=(20, 2)), np.arange(20) % 2
    density = interpreted(X, y, "logistic_regression", prior="hierarchical")
    objective = density.bind(X, y)
    values = [
        objective(np.array([0.0, log_scale, 0.0, 0.0]), prior=1.0, jacobian=0.0)[0]
        for log_scale in (0.0, -5.0, -50.0)
    ]
    assert density.scales.tolist() == [False, True, False, False]
    assert values[0] < values[1] < values[2]
    assert values[2] - values[1] == pytest.approx(2 * 45, rel=1e-3)


def test_map_cv_chooses_what_scikit_learn_would(two_classes):
    """The factor of least log-loss over the same folds, refitted by scikit-learn."""
    X, y = two_classes
    density = density_of(X, y, "logistic_regression", prior_scale=1.0, intercept_scale=1e4)
    fit = fit_map_cv(density, Rows(X, y), Optimiser(), np.random.default_rng(3))
    seed = int(np.random.default_rng(3).integers(2**31))
    folds = list(StratifiedKFold(5, shuffle=True, random_state=seed).split(X, y))
    losses = []
    for factor in SCALE_FACTORS:
        log_p = []
        for train, test in folds:
            model = LogisticRegression(C=factor**2, tol=1e-10, max_iter=10_000)
            log_probs = model.fit(X[train], y[train]).predict_log_proba(X[test])
            log_p.append(log_probs[np.arange(len(test)), y[test]])
        losses.append(-np.concatenate(log_p).mean())
    best = SCALE_FACTORS[int(np.argmin(losses))]
    assert fit.diagnostics.scale_factor == best
    model = LogisticRegression(C=best**2, tol=1e-10, max_iter=10_000).fit(X, y)
    assert probs_of(density, fit, X) == pytest.approx(model.predict_proba(X), abs=1e-4)


def test_tanh_outputs_are_normalised_activations(rng):
    X, y = rng.normal(size=(10, 2)), np.arange(10) % 3
    density = interpreted(X, y, output="tanh")
    params = density.constrain(rng.normal(size=(1, density.n_params)))
    p = {k: v[0] for k, v in density.layout.unravel(params).items()}
    a = (1 + np.tanh(p["intercept"] + X @ p["beta"])) / 2
    expected = a / a.sum(axis=1, keepdims=True)
    assert np.exp(density.log_probs(params, X)[0]) == pytest.approx(expected, abs=1e-12)
    # Far out, where (1 + tanh z) / 2 rounds to zero, log probabilities stay finite.
    assert np.isfinite(density.log_probs(params, 1e3 * X)).all()


def test_probit_is_the_normal_distribution_function(rng):
    X, y = rng.normal(size=(10, 2)), np.arange(10) % 2
    density = interpreted(X, y, "logistic_regression", output="probit")
    theta = np.array([[0.3, 1.0, -2.0]])
    z = 0.3 + X @ [1.0, -2.0]
    log_probs = density.log_probs(density.constrain(theta), X)[0]
    assert log_probs[:, 1] == pytest.approx(norm.logcdf(z), abs=1e-10)
    assert log_probs[:, 0] == pytest.approx(norm.logcdf(-z), abs=1e-10)
    far = density.log_probs(density.constrain(theta), np.array([[0.0, 8.0]]))[0, 0, 1]
    assert far == pytest.approx(norm.logcdf(-15.7), rel=1e-6)


def test_logistic_and_probit_agree_up_to_a_scale(two_classes, rng):
    X, y = two_classes
    probs = [
        probs_of(d, fit_mle(d, Rows(X, y), Optimiser(), rng), X)
        for d in (
            density_of(X, y, "logistic_regression"),
            interpreted(X, y, "logistic_regression", output="probit"),
        )
    ]
    assert abs(probs[0] - probs[1]).max() < 0.05
    assert abs(probs[0] - probs[1]).max() > 1e-4


def test_two_class_outputs_are_refused_for_more(rng):
    X, y = rng.normal(size=(9, 2)), np.arange(9) % 3
    with pytest.raises(InputError, match="use softmax_regression"):
        logistic_regression(X, y, output="probit")
