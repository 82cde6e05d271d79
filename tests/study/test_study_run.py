"""Studies run: their folder, the same numbers everywhere, every shipped one on its quick grid."""

import json
import os
import re
import signal
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner
from tomli_w import dumps

from study_cluster import cluster, process, wait_for
from trifit.cli import main
from trifit.errors import InputError
from trifit.report.study import render_study
from trifit.results.study import StudyRecord
from trifit.study import load_study, run_study, study_names
from trifit.study.spec import study_of
from trifit.study.store import Store

EXISTENCE = {
    "question": "Does an MLE exist?",
    "expects": "At first <b>yes</b>.",
    "measure": "existence",
    "replications": 4,
    "data": {"world": "softmax", "n": 40},
    "grid": [{"data": {"kappa": [0.05, 0.6], "signal": [1.0, 2.0]}}],
    "quick": {"grid": [{"data": {"kappa": [0.05]}}]},
    "figures": [
        {"title": "Share", "quantity": "no_mle", "x": "kappa", "panels": "signal", "fits": ["mle"]},
        {"title": "T", "quantity": "no_mle", "x": "kappa", "y": "signal", "fits": ["mle"],
         "threshold": True},
    ],
    "claims": [{"says": "S", "quantity": "no_mle", "fit": "mle", "where": {"kappa": 0.6},
                "above": 0.1}],
}  # fmt: skip

FITS = {
    "question": "Are they the same?",
    "expects": "To the last bit.",
    "replications": 2,
    "data": {"world": "softmax", "features": 3, "n_test": 60},
    "model": {"card": "logistic", "chains": 2, "draws": 60, "standardize": False},
    "grid": [{"data": {"n": [40, 60]}}],
    "quick": {"grid": [{"data": {"n": [40]}}]},
}


def made(fields, **changed):
    return study_of({"name": "made"} | fields | changed, "study")


def numbers(folder):
    table = Store(folder / "cells").table().to_pandas()
    return table[table["quantity"] != "seconds"].reset_index(drop=True)


def test_a_study_from_file_to_page(tmp_path):
    record = run_study(made(EXISTENCE), tmp_path / "s", backend="serial")
    assert (record.n_cells, record.n_failed) == (16, 0)
    assert list(record.axes) == ["kappa", "signal"]
    assert [f.outcome for f in record.findings] == ["as expected"]
    assert {p.name for p in (tmp_path / "s").iterdir()} == {
        "study.toml", "made-with.json", "study.json", "index.html", "cells",
    }  # fmt: skip
    again = msgspec.json.decode((tmp_path / "s/study.json").read_bytes(), type=StudyRecord)
    page = (tmp_path / "s/index.html").read_text()
    assert page == render_study(again)
    assert "At first &lt;b&gt;yes" in page
    assert page.count("<script>") == 1
    assert study_of(record.study, "again") == made(EXISTENCE)


@pytest.mark.broad
def test_the_same_to_the_last_bit_on_every_backend(tmp_path):
    """Fits and posteriors, in this process, in two others, on a cluster of two workers."""
    run_study(made(FITS), tmp_path / "serial", backend="serial")
    run_study(made(FITS), tmp_path / "loky", backend="loky", jobs=2)
    with cluster(tmp_path) as (address, _):
        run_study(made(FITS), tmp_path / "dask", backend="dask", scheduler=address)
    one = numbers(tmp_path / "serial")
    assert one.equals(numbers(tmp_path / "loky"))
    assert one.equals(numbers(tmp_path / "dask"))
    assert {"bayes", "mle", "mle+T"} <= set(one["fit"])
    assert "alpha" in set(one["quantity"])
    assert np.isfinite(one["value"]).all()


@pytest.mark.broad
def test_kill_9_and_resume_give_the_numbers_of_one_run(tmp_path):
    """The command, killed with its workers as soon as a few cells are there."""
    file = tmp_path / "made.toml"
    file.write_text(dumps(EXISTENCE | {"name": "made", "replications": 60}))
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    command = (sys.executable, "-c", "from trifit.cli import main; main()", "study", str(file))
    with process(*command, "--jobs", "2", "--out", str(killed), log=tmp_path / "log") as child:
        wait_for(lambda: len(Store(killed / "cells").finished()) >= 5)
        os.killpg(child.pid, signal.SIGKILL)
    kept = Store(killed / "cells").finished()
    assert 5 <= len(kept) < 240
    before = {key: found for key, found in seconds(killed).items() if key in kept}
    run_study(load_study(file), killed, backend="serial", resume=True)
    run_study(load_study(file), whole, backend="serial")
    assert numbers(killed).equals(numbers(whole))
    after = seconds(killed)
    assert all(after[key] == value for key, value in before.items()), "none was run twice"


def seconds(folder):
    """Wall time of every cell, which no second run repeats to the last digit."""
    table = Store(folder / "cells").table().to_pandas()
    table = table[table["quantity"] == "seconds"]
    return dict(zip(table["cell"], table["value"], strict=True))


def test_what_is_finished_is_not_run_again(tmp_path, monkeypatch):
    folder = tmp_path / "s"
    run_study(made(EXISTENCE), folder, backend="serial")
    with pytest.raises(InputError, match="holds the study 'made'; --resume to continue"):
        run_study(made(EXISTENCE), folder, backend="serial")
    said = []
    wider = made(EXISTENCE, grid=[{"data": {"kappa": [0.05, 0.3, 0.6], "signal": [1.0, 2.0]}}])
    record = run_study(
        wider, folder, backend="serial", resume=True, progress=lambda *a: said.append(a)
    )
    assert said[0] == ("made: 24 cells; 16 are finished", 16 / 24)
    assert len(said) == 1 + 8
    assert record.n_cells == 24


def test_folders_that_must_not_be_touched(tmp_path):
    study, folder = made(EXISTENCE), tmp_path / "s"
    folder.mkdir()
    (folder / "diary.txt").write_text("mine")
    for how in ({}, {"resume": True}, {"force": True}):
        with pytest.raises(InputError, match="exists and is not a study of trifit"):
            run_study(study, folder, backend="serial", **how)
    assert [p.name for p in folder.iterdir()] == ["diary.txt"]
    with pytest.raises(InputError, match="is a file; give a folder"):
        run_study(study, folder / "diary.txt", backend="serial")


def without_seconds(page):
    """A page without the seconds of computing that it states."""
    return re.sub(r"\b\d+ (s|min|h)\b", "", page)


def test_cells_of_other_versions_do_not_mix(tmp_path):
    study, folder = made(EXISTENCE), tmp_path / "s"
    run_study(study, folder, backend="serial")
    before = without_seconds((folder / "index.html").read_text())
    made_with = json.loads((folder / "made-with.json").read_text())
    made_with["versions"]["pymc"] = "5.0"
    (folder / "made-with.json").write_text(json.dumps(made_with))
    with pytest.raises(InputError, match=r"made with different versions \(pymc: 5.0, now "):
        run_study(study, folder, backend="serial", resume=True)
    (folder / "diary.txt").write_text("mine")
    run_study(study, folder, backend="serial", force=True)
    assert (folder / "diary.txt").read_text() == "mine"
    assert without_seconds((folder / "index.html").read_text()) == before
    (folder / "made-with.json").write_text("{")
    with pytest.raises(InputError, match="is damaged"):
        run_study(study, folder, backend="serial", resume=True)


def test_the_texts_of_a_card_may_change_but_no_setting(tmp_path):
    card, folder = tmp_path / "mine.toml", tmp_path / "s"
    text = Path("models/logistic.toml").read_text()
    card.write_text(text)
    model = {"card": str(card), "nuts": False}
    grid = {"data": {"n": [60]}}
    study = made(FITS, model=model, grid=[grid], quick={"grid": [grid]})
    run_study(study, folder, backend="serial")
    said = []
    noted = text.replace('note = """', 'note = """Once more.').replace(
        "Cox (1958)", "Cox, D. (1958)"
    )
    card.write_text(noted)
    run_study(study, folder, backend="serial", resume=True, progress=lambda *a: said.append(a))
    assert said == [("made: 2 cells; 2 are finished", 1.0)]
    assert "Once more." in (folder / "made-with.json").read_text()
    card.write_text(noted.replace("intercept_scale = 5.0", "intercept_scale = 4.0"))
    with pytest.raises(InputError, match=r"different cards .*intercept_scale: 5.0, now 4.0"):
        run_study(study, folder, backend="serial", resume=True)


def test_one_bad_cell_does_not_stop_the_rest(tmp_path):
    lone = {"world": "gaussian", "n": 40, "features": 2}
    grid = [{"data": {"imbalance": [1.0, 1e12]}}]
    study = made(EXISTENCE, data=lone, grid=grid, quick={"grid": grid}, figures=[], claims=[])
    record = run_study(study, tmp_path / "s", backend="serial")
    assert (record.n_cells, record.n_failed) == (8, 4)
    assert record.failed[0].settings == {"imbalance": 1e12}
    assert "has no training row" in record.failed[0].error
    page = (tmp_path / "s/index.html").read_text()
    assert "4 cells failed and are left out of all numbers" in page
    (good,) = record.numbers
    assert good.settings == {"imbalance": 1.0}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"data": {"n": 40}}, "data.world is missing"),
        ({"data": {"world": "sofmax", "n": 40}}, "'sim:sofmax': no such world"),
        ({"data": {"world": "softmax", "n": 40, "sgnal": 1.0}}, "no parameter 'sgnal'"),
    ],
)
def test_a_study_that_cannot_run_says_so_first(tmp_path, changed, message):
    with pytest.raises(InputError, match=message):
        run_study(made(EXISTENCE, **changed), tmp_path / "s", backend="serial")
    assert not (tmp_path / "s").exists()


def test_commands(tmp_path):
    listed = CliRunner().invoke(main, ["studies"])
    assert [line.split()[0] for line in listed.output.splitlines()] == study_names()
    planned = CliRunner().invoke(main, ["study", "separation", "--quick", "--dry-run"])
    assert planned.exit_code == 0
    assert planned.output.splitlines()[1].strip() == "20 x  kappa=0.1, signal=1"
    assert "120 cells at 6 points, about" in planned.output.splitlines()[-1]
    file = tmp_path / "mine.toml"
    file.write_text(dumps(EXISTENCE))
    arguments = ["study", str(file), "--backend", "serial", "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output
    assert "✓ S: as expected" in done.output
    assert (tmp_path / "out/index.html").exists()
    again = CliRunner().invoke(main, arguments)
    assert again.exit_code == 2
    assert "--resume to continue" in again.output


@pytest.mark.broad
@pytest.mark.parametrize("name", study_names())
def test_every_shipped_study_runs(name, tmp_path):
    """Its quick grid with two replications, to the page."""
    study = load_study(name).quickly()
    study = msgspec.structs.replace(
        study,
        replications=2,
        summary="mean",
        grid=[msgspec.structs.replace(g, replications=2) for g in study.grid],
    )
    record = run_study(study, tmp_path / "s", backend="serial")
    assert record.n_failed == 0, record.failed
    assert record.pictures
    for shown in record.pictures[:1]:
        assert shown.lines or shown.tiles
    asked = {(f.quantity, fit) for f in study.figures if not f.where for fit in f.fits}
    measured = {(q, n.fit) for n in record.numbers for q in n.quantities}
    assert asked <= measured
    page = (tmp_path / "s/index.html").read_text()
    assert page.count("<svg") >= len(record.pictures)
