import time

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.optimize import linprog

from selection import by_default
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


def test_a_direction_names_what_runs_to_infinity():
    """Only the second column separates; the others have nothing to run for."""
    rng = np.random.default_rng(3)
    n = 60
    noise, y = rng.normal(size=n), np.arange(n) % 2
    never = np.where((y == 1) & (rng.random(n) < 0.3), 1.0, 0.0)  # 1 only where y is 1
    design = np.column_stack([np.ones(n), noise, never])
    found = separation(design, y)
    assert found.separation is Separation.QUASI_COMPLETE
    assert found.direction == pytest.approx([0.0, 0.0, 1.0], abs=1e-6)


def test_the_direction_is_in_the_parameters_units():
    """A sum-to-zero parametrisation of three classes: only the rare class runs away."""
    rng = np.random.default_rng(5)
    X = rng.normal(size=(90, 1))
    y = rng.integers(2, size=90)
    X, y = np.vstack([X, [[9.0], [9.5]]]), np.r_[y, 2, 2]
    design = np.column_stack([np.ones(len(X)), X])
    found = separation(design, y)
    assert found.separation is Separation.QUASI_COMPLETE
    margins = design @ found.direction.reshape(2, 2)
    gains = np.column_stack([np.zeros(len(X)), margins])
    at_label = gains[np.arange(len(X)), y]
    assert (at_label[:, None] - gains >= -1e-6).all()
    assert (at_label[-2:, None] - gains[-2:]).max() > 1e-3


@pytest.mark.parametrize("factor", [1.0, 20.0])
def test_overlap_is_certified_without_the_programme(monkeypatch, factor):
    """A converged MLE with a small Newton decrement proves that it exists."""
    import trifit.separation.programmes as module

    monkeypatch.setattr(module, "linprog", lambda *_, **__: pytest.fail("programme solved"))
    X, y = sepals()
    standard = (X - X.mean(axis=0)) / X.std(axis=0)
    assert certificate(factor * standard, y) is Separation.OVERLAP


def test_no_false_certificate_near_separation():
    """Where the programme says separated, the certificate of overlap never speaks."""
    rng = np.random.default_rng(8)
    for _ in range(30):
        X = rng.normal(size=(14, 2))
        y = (X[:, 0] + 0.3 * rng.normal(size=14) > 0).astype(int)
        if len(set(y)) < 2:
            continue
        design = np.column_stack([np.ones(14), X])
        M = np.where(y == 1, 1, -1)[:, None] * design
        answer = linprog(-M.sum(axis=0), A_ub=-M, b_ub=np.zeros(14), bounds=(-1, 1))
        separable = -answer.fun > 1e-7
        assert (separation(design, y).exists is False) is separable


def test_soft_labels_overlap_unless_one_sided():
    """A row of two classes forbids any direction between them."""
    design = np.column_stack([np.ones(4), [-2.0, -1.0, 1.0, 2.0]])
    hard = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    assert separation(design, hard).separation is Separation.COMPLETE
    soft = hard.copy()
    soft[1] = [0.9, 0.1]
    assert separation(design, soft).separation is Separation.QUASI_COMPLETE
    soft[3] = [0.2, 0.8]
    assert separation(design, soft).separation is Separation.OVERLAP


@pytest.mark.parametrize("kind", by_default("quasi", of=["overlap", "separable", "quasi"]))
def test_large_problems_take_seconds(kind):
    """10,000 x 50 x 10: well within the half minute that was asked for."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(10_000, 50))
    B = rng.normal(size=(50, 10))
    scores = X @ B + (0.0 if kind == "separable" else 3.0) * rng.gumbel(size=(10_000, 10))
    y = scores.argmax(axis=1)
    if kind == "quasi":
        X[:, 0] = np.where((y == 3) & (rng.random(10_000) < 0.5), 1.0, 0.0)
    start = time.perf_counter()
    found = separation(np.column_stack([np.ones(len(X)), X]), y).separation
    assert time.perf_counter() - start < 30
    expected = {"overlap": "OVERLAP", "separable": "COMPLETE", "quasi": "QUASI_COMPLETE"}
    assert found.name == expected[kind]


@pytest.mark.parametrize("far", [1e5, 1e7, 1.6e9])
def test_large_numbers_that_hardly_vary(far):
    """Timestamps separate like the seconds since the first of them."""
    y = np.array([0, 0, 0, 1, 1, 1])
    design = np.column_stack([np.ones(6), far + np.arange(6.0)])
    assert separation(design, y).separation is Separation.COMPLETE


def test_a_column_of_zeros_moves_nothing():
    x = np.array([0.0, 1.0, 1.0, 2.0])
    found = separation(np.column_stack([np.ones(4), x, np.zeros(4)]), np.array([0, 0, 1, 1]))
    assert found.separation is Separation.QUASI_COMPLETE
    assert found.direction == pytest.approx([-1.0, 1.0, 0.0], abs=1e-6)


# --- many classes ------------------------------------------------------------------------------


def many_classes(rng, kind):
    """Rows of a few classes: blobs, ties, collinear, one class apart, blocks, on a boundary."""
    n_classes, p = int(rng.integers(3, 8)), int(rng.integers(1, 4))
    n = int(rng.integers(2 * n_classes, 9 * n_classes))
    y = np.r_[np.arange(n_classes), rng.integers(0, n_classes, n - n_classes)]
    centres = rng.normal(size=(n_classes, p)) * rng.choice([0, 1, 2, 4])
    X = centres[y] + rng.normal(size=(n, p))
    if kind == "ties":
        X = np.round(X)
    elif kind == "collinear":
        X = np.column_stack([X, 2 * X[:, 0] - 1])
    elif kind == "one apart":
        X[y == 0] += 8
    elif kind == "blocks":
        X[:, 0] = y >= n_classes // 2
    elif kind == "boundary":
        X[:, 0] = np.where(y == 1, 0, abs(X[:, 0]))
    return np.column_stack([np.ones(n), X - X.mean(axis=0)]), y, n_classes


def hurts_nobody(design, y, direction, n_classes):
    """Whether a direction never lowers a margin, and raises some."""
    coefficients = (direction / abs(direction).max()).reshape(-1, n_classes - 1)
    gains = np.column_stack([np.zeros(len(y)), design @ coefficients])
    margins = gains[np.arange(len(y)), y][:, None] - gains
    return margins.min() > -1e-5 and margins.max() > 1e-5


@pytest.mark.parametrize("fallback", [False, True])
@pytest.mark.parametrize(
    "kind",
    by_default(
        "ties", "boundary", of=["blobs", "ties", "collinear", "one apart", "blocks", "boundary"]
    ),
)
def test_pairs_of_classes_answer_as_the_whole_programme(rng, monkeypatch, kind, fallback):
    from trifit.separation import groups
    from trifit.separation.programmes import programme

    if fallback:  # as where the programme of the groups would be too large
        monkeypatch.setattr(groups, "MAX_GROUP_WORK", 0)
    answers = set()
    for _ in range(25):
        design, y, n_classes = many_classes(rng, kind)
        free = sp.csr_array(sp.eye_array(design.shape[1] * (n_classes - 1)))
        whole, _ = programme(design, y, free, n_classes - 1)
        found, direction = groups.by_groups(design, y, n_classes)
        answers.add(found)
        if fallback:
            assert found in (Separation.UNKNOWN, Separation.QUASI_COMPLETE, whole)
            assert found.exists in (None, whole.exists)
        else:
            assert found is whole
        if direction is not None:
            assert hurts_nobody(design, y, direction, n_classes)
    assert answers - {Separation.UNKNOWN}


@pytest.mark.parametrize(
    ("spread", "expected"),
    by_default(
        (1.2, {Separation.OVERLAP}),
        of=[
            (1.2, {Separation.OVERLAP}),
            (6.0, {Separation.COMPLETE, Separation.QUASI_COMPLETE}),
        ],
        several=True,
    ),
)
def test_a_hundred_classes_are_certified_without_their_programme(
    rng, monkeypatch, spread, expected
):
    """Where an optimiser has not arrived, pairs tell: for 120 classes in a second or two."""
    import trifit.separation as module

    monkeypatch.setattr(module, "programme", lambda *_: pytest.fail("programme of all classes"))
    n_classes, p, n = 120, 8, 3000
    y = np.arange(n) % n_classes
    X = spread * rng.normal(size=(n_classes, p))[y] + rng.normal(size=(n, p))
    design = np.column_stack([np.ones(n), X])
    guess = np.zeros((p + 1) * (n_classes - 1))
    assert separation(design, y, n_classes=n_classes, guess=guess).separation in expected


def test_what_would_take_too_long_is_unknown(rng, monkeypatch):
    from trifit.separation import groups

    monkeypatch.setattr(groups, "MAX_PAIRS", 3)
    monkeypatch.setattr(groups, "MAX_PROGRAMMES", 0)
    design, y, n_classes = many_classes(rng, "one apart")
    assert groups.by_groups(design, y, n_classes) == (Separation.UNKNOWN, None)


def test_a_class_without_a_row_has_no_mle_among_many_classes():
    """Its intercept runs to minus infinity, however much the other classes overlap."""
    rng = np.random.default_rng(0)
    y = rng.integers(39, size=2_000)
    design = np.column_stack([np.ones(2_000), rng.normal(size=(2_000, 8))])
    assert separation(design, y, n_classes=39).separation is Separation.OVERLAP
    found = separation(design, y, n_classes=40)
    assert found.separation is Separation.QUASI_COMPLETE
    direction = found.direction.reshape(9, 39)
    assert direction[0, 38] == pytest.approx(-1.0)
    assert abs(np.delete(direction.ravel(), 38)).max() == pytest.approx(0.0, abs=1e-6)


def test_a_solver_that_fails_proves_nothing(rng, monkeypatch):
    from trifit.separation import groups

    monkeypatch.setattr(groups, "best_direction", lambda _: None)
    monkeypatch.setattr(groups, "MAX_GROUP_WORK", 0)
    design, y, n_classes = many_classes(rng, "blobs")
    assert groups.by_groups(design, y, n_classes) == (Separation.UNKNOWN, None)


# --- columns that are nearly combinations of others ---------------------------------------------


@pytest.mark.parametrize("share", [1e-4, 1e-6, 1e-8])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_difference_of_two_columns_separates(share, n_classes):
    """Start and end of something, standardised: its length tells the classes, exactly."""
    rng = np.random.default_rng(0)
    start, length = rng.normal(size=(2, 200))
    y = np.digitize(length, np.linspace(-0.3, 0.3, n_classes - 1))
    X = np.column_stack([start, start + share * length])
    design = np.column_stack([np.ones(200), (X - X.mean(axis=0)) / X.std(axis=0)])
    found = separation(design, y)
    assert found.exists is False
    assert abs(found.direction).reshape(3, -1)[1:].min() > 0.1  # against each other
    noise = np.where(rng.random(200) < 0.1, rng.permutation(y), y)
    assert separation(design, noise).exists


def test_pairs_of_classes_see_nearly_collinear_columns():
    """Newton's steps prove nothing of a direction in which rows hardly move."""
    from trifit.separation.groups import _Programmes

    x, length = np.random.default_rng(1).normal(size=(2, 90))
    design = np.column_stack([np.ones(90), x, x + 1e-7 * length])
    margins = np.where(length > 0, 1.0, -1.0)[:, None] * design
    direction = _Programmes().weak_separator(margins)
    gains = margins @ direction
    assert gains.min() > -1e-9
    assert gains.max() > 1e-3
    margins[:9] *= -1
    assert _Programmes().weak_separator(margins) is None
