"""Forecasts from anywhere, judged: files, arrays, and what is wrong with them."""

import json
import re
import string

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from scipy.special import log_softmax, softmax

import trifit
from trifit.cli import main
from trifit.errors import InputError
from trifit.notes import Note, NoteKind
from trifit.predictions import Reading, read_predictions
from trifit.predictions.reading import find_columns
from trifit.report.sections import answer, reliability
from trifit.results import Comparison, Verdict
from trifit.scores import log_loss
from trifit.words import headline
from trifit.words.rules import rules

CLASSES = ("ant", "bee", "cat")
N = 300
PROBS = Reading(label="y", probs="p_*")


@pytest.fixture
def logits(rng):
    return 1.5 * rng.normal(size=(N, 3))


@pytest.fixture
def labels(logits, rng):
    edges = softmax(logits, axis=1).cumsum(axis=1)[:, :-1]
    return (rng.random(N)[:, None] > edges).sum(axis=1)


@pytest.fixture
def frame(logits, labels):
    probs = pd.DataFrame(softmax(logits, axis=1), columns=[f"p_{c}" for c in CLASSES])
    return probs.assign(row=np.arange(N), y=np.array(CLASSES)[labels])


def write(frame, path):
    frame.to_parquet(path) if path.suffix == ".parquet" else frame.to_csv(path, index=False)
    return path


def invoke(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


# --- reading ---------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_file_says_what_its_arrays_say(frame, logits, labels, tmp_path, suffix):
    file = write(frame, tmp_path / f"net{suffix}")
    found = read_predictions({"net": file}, PROBS)
    assert tuple(found.forecasts.class_names) == CLASSES
    assert (found.forecasts.labels == labels).all()
    expected = log_softmax(logits, axis=1)
    assert found.forecasts.log_probs["net"] == pytest.approx(expected, rel=1e-9)
    assert found.notes == []


def test_the_order_of_columns_and_rows_does_not_matter(frame, tmp_path, rng):
    """Joined by the rows' names; classes by theirs."""
    other = frame[["y", "p_cat", "row", "p_ant", "p_bee"]].sample(frac=1, random_state=3)
    files = {
        "a": write(frame, tmp_path / "a.csv"),
        "b": write(other, tmp_path / "b.parquet"),
    }
    found = read_predictions(files, Reading(label="y", probs="p_*", row_id="row"))
    a, b = found.forecasts.log_probs.values()
    assert a == pytest.approx(b, rel=1e-9)


def test_one_file_of_several_models(frame, tmp_path):
    flat = frame.assign(**{f"p_{c}": 1 / 3 for c in CLASSES})
    both = pd.concat([frame.assign(m="net"), flat.assign(m="flat")])
    reading = Reading(label="y", probs="p_*", model_col="m")
    found = read_predictions({"f": write(both, tmp_path / "f.csv")}, reading)
    assert list(found.forecasts.log_probs) == ["net", "flat"]
    assert found.forecasts.log_probs["flat"] == pytest.approx(np.log(1 / 3))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_logits_of_any_precision_and_labels_as_numbers(logits, labels, tmp_path, dtype):
    np.savez(tmp_path / "head.npz", z=logits.astype(dtype), y=labels, classes=CLASSES)
    found = read_predictions({"h": tmp_path / "head.npz"}, Reading(label="y", logits="z"))
    exact = log_loss(log_softmax(logits, axis=1), labels).value
    assert log_loss(found.forecasts.log_probs["h"], labels).value == pytest.approx(exact, abs=2e-3)
    assert found.notes == [Note(NoteKind.POSITIONS, names=CLASSES)]


def test_probabilities_that_are_called_logits(frame, tmp_path):
    file = write(frame, tmp_path / "f.csv")
    notes = read_predictions({"f": file}, Reading(label="y", logits="p_*")).notes
    assert notes == [Note(NoteKind.LOGITS_LIKE_PROBABILITIES, names=("f",))]


@pytest.mark.parametrize("kind", ["probs", "logits"])
def test_one_column_of_two_classes(rng, tmp_path, kind):
    z = rng.normal(size=N)
    p = 1 / (1 + np.exp(-z))
    y = np.where(rng.random(N) < p, "yes", "no")
    file = write(pd.DataFrame({"s": p if kind == "probs" else z, "y": y}), tmp_path / "f.csv")
    reading = Reading(label="y", positive="yes", **{kind: "s"})
    found = read_predictions({"f": file}, reading).forecasts
    assert tuple(found.class_names) == ("no", "yes")
    assert np.exp(found.log_probs["f"][:, 1]) == pytest.approx(p)


@pytest.mark.parametrize(
    ("columns", "classes"),
    [
        ("p_ant,p_bee", ("ant", "bee")),
        ("prob.x_1,prob.x_2", ("1", "2")),
        ("ant,bee", ("ant", "bee")),
        ("car,cat", ("car", "cat")),
        ("p_wild cat,p_dog,p_sea_otter", ("wild cat", "dog", "sea_otter")),
        ("p_a,q_a", ("p_a", "q_a")),
    ],
)
def test_classes_are_called_after_their_columns(columns, classes):
    names = columns.split(",")
    assert find_columns(names, columns, "f")[1] == classes


BAD = {
    "no such class": (lambda f: f.replace({"y": {"ant": "dog"}}), {}, "the label 'dog'"),
    "a sum": (lambda f: f.assign(p_ant=0.9), {}, "row 1 sums to"),
    "negative": (lambda f: f.assign(p_ant=-0.1, p_bee=0.6, p_cat=0.5), {}, "row 1"),
    "a word": (lambda f: f.assign(p_bee="high"), {}, "holds 'high' in data row 1"),
    "a gap": (lambda f: f.assign(p_bee=f["p_bee"].where(f["row"] != 7)), {}, "data row 8"),
    "one class": (lambda f: f.assign(y="ant"), {}, "every label is 'ant'"),
    "no column": (lambda f: f, {"probs": "q_*"}, "no column matches 'q_*'"),
    "no label": (lambda f: f.drop(columns="y"), {}, "there is no column 'y'"),
    "a row without label": (lambda f: f.assign(y=f["y"].where(f["row"] > 0)), {}, "data row 1"),
    "single column": (lambda f: f, {"probs": "p_ant"}, "--positive"),
    "nothing said": (lambda f: f, {"probs": None}, "say where the predictions are"),
    "both said": (lambda f: f, {"logits": "p_*"}, "say where the predictions are"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_is_said_in_a_line(frame, tmp_path, case):
    change, options, message = BAD[case]
    file = write(change(frame), tmp_path / "f.csv")
    with pytest.raises(InputError) as caught:
        read_predictions({"f": file}, Reading(**{"label": "y", "probs": "p_*"} | options))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_that_do_not_fit_together(frame, tmp_path):
    a = write(frame, tmp_path / "a.csv")
    by_row = Reading(label="y", probs="p_*", row_id="row")
    shorter = write(frame[1:], tmp_path / "b.csv")
    with pytest.raises(InputError, match=r"299 rows.*--id COLUMN"):
        read_predictions({"a": a, "b": shorter}, PROBS)
    with pytest.raises(InputError, match=r"row '0' is missing in 'b\.csv'"):
        read_predictions({"a": a, "b": shorter}, by_row)
    twice = write(frame.assign(row=1), tmp_path / "c.csv")
    with pytest.raises(InputError, match="row '1' appears twice"):
        read_predictions({"a": a, "c": twice}, by_row)
    wrong = write(frame.assign(y=frame["y"][::-1].to_numpy()), tmp_path / "d.csv")
    with pytest.raises(InputError, match=r"'d\.csv': the label of row '\d+' is"):
        read_predictions({"a": a, "d": wrong}, by_row)
    other = write(frame.rename(columns={"p_cat": "p_dog"}), tmp_path / "e.csv")
    with pytest.raises(InputError, match="are for the classes 'ant', 'bee', 'dog'"):
        read_predictions({"a": a, "e": other}, PROBS)


# --- judging ---------------------------------------------------------------------------------


def test_calibrated_and_sharpened_forecasts_are_told_apart(rng):
    logits = 1.5 * rng.normal(size=(4000, 3))
    edges = softmax(logits, axis=1).cumsum(axis=1)[:, :-1]
    y = (rng.random(4000)[:, None] > edges).sum(axis=1)
    c = trifit.evaluate({s: softmax(k * logits, axis=1) for s, k in (("a", 1), ("b", 2))}, y)
    assert c.contestants["a"].verdict is Verdict.BEHAVES
    assert c.contestants["b"].verdict is Verdict.OVER_CONFIDENT
    assert c.contestants["b"].calibration.slope.value == pytest.approx(0.5, abs=0.05)
    change = {(d.a, d.b): d.log_loss for d in c.differences}
    assert change["b", "a"].clear
    assert change["b", "a"].value > 0


def test_a_page_of_one_model_compares_it_with_nothing_else(frame, labels):
    c = trifit.evaluate({"net": frame[[f"p_{c}" for c in CLASSES]].to_numpy()}, labels)
    whole, loss = answer.content(c), c.contestants["net"].scores.log_loss
    assert headline(c).endswith("nats per row, is clearly below that of the class frequencies.")
    assert whole["scores"].caption.startswith(f"net has a log-loss of {loss.value:.3f} ± ")
    assert whole["forest"].caption.startswith("The 95% interval of the difference excludes zero.")
    said = reliability.content(c)["histogram"].caption
    assert re.fullmatch(r"net has a confidence above 95% on \d+% of the rows\.", said)


def test_a_contestant_does_not_depend_on_the_others(frame, labels):
    probs = frame[[f"p_{c}" for c in CLASSES]].to_numpy()
    alone = trifit.evaluate({"net": probs}, labels)
    beside = trifit.evaluate({"flat": np.full((N, 3), 1 / 3), "net": probs}, labels)
    a, b = alone.contestants["net"], beside.contestants["net"]
    assert a.calibration == b.calibration
    assert a.top_label == b.top_label
    assert a.scores.log_loss.value == b.scores.log_loss.value


def test_the_predictions_of_a_comparison_are_judged_as_in_it(overlapping, tmp_path):
    """Exported and read again: the same scores to 1e-12."""
    run = trifit.run_comparison(overlapping, "logistic", cv=3, nuts=False)
    trifit.save_run(run, tmp_path / "run")
    table = pd.read_parquet(tmp_path / "run" / "predictions.parquet")
    columns = [f"map:{name}" for name in overlapping.class_names]
    y = np.array([overlapping.class_names.index(c) for c in table["y"]])
    again = trifit.evaluate(table[columns].to_numpy(), y).contestants["model"]
    ours = run.comparison.contestants["map"]
    for score in ("log_loss", "brier", "accuracy", "calibration_error"):
        a, b = getattr(ours.scores, score), getattr(again.scores, score)
        assert a.value == pytest.approx(b.value, rel=1e-12, abs=1e-12)
    assert again.calibration.slope.value == pytest.approx(ours.calibration.slope.value, rel=1e-8)


def test_a_class_ruled_out_that_happened_is_an_infinite_loss(frame, labels, tmp_path):
    probs = frame[[f"p_{c}" for c in CLASSES]].to_numpy().copy()
    probs[:2] = np.eye(3)[(labels[:2] + 1) % 3]
    c = trifit.evaluate({"net": probs, "flat": np.full((N, 3), 1 / 3)}, labels)
    assert c.contestants["net"].scores.n_impossible == 2
    assert (c.infinite("net"), c.infinite("flat"), c.infinite("flat", "net")) == ("∞", "", "−∞")
    found = c.contestants["net"].calibration
    assert (found.slope, found.gain, found.gains, found.most) == (None, None, {}, np.inf)
    assert "gain" not in c.scoreboard["net"]
    assert c.contestants["net"].verdict is Verdict.MISCALIBRATED
    assert 0 < c.contestants["net"].scores.brier.value < 2
    metrics = c.metrics()
    left_out = {f"net.{s}" for s in ("log_loss", "log_loss_bits", "gain", "slope")}
    assert not left_out & set(metrics)
    assert "net-flat.log_loss" not in metrics
    assert metrics["flat.log_loss"] == pytest.approx(np.log(3))
    c.to_html(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert "∞<br><small>2 labels with probability 0" in page
    for d in c.differences:  # as in the terminal: in nats and in bits, no finite stand-in
        row = page.split(f'<th scope="row">{d.a} − {d.b}')[-1].split("</tr>")[0]
        assert row.count("∞") == (2 if "net" in (d.a, d.b) else 0), (d.a, d.b)
    assert "gain of temperature scaling is infinite" not in page
    asked = {r.asked.split(" (")[0]: (r.found, r.met) for r in rules(found)}
    assert asked["temperature scaling gains nothing on other rows"] == ("not defined", False)
    summary = c.summary()  # where nothing was fitted there is a verdict and no status
    assert summary.loc["net", "verdict"] == c.contestants["net"].verdict.value
    assert summary["status"].isna().all()
    floored = np.maximum(probs, 1e-6)
    finite = trifit.evaluate(floored / floored.sum(axis=1, keepdims=True), labels)
    assert finite.contestants["model"].scores.n_impossible == 0


def test_zeros_that_did_not_happen_leave_the_slope_alone(rng):
    """As of a random forest: classes that a row rules out have no part in it."""
    logits = rng.normal(size=(3000, 4))
    logits[:2000, 3] = -np.inf
    p = softmax(logits, axis=1)
    y = (rng.random(3000)[:, None] > p.cumsum(axis=1)[:, :-1]).sum(axis=1)
    slope = trifit.evaluate(p, y).contestants["model"].calibration.slope
    assert abs(slope.value - 1) < 4 * slope.se
    assert slope.se < 0.1


@pytest.mark.parametrize(
    ("probs", "y", "message"),
    [
        ([[0.9, 0.3], [0.5, 0.5]], [0, 1], r"probs of model\[0\] sums to 1.2"),
        ([[0.9, 0.1], [0.5, 0.5]], [0, 2], "2"),
        ({"a": [[0.5, 0.5]] * 2, "b": [[0.5, 0.5]] * 3}, [0, 1], "'b' have shape"),
        ({"uniform": [[0.5, 0.5]] * 2}, [0, 1], "the name of a baseline"),
    ],
)
def test_arrays_that_are_no_forecasts(probs, y, message):
    with pytest.raises(InputError, match=message):
        trifit.evaluate(probs, np.array(y))


def test_metrics_are_the_scores_by_flat_names(frame, labels):
    probs = frame[[f"p_{c}" for c in CLASSES]].to_numpy()
    c = trifit.evaluate({"net+T": probs, "flat": np.full((N, 3), 1 / 3)}, labels)
    metrics = c.metrics()
    net = c.contestants["net+T"]
    assert metrics["net_T.log_loss"] == net.scores.log_loss.value
    assert metrics["net_T.log_loss_se"] == net.scores.log_loss.se
    assert metrics["net_T.slope_high"] == net.calibration.slope.high
    assert metrics["net_T.n_impossible"] == 0
    assert metrics["class_frequencies.brier"] == c.baselines["class frequencies"].brier.value
    change = next(d for d in c.differences if (d.a, d.b) == ("flat", "net+T"))
    assert metrics["flat-net_T.log_loss_low"] == change.log_loss.low
    assert all(np.isfinite(v) for v in metrics.values())
    assert all(set(name) <= set(string.ascii_letters + string.digits + "_.-") for name in metrics)


# --- the command -----------------------------------------------------------------------------


def test_the_command_writes_numbers_and_page(frame, tmp_path):
    a = write(frame, tmp_path / "a.csv")
    b = write(frame[["row", "y", "p_cat", "p_bee", "p_ant"]][::-1], tmp_path / "b.parquet")
    words = ["--preds", f"one={a}", "--preds", f"two={b}", "--id", "row", "--label", "y"]
    done = invoke("evaluate", *words, "--probs", "p_*", "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert "two − one" in done.output
    assert {p.name for p in (tmp_path / "out").iterdir()} == {
        "comparison.json", "index.html", "metrics.json", "predictions.parquet",
    }  # fmt: skip
    c = Comparison.from_json(tmp_path / "out" / "comparison.json")
    assert json.loads((tmp_path / "out" / "metrics.json").read_text()) == c.metrics()
    assert c.sources == {"one": "a.csv", "two": "b.parquet"}
    assert c.card is None
    assert c.fits == {}
    page = (tmp_path / "out" / "index.html").read_text()
    assert "predictions of a.csv" in page
    assert 'id="fits"' not in page
    again = invoke("report", tmp_path / "out")
    assert again.exit_code == 0, again.output
    assert (tmp_path / "out" / "index.html").read_text() == page


def test_the_same_forecasts_the_same_bytes(frame, tmp_path):
    file = write(frame, tmp_path / "a.csv")
    documents = []
    for name in ("x", "y"):
        words = ["evaluate", file, "--label", "y", "--probs", "p_*", "--out", tmp_path / name]
        assert invoke(*words).exit_code == 0
        document = json.loads((tmp_path / name / "comparison.json").read_text())
        document["provenance"] |= {"seconds": {}, "command": ""}
        documents.append(document)
    assert documents[0] == documents[1]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "give a FILE"),
        (["--preds", "nofile"], "expected NAME=FILE"),
        (["gone.csv"], "no such file"),
    ],
)
def test_a_wrong_command_is_answered_in_a_line(words, message, tmp_path):
    done = invoke("evaluate", *words, "--label", "y", "--probs", "p_*", "--out", tmp_path / "o")
    assert done.exit_code == 2
    assert message in done.output
    assert not (tmp_path / "o").exists()


def test_one_row_and_one_group_have_no_error(rng):
    probs, y = rng.dirichlet(np.ones(3), size=20), rng.integers(3, size=20)
    with pytest.raises(InputError, match="there is 1 row; at least 2"):
        trifit.evaluate(probs[:1], y[:1])
    with pytest.raises(InputError, match="there is 1 group; at least 2"):
        trifit.evaluate(probs, y, groups=["a"] * 20)
