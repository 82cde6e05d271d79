"""Rivals beside the fits: estimators fitted to the same rows, and files of forecasts."""

import dataclasses
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

import trifit
from trifit.cli import main
from trifit.contestants import FREQUENCIES, PAIRS, pairs_of_rivals
from trifit.data import load_dataset
from trifit.errors import InputError
from trifit.forecasts import LOG_ZERO
from trifit.notes import Note, NoteKind
from trifit.results import Comparison
from trifit.rivals import read_rivals, rival_forecasts, rivals_from, rivals_of_texts
from trifit.rivals.estimators import seeded
from trifit.rivals.files import choose_columns
from trifit.rivals.given import FileRival
from trifit.run import run_comparison, save_run
from trifit.types import Dataset, Split, SplitBy, SplitRule

SEEDS = np.random.SeedSequence(1)


class Own(ClassifierMixin, BaseEstimator):
    """An estimator of a user's own: class frequencies, told as asked."""

    def __init__(self, order=1, numbers=False, dtype="float64", without=None):
        self.order, self.numbers, self.dtype, self.without = order, numbers, dtype, without

    def fit(self, X, y):
        assert isinstance(X, pd.DataFrame)
        if self.numbers and np.asarray(y).dtype.kind != "i":
            raise ValueError("Invalid classes inferred from unique values of `y`")
        names, counts = np.unique(y, return_counts=True)
        keep = names != self.without
        self.classes_, counts = names[keep][:: self.order], counts[keep][:: self.order]
        self.share = counts / counts.sum()
        return self

    def predict_proba(self, X):
        return np.tile(self.share, (len(X), 1)).astype(self.dtype)


class Plain:
    """Nothing of scikit-learn's: no parameters, no classes_, and a warning in each step."""

    def fit(self, X, y):
        warnings.warn("fitting", UserWarning, stacklevel=1)
        self.share = np.unique(y, return_counts=True)[1] / len(y)

    def predict_proba(self, X):
        warnings.warn("predicting", RuntimeWarning, stacklevel=1)
        return pd.DataFrame([self.share] * len(X))


class Fails(Plain):
    def __init__(self, step, value=None):
        self.step, self.value = step, value

    def fit(self, X, y):
        if self.step == "fit":
            raise RuntimeError("no\nmemory left")
        super().fit(X, y)

    def predict_proba(self, X):
        if self.step == "predict":
            raise KeyError("column")
        probs = super().predict_proba(X).to_numpy()
        return self.value(probs) if self.value else probs


RULE = SplitRule(by=SplitBy.REQUEST)


@pytest.fixture(scope="module")
def data(overlapping):
    """Classes whose names are not in alphabetic order."""
    order = ("zebra", "ant")
    return Dataset(
        name="sepals",
        X=overlapping.X,
        y=overlapping.y,
        feature_names=overlapping.feature_names,
        class_names=order,
    )


@pytest.fixture(scope="module")
def split(data):
    rows = np.arange(data.n_obs)
    return Split("cv", tuple((rows[rows % 3 != k], rows[rows % 3 == k]) for k in range(3)), RULE)


@pytest.fixture(scope="module")
def alone(data):
    return run_comparison(data, cv=3, nuts=False)


@pytest.fixture(scope="module")
def run(data):
    against = {
        "forest": RandomForestClassifier(20, min_samples_leaf=5),
        "none": DummyClassifier(strategy="prior"),
        "broken": Fails("fit"),
    }
    return run_comparison(data, cv=3, nuts=False, against=against)


def entered(data, split, **against):
    rivals = read_rivals(rivals_from(against), data)
    return rival_forecasts(rivals, data, split, SEEDS, lambda stage: None)


def frequencies(data, split):
    """Log shares of the training rows, pooled over parts."""
    parts = []
    for train, test in split.parts:
        share = np.bincount(data.y[train], minlength=data.n_classes) / len(train)
        parts.append(np.tile(np.log(share), (len(test), 1)))
    return np.concatenate(parts)


# --- estimators ------------------------------------------------------------------------------


def test_a_rival_is_fitted_to_the_same_training_rows(data, split):
    model = make_pipeline(StandardScaler(), LogisticRegression())
    found = entered(data, split, lr=model).log_probs["lr"]
    names = np.array(data.class_names)
    for train, test in split.parts:
        X = pd.DataFrame(data.X, columns=list(data.feature_names))
        fitted = model.fit(X.iloc[train], names[data.y[train]])
        expected = fitted.predict_log_proba(X.iloc[test])[:, ::-1]  # ant, zebra
        assert found[: len(test)] == pytest.approx(expected, abs=1e-12)
        found = found[len(test) :]


@pytest.mark.parametrize(
    "estimator",
    [
        Own(),
        Own(order=-1),
        Own(numbers=True),
        Own(dtype="float32"),
        Own(dtype="float16"),
        Plain(),
        DummyClassifier(strategy="prior"),
        make_pipeline(StandardScaler(), DummyClassifier()),
    ],
    ids=lambda it: type(it).__name__,  # Plain's repr holds its address
)
def test_whatever_has_fit_and_predict_proba_works(data, split, estimator):
    found = entered(data, split, it=estimator)
    assert not found.failed
    half = getattr(estimator, "dtype", "") == "float16"
    assert found.log_probs["it"] == pytest.approx(
        frequencies(data, split), abs=1e-3 if half else 1e-6
    )


class RefusesMarks(Plain):
    """As XGBoost: classes 0, 1, ..., and no mark of JSON's in a column's name."""

    def fit(self, X, y):
        if y.dtype.kind not in "iu":
            raise ValueError("invalid classes")
        if any("[" in name for name in X.columns):
            raise ValueError("no [ in names")
        self.columns = list(X.columns)
        return super().fit(X, y)

    def predict_proba(self, X):
        assert list(X.columns) == self.columns
        return super().predict_proba(X)


def test_columns_whose_names_are_refused_are_told_by_number(data, split):
    named = dataclasses.replace(data, feature_names=("a[0]", *data.feature_names[1:]))
    found = entered(named, split, r=RefusesMarks())
    assert found.failed == {}
    assert (found.log_probs["r"] == entered(data, split, r=RefusesMarks()).log_probs["r"]).all()


def test_class_frequencies_as_a_rival_equal_the_baseline(run):
    c = run.comparison
    assert c.contestants["none"].scores.log_loss.value == pytest.approx(
        c.baselines[FREQUENCIES].log_loss.value, abs=1e-14
    )
    (row,) = (d for d in c.differences if (d.a, d.b) == ("none", FREQUENCIES))
    assert abs(row.log_loss.value) < 1e-12


def test_a_class_that_a_rival_never_saw_has_probability_zero(data, split):
    found = entered(data, split, it=Own(without="ant"))
    assert (found.log_probs["it"][:, 0] == 0).all()
    assert (found.log_probs["it"][:, 1] == LOG_ZERO).all()
    assert found.notes == [Note(NoteKind.RULED_OUT, names=("it",), n=50, n_rows=100)]


@pytest.mark.parametrize(
    ("estimator", "why"),
    [
        (Fails("fit"), "RuntimeError: no memory left"),
        (Fails("predict"), "KeyError: 'column'"),
        (Fails("", lambda p: p * np.nan), "holds nan"),
        (Fails("", lambda p: p * 0.9), "sums to 0.9"),
        (Fails("", lambda p: p - 1), "holds -0.5"),
        (Fails("", lambda p: p[:, 1]), "shape (34,); expected (34, 2)"),
        (Fails("", lambda p: p[:5]), r"shape (5, 2); expected"),
        (Fails("", lambda p: "text"), "returns no array"),
    ],
)
def test_a_rival_that_fails_costs_itself_a_line(data, split, estimator, why):
    rest = {"good": Own()}
    found = entered(data, split, bad=estimator, **rest)
    assert [*found.log_probs] == ["good"]
    assert why in found.failed["bad"]
    assert "\n" not in found.failed["bad"]
    note = Note(NoteKind.FAILED_RIVAL, names=("bad",), text=found.failed["bad"])
    assert found.notes == [note]


def test_missing_values_are_imputed_from_training_rows(split, data):
    seen = []

    class Looks(Plain):
        def fit(self, X, y):
            seen.append(X)
            super().fit(X, y)

    X = data.X.copy()
    X[0, 0] = np.nan
    holed = Dataset("holes", X, data.y, data.feature_names, data.class_names)
    entered(holed, split, it=Looks())
    for (train, _), frame in zip(split.parts, seen, strict=True):
        assert not frame.isna().any(axis=None)
        if 0 in train:
            assert frame.iloc[0, 0] == pytest.approx(np.nanmean(X[train, 0]))


def test_random_states_come_from_the_seed_by_name(data, split):
    forest = make_pipeline(StandardScaler(), RandomForestClassifier(5))
    a, b = (seeded(forest, SEEDS).get_params() for _ in range(2))
    key = "randomforestclassifier__random_state"
    assert a[key] == b[key] is not None
    assert seeded(forest, np.random.SeedSequence(2)).get_params()[key] != a[key]
    assert seeded(RandomForestClassifier(random_state=7), SEEDS).random_state == 7
    assert forest.get_params()[key] is None
    one, two = (entered(data, split, forest=forest).log_probs["forest"] for _ in range(2))
    assert (one == two).all()
    beside = entered(data, split, other=RandomForestClassifier(5), forest=forest)
    assert (beside.log_probs["forest"] == one).all()


# --- in a comparison -------------------------------------------------------------------------


def test_rivals_change_no_number_of_the_fits(run, alone):
    assert [*run.comparison.contestants] == [*alone.comparison.contestants, "forest", "none"]
    for name, judged in alone.comparison.contestants.items():
        assert run.comparison.contestants[name] == judged
    assert run.comparison.baselines == alone.comparison.baselines
    *listed, best_two = alone.comparison.differences  # with rivals, others are the best two
    assert run.comparison.differences[: len(listed)] == listed
    assert (best_two.a, best_two.b) not in [(pair.a, pair.b) for pair in PAIRS]


def test_every_rival_is_held_against_the_fits_and_the_others(run):
    pairs = [(d.a, d.b) for d in run.comparison.differences]
    rivals = ("forest", "none")
    assert set(pairs) >= {(r, b) for r in rivals for b in ("mle", "map", FREQUENCIES)}
    assert ("forest", "none") in pairs
    best = sorted(
        run.comparison.contestants,
        key=lambda name: run.comparison.contestants[name].scores.log_loss.value,
    )[:2]
    assert tuple(best) in pairs or tuple(best[::-1]) in pairs
    assert pairs_of_rivals(["r"], ["mle", "map", "laplace", "bayes"])[:3] == [
        ("r", "mle"), ("r", "map"), ("r", "bayes"),
    ]  # fmt: skip


def test_what_a_rival_is_and_why_one_is_missing_is_recorded(run):
    c = run.comparison
    text = "RandomForestClassifier(min_samples_leaf=5, n_estimators=20)"
    assert c.sources["forest"] == f"{text}, fitted to the same training rows"
    assert c.provenance.settings["rival forest"] == text
    assert f"'forest': '{text}'" in c.provenance.command
    assert dict(run.failed_rivals) == {"broken": "RuntimeError: no memory left"}
    why = "RuntimeError: no memory left"
    assert Note(NoteKind.FAILED_RIVAL, names=("broken",), text=why) in c.data.notes
    assert c.failed == []
    assert "forest" in c.summary().index


@pytest.fixture(scope="module")
def folder(run, tmp_path_factory):
    path = tmp_path_factory.mktemp("files") / "run"
    save_run(run, path)
    return path


def test_the_page_and_the_files_hold_rivals(run, folder):
    table = pd.read_parquet(folder / "predictions.parquet")
    assert {"forest:zebra", "forest:ant", "none:ant"} <= {*table.columns}
    page = (folder / "index.html").read_text()
    assert "predictions of RandomForestClassifier(min_samples_leaf=5, n_estimators=20)" in page
    assert "mle against forest" in page
    assert Comparison.from_json(folder / "comparison.json") == run.comparison


def test_python_is_warned_of_a_rival_that_failed(data, monkeypatch):
    from trifit.run import compare

    class Stub:
        comparison, failed_rivals = "it", {"bad": "ValueError: no"}

    module = sys.modules[compare.__module__]
    monkeypatch.setattr(module, "run_comparison", lambda *a, **k: Stub())
    with pytest.warns(UserWarning, match="rival 'bad' failed and was left out: ValueError: no"):
        assert compare(data, against={"bad": Own()}) == "it"


# --- files -----------------------------------------------------------------------------------


def read(path, data, split, columns="", name="head"):
    rivals = read_rivals((FileRival(name, path, columns),), data)
    return rival_forecasts(rivals, data, split, SEEDS, lambda stage: None), rivals[0].content


@pytest.mark.parametrize("kind", ["logits", "parquet"])
def test_the_maps_own_forecasts_differ_from_it_by_nothing(data, alone, folder, kind, tmp_path):
    path = folder / "predictions.parquet"
    columns = "map"
    if kind == "logits":
        path, columns = tmp_path / "head.npz", ""
        shift = np.random.default_rng(1).normal(size=(data.n_obs, 1))
        logits = alone.log_probs["map"] + shift
        np.savez(path, logits=logits, row=alone.test_rows, classes=data.class_names)
    head = f"{path}:{columns}" if columns else path
    c = run_comparison(data, cv=3, nuts=False, against={"head": head}).comparison
    (row,) = (d for d in c.differences if (d.a, d.b) == ("head", "map"))
    assert abs(row.log_loss.value) < 1e-12
    assert row.log_loss.se < 1e-12
    as_what = "array logits as logits" if kind == "logits" else "columns map:* as probabilities"
    assert as_what in c.sources["head"]
    assert path.name in c.sources["head"]


@pytest.fixture(scope="module")
def probs(data):
    values = np.random.default_rng(3).dirichlet([2, 2], size=data.n_obs)
    return pd.DataFrame(values, columns=list(data.class_names))


@pytest.mark.parametrize("prefix", ["", "p_", "prob_", "probability:", "head:", "z_", "net-"])
@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".arrow"])
def test_columns_are_found_whatever_they_are_called(data, split, probs, prefix, suffix, tmp_path):
    path = tmp_path / f"f{suffix}"
    values = np.log(probs) if prefix == "z_" else probs
    frame = values.add_prefix(prefix)[[prefix + "ant", prefix + "zebra"]]
    frame.insert(0, "row", np.arange(data.n_obs))
    frame = frame.sample(frac=1, random_state=1).reset_index(drop=True)
    {
        ".csv": lambda: frame.to_csv(path, index=False),
        ".parquet": lambda: frame.to_parquet(path),
        ".arrow": lambda: frame.to_feather(path),
    }[suffix]()
    found, content = read(path, data, split)
    expected = np.log(probs.to_numpy())[split.test_rows]
    assert found.log_probs["head"] == pytest.approx(expected, rel=1e-9)
    assert content.taken.endswith("logits" if prefix == "z_" else "probabilities")


def test_logits_without_a_name_are_taken_as_such_with_a_note(data, split, probs, tmp_path):
    path = tmp_path / "f.csv"
    (np.log(probs) + 1).to_csv(path, index=False)
    found, _ = read(path, data, split)
    assert found.log_probs["head"] == pytest.approx(np.log(probs.to_numpy())[split.test_rows])
    assert [note.kind for note in found.notes] == [NoteKind.TAKEN_AS_LOGITS]


@pytest.mark.parametrize("shape", ["one column", "one array"])
def test_one_column_of_two_classes(data, split, probs, shape, tmp_path):
    path = tmp_path / ("f.csv" if shape == "one column" else "f.npz")
    if shape == "one column":
        probs[["zebra"]].add_prefix("p_").to_csv(path, index=False)
    else:
        odds = np.log(probs["ant"] / probs["zebra"]).to_numpy()
        np.savez(path, logits=odds.astype(np.float32))
    found, _ = read(path, data, split)
    expected = np.log(probs.to_numpy())[split.test_rows]
    assert found.log_probs["head"] == pytest.approx(expected, abs=1e-5)
    columns = [note.names for note in found.notes if note.kind is NoteKind.ONE_COLUMN]
    assert columns == ([("ant",)] if shape == "one array" else [])


def test_half_precision_and_arrays_without_class_names(data, split, probs, tmp_path):
    path = tmp_path / "f.npz"
    np.savez(path, logits=np.log(probs.to_numpy()).astype(np.float16))
    found, _ = read(path, data, split)
    expected = np.log(probs.to_numpy())[split.test_rows]
    assert found.log_probs["head"] == pytest.approx(expected, abs=0.01)
    classes = [note.names for note in found.notes if note.kind is NoteKind.UNNAMED_CLASSES]
    assert classes == [("zebra", "ant")]


def test_forecasts_of_a_given_test_set_are_in_its_order(data, probs, tmp_path):
    given = Dataset(
        "given", data.X, np.tile([0, 1], 50), data.feature_names, data.class_names, n_test=30
    )
    rows = np.arange(100)
    split = Split("given", ((rows[:70], rows[70:]),), RULE)
    probs.iloc[70:].to_csv(tmp_path / "test.csv", index=False)
    probs.to_csv(tmp_path / "all.csv", index=False)
    one, _ = read(tmp_path / "test.csv", given, split)
    two, _ = read(tmp_path / "all.csv", given, split)
    assert (one.log_probs["head"] == two.log_probs["head"]).all()
    assert one.log_probs["head"] == pytest.approx(np.log(probs.to_numpy())[70:])


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda f: f.iloc[:20].drop(columns="row"), "have 20 rows; expected 100"),
        (lambda f: f.iloc[:20], "lack row 20 of the data, one of 80 scored rows"),
        (lambda f: f.assign(row=f["row"] + 1), "'row' is '100' in data row 100"),
        (lambda f: f.assign(row=0), "row 0 appears twice"),
        (lambda f: f.assign(row="a"), "'row' is 'a' in data row 1"),
        (lambda f: f.assign(p_ant=0.9), "row '0' sums to"),
        (lambda f: f.assign(p_ant=f["p_ant"] - 2), "row '0' holds"),
        (
            lambda f: f.drop(columns=["p_ant", "p_zebra"]),
            "no columns for the classes 'zebra', 'ant'",
        ),
        (
            lambda f: f.assign(q_zebra=0.5, q_ant=0.5, z_ant=1, z_zebra=1),
            "several predictions: 'p', 'z'; say which: --against head=f.csv:p",
        ),
        (lambda f: f.assign(y=["ant"] * 100), "its column 'y' says 'ant' in data row 1"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_in_a_line(data, split, probs, change, text, tmp_path):
    frame = probs.add_prefix("p_").assign(row=np.arange(100))
    change(frame).to_csv(tmp_path / "f.csv", index=False)
    with pytest.raises(InputError) as caught:
        read(tmp_path / "f.csv", data, split)
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("arrays", "text"),
    [
        ({"a": np.ones((100, 2)), "b": np.ones(3)}, "expected an array 'probs' or 'logits'"),
        ({"probs": np.full((100, 3), 1 / 3)}, "3 columns for 2 classes"),
        (
            {"probs": np.full((100, 2), 0.5), "classes": np.array(["ant", "cow"])},
            "those of the data",
        ),
        ({"probs": np.full(100, 1.5)}, "row 1 holds 1.5, expected a probability"),
        ({"logits": np.full((100, 2), np.inf)}, "a logit of row 1 is not finite"),
    ],
)
def test_arrays_that_do_not_fit_are_refused_in_a_line(data, split, arrays, text, tmp_path):
    np.savez(tmp_path / "f.npz", **arrays)
    with pytest.raises(InputError, match=text):
        read(tmp_path / "f.npz", data, split)


def test_which_of_several_forecasts_is_said_after_a_colon():
    columns = ["mle:a", "mle:b", "map:a", "map:b", "head:a", "head:b"]
    asked = FileRival("again", None, "map")
    assert choose_columns(columns, ("a", "b"), asked).pattern == "map:*"
    assert choose_columns(columns, ("a", "b"), FileRival("head", None)).pattern == "head:*"
    several = [c.replace("head", "probs") for c in columns]
    with pytest.raises(InputError, match="several predictions: 'mle', 'map', 'probs'; say which"):
        choose_columns(several, ("a", "b"), FileRival("again", Path("f.csv")))


def test_a_contestant_called_logit_has_probabilities(data, split, probs, tmp_path):
    """``NAME:CLASS`` says who made the columns, not what they hold."""
    probs.add_prefix("logit:").to_csv(tmp_path / "f.csv", index=False)
    for name, columns in (("logit", ""), ("head", "logit"), ("head", "logit:*")):
        found, content = read(tmp_path / "f.csv", data, split, columns, name)
        assert content.taken == "columns logit:* as probabilities"
        assert found.log_probs[name] == pytest.approx(np.log(probs.to_numpy())[split.test_rows])


# --- what is refused at the door -------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"map": Own()}, "'map' is the name of a fit"),
        ({"laplace": Own()}, "'laplace' is the name of a fit"),
        ({FREQUENCIES: Own()}, "is the name of a baseline"),
        ({"svm": SVC()}, "SVC has no predict_proba; sklearn.calibration.CalibratedClassifierCV"),
        ({"it": 3}, "rival 'it': int has no fit"),
        ({"it": lambda: 1 / 0}, "should return an estimator; it raised ZeroDivisionError"),
        ({"it": "gone.py:f"}, "no such file 'gone.py'"),
        ({"it": "sklearn.svm:Nope"}, "has no function 'Nope'"),
        ({"it": "gone.csv"}, "no such file 'gone.csv'"),
        ({"it": "forest"}, "expected FILE.py:FUNCTION"),
        ([Own()], "expected a dict of names and estimators"),
    ],
)
def test_what_is_no_rival_is_refused(given, text):
    with pytest.raises(InputError) as caught:
        rivals_from(given)
    assert text in str(caught.value)


def test_texts_of_the_command_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rivals.py").write_text(
        "from sklearn.dummy import DummyClassifier\n\ndef forest():\n    return DummyClassifier()\n"
    )
    (tmp_path / "head.csv").write_text("a,b\n")
    texts = ["rivals.py:forest", "F=rivals.py:forest", "sklearn.dummy:DummyClassifier"]
    texts += ["head.csv", "H=head.csv:p_*"]
    found = rivals_of_texts(texts)
    assert [r.name for r in found] == ["forest", "F", "DummyClassifier", "head", "H"]
    assert [r.text for r in found[:3]] == ["DummyClassifier()"] * 3
    assert found[4].columns == "p_*"
    for bad, text in (
        (["=rivals.py:forest"], "expected NAME="),
        (["F="], "expected NAME="),
        (["rivals.py:forest"] * 2, "two rivals are called 'forest'"),
    ):
        with pytest.raises(InputError, match=text):
            rivals_of_texts(bad)


def test_soft_labels_are_refused(data):
    soft = Dataset(
        "soft", data.X, data.y, data.feature_names, data.class_names,
        soft_labels=np.full((100, 2), 0.5),
    )  # fmt: skip
    with pytest.raises(InputError, match="--against it: the labels are distributions"):
        read_rivals(rivals_from({"it": Own()}), soft)


# --- the command line ------------------------------------------------------------------------


def test_bad_rivals_are_answered_before_pymc_is_loaded(tmp_path):
    (tmp_path / "head.csv").write_text("row,setosa\n0,1\n")
    code = (
        "import sys\nfrom trifit.cli import main\n"
        "for rival in sys.argv[1:]:\n"
        "    try: main(['compare', 'iris', '--against', rival])\n"
        "    except SystemExit as ended: print(ended.code)\n"
        "assert not {'pymc', 'pytensor', 'arviz'} & set(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "head.csv", "sklearn.svm:SVC"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.split() == ["2", "2"]
    assert [line[:8] for line in done.stderr.splitlines()] == ["trifit: "] * 2


@pytest.mark.broad
def test_a_failed_rival_does_not_change_the_exit_code(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rivals.py").write_text(
        "class Bad:\n"
        "    def fit(self, X, y):\n        raise MemoryError('too large')\n"
        "    def predict_proba(self, X):\n        pass\n\n"
        "def prior():\n"
        "    from sklearn.dummy import DummyClassifier\n    return DummyClassifier()\n"
    )
    arguments = ["compare", "iris", "--no-nuts", "--test-size", "0.3", "--out", "run"]
    arguments += ["--against", "rivals.py:Bad", "--against", "prior=rivals.py:prior"]
    monkeypatch.setattr(sys, "argv", ["trifit", *arguments])
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output
    assert "rival 'Bad' failed and was left out: MemoryError: too large" in done.stderr
    assert "note: Bad failed and was left out: MemoryError: too large" in done.stdout
    assert "prior − map" in done.stdout
    c = Comparison.from_json(tmp_path / "run" / "comparison.json")
    assert "--against rivals.py:Bad --against prior=rivals.py:prior" in c.provenance.command


@pytest.mark.broad
def test_rivals_are_held_against_the_truth_of_simulated_data():
    world = load_dataset("sim:gaussian", n=120, n_test=60, seed=1)
    c = trifit.compare(world, nuts=False, against={"prior": DummyClassifier()})
    assert c.truth.fits["prior"].kl.value > c.truth.fits["map"].kl.value
