"""Every fit corrected for other class shares, draw by draw, from its own training shares."""

import numpy as np
import pytest

from trifit.analyses.prevalence import _corrected
from trifit.fit import predict
from trifit.forecasts import log_softmax
from trifit.questions import Questions
from trifit.run import run_comparison
from trifit.simulate import simulate

AFTER = np.array([0.9, 0.07, 0.03])


@pytest.fixture(scope="module")
def fitted():
    data = simulate("gaussian", n=90, classes=3, seed=1)
    return run_comparison(
        data, "softmax", cv=2, nuts=False, methods=("laplace",),
        questions=Questions(prevalence="0=0.9"), overrides={"draws": 50},
    ).fitted  # fmt: skip


def test_each_draw_is_corrected_from_the_shares_of_its_training_rows(fitted):
    found, first = _corrected(fitted, AFTER), 0
    for fold in fitted.folds:
        y = fold.part.train.labels
        ratio = np.log(AFTER) - np.log(np.bincount(y) / len(y))
        rows = slice(first, first := first + len(fold.test_rows))
        for name in ("map", "laplace"):
            draws = fold.density.log_probs(fold.fits[name].flat_draws, fold.part.test.X)
            each = [np.exp(log_softmax(draw + ratio)) for draw in draws]
            assert np.exp(found[name][rows]) == pytest.approx(np.mean(each, axis=0), rel=1e-9)
        tempered = predict(fold.density, fold.fits["mle+T"], fold.part.test.X).log_probs
        assert found["mle+T"][rows] == pytest.approx(log_softmax(tempered + ratio), abs=1e-9)


def test_an_average_reweighted_is_another_number(fitted):
    (fold, *_), found = fitted.folds, _corrected(fitted, AFTER)
    y = fold.part.train.labels
    ratio = np.log(AFTER) - np.log(np.bincount(y) / len(y))
    average = log_softmax(fold.predictions["laplace"].log_probs + ratio)
    assert abs(np.exp(found["laplace"][: len(average)]) - np.exp(average)).max() > 1e-4
