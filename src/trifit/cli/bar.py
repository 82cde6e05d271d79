"""How far a computation is, on stderr: a bar in a terminal, lines in a pipe."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from trifit.text import duration

LONG = 1.0
"""Seconds after which a stage is worth a line."""


@contextmanager
def progress_bar() -> Iterator[Callable[[str, float], None]]:
    """A bar on stderr that names the stage; in a pipe a line for each stage of a second or more."""
    console = Console(stderr=True)
    if not console.is_terminal or console.is_dumb_terminal or console.no_color:
        with _Lines() as report:
            yield report
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        TextColumn("elapsed,"),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=1.0)

        def report(stage: str, share: float) -> None:
            if share == 0.0 and ";" in stage:  # what will be done stays above the bar
                bar.console.print(stage, highlight=False, markup=False)
            bar.update(task, description=escape(stage.split(";")[0][:48]), completed=share)

        yield report


class _Lines:
    """A line for every stage that has run for a second, while it runs."""

    def __init__(self) -> None:
        self._stage, self._share = "", 0.0
        self._start = time.perf_counter()
        self._timer: threading.Timer | None = None

    def __enter__(self) -> Callable[[str, float], None]:
        return self.report

    def __exit__(self, *_: object) -> None:
        self._forget()

    def report(self, stage: str, share: float) -> None:
        """What runs now; at once where it says what will be done."""
        self._share = share
        if stage == self._stage:
            return
        self._forget()
        self._stage = stage
        if ";" in stage:
            self._start = time.perf_counter()
            click.echo(stage, err=True)
            return
        self._timer = threading.Timer(LONG, self._say, [stage])
        self._timer.daemon = True
        self._timer.start()

    def _say(self, stage: str) -> None:
        """The stage, and how long the rest takes if it goes on as since the plan was told."""
        share, passed = self._share, time.perf_counter() - self._start
        left = passed * (1 - share) / share if share else 0.0
        more = f"; about {duration(left)} left" if left >= 1 else ""
        click.echo(f"{share:4.0%}  {stage}{more}", err=True)

    def _forget(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
