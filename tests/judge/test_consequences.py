"""Decisions behind the seam: from forecasts to records, dataframe, JSON and words."""

import numpy as np
import pytest

import trifit
from trifit.decisions import Costs, Thresholds, decide
from trifit.errors import InputError
from trifit.forecasts import LOG_ZERO, Forecasts
from trifit.judge.decisions import consequences
from trifit.results import Comparison
from trifit.scores import paired_difference
from trifit.words import decision_sentences

COSTS = {"treat": {"well": 4, "ill": 10}, "wait": {"well": 0, "ill": 100}}
N = 600


@pytest.fixture(scope="module")
def rows():
    """True probabilities, the same with log-odds three times as large, labels."""
    rng = np.random.default_rng(11)
    true = rng.dirichlet([3, 1], size=N)
    sharp = true**3 / (true**3).sum(axis=1, keepdims=True)
    return {"true": true, "sharp": sharp}, (rng.random(N) < true[:, 1]).astype(int)


@pytest.fixture(scope="module")
def comparison(rows):
    asked = {"costs": COSTS, "thresholds": "0.05:0.5"}
    return trifit.evaluate(*rows, class_names=["well", "ill"], **asked)


def test_who_is_over_confident_pays_more_than_was_promised(comparison, rows):
    frame = comparison.decisions()
    assert list(frame.index) == ["true", "sharp", "always treat", "always wait"]
    assert frame.loc["sharp", "excess"] > 3 * frame.loc["sharp", "excess_se"]
    assert abs(frame.loc["true", "excess"]) < 2 * frame.loc["true", "excess_se"]
    probs, y = rows
    matrix = Costs.of(COSTS).matrix(["well", "ill"])
    d = decide(probs["sharp"], y, matrix)
    own = paired_difference(d.came_true, d.promised)
    found = frame.loc["sharp", ["excess", "excess_se"]].tolist()
    assert found == pytest.approx([own.value, own.se], rel=1e-12)
    assert frame.loc["always wait", "came_true"] == pytest.approx(100 * y.mean())
    record = comparison.consequences.costs.contestants["sharp"]
    assert sum(record.actions.values()) == pytest.approx(1)
    assert record.actions["wait"] == np.mean(d.action == 1)


def test_both_orders_of_confidence_are_one(comparison):
    """Sharper forecasts abstain on the same rows."""
    true, sharp = comparison.consequences.abstention.contestants.values()
    assert sharp.risk == true.risk
    assert sharp.area.value == pytest.approx(true.area.value, rel=1e-12)


def test_the_best_net_benefit_is_that_of_the_truth(comparison):
    b = comparison.consequences.net_benefit
    assert (b.positive, len(b.thresholds)) == ("ill", 46)
    means = {name: np.mean(curve.value) for name, curve in b.contestants.items()}
    assert means["true"] > means["sharp"]
    assert 1 not in b.treat_all.clear
    assert comparison.decisions().loc["true", "share_better"] > 0.3
    assert np.mean(b.contestants["true"].clear) == pytest.approx(
        comparison.decisions().loc["true", "share_better"]
    )


def test_words_are_plain(comparison):
    said = decision_sentences(comparison.consequences)
    assert said[1].startswith("sharp promised ")
    assert "more than promised." in said[1]
    assert "not clearly different" in said[0]
    assert said[2].startswith("The best single action for all cases, 'treat', costs ")
    assert "for class 'ill' is clearly above that of treating all and of treating none" in said[3]


def test_json_holds_it_and_trackers_get_it(comparison, tmp_path):
    comparison.to_json(tmp_path / "c.json")
    assert Comparison.from_json(tmp_path / "c.json") == comparison
    metrics = comparison.metrics()
    record = comparison.consequences.costs.contestants["sharp"]
    assert metrics["sharp.cost_excess_se"] == record.excess.se
    assert metrics["true.risk_area"] > 0


def of_arrays(log_probs, y, groups=None):
    costs, thresholds = Costs.of(COSTS), Thresholds.of("0.05:0.5")
    forecasts = Forecasts(log_probs, y, ["well", "ill"], groups)
    return consequences(forecasts, list(log_probs), costs, thresholds)


def test_groups_are_what_errors_count(rows, comparison):
    """Each row four times, as a group: values and errors as of the rows once."""
    probs, y = rows
    four, labels = {"true": np.log(np.repeat(probs["true"], 4, axis=0))}, np.repeat(y, 4)
    once, grouped, naive = (
        comparison.consequences,
        of_arrays(four, labels, np.repeat(np.arange(N), 4)),
        of_arrays(four, labels),
    )

    def numbers(found):
        cost = found.costs.contestants["true"]
        area = found.abstention.contestants["true"].area
        return [cost.promised, cost.came_true, cost.excess, found.costs.always["wait"], area]

    for one, many, free in zip(*map(numbers, (once, grouped, naive)), strict=True):
        assert many.value == pytest.approx(one.value, rel=0.01)
        assert many.se == pytest.approx(one.se, rel=0.02)
        assert free.se == pytest.approx(one.se / 2, rel=0.02)
    a, b = (c.net_benefit.contestants["true"].high for c in (grouped, once))
    assert a == pytest.approx(b, abs=1e-3)


def test_soft_labels_that_are_certain_are_labels(rows, comparison):
    probs, y = rows
    soft = of_arrays({name: np.log(p) for name, p in probs.items()}, np.eye(2)[y])
    assert soft.costs.contestants == comparison.consequences.costs.contestants
    assert soft.net_benefit == comparison.consequences.net_benefit
    assert soft.abstention == comparison.consequences.abstention


def test_an_infinite_log_loss_has_a_finite_cost():
    certain = np.tile([0.0, LOG_ZERO], (40, 1))
    found = of_arrays({"model": certain}, np.array([0, 1] * 20))
    record = found.costs.contestants["model"]
    assert (record.promised.value, record.came_true.value) == (0.0, 50.0)
    assert found.abstention.contestants["model"].area.value == pytest.approx(0.5)
    assert decision_sentences(found)[0].startswith("model promised 0.0 per case; it was 50.0 ± ")


def test_members_decide_too(rows):
    probs, y = {name: p[:60] for name, p in rows[0].items()}, rows[1][:60]
    guess = {"0": {0: 0, 1: 1}, "1": {0: 1, 1: 0}}
    c = trifit.evaluate_draws(np.stack(list(probs.values())), y, costs=guess)
    assert list(c.consequences.costs.contestants) == list(c.contestants)


def test_nothing_is_said_unasked(rows):
    probs, y = rows
    c = trifit.evaluate(probs["true"][:60], y[:60])
    assert c.consequences is None
    with pytest.raises(InputError, match="no decisions: give costs or thresholds"):
        c.decisions()


def test_one_of_many_classes_is_treated_by_name():
    rng = np.random.default_rng(2)
    probs = rng.dirichlet([1, 1, 1], size=90)
    y = rng.integers(0, 3, 90)
    names = ["a", "b", "c"]
    c = trifit.evaluate(probs, y, class_names=names, thresholds="a=0.2:0.4")
    two = np.column_stack([1 - probs[:, 0], probs[:, 0]])
    d = trifit.evaluate(two, (y == 0).astype(int), thresholds=(0.2, 0.4))
    assert c.consequences.net_benefit.contestants == d.consequences.net_benefit.contestants
    with pytest.raises(InputError, match="with 3 classes say which one is treated"):
        trifit.evaluate(probs, y, class_names=names, thresholds="0.2:0.4")
