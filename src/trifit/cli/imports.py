"""The garbage collector while a command runs: not for imports, and seldom."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

YOUNG = 50_000
"""New objects between two collections (Python's default is 2,000)."""


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Collect garbage seldom inside: graphs and figures make many objects, few of them in cycles.

    Python looks at all that is young again and again, which took 0.5 s of a run on iris.
    """
    before = gc.get_threshold()
    gc.set_threshold(YOUNG, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)


@contextmanager
def without_collection() -> Iterator[None]:
    """Collect no garbage inside: imports make a million objects, and all of them stay.

    Nor are they looked at by later collections.
    """
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if on:
            gc.enable()
