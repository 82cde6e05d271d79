import numpy as np
import pytest
from probcal.metrics import skce
from scipy.spatial.distance import cdist

from simulated import simulated
from trifit.calibration import kernel, kernel_error

ESTIMATORS = ("unbiased", "biased", "linear")


def pairs(probs, y, bandwidth):
    """h of all pairs, as the definition reads."""
    residual = np.eye(probs.shape[1])[y] - probs
    return np.exp(-(cdist(probs, probs) ** 2) / (2 * bandwidth**2)) * (residual @ residual.T)


def test_equals_its_definition(rng):
    probs, y, _ = simulated(rng, 101, 4)
    h = pairs(probs, y, 0.3)
    off = ~np.eye(101, dtype=bool)
    by_hand = {
        "unbiased": h[off].mean(),
        "biased": h.mean(),
        "linear": np.mean([h[i, i + 1] for i in range(0, 100, 2)]),
    }
    for estimator, value in by_hand.items():
        ours = kernel_error(probs, y, estimator=estimator, bandwidth=0.3)
        assert ours.value == pytest.approx(value, abs=1e-14)


@pytest.mark.parametrize(("ours", "theirs"), [("unbiased", "uq"), ("biased", "biased")])
def test_equals_probcals_for_two_classes(rng, ours, theirs):
    """Their distance is |p - p'|, ours that of the rows (1 - p, p): sqrt(2) times that."""
    probs, y, _ = simulated(rng, 400, 2, slope=0.5)
    peer = skce(y, probs[:, 1], estimator=theirs, kernel="gaussian", bandwidth=0.2)
    value = kernel_error(probs, y, estimator=ours, bandwidth=0.2 * np.sqrt(2)).value
    assert value == pytest.approx(peer, abs=1e-15)


def test_notions_agree_for_two_classes(rng):
    """Two classes: half the canonical residuals' product is either class's."""
    probs, y, _ = simulated(rng, 200, 2)
    canonical = kernel_error(probs, y, bandwidth=0.2 * np.sqrt(2)).value
    classes = kernel_error(probs, y, notion="class-wise", bandwidth=0.2)
    assert classes.per_event == pytest.approx([canonical / 2] * 2, abs=1e-15)


def test_top_label_is_the_scalar_kernel_error_of_its_event(rng):
    probs, y, _ = simulated(rng, 200, 3)
    confidence, right = probs.max(axis=1), (probs.argmax(axis=1) == y).astype(int)
    event = np.c_[1 - confidence, confidence]
    scalar = kernel_error(event, right, notion="class-wise", bandwidth=0.1).per_event[1]
    top = kernel_error(probs, y, notion="top-label", bandwidth=0.1)
    assert top.value == pytest.approx(scalar, abs=1e-15)


@pytest.mark.parametrize("slope", [1.0, 0.5])
@pytest.mark.parametrize("estimator", ["unbiased", "linear"])
def test_unbiased_with_the_stated_error(rng, slope, estimator):
    """Against soft labels at the truth, which give the expectation over labels."""
    gaps, errors = [], []
    for _ in range(200):
        probs, y, truth = simulated(rng, 200, slope=slope)
        ours = kernel_error(probs, y, bandwidth=0.4, estimator=estimator)
        gaps.append(ours.value - kernel_error(probs, truth, bandwidth=0.4).value)
        errors.append(ours.se)
    assert abs(np.mean(gaps)) < 4 * np.std(gaps) / np.sqrt(200)
    # Conservative where the estimate is degenerate: calibrated forecasts, all pairs.
    most = 1.4 if slope == 1.0 and estimator == "unbiased" else 1.2
    assert 0.8 < np.mean(errors) / np.std(gaps) < most


def test_blocks_are_averaged(rng, monkeypatch):
    probs, y, _ = simulated(rng, 120)
    monkeypatch.setattr(kernel, "MAX_PAIRS", 120**2 // 3)
    blocked = kernel_error(probs, y, bandwidth=0.4)
    assert blocked.n_blocks == 3
    monkeypatch.undo()
    parts = [
        kernel_error(probs[rows], y[rows], bandwidth=0.4) for rows in np.split(np.arange(120), 3)
    ]
    assert blocked.value == pytest.approx(np.mean([part.value for part in parts]))
    assert blocked.se == pytest.approx(np.sqrt(np.sum([part.se**2 for part in parts])) / 3)


def test_memory_chunks_change_nothing(rng, monkeypatch):
    probs, y, _ = simulated(rng, 120)
    whole = kernel_error(probs, y)
    monkeypatch.setattr(kernel, "CHUNK", 500)
    chunked = kernel_error(probs, y)
    assert (chunked.value, chunked.se) == pytest.approx((whole.value, whole.se), rel=1e-10)


def test_sees_what_no_class_shows():
    """Class-wise calibrated, canonically not: each vector always brings one same class.

    The classes' forecasts 0.5 come true half the time; the rows (0.5, 0.5, 0)
    always bring class 0, (0, 0.5, 0.5) class 1, (0.5, 0, 0.5) class 2.
    """
    probs = np.array([[0.5, 0.5, 0], [0, 0.5, 0.5], [0.5, 0, 0.5]] * 40)
    y = np.array([0, 1, 2] * 40)
    assert kernel_error(probs, y, notion="class-wise").value < 0.001
    assert kernel_error(probs, y, bandwidth=0.3).value > 0.1


def test_linear_estimator_depends_on_the_order_only_through_the_pairs(rng):
    probs, y, _ = simulated(rng, 100)
    order = rng.permutation(50)
    shuffled = (np.arange(100).reshape(50, 2)[order, ::-1]).ravel()
    first = kernel_error(probs, y, estimator="linear", bandwidth=0.5).value
    again = kernel_error(probs[shuffled], y[shuffled], estimator="linear", bandwidth=0.5).value
    assert again == pytest.approx(first, abs=1e-15)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"estimator": "quadratic"}, "estimator='quadratic': expected 'unbiased'"),
        ({"bandwidth": 0.0}, "bandwidth=0.0: expected a positive number"),
        ({"notion": "all"}, "notion='all': expected"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ValueError, match=message):
        kernel_error([[0.5, 0.5]] * 3, [0, 1, 0], **options)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_one_row_is_too_few(estimator):
    with pytest.raises(ValueError, match="compares two"):
        kernel_error([[0.5, 0.5]], [0], estimator=estimator)
