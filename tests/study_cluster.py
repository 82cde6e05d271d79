"""A real Dask scheduler and worker processes on loopback, ports chosen by the system."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

HERE = Path(__file__).parent


def environment(**more):
    """Environment in which a process imports this checkout and the tests' helpers."""
    paths = [str(HERE), *(path for path in sys.path if path)]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), **more}


def wait_for(condition, seconds=120):
    """What ``condition()`` returns, once it is true."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
    return value


@contextmanager
def process(*command, log, **more):
    """A process of its own group; nothing of it is left afterwards."""
    with (
        log.open("w") as file,
        subprocess.Popen(
            command, env=environment(**more), stdout=file, stderr=file, start_new_session=True
        ) as child,
    ):
        try:
            yield child
        finally:
            child.terminate()
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                pass
            end_group(child.pid)


def group_lives(leader):
    """Whether any process of a group is left (one that waits for its parent counts)."""
    try:
        os.killpg(leader, 0)
    except ProcessLookupError:
        return False
    return True


def end_group(leader):
    if group_lives(leader):
        os.killpg(leader, signal.SIGKILL)


def address_in(file):
    """The address that a scheduler's file tells, once it is written whole."""
    try:
        return json.loads(file.read_text())["address"]
    except (FileNotFoundError, json.JSONDecodeError):
        return None


@contextmanager
def cluster(folder, workers=2, threads=1, **more):
    """Address of the scheduler, and the scheduler's process."""
    told = folder / "scheduler.json"
    here = ("--host", "127.0.0.1", "--no-dashboard")
    with ExitStack() as stack:
        python = (sys.executable, "-m")
        scheduler = stack.enter_context(
            process(
                *(*python, "distributed.cli.dask_scheduler", "--port", "0", *here),
                *("--scheduler-file", str(told)),
                log=folder / "scheduler.log",
                **more,
            )
        )
        address = wait_for(lambda: address_in(told))
        for i in range(workers):
            stack.enter_context(
                process(
                    *(*python, "distributed.cli.dask_worker", address, *here),
                    *("--nthreads", str(threads)),
                    *("--local-directory", str(folder / f"worker{i}"), "--death-timeout", "60"),
                    log=folder / f"worker{i}.log",
                    **more,
                )
            )
        yield address, scheduler
