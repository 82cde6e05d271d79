"""Decisions: costs, net benefit, risk against coverage: hand values, definitions, simulations."""

import numpy as np
import pytest

from trifit.clusters import standard_error
from trifit.decisions import Costs, Thresholds, decide, net_benefit, risk_coverage
from trifit.errors import InputError
from trifit.scores import mean_with_se, paired_difference

COSTS = np.array([[1.0, 1.0, 5.0], [0.0, 20.0, 2.0], [3.0, 2.0, 0.0]])


@pytest.fixture
def rows(rng):
    """400 calibrated forecasts of three classes, and labels drawn from them."""
    probs = rng.dirichlet([1, 1, 1], size=400)
    return probs, drawn(probs, rng)


def drawn(probs, rng):
    return (rng.random((len(probs), 1)) > probs.cumsum(axis=1)[:, :-1]).sum(axis=1)


def test_costs_by_hand():
    """Treat: 10 if ill, 4 if healthy; wait: 100 if ill. Expected at 0.05: 4.3 against 5."""
    costs = np.array([[4.0, 10.0], [0.0, 100.0]])
    d = decide(np.array([[0.95, 0.05], [0.99, 0.01], [0.96, 0.04]]), np.array([0, 1, 1]), costs)
    assert d.action.tolist() == [0, 1, 1]
    assert d.promised == pytest.approx([4.3, 1.0, 4.0])
    assert d.came_true.tolist() == [4.0, 100.0, 100.0]
    soft = decide(np.array([[0.95, 0.05]]), np.array([[0.5, 0.5]]), costs)
    assert soft.came_true.tolist() == [7.0]


def test_of_equal_expected_costs_the_first_is_taken():
    assert decide(np.array([[0.5, 0.5]]), np.array([0]), np.eye(2)).action.tolist() == [0]


@pytest.mark.parametrize("factor", [0.25, 8.0])
def test_costs_in_another_unit_are_all_in_that_unit(rows, factor):
    one, other = decide(*rows, COSTS), decide(*rows, factor * COSTS)
    assert (other.action == one.action).all()
    assert other.promised == pytest.approx(factor * one.promised, rel=1e-14)
    assert (other.came_true == factor * one.came_true).all()


def test_a_cost_that_every_action_has_changes_no_action(rows):
    one, other = decide(*rows, COSTS), decide(*rows, COSTS + np.array([7.0, -3.0, 0.5]))
    assert (other.action == one.action).all()


def test_the_order_of_the_classes_does_not_matter(rows):
    (probs, y), order = rows, np.array([2, 0, 1])
    code = np.argsort(order)
    one, other = decide(probs, y, COSTS), decide(probs[:, order], code[y], COSTS[:, order])
    assert (other.action == one.action).all()
    assert other.promised == pytest.approx(one.promised, rel=1e-14)
    assert (other.came_true == one.came_true).all()


def test_no_actions_promise_less_than_the_best_ones(rows):
    """The promised cost is a minimum: it is at most that of any rule."""
    d = decide(*rows, COSTS)
    assert (d.promised <= (rows[0] @ COSTS.T).min(axis=1) + 1e-15).all()
    assert d.promised.mean() < (rows[0] @ COSTS.T).mean(axis=0).min()


def test_calibrated_forecasts_keep_their_promise():
    """Promised minus came true within two errors in 95 % of 500, up to two errors of that share."""
    rng, kept = np.random.default_rng(3), 0
    for _ in range(500):
        probs = rng.dirichlet([0.5, 1, 2], size=300)
        d = decide(probs, drawn(probs, rng), COSTS)
        excess = paired_difference(d.came_true, d.promised)
        kept += abs(excess.value) <= 2 * excess.se
    assert kept / 500 == pytest.approx(0.954, abs=2 * np.sqrt(0.95 * 0.05 / 500))


def test_over_confident_forecasts_do_not():
    rng, broken = np.random.default_rng(4), 0
    for _ in range(50):
        true = rng.dirichlet([1, 1, 1], size=500)
        sharp = true**3 / (true**3).sum(axis=1, keepdims=True)
        d = decide(sharp, drawn(true, rng), COSTS)
        broken += paired_difference(d.came_true, d.promised).low > 0
    assert broken > 45


def published(p, event, t):
    """Vickers & Elkin (2006): counted, not averaged."""
    treated, n = p >= t, len(p)
    tp, fp = np.sum(treated & (event == 1)), np.sum(treated & (event == 0))
    return tp / n - fp / n * (t / (1 - t))


def test_net_benefit_is_that_of_the_paper(rng):
    p = rng.random(1000).round(2)  # thresholds meet probabilities
    event = (rng.random(1000) < p).astype(float)
    grid = Thresholds.of("0.05:0.5").grid
    assert grid == pytest.approx(np.arange(5, 51) / 100, abs=1e-15)
    for prob in (p, np.ones(1000)):
        found = net_benefit(prob, event, grid)
        assert found.value == pytest.approx([published(prob, event, t) for t in grid], abs=1e-12)
    over = net_benefit(p, event, grid, over_all=True)
    both = net_benefit(p, event, grid).value - net_benefit(np.ones(1000), event, grid).value
    assert over.value == pytest.approx(both, abs=1e-12)


def test_net_benefit_by_hand():
    """Ten cases at 0.2: treated 4, ill 2 of them: 0.2 - 0.2 / 4; all: 0.3 - 0.7 / 4."""
    p, event = np.r_[np.full(4, 0.2), np.full(6, 0.19)], np.array([1.0, 1, 0, 0, 1, 0, 0, 0, 0, 0])
    t = np.array([0.2])
    assert net_benefit(p, event, t).value == pytest.approx([0.15], abs=1e-15)
    assert net_benefit(np.ones(10), event, t).value == pytest.approx([0.125], abs=1e-15)
    assert net_benefit(np.zeros(10), event, t).value == [0.0]


def test_bands_of_net_benefit_are_those_of_a_mean(rng):
    p, event, groups = rng.random(60), rng.integers(0, 2, 60).astype(float), np.arange(60) // 5
    rows = (p >= 0.3) * (event - (1 - event) * 0.3 / 0.7)
    for together in (None, groups):
        found, mean = net_benefit(p, event, np.array([0.3]), groups=together), mean_with_se(
            rows, together
        )  # fmt: skip
        assert found.high - found.value == pytest.approx(mean.high - mean.value, rel=1e-4)
    single = net_benefit(p, event, np.array([0.3]), groups=np.arange(60))
    half = single.high - single.value
    assert half == pytest.approx(2.001 * standard_error(rows, np.arange(60)), rel=1e-4)


def test_large_data_are_taken_in_blocks(rng, monkeypatch):
    p, event, grid = rng.random(50), rng.integers(0, 2, 50).astype(float), np.linspace(0.1, 0.9, 7)
    whole = net_benefit(p, event, grid)
    monkeypatch.setattr("trifit.decisions.benefit.BLOCK", 120)
    assert net_benefit(p, event, grid).high == pytest.approx(whole.high, rel=1e-14)


@pytest.mark.parametrize("t", [0.0, 1.0, np.nan])
def test_net_benefit_needs_thresholds_between_0_and_1(t):
    with pytest.raises(ValueError, match="expected between 0 and 1"):
        net_benefit(np.ones(2), np.ones(2), np.array([t]))


def test_risk_by_hand():
    """Errors 0, 1, 0 from the most confident on: risks 0, 1/2, 1/3."""
    found = risk_coverage(np.array([0.5, 0.9, 0.7]), np.array([0.0, 0.0, 1.0]))
    assert found.risk == pytest.approx([0, 1 / 2, 1 / 3])
    assert found.area.value == pytest.approx(5 / 18)
    assert found.at(np.array([0.01, 0.34, 1.0])) == pytest.approx([0, 1 / 2, 1 / 3])


def test_ties_are_the_mean_over_their_orders():
    confidence, error = np.array([0.9, 0.9, 0.9, 0.4]), np.array([1.0, 0.0, 0.0, 1.0])
    noise = np.random.default_rng(1).random((4000, 4)) * 1e-6
    areas = [risk_coverage(confidence + e, error).area.value for e in noise]
    assert risk_coverage(confidence, error).area.value == pytest.approx(np.mean(areas), abs=0.01)


def test_confidence_that_says_nothing_leaves_the_error_rate():
    error = np.array([1.0, 0.0, 0.0, 1.0, 0.0])
    found = risk_coverage(np.full(5, 0.8), error)
    assert found.area.value == pytest.approx(0.4)
    assert found.risk == pytest.approx(np.full(5, 0.4))
    assert found.area.se == pytest.approx(mean_with_se(error).se)


@pytest.mark.parametrize("size", [1, 4], ids=["rows", "groups"])
def test_the_error_of_the_area_is_its_scatter(size):
    """Against the spread over 400 data sets; rows of a group are copies."""
    rng, areas, errors = np.random.default_rng(5), [], []
    for _ in range(400):
        confidence = np.repeat(rng.beta(2, 1, 300).round(2), size)
        error = np.repeat((rng.random(300) > confidence[::size]).astype(float), size)
        groups = None if size == 1 else np.arange(300 * size) // size
        found = risk_coverage(confidence, error, groups).area
        areas.append(found.value)
        errors.append(found.se)
    assert np.mean(errors) == pytest.approx(np.std(areas, ddof=1), rel=0.1)  # its own error: 3.5 %


def test_costs_are_read_by_name(tmp_path):
    file = tmp_path / "c.toml"
    file.write_text(
        'unit = "euro"\n[costs.treat]\nill = 10\nwell = 4\n[costs.wait]\nwell = -1\nill = 9'
    )
    read = Costs.of(file)
    assert (read.unit, read.actions) == ("euro", ("treat", "wait"))
    assert read.matrix(["well", "ill"]).tolist() == [[4, 10], [-1, 9]]
    given = Costs.of({"treat": {"ill": 10, "well": 4}, "wait": {"well": -1, "ill": 9}})
    assert given.costs == read.costs
    assert Costs.of(given) is given
    assert Costs.of({"a": {0: 1, 1: 2}, "b": {0: 0, 1: 3}}).matrix(["0", "1"]).tolist() == [
        [1, 2], [0, 3],
    ]  # fmt: skip


TWO = "[costs.treat]\nill = 1\nwell = 2\n[costs.wait]\n"
WRONG_COSTS = {
    "no action": ("unit = 'euro'", "expected costs by action, then by class"),
    "one action": ("[costs.treat]\nill = 1\nwell = 2", "1 action ('treat'); a decision needs two"),
    "no table": ("costs = 3", "expected costs by action, then by class"),
    "a number": ("costs = {treat = 1, wait = 2}", "expected costs by action, then by class"),
    "another key": ("actions = 1", "'actions' is not known"),
    "not TOML": ("[costs", "is not TOML"),
    "a unit": (f"unit = 3\n{TWO}ill = 1\nwell = 1", "unit = 3; expected a text"),
    "nan": (f"{TWO}ill = nan\nwell = 0", "'wait', class 'ill': cost nan; expected a finite"),
    "infinite": (f"{TWO}ill = inf\nwell = 0", "cost inf; expected a finite number"),
    "a text": (f"{TWO}ill = '3'\nwell = 0", "cost '3'; expected a finite number"),
    "a truth value": (f"{TWO}ill = true\nwell = 0", "cost True; expected a finite number"),
    "a list": (f"{TWO}ill = [1]\nwell = 0", "cost [1]; expected a finite number"),
    "unknown class": (f"{TWO}ill = 1\nwell = 1\nsick = 2", "costs of 'wait': 'sick' is no class"),
    "missing class": (f"{TWO}ill = 1", "costs of 'wait': class 'well' is missing"),
}


@pytest.mark.parametrize("case", WRONG_COSTS)
def test_wrong_costs_get_one_line(case, tmp_path):
    text, says = WRONG_COSTS[case]
    (tmp_path / "c.toml").write_text(text)
    with pytest.raises(InputError) as error:
        Costs.of(tmp_path / "c.toml").matrix(["ill", "well"])
    assert says in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("path", ["nosuch.toml", "."])
def test_a_file_that_cannot_be_read_is_named(path, tmp_path):
    with pytest.raises(InputError, match=r"costs '.*': no such file|cannot be read"):
        Costs.of(tmp_path / path)


def test_thresholds_are_read():
    assert Thresholds.of("a=b=0.1:0.2") == Thresholds(low=0.1, high=0.2, positive="a=b")
    assert Thresholds.of((0.1, 0.2)) == Thresholds.of("0.1:0.2")
    assert Thresholds.of("0.1:0.2").positive_of(["no", "yes"]) == 1
    assert Thresholds.of("no=0.1:0.2").positive_of(["no", "yes"]) == 0


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("0:0.5", "0 < LOW < HIGH < 1"),
        ("0.5:1", "0 < LOW < HIGH < 1"),
        ("0.5:0.1", "0 < LOW < HIGH < 1"),
        ("0.3:0.3", "0 < LOW < HIGH < 1"),
        ("nan:0.3", "0 < LOW < HIGH < 1"),
        ((0.1, 2), "0 < LOW < HIGH < 1"),
        ("0.3", r"expected \[CLASS=\]LOW:HIGH"),
        ("a:b", r"expected \[CLASS=\]LOW:HIGH"),
        ("", r"expected \[CLASS=\]LOW:HIGH"),
        ([0.1, 0.2, 0.3], r"expected \[CLASS=\]LOW:HIGH"),
        (0.3, r"expected \[CLASS=\]LOW:HIGH"),
        ("0.1:0.2", r"with 3 classes say which one is treated \(c=0.1:0.2\)"),
        ("d=0.1:0.2", "'d' is no class; the classes are 'a', 'b', 'c'"),
    ],
)
def test_wrong_thresholds_get_one_line(given, says):
    with pytest.raises(InputError, match=says):
        Thresholds.of(given).positive_of(["a", "b", "c"])
