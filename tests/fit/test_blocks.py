"""Matrices of blocks stand for sparse ones: the same products, kept small."""

import numpy as np
import pytest

from trifit.fit.affine import Affine, after, dense, mixed
from trifit.fit.blocks import Blocks
from trifit.fit.entries import Entries
from trifit.fit.existence import certify
from trifit.fit.graph import GraphDensity
from trifit.fit.linear import LinearDensity
from trifit.fit.objective import LinearObjective
from trifit.models import softmax_regression

N_FEATURES = 4

ROWS = Entries(((False, 2), (True, 3)))
COLUMNS = Entries(((True, 3), (False, 2)))
"""In another order than the rows."""


@pytest.fixture
def blocks(rng):
    return Blocks(rng.normal(size=(2, 2)), rng.normal(size=(3, 3)), ROWS, COLUMNS, N_FEATURES)


def test_products_are_those_of_the_sparse_matrix(blocks, rng):
    matrix, v = blocks.tocsr().toarray(), rng.normal(size=(14, 5))
    assert blocks.shape == matrix.shape == (14, 14)
    assert blocks.nnz == np.count_nonzero(matrix) == 4 + N_FEATURES * 9
    assert matrix[2:5, :3] == pytest.approx(blocks.each)  # rows of feature 0 follow the shared ones
    assert matrix[:2, 12:] == pytest.approx(blocks.shared)
    assert blocks @ v == pytest.approx(matrix @ v, abs=1e-12)
    assert blocks @ v[:, 0] == pytest.approx(matrix @ v[:, 0], abs=1e-12)
    assert blocks.T @ v == pytest.approx(matrix.T @ v, abs=1e-12)
    assert blocks.solve(matrix @ v[:, 0]) == pytest.approx(v[:, 0], abs=1e-10)
    squared = after(blocks, blocks.T)
    assert isinstance(squared, Blocks)
    assert dense(squared) == pytest.approx(matrix @ matrix.T, abs=1e-12)
    assert dense(after(blocks, matrix)) == pytest.approx(matrix @ matrix, abs=1e-12)


def test_mixtures_of_functions_are_mixtures_of_their_values(blocks, rng):
    v, b = rng.normal(size=14), rng.normal(size=14)
    one, two = Affine(b, blocks), Affine(2 * b, blocks.T.T)
    assert mixed(one, two, 0.25)(v) == pytest.approx(0.75 * one(v) + 0.25 * two(v), abs=1e-12)


def test_regular_blocks_are_told_from_others(blocks):
    assert blocks.is_regular
    each = blocks.each.copy()
    each[2] = each[0] + each[1]
    assert not Blocks(blocks.shared, each, ROWS, COLUMNS, N_FEATURES).is_regular
    fewer = Entries(((True, 2), (False, 2)))
    assert not Blocks(blocks.shared, blocks.each[:, :2], ROWS, fewer, N_FEATURES).is_regular


@pytest.mark.parametrize(
    ("matrix", "diagonal"), [(np.diag([1.0, 2.0, 0.0]), True), (np.tri(3), False)]
)
def test_diagonal_slopes_are_read_off_two_values(matrix, diagonal):
    found = Affine.diagonal(lambda v: matrix @ v + 1.0, 3)
    assert (found is not None) == diagonal
    if found is not None:
        assert dense(found.matrix) == pytest.approx(matrix)


@pytest.fixture(scope="module")
def many():
    """Rows of 30 classes: blocks, and the same density with sparse matrices."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(300, 4)), np.arange(300) % 30
    graphs = [
        GraphDensity(softmax_regression(some, y), 30, mode="interpreted") for some in (X, X[:, :2])
    ]
    density = LinearDensity.recognise(graphs[0], X, graphs[1])
    objective = density.bind(X, y)
    assert isinstance(objective.linear.to_weights.matrix, Blocks)
    assert isinstance(objective.linear.prior_gradient.matrix, Blocks)
    form = type(objective.linear)(
        *(
            Affine(part.offset, part.matrix.tocsr())
            for part in (objective.linear.to_weights, objective.linear.prior_gradient)
        ),
        objective.linear.prior_constant,
    )
    return X, y, density, objective, LinearObjective(X, y, form)


def test_the_objective_is_that_of_sparse_matrices(many, rng):
    _, _, density, ours, theirs = many
    theta = rng.normal(size=density.n_params)
    a, b = (f(theta, prior=1.0, jacobian=0.0) for f in (ours, theirs))
    assert a[0] == pytest.approx(b[0], rel=1e-12)
    assert a[1] == pytest.approx(b[1], abs=1e-10)
    a, b = (f.squared_error(theta) for f in (ours, theirs))
    assert a[1] == pytest.approx(b[1], abs=1e-10)
    hessians = [f.hessian(theta, prior=1.0, jacobian=0.0) for f in (ours, theirs)]
    assert hessians[0] == pytest.approx(hessians[1], abs=1e-10)


@pytest.mark.parametrize("rows", [slice(None), slice(0, 30)])
def test_the_certificate_is_that_of_sparse_matrices(many, rows, rng):
    """Overlap, or one row of each class, which some direction separates."""
    X, y, density, whole, sparse_whole = many
    X, y = X[rows], y[rows]
    theta = 0.01 * rng.normal(size=density.n_params)
    ours, theirs = (
        certify(density, LinearObjective(X, y, each.linear), theta)
        for each in (whole, sparse_whole)
    )
    assert ours.separation is theirs.separation
    if ours.direction is None:
        assert theirs.direction is None
    else:
        assert ours.direction == pytest.approx(theirs.direction, abs=1e-9)
