"""Options of another prevalence: files, pages, mistakes."""

import json
import sys

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import trifit
from selection import by_default
from trifit.cli import main
from trifit.errors import InputError
from trifit.prevalence import reweighted


def rows(rng, n, share, moved=0.0):
    """A feature of two classes, and the true probabilities at equal shares."""
    y = rng.random(n) < share
    x = rng.normal(1.5 * y + moved)
    p = 1 / (1 + np.exp(-1.5 * x + 1.125))
    return pd.DataFrame({"y": np.where(y, "yes", "no"), "x": x, "p_no": 1 - p, "p_yes": p})


@pytest.fixture
def folder(tmp_path, monkeypatch):
    rng = np.random.default_rng(1)
    even, rare = rows(rng, 300, 0.5), rows(rng, 400, 0.1)
    even.to_csv(tmp_path / "preds.csv", index=False)
    even[["y", "x"]].to_csv(tmp_path / "d.csv", index=False)
    rare.drop(columns="y").to_csv(tmp_path / "new.csv", index=False)
    rows(rng, 400, 0.1, -0.8).drop(columns="y").to_csv(tmp_path / "moved.csv", index=False)
    rare[["y", "x"]].to_csv(tmp_path / "test.csv", index=False)
    even[["x"]].to_csv(tmp_path / "no-columns.csv", index=False, header=["z"])
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def typed(monkeypatch):
    def run(*words):
        monkeypatch.setattr(sys, "argv", ["trifit", *words])
        return CliRunner().invoke(main, list(words), catch_exceptions=False)

    return run


EVALUATE = ("evaluate", "preds.csv", "--label", "y", "--probs", "p_*")
COMPARE = ("compare", "d.csv", "--target", "y", "--model", "logistic", "--no-nuts",
           "--test-size", "0.5")  # fmt: skip
BOTH = pytest.mark.parametrize("command", [EVALUATE, COMPARE], ids=["evaluate", "compare"])
DOORS = pytest.mark.parametrize(
    "command", by_default(EVALUATE, of=[EVALUATE, COMPARE]), ids=["evaluate", "compare"]
)


@DOORS
def test_given_shares_are_on_the_page(command, folder, typed):
    done = typed(*command, "--prevalence", "yes=0.02", "--out", "page")
    assert done.exit_code == 0, done.output
    assert "Corrected for other class shares, as given: no 98%" in " ".join(done.output.split())
    document = json.loads((folder / "page" / "comparison.json").read_text())
    found = document["prevalence_shift"]
    assert found["after"] == [0.98, 0.02]
    assert list(found["contestants"]) == list(document["contestants"])
    assert all(scores["gain"]["low"] > 0 for scores in found["contestants"].values())
    page = (folder / "page" / "index.html").read_text()
    assert 'id="prevalence"' in page
    assert typed("report", "page").exit_code == 0
    assert (folder / "page" / "index.html").read_text() == page


@DOORS
@pytest.mark.parametrize(("file", "moved"), [("new.csv", False), ("moved.csv", True)])
def test_shares_of_rows_without_labels_are_estimated(command, file, moved, folder, typed):
    done = typed(*command, "--prevalence-from", file, "--out", "page")
    assert done.exit_code == 0, done.output
    found = json.loads((folder / "page" / "comparison.json").read_text())["prevalence_shift"]
    assert found["n_unlabelled"] == 400
    share = found["estimates"][found["source"]]["shares"][1]
    assert (share["low"] < 0.1 < share["high"]) == (not moved)
    said = " ".join(done.output.split())
    assert ("A change of the class shares alone is implausible" in said) == moved


def test_sampling_is_undone_by_the_shares_of_the_test_rows(folder, typed):
    done = typed(*COMPARE[:-2], "--test", "test.csv", "--undo-sampling", "--out", "page")
    assert done.exit_code == 0, done.output
    found = json.loads((folder / "page" / "comparison.json").read_text())["prevalence_shift"]
    assert found["source"] == "scored rows"
    assert found["effective_rows"] == pytest.approx(400)
    assert found["before"][1] == pytest.approx(0.5, abs=0.1)
    assert found["after"] == found["scored"]
    done = typed(*EVALUATE, "--training-shares", "yes=0.9", "--out", "other")
    assert done.exit_code == 0, done.output
    found = json.loads((folder / "other" / "comparison.json").read_text())["prevalence_shift"]
    assert found["before"] == pytest.approx([0.1, 0.9])


@BOTH
@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (("--prevalence", "yes=2"), "expected a share above 0 and below 1"),
        (("--prevalence", "ill=0.2"), "'ill' is no class; the classes are 'no', 'yes'"),
        (("--prevalence", "yes"), "expected CLASS=SHARE"),
        (("--prevalence-from", "nosuch.csv"), "no such file"),
        (("--prevalence-from", "no-columns.csv"), "no-columns"),
        (("--prevalence", "yes=0.2", "--prevalence-from", "new.csv"), "exclude each other"),
    ],
)
def test_mistakes_get_one_line_and_leave_nothing(command, asked, says, folder, typed):
    done = typed(*command, *asked)
    assert done.exit_code == 2, done.output
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (folder / "reports").exists()


@pytest.mark.parametrize("given", ["nonsense", "yes=2", "maybe=0.2"])
def test_wrong_training_shares_are_named(given, folder, typed):
    done = typed(*EVALUATE, "--training-shares", given)
    assert done.exit_code == 2
    assert "--training-shares " in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_natural_shares_must_be_known(folder, typed):
    done = typed(*COMPARE, "--undo-sampling")
    assert done.exit_code == 2
    says = "--undo-sampling: the natural class shares are not known; give test rows that have them"
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1  # before PyMC is loaded, which would be another


def test_members_are_reweighted_before_they_are_averaged(rng):
    draws, y = rng.dirichlet([1, 1], size=(3, 60)), np.arange(60) % 2
    found = trifit.evaluate_draws(draws, y, prevalence={"1": 0.1}).prevalence_shift
    logs = reweighted(np.log(draws), np.array([0.5, 0.5]), np.array([0.9, 0.1]))
    loss = -np.log(np.exp(logs).mean(axis=0))
    expected = 0.9 * loss[::2, 0].mean() + 0.1 * loss[1::2, 1].mean()
    assert found.contestants["mean probs"].log_loss.value == pytest.approx(expected)
    one = 0.9 * -logs[0, ::2, 0].mean() - 0.1 * logs[0, 1::2, 1].mean()
    assert found.contestants["member 1"].log_loss.value == pytest.approx(one)


def test_python_takes_probabilities_of_rows_without_labels():
    rng = np.random.default_rng(3)
    even, rare = rows(rng, 300, 0.5), rows(rng, 400, 0.1)
    p, q = (frame[["p_no", "p_yes"]].to_numpy() for frame in (even, rare))
    y = (even["y"] == "yes").astype(int)
    found = trifit.evaluate({"a": p, "b": p}, y, prevalence_from={"b": q}, class_names="ny")
    frame = found.prevalence()
    assert frame.loc["b", "share:y_low"] < 0.1 < frame.loc["b", "share:y_high"]
    assert np.isnan(frame.loc["a", "share:y"])
    assert frame.loc["a", "log_loss"] == frame.loc["b", "log_loss"]
    for given, says in (
        ({"c": q}, "'c' is no contestant"),
        (q[:, :1], "prevalence_from of a"),
        (np.full((5, 3), 1 / 3), "3 columns for 2 classes"),
    ):
        with pytest.raises(InputError, match=says):
            trifit.evaluate({"a": p, "b": p}, y, prevalence_from=given)
    three = np.c_[p, np.full(300, 1e-9)]
    three /= three.sum(axis=1, keepdims=True)
    with pytest.raises(InputError, match="no scored row has it"):
        trifit.evaluate(three, y, prevalence={"2": 0.3})


def test_a_class_whose_rows_are_of_one_group_gets_no_share(rng):
    p, y, groups = rng.dirichlet([1, 1], 96), np.repeat([0, 1], [90, 6]), np.arange(96) // 6
    with pytest.raises(InputError, match="its scored rows are all of one group"):
        trifit.evaluate(p, y, groups=groups, prevalence={"1": 0.5})
