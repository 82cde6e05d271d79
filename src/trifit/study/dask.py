"""Workers of a Dask cluster."""

import math
import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice

from trifit.errors import InputError
from trifit.interrupts import uninterrupted
from trifit.study.workers import Call, HandOut, Result

try:
    from distributed import Client, Future, KilledWorker, wait
    from distributed.client import FuturesCancelledError
    from distributed.comm import CommClosedError, get_address_host_port
except ImportError as error:
    raise InputError(
        f"the backend dask needs the package {error.name}: pip install 'trifit[dask]'"
    ) from None

CONNECT = 10  # seconds to wait for the scheduler
WORKERS = 60  # seconds to wait for a worker, at first and where all are gone
LOOK = 0.25  # seconds between two looks at the connection
COUNT = 5  # seconds between two counts of the workers
AHEAD = 2  # calls in the hands of each thread of the cluster


@contextmanager
def cluster(scheduler: str) -> Iterator[HandOut]:
    """The workers of a scheduler's cluster, which is left as it was found.

    Raises
    ------
    InputError
        If nothing answers there, there is no worker (any more), or the connection is lost.
    """
    try:
        # asked first: a Client that fails to connect leaves its event loop behind
        socket.create_connection(get_address_host_port(scheduler), CONNECT).close()
        client = Client(scheduler, timeout=CONNECT, set_as_default=False)
    except (OSError, ValueError) as error:
        raise InputError(
            f"scheduler {scheduler}: cannot be reached ({error}); "
            "expected the address that `dask scheduler` prints, such as tcp://host:8786"
        ) from None
    try:
        try:
            client.wait_for_workers(1, timeout=WORKERS)
        except TimeoutError:
            raise _no_worker(scheduler) from None
        yield lambda calls: _as_they_end(client, scheduler, calls)
    finally:
        client.close()


def _as_they_end(client: Client, scheduler: str, calls: Iterable[Call]) -> Iterator[Result]:
    """Results as calls end; what is still running when nobody asks any more is cancelled.

    The client's own calls are not interrupted: its event loop would print a traceback.
    """
    left, running = iter(calls), set[Future]()
    threads, asked, seen = 0, -math.inf, time.monotonic()
    try:
        while True:
            with uninterrupted():
                now = time.monotonic()
                if now - asked > COUNT:  # workers come and go
                    threads, asked = sum(client.nthreads().values()), now
                    seen = now if threads else seen
                if now - seen > WORKERS:
                    raise _no_worker(scheduler)
                more = islice(left, max(0, AHEAD * max(1, threads) - len(running)))
                running |= {client.submit(call, pure=False) for call in more}
                if not running:
                    return
                ended = _ended(client, running)
                running -= ended
                results = [_result(future) for future in ended]
            yield from results
    except (CommClosedError, FuturesCancelledError):
        raise InputError(
            f"scheduler {scheduler}: the connection was lost; what is finished is kept, and "
            "--resume continues with the rest"
        ) from None
    finally:
        if client.status == "running":
            client.cancel(list(running))


def _no_worker(scheduler: str) -> InputError:
    return InputError(
        f"scheduler {scheduler}: no worker for {WORKERS} s; start some with: "
        f"dask worker {scheduler} --nthreads 1; what is finished is kept: --resume continues"
    )


def _ended(client: Client, running: set[Future]) -> set[Future]:
    """Those that have ended, soon after the first."""
    if client.status == "closed":
        raise CommClosedError
    with client.as_current(), suppress(TimeoutError):
        return set(wait(list(running), timeout=LOOK, return_when="FIRST_COMPLETED").done)
    return set()


def _result(future: Future) -> Result:
    """What a call returned; None where its workers died, so that it is left for later.

    Exceptions of a cell are results: any other says that the workers cannot run one.
    """
    if future.status == "finished":
        result: Result = future.result()
        return result
    error = future.exception()
    if isinstance(error, KilledWorker):
        return None
    raise InputError(
        f"workers of the cluster cannot run a cell ({error!r}); they need this version of trifit "
        "and of all it imports"
    )
