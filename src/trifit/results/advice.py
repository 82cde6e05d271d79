"""What to do next with a contestant's outputs; the rules are in :mod:`trifit.judge.advice`."""

from enum import StrEnum

from trifit.results.record import Record
from trifit.scores import Estimate


class Step(StrEnum):
    """A recommended step; the sentences are in :mod:`trifit.words.advice`."""

    NONE = "none"
    """No recommendation: not judged, or no MLE exists."""
    USE = "use as is"
    COLLECT = "collect rows"
    """Judge it on more rows."""
    ORDER = "use the order only"
    """No better than the class frequencies, however recalibrated; but its order is informative."""
    DISCARD = "discard"
    """Not even that is known: predict the class frequencies."""
    RAISE_ZEROS = "raise zeros"
    """A class that it gave probability 0 occurred: no map of log-odds mends that."""
    RECALIBRATE = "recalibrate"
    EARLY = "stop early"
    PRIOR = "change the prior"


class Success(Record, frozen=True, kw_only=True):
    """In how many of some simulated worlds a step was right (docs/recommendations.md)."""

    right: int
    worlds: int


class Advice(Record, frozen=True, kw_only=True):
    """The one recommendation that follows from a verdict's numbers.

    Attributes
    ----------
    step : Step
    gain : Estimate or None
        Log-loss that it saved on rows it was not fitted on, in nats per row.
    method : str
        Of ``RECALIBRATE``, the map: "temperature", "vector", ...
    temperature : float or None
        What that map divides all log-odds by; None for other maps.
    factor : float or None
        Of ``PRIOR``: how many times as wide the prior should be; without ``prior_scale``, its
        log density is to be divided by the square of this.
    prior_scale : float or None
        The same as the card's setting, where there is one.
    n_rows : int or None
        Of ``COLLECT``: test rows that would decide the verdict, with power 80 %, if what is seen
        stays as it is. None where that cannot be told.
    success : Success or None
        None without a recommendation, and where none was simulated.
    """

    step: Step
    gain: Estimate | None = None
    method: str = ""
    temperature: float | None = None
    factor: float | None = None
    prior_scale: float | None = None
    n_rows: int | None = None
    success: Success | None = None

    @property
    def saves_map(self) -> bool:
        """Whether a run's folder has the map for it."""
        return self.step is Step.RECALIBRATE
