"""What theory expects of an MLE, and when it does not apply."""

import numpy as np
import pytest

from fitting import card
from trifit import theory
from trifit.analyses.theory import expected_mle
from trifit.crossfit.fitted import Fitted, Trained
from trifit.crossfit.problem import Problem
from trifit.data import load_dataset
from trifit.fit.methods.mle import fit_mle


def expected(world, builder="logistic_regression", **parameters):
    data = load_dataset(f"sim:{world}", **parameters)
    rows = np.arange(data.n_obs)
    chosen = card(builder)
    problem = Problem.build(data, chosen, rows)
    part = problem.part(rows, rows)
    mle = fit_mle(problem.density, part.train, chosen.optimiser, np.random.default_rng(0))
    only = Trained(part, rows, {"mle": mle}, {}, problem.density)
    return expected_mle(Fitted(problem, [only], only))


@pytest.mark.parametrize("builder", ["logistic_regression", "softmax_regression"])
def test_many_features_per_row_are_warned_of(builder):
    found = expected("softmax", builder, n=600, features=90, signal=2.0, seed=2)
    assert (found.n_features, found.n_obs, found.probability) == (90, 600, 0.9)
    fit = theory.mle(kappa=0.15, gamma=2.0)
    assert found.inflation == pytest.approx(fit.alpha, abs=0.15)
    assert found.occurs == pytest.approx(float(fit.calibration_curve(0.9)), abs=0.05)


@pytest.mark.parametrize(
    ("world", "parameters"),
    [
        ("softmax", {"n": 2000, "features": 20}),  # few features per row
        ("softmax", {"n": 100, "features": 5}),  # few features
        ("gaussian", {"n": 200, "features": 20, "classes": 2, "imbalance": 8.0}),
        ("separable", {"n": 100, "features": 20}),  # no MLE
    ],
)
def test_elsewhere_nothing_is_said(world, parameters):
    assert expected(world, **parameters) is None


def test_three_classes_are_another_theory():
    assert expected("softmax", "softmax_regression", n=300, features=30, classes=3) is None
