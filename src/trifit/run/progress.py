"""Progress: what will be done, how long it should take, how much is done."""

import time
from collections.abc import Callable

import numpy as np
from threadpoolctl import threadpool_limits

from trifit.cards import Card
from trifit.fit import Density, Objective, describes_by_mode
from trifit.fit.linear import LinearObjective

Progress = Callable[[str, float], None]
"""Called with what is being done and the share of the whole that is done."""


POINT_FITS = 500
"""Evaluations of the point fits to one training set, as measured: 200 to 1,500."""


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
        objective: Objective,
        card: Card,
        cores: int,
        *,
        nuts: bool = True,
        laplace: bool = False,
    ) -> None:
        """Say, before the first posterior, what will be done and how long it should take."""
        if self._progress is None or self._finished:
            return
        n_params = density.n_params
        # A point like those sampled: at zero, hyperbolic tangents cost nothing.
        theta = density.start(np.random.default_rng(0)) + 0.5
        objective(theta, prior=1.0, jacobian=1.0)  # the first call may compile
        with threadpool_limits(1):  # as while sampling
            start = time.perf_counter()
            for _ in range(20):
                objective(theta, prior=1.0, jacobian=1.0)
            each = (time.perf_counter() - start) / 20
        sampler = card.sampler
        each += 2e-5  # the sampler's own work
        # Leapfrog steps per draw, as measured. Linear classifiers in whitened
        # coordinates: 8 with 10 parameters, 13 with 30, 63 to 127 with 560;
        # others 12 to 40. Networks of 33 to 1,900 weights: 25 to 70.
        steps = 60.0
        if describes_by_mode(density, identified=card.identified):
            steps = 7.0 + 0.16 * n_params if isinstance(objective, LinearObjective) else 40.0
            each += 1.6e-9 * n_params**2  # two products with the whitening matrix
        threads = min(cores, sampler.chains) if objective.parallel else 1
        evaluations = nuts * sampler.chains * (sampler.draws + sampler.tune) * steps
        evaluations += laplace * sampler.chains * sampler.draws
        seconds = self._n_fits * (evaluations / threads + POINT_FITS) * each + self._n_fits
        about = f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
        what = "posterior" if nuts or laplace else "training set"
        plural = f"{what}s" if self._n_fits > 1 else what
        without = "" if nuts else " without NUTS"
        self._progress(f"{self._reason}; {self._n_fits} {plural}{without}, about {about}", 0.0)

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
