"""Run the cells of a study on any number of workers; a dying worker costs its own cell.

Every worker writes its own results, so nothing is lost when
the pool, the driver or the connection between them breaks. What came back is only what
is over; what is not over is handed out again.
"""

import logging
import os
import threading
import time
import warnings
from collections.abc import Callable, Mapping
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from joblib import parallel_config

from trifit.errors import InputError, whole_number
from trifit.study.store import COMPACT_AT, Row, Store, cell_table
from trifit.study.workers import HandOut, workers
from trifit.text import typed_line
from trifit.threads import limited

BACKENDS = ("loky", "serial", "dask", "joblib")
TRIED_ALONE = 10  # cells, before workers are said to end whatever they are given
LOG = logging.getLogger(__name__)
_WATCH = 0.2  # seconds between two looks of a worker at its driver


def run_cells[Task](
    tasks: Mapping[str, Task],
    work: Callable[[Task], list[Row]],
    store: Store,
    *,
    jobs: int = 1,
    backend: str = "loky",
    scheduler: str | None = None,
    advance: Callable[[str, float], None] | None = None,
    attempts: int = 2,
) -> None:
    """Compute every task whose key is not in the store, in the order given.

    A cell is computed in one thread, whatever the backend, and knows nothing but its
    task. So results are the same to the last bit for every backend, number of workers
    and order, on one kind of machine. To the rows of each a row ``("", "seconds")`` is
    added: its wall time.

    An exception of ``work`` is kept as the cell's error. When a worker process dies, the
    cells that were begun and not ended are computed again, each alone; one that outlives
    no worker in ``attempts`` attempts is kept as an error too.

    Parameters
    ----------
    tasks : mapping of key to task
        Tasks are small and can be pickled.
    work : function of a task
        Importable by workers (pickled by its name).
    store : Store
        Where finished cells go; with workers on other machines a folder all of them see.
    jobs : int
        Worker processes of loky. Dask uses the workers of its cluster.
    backend : {"loky", "serial", "dask", "joblib"}
        Serial computes in this process, which a dying cell takes along. With joblib it is
        the backend of the ``joblib.parallel_config`` in force, Ray's say: ``advance`` hears
        of cells at the end, and what a dying worker does is up to that backend.
    scheduler : str, optional
        Address of Dask's scheduler, ``tcp://host:port``; for dask only.
    advance : function of key and seconds, optional
        Told of every cell that is over; 0 seconds where the news died with a worker.
    attempts : int
        At least 2: the first death may be a neighbour's fault.

    Raises
    ------
    InputError
        On arguments out of range, an unreachable scheduler or a folder that the workers
        do not share.
    """
    check_arguments(jobs, backend, scheduler, attempts)
    done = store.finished()
    if tasks.keys() <= done:
        store.compact()
        return
    run = store.open_run()
    try:
        with workers(backend, jobs, scheduler) as hand_out:
            driver = os.getpid() if backend == "loky" else None
            common = _Common(work, store, run, attempts, driver)
            told = advance or (lambda _key, _seconds: None)
            _Rounds(tasks, hand_out, common, done, told).finish()
    finally:
        store.close_run(run)
    store.compact()


def check_arguments(jobs: int, backend: str, scheduler: str | None, attempts: int = 2) -> None:
    """Refuse arguments of :func:`run_cells` that contradict each other.

    Parameters
    ----------
    jobs : int
        Worker processes.
    backend : str
    scheduler : str or None
        Address of Dask's.
    attempts : int
        How often a cell is tried.

    Raises
    ------
    InputError
    """
    whole_number("jobs", jobs, least=1)
    if backend not in BACKENDS:
        raise InputError(f"backend {backend!r}: expected one of {', '.join(BACKENDS)}")
    if (scheduler is None) == (backend == "dask"):
        raise InputError(
            f"backend {backend} with scheduler {scheduler!r}: dask needs the address of its "
            "scheduler, such as tcp://host:8786, and the others take none"
        )
    whole_number("attempts", attempts, least=2)


# --- in the worker ---


@dataclass(frozen=True)
class _Common:
    """What every cell of a run is sent along with."""

    work: Callable[[Any], list[Row]]
    store: Store
    run: str
    attempts: int
    driver: int | None


def _compute(common: _Common, key: str, task: object, *, alone: bool) -> tuple[str, float] | None:
    """One cell from its task to its file; None if it is left for later."""
    if common.driver is not None:
        _die_with(common.driver)
    store, run = common.store, common.run
    if not store.is_open(run):
        raise InputError(
            f"{store.folder}: process {os.getpid()} does not see the folder of this run; all "
            "workers must share it, and no second run may use it"
        )
    if store.has(key):
        return key, 0.0  # ended, and its worker died before it could say so
    deaths = store.deaths(run, key)
    if deaths >= common.attempts:
        _give_up(common, key, deaths)
        return key, 0.0
    if deaths and not alone:
        return None
    store.begin(run, key)
    try:
        start = time.perf_counter()
        try:
            with limited(1), parallel_config("sequential", n_jobs=1), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                rows = list(common.work(task))
                seconds = time.perf_counter() - start
                cell = cell_table(key, [*rows, Row("", "seconds", seconds)])
        except Exception as error:
            seconds = time.perf_counter() - start
            store.fail(key, _one_line(error))
        else:
            store.keep(key, cell)
    finally:
        store.end(run, key)
    return key, seconds


def _give_up(common: _Common, key: str, deaths: int) -> None:
    """Keep a cell as failed that has outlived no worker in all its attempts."""
    common.store.fail(key, f"the worker process died (out of memory?) {deaths} times")
    common.store.end(common.run, key)


def _one_line(error: Exception) -> str:
    return str(error)[:400] if isinstance(error, InputError) else typed_line(error, 400)


@cache
def _die_with(driver: int) -> None:
    """End this worker soon after its driver: nobody computes a cell twice at once."""

    def watch() -> None:
        while os.getppid() == driver:
            time.sleep(_WATCH)
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="trifit-watch").start()


# --- in the driver ---


class _Rounds:
    """Cells are handed out until all are over."""

    def __init__(
        self,
        tasks: Mapping[str, Any],
        hand_out: HandOut,
        common: _Common,
        done: set[str],
        advance: Callable[[str, float], None],
    ) -> None:
        self.tasks, self.hand_out, self.common, self.done = tasks, hand_out, common, done
        self.advance, self.loose = advance, 0

    def finish(self) -> None:
        """First all together, then, one by one, those under suspicion of killing workers.

        A cell that ends its worker while it is read, before it is begun, is put aside.
        """
        store, run, aside = self.common.store, self.common.run, set[str]()
        while left := [k for k in self.tasks if k not in self.done and k not in aside]:
            deaths = store.all_deaths(run)
            unsuspected = [key for key in left if key not in deaths]
            if unsuspected:
                self._round(unsuspected, alone=False)
            elif deaths[left[0]] >= self.common.attempts:
                _give_up(self.common, left[0], deaths[left[0]])
                self._over(left[0], 0.0)
            else:
                self._round(left[:1], alone=True)
            if self._moved(left, deaths):
                continue
            for key in (unsuspected or left)[:TRIED_ALONE]:
                self._round([key], alone=True)
                if not self._moved([key], deaths):
                    aside.add(key)
            if len(aside) >= TRIED_ALONE:
                break
        if aside:
            raise InputError(
                f"{len(self.tasks.keys() - self.done)} cells are not computed: their workers stop "
                "at the start; to see why, use the backend serial"
            )

    def _moved(self, left: list[str], deaths: Mapping[str, int]) -> bool:
        """Whether a cell is over, or was begun, since."""
        common = self.common
        return not self.done.isdisjoint(left) or common.store.all_deaths(common.run) != deaths

    def _round(self, keys: list[str], *, alone: bool) -> None:
        """Hand out cells once; returns when all ended or a worker died."""
        calls = (partial(_compute, self.common, k, self.tasks[k], alone=alone) for k in keys)
        results = self.hand_out(calls)
        try:
            for result in results:
                if result is not None:
                    self._over(*result)
        except BrokenProcessPool:
            LOG.info("a worker died: cells that were begun run again, each alone")
            for key in (self.common.store.finished() & self.tasks.keys()) - self.done:
                self._over(key, 0.0)

    def _over(self, key: str, seconds: float) -> None:
        self.done.add(key)
        self.advance(key, seconds)
        self.loose += 1
        if self.loose >= COMPACT_AT:
            self.common.store.compact()
            self.loose = 0
