"""``--cost`` and ``--thresholds``: files, pages, mistakes."""

import json
import sys

import numpy as np
import pytest
from click.testing import CliRunner

from selection import by_default
from trifit.cli import main

GOOD = "a,b,y\n" + "".join(f"{i % 7},{i % 5},{'pq'[(i * i) % 3 == 1]}\n" for i in range(60))
COSTS = 'unit = "euro"\n[costs.treat]\np = 1\nq = 2\n[costs.wait]\np = 0\nq = 9\n'


@pytest.fixture
def folder(tmp_path, monkeypatch):
    rng = np.random.default_rng(1)
    p = rng.beta(1, 2, size=200)
    labels = np.where(rng.random(200) < p, "q", "p")
    sharp = p**2 / (p**2 + (1 - p) ** 2)
    lines = [f"{y},{1 - x},{x}" for y, x in zip(labels, sharp.tolist(), strict=True)]
    (tmp_path / "preds.csv").write_text("\n".join(["y,p_p,p_q", *lines]))
    (tmp_path / "good.csv").write_text(GOOD)
    (tmp_path / "costs.toml").write_text(COSTS)
    (tmp_path / "one.toml").write_text("[costs.treat]\np = 1\nq = 2\n")
    (tmp_path / "other.toml").write_text(COSTS.replace("p =", "ill ="))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def trifit(monkeypatch):
    """A command as typed."""

    def typed(*words):
        monkeypatch.setattr(sys, "argv", ["trifit", *words])
        return CliRunner().invoke(main, list(words), catch_exceptions=False)

    return typed


EVALUATE = ("evaluate", "preds.csv", "--label", "y", "--probs", "p_*")
COMPARE = ("compare", "good.csv", "--target", "y", "--model", "logistic", "--no-nuts")


DOORS = pytest.mark.parametrize(
    "command", by_default(EVALUATE, of=[EVALUATE, COMPARE]), ids=["evaluate", "compare"]
)
"""``compare`` answers by the same code; ``test_compare_answers_all_at_once`` asks it by default."""


@DOORS
def test_what_is_asked_for_is_on_the_page(command, folder, trifit):
    asked = ("--cost", "costs.toml", "--thresholds", "0.05:0.5", "--out", "page")
    done = trifit(*command, *asked)
    assert done.exit_code == 0, done.output
    said = " ".join(done.output.split())
    assert " euro per case; it was " in said
    assert "for class 'q'" in said
    assert "Area under the risk-coverage curve" in said
    document = json.loads((folder / "page" / "comparison.json").read_text())
    found = document["consequences"]
    assert list(found["costs"]["contestants"]) == list(document["contestants"])
    assert "--cost costs.toml --thresholds 0.05:0.5" in document["provenance"]["command"]
    page = (folder / "page" / "index.html").read_text()
    assert 'id="decisions"' in page
    # Drawn again from the JSON alone, byte for byte.
    assert trifit("report", "page").exit_code == 0
    assert (folder / "page" / "index.html").read_text() == page


@pytest.mark.parametrize("command", [EVALUATE, COMPARE], ids=["evaluate", "compare"])
@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (("--cost", "nosuch.toml"), "costs 'nosuch.toml': no such file"),
        (("--cost", "one.toml"), "a decision needs two or more"),
        (("--cost", "other.toml"), "costs of 'treat': 'ill' is no class; the classes are 'p', 'q'"),
        (("--thresholds", "0.2"), "expected [CLASS=]LOW:HIGH"),
        (("--thresholds", "0.2:1"), "0 < LOW < HIGH < 1"),
        (("--thresholds", "r=0.2:0.4"), "'r' is no class"),
    ],
)
def test_mistakes_get_one_line_and_leave_nothing(command, asked, says, folder, trifit):
    done = trifit(*command, *asked)
    assert done.exit_code == 2, done.output
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (folder / "reports").exists()


def test_the_example_fits_its_data(root):
    from trifit.data import load_dataset
    from trifit.decisions import Costs

    costs = Costs.of(root / "examples" / "costs.toml")
    assert costs.matrix(load_dataset("breast_cancer").class_names).shape == (2, 2)


def test_compare_answers_all_at_once(folder, trifit):
    pytest.importorskip("mapie")
    asked = ("--cost", "costs.toml", "--thresholds", "0.05:0.5", "--sets", "0.8", "--by", "a:2",
             "--prevalence", "q=0.02", "--out", "page")  # fmt: skip
    done = trifit(*COMPARE, *asked)
    assert done.exit_code == 0, done.output
    said = " ".join(done.output.split())
    for sentence in (
        " euro per case; it was ",
        "for class 'q'",
        "Area under the risk-coverage curve",
        "Sets that should contain the label in 0.8 of the rows:",
        "Corrected for other class shares, as given: p 98%",
    ):
        assert sentence in said
    document = json.loads((folder / "page" / "comparison.json").read_text())
    contestants = list(document["contestants"])
    assert list(document["consequences"]["costs"]["contestants"]) == contestants
    assert list(document["prediction_sets"]["conformal"]) == contestants
    assert list(document["prevalence_shift"]["contestants"]) == contestants
    assert document["prevalence_shift"]["after"] == [0.98, 0.02]
    (division,) = document["divisions"]
    assert list(division["contestants"]) == contestants
    assert sum(division["n_obs"]) == document["evaluation"]["n_test"]
    page = (folder / "page" / "index.html").read_text()
    for section in ("decisions", "sets", "prevalence", "subgroups"):
        assert f'id="{section}"' in page
    # Drawn again from the JSON alone, byte for byte.
    assert trifit("report", "page").exit_code == 0
    assert (folder / "page" / "index.html").read_text() == page


@DOORS
def test_sets_are_on_the_page(command, folder, trifit):
    pytest.importorskip("mapie")
    done = trifit(*command, "--sets", "0.8", "--out", "page")
    assert done.exit_code == 0, done.output
    said = " ".join(done.output.split())
    assert "Sets that should contain the label in 0.8 of the rows:" in said
    assert ", as promised: coverage " in said
    assert "; conformal: coverage 0." in said
    document = json.loads((folder / "page" / "comparison.json").read_text())
    assert list(document["prediction_sets"]["conformal"]) == list(document["contestants"])
    assert 'id="sets"' in (folder / "page" / "index.html").read_text()
    wrong = trifit(*command, "--sets", "90")
    assert wrong.exit_code == 2
    assert "sets 90.0: expected a coverage above 0 and below 1, e.g. 0.9" in wrong.output


def test_a_recommended_map_is_saved_and_applied(folder, trifit):
    """The forecasts' log-odds are doubled: the map divides them by about two."""
    done = trifit(*EVALUATE, "--out", "page")
    said = " ".join(done.output.split())
    assert "The map is recommended.preds.map.json in the run's folder." in said
    saved = json.loads((folder / "page" / "recommended.preds.map.json").read_text())
    advice = json.loads((folder / "page" / "comparison.json").read_text())["advice"]["preds"]
    assert saved["map"] == {"method": "temperature", "value": advice["temperature"]}
    made = ("recalibrate", "page/recommended.preds.map.json", "preds.csv", "--probs", "p_*")
    assert trifit(*made, "--out", "better.csv").exit_code == 0
