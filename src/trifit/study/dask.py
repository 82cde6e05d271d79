"""Workers of a Dask cluster, called through joblib."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from trifit.errors import InputError

try:
    from distributed import Client, KilledWorker
    from distributed.comm import get_address_host_port
    from joblib._dask import DaskDistributedBackend
except ImportError as error:
    raise InputError(
        f"the backend dask needs the package {error.name}: pip install 'trifit[dask]'"
    ) from None

CONNECT = 10  # seconds to wait for the scheduler
WORKERS = 60  # seconds to wait for its first worker
LOOK = 0.5  # seconds between two looks at the connection


class Backend(DaskDistributedBackend):  # type: ignore[misc]
    """joblib's backend for Dask, for tasks that kill workers and clusters of one worker."""

    def effective_n_jobs(self, n_jobs: int) -> int:
        """At least 2: with one job joblib computes in the calling process."""
        return max(2, int(super().effective_n_jobs(n_jobs)))

    def configure(self, *args: Any, **kwargs: Any) -> int:
        """Count anew who waits for a result."""
        self._waiting: set[Callable[[object], None]] = set()
        return int(super().configure(*args, **kwargs))

    def submit(self, func: object, callback: Callable[[object], None]) -> object:
        """As joblib's, and remember who is to be told."""
        self._waiting.add(callback)
        return super().submit(func, callback)

    async def _collect(self) -> None:
        """As joblib's, and a task that Dask gives up has ended too.

        Else joblib waits for it for ever. Exceptions of a cell are results here; an error
        means that its workers died (and the cell is left for later), or cannot run it.
        """
        while self._continue:
            async for future, result in self.waiting_futures:
                if future.status == "error" and not isinstance(result[1], KilledWorker):
                    result = InputError(
                        f"workers of the cluster cannot run a cell ({result[1]!r}); "
                        "they need this version of trifit and of all it imports"
                    )
                elif future.status != "finished":
                    result = [None]
                self._results.pop(future)
                callback = self._callbacks.pop(future)
                self._waiting.discard(callback)
                callback(result)
            await asyncio.sleep(0.01)

    def end_with(self, error: Exception) -> None:
        """Raise an error where results are waited for; joblib never learns that nobody answers."""
        for callback in list(self._waiting)[:1]:
            callback(error)


@contextmanager
def connected(scheduler: str) -> Iterator[Backend]:
    """Backend on the cluster of a scheduler, which is left as it was found.

    Raises
    ------
    InputError
        If nothing answers there, or there is no worker.
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
    ended = threading.Event()
    try:
        try:
            client.wait_for_workers(1, timeout=WORKERS)
        except TimeoutError:
            raise InputError(
                f"scheduler {scheduler}: no worker after {WORKERS} s; "
                f"start some with: dask worker {scheduler} --nthreads 1"
            ) from None
        backend = Backend(client=client)

        def watch() -> None:
            while not ended.wait(LOOK):
                if client.status == "closed":
                    backend.end_with(
                        InputError(
                            f"scheduler {scheduler}: the connection was lost; what is finished "
                            "is kept, and --resume goes on with the rest"
                        )
                    )

        threading.Thread(target=watch, daemon=True, name="trifit-watch").start()
        yield backend
    finally:
        ended.set()
        client.close()
