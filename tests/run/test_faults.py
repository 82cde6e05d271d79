"""A full disk, a read-only folder, a folder that goes, two runs at once: whole or not at all."""

import os
import platform
import shutil
import signal
import subprocess
import sys
from functools import partial

import msgspec
import pytest

from made_up import made_up
from trifit.errors import InputError
from trifit.files import write_whole
from trifit.results import Comparison
from trifit.results.folder import check_folder, save_whole
from trifit.run import save_run
from trifit.study.store import Row, Store


@pytest.fixture
def disk(tmp_path):
    """Mounts a small file system of its own; only root may."""
    mounted = []

    def mount(options):
        place = tmp_path / f"disk{len(mounted)}"
        place.mkdir()
        if shutil.which("mount") is None:
            pytest.skip("there is no command mount")
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)])
        if done.returncode:
            pytest.skip("mounting a file system needs root")
        mounted.append(place)
        return place

    yield mount
    for place in mounted:
        subprocess.run(["umount", "-l", str(place)], check=True)


def left(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


FULL = r"--out .*run' cannot be written: No space left on device$"


@pytest.mark.broad
@pytest.mark.parametrize("share", [0.02, 0.5])
@pytest.mark.parametrize(
    "file", ["comparison.json", "index.html", "parameters.csv", "posterior.nc", "card.toml"]
)
def test_a_disk_full_by_any_file_leaves_nothing(disk, saved, iris_run, file, share):
    """The disk is full when so much of a file is written, which others precede."""
    pages = [-(-(saved / name).stat().st_size // 4096) for name in ORDER]
    before = sum(pages[: ORDER.index(file)])
    part = int(share * pages[ORDER.index(file)])
    place = disk(f"size={4096 * max(1, before + part)}")
    with pytest.raises(InputError, match=FULL):
        save_run(iris_run, place / "run")
    assert left(place) == []


ORDER = (
    "comparison.json", "metrics.json", "index.html", "predictions.parquet", "parameters.csv",
    "posterior.nc", "classifier.json", "card.toml",
)  # fmt: skip
"""In which a run is written."""


def writer(text, meanwhile=lambda: None):
    """Fills a folder with the files of a run, which hold a text."""

    def write(folder):
        made = msgspec.structs.replace(made_up(), data=msgspec.structs.replace(DATA, name=text))
        made.to_json(folder / "comparison.json")
        meanwhile()
        for name in ("index.html", "predictions.parquet"):
            (folder / name).write_text(text)

    return write


DATA = made_up().data
COMMAND = made_up().provenance.command


def save(folder, text, *, force=False, **rest):
    save_whole(folder, writer(text, **rest), command=COMMAND, force=force)


def holds(folder):
    """The texts that the files of a folder hold."""
    made = Comparison.from_json(folder / "comparison.json")
    names = ("index.html", "predictions.parquet")
    return {made.data.name, *((folder / name).read_text() for name in names)}


@pytest.mark.parametrize("size", ["4k", "16k", "32k"])
def test_a_full_disk_leaves_nothing(disk, size):
    place = disk(f"size={size}")
    with pytest.raises(InputError, match=FULL):
        save(place / "run", "first")
    assert left(place) == []


def test_an_earlier_run_survives_a_full_disk(disk):
    place = disk("size=256k")
    save(place / "run", "first")
    free = shutil.disk_usage(place).free
    (place / "mine").write_bytes(b"x" * (free - 8192))
    with pytest.raises(InputError, match=FULL):
        save(place / "run", "second")
    assert holds(place / "run") == {"first"}
    with pytest.raises(InputError, match=r"cannot be written: No space left on device$"):
        write_whole(place / "mine", b"y" * free * 2)
    assert (place / "mine").stat().st_size == free - 8192
    assert sorted(os.listdir(place)) == ["mine", "run"]


def test_cells_of_a_study_survive_a_full_disk(disk):
    store = Store(disk("size=64k") / "cells")
    rows = [Row("map", f"quantity{i}", 1 / (i + 1)) for i in range(300)]
    written = []

    def fill():
        for i in range(100):
            store.write(f"cell{i:02}", rows)
            written.append(f"cell{i:02}")

    with pytest.raises(InputError, match="No space left on device"):
        fill()
    assert written
    assert store.finished() == set(written)
    with pytest.raises(InputError, match="No space left on device"):
        store.compact()
    assert store.finished() == set(written)
    assert len(store.table()) == 300 * len(written)


def test_a_read_only_folder_is_said_before_the_fits(disk):
    place = disk("ro")
    with pytest.raises(
        InputError,
        match=r"--out .*run' is not writable \(Read-only file system\); give another folder",
    ):
        save(place / "run", "first")
    with pytest.raises(InputError, match=r"cannot be written: Read-only file system$"):
        write_whole(place / "page.html", "")
    with pytest.raises(InputError, match="Read-only file system"):
        Store(place / "cells").write("ab", [Row("map", "n", 1.0)])


def test_a_folder_that_goes_during_the_run_is_made_again(tmp_path):
    save(tmp_path / "reports" / "run", "first")
    shutil.rmtree(tmp_path / "reports")
    save(tmp_path / "reports" / "run", "second")
    assert holds(tmp_path / "reports" / "run") == {"second"}


def test_a_folder_that_goes_during_the_writing_is_one_line(tmp_path):
    reports = tmp_path / "reports"
    with pytest.raises(InputError, match="cannot be written: No such file or directory"):
        save(reports / "run", "first", meanwhile=lambda: shutil.rmtree(reports))
    assert left(tmp_path) == []


def test_of_two_runs_into_one_folder_the_last_is_whole(tmp_path):
    """The second writes while the first does."""
    second = partial(save, tmp_path / "run", "second", force=True)
    save(tmp_path / "run", "first", force=True, meanwhile=second)
    assert holds(tmp_path / "run") == {"first"}
    assert sorted(os.listdir(tmp_path)) == ["run"]


def test_a_mixture_of_two_runs_is_no_run(tmp_path, monkeypatch):
    """Killed while its files move into a folder with the user's own."""
    save(tmp_path / "run", "first")
    (tmp_path / "run" / "notes.md").write_text("mine")
    moved = []

    def killed(source, target):
        moved.extend([target] * (target.parent == tmp_path / "run"))
        if len(moved) == 2:
            raise SystemExit  # as by kill -9: nothing is put right
        return replace(source, target)

    replace = os.replace
    monkeypatch.setattr("trifit.results.folder.os.replace", killed)
    with pytest.raises(SystemExit):
        save(tmp_path / "run", "second")
    monkeypatch.undo()
    with pytest.raises(InputError, match="no such file"):
        Comparison.from_json(tmp_path / "run" / "comparison.json")
    with pytest.raises(InputError, match=r"is not a run of trifit.*--force"):
        save(tmp_path / "run", "second")
    save(tmp_path / "run", "second", force=True)
    assert holds(tmp_path / "run") == {"second"}
    assert (tmp_path / "run" / "notes.md").read_text() == "mine"


KILLED = """
import os, signal, sys
from pathlib import Path
from trifit.results import folder as written

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def write(beside):
    (beside / "comparison.json").write_text("new")
    if sys.argv[2] == "while it writes":
        die()

replace, done = os.replace, []

def second_dies(old, new):
    if done:
        die()
    done.append(replace(old, new))

os.replace = second_dies
written.save_whole(Path(sys.argv[1]), write, command="c", force=True)
"""


@pytest.mark.parametrize("moment", ["while it writes", "while it replaces"])
def test_what_kill_9_leaves_is_told_and_cleared(moment, tmp_path, caplog):
    """By the next run into that folder, never by one whose owner lives or is not known."""
    caplog.set_level("INFO", logger="trifit.results.folder")
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "comparison.json").write_text("mine")
    done = subprocess.run([sys.executable, "-c", KILLED, str(folder), moment])
    assert done.returncode == -signal.SIGKILL
    others = [
        f".run.{os.getpid()}@{platform.node()}.abc.trifit-tmp",
        ".run.1234567@another-machine.abc.trifit-tmp",
        ".run.abc.trifit-tmp",
        ".run.of.mine.9999999@x.trifit-tmp",
    ]
    for name in others:
        (tmp_path / name).mkdir()
    assert len(left(tmp_path)) > len(others) + 2
    check_folder(folder, command="c", force=True)
    assert left(tmp_path) == sorted([*others, "run", "run/comparison.json"])
    assert (folder / "comparison.json").read_text() == "mine"
    assert "which a killed run left" in caplog.text
    assert ("run is back" in caplog.text) == (moment == "while it replaces")
