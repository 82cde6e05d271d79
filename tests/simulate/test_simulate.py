"""Simulated worlds: their true probabilities are those of how the rows came about."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from trifit.data import load_dataset
from trifit.errors import InputError
from trifit.notes import Note, NoteKind
from trifit.simulate import SHIFTS, WORLDS, simulate, world
from trifit.simulate.mixtures import Mixture, corners
from trifit.simulate.shifts import Shift


def logit(p):
    return np.log(p / (1 - p))


def residuals(X, y, probs):
    """Mean of (label - probability) times functions of the features, in standard errors."""
    tests = np.column_stack([np.ones(len(X)), X, X**2, probs, np.sin(2 * X)])
    scores = []
    for k in range(probs.shape[1]):
        r = ((y == k) - probs[:, k])[:, None] * tests
        scores.append(r.mean(axis=0) / (r.std(axis=0) / np.sqrt(len(X)) + 1e-12))
    return np.abs(np.concatenate(scores)).max()


@pytest.mark.parametrize("name", WORLDS)
def test_every_world_gives_a_data_set_with_its_truth(name):
    data = simulate(name, n=400, seed=3)
    chosen = world(name)
    assert data.true_probs == pytest.approx(chosen.true_probs(data.X), abs=1e-12)
    assert residuals(data.X, data.y, data.true_probs) < 5
    again = simulate(name, n=400, seed=3)
    assert (again.X == data.X).all()
    assert (again.y == data.y).all()
    assert (simulate(name, n=400, seed=4).X != data.X).any()


def test_two_normal_classes_have_linear_log_odds(rng):
    X = rng.normal(size=(50, 4))
    p = world("gaussian", features=4, classes=2, distance=3.0, imbalance=2.0).true_probs(X)
    assert logit(p[:, 1]) == pytest.approx(3.0 * X[:, 0] - np.log(2), abs=1e-9)


def test_posterior_of_a_mixture_by_hand():
    two = Mixture(
        np.array([[0.0], [2.0], [5.0]]),
        np.array([[1.0], [0.5], [2.0]]),
        np.array([0.2, 0.5, 0.3]),
        np.array([0, 1, 0]),
    )
    x = np.array([-1.0, 0.5, 3.0])
    a = 0.2 * norm.pdf(x, 0, 1) + 0.3 * norm.pdf(x, 5, 2)
    b = 0.5 * norm.pdf(x, 2, 0.5)
    assert two.probs(x[:, None])[:, 1] == pytest.approx(b / (a + b), rel=1e-12)


@pytest.mark.parametrize(("classes", "features"), [(2, 1), (3, 5), (3, 2), (4, 2), (4, 1)])
def test_neighbouring_corners_are_at_distance_one(classes, features):
    points = corners(classes, features)
    distances = np.linalg.norm(points[:, None] - points, axis=2)
    assert np.sort(distances, axis=1)[:, 1] == pytest.approx(1.0)
    assert points.mean(axis=0) == pytest.approx(0, abs=1e-12)


def test_signal_is_the_sd_of_the_log_odds(rng):
    for parameters in ({"classes": 2}, {"classes": 3}, {"features": 50, "coefficients_seed": 4}):
        chosen = world("softmax", signal=1.5, **parameters)
        p = chosen.true_probs(chosen.law.draw(20_000, rng))
        sd = np.log(p[:, 1] / p[:, 0]).std()
        assert sd == pytest.approx(1.5, rel=0.3 if "coefficients_seed" in parameters else 0.03)


def test_features_of_the_softmax_worlds(rng):
    X = world("correlated").law.draw(50_000, rng)
    assert np.corrcoef(X.T)[0, [1, 2]] == pytest.approx([0.9, 0.81], abs=0.01)
    assert X.std(axis=0) == pytest.approx(1, abs=0.02)
    heavy = world("softmax", df=5.0).law.draw(50_000, rng)
    assert heavy.std(axis=0) == pytest.approx(1, abs=0.05)
    assert (abs(heavy) > 5).mean() > 100 * 2 * norm.sf(5)


def test_quadratic_log_odds(rng):
    X = rng.normal(size=(20, 3))
    p = world("quadratic", features=3, signal=0.7, curvature=0.5, interaction=2.0).true_probs(X)
    expected = 0.7 * X[:, 0] + 0.5 * (X[:, 0] ** 2 - 1) + 2.0 * X[:, 0] * X[:, 1]
    assert logit(p[:, 1]) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("name", ["moons", "rings"])
def test_curves_with_noise(rng, name):
    """Points of a curve plus noise, drawn here, have the classes the world says."""
    angle = rng.uniform(0, np.pi if name == "moons" else 2 * np.pi, size=20_000)
    y = rng.integers(2, size=20_000)
    curve = np.column_stack([np.cos(angle), np.sin(angle)])
    if name == "moons":
        curve = np.where(y[:, None] == 0, curve, [1.0, 0.5] - curve)
    else:
        curve *= 1 + y[:, None]
    X = curve + 0.3 * rng.normal(size=curve.shape)
    assert residuals(X, y, world(name, noise=0.3).true_probs(X)) < 5


def test_neals_binary_response_by_hand():
    X = np.array([[0.4, -0.3, 9.0], [1.4, -0.3, 0.0], [0.4, 1.7, 0.0]])  # distances 0, 1, 2
    p = world("neal-binary", features=3).true_probs(X)
    assert p[:, 1] == pytest.approx(np.exp([0.0, -1.0, -16.0]), rel=1e-12)
    assert p.sum(axis=1) == pytest.approx(1.0)


def test_neals_three_classes_as_he_draws_them(rng):
    """The classes of many points of the square, weighted by the noise between them and a row."""
    u = rng.random((400_000, 2))
    disc = ((u - [0.4, 0.5]) ** 2).sum(axis=1) < 0.35**2
    k = np.where(disc, 0, np.where(u @ [0.8, 1.8] < 0.6, 1, 2))
    rows = np.array([[0.4, 0.8], [0.2, 0.15], [0.75, 0.5], [-0.1, 0.3], [0.5, 1.15]])
    found = world("neal-three-way").true_probs(np.column_stack([rows, rng.random((5, 2))]))
    for row, p in zip(rows, found, strict=True):
        weights = np.exp(-0.5 * (((u - row) / 0.1) ** 2).sum(axis=1))
        assert p == pytest.approx(np.bincount(k, weights, 3) / weights.sum(), abs=0.01)
    far = world("neal-three-way").true_probs(
        np.array([[5.0, 5, 0, 0], [-5, 0.5, 0, 0], [0, -5, 0, 0]])
    )
    assert far.sum(axis=1) == pytest.approx(1.0)
    assert far[0] == pytest.approx([0, 0, 1])
    assert far[2] == pytest.approx([0, 1, 0])


def test_separable_classes_keep_their_distance():
    data = simulate("separable", n=500, classes=2, margin=0.4)
    assert set(np.unique(data.true_probs)) == {0.0, 1.0}
    assert abs(data.X[:, 0]).min() >= 0.2
    assert ((data.X[:, 0] > 0) == data.y).all()


def test_label_noise_mixes_with_the_uniform(rng):
    X = rng.normal(size=(10, 5))
    clean, noisy = world("gaussian"), world("gaussian", label_noise=0.3)
    assert noisy.true_probs(X) == pytest.approx(0.7 * clean.true_probs(X) + 0.1)


def shifted(name, kind, severity, n, rng, **parameters):
    return Shift.of(world(name, **parameters), kind, severity).test_rows(n, rng)


@pytest.mark.parametrize("kind", SHIFTS)
def test_severity_zero_is_no_shift(rng, kind):
    X, probs = shifted("moons", kind, 0, 4000, rng)
    law = world("moons").law
    assert probs == pytest.approx(law.probs(X))
    usual = law.draw(4000, rng)
    assert abs(X.mean(axis=0) - usual.mean(axis=0)).max() < 0.1


@given(st.integers(0, 2**32 - 1), st.sampled_from(SHIFTS), st.integers(0, 5))
def test_shifted_truths_are_probabilities(seed, kind, severity):
    X, probs = shifted("overlap-2d", kind, severity, 50, np.random.default_rng(seed))
    assert X.shape == (50, 2)
    assert probs.sum(axis=1) == pytest.approx(1)


def test_covariate_shift_moves_the_features_only(rng):
    X, probs = shifted("gaussian", "covariate", 4, 20_000, rng)
    law = world("gaussian").law
    sd = law.draw(20_000, rng).std(axis=0)
    assert (X.mean(axis=0) / sd) @ np.ones(5) / np.sqrt(5) == pytest.approx(2.0, abs=0.1)
    assert probs == pytest.approx(law.probs(X))


def test_label_shift_as_generated_class_by_class(rng):
    """Rows drawn from each class's own density under the new class shares."""
    weights = 2.0 ** np.linspace(-3, 0, 3)
    y = rng.choice(3, size=30_000, p=weights / weights.sum())
    X = 2.0 * corners(3, 5)[y] + rng.normal(size=(len(y), 5))
    moved, probs = shifted("gaussian", "label", 3, 30_000, rng)
    assert probs.mean(axis=0) == pytest.approx(weights / weights.sum(), abs=0.01)
    assert moved.mean(axis=0) == pytest.approx(X.mean(axis=0), abs=0.04)
    p = world("gaussian").true_probs(X) * weights
    assert residuals(X, y, p / p.sum(axis=1, keepdims=True)) < 5


def test_noise_is_in_the_truth_where_it_can_be(rng):
    """Rows drawn clean and blurred here: their classes follow the blurred law."""
    data = simulate("rings", n=30_000, seed=5)
    shift = Shift.of(world("rings"), "noise", 2)
    sd = 0.5 * shift.reference.std(axis=0)
    X = data.X + sd * rng.normal(size=data.X.shape)
    assert residuals(X, data.y, shift.law.blurred(sd).probs(X)) < 5
    assert residuals(X, data.y, shift.law.probs(X)) > 5
    assert shift.notes == (noise := Note(NoteKind.SHIFT, n=2, text="noise"),)
    kept = Shift.of(world("quadratic"), "noise", 2)
    assert kept.notes == (noise, Note(NoteKind.HIDDEN_TRUTH))


def test_a_rotation_keeps_each_rows_truth():
    shift = Shift.of(world("gaussian"), "rotation", 4)
    plain = shift.law.draw(50, np.random.default_rng(2))
    X, probs = shift.test_rows(50, np.random.default_rng(2))
    assert probs == pytest.approx(shift.law.probs(plain))
    centre = shift.reference[:, :2].mean(axis=0)
    a, b = plain[:, :2] - centre, X[:, :2] - centre
    cosine = (a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    assert cosine == pytest.approx(0.5)  # 4 x 15 degrees
    assert (X[:, 2:] == plain[:, 2:]).all()


def test_the_unseen_region_is_not_seen():
    data = simulate("gaussian", n=300, shift="unseen", severity=4, seed=2)
    train, test = data.X[:300, 0], data.X[300:, 0]
    usual = np.quantile(simulate("gaussian", n=20_000).X[:, 0], [0.45, 0.75])
    assert train.max() < usual[0] + 0.1
    assert test.min() > usual[1] - 0.1
    assert data.n_test == 300


def test_a_test_set_without_a_shift():
    data = simulate("softmax", n=100, n_test=40)
    assert (data.n_obs, data.n_test) == (140, 40)
    assert data.source == "sim:softmax n=100 seed=1 n_test=40"


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("gaussan", {}, "no such world; there are gaussian"),
        ("moons", {"classes": 3}, "takes no parameter 'classes'; it takes features, noise"),
        ("gaussian", {"features": 2.5}, "features=2.5; expected a whole number"),
        ("gaussian", {"distance": "far"}, "distance='far'; expected a number"),
        ("gaussian", {"distance": -1}, "distance=-1.0; expected a number above 0"),
        ("gaussian", {"classes": 1}, "classes=1; expected 2 to 1,000"),
        ("rings", {"features": 1}, "features=1; expected 2 to 100,000"),
        ("moons", {"noise": 0.0}, "noise=0.0; expected between 0.05 and 10"),
        ("softmax", {"df": 1.0}, "df=1; expected above 2"),
        ("softmax", {"label_noise": 2.0}, "label_noise=2.0; expected between 0 and 1"),
        ("softmax", {"n": 1}, "n 1: expected a whole number of at least 2"),
        ("softmax", {"severity": 2}, "needs a shift"),
        ("softmax", {"shift": "drift"}, "shift 'drift': expected one of covariate"),
        ("softmax", {"shift": "label", "severity": 6}, "severity 6: expected"),
        ("overlap-1d", {"shift": "rotation"}, "has one feature; it needs two"),
        ("gaussian", {"n": 4, "imbalance": 1e6}, "class '.' has no training row"),
        ("gaussian", {"target": "y"}, "is simulated and complete"),
    ],
)
def test_bad_input_is_named(name, parameters, message):
    with pytest.raises(InputError, match=message):
        load_dataset(f"sim:{name}", **parameters)


def test_parameters_of_worlds_are_for_worlds_only():
    with pytest.raises(InputError, match=r"n: only simulated data"):
        load_dataset("iris", n=20)
