"""Progress: what will be done, how long it should take, how much is done."""

import math
import time

import numpy as np

from trifit.cards import Card
from trifit.fit import Density
from trifit.fit.methods.bayes import describes_by_mode
from trifit.fit.optimise import MAX_NEWTON_PARAMS
from trifit.fit.proposals import WARM_UP, suit
from trifit.fit.sampling import blocks
from trifit.fit.whitening import is_dense
from trifit.progress import Progress
from trifit.text import duration
from trifit.threads import cores, limited
from trifit.types import Rows

PASSES, PASSES_EACH = 400, 25
"""Passes over the rows by the point fits to one training set of models that are not linear: so
many, and so many more for each parameter."""

PASSES_OF_MANY = 2_000
"""Passes where there are too many parameters for second derivatives."""

PASSES_OF_LINEAR = 200
"""Passes of linear models for each power of ten of the number of parameters: in all 190 with 22,
210 with 404, 520 with 585, 540 with 558 of separated classes (digits), 1,000 with 128,871."""

OF_POINT_FITS = {
    "MLE": 0.12,
    "whether an MLE exists": 0.04,
    "MAP": 0.06,
    "temperature scaling of MLE": 0.5,
    "temperature scaling of MAP": 0.24,
    "mle-early": 0.04,
}
"""Share of each stage in the time of the point fits: the temperature takes five folds."""

STEPS_PER_SPREAD = 1.4
"""Leapfrog steps per draw for each unit of the log-odds' prior standard deviation: with 3,000
columns 255 steps at 189, 52 at 38, 15 at 7.6."""

LEAST_OF_MANY, MOST_PER_SPREAD = 15.0, 6.0
"""Leapfrog steps per draw with many parameters, and most for each unit of that standard deviation:
15 with 585 and with 2,313 parameters at 2.3, 63 with 585 at 11."""

SCORING = 3e-6
"""Seconds of scores, calibration and pictures for each probability of a fit, as measured."""


class Reporter:
    """Turns stages, and shares of them, into a share of the whole comparison."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._n_fits, self._fit = 1, 0
        self._points, self._posterior, self._scoring = 1.0, 0.0, 1.0
        self._share = 0.0

    def expect(
        self,
        split: str,
        n_fits: int,
        density: Density,
        rows: Rows,
        card: Card,
        *,
        nuts: bool,
        laplace: bool,
        n_probs: int,
    ) -> None:
        """Say what will be done and how long it should take.

        Parameters
        ----------
        split : str
            How the rows are split.
        n_fits : int
            Number of training sets.
        density : Density
        rows : Rows
            The first training set.
        card : Card
        nuts, laplace : bool
            Whether each is asked for.
        n_probs : int
            Number of test rows times that of classes.
        """
        if self._progress is None:
            return
        self._n_fits = n_fits
        self._points, self._posterior = estimated_seconds(
            density, rows, card, nuts=nuts, laplace=laplace
        )
        self._scoring = 1.0 + SCORING * n_probs * (4 + nuts)
        what = "posterior" if nuts or laplace else "training set"
        plural = f"{what}{'s' * (n_fits > 1)} to fit"
        without = "" if nuts else " without NUTS"
        seconds = duration(self._total)
        self._progress(f"{split}; {n_fits} {plural}{without}, about {seconds}", 0.0)

    @property
    def _total(self) -> float:
        return self._n_fits * (self._points + self._posterior) + self._scoring

    def say(self, stage: str) -> None:
        """A stage before or after the fits begins."""
        self._tell(stage, self._fit * (self._points + self._posterior))

    def fitting(self, stage: str, share: float = 0.0) -> None:
        """A share of a stage of the present fit is done."""
        names = list(OF_POINT_FITS)
        if stage in OF_POINT_FITS:
            before = sum(OF_POINT_FITS[name] for name in names[: names.index(stage)])
            part = (before + share * OF_POINT_FITS[stage]) * self._points
        else:
            part = self._points + share * self._posterior
        done = self._fit * (self._points + self._posterior) + part
        which = f", {self._fit + 1} of {self._n_fits}" if self._n_fits > 1 else ""
        self._tell(f"{stage}{which}", done)

    def _tell(self, stage: str, done: float) -> None:
        """The share never falls, in whatever order stages come."""
        self._share = max(self._share, min(0.999, done / self._total))
        if self._progress is not None:
            self._progress(stage, self._share)

    def finish_fit(self) -> None:
        """Count the present fit as done."""
        self._fit += 1


def estimated_seconds(
    density: Density, rows: Rows, card: Card, *, nuts: bool = True, laplace: bool = False
) -> tuple[float, float]:
    """Seconds that point fits and posterior of one training set should take.

    From a few timed gradients.

    Parameters
    ----------
    density : Density
    rows : Rows
        The training set.
    card : Card
    nuts, laplace : bool
        Whether each is asked for.
    """
    n_params, objective = density.n_params, density.bind(rows.X, rows.labels)
    # A point like those sampled: at zero, hyperbolic tangents cost nothing.
    theta = density.start(np.random.default_rng(0)) + 0.5
    objective(theta, prior=1.0, jacobian=1.0)  # the first call may compile
    with limited(1):  # as one chain has it
        start = time.perf_counter()
        for i in range(20):  # never the same theta: it might be remembered
            objective(theta + 1e-6 * (i + 1), prior=1.0, jacobian=1.0)
        each = (time.perf_counter() - start) / 20
    point, sampler = each, card.sampler
    native = objective.linear is not None
    each += 0.0 if native else 2e-5  # the interpreter's own work
    # Leapfrog steps per draw, as measured. Linear classifiers in whitened
    # coordinates: 8 with 10 parameters, 13 with 30, 63 to 127 with 560;
    # others 12 to 40. Networks of 33 to 1,900 weights: 25 to 70. One learned scale: 14 to 27.
    steps = 20.0 if card.identified and density.scales.sum() == 1 else 60.0
    if describes_by_mode(density, identified=card.identified):
        steps = 7.0 + 0.16 * n_params if native else 40.0
        if density.alike is not None:
            spread = density.alike.prior_spread(rows.X)
            steps = min(steps, max(LEAST_OF_MANY, MOST_PER_SPREAD * spread))
            # Where the prior's log-odds are far wider than the likelihood's step from 0 to 1.
            steps = max(steps, STEPS_PER_SPREAD * spread)
        if is_dense(density):
            each += 1.6e-9 * n_params**2  # two products with the whitening matrix
    per_chain = (sampler.usual_draws + sampler.tune) * steps
    whitened = describes_by_mode(density, identified=card.identified) and is_dense(density)
    if suit(objective) and whitened:
        per_chain, each = WARM_UP + blocks(sampler, n_params)[0], point
    evaluations = nuts * sampler.chains * per_chain
    evaluations += laplace * sampler.chains * sampler.usual_draws
    threads = sampler.chains if objective.device else min(cores(), sampler.chains)
    few = n_params <= MAX_NEWTON_PARAMS
    passes: float = PASSES + PASSES_EACH * n_params if few else PASSES_OF_MANY
    if native:
        passes = PASSES_OF_LINEAR * max(1.0, math.log10(n_params))
    point_fits = passes * point
    return float(point_fits + 1), float(evaluations / threads * each)
