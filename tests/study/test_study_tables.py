"""Real rows in studies: how they are drawn, known, kept, and what a cell measures on them."""

import pickle
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from trifit.data import load_dataset
from trifit.errors import InputError
from trifit.notes import Note, NoteKind
from trifit.study import run_study
from trifit.study.cells import cells_of
from trifit.study.measures import measure
from trifit.study.sources import Drawn, nested_order
from trifit.study.spec import study_of
from trifit.study.store import Store
from trifit.study.tables import Kept, Tables, check_rows, fingerprint
from trifit.study.validation import validated_cells

FIELDS = {
    "name": "real",
    "question": "Do real rows do?",
    "expects": "Yes.",
    "replications": 2,
    "model": {"card": "logistic", "nuts": False},
}


def study(source, sizes=(40, 80), **data):
    grid = [{"data": {"n": list(sizes)}}]
    return study_of(
        FIELDS | {"data": {"source": str(source), **data}, "grid": grid, "quick": {"grid": grid}},
        "study",
    )


def write(path, n=160, seed=0, rows=None):
    """A table with text categories, holes, and labels that both decide."""
    rng = np.random.default_rng(seed)
    x, colour = rng.normal(size=n), rng.choice(["red", "green", "blue"], n)
    labels = np.where(x + (colour == "red") + rng.normal(size=n) > 0, "yes", "no")
    lines = ["x,colour,patient,answer"]
    for i in range(n):
        hole = "" if i % 11 == 0 else f"{x[i]:.4f}"
        lines.append(f"{hole},{colour[i]},p{i // 4},{labels[i]}")
    path.write_text("\n".join(lines[: rows or None]) + "\n")
    return path


READ = {"target": "answer", "missing": "impute", "drop": ["patient"]}


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    return write(tmp_path_factory.mktemp("table") / "mine.csv")


@pytest.fixture(scope="module")
def done(table, tmp_path_factory):
    folder = tmp_path_factory.mktemp("done") / "s"
    return run_study(study(table, **READ), folder, backend="serial"), folder


def numbers(folder):
    found = Store(folder / "cells").table().to_pandas()
    return found[found["quantity"] != "seconds"].reset_index(drop=True)


# --- drawing ---


@pytest.mark.parametrize("n", [5, 10, 37, 100])
def test_every_beginning_has_the_shares_of_the_classes(n, rng):
    y = np.repeat([0, 1, 2], [100, 60, 40])
    iris = load_dataset("iris")
    dataset = replace(iris, X=rng.normal(size=(200, 4)), y=y)
    first = nested_order(dataset, rng)[:n]
    counts = np.bincount(y[first], minlength=3)
    assert (abs(counts - n * np.array([0.5, 0.3, 0.2])) < 2).all()


def test_smaller_training_sets_are_part_of_larger_ones_and_replications_differ():
    cells = cells_of(study("iris"))
    iris = load_dataset("iris")
    rows = {(c.data["n"], c.replication): Drawn(c.data, iris).draw(c.seeds()[0]).X for c in cells}
    assert (rows[80, 0][:40] == rows[40, 0][:40]).all()
    assert not (rows[40, 0][:40] == rows[40, 1][:40]).all()
    for X in rows.values():  # the rest is held out: every row once
        assert sorted(map(tuple, X)) == sorted(map(tuple, iris.X))


def test_held_out_rows_are_the_same_for_all_sizes():
    cells, iris = cells_of(study("iris", n_test=30)), load_dataset("iris")
    drawn = [Drawn(c.data, iris).draw(c.seeds()[0]) for c in cells if c.replication == 0]
    assert [d.n_test for d in drawn] == [30, 30]
    assert (drawn[0].X[-30:] == drawn[1].X[-30:]).all()


def test_groups_are_never_on_both_sides(table):
    whole = load_dataset(table, "answer", missing="impute", groups="patient")
    for seed in range(5):
        drawn = Drawn({"n": 50, "source": "t"}, whole).draw(np.random.SeedSequence(seed))
        train, test = np.split(drawn.groups, [50])
        assert not set(train) & set(test)
        assert len(test) == drawn.n_test >= 100


# --- what a cell is ---


def test_a_cell_is_known_by_its_rows_not_by_where_they_lie(table, tmp_path):
    elsewhere = tmp_path / "other.csv"
    elsewhere.write_bytes(table.read_bytes())
    keys = {str(p): [c.key for c in cells_of(study(p, **READ))] for p in (table, elsewhere)}
    assert keys[str(table)] == keys[str(elsewhere)]
    shorter = write(tmp_path / "shorter.csv", rows=150)
    assert not {c.key for c in cells_of(study(shorter, **READ))} & set(keys[str(table)])
    imputed, dropped = (
        {c.key for c in cells_of(study(table, **READ | {"missing": how}))}
        for how in ("impute", "drop")
    )
    assert not imputed & dropped, "how a table is read decides its rows"


def test_the_fingerprint_sees_everything_that_a_fit_sees():
    iris = load_dataset("iris")
    moved = iris.X.copy()
    moved[3, 2] += 1e-9
    other = [
        replace(iris, X=moved),
        replace(iris, y=iris.y[::-1].copy()),
        replace(iris, groups=np.arange(150)),
        replace(iris, feature_names=("a", *iris.feature_names[1:])),
        replace(iris, class_names=("a", *iris.class_names[1:])),
    ]
    assert len({fingerprint(d) for d in (iris, *other)}) == 6
    assert fingerprint(replace(iris, name="x", notes=(Note(NoteKind.SOFT_LABELS),))) == fingerprint(
        iris
    )


def test_rows_per_feature_gives_the_size():
    cells = cells_of(
        study_of(
            FIELDS | {"data": {"source": "iris"},
             "grid": [{"data": {"rows_per_feature": [5, 10]}}],
             "quick": {"grid": [{"data": {"rows_per_feature": [5]}}]}},
            "study",
        )
    )  # fmt: skip
    assert sorted({c.data["n"] for c in cells}) == [20, 40]


# --- rows in the study's folder ---


def test_kept_rows_are_those_that_were_read(tmp_path, table):
    tables = Tables()
    data = tables.described({"source": str(table), "n": 40, **READ})
    assert (data["features"], data["classes"]) == (4, 2)
    tables.keep(tmp_path)
    kept = Kept(tmp_path)(data["table"])
    rows = tables(data["table"])
    np.testing.assert_array_equal(kept.X, rows.X)
    assert (kept.y == rows.y).all()
    assert kept.feature_names == rows.feature_names
    assert Kept(tmp_path)(data["table"]) is kept, "once in a process"


def test_workers_that_were_started_elsewhere_find_the_rows(tmp_path, monkeypatch):
    tables = Tables([load_dataset("iris")])
    monkeypatch.chdir(tmp_path)
    (tmp_path / "out").mkdir()
    tables.keep(Path("out"))
    kept = Kept(Path("out"))
    monkeypatch.chdir("/")
    assert pickle.loads(pickle.dumps(kept))(next(iter(tables.rows))).n_obs == 150


def test_other_rows_under_a_fingerprint_are_refused(tmp_path):
    tables = Tables([load_dataset("iris"), load_dataset("wine")])
    tables.keep(tmp_path)
    iris, wine = (tmp_path / f"{name}.npz" for name in tables.rows)
    iris.write_bytes(wine.read_bytes())
    with pytest.raises(InputError, match="holds other rows than this study's"):
        Kept(tmp_path)(iris.stem)
    iris.write_bytes(b"no rows")
    with pytest.raises(InputError, match="cannot be read"):
        Kept(tmp_path)(iris.stem)


# --- a study of real rows ---


def test_what_needs_no_truth_is_measured(done):
    record, folder = done
    assert (record.n_cells, record.n_failed) == (4, 0)
    by_fit = {(n.fit, n.settings["n"]): n.quantities for n in record.numbers}
    found = by_fit["map", 80]
    assert {"log_loss", "brier", "slope", "gain", "smooth_error", "accuracy"} <= found.keys()
    assert not {"excess", "calibration_error"} & found.keys()
    shares = ("behaves", "over_confident", "under_confident", "miscalibrated", "uncertain")
    assert sum(found[s].value for s in (*shares, "failed")) == 1
    assert "no_mle" in by_fit["mle", 40]
    assert list(folder.glob("tables/*.npz"))
    assert (folder / "index.html").is_file()


def test_resume_keeps_what_is_finished_and_refuses_other_rows(done, table, tmp_path):
    record, folder = done
    said = []
    again = run_study(
        study(table, **READ), folder, backend="serial", resume=True,
        progress=lambda *a: said.append(a),
    )  # fmt: skip
    assert said == [("real: 4 cells; 4 are finished", 1.0)]
    assert again.numbers == record.numbers
    write(table, seed=1)
    try:
        with pytest.raises(InputError, match="made with different tables"):
            run_study(study(table, **READ), folder, backend="serial", resume=True)
    finally:
        write(table)


@pytest.mark.broad
def test_two_processes_give_the_numbers_of_one(done, table, tmp_path):
    _, folder = done
    run_study(study(table, **READ), tmp_path / "two", jobs=2)
    assert numbers(tmp_path / "two").equals(numbers(folder))


def test_existence_on_real_rows():
    fields = msgspec.to_builtins(study("breast_cancer", (40,))) | {"measure": "existence"}
    cell = cells_of(study_of(fields | {"model": {}}, "study"), tables := Tables())[0]
    (row,) = measure(cell, tables)
    assert (row.fit, row.quantity, row.value) == ("mle", "no_mle", 1.0), "30 columns, 40 rows"


@pytest.mark.parametrize(
    ("source", "data", "message"),
    [
        ("iris", {"sizes": (148, 149)}, "data.n = 149: with 2 held-out rows .* 150 rows of 'iris'"),
        ("iris", {"sizes": (4,)}, "data.n = 4: .* has one training row"),
        ("iris", {"n_test": 120}, "data.n = 40: with 120 held-out rows"),
        ("iris", {"world": "moons"}, "data.world: real rows take source, n, "),
        ("iris", {"features": 3}, r"data.features = 3: the table 'iris' has 4"),
        ("iris", {"table": "0" * 16}, "the study is about 0000000000000000"),
        ("iris", {"target": "species"}, "is bundled and complete: target does not apply"),
        ("nowhere.csv", {"target": "y"}, "nowhere.csv"),
        ("sim:moons", {}, "simulated rows come from data.world"),
    ],
)
def test_a_mistake_is_one_line(source, data, message):
    with pytest.raises(InputError, match=message) as caught:
        validated_cells(study(source, data.pop("sizes", (40,)), **data))
    assert "\n" not in str(caught.value)


def test_rows_with_a_test_set_cannot_be_drawn():
    iris = load_dataset("iris")
    ordered = replace(iris, time=np.arange(150.0))
    with pytest.raises(InputError, match="comes with a time"):
        check_rows(ordered)
    turn = np.random.default_rng(0).permutation(150)
    with pytest.raises(InputError, match="comes with a test set"):
        check_rows(replace(iris, X=iris.X[turn], y=iris.y[turn], n_test=75))


def test_figures_of_the_truth_are_refused():
    fields = msgspec.to_builtins(study("breast_cancer"))
    asked = {"title": "T", "quantity": "excess", "x": "n", "fits": ["mle"]}
    with pytest.raises(InputError, match="gives no excess without the true probabilities"):
        validated_cells(study_of(fields | {"figures": [asked]}, "study"))
