"""Measures take scikit-learn's keywords, and mean the same by them."""

import numpy as np
import pytest
import sklearn.metrics

import trifit
from trifit import calibration, recalibration, scores
from trifit.calibration import tests
from trifit.elpd import elpd

N = 200
OF_ROWS = [
    *(scores.log_loss, scores.brier, scores.accuracy, scores.log_predictive_density),
    *(scores.squared_distance, elpd, recalibration.recalibration_gain),
    *(calibration.binned_error, calibration.class_bias, calibration.slope_intercept),
    *(calibration.kernel_error, calibration.smooth_error, calibration.top_label),
    *(tests.kernel, tests.spiegelhalter, tests.hosmer_lemeshow, tests.top_label),
]
OF_EVENTS = [calibration.corp, calibration.confidence_band]


@pytest.fixture
def rows(rng):
    probs = rng.dirichlet([1, 1, 1], size=N)
    return probs, (rng.random(N)[:, None] > probs.cumsum(axis=1)[:, :-1]).sum(axis=1)


@pytest.mark.parametrize("measure", OF_ROWS, ids=lambda f: f"{f.__module__}.{f.__name__}")
def test_probabilities_and_labels_by_scikit_learns_names(measure, rows):
    probs, y = rows
    first = next(iter(__import__("inspect").signature(measure).parameters))
    ours = measure(np.log(probs) if first == "log_probs" else probs, y)
    assert repr(measure(y_true=y, y_prob=probs)) == repr(ours)
    assert repr(measure(y_true=y.tolist(), y_prob=probs.tolist())) == repr(ours)


@pytest.mark.parametrize("measure", OF_EVENTS, ids=lambda f: f.__name__)
def test_events_too(measure, rows):
    p, y = rows[0][:, 0], (rows[1] == 0).astype(float)
    assert repr(measure(y_true=y, y_prob=p)) == repr(measure(p, y))


@pytest.mark.parametrize("method", recalibration.METHODS)
def test_maps_are_fitted_by_them(method, rows):
    log_probs = np.log(rows[0])
    made = recalibration.fit(y_true=rows[1], y_prob=rows[0], method=method)
    assert (made.transform(log_probs) == recalibration.fit(
        log_probs, rows[1], method=method).transform(log_probs)).all()  # fmt: skip


def test_the_log_loss_is_scikit_learns(rows):
    arguments = {"y_true": rows[1], "y_prob": rows[0]}
    theirs = sklearn.metrics.log_loss(rows[1], rows[0])
    assert scores.log_loss(**arguments).value == pytest.approx(theirs, rel=1e-12)
    assert trifit.evaluate(**arguments).scoreboard["model"]["log_loss"].value == pytest.approx(
        theirs, rel=1e-12
    )


def test_probability_zero_of_what_happened_costs_infinity():
    assert scores.log_loss(y_true=[1, 0], y_prob=[[1, 0], [0.5, 0.5]]).value == np.inf


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"y_prob": [[0.5, 0.5]], "probs": [[0.5, 0.5]], "y": [0]}, "y_prob and probs are the"),
        ({"y_prob": [[0.5, 0.5]]}, "missing 1 required positional argument: 'y'"),
        ({"y_pred": [0]}, "unexpected keyword argument 'y_pred'"),
    ],
)
def test_a_keyword_too_many_or_too_few(arguments, message):
    with pytest.raises(TypeError, match=message):
        scores.brier(**arguments)
