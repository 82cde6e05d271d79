import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from trifit.scores import accuracy, brier, log_loss, log_predictive_density, paired_difference


def random_probs(rng, n=200, k=4):
    return rng.dirichlet(np.full(k, 0.7), size=n), rng.integers(k, size=n)


def test_draws_are_averaged_as_probabilities():
    log_probs = np.log([[[0.9, 0.1]], [[0.5, 0.5]]])
    assert log_predictive_density(log_probs, np.array([0]))[0] == pytest.approx(np.log(0.7))


def test_scores_equal_scikit_learn(rng):
    probs, y = random_probs(rng)
    labels = np.arange(4)
    assert log_loss(np.log(probs), y).value == pytest.approx(
        metrics.log_loss(y, probs, labels=labels), rel=1e-12
    )
    assert brier(probs, y).value == pytest.approx(
        metrics.brier_score_loss(y, probs, labels=labels, scale_by_half=False), rel=1e-12
    )
    assert accuracy(probs, y).value == pytest.approx(metrics.accuracy_score(y, probs.argmax(1)))


def test_a_confident_mistake_is_not_clipped():
    log_probs = np.array([[0.0, -500.0]])
    assert log_loss(log_probs, np.array([1])).value == 500.0


def test_standard_error_is_that_of_a_mean(rng):
    probs, y = random_probs(rng)
    pointwise = -np.log(probs[np.arange(len(y)), y])
    assert log_loss(np.log(probs), y).se == pytest.approx(pointwise.std(ddof=1) / np.sqrt(len(y)))


def test_paired_difference_cancels_what_is_common(rng):
    common = rng.normal(size=500) * 10
    small = rng.normal(size=500) * 0.1
    difference = paired_difference(common + small, common)
    assert difference.se == pytest.approx(small.std(ddof=1) / np.sqrt(500))
    assert difference.value == pytest.approx(small.mean(), abs=1e-12)


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_expected_scores_are_best_at_the_truth(truth, forecast):
    def expected(score, p):
        rows = np.array([[1 - p, p]])
        return (1 - truth) * score(rows, np.array([0])).value + truth * score(
            rows, np.array([1])
        ).value

    for score in (brier, lambda p, y: log_loss(np.log(p), y)):
        assert expected(score, truth) <= expected(score, forecast) + 1e-12


@given(st.integers(0, 2**32 - 1))
def test_rows_and_classes_may_be_permuted(seed):
    rng = np.random.default_rng(seed)
    probs, y = random_probs(rng, n=30)
    rows, classes = rng.permutation(30), rng.permutation(4)
    shuffled = probs[rows][:, classes]
    relabelled = np.argsort(classes)[y[rows]]
    for score in (brier, accuracy, lambda p, t: log_loss(np.log(p), t)):
        assert score(shuffled, relabelled).value == pytest.approx(score(probs, y).value)


@pytest.mark.parametrize(
    ("probs", "y", "message"),
    [
        ([[0.5, 0.6]], [0], r"probs\[0\] sums to 1.1.*divide rows by their sum"),
        ([[2.0, -1.0]], [0], r"probs\[0\] holds -1"),
        ([[0.5, np.nan]], [0], r"probs\[0\] holds nan"),
        ([[0.5, 0.5]], [2], r"y\[0\] is 2; expected a class code in 0 .. 1"),
        ([[0.5, 0.5]], [0, 1], r"y has shape \(2,\) for probabilities of shape \(1, 2\)"),
        ([[0.5, 0.5]], [0.5], r"y holds float64 values such as .*0.5"),
        ([[0.5, 0.5]], [[0.7, 0.7]], r"y\[0\] sums to 1.4"),
        ([0.5, 0.5], [0, 1], r"expected \(n_obs, n_classes\)"),
    ],
)
def test_bad_input_is_named(probs, y, message):
    with pytest.raises(ValueError, match=message):
        brier(np.array(probs), np.array(y))


def test_logits_are_recognised():
    with pytest.raises(ValueError, match="are these logits"):
        log_loss(np.array([[2.0, -1.0, 0.5]]), np.array([0]))


def test_one_hot_soft_labels_score_as_class_codes(rng):
    probs, y = random_probs(rng, n=50)
    one_hot = np.eye(4)[y]
    for score in (brier, accuracy, lambda p, t: log_loss(np.log(p), t)):
        assert score(probs, one_hot).value == pytest.approx(score(probs, y).value, abs=1e-12)
        assert score(probs, one_hot).se == pytest.approx(score(probs, y).se, abs=1e-12)


def test_soft_labels_give_expected_scores(rng):
    probs = random_probs(rng, n=20)[0]
    truth = random_probs(rng, n=20)[0]
    for score in (brier, accuracy, lambda p, t: log_loss(np.log(p), t)):
        each = [
            sum(truth[i, k] * score(probs[i : i + 1], np.array([k])).value for k in range(4))
            for i in range(20)
        ]
        assert score(probs, truth).value == pytest.approx(np.mean(each), abs=1e-12)
