"""What is found of one contestant: its scores and calibration, and how its fit ended."""

import math
from enum import StrEnum

import msgspec

from trifit.diagnostics import Diagnostics
from trifit.fits import Status
from trifit.results.calibration import Calibration, Verdict
from trifit.results.record import Record
from trifit.results.reliability import Reliability, TopLabel
from trifit.scores import Estimate

EQUAL = 1e-9
"""How far the log-loss of equal probabilities may be from the logarithm of the classes' number."""


class Scores(Record, frozen=True, kw_only=True):
    """Scores on the held-out rows, each with its standard error and 95 % interval.

    Attributes
    ----------
    log_loss, brier : Estimate
        Means over rows (log-loss in nats); lower is better. Intervals by the Bayesian
        bootstrap of the rows, which follows the skewness that a few costly rows bring.
    accuracy : Estimate
        Higher is better. Wilson's interval; with soft labels the bootstrap's.
    calibration_error : Estimate
        Debiased expected calibration error of the top label (15 bins, L1), 0 to 1,
        lower is better; see :func:`trifit.calibration.binned_error`. Its interval
        is for the error of the population and allows for the bias: its low end is 0
        unless the bins differ by more than chance. (Resampling rows would add the
        bias once more, so the bootstrap is not used here.)
    n_impossible : int
        Rows whose label was given probability 0. With any, the log-loss is infinite; its
        number here counts each of them as a million nats.
    """

    log_loss: Estimate
    brier: Estimate
    accuracy: Estimate
    calibration_error: Estimate
    n_impossible: int = 0


class Encoding(StrEnum):
    """Whether labels could be encoded with a contestant's probabilities."""

    WRITTEN = "written"
    SOFT_LABELS = "soft labels"
    """Labels that are distributions are no symbols."""
    IMPOSSIBLE = "impossible"
    """Some labels have a probability that no number can hold."""
    NO_CODER = "no coder"
    """The extra ``trifit[code]`` is not installed."""


class Code(Record, frozen=True, kw_only=True):
    """The held-out labels really encoded; see :func:`trifit.information.code_length`.

    ``bits`` and ``ideal_bits`` are None where nothing was written; ``n_impossible`` labels have
    a probability below the least number there is.
    """

    outcome: Encoding
    bits: int | None = None
    ideal_bits: float | None = None
    n_floored: int = 0
    n_impossible: int = 0


class Judged(Record, frozen=True, kw_only=True):
    """One contestant's forecasts, judged on held-out rows.

    Attributes
    ----------
    scores : Scores
    elpd : Estimate
        Sum of log predictive densities over the rows, in nats; higher is better.
    calibration : Calibration
    verdict : Verdict
        What its outputs are; of a fit that failed, or that does not exist, that.
    outputs : Verdict
        What its outputs are, from the forecasts alone.
    code : Code
    top_label : TopLabel
    classes : list of Reliability
        CORP of every class's probability; of the first 50 classes.
    """

    scores: Scores
    elpd: Estimate
    calibration: Calibration
    verdict: Verdict
    outputs: Verdict
    code: Code
    top_label: TopLabel
    classes: list[Reliability]

    @property
    def uniform(self) -> bool:
        """Whether it gives all classes the same probability in every row, as far as can be told."""
        loss = self.scores.log_loss
        away = abs(loss.value - math.log(len(self.calibration.classes)))
        return self.calibration.slope is None and away < EQUAL and loss.se < EQUAL

    def with_verdict(self, verdict: Verdict) -> "Judged":
        """The same with another verdict."""
        return msgspec.structs.replace(self, verdict=verdict)


class PathStep(Record, frozen=True, kw_only=True):
    """A step of an optimiser: cross-entropies in nats per row, largest gradient entry."""

    step: int
    cross_entropy: float
    gradient: float
    held_out: float | None


class FitRecord(Record, frozen=True, kw_only=True):
    """How one fit ended, over all training sets.

    Attributes
    ----------
    status : Status
        The worst one.
    n_with_status, n_training_sets : int
        In how many training sets, and of how many.
    seconds : float
        Of all training sets together.
    diagnostics : Diagnostics or None
        Each number at its worst; None of a fit that is computed from another.
    path : list of PathStep
        Of the first training set's optimiser, with the held-out cross-entropy of its
        test rows; empty for fits without one.
    """

    status: Status
    n_with_status: int
    n_training_sets: int
    seconds: float
    diagnostics: Diagnostics | None
    path: list[PathStep]
