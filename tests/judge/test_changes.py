"""Paired differences of two runs: hand values, a jackknife, and the rate of false alarms."""

import math

import numpy as np
import pytest
from scipy.special import expit, log_softmax

from trifit.calibration import slope_difference, slope_intercept
from trifit.forecasts import Forecasts, log_of
from trifit.judge import judged, scores
from trifit.judge.changes import change
from trifit.results.diff import Condition
from trifit.scores import paired_difference

REPETITIONS = 500


def found(a, b, y, groups=None):
    """The change from probabilities a to b, named net."""
    runs = [Forecasts({"net": log_of(p)}, y, ("no", "yes"), groups) for p in (a, b)]
    each = [
        judged(f, "net", scores(f, np.random.default_rng(1))["net"], np.random.default_rng(1))
        for f in runs
    ]
    return change(*runs, "net", *each)


def two(p):
    return np.column_stack([1 - np.asarray(p), p])


@pytest.fixture
def world(rng):
    """Log-odds (n,) and labels drawn from them."""
    logits = 1.5 * rng.normal(size=240)
    return logits, (rng.random(240) < expit(logits)).astype(int)


def test_hand_values():
    """Losses at the label: ln 2 on every row before; ln 1.25 and ln 5 (one of four) after."""
    a, b = two([0.5] * 4), two([0.2, 0.2, 0.8, 0.2])
    y = np.array([0, 0, 1, 1])
    changed = found(a, b, y)
    gain, loss = math.log(1.25 / 2), math.log(5 / 2)
    assert changed.log_loss.difference.value == pytest.approx((3 * gain + loss) / 4)
    assert changed.log_loss.difference.se == pytest.approx((loss - gain) / 4)  # sd / sqrt(4)
    assert changed.brier.difference.value == pytest.approx((3 * 0.08 + 1.28) / 4 - 0.5)
    assert changed.slope.difference is None, "a constant forecast has no slope"
    assert changed.interval("slope") is None


def test_the_second_run_minus_the_first(world):
    logits, y = world
    a, b = two(expit(logits)), two(expit(2 * logits))
    there, back = found(a, b, y), found(b, a, y)
    for measure in ("log_loss", "brier", "slope"):
        one, other = (changed.paired[measure].difference for changed in (there, back))
        assert one.value == pytest.approx(-other.value)
        assert one.se == pytest.approx(other.se)
    assert there.log_loss.difference.value > 0
    assert there.slope.difference.value == pytest.approx(-there.slope.a.value / 2)
    assert (there.verdict_a, there.verdict_b) == (back.verdict_b, back.verdict_a)


def test_the_error_of_two_slopes_is_the_jackknifes(world, rng):
    """An independent source: every row left out once."""
    logits, y = world
    a = log_softmax(np.column_stack([0 * logits, logits + 0.3 * rng.normal(size=240)]), axis=1)
    b = log_softmax(np.column_stack([0 * logits, 1.4 * logits]), axis=1)
    difference = slope_difference(a, b, y)

    def slopes(rows):
        one, other = (slope_intercept(np.exp(p[rows]), y[rows]).slope for p in (a, b))
        return other - one

    everyone = np.arange(240)
    without = np.array([slopes(np.delete(everyone, i)) for i in everyone])
    jackknife = math.sqrt(239 / 240 * ((without - without.mean()) ** 2).sum())
    assert difference.value == pytest.approx(slopes(everyone))
    assert difference.se == pytest.approx(jackknife, rel=0.1)
    apart = [slope_intercept(np.exp(p), y).se for p in (a, b)]
    assert difference.se < 0.7 * math.hypot(*apart), "paired"


def test_slopes_of_soft_labels_and_classes_agree(world):
    logits, y = world
    a, b = (log_softmax(np.column_stack([0 * logits, c * logits]), axis=1) for c in (1.0, 0.5))
    assert slope_difference(a, b, np.eye(2)[y]) == slope_difference(a, b, y)


def test_groups_are_counted_instead_of_rows(world):
    """Every row copied once and declared a group: the error is that without the copies."""
    logits, y = world
    a, b = two(expit(logits)), two(expit(1.3 * logits))
    once = found(a, b, y)
    twice = found(np.repeat(a, 2, axis=0), np.repeat(b, 2, axis=0), np.repeat(y, 2),
                  np.repeat(np.arange(240), 2))  # fmt: skip
    for measure in ("log_loss", "brier", "slope"):
        assert twice.paired[measure].difference.se == pytest.approx(
            once.paired[measure].difference.se
        )
        assert twice.interval(measure).high > once.interval(measure).high, "Student's t"


@pytest.mark.parametrize(
    ("a", "b", "infinite", "value"),
    [
        ([0.5, 0.5], [1.0, 0.5], "+∞", math.inf),
        ([1.0, 0.5], [0.5, 0.5], "−∞", -math.inf),
        ([1.0, 0.5], [0.5, 0.0], "∞ − ∞", None),
        ([1.0, 0.5], [1.0, 0.4], "", math.log(0.5 / 0.4) / 20),
    ],
)
def test_labels_that_one_run_rules_out(a, b, infinite, value):
    """Rows that both rule out cancel."""
    y = np.array([0, 1] * 10)
    same = [0.3, 0.6] * 9
    changed = found(two(a + same), two(b + same), y)
    assert changed.infinite == infinite
    interval = changed.interval("log_loss")
    assert (interval and interval.value) == (value if value is None else pytest.approx(value))
    for text, met in ((">", value == math.inf), ("<", value == -math.inf)):
        if interval is not None:
            assert Condition.parse(f"net.log_loss {text} 0").holds(interval) == met


def failures(difference, groups=None):
    """How many repetitions (columns of differences) fail ``> 0``, and how many ``< 0``."""
    zero = np.zeros(len(difference))
    intervals = [paired_difference(column, zero, groups) for column in difference.T]
    return [
        sum(Condition.parse(f"net.log_loss {sign} 0").holds(i) for i in intervals) for sign in "><"
    ]


def losses(logits, y):
    return np.logaddexp(0, np.where(y, -logits, logits))


def test_nothing_changed_fails_at_the_stated_rate(rng):
    """500 repetitions of two forecasts whose expected log-loss is equal: 2.5 % on either side."""
    n, error = 400, 3 * math.sqrt(REPETITIONS * 0.025 * 0.975)
    logits = 1.5 * rng.normal(size=(n, REPETITIONS))
    y = rng.random(logits.shape) < expit(logits)
    a, b = (losses(logits + 0.5 * rng.normal(size=logits.shape), y) for _ in "ab")
    for failed in failures(b - a):
        assert abs(failed - 0.025 * REPETITIONS) < error
    worse = losses(logits + 1.3 * rng.normal(size=logits.shape), y)
    failed, other = failures(worse - a)
    assert failed > 0.9 * REPETITIONS
    assert other == 0


def test_groups_fail_at_the_stated_rate(rng):
    """20 groups of 20 rows, each with a common error of its own."""
    of_row, error = np.repeat(np.arange(20), 20), 3 * math.sqrt(REPETITIONS * 0.025 * 0.975)
    logits = 1.5 * rng.normal(size=(20, REPETITIONS))[of_row]
    y = rng.random(logits.shape) < expit(logits)
    a, b = (losses(logits + rng.normal(size=(20, REPETITIONS))[of_row], y) for _ in "ab")
    for failed in failures(b - a, of_row):
        assert abs(failed - 0.025 * REPETITIONS) < error
    assert sum(failures(b - a)) > 2 * 0.05 * REPETITIONS, "rows are not independent"
