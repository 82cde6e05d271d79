"""Progress: what will be done, how long it should take, how much is done."""

import time
from collections.abc import Callable

import numpy as np

from trifit.cards import Card
from trifit.fit import Density, describes_by_mode
from trifit.fit.linear import LinearObjective
from trifit.text import duration
from trifit.threads import cores, limited
from trifit.types import Rows

Progress = Callable[[str, float], None]
"""Called with what is being done and the share of the whole that is done."""


POINT_FITS = 500
"""Passes over the rows by the point fits to one training set: 170 to 910, as measured."""


class Reporter:
    """Turns "draws of one posterior" into a share of the whole comparison."""

    def __init__(self, progress: Progress | None, n_fits: int, reason: str) -> None:
        self._progress = progress
        self._n_fits = n_fits
        self._finished = 0
        self._reason = reason

    def expect(
        self,
        density: Density,
        rows: Rows,
        card: Card,
        *,
        nuts: bool = True,
        laplace: bool = False,
    ) -> None:
        """Say, before the first posterior, what will be done and how long it should take."""
        if self._progress is None or self._finished:
            return
        each = expected_seconds(density, rows, card, nuts=nuts, laplace=laplace)
        seconds = self._n_fits * each
        what = "posterior" if nuts or laplace else "training set"
        plural = f"{what}s" if self._n_fits > 1 else what
        without = "" if nuts else " without NUTS"
        self._progress(
            f"{self._reason}; {self._n_fits} {plural}{without}, about {duration(seconds)}", 0.0
        )

    def advance(self, share: float) -> None:
        """Report a share of the present posterior's draws as done."""
        if self._progress is not None:
            which = f"posterior {self._finished + 1} of {self._n_fits}"
            self._progress(which, (self._finished + share) / self._n_fits)

    def finish_fit(self) -> None:
        """Count the present posterior as done."""
        self._finished += 1

    def finish(self) -> None:
        """Report everything as done."""
        if self._progress is not None:
            self._progress("scoring", 1.0)


def expected_seconds(
    density: Density, rows: Rows, card: Card, *, nuts: bool = True, laplace: bool = False
) -> float:
    """Seconds that all fits to one training set should take, from a few timed gradients."""
    n_params, objective = density.n_params, density.bind(rows.X, rows.labels)
    # A point like those sampled: at zero, hyperbolic tangents cost nothing.
    theta = density.start(np.random.default_rng(0)) + 0.5
    objective(theta, prior=1.0, jacobian=1.0)  # the first call may compile
    with limited(1):  # as one chain has it
        start = time.perf_counter()
        for i in range(20):  # never the same theta: it might be remembered
            objective(theta + 1e-6 * (i + 1), prior=1.0, jacobian=1.0)
        each = (time.perf_counter() - start) / 20
    sampler = card.sampler
    native = isinstance(objective, LinearObjective)
    each += 0.0 if native else 2e-5  # the interpreter's own work
    # Leapfrog steps per draw, as measured. Linear classifiers in whitened
    # coordinates: 8 with 10 parameters, 13 with 30, 63 to 127 with 560;
    # others 12 to 40. Networks of 33 to 1,900 weights: 25 to 70.
    steps = 60.0
    if describes_by_mode(density, identified=card.identified):
        steps = 7.0 + 0.16 * n_params if native else 40.0
        each += 1.6e-9 * n_params**2  # two products with the whitening matrix
    evaluations = nuts * sampler.chains * (sampler.draws + sampler.tune) * steps
    evaluations += laplace * sampler.chains * sampler.draws
    threads = min(cores(), sampler.chains)
    return float((evaluations / threads + POINT_FITS) * each + 1)


class Clock:
    """Wall seconds of the stages of one comparison."""

    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()
        self._laps: dict[str, float] = {}

    def lap(self, stage: str) -> None:
        """Count the time since the last call towards a stage."""
        now = time.perf_counter()
        self._laps[stage] = self._laps.get(stage, 0.0) + now - self._last
        self._last = now

    def seconds(self) -> dict[str, float]:
        """Seconds of every stage, and ``total`` since the clock was made."""
        return {**self._laps, "total": time.perf_counter() - self._start}
