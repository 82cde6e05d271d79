"""What needs more memory than there is, or is allowed, is refused before it is made.

>>> with limited(0.001):
...     check_memory("a table", 1e6, "take fewer rows")
Traceback (most recent call last):
trifit.errors.InputError: a table: not enough memory: at least 0.008 GB are needed, --memory \
allows 0.001; take fewer rows
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from numbers import Real
from typing import Any

from trifit.errors import InputError

GB = 1e9

_limit: ContextVar[float] = ContextVar("memory", default=float("inf"))


@contextmanager
def limited(gigabytes: Any) -> Iterator[None]:
    """A block in which what is predicted to need more is refused.

    The prediction counts the arrays that grow with the data, so an error names at least what is
    needed.

    Raises
    ------
    InputError
        If it is no number above 0.
    """
    number = isinstance(gigabytes, Real) and not isinstance(gigabytes, bool)
    if not number or not gigabytes > 0:
        raise InputError(f"memory {gigabytes!r}: expected gigabytes above 0, e.g. 4")
    token = _limit.set(gigabytes * GB)
    try:
        yield
    finally:
        _limit.reset(token)


def check_memory(what: str, n_values: float, remedy: str) -> None:
    """Refuse arrays of so many doubles that the memory does not hold them.

    Parameters
    ----------
    what : str
        That is to be made, for the message.
    n_values : float
        Doubles, 8 bytes each.
    remedy : str
        What to do.

    Raises
    ------
    InputError
        With both figures.
    """
    needed, there = 8 * n_values, total()
    if needed > min(there, _limit.get()):
        allowed = f"this machine has {there / GB:,.3g}"
        if _limit.get() < there:
            allowed = f"--memory allows {_limit.get() / GB:,.3g}"
        raise InputError(
            f"{what}: not enough memory: at least {needed / GB:,.3g} GB are needed, {allowed}; "
            f"{remedy}"
        )


def total() -> float:
    """Bytes of memory; infinite where the system does not say."""
    try:
        return float(os.sysconf("SC_PHYS_PAGES")) * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return float("inf")
