"""How far a computation is, on stderr: a bar in a terminal, lines in a pipe."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeElapsedColumn
from rich.text import Text

from trifit.durations import duration

LONG = 1.0
"""Seconds after which a stage is worth a line."""

AGAIN, RARELY = 30.0, 600.0
"""Seconds between two lines of one stage: first, and at most."""


class _Pace:
    """Seconds left, at the pace since the first stage after the plan began.

    Until that stage has got on, at the pace since the plan: what was done before is no pace.
    """

    def __init__(self) -> None:
        self._at = self._plan_at = self._first_at = time.perf_counter()
        self.share = self._before = 0.0
        self._first: float | None = None

    def report(self, share: float, *, plan: bool) -> None:
        """So much is done now."""
        self._at, self.share = time.perf_counter(), share
        if plan:
            self._plan_at, self._before, self._first = self._at, share, None
        elif self._first is None:
            self._first_at, self._first = self._at, share

    @property
    def left(self) -> float:
        """Seconds; 0 where nothing is known."""
        since, before = self._first_at, self._first or 0.0
        if self.share <= before:
            since, before = self._plan_at, self._before
        if self.share <= before:
            return 0.0
        left = (self._at - since) * (1 - self.share) / (self.share - before)
        return max(0.0, left - (time.perf_counter() - self._at))

    @property
    def words(self) -> str:
        """The time left in words, or nothing."""
        return f"about {duration(self.left)} left" if self.left >= 1 else ""


@contextmanager
def progress_bar() -> Iterator[Callable[[str, float], None]]:
    """A bar on stderr that names the stage; in a pipe lines for each stage of a second or more."""
    console = Console(stderr=True)
    if not console.is_terminal or console.is_dumb_terminal or console.no_color:
        with _Lines() as report:
            yield report
        return
    pace = _Pace()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        TextColumn("elapsed"),
        _Left(pace),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=1.0)

        def report(stage: str, share: float) -> None:
            if share == 0.0 and ";" in stage:  # what will be done stays above the bar
                bar.console.print(stage, highlight=False, markup=False)
            pace.report(share, plan=";" in stage)
            bar.update(task, description=escape(stage.split(";")[0][:48]), completed=share)

        yield report


class _Left(ProgressColumn):
    """The time left."""

    def __init__(self, pace: _Pace) -> None:
        super().__init__()
        self._pace = pace

    def render(self, task: Task) -> Text:
        """As text."""
        return Text(self._pace.words)


class _Lines:
    """A line for every stage that has run for a second, and again, ever more rarely."""

    def __init__(self) -> None:
        self._stage, self._pace = "", _Pace()
        self._timer: threading.Timer | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Callable[[str, float], None]:
        return self.report

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._begin("")

    def report(self, stage: str, share: float) -> None:
        """What runs now; at once where it says what will be done."""
        with self._lock:
            plan = ";" in stage
            self._pace.report(share, plan=plan)
            if stage == self._stage:
                return
            self._begin(stage)
            if plan:
                click.echo(stage, err=True)
            else:
                self._say_in(LONG)

    def _begin(self, stage: str) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._stage = stage

    def _say_in(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._say, [self._stage, seconds])
        self._timer.daemon = True
        self._timer.start()

    def _say(self, stage: str, waited: float) -> None:
        """The stage and the time left; the next line comes after three times the wait."""
        with self._lock:
            if stage != self._stage:
                return
            more = self._pace.words
            click.echo(f"{self._pace.share:4.0%}  {stage}{more and f'; {more}'}", err=True)
            self._say_in(min(max(3 * waited, AGAIN), RARELY))
