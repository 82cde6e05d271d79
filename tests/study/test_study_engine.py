"""The engine: same bits everywhere, a death costs one cell, and nothing is computed twice."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import psutil
import pyarrow.compute as pc
import pytest
from joblib import parallel_config

import study_work
from selection import by_default
from study_cluster import cluster, environment, group_lives, process, wait_for
from study_work import many, runs
from trifit.errors import InputError
from trifit.study import dask, engine
from trifit.study.engine import run_cells
from trifit.study.store import Store

DIED = "the worker process died (out of memory?) 2 times"


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory):
    """Address of a cluster of two worker processes."""
    with cluster(tmp_path_factory.mktemp("cluster")) as (address, _):
        yield address


def numbers(store):
    """Rows without wall times, numbers as their bits."""
    table = store.table()
    table = table.filter(pc.not_equal(table["quantity"], "seconds"))
    columns = [table[name].to_pylist() for name in ("cell", "fit", "quantity", "error")]
    return list(zip(*columns, table["value"].to_numpy().view(np.int64).tolist(), strict=True))


@pytest.fixture
def how(request, backend):
    """Arguments of a backend; the cluster is started where Dask is asked for."""
    if backend == "dask":
        return {"backend": "dask", "scheduler": request.getfixturevalue("scheduler")}
    return {"serial": {"backend": "serial"}, "loky 1": {"jobs": 1}, "loky 2": {"jobs": 2}}[backend]


@pytest.fixture(scope="module")
def serial(tmp_path_factory):
    """Twelve sound cells and four that are not, in this process."""
    folder = tmp_path_factory.mktemp("serial")
    run_cells(some(folder), study_work.work, store := Store(folder / "store"), backend="serial")
    return numbers(store)


def some(folder):
    return many(
        16, folder / "traces", c003="error", c005="bad input", c007="no row", c009="warning"
    )


@pytest.mark.parametrize("backend", by_default("loky 2", of=["loky 1", "loky 2", "dask"]))
def test_results_are_the_same_to_the_last_bit_in_any_order(serial, tmp_path, how):
    tasks, store, told = some(tmp_path), Store(tmp_path / "store"), []
    first = {key: tasks[key] for key in list(tasks)[11:3:-2]}
    run_cells(first, study_work.work, store, backend="serial")
    run_cells(
        dict(reversed(tasks.items())),
        study_work.work,
        store,
        advance=lambda key, seconds: told.append((key, seconds)),
        **how,
    )
    assert numbers(store) == serial
    assert sorted(key for key, _ in told) == sorted(tasks.keys() - first.keys())
    assert all(seconds > 0 for _, seconds in told)
    assert set(runs(tmp_path / "traces").values()) == {1}
    assert not (store.folder / "running").exists()
    assert not list(store.folder.glob("loose/*/*"))


@pytest.mark.broad
def test_a_backend_that_joblib_was_told_of_computes_the_same(serial, tmp_path):
    tasks, store, told = some(tmp_path), Store(tmp_path / "store"), []
    with parallel_config("loky", n_jobs=2):  # in place of Ray's, which is set the same way
        run_cells(
            tasks,
            study_work.work,
            store,
            backend="joblib",
            advance=lambda key, _: told.append(key),
        )
    assert numbers(store) == serial
    assert sorted(told) == sorted(tasks)
    assert set(runs(tmp_path / "traces").values()) == {1}


def test_a_bad_cell_is_kept_with_its_error_and_a_warning_is_none(tmp_path):
    store = Store(tmp_path / "store")
    run_cells(some(tmp_path), study_work.work, store, backend="serial")
    failed = store.failed()
    assert set(failed) == {"c003", "c005", "c007"}
    assert failed["c003"] == "ZeroDivisionError: seed not liked"
    assert failed["c005"] == "n: 3, expected more"
    assert failed["c007"].startswith("cell c007: a row is not Row(str, str, float)")
    assert len(store.finished()) == 16


@pytest.mark.parametrize("backend", by_default("loky 2", of=["serial", "loky 2", "dask"]))
def test_every_cell_has_one_thread(tmp_path, how):
    store = Store(tmp_path / "store")
    run_cells(many(3, tmp_path / "traces"), study_work.work, store, **how)
    table = store.table()
    names = pc.cast(["cores", "blas threads", "joblib's jobs"], "string")
    threads = table.filter(pc.is_in(table["quantity"], names))
    assert threads["value"].to_pylist() == [1.0] * 9


def test_cells_are_handed_out_in_the_order_given(tmp_path):
    tasks, told = many(6, tmp_path / "traces"), []
    order = {key: tasks[key] for key in ("c004", "c001", "c005", "c000")}
    run_cells(
        order,
        study_work.work,
        Store(tmp_path),
        backend="serial",
        advance=lambda k, _: told.append(k),
    )
    assert told == list(order)


@pytest.mark.parametrize("backend", by_default("loky 2", of=["loky 1", "loky 2", "dask"]))
def test_a_killed_worker_costs_its_own_cell(serial, tmp_path, backend, how):
    once = {} if backend == "loky 1" else {"c008": "kill once"}
    tasks = many(16, tmp_path / "traces", 0.02, c004="kill", **once)
    store, told = Store(tmp_path / "store"), []
    run_cells(
        tasks,
        study_work.work,
        store,
        advance=lambda k, _: told.append(k),
        **how,
    )
    assert store.failed() == {"c004": DIED}
    assert sorted(told) == sorted(tasks)
    sound = Store(tmp_path / "sound")
    run_cells(many(16, tmp_path / "others"), study_work.work, sound, backend="serial")
    assert [row for row in numbers(store) if row[0] != "c004"] == [
        row for row in numbers(sound) if row[0] != "c004"
    ]
    starts = runs(tmp_path / "traces")
    assert starts["c004"] == 2
    # loky ends all workers with one; at most one neighbour per death begins again
    assert sum(starts.values()) <= 17 + len(once) + (2 if backend == "loky 2" else 0)


@pytest.fixture(scope="module")
def one_worker(tmp_path_factory):
    """One process with two threads, and a scheduler that gives up at the second death."""
    with cluster(
        tmp_path_factory.mktemp("one"), 1, 2, DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="1"
    ) as (address, _):
        yield address


@pytest.mark.broad
def test_a_neighbour_in_the_same_process_is_not_taken_for_the_killer(tmp_path, one_worker):
    tasks = many(2, tmp_path / "traces", 1.0) | many(1, tmp_path / "traces", 0.3, c000="kill")
    store = Store(tmp_path / "store")
    run_cells(tasks, study_work.work, store, backend="dask", scheduler=one_worker)
    assert store.failed() == {"c000": DIED}
    assert runs(tmp_path / "traces") == {"c000": 2, "c001": 2}


@pytest.mark.broad
def test_a_cell_that_dask_gives_up_is_not_waited_for(tmp_path, one_worker):
    tasks, store = many(2, tmp_path / "traces", c000="kill"), Store(tmp_path / "store")
    run_cells(tasks, study_work.work, store, attempts=4, backend="dask", scheduler=one_worker)
    assert store.failed() == {"c000": DIED.replace("2", "4")}
    assert runs(tmp_path / "traces")["c000"] == 4


DRIVER = """
import sys
from study_work import many, work
from trifit.study.engine import run_cells
from trifit.study.store import Store
if __name__ == "__main__":
    folder, scheduler = sys.argv[1:]
    how = {"backend": "dask", "scheduler": scheduler} if scheduler else {"jobs": 2}
    run_cells(many(40, folder + "/traces", 0.25), work, Store(folder + "/store"), **how)
"""


@pytest.fixture
def driver(request, tmp_path):
    """A study on its way in a process of its own: some cells are finished."""
    script = tmp_path / "driver.py"
    script.write_text(DRIVER)
    address = request.getfixturevalue("scheduler") if request.param == "dask" else ""
    command = (sys.executable, str(script), str(tmp_path), address)
    with process(*command, log=tmp_path / "log") as child:
        wait_for(lambda: len(Store(tmp_path / "store").finished()) >= 6)
        yield child


def begun(folder):
    return runs(folder / "traces")


def settled(folder):
    """Nobody begins a cell any more."""
    before = begun(folder)
    time.sleep(0.5)
    return begun(folder) == before


# loky's two workers follow the driver, with a cell each in their hands; Dask's end theirs
@pytest.mark.parametrize(
    ("driver", "lost"),
    by_default(("loky", 2), of=[("loky", 2), ("dask", 0)], several=True),
    indirect=["driver"],
)
def test_kill_9_of_the_driver_loses_nothing_and_nothing_runs_twice(driver, lost, tmp_path):
    os.kill(driver.pid, signal.SIGKILL)
    driver.wait(60)
    store = Store(tmp_path / "store")
    wait_for(lambda: not group_lives(driver.pid))
    wait_for(lambda: settled(tmp_path) and len(begun(tmp_path).keys() - store.finished()) <= lost)
    first, kept, finished = begun(tmp_path), numbers(store), store.finished()
    assert 6 <= len(finished) < 40
    tasks = many(40, tmp_path / "traces")
    run_cells(tasks, study_work.work, store, jobs=2)
    twice = {key for key, n in begun(tmp_path).items() if n > 1}
    assert twice == first.keys() - finished
    assert store.finished() == tasks.keys()
    assert store.failed() == {}  # marks of the killed run are no deaths
    assert set(kept) < set(numbers(store))


def test_workers_that_have_grown_are_replaced_without_a_warning(tmp_path):
    script = tmp_path / "driver.py"
    script.write_text(DRIVER.replace("40", "10").replace("0.25", "0.6"))
    grown = environment(LOKY_MAX_MEMORY_LEAK_SIZE="-1e12")  # every worker, after a second
    command = [sys.executable, str(script), str(tmp_path), ""]
    done = subprocess.run(command, env=grown, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert len(Store(tmp_path / "store").finished()) == 10


@pytest.mark.parametrize("driver", ["loky"], indirect=True)
def test_ctrl_c_stops_the_workers_and_keeps_what_is_finished(driver, tmp_path):
    os.killpg(driver.pid, signal.SIGINT)  # as a terminal does: to the workers too
    assert driver.wait(60) in (-signal.SIGINT, 1)
    wait_for(lambda: not group_lives(driver.pid))
    store = Store(tmp_path / "store")
    assert 6 <= len(store.finished()) < 40
    assert store.failed() == {}
    assert not (store.folder / "running").exists()


@pytest.mark.parametrize("backend", by_default("serial", of=["serial", "loky 2", "dask"]))
def test_an_interruption_passes_through_and_the_rest_can_be_run(tmp_path, how):
    tasks, store = many(12, tmp_path / "traces", 0.02), Store(tmp_path / "store")
    of_others = workers()  # joblib keeps its own for minutes

    def interrupt(_key, _seconds):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_cells(tasks, study_work.work, store, advance=interrupt, **how)
    assert len(store.finished()) < 12
    assert set(workers()) <= set(of_others)
    run_cells(tasks, study_work.work, store, **how)
    assert store.finished() == tasks.keys()
    assert store.failed() == {}


def workers():
    """Worker processes of this one (loky's tracker of resources stays, as Python's does)."""
    children = psutil.Process().children()
    return [c for c in children if "popen_loky" in " ".join(c.cmdline())]


def test_loose_cells_are_compacted_on_the_way(tmp_path, monkeypatch):
    monkeypatch.setattr(engine, "COMPACT_AT", 5)
    store, parts = Store(tmp_path / "store"), []

    def look(_key, _seconds):
        parts.append(len(list(store.folder.glob("parts/*"))))

    run_cells(many(12, tmp_path / "traces"), study_work.work, store, backend="serial", advance=look)
    assert parts == [0] * 5 + [1] * 5 + [2] * 2
    assert len(store.finished()) == 12


class Fatal:
    """A task that ends its worker while it is read."""

    def __reduce__(self):
        return os._exit, (1,)


@pytest.mark.broad
def test_workers_that_die_before_they_begin_end_the_run(tmp_path):
    tasks = many(2, tmp_path / "traces") | {"fatal": Fatal()}
    store = Store(tmp_path / "store")
    with pytest.raises(InputError, match="1 cells are not computed: their workers stop"):
        run_cells(tasks, study_work.work, store, jobs=2)
    assert store.finished() == {"c000", "c001"}


class Unreadable:
    """A task that no worker can read."""

    def __reduce__(self):
        return int, ("no number",)


@pytest.mark.broad
def test_a_cluster_that_cannot_read_a_task_says_so(tmp_path, scheduler):
    with pytest.raises(InputError, match="workers of the cluster cannot run a cell"):
        run_cells(
            {"c000": Unreadable()},
            study_work.work,
            Store(tmp_path / "store"),
            backend="dask",
            scheduler=scheduler,
        )


def test_a_second_run_in_the_folder_ends_the_first(tmp_path):
    store, second = Store(tmp_path / "store"), []
    with pytest.raises(InputError, match="does not see the folder of this run"):
        run_cells(
            many(2, tmp_path / "traces"),
            study_work.work,
            store,
            backend="serial",
            advance=lambda _key, _seconds: second.append(store.open_run()),
        )
    assert store.finished() == {"c000"}
    assert store.is_open(second[0])


@pytest.mark.broad
def test_a_scheduler_that_is_lost_ends_the_run_with_one_line(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(dask, "CONNECT", 1)
    store = Store(tmp_path / "store")
    with cluster(tmp_path, 1) as (address, scheduler):
        tasks = many(200, tmp_path / "traces", 0.05)
        with pytest.raises(InputError, match=f"{address}: the connection was lost"):
            run_cells(
                tasks,
                study_work.work,
                store,
                backend="dask",
                scheduler=address,
                advance=lambda _key, _seconds: scheduler.kill(),
            )
    assert 0 < len(store.finished()) < 200


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"jobs": 0}, "jobs 0: expected a whole number of at least 1"),
        ({"jobs": 1.5}, "jobs 1.5"),
        ({"backend": "threads"}, "backend 'threads': expected one of loky, serial, dask, joblib"),
        ({"backend": "dask"}, "dask needs the address"),
        ({"scheduler": "tcp://a:1"}, "backend loky with scheduler 'tcp://a:1'"),
        ({"attempts": 1}, "attempts 1: expected a whole number of at least 2"),
        ({"backend": "dask", "scheduler": "tcp://127.0.0.1:9"}, "tcp://127.0.0.1:9: cannot be"),
        ({"backend": "dask", "scheduler": "nowhere"}, "scheduler nowhere: cannot be reached"),
    ],
)
def test_bad_arguments_are_one_line(tmp_path, arguments, text):
    with pytest.raises(InputError, match=text) as error:
        run_cells(many(1, tmp_path / "t"), study_work.work, Store(tmp_path / "s"), **arguments)
    assert "\n" not in str(error.value)
    assert runs(tmp_path / "t") == {}


def test_without_the_extra_one_line_says_what_to_install():
    script = "import sys; sys.modules['distributed'] = None; import trifit.study.dask"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert "needs the package distributed: pip install 'trifit[dask]'" in done.stderr


def test_nothing_to_do_starts_no_worker(tmp_path):
    tasks, store = many(2, tmp_path / "traces"), Store(tmp_path / "store")
    run_cells(tasks, study_work.work, store, backend="serial")
    start = time.perf_counter()
    run_cells(tasks, study_work.work, store, backend="dask", scheduler="tcp://127.0.0.1:9")
    assert time.perf_counter() - start < 5
    assert set(runs(tmp_path / "traces").values()) == {1}
