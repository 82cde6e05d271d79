"""Progress: what will be done, how long it should take, how much is done."""

import time
from collections.abc import Callable, Sequence
from statistics import fmean

from trifit.cards import Card
from trifit.durations import duration_between
from trifit.fit import Density
from trifit.progress import Progress
from trifit.run.cost import expected_cost
from trifit.run.expected import ALIKE, Cost
from trifit.types import Rows


class Schedule:
    """The seconds that are left: of stages like those that have ended, at their own pace.

    Parameters
    ----------
    cost : Cost
        What is expected of the others.
    n_fits : int
        Number of training sets.
    clock : callable
        Seconds.
    """

    def __init__(self, cost: Cost, n_fits: int, clock: Callable[[], float]) -> None:
        self._cost, self._n_fits, self._clock = cost, n_fits, clock
        self._start = self._since = clock()
        self._fits_done, self._stage, self._share = 0, "", 0.0
        self._seen: set[str] = set()  # stages of this training set; after the last, of the rest
        self._took: dict[str, list[float]] = {}

    def enter(self, stage: str, share: float) -> None:
        """A stage runs, and this share of it is done."""
        if stage != self._stage:
            now = self._clock()
            if self._stage:
                self._took.setdefault(self._stage, []).append(now - self._since)
            self._stage, self._since = stage, now
            self._seen.add(stage)
        self._share = share

    def finish_fit(self) -> None:
        """A training set is done, but for what its last stage still does until the next begins."""
        self._fits_done += 1
        self._share = 1.0
        self._seen.clear()

    @property
    def share(self) -> float:
        """Of the time that it takes in all."""
        spent = self._clock() - self._start
        return min(0.999, spent / max(spent + self.left, 1e-9))

    @property
    def left(self) -> float:
        """Seconds."""
        afterwards = self._cost.afterwards
        each = {*self._cost.each, *self._took} - {*afterwards}
        to_come = self._n_fits - self._fits_done
        left = max(to_come - 1, 0) * sum(map(self._seconds, each))
        if to_come > 0:
            left += sum(map(self._seconds, {*self._cost.each} - self._seen))
        left += sum(map(self._seconds, {*afterwards} - self._seen))
        return left + self._left_of_this

    @property
    def _left_of_this(self) -> float:
        """Seconds that the stage which runs still takes."""
        spent, whole = self._clock() - self._since, self._seconds(self._stage)
        if self._stage in self._took:
            return max(whole - spent, 0.0) if self._share < 1 else 0.0
        # From what was expected to the stage's own pace, the more of it is done.
        return (1 - self._share) * (spent + (1 - self._share) * whole)

    def _seconds(self, stage: str) -> float:
        """Of a whole stage: as measured, without the first that may have compiled; or expected."""
        took = self._took.get(stage, [])
        if took:
            return fmean(took[1:] or took)
        ended = [name for group in ALIKE if stage in group for name in group & self._took.keys()]
        expected = sum(map(self._cost.seconds, ended))
        pace = sum(map(self._seconds, ended)) / expected if expected > 0 else 1.0
        return self._cost.seconds(stage) * pace


class Reporter:
    """Turns stages, and shares of them, into a share of the time of the whole comparison.

    The share falls where a stage takes longer than was expected.
    """

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._schedule: Schedule | None = None
        self._fit, self._n_fits = 0, 1

    def expect(
        self,
        n_fits: int,
        density: Density,
        rows: Rows,
        card: Card,
        names: Sequence[str],
        *,
        n_test: int,
    ) -> None:
        """Say what will be done and how long it should take.

        Parameters
        ----------
        n_fits : int
            Number of training sets.
        density : Density
        rows : Rows
            The first training set.
        card : Card
        names : sequence of str
            Of the fits.
        n_test : int
            Number of test rows.
        """
        if self._progress is None:
            return
        cost = expected_cost(density, rows, card, names, n_test=n_test, n_fits=n_fits)
        self._n_fits = n_fits
        what = "posterior" if {"bayes", "laplace"} & {*names} else "training set"
        plural = f"{what}{'s' * (n_fits > 1)} to fit"
        without = "" if "bayes" in names else " without NUTS"
        takes = duration_between(*cost.between(n_fits))
        self._progress(f"{n_fits} {plural}{without}; {takes}", 0.0)
        self._schedule = Schedule(cost, n_fits, time.perf_counter)

    def say(self, stage: str) -> None:
        """A stage before or after the fits begins."""
        self._tell(stage, stage, 0.0)

    def fitting(self, stage: str, share: float = 0.0) -> None:
        """A share of a stage of the present fit is done."""
        which = f", {self._fit + 1} of {self._n_fits}" if self._n_fits > 1 else ""
        self._tell(f"{stage}{which}", stage, share)

    def finish_fit(self) -> None:
        """Count the present fit as done."""
        self._fit += 1
        if self._schedule is not None:
            self._schedule.finish_fit()

    def _tell(self, text: str, stage: str, share: float) -> None:
        if self._progress is None:
            return
        if self._schedule is None:
            self._progress(text, 0.0)
            return
        self._schedule.enter(stage, share)
        self._progress(text, self._schedule.share)
