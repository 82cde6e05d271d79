"""Probabilities at the door: what rounding excuses and what it does not."""

import numpy as np
import pytest

from trifit.inputs import checked_probs, log_of_checked_probs, sum_tolerance
from trifit.scores import brier, log_loss

ROUNDED = {
    "four digits": lambda p: p.round(4),
    "two digits": lambda p: p.round(2),
    "float32": lambda p: p.astype(np.float32),
    "float16": lambda p: p.astype(np.float16),
    "bfloat16": lambda p: (p.astype(np.float32).view(np.uint32) & 0xFFFF0000).view(np.float32),
}


@pytest.mark.parametrize("how", ROUNDED)
@pytest.mark.parametrize("n_classes", [2, 10])
def test_rounded_probabilities_are_accepted_and_sum_to_one(rng, how, n_classes):
    p = rng.dirichlet(np.full(n_classes, 0.5), size=500)
    rounded = ROUNDED[how](p)
    found = checked_probs(rounded)
    assert found.sum(axis=1) == pytest.approx(1, abs=1e-6)
    assert found == pytest.approx(p, abs=0.03)


def test_exact_probabilities_stay_as_they_are(rng):
    p = rng.dirichlet([1, 1, 1], size=50)
    assert (checked_probs(p) == p).all()
    assert (log_of_checked_probs(np.log(p)) == np.log(p)).all()


@pytest.mark.parametrize(
    ("row", "found", "within"),
    [
        ([0.3333, 0.3334, 0.3336], "sums to 1.00030", "0.00015"),
        ([0.5, 0.50001234], "sums to 1.000012", "1e-06"),
        ([0.5, 0.4], "sums to 0.90", "0.01"),
        ([0.1, 0.1], "sums to 0.2", "0.01"),
        ([0.5, 0.625], "sums to 1.12", "0.001"),
    ],
)
def test_sums_that_rounding_does_not_explain_are_refused(row, found, within):
    with pytest.raises(ValueError, match=f"{found}, .* within {within}; "):
        checked_probs([row])


def test_the_remedy_follows_the_size_of_the_error():
    with pytest.raises(ValueError, match="divide rows by their sum"):
        checked_probs([[0.5, 0.503]])
    with pytest.raises(ValueError, match="are these logits"):
        checked_probs([[0.5, 4.0]])


def test_the_tolerance_follows_the_precision(rng):
    p = rng.dirichlet(np.ones(10), size=20)
    assert sum_tolerance(p) == 1e-6
    assert sum_tolerance(p.round(3)) == pytest.approx(10 * 0.0005)
    assert sum_tolerance(p.astype(np.float16).astype(float)) == 2.0**-10
    assert sum_tolerance(np.full((2, 1000), 0.01)) == 0.05


def test_scores_of_rounded_probabilities_are_those_of_normalised_ones(rng):
    p = rng.dirichlet(np.ones(5), size=200).round(2).clip(0.01)
    y = rng.integers(5, size=200)
    normal = p / p.sum(axis=1, keepdims=True)
    assert abs(p.sum(axis=1) - 1).max() > 0.01
    with pytest.raises(ValueError, match="divide rows"):
        checked_probs(np.vstack([p, [[0.2, 0.2, 0.2, 0.2, 0.24]]]))
    kept = abs(p.sum(axis=1) - 1) < 0.025
    p, y, normal = p[kept], y[kept], normal[kept]
    assert log_loss(np.log(p), y).value == pytest.approx(
        log_loss(np.log(normal), y).value, rel=1e-12
    )
    assert brier(p, y).value == pytest.approx(brier(normal, y).value, rel=1e-12)
