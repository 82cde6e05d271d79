"""Entropy and its relatives against scipy, hand values and a real code."""

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import entropy as scipy_entropy

from trifit.information import (
    code_length,
    cross_entropy,
    decompose,
    entropy,
    jensen_shannon,
    kl_divergence,
)
from trifit.scores import BITS, log_loss


def two_forecasts(seed, n=40, k=5):
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.full(k, 0.4), size=n), rng.dirichlet(np.full(k, 0.4), size=n)


def drawn(rng, probs):
    return (rng.random(len(probs))[:, None] > probs.cumsum(axis=1)).sum(axis=1)


@pytest.mark.parametrize(("unit", "base"), [("nats", np.e), ("bits", 2)])
def test_equal_to_scipy(unit, base):
    p, q = two_forecasts(1)
    assert entropy(p, unit=unit) == pytest.approx(scipy_entropy(p, base=base, axis=1))
    assert kl_divergence(p, q, unit=unit) == pytest.approx(scipy_entropy(p, q, base=base, axis=1))
    assert np.sqrt(jensen_shannon(p, q, unit=unit)) == pytest.approx(
        jensenshannon(p, q, base=base, axis=1)
    )


def test_hand_values():
    p, q = np.array([[0.5, 0.5]]), np.array([[0.25, 0.75]])
    assert cross_entropy(p, q)[0] == pytest.approx(-0.5 * np.log(0.25) - 0.5 * np.log(0.75))
    assert cross_entropy(q, p)[0] == pytest.approx(np.log(2))
    assert kl_divergence(p, np.array([[1.0, 0.0]]))[0] == np.inf
    assert kl_divergence(np.array([[1.0, 0.0]]), p)[0] == pytest.approx(np.log(2))


def test_cross_entropy_of_labels_is_the_log_loss(rng):
    probs = rng.dirichlet(np.ones(4), size=100)
    y = rng.integers(4, size=100)
    one_hot = np.eye(4)[y]
    assert cross_entropy(one_hot, probs).mean() == pytest.approx(log_loss(np.log(probs), y).value)
    assert entropy(one_hot).max() == 0


@given(st.integers(0, 2**32 - 1))
def test_identities_and_bounds(seed):
    p, q = two_forecasts(seed)
    whole = decompose(p, q)
    assert whole.cross_entropy == pytest.approx(whole.entropy + whole.divergence)
    assert (kl_divergence(p, q) >= 0).all()
    assert kl_divergence(p, p) == pytest.approx(0)
    assert (entropy(p, unit="bits") <= np.log2(5) + 1e-12).all()
    assert jensen_shannon(p, q) == pytest.approx(jensen_shannon(q, p))
    assert (jensen_shannon(p, q, unit="bits") <= 1 + 1e-12).all()
    classes = np.random.default_rng(seed).permutation(5)
    assert kl_divergence(p[:, classes], q[:, classes]) == pytest.approx(kl_divergence(p, q))


@pytest.mark.parametrize("concentration", [0.1, 1.0, 10.0])
def test_the_code_is_as_long_as_the_cross_entropy_says(rng, concentration):
    truth = rng.dirichlet(np.full(6, concentration), size=3000)
    y = drawn(rng, truth)
    probs = 0.9 * truth + 0.1 / 6
    length = code_length(probs, y)
    assert length.ideal_bits == pytest.approx(3000 * log_loss(np.log(probs), y).value * BITS)
    assert -1 <= length.bits - length.ideal_bits <= 64
    assert length.n_floored == 0


def test_the_truth_codes_shorter_than_a_wrong_forecast(rng):
    truth = rng.dirichlet(np.ones(3), size=5000)
    y = drawn(rng, truth)
    sharpened = truth**3 / (truth**3).sum(axis=1, keepdims=True)
    assert code_length(truth, y).bits < code_length(sharpened, y).bits


def test_labels_below_the_coders_floor_are_counted():
    probs = np.array([[1.0, 1e-30]] * 2)
    length = code_length(probs, np.array([0, 1]))
    assert length.n_floored == 1
    assert length.bits == 32 < length.ideal_bits


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: entropy([[0.9, 0.2]]), r"p\[0\] sums to 1.1"),
        (lambda: entropy([[1.0]]), "two classes"),
        (lambda: entropy([[0.5, 0.5]], unit="byte"), "unit='byte': expected 'nats' or 'bits'"),
        (lambda: kl_divergence([[0.5, 0.5]], [[2.0, -1.0]]), r"q\[0\] holds -1"),
        (lambda: cross_entropy([[0.5, 0.5]], [[0.5, 0.5]] * 2), r"shape \(1, 2\) and q \(2, 2\)"),
        (lambda: jensen_shannon([[0.5, 0.5]], [[0.5, 0.5]] * 2), r"shape \(1, 2\) and q \(2, 2\)"),
        (lambda: code_length([[1.0, 0.0]], [1]), r"probs\[0\] gives its label 1 probability 0"),
        (lambda: code_length([[0.5, 0.5]], [2]), r"y\[0\] is 2"),
        (lambda: code_length([[0.5, 0.5]], [[0.5, 0.5]]), "soft labels"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_without_the_coder_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "constriction", None)
    with pytest.raises(ImportError, match=r"pip install 'trifit\[code\]'"):
        code_length([[0.5, 0.5]], [0])
