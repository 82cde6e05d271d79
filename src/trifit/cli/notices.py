"""What the user is told on stderr while a command runs: of code that a file names, of leftovers."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import click

LOGGERS = ("trifit.functions", "trifit.results.folder")
"""Whose messages are shown; those of other modules are for who listens."""


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
def notices_are_told() -> Iterator[None]:
    """A block in which what these modules log is shown on stderr."""
    echo = _Echo()
    before = {name: logging.getLogger(name).level for name in LOGGERS}
    for name in LOGGERS:
        logging.getLogger(name).addHandler(echo)
        logging.getLogger(name).setLevel(logging.INFO)
    try:
        yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).removeHandler(echo)
            logging.getLogger(name).setLevel(level)
