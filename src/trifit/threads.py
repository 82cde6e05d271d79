"""One rule for the cores: BLAS works in one thread, trifit's own threads share them.

Chains, and chunks of large data, run side by side; each of them calls BLAS on small
products, where BLAS's own threads would only wait for each other.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

from threadpoolctl import ThreadpoolController


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
    try:
        with _blas().limit(limits=1, user_api="blas"):
            yield
    finally:
        _cores.reset(token)


def side_by_side[T, R](function: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """``[function(item) for item in items]``, on the cores in force.

    Gains where ``function`` releases the interpreter lock.
    """
    items = list(items)
    if len(items) == 1 or cores() == 1:
        return [function(item) for item in items]
    return list(_pool(cores()).map(function, items))


@cache
def _pool(n: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(n, thread_name_prefix="trifit")


@cache
def _blas() -> ThreadpoolController:
    import scipy.linalg.cython_blas  # noqa: F401 - loaded before its threads are counted

    return ThreadpoolController()
