"""Rows that belong together, rows in time, rows that count several times."""

import numpy as np
import pytest
from scipy.special import expit, log_softmax

import trifit
from trifit.calibration import binned_error, class_bias, consistency, slope_intercept
from trifit.calibration.tests import kernel
from trifit.clusters import dealt, standard_error
from trifit.data import choose_split
from trifit.elpd import elpd, mean_interval, probability_better
from trifit.errors import InputError
from trifit.fit.folds import inner_folds
from trifit.forecasts import Forecasts
from trifit.judge import judged, scores
from trifit.notes import NoteKind
from trifit.recalibration import recalibration_gain
from trifit.results import Verdict
from trifit.types import Dataset, Rows

TIMES = 4


@pytest.fixture(scope="module")
def rows():
    """Forecasts for 300 independent rows and their labels."""
    rng = np.random.default_rng(7)
    logits = 1.5 * rng.normal(size=(300, 3))
    log_probs = log_softmax(logits, axis=1)
    true = np.exp(log_softmax(0.6 * logits, axis=1))
    y = (true.cumsum(axis=1) < rng.random((300, 1))).sum(axis=1)
    return log_probs, y


def repeated(rows):
    """Each row four times, and the group that its copies are."""
    log_probs, y = rows
    return (
        np.repeat(log_probs, TIMES, axis=0),
        np.repeat(y, TIMES),
        np.repeat(np.arange(len(y)), TIMES),
    )


# --- copies of a row say no more than the row ------------------------------------------


def test_standard_error_of_copies_is_that_of_the_rows(rows):
    x = rows[0][:, 0]
    copies, single = np.repeat(x, TIMES), np.arange(len(x))
    plain = x.std(ddof=1) / np.sqrt(len(x))
    assert standard_error(x, single) == pytest.approx(plain, rel=1e-12)
    assert standard_error(copies, np.repeat(single, TIMES)) == pytest.approx(plain, rel=1e-12)


def test_every_number_of_copies_is_that_of_the_rows(rows):
    log_probs, y = rows
    many, labels, groups = repeated(rows)
    single = np.arange(len(y))

    def each(lp, labels, groups):
        p = np.exp(lp)
        slope = slope_intercept(p, labels, groups=groups)
        error = binned_error(p, labels, debiased=True, groups=groups)
        bias = class_bias(p, labels, groups=groups)
        return {
            "slope": (slope.slope, slope.se, *slope.intercepts_se),
            "elpd": elpd(lp, labels, groups).se / elpd(lp, labels, groups).value,
            "calibration error": (error.value, error.se, error.low, error.high),
            "odds": (*bias.odds_low, *bias.odds_high),
            "test": kernel(p, labels, groups=groups, seed=1).p_value,
            "band": consistency(
                p[:, 0], outcome=(labels == 0).astype(float), groups=groups, seed=1
            ).upper,
            "interval": mean_interval(-lp[:, 0], groups=groups, seed=1),
            "better": probability_better(lp[:, 0], lp[:, 1], groups=groups, seed=1),
        }

    a, b = each(log_probs, y, single), each(many, labels, groups)
    for name, value in a.items():
        np.testing.assert_allclose(b[name], value, rtol=1e-7, atol=1e-9, err_msg=name)


def test_independent_rows_have_narrower_intervals_than_groups_of_copies(rows):
    many, labels, groups = repeated(rows)
    p = np.exp(many)
    assert slope_intercept(p, labels).se < 0.6 * slope_intercept(p, labels, groups=groups).se
    gain = recalibration_gain(many, labels, groups=groups)
    assert recalibration_gain(many, labels).se < 0.6 * gain.se


def test_a_verdict_does_not_profit_from_copies(rows):
    """Forty times the rows would settle anything; forty copies of each do not."""
    log_probs, y = log_softmax(0.8 * rows[0][-60:], axis=1), rows[1][-60:]
    groups = np.repeat(np.arange(60), 40)
    many, labels = np.repeat(log_probs, 40, axis=0), np.repeat(y, 40)
    names = ("a", "b", "c")

    def verdict(groups):
        forecasts = Forecasts({"m": many}, labels, names, groups)
        board = scores(forecasts, np.random.default_rng(1))
        return judged(forecasts, "m", board["m"], np.random.default_rng(1))

    assert verdict(None).outputs is Verdict.OVER_CONFIDENT
    honest = verdict(groups)
    assert honest.outputs is Verdict.UNCERTAIN
    assert honest.calibration.n_groups == 60
    assert honest.top_label.confidence_band is None  # it rests on independent rows


# --- groups stay whole -----------------------------------------------------------------


def subjects(n=40, each=10, seed=0, **columns):
    """Features of the subject alone, labels that hang together within a subject."""
    rng = np.random.default_rng(seed)
    X = np.repeat(rng.normal(size=(n, 3)), each, axis=0)
    effect = np.repeat(1.5 * rng.normal(size=n), each)
    y = (rng.random(n * each) < expit(effect)).astype(int)
    who = np.repeat(np.arange(n), each)
    return Dataset(
        "subjects", X, y, ("a", "b", "c"), ("no", "yes"), groups=who,
        roles={"groups": "who"}, **columns,
    )  # fmt: skip


@pytest.mark.parametrize("asked", [{}, {"cv": 4}, {"test_size": 0.3}])
def test_no_group_is_on_both_sides_of_a_split(asked):
    data = subjects()
    split = choose_split(data, n_coefficients=lambda: 4, rng=np.random.default_rng(1), **asked)
    for train, test in split.parts:
        assert not set(data.groups[train]) & set(data.groups[test])
    if "test_size" in asked:
        assert len(split.test_rows) == pytest.approx(0.3 * data.n_obs, abs=20)
    else:
        assert sorted(split.test_rows) == list(range(data.n_obs))


@pytest.mark.parametrize("asked", [{"cv": 2}, {"test_size": 0.5}])
def test_training_rows_of_one_group_are_refused(asked):
    """Their inner folds cannot keep it whole; it was a traceback of scikit-learn's."""
    data = subjects(n=2, each=100)
    with pytest.raises(InputError, match="all training rows belong to one group"):
        choose_split(data, n_coefficients=lambda: 4, rng=np.random.default_rng(1), **asked)
    rows = Rows(data.X[:100], data.y[:100], data.groups[:100])
    with pytest.raises(InputError, match="all training rows belong to one group"):
        next(inner_folds(rows, np.random.default_rng(1)))


def test_inner_folds_and_dealt_folds_keep_groups_whole():
    data = subjects()
    rows = Rows(data.X, data.y, data.groups)
    for train, test in inner_folds(rows, np.random.default_rng(1)):
        assert not set(train.groups) & set(test.groups)
    fold = dealt(data.groups, data.y, 5, np.random.default_rng(1))
    assert all(len(set(fold[data.groups == g])) == 1 for g in range(40))
    assert np.bincount(fold).tolist() == [80] * 5


def test_the_later_rows_are_tested():
    data = subjects(time=np.tile(np.arange(10.0), 40))
    split = choose_split(data, n_coefficients=lambda: 4, rng=np.random.default_rng(1))
    ((train, test),) = split.parts
    assert data.time[train].max() == 7.0
    assert data.time[test].min() == 8.0
    assert len(test) == 80


# --- tables ----------------------------------------------------------------------------


@pytest.fixture
def table(tmp_path):
    rng = np.random.default_rng(5)
    lines = ["who,day,x,n,y"]
    for i in range(60):
        day = f"2024-{1 + i % 12:02d}-15"
        lines.append(f"p{i // 3},{day},{rng.normal():.3f},{1 + i % 3},{'ab'[int(rng.integers(2))]}")
    path = tmp_path / "visits.csv"
    path.write_text("\n".join(lines))
    return path


def test_columns_with_a_role_are_no_features(table):
    data = trifit.load_dataset(table, "y", groups="who", time="day")
    assert data.feature_names == ("x", "n")
    assert len(set(data.groups)) == 20
    assert data.time[1] - data.time[0] == 31 * 86400  # January
    assert data.roles == {"groups": "who", "time": "day"}
    kept = trifit.load_dataset(table, "y", groups="who", time="n", keep=["n"], drop=["day"])
    assert kept.feature_names == ("x", "n")


def test_a_weight_is_so_many_rows(table, tmp_path):
    lines = table.read_text().splitlines()
    long = tmp_path / "long.csv"
    rows = [[cells[0], *cells[1:3], cells[4]] for cells in (line.split(",") for line in lines)]
    counts = [1] + [int(line.split(",")[3]) for line in lines[1:]]
    long.write_text(
        "\n".join(",".join(r) for r, n in zip(rows, counts, strict=True) for _ in range(n))
    )
    reading = {"groups": "who", "drop": ["day"]}
    weighted = trifit.load_dataset(table, "y", weights="n", **reading)
    plain = trifit.load_dataset(long, "y", **reading)
    np.testing.assert_array_equal(weighted.X, plain.X)
    np.testing.assert_array_equal(weighted.groups, plain.groups)
    a, b = (trifit.compare(d, model="logistic", nuts=False) for d in (weighted, plain))
    for name, one in a.contestants.items():
        assert one == b.contestants[name]
    assert a.differences == b.differences


def test_what_looks_like_groups_is_said(table):
    def possible(**reading):
        notes = trifit.load_dataset(table, "y", **reading).notes
        return [n for note in notes if note.kind is NoteKind.POSSIBLE_GROUPS for n in note.names]

    assert possible(drop=["day"]) == []  # it may be anything
    table.write_text(table.read_text().replace("who", "patient_id"))
    assert possible(drop=["day"]) == ["patient_id"]
    assert possible(drop=["day", "patient_id"]) == ["patient_id"]
    assert possible(groups="patient_id", drop=["day"]) == []


@pytest.mark.parametrize(
    ("reading", "match"),
    [
        ({"groups": "nobody"}, "groups 'nobody' is not a column of 'visits'"),
        ({"groups": "y"}, "groups 'y': that column already has another role"),
        ({"groups": "who", "time": "who"}, "'who': that column already has another role"),
        ({"time": "who"}, "column 'who' is not a time .*2024-05-31"),
        ({"weights": "x"}, "weights 'x' of data row 1: .*whole number"),
        ({"weights": "who"}, "weights 'who' hold text"),
    ],
)
def test_roles_that_cannot_be(table, reading, match):
    with pytest.raises(InputError, match=match):
        trifit.load_dataset(table, "y", **reading)


def test_an_empty_group_or_time_is_named(table):
    lines = table.read_text().splitlines()
    lines[4] = lines[4].replace("p1,", ",", 1)
    table.write_text("\n".join(lines))
    with pytest.raises(InputError, match="groups 'who' is empty in data row 4"):
        trifit.load_dataset(table, "y", groups="who")


def test_ways_of_splitting_that_exclude_each_other(table):
    data = trifit.load_dataset(table, "y", time="day", drop=["who"])
    with pytest.raises(InputError, match="--time and --cv exclude each other"):
        trifit.compare(data, model="logistic", cv=3, nuts=False)
    few = trifit.load_dataset(table, "y", groups="who", drop=["day"])
    with pytest.raises(InputError, match="--cv 25: there are 20 groups"):
        trifit.compare(few, model="logistic", cv=25, nuts=False)


def test_predictions_with_groups_and_weights(rows, tmp_path):
    log_probs, y = rows
    many, labels, groups = repeated(rows)
    by_rows = trifit.evaluate(np.exp(many), labels, groups=groups)
    by_weight = trifit.evaluate(
        np.exp(log_probs), y, weights=np.full(len(y), TIMES), groups=np.arange(len(y))
    )
    assert by_rows.contestants == by_weight.contestants
    assert by_rows.evaluation.n_groups == len(y)
    single = trifit.evaluate(np.exp(log_probs), y, groups=np.arange(len(y)))
    a, b = (c.contestants["model"].scores for c in (single, by_rows))
    assert b.log_loss.se == pytest.approx(a.log_loss.se, rel=1e-9)
    with pytest.raises(InputError, match=r"weights of data row 2: 0\.5"):
        trifit.evaluate(np.exp(log_probs), y, weights=np.r_[1, np.full(len(y) - 1, 0.5)])


# --- what the errors promise -----------------------------------------------------------


@pytest.mark.slow
def test_intervals_of_groups_cover():
    """40 subjects with 10 rows each: intervals cover the truth, calibrated predictions pass.

    The forecasts are the subject's feature alone, made calibrated by quadrature over the
    subject effect that no forecast can know.
    """
    n_rep, n, each = 500, 40, 10
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    weights = weights / weights.sum()

    def forecast(x):
        return expit(x[:, None] + 1.5 * nodes) @ weights

    def draw(rng, n):
        x = rng.normal(size=n)
        p = np.repeat(forecast(x), each)
        chance = np.repeat(expit(x + 1.5 * rng.normal(size=n)), each)
        y = (rng.random(n * each) < chance).astype(int)
        return np.column_stack([1 - p, p]), y, np.repeat(np.arange(n), each)

    big, labels, _ = draw(np.random.default_rng(99), 200_000)
    truth = -np.log(big[np.arange(len(labels)), labels]).mean()
    right = (big.argmax(axis=1) == labels).mean()
    covered = {"log-loss": 0, "accuracy": 0, "slope": 0, "calibration error": 0, "naive": 0}
    faults, rejected = 0, 0
    for seed in range(n_rep):
        p, y, groups = draw(np.random.default_rng(seed), n)
        forecasts = Forecasts({"m": np.log(p)}, y, ("no", "yes"), groups)
        board = scores(forecasts, np.random.default_rng(seed))["m"]
        found = judged(forecasts, "m", board, np.random.default_rng(seed))
        low, high = found.calibration.interval()
        covered["log-loss"] += board.log_loss.low <= truth <= board.log_loss.high
        covered["accuracy"] += board.accuracy.low <= right <= board.accuracy.high
        covered["slope"] += low <= 1 <= high
        covered["calibration error"] += board.calibration_error.low <= 0.02
        loss = -np.log(p[np.arange(len(y)), y])
        half = 1.96 * loss.std(ddof=1) / np.sqrt(len(y))
        covered["naive"] += abs(loss.mean() - truth) <= half
        faults += found.outputs not in (Verdict.BEHAVES, Verdict.UNCERTAIN)
        rejected += found.calibration.p_value < 0.05
    print(covered, "faults", faults, "rejected", rejected, "of", n_rep)
    least = n_rep * 0.95 - 3 * np.sqrt(n_rep * 0.95 * 0.05)  # 435 of 500
    for name in ("log-loss", "accuracy", "slope", "calibration error"):
        assert covered[name] >= least, name
    assert covered["naive"] < 0.8 * n_rep  # rows as if they were independent
    assert faults <= n_rep * 0.01 + 3 * np.sqrt(n_rep * 0.01)
    assert rejected <= n_rep * 0.05 + 3 * np.sqrt(n_rep * 0.05 * 0.95)


@pytest.mark.slow
def test_subjects_that_explain_nothing_do_not_look_better_than_the_class_frequencies():
    """Features of the subject alone, unrelated to the labels: 500 data sets, MLE and MAP."""
    n_rep, better, naive = 500, 0, 0
    for seed in range(n_rep):
        data = subjects(seed=seed)
        found = trifit.compare(data, model="logistic", seed=seed, nuts=False)
        change = {(d.a, d.b): d.log_loss for d in found.differences}
        better += change["map", "class frequencies"].high < 0
        alone = Dataset("rows", data.X, data.y, data.feature_names, data.class_names)
        found = trifit.compare(alone, model="logistic", seed=seed, nuts=False)
        change = {(d.a, d.b): d.log_loss for d in found.differences}
        naive += change["map", "class frequencies"].high < 0
    print("better:", better, "without groups:", naive, "of", n_rep)
    assert better <= n_rep * 0.025 + 3 * np.sqrt(n_rep * 0.025)
    assert naive > 5 * max(better, 1)
