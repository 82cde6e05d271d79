"""Learning curves: how many rows are enough for each fit, and the command that says so."""

import json
import re
import runpy
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner
from scipy.optimize import brentq

import trifit
from made_up_study import made_up_study
from trifit import theory
from trifit.cards import load_card
from trifit.cli import main
from trifit.data import load_dataset
from trifit.errors import InputError
from trifit.report.study import render_study
from trifit.results.study import Replicated, RowsNeeded
from trifit.simulate import simulate
from trifit.study.curve import NUTS_LIMIT, curve_study, default_sizes, sampling_size
from trifit.study.needed import BAND, of_points, rows_needed
from trifit.study.points import Point
from trifit.study.theory_curve import (
    directions,
    is_linear,
    nearly_uncorrelated,
    with_curves,
    with_theory,
)
from trifit.words.needed import needed_sentence, unchecked_sentence

SIZES = [50, 100, 200, 400]


def slopes(means, sd=0.0, n=10, seed=0):
    """Replications of a curve, with a common error of each."""
    shift = sd * np.random.default_rng(seed).standard_normal((n, 1))
    return np.array(means) + shift - shift.mean()


def needed(means, sd=1e-6, shared=0.0, **more):
    return answer("mle", SIZES, slopes(means, sd, **more), shared)


def answer(fit, sizes, curve, shared=0.0, summary="median"):
    return rows_needed(fit, sizes, curve, np.full(len(sizes), shared), summary)


def law(c):
    return np.exp(-c / np.array(SIZES, dtype=float))


# --- the number ---


@pytest.mark.parametrize("c", [100.0, 200.0, 260.0])
def test_the_law_of_the_inverse_rows_is_continued_exactly(c):
    found = needed(law(c))
    assert found.outcome == "extrapolated"
    assert found.rows == pytest.approx(c / BAND, rel=1e-4)
    assert 400 <= found.low < found.rows < found.high


def test_under_confident_curves_are_judged_alike():
    over, under = needed(law(150.0)), needed(1 / law(150.0))
    assert under.outcome == "extrapolated"
    assert under.rows == pytest.approx(over.rows, rel=1e-3)


def test_an_entry_between_two_sizes_is_read_off_the_curve():
    found = needed([0.5, np.exp(-2 * BAND), 1.0, 1.0])  # |log slope| halves to 0: band at the half
    assert found.outcome == "seen"
    assert found.rows == pytest.approx(np.sqrt(100 * 200), rel=1e-4)


def test_the_last_entry_counts():
    assert 200 < needed([1.0, 1.0, 0.5, 1.0]).rows < 400
    assert needed([0.9, 0.95, 1.0, 1.1]) == RowsNeeded(
        fit="mle", outcome="from the first", smallest=50, largest=400, rows=50, low=50, high=50,
        slopes=40,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("means", "outcome"),
    [
        ([0.1, 0.2, 0.3, 0.45], "too far"),
        ([0.7, 0.7, 0.7, 0.7], "levels off"),
        ([0.75, 0.74, 0.72, 0.7], "levels off"),
        ([0.5, 0.9, 1.0, np.nan], "undetermined"),
        ([0.5, 0.9, np.nan, 0.7], "undetermined"),
    ],
)
def test_where_no_number_can_be_said(means, outcome):
    found = needed(means)
    assert (found.outcome, found.rows, found.high) == (outcome, None, None)


def test_sizes_with_missing_slopes_are_never_enough():
    curve = slopes([0.9, 1.0, 1.0, 1.0], 1e-6)
    curve[3, 0] = curve[5, 1] = np.nan
    found = answer("mle", SIZES, curve)
    assert (found.outcome, found.rows, found.smallest) == ("from the first", 200, 200)
    assert (found.missing, found.slopes) == (2, 40)
    assert needed_sentence(found).startswith(
        "MLE: 200 rows, the fewest that count. No slope was found for 2 of 40 "
    )


def test_the_lower_limit_is_that_of_the_interval():
    found = needed([0.1, 0.2, 0.3, 0.45], sd=0.4, shared=0.1)
    assert found.outcome == "too far"
    assert found.low < 400
    assert needed_sentence(found).startswith(
        "MLE: cannot be said. The slope at 400 rows is too far"
    )


@pytest.mark.parametrize("gamma", [1.0, 2.0, 3.0])
def test_the_lower_limit_holds_in_theory_where_the_slope_is_far_from_one(gamma):
    def rows(slope):
        """Rows per feature at which the MLE has this slope."""
        found = brentq(lambda k: theory.mle(kappa=k, gamma=gamma).slope - slope, 0.005, 0.24)
        return 1 / found

    far = 0.3
    found = needed([0.01, 0.05, 0.1, far])
    assert found.outcome == "too far"
    assert 400 < found.low < 400 * rows(0.8) / rows(far)
    assert needed([0.001, 0.005, 0.01, 0.02]).low == pytest.approx(found.low)


def test_the_slope_of_a_fit_with_a_temperature_is_not_continued():
    curve = slopes([900.0, 40.0, 6.0, 2.0], 1e-6)
    found = answer("mle+T", SIZES, curve)
    assert (found.outcome, found.rows, found.low, found.high) == ("no law", None, 400.0, None)
    assert needed_sentence(found) == (
        "MLE with a temperature: cannot be said. The slope at 400 rows is outside 0.8 to 1.25, "
        "and the curve of a fit with a temperature cannot be continued to more rows."
    )
    inside = answer("mle+T", SIZES, slopes([2.0, 1.5, 1.0, 1.0], 1e-6))
    assert inside.outcome == "seen"
    assert inside.high <= 400


def test_no_size_at_half_of_the_largest_is_no_levelling_off():
    sizes, curve = [300, 400], slopes([0.6, 0.7], 1e-6)
    assert answer("mle", sizes, curve).outcome == "extrapolated"


def test_replications_that_share_a_table_approach_less_clearly():
    curve = slopes([0.6, 0.62, 0.65, 0.7], 1e-6) + 0.03 * np.random.default_rng(1).normal(
        size=(10, 4)
    )
    outcomes = [answer("mle", SIZES, curve, s).outcome for s in (0.0, 0.5)]
    assert outcomes == ["extrapolated", "levels off"]


def test_a_table_that_is_shared_widens_the_interval():
    own, shared = (needed(law(150.0), sd=0.03, shared=s) for s in (0.0, 0.5))
    assert own.rows == shared.rows
    assert shared.low <= own.low < own.rows < own.high < shared.high


def test_wide_errors_leave_no_upper_limit():
    found = needed(law(200.0), sd=0.2, shared=0.5)
    assert found.outcome == "extrapolated"
    assert found.high is None
    assert "no upper limit" in needed_sentence(found)


@pytest.mark.parametrize(("fit", "signal"), [("mle", 1.0), ("mle", 2.0), ("map", 2.0)])
def test_the_theorys_curves_follow_the_law(fit, signal):
    """Independent source: the rows from the limit theory's slopes at up to 500 rows."""
    extra = {"prior_scale": 2.5 * np.sqrt(20) / signal} if fit == "map" else {}

    def slope(n):
        return getattr(theory, fit)(kappa=20 / n, gamma=signal, **extra).slope

    sizes = [125, 250] if signal > 1 else [150, 300]
    curve = np.tile([slope(n) for n in sizes], (3, 1)) + 1e-9 * np.arange(3)[:, None]
    found = answer(fit, sizes, curve, summary="mean")
    assert slope(found.rows) == pytest.approx(0.8, abs=0.015)


def test_one_training_set_of_ten_without_an_mle_does_not_decide():
    curve = slopes([0.9, 0.9, 0.9, 0.9], 0.01)
    curve[7] = 0.0
    assert answer("mle", SIZES, curve).outcome == "from the first"
    assert answer("mle", SIZES, curve, summary="mean").outcome == "from the first"
    curve[6] = 0.0
    assert answer("mle", SIZES, curve).outcome == "from the first"
    assert answer("mle", SIZES, curve, summary="mean").outcome == "levels off"


@pytest.mark.parametrize(
    ("replications", "summary", "between"), [(10, "median", (200, 400)), (3, "mean", (100, 200))]
)
def test_the_number_is_read_off_the_summary_that_the_figures_draw(replications, summary, between):
    data = simulate("softmax", n=400, features=4, seed=3)
    study = curve_study(data, {}, model={"card": "logistic"}, replications=replications)
    assert study.summary == summary
    skewed = 0.3 * np.linspace(0, 1, replications) ** 4
    points = [
        Point({"n": n}, {("map", "slope"): dict(enumerate(least + skewed))}, replications)
        for n, least in zip(SIZES, [0.5, 0.6, 0.72, 0.9], strict=True)
    ]
    (found,) = of_points(points, tables=None, summary=study.summary)
    drawn = [p.summarise("map", "slope", study.summary).value for p in points]
    assert [n for n, y in zip(SIZES, drawn, strict=True) if y < 0.8][-1] == between[0]
    assert between[0] < found.rows < between[1]


@pytest.mark.slow
@pytest.mark.parametrize("kind", [(10, 2.0, 300), (5, 1.0, 200)])
def test_intervals_hold_the_true_number_in_simulated_tables(kind):
    """The promise: at least 90 of 100, of tables for which a number is said."""
    tool = runpy.run_path(str(Path(__file__).parents[2] / "tools" / "curve_coverage.py"))
    true, found = tool["answers"](*kind, "mle", 100)
    said = [f for f in found if f.rows is not None]
    assert len(said) >= 25
    assert np.mean([tool["holds"](f, true) for f in said]) >= 0.9


# --- the study ---


def test_sensible_sizes():
    data = simulate("softmax", n=1000, features=20, seed=1)
    assert default_sizes(data) == ([20, 38, 72, 138, 263, 500], 500)
    sizes, n_test = default_sizes(load_dataset("digits"))
    assert (len(sizes), sizes[-1], n_test) == (6, 898, 899)
    rare = replace(data, y=(np.arange(1000) < 40).astype(int))
    assert default_sizes(rare)[0][0] == 75, "three rows of the rarer class are expected"
    with pytest.raises(InputError, match="300 rows are too few for a learning curve"):
        default_sizes(replace(rare, X=rare.X[:300], y=(np.arange(300) < 4).astype(int),
                              true_probs=None))  # fmt: skip


def test_the_posterior_is_sampled_where_that_is_quick():
    small, large = load_dataset("iris"), load_dataset("digits")
    assert sampling_size(large, large.n_obs // 2) == 898 * 64 * 10 > NUTS_LIMIT
    assert sampling_size(large, 40) == 40 * 40 * 10  # wide: sampled in the span of its rows
    studies = [curve_study(d, {}, model={"card": "softmax"}) for d in (small, large)]
    assert [s.model["nuts"] for s in studies] == [True, False]
    assert studies[1].model["methods"] == ["laplace"]
    assert "bayes" in studies[0].figures[0].fits
    assert "laplace" in studies[1].figures[0].fits


def test_linear_models_are_known_by_their_builders():
    cards = {
        name: load_card(name)
        for name in ("logistic", "softmax", "probit", "softmax-tanh", "network")
    }
    assert [name for name, card in cards.items() if is_linear(card)] == ["logistic", "softmax"]
    own = msgspec.structs.replace(cards["logistic"], name="mine")
    assert is_linear(own)


@pytest.mark.parametrize(
    ("fit", "scale", "unchecked"),
    [("map", "auto", True), ("map", 2.5, False), ("mle", "auto", False)],
)
def test_the_law_is_unchecked_where_every_training_set_chooses_its_prior(fit, scale, unchecked):
    card = load_card("logistic").with_overrides({"prior_scale": scale})
    extrapolated = RowsNeeded(**BASE | {"fit": fit}, outcome="extrapolated", rows=900, low=700)
    record = msgspec.structs.replace(made_up_study(), rows_needed=[extrapolated])
    points = [SimpleNamespace(settings={"classes": 2})]
    assert with_theory(record, points, None, card).unchecked == unchecked


def test_directions_are_the_rank_of_the_features():
    X = np.random.default_rng(0).normal(size=(50, 3))
    dummies = np.eye(3)[np.arange(50) % 3]
    holes = np.where(np.arange(50)[:, None] % 7 == 0, np.nan, X[:, :1])
    assert directions(np.hstack([X, dummies])) == 5
    assert directions(np.hstack([X, holes])) == 4


def test_a_prior_has_a_theory_curve_only_where_features_are_uncorrelated(run):
    record, _, data = run
    slope = next(p for p in record.pictures if p.quantity == "calibration slope")
    shared = data.X + 2 * data.X[:, :1]
    card = load_card("logistic").with_overrides({"prior_scale": 2.5})
    for X, of, fits in (
        (data.X, card, ["mle", "map"]),
        (shared, card, ["mle"]),
        (data.X, load_card("logistic"), ["mle"]),  # every size chooses its own scale
    ):
        assert [c.name for c in with_curves(slope, record.signal, X, of).curves] == fits
    dummies = np.eye(3)[np.arange(400) % 3]
    assert nearly_uncorrelated(data.X)
    assert not nearly_uncorrelated(np.hstack([dummies, dummies[:, :2]]))


FIXED = {"model": "logistic", "overrides": {"prior_scale": 2.5}}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("curve") / "c"
    data = replace(simulate("softmax", n=400, features=4, signal=1.5, seed=3), name="made")
    record = trifit.learning_curve(
        data, **FIXED, folder=folder, sizes=[40, 90, 200], replications=3, nuts=False,
        backend="serial",
    )  # fmt: skip
    return record, folder, data


def test_a_learning_curve_of_rows_in_memory(run):
    record, folder, _ = run
    assert (record.n_cells, record.n_failed) == (9, 0)
    assert [r.fit for r in record.rows_needed] == ["mle", "map", "mle+T"]
    assert record.signal.low < record.signal.value < record.signal.high
    slope = next(p for p in record.pictures if p.quantity == "calibration slope")
    assert {c.name for c in slope.curves} == {"mle", "map"}
    assert max(slope.curves[0].x) == pytest.approx(200)
    page = (folder / "index.html").read_text()
    assert all(needed_sentence(r).split(":")[0] in page for r in record.rows_needed)
    assert "How many training rows are enough?" in page


def test_it_resumes_and_its_file_says_which_rows_they_are(run):
    record, folder, data = run
    again = trifit.learning_curve(
        data, **FIXED, folder=folder, sizes=[40, 90, 200], replications=3, nuts=False,
        backend="serial", resume=True,
    )  # fmt: skip
    assert again.rows_needed == record.rows_needed
    assert again.seconds == record.seconds, "no cell was computed again"
    text = (folder / "study.toml").read_text()
    assert "rows_needed = true" in text
    assert f'table = "{next(iter(folder.glob("tables/*"))).stem}"' in text


def test_the_command(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    x, where = rng.normal(size=120), rng.choice(["a", "b"], 120)
    y = np.where(x + rng.logistic(size=120) > 0, "yes", "no")
    file = tmp_path / "t.csv"
    rows = [f"{i + 1},{'' if i % 20 == 0 else x[i]},{where[i]},{y[i]}" for i in range(120)]
    file.write_text("\n".join(["rownames,x,where,y", *rows]) + "\n")
    call = ["curve", str(file), "--target", "y", "--missing", "impute", "--no-nuts"]
    call += ["--sizes", "30,60", "--replications", "3", "--backend", "serial"]
    monkeypatch.setattr(sys, "argv", ["trifit", *call])
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, [*call, "--json"])
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert [r["fit"] for r in said["rows_needed"]] == ["mle", "map", "mle+T"]
    assert Path(said["report"]) == Path("reports/curve-t/index.html")
    assert [note["kind"] for note in said["notes"]] == ["row numbers", "imputed"]
    drawn = CliRunner().invoke(main, ["report", "reports/curve-t"])
    assert "\nnote: left out row numbers: 'rownames'" in drawn.output
    page = Path(said["report"]).read_text()
    assert page.count('<p class="note">Note: ') == 2
    refused = CliRunner().invoke(main, call)
    assert refused.exit_code == 2
    assert "--resume to continue" in refused.output


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (["iris", "--sizes", "ten"], "--sizes 'ten': expected whole numbers"),
        (["iris", "--sizes", "140,149"], "data.n = 149: with 2 held-out rows"),
        (["iris", "--sizes", "60"], "--sizes 60: give two or more sizes"),
        (["iris", "--sizes", "60,60"], "--sizes 60: give two or more sizes"),
        (["iris", "--sizes", "1,60"], "--sizes 1: expected a whole number of at least 2"),
        (["iris", "--methods", "magic"], "magic"),
        (["iris", "--target", "y"], "is bundled and complete"),
    ],
)
def test_bad_input_is_one_line(call, message, tmp_path):
    done = CliRunner().invoke(main, ["curve", *call, "--out", str(tmp_path / "c"), "--no-nuts"])
    assert done.exit_code == 2, done.output
    (line,) = [x for x in done.stderr.splitlines() if x.startswith("trifit:")]
    assert re.search(message, line)


def test_training_sets_without_an_mle_are_counted_by_size():
    def point(n, gone):
        values = {("mle", "no_mle"): dict(enumerate(gone)), ("mle", "slope"): {0: 1.0, 1: 1.0}}
        return Point(settings={"n": n}, values=values, n_cells=2)

    def answer(*points):
        (found,) = of_points(points, tables=None, summary="mean")
        return found.separable, found.separable_up_to

    assert answer(point(20, [1, 1]), point(50, [0, 1]), point(90, [0, 0])) == (3, 50)
    assert answer(point(20, [0, 0]), point(50, [0, 0])) == (0, None)


def test_what_lies_beyond_the_ends_of_an_axis_is_drawn_there():
    record = made_up_study()
    (first, *others) = record.pictures
    (low, *rest) = first.lines
    far = Replicated(value=2_500.0, low=-7.0, high=9_000.0, n=8)
    lines = [msgspec.structs.replace(low, y=[far, low.y[1]]), *rest]
    cut = msgspec.structs.replace(first, lines=lines, ends=(-0.5, 3.0))
    page = render_study(msgspec.structs.replace(record, pictures=[cut, *others]))
    assert "What lies beyond -0.5 and 3 is drawn there." in page
    assert "2500" in page or "2,500" in page  # the number can still be read
    assert ">2000<" not in page  # no tick of an axis that reaches so far
    assert "What lies beyond" not in render_study(record)


# --- words ---

BASE = {"fit": "bayes", "smallest": 20, "largest": 500}


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        ({"outcome": "from the first", "rows": 20, "low": 20, "high": 20},
         "Posterior: 20 rows, the fewest tried."),
        ({"outcome": "from the first", "rows": 20, "low": 20, "high": 86.4},
         "Posterior: 20 rows, the fewest tried; the interval reaches up to 86."),
        ({"outcome": "seen", "rows": 231.0, "low": 20, "high": 412.0},
         "Posterior: about 230 rows (95% interval: at most 410)."),
        ({"outcome": "extrapolated", "rows": 893.0, "low": 610, "high": None},
         "Posterior: about 890 rows (at least 610; no upper limit), extrapolated beyond the "
         "largest training set (500)."),
        ({"outcome": "seen", "rows": 231.0, "low": 120, "high": 412.0, "separable": 26,
          "separable_up_to": 101, "slopes": 60},
         "Posterior: about 230 rows (95% interval 120 to 410). No MLE exists for 26 of 60 training "
         "sets (of up to 101 rows); their slopes are those where the optimiser stopped."),
        ({"outcome": "too far", "low": 600},
         "Posterior: more than 600 rows. The slope at 500 rows is too far from 1 to say how many."),
    ],
)  # fmt: skip
def test_sentences(found, sentence):
    assert needed_sentence(RowsNeeded(**BASE, **found)) == sentence


def test_the_page_has_the_answers_only_where_they_were_asked():
    record = made_up_study()
    assert "How many training rows" not in render_study(record)
    answers = [RowsNeeded(**BASE | {"fit": "</script>"}, outcome="levels off")]
    unchecked = msgspec.structs.replace(record, rows_needed=answers, unchecked=True)
    assert unchecked_sentence(unchecked) == ""
    extrapolated = [RowsNeeded(**BASE, outcome="extrapolated", rows=900, low=700)]
    unchecked = msgspec.structs.replace(unchecked, rows_needed=extrapolated)
    assert "a law that is unchecked for this model" in unchecked_sentence(unchecked)
    page = render_study(msgspec.structs.replace(record, rows_needed=answers))
    assert "How many training rows" in page
    assert "&lt;/script&gt;: cannot be said" in page
    assert "unchecked for this model" not in page
    unchecked = msgspec.structs.replace(record, rows_needed=answers, unchecked=True)
    assert "unchecked for this model" in render_study(unchecked)
