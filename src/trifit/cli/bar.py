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

AGAIN, RARELY = 30.0, 600.0
"""Seconds between two lines of one stage: first, and at most."""


@contextmanager
def progress_bar() -> Iterator[Callable[[str, float], None]]:
    """A bar on stderr that names the stage; in a pipe lines for each stage of a second or more."""
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
    """A line for every stage that has run for a second, and again, ever more rarely."""

    def __init__(self) -> None:
        self._stage, self._share, self._first = "", 0.0, 0.0
        self._plan_at = self._stage_at = time.perf_counter()
        self._timer: threading.Timer | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Callable[[str, float], None]:
        return self.report

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._begin("", 1.0)

    def report(self, stage: str, share: float) -> None:
        """What runs now; at once where it says what will be done."""
        with self._lock:
            self._share = share
            if stage == self._stage:
                return
            self._begin(stage, share)
            if ";" in stage:
                self._plan_at = self._stage_at
                click.echo(stage, err=True)
            else:
                self._say_in(LONG)

    def _begin(self, stage: str, share: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._stage, self._first, self._stage_at = stage, share, time.perf_counter()

    def _say_in(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._say, [self._stage, seconds])
        self._timer.daemon = True
        self._timer.start()

    def _say(self, stage: str, waited: float) -> None:
        """The stage and the time left; the next line comes after three times the wait."""
        with self._lock:
            if stage != self._stage:
                return
            left = self._left()
            more = f"; about {duration(left)} left" if left >= 1 else ""
            click.echo(f"{self._share:4.0%}  {stage}{more}", err=True)
            self._say_in(min(max(3 * waited, AGAIN), RARELY))

    def _left(self) -> float:
        """Seconds left, at the pace of this stage; of the whole as long as the stage has none."""
        now, done = time.perf_counter(), self._share - self._first
        if done > 0.0:
            return (now - self._stage_at) * (1 - self._share) / done
        return (now - self._plan_at) * (1 - self._share) / self._share if self._share else 0.0
