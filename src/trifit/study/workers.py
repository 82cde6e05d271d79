"""Who computes: this process, worker processes here, a Dask cluster, or a backend of joblib's.

Each is a function of calls that hands them out and gives their results as they end.
"""

import warnings
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import AbstractContextManager, contextmanager
from itertools import islice

from joblib import Parallel, delayed
from loky import get_reusable_executor

Result = tuple[str, float] | None
"""Key and seconds of a cell that is over; None of one that is left for later."""

Call = Callable[[], Result]

HandOut = Callable[[Iterable[Call]], Iterator[Result]]
"""Calls to their results, in the order in which they end. ``BrokenProcessPool`` where a worker
died, whose call may have been another's."""

IDLE = 300  # seconds after which a worker process without work ends


def workers(backend: str, jobs: int, scheduler: str | None) -> AbstractContextManager[HandOut]:
    """The workers of a backend, for as long as they are needed.

    Parameters
    ----------
    backend : {"loky", "serial", "dask", "joblib"}
    jobs : int
        Worker processes, for ``"loky"``.
    scheduler : str or None
        Address of Dask's, for ``"dask"``.
    """
    if backend == "dask":
        from trifit.study.dask import cluster

        return cluster(str(scheduler))
    if backend == "loky":
        return _processes(jobs)
    return _here(_serially if backend == "serial" else _by_joblib)


@contextmanager
def _here(hand_out: HandOut) -> Iterator[HandOut]:
    yield hand_out


def _serially(calls: Iterable[Call]) -> Iterator[Result]:
    return (call() for call in calls)


def _by_joblib(calls: Iterable[Call]) -> Iterator[Result]:
    """With the backend in force; those of others give no results before all have ended."""
    return iter(Parallel(batch_size=1)(delayed(call)() for call in calls))


@contextmanager
def _processes(jobs: int) -> Iterator[HandOut]:
    """Worker processes, which end with the block."""

    def hand_out(calls: Iterable[Call]) -> Iterator[Result]:
        executor = get_reusable_executor(max_workers=jobs, timeout=IDLE)
        # One call at a time to one process: a second would share its death.
        return as_they_end(executor.submit, calls, ahead=2 * jobs if jobs > 1 else 1)

    try:
        with warnings.catch_warnings():
            # no news for the user: loky replaces a worker that has grown (other words since 3.7)
            grown = "A worker (stopped|was restarted) while some jobs"
            warnings.filterwarnings("ignore", grown, UserWarning)
            yield hand_out
    finally:
        get_reusable_executor(reuse=True).shutdown(wait=True, kill_workers=True)


def as_they_end(
    submit: Callable[[Call], Future[Result]], calls: Iterable[Call], *, ahead: int
) -> Iterator[Result]:
    """Results as calls end, with so many handed out at a time.

    Parameters
    ----------
    submit : callable
        A call to its future.
    calls : iterable of Call
    ahead : int
        Most calls that run or wait at a time.
    """
    left = iter(calls)
    running = {submit(call) for call in islice(left, ahead)}
    while running:
        ended, running = wait(running, return_when=FIRST_COMPLETED)
        for future in ended:
            yield future.result()
        running |= {submit(call) for call in islice(left, len(ended))}
