"""The user is told of code that a file names, before it is run."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import click

from trifit import functions


class _Echo(logging.Handler):
    """Each message once, as a line on stderr."""

    def __init__(self) -> None:
        super().__init__()
        self._said: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Say it."""
        text = record.getMessage()
        if text not in self._said:
            self._said.add(text)
            click.echo(f"trifit: {text}", err=True)


@contextmanager
def code_is_told() -> Iterator[None]:
    """A block in which :func:`trifit.functions.log_code` is shown on stderr."""
    echo, level = _Echo(), functions.LOG.level
    functions.LOG.addHandler(echo)
    functions.LOG.setLevel(logging.INFO)
    try:
        yield
    finally:
        functions.LOG.removeHandler(echo)
        functions.LOG.setLevel(level)
