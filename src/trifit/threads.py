"""One rule for the cores: BLAS works in one thread, trifit's own threads share them.

Chains, and chunks of large data, run side by side; each of them calls BLAS on small
products, where BLAS's own threads would only wait for each other.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, wraps
from threading import Lock
from typing import Any

from threadpoolctl import ThreadpoolController

from trifit.errors import whole_number


def available() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_cores: ContextVar[int | None] = ContextVar("cores", default=None)


def cores() -> int:
    """Cores in force: those of the innermost :func:`limited`, else all."""
    return _cores.get() or available()


@contextmanager
def limited(n: int | None = None) -> Iterator[None]:
    """Let trifit use ``n`` cores (default: those in force) and BLAS one thread of each."""
    token = _cores.set(n or cores())
    _one_blas_thread.enter()
    try:
        yield
    finally:
        _one_blas_thread.leave()
        _cores.reset(token)


def obeys_cores[**P, R](function: Callable[P, R]) -> Callable[P, R]:
    """Let a function's keyword ``cores`` limit all that it does.

    Raises
    ------
    InputError
        If ``cores`` is neither None nor a whole number of at least 1.
    """

    @wraps(function)
    def limited_function(*args: P.args, **kwargs: P.kwargs) -> R:
        n = kwargs.get("cores")
        if n is not None:
            n = whole_number("cores", n, least=1)
        with limited(n):
            return function(*args, **kwargs)

    return limited_function


def side_by_side[T, R](function: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """``[function(item) for item in items]``, on the cores in force.

    Gains where ``function`` releases the interpreter lock. Inside, one core is in
    force: what is called there works in turns.
    """
    items = list(items)
    if len(items) == 1 or cores() == 1:
        return [function(item) for item in items]

    def alone(item: T) -> R:
        token = _cores.set(1)
        try:
            return function(item)
        finally:
            _cores.reset(token)

    return list(_pool(cores()).map(alone, items))


@cache
def _pool(n: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(n, thread_name_prefix="trifit")


class _OneBlasThread:
    """BLAS has one thread as long as anybody, in any thread, asks for it."""

    def __init__(self) -> None:
        self._lock, self._users = Lock(), 0
        self._limit: Any = None

    def enter(self) -> None:
        with self._lock:
            if self._users == 0:
                self._limit = _blas().limit(limits=1, user_api="blas")
            self._users += 1

    def leave(self) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0:
                self._limit.restore_original_limits()


_one_blas_thread = _OneBlasThread()


@cache
def _blas() -> ThreadpoolController:
    import scipy.linalg.cython_blas  # noqa: F401 - loaded before its threads are counted

    return ThreadpoolController()
