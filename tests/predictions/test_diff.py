"""Two runs read from their folders: rows paired by name, other rows refused."""

import msgspec
import numpy as np
import pytest
from scipy.special import expit

import trifit
from trifit.errors import InputError
from trifit.fits import Status
from trifit.forecasts import Forecasts, log_of
from trifit.notes import Note, NoteKind
from trifit.predictions.evaluate import evaluate_forecasts
from trifit.predictions.rows import read_rows, save_evaluation, write_rows
from trifit.results import FitRecord, Verdict
from trifit.scores import log_predictive_density, paired_difference
from trifit.words.diff import markdown, sentences

N = 200
CLASSES = ("no", "yes")
RNG = np.random.default_rng(20260718)
LOGITS = 1.5 * RNG.normal(size=N)
Y = (RNG.random(N) < expit(LOGITS)).astype(int)
GROUPS = np.arange(N) // 4


def forecasts(factor=1.0, names=("net",), y=Y, groups=None):
    p = expit(factor * LOGITS)
    return Forecasts(dict.fromkeys(names, log_of(np.column_stack([1 - p, p]))), y, CLASSES, groups)


def save(folder, made, rows=None, **described):
    """What ``trifit evaluate`` writes, without the page."""
    folder.mkdir(exist_ok=True)
    comparison = evaluate_forecasts(made, name="toy", **described)
    comparison.to_json(folder / "comparison.json")
    write_rows(folder / "predictions.parquet", made, list(range(N)) if rows is None else rows)
    return folder


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    return save(tmp_path_factory.mktemp("diff") / "before", forecasts(names=("net", "old")))


@pytest.fixture(scope="module")
def after(before):
    """Three times the log-odds, with the rows in another order."""
    order = np.random.default_rng(1).permutation(N)
    made = forecasts(3.0, names=("new", "net")).take(order)
    return save(before.parent / "after", made, [str(i) for i in order], seed=5)


def rewritten(folder, run, change):
    """A copy of a run with another comparison.json."""
    folder.mkdir()
    comparison = trifit.Comparison.from_json(run / "comparison.json")
    change(comparison).to_json(folder / "comparison.json")
    (folder / "predictions.parquet").write_bytes((run / "predictions.parquet").read_bytes())
    return folder


def test_rows_are_paired_by_name(before, after):
    found = trifit.diff(before, after)
    losses = [-log_predictive_density(forecasts(c).log_probs["net"], Y) for c in (3.0, 1.0)]
    expected = paired_difference(*losses)
    difference = found.contestants["net"].log_loss.difference
    assert difference.value == pytest.approx(expected.value, rel=1e-12)
    assert difference.se == pytest.approx(expected.se, rel=1e-12)
    apart = [each.se for each in (found.contestants["net"].log_loss.a,
                                  found.contestants["net"].log_loss.b)]  # fmt: skip
    assert difference.se < np.hypot(*apart)
    assert (found.only_a, found.only_b) == (["old"], ["new"])
    assert found.contestants["net"].verdict_b is Verdict.OVER_CONFIDENT
    assert [(c.topic, c.name, c.a, c.b) for c in found.changes] == [("split", "seed", "1", "5")]
    text = sentences(found)
    assert text[0].startswith("net: log-loss clearly higher in B; Brier score clearly higher in B")
    assert text[0].endswith("to over-confident.")
    assert text[1:3] == ["Only A has old.", "Only B has new."]


def of_folds(comparison):
    evaluation = msgspec.structs.replace(comparison.evaluation, kind="cv")
    return msgspec.structs.replace(comparison, evaluation=evaluation)


def test_pairs_by_number_are_said_to_be(before, after, tmp_path):
    by_number = Note(NoteKind.PAIRED_BY_NUMBER)
    names = [str(i) for i in range(N)]
    one, two = save(tmp_path / "one", forecasts(), names), save(tmp_path / "two", forecasts())
    assert trifit.diff(before, two).notes == [by_number]
    assert trifit.diff(before, one).notes == [by_number]
    assert trifit.diff(after, one).notes == []
    folds = [rewritten(tmp_path / f"cv{i}", before, of_folds) for i in range(2)]
    assert trifit.diff(*folds).notes == []  # of a comparison the data have a fingerprint
    assert sentences(trifit.diff(before, two))[-1].startswith("note: rows are paired by their num")


def test_labels_that_differ_by_number_may_be_in_another_order(before, tmp_path):
    order = np.random.default_rng(2).permutation(N)
    shuffled = save(tmp_path / "shuffled", forecasts().take(order))
    with pytest.raises(InputError, match=r"differ in the labels of .*if their order differs, name"):
        trifit.diff(before, shuffled)


def test_a_run_against_itself_is_0(after):
    found = trifit.diff(after, after)
    for contestant in found.contestants.values():
        for paired in contestant.paired.values():
            each = paired.difference
            assert (each.value, each.se, each.low, each.high) == (0, 0, 0, 0)
    assert found.changes == found.notes == found.only_a == found.only_b == []
    assert not found.check("net.log_loss > 0").met
    assert not found.check("new.slope < 0").met
    assert sentences(found)[0] == "new: the same log-loss on every row."
    assert "| net | log-loss |" in markdown(found)


def test_what_else_changed_is_listed(before, tmp_path):
    """Card settings by the names of --set, features, fits, versions; no forecasts' fingerprint."""
    card = trifit.load_card("logistic")

    def run(name, *, features, status, python, **changes):
        def change(c):
            data = msgspec.structs.replace(
                c.data, feature_names=features, n_features=len(features), fingerprint=name * 40
            )
            fit = FitRecord(
                status=status,
                n_with_status=1,
                n_training_sets=1,
                seconds=1.0,
                diagnostics=None,
                path=[],
            )
            return msgspec.structs.replace(
                c,
                data=data,
                card=card.with_overrides(changes),
                fits={"net": fit},
                evaluation=msgspec.structs.replace(c.evaluation, kind="holdout", n_train=600),
                provenance=msgspec.structs.replace(c.provenance, versions={"python": python}),
            )

        return rewritten(tmp_path / name, before, change)

    a = run("a", features=["x", "y"], status=Status.CONVERGED, python="3.13")
    b = run("b", features=["x", "z", "w"], status=Status.MAX_STEPS, python="3.14",
            prior_scale=0.5, draws=300)  # fmt: skip
    found = trifit.diff(a, b)
    assert [(c.topic, c.name, c.a, c.b) for c in found.changes] == [
        ("data", "features", "2", "3"),
        ("data", "fingerprint", "a" * 12, "b" * 12),
        ("data", "only here", "'y'", "'z', 'w'"),
        ("card", "prior_scale", str(card.hyperparameters["prior_scale"]), "0.5"),
        ("card", "sampler.draws", "auto", "300"),
        ("fits", "net", "converged", "max_steps"),
        ("versions", "python", "3.13", "3.14"),
    ]
    assert found.notes == [Note(NoteKind.OTHER_DATA)]
    assert found.contestants["net"].log_loss.difference.value == 0


def test_the_frame_and_the_json(before, after, tmp_path):
    found = trifit.diff(before, after)
    row = found.frame().loc["net"]
    assert row["log_loss_b"] - row["log_loss_a"] == pytest.approx(row["log_loss_difference"])
    assert row["brier_b"] - row["brier_a"] == pytest.approx(row["brier_difference"])
    assert row["slope_b"] - row["slope_a"] == pytest.approx(row["slope_difference"])
    assert row["log_loss_low"] < row["log_loss_difference"] < row["log_loss_high"]
    assert row["verdict_b"] == "over-confident"
    found.to_json(tmp_path / "diff.json")
    assert msgspec.json.decode((tmp_path / "diff.json").read_bytes(), type=type(found)) == found


def test_the_whole_interval_must_satisfy_a_condition(before, after):
    found = trifit.diff(before, after)
    low, high = (getattr(found.contestants["net"].log_loss.difference, k) for k in ("low", "high"))
    assert 0 < low
    for text, met in {
        f"net.log_loss > {low - 1e-6}": True,
        f"net.log_loss>{low + 1e-6}": False,
        f"net.log_loss >= {low}": True,
        f"net.log_loss < {high + 1e-6}": True,
        f"net.log_loss < {high - 1e-6}": False,
        f" net.log_loss <= +{high} ": True,
        "net.slope < -1e-1": True,
        "net.brier < 0": False,
    }.items():
        assert found.check(text).met == met, text


@pytest.mark.parametrize("text", [
    "", "net", "net.log_loss", "net.log_loss > ", "net.log_loss = 0", "net.log_loss > x",
    "net.log_loss > nan", "net.log_loss > 0 0", "net.accuracy > 0", ".log_loss > 0",
    "log_loss > 0", "net.log_loss >> 0", "net.log_loss > inf",
])  # fmt: skip
def test_what_is_no_condition(before, text):
    expected = r"expected CONTESTANT\.MEASURE OP NUMBER, such as 'bayes\.log_loss > \+0\.01'"
    with pytest.raises(InputError, match=expected):
        trifit.diff(before, before).check(text)


def test_a_contestant_that_is_not_in_both(before, after):
    with pytest.raises(InputError, match="'old'; they share 'net'"):
        trifit.diff(before, after).check("old.log_loss > 0")


def test_groups_are_those_of_the_rows(before, tmp_path):
    one = save(tmp_path / "one", forecasts(groups=GROUPS), grouped_by="patient")
    two = save(tmp_path / "two", forecasts(3.0, groups=GROUPS + 7), grouped_by="patient")
    found = trifit.diff(one, two)
    losses = [-log_predictive_density(forecasts(c).log_probs["net"], Y) for c in (3.0, 1.0)]
    assert found.n_groups == 50
    difference = found.contestants["net"].log_loss.difference
    expected = paired_difference(*losses, GROUPS)
    assert difference.se == pytest.approx(expected.se, rel=1e-12)
    assert difference.high == pytest.approx(expected.high, rel=1e-12)
    half = trifit.diff(before, two)
    assert half.contestants["net"].log_loss.difference == difference
    assert half.notes == [
        Note(NoteKind.GROUPS_OF_ONE, text=repr(str(tmp_path / "two"))),
        Note(NoteKind.PAIRED_BY_NUMBER),
    ]
    other = save(tmp_path / "other", forecasts(groups=np.arange(N) // 5), grouped_by="clinic")
    with pytest.raises(InputError, match=r"groups: by 'patient' in .* by 'clinic' in"):
        trifit.diff(one, other)


def test_one_group_has_no_interval(tmp_path):
    one = save(tmp_path / "one", forecasts())
    write_rows(one / "predictions.parquet", forecasts(groups=0 * Y), range(N))
    with pytest.raises(InputError, match="no interval: there is only one group of test rows"):
        trifit.diff(one, one).check("net.log_loss > 0")


def test_soft_labels_are_kept(tmp_path):
    soft = np.column_stack([1 - expit(LOGITS), expit(LOGITS)])
    one = save(tmp_path / "one", forecasts(y=soft))
    found = trifit.diff(one, save(tmp_path / "two", forecasts(2.0, y=soft)))
    assert found.contestants["net"].log_loss.difference.value > 0
    assert np.array_equal(read_rows(one / "predictions.parquet", ["net"], CLASSES)[1].labels, soft)


def test_classes_are_matched_by_name(before, tmp_path):
    p = expit(LOGITS)
    swapped = Forecasts({"net": log_of(np.column_stack([p, 1 - p]))}, 1 - Y, ("yes", "no"))
    found = trifit.diff(before, save(tmp_path / "run", swapped)).contestants["net"]
    assert found.log_loss.difference.value == found.log_loss.difference.se == 0


def test_copies_of_a_row_are_paired(tmp_path):
    """Rows with weights keep their name; rows that only share one are refused."""
    rows = np.repeat(np.arange(N // 2), 2)
    one = save(tmp_path / "one", forecasts().take(rows), rows)
    two = save(tmp_path / "two", forecasts(2.0).take(rows[::-1]), rows[::-1])
    assert trifit.diff(one, two).n_test == N
    save(tmp_path / "bad", forecasts(), rows)
    with pytest.raises(InputError, match=r"bad': row '1' appears twice, with different forecasts"):
        trifit.diff(one, tmp_path / "bad")


def test_an_infinite_loss_is_worse_than_any(before, tmp_path):
    made = forecasts()
    log_probs = made.log_probs["net"].copy()
    log_probs[3] = log_of(np.eye(2)[1 - Y[3]])
    worse = save(tmp_path / "worse", Forecasts({"net": log_probs}, Y, CLASSES))
    found = trifit.diff(before, worse)
    assert found.check("net.log_loss > 100").met
    assert not trifit.diff(worse, before).check("net.log_loss > 0").met
    assert sentences(found)[0].startswith("net: log-loss infinite in B only")
    assert "+∞" in markdown(found)
    assert found.frame().loc["net", "log_loss_difference"] == np.inf
    log_probs[:] = made.log_probs["net"]
    log_probs[4] = log_of(np.eye(2)[1 - Y[4]])
    other = save(tmp_path / "other", Forecasts({"net": log_probs}, Y, CLASSES))
    with pytest.raises(InputError, match="both log-losses are infinite, because of different rows"):
        trifit.diff(worse, other).check("net.log_loss > 0")
    assert trifit.diff(worse, worse).contestants["net"].log_loss.difference.value == 0


def flipped():
    return np.where(np.arange(N) < 3, 1 - Y, Y)


@pytest.mark.parametrize(
    ("made", "rows", "message"),
    [
        (forecasts().take(np.arange(150)), range(150),
         r"different test rows: 50 \('150', '151' and 48 more\) only in '.*before', 0 only in"),
        (forecasts(), [f"r{i}" for i in range(N)],
         r"200 \('0', '1' and 198 more\) only in .*, 200 \('r0', 'r1' and 198 more\) only in"),
        (forecasts(y=flipped()), None,
         r"labels of 3 of 200 test rows; the first is row '0': '(no|yes)' in .*, '(no|yes)' in"),
        (forecasts(names=("tree",)), None, "share no model: .* has 'net', 'old', .* 'tree'; call"),
        (Forecasts(forecasts().log_probs, Y, ("no", "maybe")), None,
         "differ in classes: .* has 'no', 'yes', .* 'no', 'maybe'"),
        (forecasts(y=np.eye(2)[Y]), None, "one run has soft labels, the other has classes"),
    ],
)  # fmt: skip
def test_other_rows_are_refused(before, tmp_path, made, rows, message):
    other = save(tmp_path / "run", made, None if rows is None else list(rows))
    with pytest.raises(InputError, match=message) as error:
        trifit.diff(before, other)
    assert "\n" not in str(error.value)


def test_very_many_probabilities_are_not_written_again(tmp_path, monkeypatch):
    made = forecasts()
    comparison = evaluate_forecasts(made, name="toy")
    save_evaluation(comparison, made, None, tmp_path / "few")
    monkeypatch.setattr("trifit.predictions.rows.MAX_SAVED", 2 * N - 1)
    save_evaluation(comparison, made, None, tmp_path / "many")
    assert (tmp_path / "few" / "predictions.parquet").exists()
    assert (tmp_path / "many" / "comparison.json").exists()
    assert not (tmp_path / "many" / "predictions.parquet").exists()


def with_another(comparison):
    found = comparison.contestants
    return msgspec.structs.replace(comparison, contestants=found | {"x": found["net"]})


def of_another(comparison):
    net = comparison.contestants["net"]
    loss = msgspec.structs.replace(net.scores.log_loss, value=9.0)
    scores = msgspec.structs.replace(net.scores, log_loss=loss)
    return msgspec.structs.replace(
        comparison, contestants={"net": msgspec.structs.replace(net, scores=scores)}
    )


def test_folders_that_are_no_runs(before, tmp_path):
    (tmp_path / "empty").mkdir()
    old = rewritten(tmp_path / "old", before, lambda c: c)
    (old / "predictions.parquet").unlink()
    damaged = rewritten(tmp_path / "damaged", before, lambda c: c)
    (damaged / "predictions.parquet").write_bytes(b"no table")
    lacking = rewritten(tmp_path / "lacking", before, with_another)
    nan = forecasts()
    nan.log_probs["net"][5] = np.nan
    unsure = save(tmp_path / "nan", forecasts())
    write_rows(unsure / "predictions.parquet", nan, range(N))
    for folder, message in {
        unsure: r"damaged: net of row \[5\] holds nan",
        "nosuch": "nosuch': no such folder; trifit compare writes one",
        "empty": "no such file",
        old: "old' has no predictions.parquet, which pairs the rows; make it again",
        damaged: "predictions.parquet' cannot be read",
        lacking: "has no column 'x:no'; make the run again",
        rewritten(
            tmp_path / "mixed", before, of_another
        ): "the log-loss of net is .* there and 9 here",
    }.items():
        with pytest.raises(InputError, match=message):
            trifit.diff(before, tmp_path / folder)
