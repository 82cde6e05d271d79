"""Models in a user's own files: found by every worker, and not mixed after a change."""

import numpy as np
import pytest
import tomli_w

from study_cluster import cluster
from trifit.cards import load_card
from trifit.errors import InputError
from trifit.functions import digests, from_folder
from trifit.sbc import check_model
from trifit.sbc.replication import checked
from trifit.sbc.setup import setup_of
from trifit.study import run_study
from trifit.study.spec import load_study, study_of
from trifit.study.store import Store
from trifit.study.validation import validated_cells

CODE = """
import pymc as pm

def build(X, y, *, n_classes, coords, prior_scale=1.0):
    with pm.Model(coords=coords) as model:
        data = pm.Data("X", X, dims=("obs", "feature"))
        beta = pm.Normal("beta", 0.0, prior_scale, dims="feature")
        pm.Bernoulli("label", logit_p=data @ beta, observed=y)
    return model
"""

STUDY = {
    "name": "own",
    "question": "Are workers elsewhere?",
    "expects": "They are.",
    "replications": 2,
    "data": {"world": "softmax", "features": 2, "n": 40, "n_test": 50},
    "model": {"nuts": False},
    "grid": [{"model": {"card": ["own.toml", "own.py:build"]}}],
    "quick": {"grid": [{"data": {"n": [40]}}]},
}


@pytest.fixture
def own(tmp_path, monkeypatch):
    """The working directory, with a builder and a card of the user."""
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "own.py").write_text(CODE)
    (folder / "own.toml").write_text('name = "own"\nbuilder = "own.py:build"\n')
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.broad
def test_workers_in_another_folder_run_the_file_of_the_user(own, tmp_path, monkeypatch):
    """A file of that name in the workers' folder is another one."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "own.py").write_text("raise RuntimeError('not mine')")
    (elsewhere / "own.toml").write_text("not mine")
    monkeypatch.chdir(elsewhere)
    with cluster(elsewhere) as (address, _):
        monkeypatch.chdir(own)
        there = {"backend": "dask", "scheduler": address}
        record = run_study(study_of(STUDY, "study"), tmp_path / "study", **there)
        assert (record.n_cells, record.n_failed) == (4, 0), record
        for model in ("own.toml", "own.py:build"):
            found = check_model(
                model,
                tmp_path / model.replace(":", "-"),
                methods=["laplace"],
                rows=20,
                replications=50,
                **there,
            )
            assert found.n_failed == 0, found.errors


def test_paths_in_a_study_begin_at_its_file(own, tmp_path, monkeypatch):
    """Its cards, functions and tables; and the numbers are the same wherever it is run."""
    rng = np.random.default_rng(1)
    rows = [f"{x:.3f},{z:.3f},{x + z > rng.logistic()}" for x, z in rng.normal(size=(80, 2))]
    (own / "rows.csv").write_text("\n".join(["x,z,y", *rows]) + "\n")
    data = {"source": "rows.csv", "target": "y", "n": 40, "n_test": 20}
    (own / "own-study.toml").write_text(tomli_w.dumps(STUDY | {"data": data}))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    made = [tmp_path / "here", tmp_path / "there"]
    for where, out in zip((own, elsewhere), made, strict=True):
        monkeypatch.chdir(where)
        study = load_study(own / "own-study.toml" if where == own else "../mine/own-study.toml")
        record = run_study(study, out, backend="serial")
        assert (record.n_cells, record.n_failed) == (4, 0), record.failed
        assert str(own) not in (out / "study.toml").read_text()
    found = [Store(out / "cells").table().to_pandas() for out in made]
    one, other = (f[f["quantity"] != "seconds"].reset_index(drop=True) for f in found)
    assert one.equals(other)
    for name, message in (
        (
            "rows.csv",
            "data.source = 'rows.csv': no such file in '.*mine', where paths of the study",
        ),
        ("own.toml", "study '../mine/own-study.toml': no such file '.*mine/own.toml'; paths of a"),
    ):
        (own / name).rename(elsewhere / name)
        with pytest.raises(InputError, match=message):
            validated_cells(load_study("../mine/own-study.toml"))
        (elsewhere / name).rename(own / name)


def test_a_file_that_has_changed_makes_another_study(own, tmp_path):
    study = study_of(STUDY, "study")
    run_study(study, tmp_path / "study", backend="serial")
    run_study(study, tmp_path / "study", backend="serial", resume=True)
    (own / "own.py").write_text(CODE.replace("data @ beta", "2 * data @ beta"))
    with pytest.raises(InputError, match=r"different code \(.*own\.py: .*, now "):
        run_study(study, tmp_path / "study", backend="serial", resume=True)


def test_a_model_is_built_anew_from_a_file_that_has_changed(own):
    """In one process, as a cluster's worker is."""
    card = load_card("own.py:build")
    before = checked(setup_of(card, None, methods=["laplace"], rows=20)).density
    assert checked(setup_of(card, None, methods=["laplace"], rows=20)).density is before
    (own / "own.py").write_text(CODE.replace("data @ beta", "20 * data @ beta"))
    assert checked(setup_of(card, None, methods=["laplace"], rows=20)).density is not before


def test_names_from_a_folder(own, monkeypatch):
    assert from_folder("softmax", own) == "softmax"
    assert from_folder("trifit.models:linear", own) == "trifit.models:linear"
    assert from_folder("own.toml", own) == str(own / "own.toml")
    assert from_folder("sub/../own.py:build", own) == f"{own / 'own.py'}:build"
    assert from_folder("/else/own.py:build", own) == "/else/own.py:build"
    assert digests(["trifit.models:linear"]) == {}
    assert list(digests([f"{own}/own.py:a", f"{own}/own.py:b"])) == [f"{own}/own.py"]
