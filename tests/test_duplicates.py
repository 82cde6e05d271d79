"""Copies of rows: found, and collapsed without changing the likelihood."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fitting import density_of
from trifit import duplicates
from trifit.duplicates import MIN_ROWS, collapsed, distinct, n_copies


@given(st.integers(1, 60), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_copies_are_those_of_numpy_unique(n, d, seed):
    rng = np.random.default_rng(seed)
    X, y = rng.integers(3, size=(n, d)).astype(float), rng.integers(2, size=n)
    assert n_copies(X, y) == n - len(np.unique(np.column_stack([X, y]), axis=0))


def few_distinct(rng, n=2 * MIN_ROWS):
    X = rng.integers(4, size=(n, 3)).astype(float)
    logits = X @ rng.normal(size=(3, 3))
    return X, (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)


@pytest.mark.parametrize("soft", [False, True])
def test_collapsed_rows_have_the_same_likelihood(soft, rng):
    X, y = few_distinct(rng)
    labels = rng.gamma(1.0, size=(len(X), 3)) if soft else y
    density = density_of(X[:500], y[:500])
    objective = density.bind(X, labels)
    assert len(objective.X) == len(np.unique(X, axis=0)) <= 64
    whole = type(objective)(X, labels, objective.linear)
    theta = rng.normal(size=density.n_params)
    for at in ((0.0, 0.0), (1.0, 1.0)):
        weights = dict(zip(("prior", "jacobian"), at, strict=True))
        (a, by_a), (b, by_b) = objective(theta, **weights), whole(theta, **weights)
        assert a == pytest.approx(b, rel=1e-12)
        assert by_a == pytest.approx(by_b, rel=1e-10, abs=1e-9)
        assert objective.hessian(theta, **weights) == pytest.approx(whole.hessian(theta, **weights))
    assert objective.weight == pytest.approx(whole.weight)
    assert objective.squared_error(theta)[0] == pytest.approx(whole.squared_error(theta)[0])


def test_rows_that_differ_stay(rng):
    X, y = rng.normal(size=(2 * MIN_ROWS, 2)), np.zeros(2 * MIN_ROWS, dtype=int)
    assert collapsed(X, y, 2)[0] is X
    few = few_distinct(rng, MIN_ROWS - 1)
    assert collapsed(*few, 3)[0] is few[0]


def test_a_collision_of_hashes_is_no_copy(rng, monkeypatch):
    X, y = few_distinct(rng)
    told = collapsed(X, y, 3)
    monkeypatch.setattr(duplicates, "_row_hashes", lambda X: np.zeros(len(X), dtype=np.uint64))
    found = collapsed(X, y, 3)
    order, own = (np.lexsort(rows.T) for rows, _ in (told, found))
    assert (told[0][order] == found[0][own]).all()
    assert (told[1][order] == found[1][own]).all()


def test_distinct_rows_do_not_depend_on_order_or_repetition(rng):
    X, y = rng.normal(size=(20, 2)).round(), rng.integers(3, size=20)
    weight = rng.integers(1, 4, size=20)
    order = rng.permutation(20)
    weighted = distinct(X[order], y[order], weight[order].astype(float), 3)
    repeated = distinct(np.repeat(X, weight, 0), np.repeat(y, weight), np.ones(weight.sum()), 3)
    assert (weighted.X == repeated.X).all()
    assert (weighted.labels == repeated.labels).all()
    assert weighted.labels.sum() == weight.sum()


def test_distinct_rows_of_weight_one_keep_class_codes(rng):
    X, y = rng.normal(size=(20, 2)), rng.integers(3, size=20)
    rows = distinct(X, y, np.ones(20), 3)
    assert rows.labels.ndim == 1
    at = np.argsort(rows.X[:, 0])
    assert (rows.labels[at] == y[np.argsort(X[:, 0])]).all()
