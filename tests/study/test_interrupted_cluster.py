"""Ctrl-C, SIGTERM and dying workers, with the scheduler and workers of a user's own cluster."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
from distributed import Client

import study_work
from signalled import CODES, SOON, STUDY, ended, gone, started
from study_cluster import HERE, cluster, wait_for
from study_work import many, runs
from trifit.errors import InputError
from trifit.study import dask
from trifit.study.engine import run_cells
from trifit.study.store import Store

pytestmark = pytest.mark.broad


@contextmanager
def seen(address):
    """The cluster as another user of it sees it."""
    with Client(address, set_as_default=False) as client:
        yield client


def computing(dask_worker):
    """Whether a worker's threads are at work, also at what was cancelled."""
    return bool(dask_worker.state.all_running_tasks)


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory):
    """Address of a cluster of two workers."""
    with cluster(tmp_path_factory.mktemp("cluster")) as (address, _):
        yield address


# --- the commands ---

COMMANDS = {
    "study": "study small.toml",
    "check": "check logistic --methods laplace --rows 20 --replications 1000",
    "atlas": "atlas --tables crabs --replications 50",
}


def command_of(name, scheduler, *more):
    return [
        *("-m", "trifit", *COMMANDS[name].split(), *more),
        *("--backend", "dask", "--scheduler", scheduler, "--out", "out"),
    ]


def finished(folder):
    """Cells in the folder of any of the commands."""
    return {path.stem for path in folder.glob("out/**/loose/*/*.parquet")}


@pytest.mark.parametrize(
    ("name", "number", "group"),
    [
        ("study", signal.SIGINT, True),
        ("check", signal.SIGTERM, False),
        ("atlas", signal.SIGINT, False),
    ],
)
def test_a_command_ends_soon_and_leaves_idle_workers(name, number, group, scheduler, tmp_path):
    """What workers have begun they end and keep; they begin no other cell."""
    (tmp_path / "small.toml").write_text(STUDY.replace("400", "10"))
    running = started(command_of(name, scheduler), tmp_path)
    with seen(scheduler) as client:
        client.wait_for_workers(2)
        workers = client.run(os.getpid)
        wait_for(lambda: running.poll() is not None or len(finished(tmp_path)) >= 2, 300)
        code, errors, seconds = ended(running, number, group=group)
        assert code == CODES[number], errors
        assert seconds < SOON
        assert errors.splitlines()[-1].startswith("trifit: interrupted; finished ")
        assert "Traceback" not in errors
        assert gone(running.pid)
        then = len(finished(tmp_path))
        wait_for(lambda: not any(client.run(computing).values()))
        kept = finished(tmp_path)
        assert then <= len(kept) <= then + len(workers)
        time.sleep(0.5)
        assert finished(tmp_path) == kept
        assert not list(tmp_path.glob("out/**/running"))
        if name == "study":
            resumed = [sys.executable, *command_of(name, scheduler, "--resume")]
            done = subprocess.run(resumed, cwd=tmp_path, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
            store = Store(tmp_path / "out" / "cells")
            assert kept < store.finished()
            assert (len(store.finished()), store.failed()) == (20, {})
        assert client.run(os.getpid) == workers


# --- the engine ---

DRIVER = """
import sys
from pathlib import Path
from study_work import many, work
from trifit import interrupts
from trifit.study.engine import run_cells
from trifit.study.store import Store
interrupts.listen()
try:
    tasks, store = many(100, Path("traces").absolute(), 0.2), Store("store")
    print("ready", flush=True)
    run_cells(tasks, work, store, backend="dask", scheduler=sys.argv[1])
except KeyboardInterrupt:
    interrupts.tell()
    sys.exit(interrupts.exit_code())
"""


def driver(address, folder):
    """A run on its way, in a process of its own."""
    code = f"import sys; sys.path.append({str(HERE)!r}){DRIVER}"
    running = started(["-c", code, address], folder)
    assert running.stdout.readline() == "ready\n"
    return running


def is_interrupted(running):
    code, errors, seconds = ended(running, signal.SIGINT)
    assert (code, errors) == (130, "trifit: interrupted; nothing was written\n")
    assert seconds < SOON


BUSY = """
import os, signal, threading, time
from trifit.study import dask
def wait(futures, **options):
    client = futures[0].client
    client.loop.add_callback(time.sleep, 0.4)
    threading.Timer(0.2, os.kill, [os.getpid(), signal.SIGINT]).start()
    return waits(futures, **options)
waits, dask.wait = dask.wait, wait
"""


def test_ctrl_c_while_the_event_loop_is_busy(scheduler, tmp_path):
    """The client's own calls do not bear an interruption before its event loop has begun them."""
    code = f"import sys; sys.path.append({str(HERE)!r}){BUSY}{DRIVER}"
    running = started(["-c", code, scheduler], tmp_path)
    output, errors = running.communicate(timeout=60)
    assert (output, errors) == ("ready\n", "trifit: interrupted; nothing was written\n")
    assert running.returncode == 130


def test_ctrl_c_while_a_scheduler_does_not_answer(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        running = driver(f"tcp://127.0.0.1:{mute.getsockname()[1]}", tmp_path)
        connection, _ = mute.accept()
        time.sleep(0.5)
        is_interrupted(running)
        connection.close()


def test_ctrl_c_while_a_worker_is_waited_for(tmp_path):
    with cluster(tmp_path, 0) as (address, _):
        running = driver(address, tmp_path)
        time.sleep(2)
        is_interrupted(running)


def test_ctrl_c_while_a_scheduler_is_frozen(tmp_path):
    with cluster(tmp_path, 1) as (address, scheduler):
        running = driver(address, tmp_path)
        wait_for(lambda: len(Store(tmp_path / "store").finished()) >= 2)
        scheduler.send_signal(signal.SIGSTOP)
        try:
            is_interrupted(running)
        finally:
            scheduler.send_signal(signal.SIGCONT)
        with seen(address) as client:
            client.wait_for_workers(1)
            wait_for(lambda: not any(client.run(computing).values()))
        store = Store(tmp_path / "store")
        assert runs(tmp_path / "traces").keys() == store.finished()
        tasks = dict(list(many(100, tmp_path / "traces").items())[:20])
        run_cells(tasks, study_work.work, store, backend="serial")
        assert tasks.keys() <= store.finished()


def kill_for_good(client, at):
    """The worker, and the nanny that would start it again."""
    workers = client.run(lambda: (os.getpid(), os.getppid()))
    worker, nanny = workers[at]
    os.kill(nanny, signal.SIGKILL)
    os.kill(worker, signal.SIGKILL)


def run_with_a_death(tasks, folder, address):
    """All cells, and their store; a worker goes for good after the third."""
    told, store = [], Store(folder / "store")

    with seen(address) as client:
        first = sorted(client.scheduler_info()["workers"])[0]

        def advance(key, _seconds):
            told.append(key)
            if len(told) == 3:
                kill_for_good(client, first)

        run_cells(tasks, study_work.work, store, backend="dask", scheduler=address, advance=advance)
    return store


def test_the_others_go_on_where_a_worker_is_gone_for_good(tmp_path):
    with cluster(tmp_path, 2) as (address, _):
        with seen(address) as client:
            client.wait_for_workers(2)
        tasks = many(12, tmp_path / "traces", 0.2)
        store = run_with_a_death(tasks, tmp_path, address)
    assert store.finished() == tasks.keys()
    assert store.failed() == {}
    assert sum(runs(tmp_path / "traces").values()) <= 13


def test_the_last_worker_gone_for_good_ends_the_run_with_one_line(tmp_path, monkeypatch):
    with cluster(tmp_path, 1) as (address, _):
        with seen(address) as client:
            client.wait_for_workers(1)
        monkeypatch.setattr(dask, "WORKERS", 1)
        monkeypatch.setattr(dask, "COUNT", 0.2)
        tasks = many(12, tmp_path / "traces", 0.2)
        with pytest.raises(InputError, match=f"{address}: no worker for 1 s; start some") as error:
            run_with_a_death(tasks, tmp_path, address)
    assert "\n" not in str(error.value)
    store = Store(tmp_path / "store")
    assert 3 <= len(store.finished()) < 12
    run_cells(tasks, study_work.work, store, backend="serial")
    assert store.finished() == tasks.keys()
    assert store.failed() == {}
