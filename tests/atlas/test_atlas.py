"""The atlas: its tables, its study, its findings, end to end."""

import os
from hashlib import sha256
from pathlib import Path

import msgspec
import numpy as np
import pandas as pd
import pytest
import tomli_w
from click.testing import CliRunner

from made_up_atlas import cell, made_up_atlas, outcome
from markup import without_drawings
from study_cluster import cluster
from trifit.atlas.bootstrap import over_tables, ratio_over_tables, share_over_tables
from trifit.atlas.entries import (
    atlas_folder,
    load_entries,
    load_entry,
    open_entry,
    table_path,
)
from trifit.atlas.findings import summarised
from trifit.atlas.rule import rule_of_thumb
from trifit.atlas.run import run_atlas
from trifit.atlas.study import atlas_study, sizes_of
from trifit.cli import main
from trifit.data import load_dataset
from trifit.errors import InputError
from trifit.results import Verdict
from trifit.results.kept import ATLAS
from trifit.words.atlas import atlas_sentences, headline, loss_sentence

SNAPSHOT = Path(__file__).parent / "page.html"

# --- the shipped tables ---

ENTRIES = load_entries()
CONFIRM = atlas_folder() / "confirm"
CONFIRMING = load_entries(CONFIRM)


def test_the_atlas_is_as_its_rule_says():
    assert len(ENTRIES) >= 40
    assert all(e.table is not None and 30 <= e.table.rows <= 50_000 for e in ENTRIES)
    packages = [e.package for e in ENTRIES]
    assert max(packages.count(p) for p in set(packages)) <= 7
    assert len({(e.package, e.item) for e in ENTRIES}) == len(ENTRIES)
    assert {"medicine", "ecology", "economics", "text counts", "images"} <= {
        e.field for e in ENTRIES
    }
    assert {p.stem for p in (atlas_folder() / "tables").iterdir()} == {e.name for e in ENTRIES}


def test_the_tables_to_confirm_on_are_as_their_rule_says():
    assert len(CONFIRMING) >= 30
    assert all(e.table is not None and 30 <= e.table.rows <= 10_000 for e in CONFIRMING)
    packages = [e.package for e in CONFIRMING]
    assert max(packages.count(p) for p in set(packages)) <= 8
    both = [(e.package, e.item) for e in ENTRIES + CONFIRMING]
    assert len(set(both)) == len(both)
    assert not {e.name for e in ENTRIES} & {e.name for e in CONFIRMING}
    assert {p.stem for p in (CONFIRM / "tables").iterdir()} == {e.name for e in CONFIRMING}


@pytest.mark.parametrize("entry", CONFIRMING, ids=lambda e: e.name)
def test_a_table_to_confirm_on_has_few_coefficients(entry):
    dataset = open_entry(entry, CONFIRM)
    assert dataset.X.shape[1] * (dataset.n_classes - 1) <= 200


@pytest.mark.parametrize(
    ("entry", "folder"),
    [(e, atlas_folder()) for e in ENTRIES] + [(e, CONFIRM) for e in CONFIRMING],
    ids=lambda value: getattr(value, "name", ""),
)
def test_a_table_is_the_one_its_toml_describes(entry, folder):
    content = table_path(entry, folder).read_bytes()
    assert sha256(content).hexdigest() == entry.table.sha256
    found = pd.read_parquet(table_path(entry, folder))
    assert len(found) == entry.table.rows
    assert not set(entry.left_out) & set(found.columns)
    counts = found[entry.target].value_counts()
    assert 2 <= len(counts) <= 10
    assert counts.min() >= 8
    assert entry.licence
    assert entry.licence_from


# --- an atlas of one's own ---


def write_table(folder, name, n=90, seed=0, **own):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 2))
    y = np.where(x[:, 0] + rng.logistic(size=n) > 0, "yes", "no")
    rows = pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "who": np.arange(n) // 2, "y": y})
    path = folder / "tables" / f"{name}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    rows.to_parquet(path)
    fields = {
        "title": "t", "field": "f", "package": "p", "item": name, "shipped_by": "s",
        "licence": "CC0", "licence_from": "here", "target": "y",
        "table": {
            "rows": n, "columns": 3, "rows_left_out": 0,
            "sha256": sha256(path.read_bytes()).hexdigest(),
        },
    }  # fmt: skip
    (folder / f"{name}.toml").write_text(tomli_w.dumps(fields | own))
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("atlas")
    write_table(folder, "one")
    return write_table(folder, "two", seed=1, groups="who")


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"colour": "red"}, "unknown field `colour`"),
        ({"target": 3}, r"Expected `str`, got `int` - at `\$.target`"),
        ({"target": "z"}, "target 'z' is not a column"),
        ({"table": {"rows": 90, "columns": 3, "rows_left_out": 0, "sha256": "0"}}, "its checksum"),
    ],
)
def test_a_wrong_entry_is_named(tmp_path, change, text):
    write_table(tmp_path, "one", **change)
    with pytest.raises(InputError, match=text):
        open_entry(load_entry(tmp_path / "one.toml"), tmp_path)


def test_what_is_not_there_is_named(folder, tmp_path):
    with pytest.raises(
        InputError,
        match=f"table 'three' is not in the atlas; trifit atlas --list --folder {folder} names",
    ):
        load_entries(folder, ["one", "three"])
    with pytest.raises(InputError, match="'three' is not in the atlas; trifit atlas --list names"):
        load_entries(names=["three"])
    with pytest.raises(InputError, match="no tables there; the atlas comes with the repository"):
        load_entries(tmp_path)
    write_table(tmp_path, "one")
    (tmp_path / "tables" / "one.parquet").unlink()
    with pytest.raises(InputError, match="no such file"):
        open_entry(load_entry(tmp_path / "one.toml"), tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="exists and is not an atlas"):
        run_atlas(tmp_path, atlas=folder)
    (tmp_path / "atlas.json").write_text("{}")
    with pytest.raises(InputError, match="without its cells; --force to make it anew"):
        run_atlas(tmp_path, atlas=folder)
    with pytest.raises(InputError, match="no tables there"):
        run_atlas(tmp_path / "new", atlas=str(tmp_path / "nosuch"))


# --- sizes and the study ---


def test_sizes_are_shares_of_two_thirds_of_the_table():
    assert sizes_of(load_dataset("breast_cancer")) == ([380, 95], 189)
    assert sizes_of(load_dataset("digits")) == ([1000, 250, 50], 599)


def test_a_study_of_many_tables_has_the_cells_of_each():
    iris, cancer = load_dataset("iris"), load_dataset("breast_cancer")
    study = atlas_study([iris, cancer])
    points = [(g.data["source"], n, g.model["nuts"]) for g in study.grid for n in g.data["n"]]
    assert points == [
        (["iris"], 100, [True]),
        (["iris"], 25, [True]),
        (["breast_cancer"], 380, [True]),
        (["breast_cancer"], 95, [True]),
    ]


def test_networks_have_no_laplace_approximation_and_settings_are_passed_on():
    digits = load_dataset("digits")
    for card, methods in (("softmax", [["laplace"]]), ("network", [[]])):
        study = atlas_study([digits], card=card, overrides={"chains": 2})
        assert study.model == {"card": card, "chains": 2}
        assert [g.model.get("methods") for g in study.grid] == [None, methods]


# --- findings ---


def test_the_bootstrap_draws_tables():
    found = over_tables({"a": 0.0, "b": 1.0})
    # means of two draws: 0, 1/2, 1 with probabilities 1/4, 1/2, 1/4
    assert (found.value, found.low, found.high, found.n) == (0.5, 0.0, 1.0, 2)
    many = over_tables({str(i): float(i % 2) for i in range(100)})
    half = 1.96 * 0.5 / np.sqrt(100)
    assert (many.low, many.high) == pytest.approx((0.5 - half, 0.5 + half), abs=0.011)
    assert over_tables({"a": 2.0}).low is None
    assert over_tables({}).value is None


def test_a_median_is_not_moved_by_one_table():
    values = {str(i): float(i) for i in range(9)}
    found = over_tables(values, np.median)
    far = over_tables(values | {"8": 1e6}, np.median)
    assert found.value == far.value == 4.0
    assert 0 < found.low < 4 < found.high < 8  # order statistics: x_(2) to x_(8) are 96 %
    assert far.low == found.low


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_share_of_all_tables_has_wilsons_interval(share):
    found = share_over_tables({str(i): share for i in range(31)})
    end = 1.96**2 / (31 + 1.96**2)  # 0.110; Clopper and Pearson's: 0.112
    assert (found.low, found.high) == pytest.approx((0, end) if share == 0 else (1 - end, 1))
    assert share_over_tables({}).value is None
    mixed = {"a": 0.0, "b": 1.0}
    assert share_over_tables(mixed) == over_tables(mixed)


def test_a_ratio_weighs_tables_by_their_cells():
    found = ratio_over_tables({"a": 1.0, "b": -1.0}, {"a": 1.0, "b": 3.0})
    # two draws: a a gives 1/1, b b gives -1/3, a b gives 0
    assert (found.value, found.low, found.high) == pytest.approx((0.0, -1 / 3, 1.0))


def test_the_loss_is_split_and_a_table_counts_once():
    cells = [cell("a"), cell("a", replication=1), cell("b", losses=LOW), cell("c", exists=False)]
    (full, *_) = summarised(cells)["losses"]
    assert (full.whole.n, full.cells) == (2, 3)
    parts = [full.prior.mean, full.location.mean, full.averaging.mean]
    assert parts == pytest.approx([0.1, 0.025, 0.075])
    assert full.whole.mean == pytest.approx(sum(parts))


def test_the_median_loss_leads_and_the_table_that_decides_the_mean_is_named():
    far = dict.fromkeys(("map", "mean", "bayes"), 0.5) | {"mle": 20.5}
    cells = [cell(name) for name in "abc"] + [cell("far", losses=far), cell("low", losses=LOW)]
    (full, *_) = summarised(cells)["losses"]
    assert full.whole.value == pytest.approx(0.4)
    assert full.whole.mean == pytest.approx((3 * 0.4 + 20 + 0) / 5)
    assert (full.largest, full.largest_share) == ("far", pytest.approx(20 / 21.2))
    said = loss_sentence(full)
    assert "median loss against the posterior is 0.4" in said
    assert "The mean loss is 4.2: far alone makes up 94% of all tables' losses." in said
    (none, *_) = summarised([cell("low", losses=LOW)])["losses"]
    assert (none.largest, none.largest_share) == (None, None)


LOW = {"mle": 0.5, "map": 0.5, "mean": 0.5, "bayes": 0.5, "mle+T": 0.52}


def test_one_temperature_may_lose_a_hundredth_of_a_nat():
    cells = [cell("a"), cell("b", losses=LOW), cell("c", **{"mle+T": outcome(log_loss=None)})]
    assert summarised(cells)["one_temperature"]["full size"].value == pytest.approx(1 / 3)


def test_a_failure_of_the_posterior_at_full_size_is_kept():
    wrong = outcome(Verdict.MISCALIBRATED)
    cells = [cell("a", bayes=wrong), cell("a", replication=1), cell("b", 0.25, bayes=wrong)]
    assert summarised(cells)["posterior_fails"] == {"a": ["miscalibrated"]}


def test_a_rule_that_predicts_is_worth_having_and_noise_is_not(rng):
    def cells(slope):
        return [
            cell(f"t{i}", replication=r, effective=float(np.exp(e)), mle=outcome(slope=slope(e)))
            for i in range(30)
            for r in range(3)
            for e in [rng.normal()]
        ]

    columns = {f"t{i}": 5 for i in range(30)}
    good = rule_of_thumb(cells(lambda e: 1.0 if e > 0 else 0.5), columns)
    assert good.errors < 0.1 * good.cells
    assert good.base_errors > 0.35 * good.cells
    assert good.difference.value == pytest.approx((good.errors - good.base_errors) / good.cells)
    assert good.difference.high < 0
    assert good.worth_it
    noise = rule_of_thumb(cells(lambda _: float(rng.choice([0.5, 1.0]))), columns)
    assert not noise.worth_it
    assert noise.difference.high > 0
    assert rule_of_thumb([cell()], {"a": 5}) is None


def test_sentences_say_what_the_record_says():
    record = made_up_atlas()
    text = "\n".join(atlas_sentences(record))
    assert "At full size (3 tables) no MLE exists on 33% (0 to 100%) of tables." in text
    assert "fails on 1 of 3 tables: c (otherwise miscalibrated)" in text
    assert "The MLE is over-confident on 0% (0 to 56%), the MAP on 0% (0 to 56%) and" in text
    assert "the rule errs in 12 of 120 training sets (40 tables)" in text
    assert "a difference of −30 percentage points (−40 to −18)" in text
    assert "at least 33% fewer errors is worth printing, by a bound set beforehand; this" in text
    nothing = msgspec.structs.replace(record, cells=[], rule=None, **summarised([]))
    assert headline(nothing) == "Every cell failed, so nothing was measured."


# --- end to end ---


@pytest.fixture(scope="module")
def done(folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("done") / "atlas"
    return run_atlas(out, atlas=folder, backend="serial", card="logistic"), out


def test_two_tables_end_to_end(done):
    record, out = done
    assert [t.name for t in record.tables] == ["one", "two"]
    assert [c.n for c in record.cells] == [60, 60]  # a quarter of them is below 20
    assert record.n_failed == 0
    assert {c.posterior for c in record.cells} == {"bayes"}
    for c in record.cells:
        assert set(c.outcomes) == {"mle", "map", "mean", "bayes", "mle+T"}
    assert ATLAS.read(out) == record
    page = (out / "index.html").read_text()
    assert 'href="tables/one.html"' in page
    assert (out / "tables" / "two.html").is_file()
    for c in record.cells:
        posterior = c.outcomes["bayes"]
        assert posterior.slope_low < posterior.slope < posterior.slope_high
        assert c.outcomes["mle+T"].temperature > 0
        assert posterior.gain is not None
    assert record.tables[0].class_counts.keys() == {"no", "yes"}
    assert sum(record.tables[0].class_counts.values()) == record.tables[0].rows == 90


def test_the_command_goes_on_where_it_stopped_and_draws_again(done, folder):
    record, out = done
    common = ["--folder", str(folder), "--out", str(out), "--model", "logistic"]
    run = CliRunner().invoke(main, ["atlas", *common, "--resume", "--backend", "serial", "--json"])
    assert run.exit_code == 0, run.output
    refused = CliRunner().invoke(main, ["atlas", *common])
    assert refused.exit_code == 2
    assert f"--out {str(out)!r} holds an atlas; --resume to continue it" in refused.output
    again = ATLAS.read(out)
    assert again.seconds == record.seconds  # nothing was computed anew
    drawn = CliRunner().invoke(main, ["report", str(out), "--quiet"])
    assert drawn.output.strip() == str(out / "index.html")
    listed = CliRunner().invoke(main, ["atlas", "--list", "--folder", str(folder)]).output
    assert [line.split()[0] for line in listed.splitlines()] == ["one", "two"]


def test_an_atlas_of_an_older_version_is_refused_in_one_line(tmp_path):
    older = msgspec.to_builtins(made_up_atlas())
    del older["losses"][0]["whole"]["mean"]
    (tmp_path / "atlas.json").write_bytes(msgspec.json.encode(older))
    found = CliRunner().invoke(main, ["report", str(tmp_path)])
    assert found.exit_code == 2
    (line,) = found.output.strip().splitlines()
    assert "is no atlas of this version of trifit (trifit atlas --resume makes it anew" in line


@pytest.mark.broad
def test_two_workers_of_a_dask_cluster_give_the_same_numbers(done, folder, tmp_path):
    record, _ = done
    with cluster(tmp_path) as (address, _):
        running = {"backend": "dask", "scheduler": address}
        other = run_atlas(tmp_path / "out", atlas=folder, card="logistic", **running)
    assert other.cells == record.cells
    assert other.losses == record.losses


def test_a_table_without_any_training_set_is_refused(tmp_path):
    write_table(tmp_path, "one", n=26)
    with pytest.raises(InputError, match="26 rows are too few for a training set of 20 rows"):
        run_atlas(tmp_path / "out", atlas=tmp_path)


def test_a_page_is_drawn_from_the_record_alone_and_escapes_it():
    from trifit.report.atlas import render_atlas

    page = render_atlas(made_up_atlas())
    assert page == render_atlas(made_up_atlas())
    assert "<script>alert" not in page
    body = without_drawings(page[page.index("<header>") : page.index("</main>")])
    if os.environ.get("UPDATE_SNAPSHOTS"):
        SNAPSHOT.write_text(body, encoding="utf-8")
    assert body == SNAPSHOT.read_text(encoding="utf-8")
