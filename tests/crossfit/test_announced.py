"""How long a comparison should take: more work, more seconds; proposals cost less than NUTS."""

import numpy as np
import pytest

from fitting import card, density_of
from trifit.crossfit.progress import estimated_seconds
from trifit.fit.proposals import MIN_ROWS
from trifit.types import Rows


def seconds(n_obs):
    """Of the posterior of so many rows, in units of a gradient's."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(n_obs, 4))
    y = (X[:, 0] + rng.logistic(size=n_obs) > 0).astype(np.int64)
    density = density_of(X[:500], y[:500], "logistic_regression")
    points, posterior = estimated_seconds(density, Rows(X, y), card("logistic_regression"))
    return posterior / (points - 1)


def test_normal_proposals_are_expected_to_cost_an_evaluation_a_draw():
    """NUTS: 7.8 gradients for each of 1,500 draws a chain; proposals: one for each of 550."""
    assert seconds(MIN_ROWS) == pytest.approx(seconds(MIN_ROWS - 1) * 550 / (1500 * 7.8), rel=0.05)
