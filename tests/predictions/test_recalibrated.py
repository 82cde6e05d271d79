"""Recalibration as a user has it: written files, saved maps, new rows."""

import json

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from scipy.special import log_softmax, softmax

from trifit import recalibration
from trifit.cli import main
from trifit.errors import InputError
from trifit.forecasts import LOG_ZERO
from trifit.predictions import Reading, read_predictions
from trifit.recalibration import METHODS, Recalibration
from trifit.results import Comparison
from trifit.scores import log_loss

CLASSES = ["ant", "bee", "cat"]
N = 300
COLUMNS = [f"p_{c}" for c in CLASSES]


@pytest.fixture
def logits(rng):
    """Of an over-confident classifier that likes ants."""
    return 3.0 * rng.normal(size=(N, 3)) + [0.5, 0.0, 0.0]


@pytest.fixture
def labels(logits, rng):
    edges = softmax((logits - [0.5, 0.0, 0.0]) / 2, axis=1).cumsum(axis=1)[:, :-1]
    return (rng.random(N)[:, None] > edges).sum(axis=1)


@pytest.fixture
def frame(logits, labels):
    probs = pd.DataFrame(softmax(logits, axis=1), columns=COLUMNS)
    return probs.assign(row=[f"r{i}" for i in range(N)], y=np.array(CLASSES)[labels])


@pytest.fixture
def file(frame, tmp_path):
    frame.to_csv(tmp_path / "net.csv", index=False)
    return tmp_path / "net.csv"


def invoke(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


def evaluate(file, *more):
    """Evaluate, writing recalibrated probabilities, and read the comparison."""
    out = file.parent / f"page{len(list(file.parent.iterdir()))}"
    done = invoke("evaluate", file, "--label", "y", "--probs", "p_*", "--out", out, *more)
    assert done.exit_code == 0, done.output
    return Comparison.from_json(out / "comparison.json")


# --- maps as JSON ------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_a_saved_map_is_the_map(method, logits, labels, tmp_path):
    made = recalibration.fit(logits, labels, method=method, class_names=CLASSES, source="net")
    made.save(tmp_path / "m.json")
    again = recalibration.load(tmp_path / "m.json")
    assert (again.transform(logits[::-1]) == made.transform(logits[::-1])).all()
    assert (made.transform(logits) == METHODS[method](logits, labels).transform(logits)).all()
    assert (again.class_names, again.source, again.n_obs) == (CLASSES, "net", N)
    again.save(tmp_path / "n.json")
    assert (tmp_path / "m.json").read_bytes() == (tmp_path / "n.json").read_bytes()


@pytest.mark.parametrize("method", METHODS)
def test_ones_and_zeros_are_recalibrated_to_finite_numbers(method, labels):
    """As of a random forest; some of what was ruled out happened."""
    sure = np.where(np.eye(3)[(labels + (np.arange(N) % 7 == 0)) % 3] == 1, 0.0, LOG_ZERO)
    made = recalibration.fit(sure, labels, method=method)
    assert np.isfinite(made.transform(sure)).all()
    assert np.exp(made.transform(sure)).sum(axis=1) == pytest.approx(1)


def test_a_map_of_other_classes_is_refused(logits, labels):
    made = recalibration.fit(logits, labels)
    with pytest.raises(ValueError, match="has 2 classes; the map is for 3: 0, 1, 2"):
        made.transform(logits[:, :2])
    with pytest.raises(ValueError, match="each once"):
        recalibration.fit(logits, labels, class_names=["a", "a", "b"])
    with pytest.raises(ValueError, match="method='platt'"):
        recalibration.fit(logits, labels, method="platt")


DAMAGED = {
    "cut short": (lambda m: json.dumps(m)[:-5], "is not a recalibration map"),
    "not JSON": (lambda m: "row,p_a", "is not a recalibration map"),
    "another schema": (lambda m: m | {"schema": "x/9"}, r"has schema 'x/9'.*/1"),
    "no schema": (lambda m: {"a": 1}, "is not a recalibration map.*schema"),
    "a field too many": (lambda m: m | {"extra": 1}, "is not a recalibration map.*extra"),
    "a class too few": (lambda m: m | {"class_names": ["a", "b"]}, "of 3 classes, not of 2"),
    "a class twice": (lambda m: m | {"class_names": ["a", "a", "b"]}, "each once"),
    "no such method": (lambda m: m | {"map": {"method": "platt"}}, r"is not.*'platt'.*map"),
    "a null": (lambda m: m["map"]["weights"].insert(1, None) or m, "is not a recal"),
    "a list in a list": (lambda m: m["map"].update(weights=[[1, 2], 3]) or m, "is not a recal"),
    "a weight too few": (lambda m: m["map"]["weights"].pop() and m, "a weight and a shift"),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_a_damaged_map_is_named_in_a_line(case, logits, labels, tmp_path):
    damage, message = DAMAGED[case]
    path = tmp_path / "m.json"
    recalibration.fit(logits, labels, method="vector").save(path)
    damaged = damage(json.loads(path.read_text()))
    path.write_text(damaged if isinstance(damaged, str) else json.dumps(damaged))
    with pytest.raises(InputError, match=message) as caught:
        recalibration.load(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "parameters",
    [
        {"method": "temperature", "value": -1.0},
        {"method": "beta", "parameters": [[1, 2], [1, 2], [1, 2]]},
        {"method": "dirichlet", "matrix": [[1, 0, 0]], "shifts": [0, 0, 0]},
        {"method": "isotonic", "knots": [[[0, 1], [0.2, 0.0]]] * 3},
        {"method": "isotonic", "knots": [[[1, 0], [0.2, 0.4]]] * 3},
    ],
    ids=lambda p: f"{p['method']}-{len(str(p))}",
)
def test_impossible_parameters_are_refused(parameters, logits, labels, tmp_path):
    recalibration.fit(logits, labels).save(tmp_path / "m.json")
    made = json.loads((tmp_path / "m.json").read_text())
    (tmp_path / "m.json").write_text(json.dumps(made | {"map": parameters}))
    with pytest.raises(InputError, match="expected"):
        recalibration.load(tmp_path / "m.json")


def test_a_missing_map(tmp_path):
    with pytest.raises(InputError, match=r"gone\.json' cannot be read: No such file"):
        recalibration.load(tmp_path / "gone.json")


# --- files -------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["temperature", "isotonic"])
def test_the_written_probabilities_gain_what_the_page_says(method, file, frame, logits, labels):
    out = file.parent / "better.parquet"
    found = evaluate(file, "--id", "row", "--write-recalibrated", out, "--map", method)
    better = pd.read_parquet(out)
    assert list(better.columns) == ["row", "y", *COLUMNS]
    assert (better[["row", "y"]] == frame[["row", "y"]]).all(axis=None)
    raw = log_loss(log_softmax(logits, axis=1), labels).value
    gain = raw - log_loss(np.log(better[COLUMNS].to_numpy()), labels).value
    reported = found.contestants["net"].calibration.gains[method]
    assert gain == pytest.approx(reported.value, abs=1e-9)
    again = read_predictions({"b": out}, Reading(label="y", probs="p_*", row_id="row"))
    assert (again.forecasts.labels == labels).all()
    made = recalibration.load(file.parent / "better.map.json")
    assert isinstance(made.map, type(METHODS[method](logits, labels)))
    assert (made.source, made.n_obs) == ("net of net.csv", N)


def test_new_rows_are_recalibrated_by_the_map_whatever_their_columns_order(file, frame, logits):
    evaluate(file, "--write-recalibrated", file.parent / "b.csv", "--map", "vector")
    new, out = file.parent / "new.csv", file.parent / "out.csv"
    frame[["p_cat", "row", "p_ant", "p_bee"]].to_csv(new, index=False)
    words = [file.parent / "b.map.json", new, "--probs", "p_*", "--id", "row", "--out", out]
    done = invoke("recalibrate", *words)
    assert done.exit_code == 0, done.output
    assert "300 rows recalibrated by the vector map" in done.output
    found = pd.read_csv(out)
    made = recalibration.load(file.parent / "b.map.json")
    assert list(found.columns) == ["row", *COLUMNS]
    assert found[COLUMNS].to_numpy() == pytest.approx(np.exp(made.transform(logits)), abs=1e-12)
    refused = invoke("recalibrate", *words)
    assert refused.exit_code == 2
    assert "exists; give another file, or --force" in refused.output
    assert invoke("recalibrate", *words, "--force").exit_code == 0


def test_several_contestants_have_a_map_each(file, frame, tmp_path):
    flat = tmp_path / "flat.csv"
    frame.assign(**{c: 1 / 3 for c in COLUMNS}).to_csv(flat, index=False)
    out = tmp_path / "both.csv"
    words = ["--preds", f"a/b={file}", "--preds", f"flat={flat}", "--label", "y", "--probs", "p_*"]
    done = invoke("evaluate", *words, "--write-recalibrated", out, "--out", tmp_path / "page")
    assert done.exit_code == 0, done.output
    names = [f"{name}:{c}" for name in ("a/b", "flat") for c in CLASSES]
    assert list(pd.read_csv(out).columns) == ["y", *names]
    assert recalibration.load(tmp_path / "both.a_b.map.json").source == "a/b of net.csv"
    assert recalibration.load(tmp_path / "both.flat.map.json").map.value > 0
    again = read_predictions({"f": out}, Reading(label="y", probs="a/b:*"))
    assert tuple(again.forecasts.class_names) == tuple(CLASSES)


def test_zeros_that_no_temperature_corrects(frame, tmp_path):
    """A temperature would have to be infinite; a frequency can take the place of a 0."""
    frame.loc[frame["y"] == "bee", COLUMNS] = [0.5, 0.0, 0.5]
    frame.to_csv(tmp_path / "f.csv", index=False)
    words = ("evaluate", tmp_path / "f.csv", "--label", "y", "--probs", "p_*", "--out")
    target = ("--write-recalibrated", tmp_path / "g.csv")
    refused = invoke(*words, tmp_path / "a", *target)
    assert refused.exit_code == 2
    assert "which no temperature map corrects; raise such probabilities" in refused.output
    assert not (tmp_path / "a").exists()
    for k, way in enumerate([("--floor", "1e-6"), ("--map", "isotonic")]):
        done = invoke(*words, tmp_path / f"b{k}", *target, *way, "--force")
        assert done.exit_code == 0, done.output
        better = pd.read_csv(tmp_path / "g.csv")
        happened = better[COLUMNS].to_numpy()[np.arange(N), better["y"].map(CLASSES.index)]
        assert happened.min() > 0


def test_a_floor_is_remembered_for_new_rows(file, frame, tmp_path):
    words = ["--floor", 0.01, "--write-recalibrated", tmp_path / "b.csv"]
    evaluate(file, *words)
    made = recalibration.load(tmp_path / "b.map.json")
    assert made.floor == 0.01
    new = tmp_path / "new.csv"
    pd.DataFrame([[1.0, 0.0, 0.0]], columns=COLUMNS).to_csv(new, index=False)
    words = ["recalibrate", tmp_path / "b.map.json", new, "--probs", "p_*"]
    assert invoke(*words, "--out", tmp_path / "o.csv").exit_code == 0
    raised = np.array([[1.0, 0.01, 0.01]]) / 1.02
    expected = np.exp(made.transform(np.log(raised)))
    assert pd.read_csv(tmp_path / "o.csv").to_numpy() == pytest.approx(expected, abs=1e-12)


def test_one_column_of_two_classes(rng, tmp_path):
    p = rng.random(N)
    y = np.where(rng.random(N) < p, "yes", "no")
    file = tmp_path / "f.csv"
    pd.DataFrame({"s": p, "y": y}).to_csv(file, index=False)
    words = [file, "--label", "y", "--probs", "s", "--positive", "yes", "--out", tmp_path / "page"]
    assert invoke("evaluate", *words, "--write-recalibrated", tmp_path / "b.csv").exit_code == 0
    words = ["recalibrate", tmp_path / "b.map.json", file, "--probs", "s"]
    done = invoke(*words, "--positive", "yes", "--out", tmp_path / "o.csv")
    assert done.exit_code == 0, done.output
    t = recalibration.load(tmp_path / "b.map.json").map.value
    odds = (p / (1 - p)) ** (1 / t)
    assert pd.read_csv(tmp_path / "o.csv")["p_yes"].to_numpy() == pytest.approx(odds / (1 + odds))
    unsaid = invoke(*words, "--out", tmp_path / "q.csv")
    assert unsaid.exit_code == 2
    assert "--positive 'yes'" in unsaid.output


REFUSED = {
    "another ending": (["--write-recalibrated", "x.txt"], "ends with .parquet or .csv"),
    "its own input": (["--write-recalibrated", "net.csv"], "is the input"),
    "no folder": (["--write-recalibrated", "no/x.csv"], "there is no folder"),
    "a map of nothing": (["--map", "beta"], "--map beta needs --write-recalibrated FILE"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_wrong_target_is_refused_before_anything_is_judged(case, file, monkeypatch):
    words, message = REFUSED[case]
    monkeypatch.chdir(file.parent)
    done = invoke("evaluate", "net.csv", "--label", "y", "--probs", "p_*", "--out", "page", *words)
    assert done.exit_code == 2
    assert message in done.output
    assert done.output.count("\n") == 1
    assert not (file.parent / "page").exists()


def test_new_rows_of_other_classes_are_refused(logits, labels, frame, tmp_path):
    recalibration.fit(logits, labels, class_names=CLASSES).save(tmp_path / "m.json")
    frame.rename(columns={"p_cat": "p_dog"}).to_csv(tmp_path / "n.csv", index=False)
    words = [tmp_path / "m.json", tmp_path / "n.csv", "--probs", "p_*"]
    done = invoke("recalibrate", *words, "--out", tmp_path / "o.csv")
    assert done.exit_code == 2
    assert "'ant', 'bee', 'dog', the map is for 'ant', 'bee', 'cat'" in done.output


def test_the_map_says_what_it_is(logits, labels):
    made = recalibration.fit(logits, labels)
    assert isinstance(made, Recalibration)
    assert made.described == f"the temperature {made.map.value:.4g}"
