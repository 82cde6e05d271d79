"""The store of a study: what is in it stays, as it was, whoever dies at whatever moment."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trifit.errors import InputError
from trifit.study import store as module
from trifit.study.store import Row, Store

NUMBERS = (0.1, float("nan"), float("inf"), float("-inf"), -0.0, 5e-324)


def rows(seed, n=3):
    return [Row("mle", f"q{(7 * i + seed) % n}", NUMBERS[(i + seed) % 6]) for i in range(n)]


def content(store):
    """Cells with their rows in order, values to the last bit."""
    table, cells = store.table(), {}
    bits = table["value"].to_numpy().view(np.int64)
    for row, value in zip(table.to_pylist(), bits, strict=True):
        cells.setdefault(row["cell"], []).append((row["fit"], row["quantity"], value, row["error"]))
    return cells


def expected(*seeds, n=3):
    return {
        f"k{s}": [(r.fit, r.quantity, np.float64(r.value).view(np.int64), None) for r in rows(s, n)]
        for s in seeds
    }


def filled(folder, *seeds):
    store = Store(folder)
    for seed in seeds:
        store.write(f"k{seed}", rows(seed))
    return store


def files(store, kind):
    return sorted(path.name for path in (store.folder / kind).rglob("*.*"))


def test_rows_come_back_in_order_sorted_by_key_to_the_last_bit(tmp_path):
    store = filled(tmp_path, 3, 1, 2)
    assert store.finished() == {"k1", "k2", "k3"}
    assert content(store) == expected(1, 2, 3)
    assert list(content(store)) == ["k1", "k2", "k3"]
    assert store.table().schema.names == ["cell", "fit", "quantity", "value", "error"]


def test_an_empty_store_has_the_columns_and_no_rows(tmp_path):
    store = Store(tmp_path / "new")
    assert store.finished() == set()
    assert store.failed() == {}
    assert store.table().num_rows == 0
    assert store.table().schema.names == ["cell", "fit", "quantity", "value", "error"]
    store.compact()
    store.forget_failed()
    assert not store.folder.exists()


def test_a_failed_cell_is_finished_until_it_is_forgotten(tmp_path):
    store = filled(tmp_path, 1)
    store.fail("k2", "n too small")
    for _ in range(2):
        assert store.finished() == {"k1", "k2"}
        assert store.failed() == {"k2": "n too small"}
        assert np.isnan(store.table().filter(pa.array([False] * 3 + [True]))["value"][0].as_py())
        store.compact()
    store.fail("k3", "loose")
    store.forget_failed()
    assert content(store) == expected(1)
    assert store.finished() == {"k1"}
    store.write("k2", rows(2))
    assert content(store) == expected(1, 2)


def test_compaction_makes_one_part_and_removes_the_loose_files(tmp_path):
    store = filled(tmp_path, *range(10, 40))
    before = content(store)
    assert len(files(store, "loose")) == 30
    store.compact()
    assert files(store, "loose") == []
    assert len(files(store, "parts")) == 1
    store.compact()
    assert len(files(store, "parts")) == 1
    filled(tmp_path, 5)
    store.compact()
    assert len(files(store, "parts")) == 2
    assert content(store) == before | expected(5)
    assert list(content(store))[-1] == "k5"


def test_loose_files_lie_in_folders_by_the_first_two_letters(tmp_path):
    store = Store(tmp_path)
    for key in ("abcd", "abef", "cd01"):
        store.write(key, rows(1))
    assert (tmp_path / "loose/ab/abef.parquet").exists()
    assert (tmp_path / "loose/cd/cd01.parquet").exists()


DYING = """
import os, signal, sys
from pathlib import Path
from trifit.study.store import Store
where, left = sys.argv[2], [int(sys.argv[3])]
def dying(function):
    def call(*args, **kwargs):
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left[0] -= 1
        return function(*args, **kwargs)
    return call
if where == "unlink":
    Path.unlink = dying(Path.unlink)
else:
    setattr(os, where, dying(getattr(os, where)))
Store(sys.argv[1]).compact()
"""


@pytest.mark.parametrize(
    ("where", "calls", "parts", "loose"),
    [("fsync", 0, 0, 5), ("replace", 0, 0, 5), ("unlink", 0, 1, 5), ("unlink", 3, 1, 2)],
)
def test_a_compaction_killed_at_any_step_loses_and_doubles_nothing(
    tmp_path, where, calls, parts, loose
):
    store = filled(tmp_path, *range(5))
    command = [sys.executable, "-c", DYING, str(tmp_path), where, str(calls)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert len(list(tmp_path.glob("parts/*.parquet"))) == parts
    assert len(list(tmp_path.glob("loose/*/*.parquet"))) == loose
    for _ in range(2):
        assert content(store) == expected(*range(5))
        assert store.finished() == {f"k{i}" for i in range(5)}
        store.compact()
    assert files(store, "loose") == []


def test_what_killed_writers_left_is_not_read_and_goes_when_nobody_writes_it(tmp_path):
    store = filled(tmp_path, 1)
    left = [tmp_path / "loose/k1/.k9.12345678.tmp", tmp_path / "parts/.ab.12345678.tmp"]
    (tmp_path / "parts").mkdir()
    for path in left:
        path.write_bytes(b"half a fi")
    assert store.finished() == {"k1"}
    assert content(store) == expected(1)
    store.compact()
    assert all(path.exists() for path in left)  # somebody may be writing them
    for path in left:
        os.utime(path, (time.time() - module.STALE - 1,) * 2)
    store.compact()
    assert not any(path.exists() for path in left)


@pytest.mark.parametrize("kind", ["loose", "parts"])
@pytest.mark.parametrize(
    "harm", ["empty", "text", "half", "bit", "other columns", "nulls", "not utf-8"]
)
def test_a_damaged_file_is_named_and_no_number_is_taken_from_it(tmp_path, kind, harm):
    store = filled(tmp_path, 1, 2)
    if kind == "parts":
        store.compact()
    path = next((tmp_path / kind).rglob("*.parquet"))
    whole = path.read_bytes()
    table = pq.ParquetFile(path).read()
    match harm:
        case "empty":
            path.write_bytes(b"")
        case "text":
            path.write_text("cell,fit\n")
        case "half":
            path.write_bytes(whole[: len(whole) // 2])
        case "bit":
            at = 24 + whole.index(b"k1")  # in the first page that is data
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :])
        case "other columns":
            pq.write_table(table.drop_columns("error"), path, store_schema=False)
        case "nulls":
            values = pa.array([None] * table.num_rows, pa.float64())
            pq.write_table(table.set_column(3, "value", values), path, store_schema=False)
        case "not utf-8":
            bad = pa.array([b"\xff"] * table.num_rows, pa.binary()).view(pa.string())
            field = table.schema.field("fit")
            pq.write_table(table.set_column(1, field, bad), path, store_schema=False)
    for read in (store.table, store.failed, store.forget_failed):
        with pytest.raises(InputError, match="not a sound file") as error:
            read()
        assert str(path) in str(error.value)
        assert "\n" not in str(error.value)


def test_every_flipped_byte_of_a_loose_file_is_noticed_or_changes_no_number(tmp_path):
    store = filled(tmp_path, 1)
    path, good = tmp_path / "loose/k1/k1.parquet", content(store)
    whole, noticed = path.read_bytes(), 0
    for at in range(0, len(whole), 7):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        try:
            assert content(store) == good, at
        except InputError:
            noticed += 1
    assert noticed > 10


def test_a_loose_file_under_another_cells_name_is_refused(tmp_path):
    store = filled(tmp_path, 1)
    (tmp_path / "loose/k1/k1.parquet").rename(tmp_path / "loose/k1/k17.parquet")
    with pytest.raises(InputError, match="not the cell k17"):
        store.table()
    with pytest.raises(InputError, match="not the cell k17"):
        store.compact()


@pytest.mark.parametrize(
    ("key", "given_rows", "text"),
    [
        ("", rows(1), "cell key ''"),
        ("a", rows(1), "expected 2 to 160"),
        ("../up", rows(1), "'../up'"),
        ("a/b", rows(1), "expected 2 to 160"),
        (".tmp", rows(1), "the first a letter"),
        ("ab\n", rows(1), "cell key"),
        ("k" * 161, rows(1), "expected 2 to 160"),
        ("ké", rows(1), "cell key"),
        ("k1", [], "no rows"),
        ("k1", [("mle", "q", 1.0)], "a row is not Row"),
        ("k1", [Row("mle", "q", "many")], "a row is not Row"),
        ("k1", [Row("mle", None, 1.0)], "a row is not Row"),
        ("k1", [Row(3, "q", 1.0)], "a row is not Row"),
        ("k1", [Row("mle", "q", None)], "a row is not Row"),
    ],
)
def test_bad_cells_are_refused_before_anything_is_written(tmp_path, key, given_rows, text):
    with pytest.raises(InputError, match=text):
        Store(tmp_path / "new").write(key, given_rows)
    assert not (tmp_path / "new").exists()


def test_a_folder_that_cannot_hold_a_store_is_named(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(InputError, match="a file, expected a folder"):
        Store(file)
    store = Store(tmp_path / "new")
    store.folder.mkdir()
    (store.folder / "loose").write_text("")
    with pytest.raises(InputError, match="cannot be made"):
        store.write("k1", rows(1))


def test_a_full_disk_is_named_and_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(_descriptor):
        raise OSError(28, "No space left on device")

    store = filled(tmp_path, 1)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="No space left on device"):
        store.write("k2", rows(2))
    assert files(store, "loose") == ["k1.parquet"]


def test_starts_without_an_end_are_deaths_of_their_own_run(tmp_path):
    store = Store(tmp_path)
    run = store.open_run()
    store.begin(run, "k1")
    store.begin(run, "k1")
    store.begin(run, "k2")
    store.end(run, "k2")
    assert (store.deaths(run, "k1"), store.deaths(run, "k2")) == (2, 0)
    assert store.all_deaths(run) == {"k1": 2}
    later = store.open_run()
    assert not store.is_open(run)
    assert store.all_deaths(later) == {}
    store.begin(run, "k3")  # a worker of the killed driver
    assert store.all_deaths(later) == {}
    store.close_run(run)
    assert store.is_open(later)
    store.close_run(later)
    assert not store.is_open(later)
    assert not (tmp_path / "running").exists()
    store.end(later, "k1")


STEPS = st.lists(
    st.tuples(st.sampled_from(["write", "fail", "compact", "crash", "forget"]), st.integers(0, 6)),
    max_size=12,
)


@settings(max_examples=40, deadline=None)
@given(STEPS)
def test_whatever_happens_the_store_is_the_cells_written(tmp_path_factory, steps):
    store, cells = Store(tmp_path_factory.mktemp("store")), {}
    for step, i in steps:
        key = f"k{i}"
        match step:
            case "write" if key not in cells:
                store.write(key, rows(i))
                cells |= expected(i)
            case "fail" if key not in cells:
                store.fail(key, f"error {i}")
                nan = np.float64("nan").view(np.int64)
                cells[key] = [("", "error", nan, f"error {i}")]
            case "compact":
                store.compact()
            case "crash":  # after the part is written, before loose files go
                loose = {p: p.read_bytes() for p in store.folder.glob("loose/*/*.parquet")}
                store.compact()
                for path, data in loose.items():
                    path.write_bytes(data)
            case "forget":
                store.forget_failed()
                cells = {k: v for k, v in cells.items() if v[0][3] is None}
    assert content(store) == cells
    assert store.finished() == set(cells)
    assert store.failed() == {k: v[0][3] for k, v in cells.items() if v[0][3]}
