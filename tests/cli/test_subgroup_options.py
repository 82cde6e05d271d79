"""``--by``: files, pages, mistakes."""

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


@pytest.fixture(scope="module")
def rows():
    """Features, a region that changes the slope, an age with gaps, weights, visits."""
    rng = np.random.default_rng(1)
    n = 400
    region, x = rng.choice(["north", "south"], n), rng.normal(size=n)
    p = 1 / (1 + np.exp(-2 * x))
    y = np.where(rng.logistic(size=n) < 2 * x * np.where(region == "north", 1, 0.3), "q", "p")
    age = rng.integers(20, 80, n).astype(float)
    age[::10] = np.nan
    return pd.DataFrame(
        {"y": y, "x": x, "region": region, "age": age, "visit": np.arange(n) // 2, "n": 2,
         "p_p": 1 - p, "p_q": p}
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path, monkeypatch, rows):
    rows.to_csv(tmp_path / "preds.csv", index=False)
    rows.drop(columns=["p_p", "p_q", "visit", "n"]).to_csv(tmp_path / "d.csv", index=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def trifit_(monkeypatch):
    """A command as typed."""

    def typed(*words):
        monkeypatch.setattr(sys, "argv", ["trifit", *words])
        return CliRunner().invoke(main, list(words), catch_exceptions=False)

    return typed


EVALUATE = ("evaluate", "preds.csv", "--label", "y", "--probs", "p_*")
COMPARE = ("compare", "d.csv", "--target", "y", "--model", "logistic", "--no-nuts",
           "--drop", "region", "--drop", "age", "--test-size", "0.5")  # fmt: skip


@pytest.mark.parametrize(
    "command", by_default(EVALUATE, of=[EVALUATE, COMPARE]), ids=["evaluate", "compare"]
)
def test_what_is_asked_for_is_on_the_page(command, folder, trifit_):
    done = trifit_(*command, "--by", "region", "--by", "age:3", "--out", "page")
    assert done.exit_code == 0, done.output
    assert "'south' has a different slope" in " ".join(done.output.split())
    document = json.loads((folder / "page" / "comparison.json").read_text())
    region, age = document["divisions"]
    assert region["names"] == ["north", "south"]
    assert len(age["names"]) == 4
    assert age["names"][-1] == "(missing)"
    assert len(age["cuts"]) == 2
    assert sum(age["n_obs"]) == document["evaluation"]["n_test"]
    assert list(region["contestants"]) == list(document["contestants"])
    page = (folder / "page" / "index.html").read_text()
    assert 'id="subgroups"' in page
    assert trifit_("report", "page").exit_code == 0
    assert (folder / "page" / "index.html").read_text() == page


def test_groups_and_weights_are_respected(folder, trifit_):
    done = trifit_(*EVALUATE, "--by", "region", "--groups", "visit", "--weights", "n", "--out", "a")
    assert done.exit_code == 0, done.output
    (found,) = json.loads((folder / "a" / "comparison.json").read_text())["divisions"]
    assert sum(found["n_obs"]) == 800
    assert all(100 < n <= 200 for n in found["n_groups"])


@pytest.mark.parametrize("command", [EVALUATE, COMPARE], ids=["evaluate", "compare"])
@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("nosuch", "by 'nosuch': 'nosuch' is no column"),
        ("y", "by 'y': a column of labels cannot divide the rows; give another column"),
        ("region:3", "holds 'north' in data row"),
        ("age:1", "expected COLUMN:PARTS with 2 to 20 parts"),
        ("x", "400 different values; at most 50 subgroups are judged: cut its numbers, e.g. x:4"),
    ],
)
def test_mistakes_get_one_line_and_leave_nothing(command, asked, says, folder, trifit_):
    done = trifit_(*command, "--by", asked)
    assert done.exit_code == 2, done.output
    assert says.replace("400", "200" if command is COMPARE else "400") in done.stderr
    assert not (folder / "reports").exists()


def test_python_takes_columns_in_memory(rows):
    p, y = rows[["p_p", "p_q"]].to_numpy(), (rows["y"] == "q").astype(int)
    found = trifit.evaluate(p, y, by={"region": rows["region"], "age:2": rows["age"]})
    frame = found.subgroups()
    assert frame.index.names == ["fit", "by", "subgroup"]
    assert frame.loc[("model", "region", "south"), "differs"] == "slope"
    assert frame.loc[("model", "region", "south"), "slope"] < 0.6
    assert frame.loc[("model", "age:2", "(missing)"), "n_obs"] == 40
    draws = np.stack([p, p])
    assert len(trifit.evaluate_draws(draws, y, by={"region": rows["region"]}).divisions) == 1
    with pytest.raises(InputError, match="by 'region' has shape"):
        trifit.evaluate(p, y, by={"region": rows["region"][:3]})


def test_features_of_complete_data_divide_them():
    data = trifit.load_dataset("iris", by=["petal length (cm):2"])
    (by,) = data.by
    assert (by.column, by.n_parts) == ("petal length (cm)", 2)
    with pytest.raises(InputError, match="by 'nosuch': 'nosuch' is no column"):
        trifit.load_dataset("iris", by="nosuch")
