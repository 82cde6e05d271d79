"""Studies: files, cells, numbers over replications, findings, and what a cell measures."""

import math

import msgspec
import numpy as np
import pytest
from scipy.stats import binomtest, ttest_1samp

from trifit import theory
from trifit.errors import InputError
from trifit.study import load_study, study_names
from trifit.study.cells import Cell, axes_of, cells_of, longest_first, resolved
from trifit.study.findings import finding
from trifit.study.limits import limiting_value
from trifit.study.measures import measure
from trifit.study.pictures import picture
from trifit.study.points import Point, summarise
from trifit.study.spec import Claim, Figure, study_of
from trifit.words.study import finding_details

SMALL = {
    "name": "small",
    "question": "Does it run?",
    "expects": "Yes.",
    "replications": 2,
    "data": {"world": "softmax", "features": 3, "n_test": 50},
    "model": {"card": "logistic", "chains": 2, "draws": 100},
    "grid": [{"data": {"n": [40, 80]}, "model": {"prior_scale": [0.5, 2.0]}}],
    "quick": {"grid": [{"data": {"n": [40]}}]},
}


CLAIM = {"says": "S", "quantity": "slope", "fit": "mle", "equals": 1.0, "within": 0.1}
FIGURE = {"title": "T", "quantity": "slope", "x": "n", "fits": ["mle"]}


def small(**changed):
    return study_of(SMALL | changed, "study 'small'")


# --- files ---


@pytest.mark.parametrize("name", study_names())
def test_shipped_studies_hold_together(name):
    study = load_study(name)
    for grid in (study, study.quickly()):
        cells = cells_of(grid)
        axes = axes_of(grid, cells)
        assert len({c.key for c in cells}) == len(cells) >= 4
        assert axes
        known = set().union(*(c.settings for c in cells))
        for asked in (*study.figures, *study.claims):
            assert set(asked.where) <= known
        for figure in study.figures:
            assert {figure.x, figure.y or figure.x, figure.panels or figure.x} <= known
    assert study.claims, "every study states what it expects"
    assert study.question.endswith("?")


@pytest.mark.parametrize("name", study_names())
def test_every_claim_speaks_of_points_of_its_grid(name):
    study = load_study(name)
    points, quick = ([Point(c.settings) for c in cells_of(s)] for s in (study, study.quickly()))
    for claim in study.claims:
        assert any(p.agrees(claim.where) for p in points), claim.says
    asked = [c for c in study.claims if any(p.agrees(c.where) for p in quick)]
    assert len(asked) >= 2, "the quick grid answers something too"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"replication": 3}, "unknown field `replication`"),
        ({"grid": []}, "grid is empty"),
        ({"replications": 1}, "1 replications; an interval of a mean needs at least 2"),
        ({"measure": "fit"}, "Invalid enum value 'fit'"),
        ({"seed": -1}, "seed = -1: expected at least 0"),
        ({"grid": [{"data": {"n": []}}]}, "n has no values"),
        ({"grid": [{"data": {"n": [5]}, "model": {"n": [5]}}]}, "'n' is both a data and a model"),
        ({"figures": [{"title": "T", "quantity": "slop", "x": "n"}]}, "no quantity 'slop'"),
        ({"claims": [{"says": "S", "quantity": "slope"}]}, "give one of above, below and equals"),
        (
            {"claims": [{"says": "S", "quantity": "slope", "equals": 1.0}]},
            "equals and within belong together",
        ),
        ({"claims": [CLAIM | {"within": -0.1}]}, "within = -0.1; expected above 0"),
        ({"claims": [CLAIM | {"equals": math.nan}]}, "equals = nan; expected a number"),
        ({"claims": [CLAIM | {"where": {"m": 1}}]}, "claim 'S': no setting 'm'; there are world"),
        ({"figures": [FIGURE | {"x": "N"}]}, "figure 'T': no setting 'N'; there are world"),
        ({"figures": [FIGURE | {"threshold": True}]}, "threshold needs y"),
        ({"figures": [FIGURE | {"y": "n", "panels": "n"}]}, "y excludes panels and theory"),
        ({"summary": "median"}, "2 replications; an interval of a median needs at least 6"),
    ],
)
def test_a_bad_file_is_told_in_one_line(changed, message):
    with pytest.raises(InputError, match=message) as error:
        small(**changed)
    assert str(error.value).startswith("study 'small': ")
    assert "\n" not in str(error.value)


def test_no_such_study(tmp_path):
    with pytest.raises(InputError, match="no such study; shipped are capacity, label-noise"):
        load_study("overconfidense")
    bad = tmp_path / "bad.toml"
    bad.write_text("name = ")
    with pytest.raises(InputError, match="not valid TOML"):
        load_study(bad)


# --- cells ---


def test_ratios_are_resolved():
    assert resolved({"n": 100, "kappa": 0.2}) == {"n": 100, "kappa": 0.2, "features": 20}
    assert resolved({"features": 4, "rows_per_feature": 5})["n"] == 20
    with pytest.raises(InputError, match=r"data\.kappa = 0\.2: give data\.n"):
        resolved({"n": 100, "kappa": 0.2, "features": 3})
    data = {"world": "softmax", "n": 50, "features": 16, "signal": 2.0}
    model = {"card": "logistic", "standardize": False}
    (cell, *_) = cells_of(small(data=data, model=model, grid=[{"model": {"prior_ratio": [3.0]}}]))
    assert cell.model["prior_scale"] == 3.0 * 2.0 / 4.0
    with pytest.raises(InputError, match=r"prior_ratio = 3\.0: the right prior is only known"):
        cells_of(small(grid=[{"model": {"prior_ratio": [3.0]}}]))


def test_models_are_compared_on_the_same_data():
    """Cells that differ in the model share the data's seed; all else has seeds of its own."""
    cells = cells_of(small())
    assert len(cells) == 8
    data, both = ({tuple(c.seeds()[i].generate_state(4)) for c in cells} for i in (0, 1))
    assert (len(data), len(both)) == (4, 8)
    assert [c.data["n"] for c in cells] == 4 * [40] + 4 * [80]
    assert [c.data["n"] for c in longest_first(cells)] == 4 * [80] + 4 * [40]


def test_a_grid_that_grows_keeps_its_cells():
    before = {c.key for c in cells_of(small())}
    wider = small(grid=[{"data": {"n": [160, 80, 40]}, "model": {"prior_scale": [2.0, 0.5]}}])
    assert before < {c.key for c in cells_of(wider)}
    assert not before & {c.key for c in cells_of(small(seed=2))}


# --- numbers over replications ---


def test_over_replications(rng):
    x = rng.normal(size=12)
    found, known = summarise(x, "mean"), ttest_1samp(x, 0).confidence_interval(0.95)
    assert (found.value, found.low, found.high) == pytest.approx((x.mean(), known.low, known.high))
    share = summarise(np.r_[np.ones(3), np.zeros(7)], "mean", trials=1)
    known = binomtest(3, 10).proportion_ci(method="exact")
    assert (share.value, share.low, share.high) == pytest.approx((0.3, known.low, known.high))
    many = summarise(np.ones(15), "mean", trials=20)  # 300 of 300
    assert (many.value, many.low) == (1.0, pytest.approx(0.025 ** (1 / 300)))
    assert summarise(np.array([1.0, np.nan]), "mean").value is None
    assert summarise(np.array([1.0, 2.0, np.nan]), "mean").n == 2
    infinite = summarise(np.array([1.0, 2.0, np.inf]), "mean")
    assert (infinite.value, infinite.low) == (None, None)


def test_intervals_of_medians_hold(rng):
    """Order statistics 2 and 8 of 9 hold the median with 1 - 2 P(Bin(9, 1/2) <= 1) = 0.961."""
    found = summarise(np.arange(9.0), "median")
    assert (found.low, found.value, found.high) == (1.0, 4.0, 7.0)
    few = summarise(np.arange(5.0), "median")  # 0.9375 at best
    assert (few.value, few.low, few.high) == (2.0, -np.inf, np.inf)
    unbounded = summarise(np.full(9, np.inf), "median")
    assert (unbounded.low, unbounded.value) == (np.inf, np.inf)
    runs = [summarise(rng.exponential(size=9), "median") for _ in range(4000)]
    held = np.mean([r.low <= np.log(2) <= r.high for r in runs])
    assert abs(held - 0.9609) < 4 * np.sqrt(0.96 * 0.04 / 4000)


# --- findings ---


def points(**values):
    """One point per value of n, two fits with constant differences."""
    out = []
    for n, x in values.items():
        point = Point({"n": int(n[1:])})
        point.values["bayes", "slope"] = dict(enumerate(x))
        point.values["mle", "slope"] = {i: v - 0.5 for i, v in enumerate(x)}
        out.append(point)
    return out


def outcome(grid, **claim):
    given = {"says": "S", "quantity": "slope", "fit": "bayes"} | claim
    return finding(Claim(**given), grid, "mean", ["n"])


def test_findings():
    narrow = points(n10=[0.99, 1.0, 1.01], n20=[1.19, 1.2, 1.21])
    wide = points(n10=[0.5, 1.0, 1.5])
    assert outcome(narrow, above=0.9).outcome == "as expected"
    assert outcome(narrow, below=0.9).outcome == "contradicted"
    assert outcome(narrow, above=1.1).outcome == "contradicted"  # at n = 10
    assert outcome(narrow, above=1.1, where={"n": 20}).outcome == "as expected"
    assert outcome(wide, above=0.9).outcome == "no clear answer"
    assert outcome(narrow, equals=1.0, within=0.1, where={"n": [10]}).outcome == "as expected"
    assert outcome(narrow, equals=1.0, within=0.1).outcome == "contradicted"
    assert outcome(wide, equals=1.0, within=0.1).outcome == "no clear answer"
    assert outcome(narrow, equals=0.97, within=0.1, where={"n": 10}).outcome == "as expected"
    inside = points(n10=[0.94, 0.95, 0.96])  # clearly off 1, and by less than is claimed
    assert outcome(inside, equals=1.0, within=0.1).outcome == "as expected"
    edge = points(n10=[0.89, 0.9, 0.91])
    assert outcome(edge, equals=1.0, within=0.1).outcome == "no clear answer"
    narrow[0].n_cells = 4
    found = outcome(narrow, above=0.9, where={"n": 10})
    assert found.outcome == "no clear answer"
    assert [(t.found.n, t.n_cells) for t in found.telling] == [(3, 4)]
    assert "from 3 of 4 replications" in finding_details(found)
    paired = points(n10=[0.9, 1.0, 1.1, 0.2])
    found = outcome(paired, minus="mle", equals=0.5, within=1e-6)
    assert found.outcome == "as expected", "differences are paired: theirs do not scatter"
    assert outcome(narrow, above=0.0, where={"n": 30}).outcome == "not in this grid"


def test_a_finding_holds_the_numbers_that_decided():
    grid = points(**{f"n{n}": [0.9, 1.0, 1.1] for n in range(1, 7)})
    found = outcome(grid, equals=1.0, within=0.9)
    assert (found.n_points, found.n_telling, len(found.telling)) == (6, 6, 4)
    first = found.telling[0]
    assert (first.settings, first.wanted, first.found.value) == ({"n": 1}, 1.0, pytest.approx(1.0))
    assert finding_details(found).startswith("6 of 6 points: n 1: 1.00 (")
    assert finding_details(found).endswith("expected 1.00 ± 0.9; and 2 more")


def test_intervals_of_one_claim_hold_together(rng):
    """Twenty true points at level 95 % each would be contradicted in 64 % of studies."""
    outcomes = []
    for _ in range(300):
        grid = points(**{f"n{i}": rng.normal(1.0, 1.0, size=8) for i in range(1, 21)})
        outcomes.append(outcome(grid, equals=1.0, within=0.01).outcome)
    assert np.mean([o == "contradicted" for o in outcomes]) < 0.05 + 4 * np.sqrt(0.05 * 0.95 / 300)


# --- what is drawn ---

SETTING = {
    "world": "softmax", "card": "logistic", "standardize": False, "prior_ratio": 1.0,
    "n": 1000, "kappa": 0.1, "features": 100, "signal": 2.0,
}  # fmt: skip


def test_theory_is_drawn_at_the_points_of_the_grid():
    limit = theory.mle(kappa=0.1, gamma=2.0)
    assert limiting_value(SETTING, "mle", "slope") == limit.slope
    assert limiting_value(SETTING, "mle", "excess") == pytest.approx(limit.log_loss - limit.entropy)
    assert limiting_value(SETTING | {"features": 450}, "mle", "slope") is None  # no MLE there
    scaled = {k: v for k, v in SETTING.items() if k != "prior_ratio"} | {"prior_scale": 0.4}
    right = theory.map(kappa=0.1, gamma=2.0, prior_scale=0.4 / (2.0 / 10.0))
    assert limiting_value(scaled, "map", "alpha") == pytest.approx(right.alpha)
    with pytest.raises(InputError, match="theory: standardize is True; theory covers only"):
        limiting_value(SETTING | {"standardize": True}, "mle", "slope")


def test_a_picture_has_its_points_and_curves():
    grid = []
    for kappa in (0.1, 0.2):
        point = Point(SETTING | {"kappa": kappa, "features": round(1000 * kappa)})
        point.values["mle", "slope"] = {0: 0.5, 1: 0.7}
        grid.append(point)
    study = small()
    drawn = picture(
        study, Figure(title="T", quantity="slope", x="kappa", fits=["mle"], theory=True), grid
    )
    assert drawn.lines[0].x == [0.1, 0.2]
    assert [y.value for y in drawn.lines[0].y] == pytest.approx([0.6, 0.6])
    curve = drawn.curves[0]
    assert curve.x[0] == 0.1
    assert curve.y[0] == pytest.approx(theory.mle(kappa=0.1, gamma=2.0).slope)
    with pytest.raises(InputError, match="several points have n = 1000"):
        picture(study, Figure(title="T", quantity="slope", x="n", fits=["mle"]), grid)


# --- cells that are measured ---


def rows_of(measure_name="fits", model=None, **data):
    given = {"world": "softmax", "features": 3, "n": 200, "n_test": 400} | data
    cell = Cell(measure_name, given, {"card": "logistic"} | (model or {}), 0, 1)
    return {(r.fit, r.quantity): r.value for r in measure(cell)}


def test_a_cell_of_fits():
    model = {"standardize": False, "chains": 2, "draws": 200}
    found = rows_of(model=model, n=20_000, signal=1.0)
    for fit in ("mle", "map", "mean", "bayes"):
        assert found[fit, "alpha"] == pytest.approx(1.0, abs=0.06)  # classical: 1 + O(p / n)
        assert found[fit, "slope"] == pytest.approx(1.0, abs=0.06)
        assert 0 <= found[fit, "excess"] < 0.001
    for name, value in found.items():
        assert np.isfinite(value), name
    assert found["mle", "log_loss"] == pytest.approx(found["", "true_entropy"], abs=0.1)
    assert 0 < found["bayes", "width95"] < 0.1


def test_without_nuts_there_is_no_posterior():
    found = rows_of(model={"nuts": False, "methods": ["laplace"]})
    assert {fit for fit, _ in found} == {"", "mle", "map", "mle+T", "laplace"}


def test_existence_of_the_mle():
    assert rows_of("existence", world="separable", features=2, n=60) == {("mle", "no_mle"): 1.0}
    assert rows_of("existence", n=400, signal=1.0) == {("mle", "no_mle"): 0.0}


def test_tests_find_what_is_far_off():
    def rejected(slope):
        cell = Cell("calibration-tests", {"n": 1000, "classes": 2, "slope": slope}, {}, 0, 1)
        return {r.fit: r.value for r in measure(cell)}

    assert set(rejected(0.3).values()) == {1.0}
    assert set(rejected(1.0)) == {"kernel", "Spiegelhalter", "Hosmer-Lemeshow", "top label"}


def test_cells_are_what_they_say():
    cell = cells_of(small())[0]
    again = msgspec.convert(msgspec.to_builtins(cell), Cell)
    assert (again, again.key) == (cell, cell.key)
