"""The files of a run: what they hold, and that none is lost or half-written."""

import json
import shutil

import arviz as az
import msgspec
import pandas as pd
import pytest

import trifit
from fitting import FAST
from trifit.errors import InputError
from trifit.results import Comparison
from trifit.results.folder import FILES
from trifit.run import check_folder, save_run

WRITTEN = sorted(set(FILES) - {"laplace.nc"})
"""Without the normal approximation, which is made on request."""


@pytest.fixture
def undrawn(monkeypatch):
    """An empty page: where only its place matters, none is drawn."""
    monkeypatch.setattr(Comparison, "to_html", lambda self, path: path.write_text(""))


STANDARD = ("mle", "map", "mean", "bayes", "mle+T", "map+T")


def test_all_files_are_written(saved):
    assert sorted(p.name for p in saved.iterdir()) == WRITTEN


def test_json_holds_what_was_promised(saved):
    document = json.loads((saved / "comparison.json").read_text())
    assert document["schema"] == "trifit.comparison/5"
    assert set(document["fits"]) == set(STANDARD)
    for fit in document["fits"].values():
        assert {"status", "seconds", "diagnostics"} <= set(fit)
    assert set(document["contestants"]) == set(document["fits"])
    for judged in document["contestants"].values():
        assert {"verdict", "outputs", "elpd", "scores", "calibration"} <= set(judged)
        assert set(judged["scores"]["log_loss"]) == {"value", "se", "low", "high"}
        gains = judged["calibration"]["gains"]
        assert set(gains) == {"temperature", "vector", "dirichlet", "isotonic", "beta"}
    for row in document["differences"]:
        assert {"a", "b", "log_loss", "elpd", "probability_better"} <= set(row)
    assert {"data", "card", "provenance"} <= set(document)


def test_the_schema_file_is_that_of_the_types(root, saved):
    """Written by: make schema."""
    file = root / "docs" / "comparison.schema.json"
    schema = json.loads(file.read_bytes())
    assert schema == msgspec.json.decode(msgspec.json.encode(msgspec.json.schema(Comparison)))
    fields = schema["$defs"]["Comparison"]["properties"]
    assert set(json.loads((saved / "comparison.json").read_text())) <= set(fields)


def test_json_round_trip(iris_run, tmp_path):
    iris_run.comparison.to_json(tmp_path / "c.json")
    assert Comparison.from_json(tmp_path / "c.json") == iris_run.comparison


def test_predictions_are_one_row_per_observation(saved, iris_run):
    table = pd.read_parquet(saved / "predictions.parquet")
    iris = iris_run.dataset
    assert table["row"].tolist() == list(range(150))
    assert table["y"].tolist() == [iris.class_names[k] for k in iris.y]
    for fit in STANDARD:
        probs = table[[f"{fit}:{c}" for c in iris.class_names]].to_numpy()
        assert probs.sum(axis=1) == pytest.approx(1)
        assert (probs >= 0).all()


def test_a_run_against_itself_differs_by_0(saved, iris_run):
    found = trifit.diff(saved, saved)
    assert [*found.contestants] == [*iris_run.comparison.contestants]
    for contestant in found.contestants.values():
        for difference in (contestant.log_loss.difference, contestant.brier.difference):
            assert (difference.value, difference.se) == (0, 0)
    assert found.changes == []


def test_posterior_file_is_named_and_checksummed(saved):
    tree = az.from_netcdf(saved / "posterior.nc")
    beta = tree["posterior"]["beta"]
    assert beta.dims == ("chain", "draw", "feature", "class_")
    assert beta.sizes["draw"] == FAST["draws"]
    assert list(beta["class_"].values) == ["setosa", "versicolor", "virginica"]
    assert "diverging" in tree["sample_stats"]
    data = bytearray((saved / "posterior.nc").read_bytes())
    middle = len(data) // 2
    data[middle] ^= 0xFF
    damaged = saved.parent / "damaged.nc"
    damaged.write_bytes(data)
    with pytest.raises((OSError, RuntimeError)):
        az.from_netcdf(damaged).load()


@pytest.mark.usefixtures("undrawn")
def test_own_run_is_replaced_and_other_files_stay(saved, iris_run, tmp_path):
    own = tmp_path / "iris"
    shutil.copytree(saved, own)
    (own / "notes.md").write_text("mine")
    save_run(iris_run, own)
    assert (own / "notes.md").read_text() == "mine"
    assert (own / "index.html").read_text() == ""
    assert sorted(p.name for p in own.iterdir()) == sorted([*WRITTEN, "notes.md"])
    assert [p.name for p in tmp_path.iterdir()] == ["iris"]


def test_other_folders_are_refused(saved, tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    check_folder(mine, command="trifit compare iris", force=False)  # empty: fine
    (mine / "thesis.tex").write_text("x")
    with pytest.raises(InputError, match=r"is not a run of trifit.*--force"):
        check_folder(mine, command="trifit compare iris", force=False)
    with pytest.raises(InputError, match=r"holds another run \(trifit compare iris\)"):
        check_folder(saved, command="trifit compare wine", force=False)
    with pytest.raises(InputError, match="is a file"):
        check_folder(mine / "thesis.tex", command="", force=True)


@pytest.mark.usefixtures("undrawn")
def test_force_keeps_what_is_not_trifits(iris_run, tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.tex").write_text("x")
    save_run(iris_run, mine, force=True)
    assert (mine / "thesis.tex").read_text() == "x"
    assert (mine / "index.html").is_file()


@pytest.mark.usefixtures("undrawn")
def test_an_earlier_run_survives_a_failed_move(saved, iris_run, monkeypatch):
    import os as real

    moves = []

    def fail_second(source, target):
        moves.append(source)
        if len(moves) == 2:
            raise OSError(39, "Directory not empty")
        return original(source, target)

    original = real.replace
    monkeypatch.setattr("trifit.results.folder.os.replace", fail_second)
    with pytest.raises(InputError, match="Directory not empty"):
        save_run(iris_run, saved)
    assert sorted(p.name for p in saved.iterdir()) == WRITTEN


@pytest.mark.usefixtures("undrawn")
def test_nothing_half_written(iris_run, tmp_path, monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("trifit.run.folder._write_posterior", full)
    with pytest.raises(InputError, match="No space left on device"):
        save_run(iris_run, tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no such file"),
        (b"{", "is not a trifit comparison"),
        (b'{"schema": "\xff"}', "is not a trifit comparison"),
        (b'{"schema": "trifit.comparison/5"}', "missing required field"),
    ],
)
def test_reading_what_is_no_comparison(tmp_path, content, message):
    path = tmp_path / "comparison.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        Comparison.from_json(path)


def test_reading_another_schema(saved, tmp_path):
    path = tmp_path / "comparison.json"
    shutil.copy(saved / "comparison.json", path)
    path.write_text(path.read_text().replace("comparison/5", "comparison/9"))
    with pytest.raises(InputError, match=r"schema 'trifit\.comparison/9'"):
        Comparison.from_json(path)
