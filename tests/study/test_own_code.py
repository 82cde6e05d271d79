"""Models in a user's own files: found by every worker, and not mixed after a change."""

import pytest

from study_cluster import cluster
from trifit.cards import load_card
from trifit.errors import InputError
from trifit.functions import digests, from_folder
from trifit.sbc import check_model
from trifit.sbc.replication import checked
from trifit.sbc.setup import setup_of
from trifit.study import run_study
from trifit.study.spec import study_of

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
