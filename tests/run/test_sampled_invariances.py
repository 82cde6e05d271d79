"""NUTS of the same data written otherwise: the same posterior, within Monte Carlo error.

Where both writings have the same coordinates, draws are equal to the last bit, and that is what
is tested. Elsewhere log-loss, test probabilities and coefficients agree within :data:`LIMIT` of
their Monte Carlo standard errors; both writings have seeds of their own, so draws are independent.
"""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pymc as pm
import pytest
from scipy import stats

from trifit.fit.prediction import draws_of_rows
from trifit.fits import Status
from trifit.run import run_comparison
from written_otherwise import (
    N_TEST,
    all_at_once,
    classes_renamed,
    columns_permuted,
    features_rescaled,
    problem_of,
    rows_permuted,
)

pytestmark = pytest.mark.broad

CHAINS, DRAWS = 4, 1_000

BATCHES = 20
"""Batches of a chain, 50 draws each: their means are as good as independent."""

MOST = 600
"""Quantities that this file compares, at most."""

WRONGLY = 1e-4
"""Probability that a right sampler fails anywhere in this file, at most (Bonferroni)."""

LIMIT = stats.t.isf(WRONGLY / MOST / 2, 2 * (CHAINS * BATCHES - 1))
"""Nearly 5.5 standard errors: means of batches estimate them, so Student's t has its tail."""


def rows_and_columns_permuted(rng, problem):
    return columns_permuted(rng, rows_permuted(rng, problem))


CASES = {
    "classes": ("softmax", classes_renamed),
    "rows and columns": ("softmax", rows_and_columns_permuted),
    "features": ("softmax", features_rescaled),
    "all, logistic": ("logistic", all_at_once),
    "all, compiled graph": ("softmax-cauchy", all_at_once),
}


def first(model):
    return problem_of(3, 2 if model == "logistic" else 3, 2)


def sampled(problem, model, seed=1, **options):
    """A whole comparison, whose posterior passes its checks."""
    settings = {"draws": DRAWS, "tune": 300, "chains": CHAINS}
    run = run_comparison(problem.dataset(**options), model, seed=seed, overrides=settings)
    assert run.comparison.fits["bayes"].status is Status.TRUSTED
    return run


@cache
def sampled_first(model):
    return sampled(first(model), model)


def coefficients(run, problem):
    """Intercepts and coefficients of every class, and log scales, as the first writing has them."""
    layout, fit = run.fitted.density.layout, run.fitted.final.fits["bayes"]
    named = layout.unravel(fit.draws)
    features = layout.coords["feature"]
    signs = np.array([-1 if name in problem.turned else 1 for name in features])
    of_classes = []
    for name in ("intercept", "beta"):
        values = named[name]
        if "class_" not in layout.dims[layout.names.index(name)]:  # of the second of two
            values = np.stack([-values / 2, values / 2], axis=-1)
        of_classes.append(values[..., np.argsort(problem.order)])
    intercept, beta = of_classes
    beta = (beta * signs[:, None])[..., np.argsort(features), :]
    scales = [np.log(named[name])[..., None] for name in named if name.endswith("_scale")]
    return np.concatenate([intercept, beta.reshape(*beta.shape[:2], -1), *scales], axis=-1)


def probabilities(run, problem):
    """Of the test rows and classes in the first writing's order, for every draw."""
    trained = run.fitted.final
    X = trained.part.test.X[np.argsort(problem.rows)]
    return np.exp(draws_of_rows(trained.density, trained.fits["bayes"], X))[
        ..., np.argsort(problem.order)
    ]


def log_loss(run, problem, probs):
    """Draws whose mean is the log-loss, and whose error is its, to first order."""
    labels = run.fitted.final.part.test.labels[np.argsort(problem.rows)]
    of_labels = probs[:, :, np.arange(N_TEST), problem.order[labels]]
    mean = of_labels.mean(axis=(0, 1))
    return -np.log(mean).mean() - (of_labels / mean - 1).mean(axis=-1, keepdims=True)


def quantities(run, problem):
    """Draws (chain, draw, quantity) of log-loss, coefficients and probabilities."""
    probs = probabilities(run, problem)
    of_rows = probs.reshape(*probs.shape[:2], -1)
    found = [log_loss(run, problem, probs), coefficients(run, problem), of_rows]
    return np.concatenate(found, axis=-1)


def mean_and_error(draws):
    """Of every quantity; batch means: Flegal & Jones (2010), doi:10.1214/09-AOS735."""
    batches = draws.reshape(CHAINS * BATCHES, -1, draws.shape[-1]).mean(axis=1)
    return batches.mean(axis=0), batches.std(axis=0, ddof=1) / np.sqrt(len(batches))


def standard_errors_apart(one, other):
    """How far means of independent draws are apart, in standard errors of the difference."""
    (a, a_error), (b, b_error) = mean_and_error(one), mean_and_error(other)
    return (b - a) / np.hypot(a_error, b_error)


def compared(model, change):
    """Distances of all quantities, in standard errors, after a change that should change none."""
    problem = first(model)
    changed = change(np.random.default_rng(5), problem)
    one, other = sampled_first(model), sampled(changed, model, seed=2)
    draws = quantities(one, problem)
    reported = one.comparison.contestants["bayes"].scores.log_loss.value
    assert draws[..., 0].mean() == pytest.approx(reported, abs=1e-9)
    return standard_errors_apart(draws, quantities(other, changed))


@pytest.mark.parametrize("case", CASES)
def test_the_posterior_is_the_same_within_monte_carlo_error(case):
    apart = compared(*CASES[case])
    assert (len(CASES) + 1) * len(apart) < MOST
    assert np.abs(apart).max() < LIMIT


def with_reference_class(X, y, *, n_classes, coords):
    """Log-odds against the first class: the forecasts depend on which class that is."""
    with pm.Model(coords=coords | {"other": range(1, n_classes)}) as model:
        data = pm.Data("X", X, dims=("obs", "feature"))
        a = pm.Normal("a", 0.0, 5.0, dims="other")
        b = pm.Normal("b", 0.0, 2.5, dims=("feature", "other"))
        full = np.eye(n_classes)[1:] - 1 / n_classes  # coefficients that sum to zero
        intercept = pm.Deterministic("intercept", a @ full, dims="class_")
        beta = pm.Deterministic("beta", b @ full, dims=("feature", "class_"))
        pm.Categorical("label", logit_p=intercept + data @ beta, observed=y)
    return model


def test_a_posterior_that_depends_on_the_writing_is_found():
    apart = compared(with_reference_class, classes_renamed)
    n_probs = 3 * N_TEST
    assert np.abs(apart[:-n_probs]).max() > LIMIT
    assert np.abs(apart[-n_probs:]).max() > LIMIT


def assert_same_draws(one, other):
    for run in (one, other):
        assert run.fitted.final.fits["bayes"].draws.shape[:2] == (CHAINS, DRAWS)
    np.testing.assert_array_equal(
        other.fitted.final.fits["bayes"].draws, one.fitted.final.fits["bayes"].draws
    )


def test_the_same_coordinates_give_the_same_draws():
    """Names are no numbers, a constant column is left out before the fit, and a power of two
    goes out of the standardisation without rounding."""
    problem = first("softmax")
    names = {name: f"{name} again" for name in problem.classes}

    def changed(table):
        table = table.assign(x0=table["x0"] * 2.0**-20, x1=table["x1"] * 8.0, constant=7.25)
        return table.assign(y=table["y"].map(names)).rename(columns={"x0": "f", "x1": "g"})

    other = replace(problem.both(changed), classes=tuple(names.values()))
    one, other = sampled_first("softmax"), sampled(other, "softmax")
    assert_same_draws(one, other)
    np.testing.assert_array_equal(other.log_probs["bayes"], one.log_probs["bayes"])


def test_training_rows_doubled_are_weights_doubled():
    """Weights are written out as the very same rows; another order rounds sums otherwise."""
    problem = first("softmax")
    train, test = (table.assign(w=w) for table, w in ((problem.train, 2), (problem.test, 1)))
    heavy = replace(problem, train=train, test=test)
    side_by_side = replace(problem, train=problem.train.loc[problem.train.index.repeat(2)])
    np.testing.assert_array_equal(heavy.dataset(weights="w").X, side_by_side.dataset().X)
    below = replace(problem, train=pd.concat([problem.train, problem.train]))
    weights, rows = sampled(heavy, "softmax", weights="w"), sampled(below, "softmax", seed=2)
    apart = standard_errors_apart(quantities(weights, problem), quantities(rows, problem))
    assert np.abs(apart).max() < LIMIT


def test_a_test_set_in_two_parts_has_the_same_forecasts():
    """The draws do not know the test rows."""
    problem, whole = first("softmax"), sampled_first("softmax")
    for rows in (slice(N_TEST // 2), slice(N_TEST // 2, None)):
        part = sampled(replace(problem, test=problem.test[rows].reset_index(drop=True)), "softmax")
        assert_same_draws(whole, part)
        np.testing.assert_array_equal(part.log_probs["bayes"], whole.log_probs["bayes"][rows])
