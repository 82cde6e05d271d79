"""Builders give ordinary PyMC models."""

import arviz as az
import numpy as np
import pymc as pm
import pytest
from pytensor.compile.mode import Mode
from scipy.special import log_softmax

from trifit.errors import InputError
from trifit.fit.fast.backend import draw
from trifit.models import logistic_regression, softmax_regression

BUILDERS = [logistic_regression, softmax_regression]


def toy(rng, n_classes=2, n=40):
    return rng.normal(size=(n, 3)), np.arange(n) % n_classes


@pytest.mark.broad
@pytest.mark.parametrize("builder", BUILDERS)
def test_a_model_predicts_new_rows_and_takes_new_data(builder, rng):
    X, y = toy(rng)
    model = builder(X, y)
    assert isinstance(model, pm.Model)
    free = {rv.name: pm.draw(rv, 10, random_seed=1)[None] for rv in model.free_RVs}
    with model:
        pm.set_data({"X": X[:7], "y": y[:7]})
        labels = pm.sample_posterior_predictive(
            az.from_dict(
                {"posterior": free},
                coords={k: list(v) for k, v in model.coords.items() if v is not None},
                dims={n: list(d) for n, d in model.named_vars_to_dims.items() if n in free},
            ),
            random_seed=1,
            progressbar=False,
        )["posterior_predictive"]["label"]
    assert labels.shape == (1, 10, 7)
    assert np.isfinite(model.point_logps()["label"])


def test_softmax_coefficients_sum_to_zero(rng):
    X, y = toy(rng, n_classes=3)
    draws = draw(softmax_regression(X, y)["beta"], 5, 1)
    assert draws.shape == (5, 3, 3)
    assert draws.sum(axis=2) == pytest.approx(0, abs=1e-12)


def test_names_are_coords(rng):
    X, y = toy(rng, n_classes=3)
    coords = {"feature": ["a", "b", "c"], "class_": ["p", "q", "r"]}
    model = softmax_regression(X, y, n_classes=3, coords=coords)
    assert model.coords["class_"] == ("p", "q", "r")
    assert model.named_vars_to_dims["beta"] == ("feature", "class_")


def test_the_likelihood_is_minus_the_cross_entropy(rng):
    X, y = toy(rng, n_classes=3)
    model = softmax_regression(X, y)
    point = {
        v.name: rng.normal(size=np.shape(x))
        for v, x in zip(model.value_vars, model.initial_point().values(), strict=True)
    }
    of_values = model.replace_rvs_by_values([model["intercept"], model["beta"]])
    values = model.compile_fn(of_values, mode=Mode("py"))
    intercept, beta = values(point)
    log_probs = log_softmax(intercept + X @ beta, axis=1)
    expected = log_probs[np.arange(len(y)), y].sum()
    log_likelihood = model.compile_logp(vars=model.observed_RVs, mode=Mode("py"))
    assert log_likelihood(point) == pytest.approx(expected)


def test_logistic_is_softmax_with_a_smaller_scale(rng):
    """Log-odds have the same prior where softmax's scale is smaller by sqrt(2)."""
    X, y = toy(rng)
    logistic = pm.draw(logistic_regression(X, y, prior_scale=2.0)["beta"], 4000, random_seed=1)
    softmax = pm.draw(
        softmax_regression(X, y, prior_scale=2.0 / np.sqrt(2))["beta"], 4000, random_seed=2
    )
    log_odds = softmax[:, :, 1] - softmax[:, :, 0]
    assert log_odds.std() == pytest.approx(logistic.std(), rel=0.03)
    assert logistic.std() == pytest.approx(2.0, rel=0.03)


@pytest.mark.parametrize("builder", BUILDERS)
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"prior_scale": -1}, "prior_scale = -1: expected a positive number"),
        ({"prior_scale": "wide"}, "prior_scale = 'wide'"),
        ({"intercept_scale": float("inf")}, "intercept_scale = inf"),
        ({"coords": {"feature": ["a"]}}, r"coords\['feature'\] has 1 names; expected 3"),
        ({"n_classes": 1}, "expected class codes below 1"),
    ],
)
def test_bad_arguments(builder, options, message, rng):
    X, y = toy(rng)
    with pytest.raises(InputError, match=message):
        builder(X, y, **options)


def test_logistic_is_for_two_classes(rng):
    X, y = toy(rng, n_classes=3)
    with pytest.raises(InputError, match="use softmax_regression"):
        logistic_regression(X, y)
