"""What every measure of calibration has in common: invariances, limits, bad input."""

import dataclasses
import math
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax

from trifit.calibration import (
    binned_error,
    class_bias,
    kernel_error,
    slope_intercept,
    smooth_error,
    tests,
    top_label,
)
from trifit.scores import Estimate

ERRORS = {
    "binned": binned_error,
    "binned class-wise": partial(binned_error, notion="class-wise", binning="mass", norm=2),
    "binned debiased": partial(binned_error, norm=2, debiased=True),
    "binned debiased ECE": partial(binned_error, notion="class-wise", debiased=True),
    "binned maximum": partial(binned_error, norm=math.inf),
    "smooth": smooth_error,
    "smooth class-wise": partial(smooth_error, notion="class-wise"),
    "kernel": kernel_error,
    "kernel biased": partial(kernel_error, estimator="biased"),
    "kernel class-wise": partial(kernel_error, notion="class-wise"),
    "kernel top label": partial(kernel_error, notion="top-label"),
}
TESTS = {
    "test: kernel": tests.kernel,
    "test: Spiegelhalter": tests.spiegelhalter,
    "test: Hosmer-Lemeshow": tests.hosmer_lemeshow,
    "test: top label": tests.top_label,
}
QUICK = {  # only their statistics are looked at
    name: test if name == "test: Spiegelhalter" else partial(test, n_resamples=1, detect=False)
    for name, test in TESTS.items()
}
OTHERS = {"class_bias": class_bias, "slope_intercept": slope_intercept, "top_label": top_label}


def prediction(seed, n, *, tied):
    """Forecasts with or without ties, and labels of any quality."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(n, 3))
    probs = softmax(np.round(logits) if tied else logits, axis=1)
    return probs, rng.integers(3, size=n), rng


seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(4, 60)


@settings(deadline=None, max_examples=25)
@given(seeds, sizes, st.booleans())
def test_row_order_does_not_matter(seed, n, tied):
    probs, y, rng = prediction(seed, n, tied=tied)
    order = rng.permutation(n)
    for name, measure in ERRORS.items():
        a, b = measure(probs, y), measure(probs[order], y[order])
        assert (b.value, b.se) == pytest.approx((a.value, a.se), abs=1e-9), name
    for name, test in QUICK.items():
        a, b = test(probs, y), test(probs[order], y[order])
        assert b.statistic == pytest.approx(a.statistic, abs=1e-9), name


@settings(deadline=None, max_examples=25)
@given(seeds, sizes)
def test_class_names_do_not_matter(seed, n):
    """Without ties for the most probable class, of which the first would count."""
    probs, y, rng = prediction(seed, n, tied=False)
    relabelled = rng.permutation(3)
    new_probs, new_y = probs[:, np.argsort(relabelled)], relabelled[y]
    for name, measure in ERRORS.items():
        a, b = measure(probs, y), measure(new_probs, new_y)
        assert (b.value, b.se) == pytest.approx((a.value, a.se), abs=1e-9), name
    for name, test in QUICK.items():
        assert test(new_probs, new_y).statistic == pytest.approx(
            test(probs, y).statistic, abs=1e-9
        ), name
    assert slope_intercept(new_probs, new_y).slope == pytest.approx(
        slope_intercept(probs, y).slope, rel=1e-6, nan_ok=True
    )


@settings(deadline=None, max_examples=25)
@given(seeds, sizes, st.booleans())
def test_duplicated_rows_change_no_mean(seed, n, tied):
    """Every row twice: the same distribution of rows, so the same plug-in values."""
    probs, y, _ = prediction(seed, n, tied=tied)
    twice = np.repeat(probs, 2, axis=0), np.repeat(y, 2)
    for name in ("binned", "binned maximum", "smooth", "smooth class-wise", "kernel biased"):
        assert ERRORS[name](*twice).value == pytest.approx(
            ERRORS[name](probs, y).value, abs=1e-9
        ), name


@pytest.mark.parametrize("name", ERRORS)
def test_perfect_forecasts_have_no_error(name):
    y = np.array([0, 1, 2, 2, 1, 0, 0])
    assert ERRORS[name](np.eye(3)[y], y).value == 0


@pytest.mark.parametrize("name", ERRORS)
def test_soft_labels_equal_to_the_forecasts_have_no_error(name, rng):
    probs = rng.dirichlet([1, 1, 1], size=50)
    assert ERRORS[name](probs, probs).value == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("name", ERRORS)
def test_one_hot_soft_labels_are_hard_labels(name, rng):
    probs, y = rng.dirichlet([1, 1, 1], size=50), rng.integers(3, size=50)
    assert ERRORS[name](probs, np.eye(3)[y]).value == ERRORS[name](probs, y).value


def test_slope_of_soft_and_hard_labels(rng):
    probs, y = rng.dirichlet([1, 1, 1], size=200), rng.integers(3, size=200)
    hard, soft = slope_intercept(probs, y), slope_intercept(probs, np.eye(3)[y])
    assert (hard.slope, hard.se) == (soft.slope, soft.se)
    truth = slope_intercept(probs, softmax(0.7 * np.log(probs) + [0, 0.5, -1], axis=1))
    assert truth.slope == pytest.approx(0.7)
    assert truth.intercepts == pytest.approx([0, 0.5, -1])


@pytest.mark.parametrize("name", [*ERRORS, *TESTS])
def test_results_are_frozen_and_name_their_settings(name, rng):
    probs, y = rng.dirichlet([1, 1, 1], size=30), rng.integers(3, size=30)
    result = (ERRORS | TESTS)[name](probs, y)
    with pytest.raises(AttributeError):
        result.value = 0
    if not isinstance(result, Estimate):
        assert {"notion", "n_resamples"} & {field.name for field in dataclasses.fields(result)}


BAD = [
    ([[0.5, 0.5], [0.9, 0.2]], [0, 1], r"probs\[1\] sums to 1.1.*divide rows"),
    ([[0.5, 0.5], [1.2, -0.2]], [0, 1], r"probs\[1\] holds -0.2"),
    ([[0.5, 0.5], [np.nan, 1.0]], [0, 1], r"probs\[1\] holds nan"),
    ([[2.0, -1.0], [0.3, 4.0]], [0, 1], r"probs\[0\] holds -1.*are these logits"),
    ([[3.1, 2.0], [0.3, 4.0]], [0, 1], r"probs\[0\] sums to 5.1.*are these logits"),
    ([0.5, 0.5], [0, 1], "expected \\(n_obs, n_classes\\).*give both columns"),
    ([[[0.5, 0.5]]], [[0]], r"probs has shape \(1, 1, 2\)"),
    ([[0.5, 0.5]] * 2, [0, 2], r"y\[1\] is 2; expected a class code in 0 .. 1"),
    ([[0.5, 0.5]] * 2, [-1, 0], r"y\[0\] is -1"),
    ([[0.5, 0.5]] * 2, [0.5, 1], "expected whole class codes"),
    ([[0.5, 0.5]] * 2, [0, 1, 0], r"y has shape \(3,\)"),
    ([[0.5, 0.5]] * 2, [[0.5, 0.6]] * 2, r"y\[0\] sums to 1.1"),
]


@pytest.mark.parametrize("name", [*ERRORS, *TESTS, *OTHERS])
@pytest.mark.parametrize(("probs", "y", "message"), BAD)
def test_bad_input_is_named(name, probs, y, message):
    with pytest.raises(ValueError, match=message):
        (ERRORS | TESTS | OTHERS)[name](probs, y)
