import numpy as np
import pytest

from trifit.data import load_dataset
from trifit.separation import Separation, separation


def certificate(X, y, **options):
    design = np.column_stack([np.ones(len(X)), X])
    n_odds = y.max()
    weights = np.eye(design.shape[1] * n_odds)
    return separation(design, y, weights, **options).separation


IRIS = load_dataset("iris")


def sepals():
    rows = IRIS.y > 0
    return IRIS.X[rows][:, :2], IRIS.y[rows] - 1


@pytest.mark.parametrize(
    ("X", "y", "expected"),
    [
        pytest.param(IRIS.X, IRIS.y, Separation.QUASI_COMPLETE, id="iris"),
        pytest.param(IRIS.X, (IRIS.y > 0).astype(int), Separation.COMPLETE, id="setosa-vs-rest"),
        pytest.param(*sepals(), Separation.OVERLAP, id="versicolor-virginica-sepals"),
        pytest.param(
            np.array([[-1.0], [0.0], [0.0], [1.0]]),
            np.array([0, 0, 1, 1]),
            Separation.QUASI_COMPLETE,
            id="quasi-toy",
        ),
        pytest.param(
            np.array([[-1.0], [2.0], [0.0], [1.0]]),
            np.array([0, 0, 1, 1]),
            Separation.OVERLAP,
            id="overlap-toy",
        ),
    ],
)
def test_known_verdicts(X, y, expected):
    assert certificate(X, y) is expected


@pytest.mark.parametrize("factor", [1e-6, 1.0, 1e6])
def test_units_do_not_matter(factor):
    X, y = sepals()
    assert certificate(X * factor, y) is Separation.OVERLAP
    assert certificate(IRIS.X * factor, IRIS.y) is Separation.QUASI_COMPLETE


def test_columns_of_very_different_size():
    """A tiny column that separates is found beside a huge one that does not."""
    rng = np.random.default_rng(3)
    y = np.arange(40) % 2
    X = np.column_stack([rng.uniform(1e6, 2e6, size=40), np.where(y == 1, 1e-3, -1e-3)])
    assert certificate(X, y) is Separation.COMPLETE


def test_a_guess_that_separates_is_a_certificate():
    X, y = np.array([[-1.0], [1.0]]), np.array([0, 1])
    assert certificate(X, y, guess=np.array([0.0, 5.0])) is Separation.COMPLETE
    assert certificate(X, y, guess=np.array([0.0, -5.0])) is Separation.COMPLETE


def test_collinear_columns_are_not_separation():
    """A direction that changes no margin is no separation."""
    X, y = sepals()
    assert certificate(np.column_stack([X, X.sum(axis=1)]), y) is Separation.OVERLAP


def test_separation_follows_cover(rng):
    """Random labels: n < 2p points are mostly separable, n > 2p mostly not (Cover 1965)."""
    p = 20
    verdicts = {}
    for n in (30, 60):
        verdicts[n] = [
            certificate(rng.normal(size=(n, p)), rng.integers(2, size=n)) is Separation.OVERLAP
            for _ in range(20)
        ]
    assert np.mean(verdicts[30]) < 0.2
    assert np.mean(verdicts[60]) > 0.8
