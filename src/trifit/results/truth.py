"""Every fit against the truth, which only simulations know."""

from trifit.results.record import Record
from trifit.scores import Estimate
from trifit.types import Coverage


class TruthRecord(Record, frozen=True, kw_only=True):
    """One fit against the true class probabilities of the held-out rows.

    Attributes
    ----------
    kl : Estimate
        Mean KL(truth || prediction) in nats: the expected excess log-loss.
    calibration_error : Estimate
        True calibration error of the top label, E|E[p_true | p_hat] - p_hat|.
    class_calibration_error : Estimate
        The same averaged over classes.
    confidence_bias : Estimate
        Mean confidence minus the mean true probability of that class.
    slope : float or None
        Calibration slope against the true probabilities: below 1 over-confident.
    estimators : dict
        What the labels alone say about the top label's calibration error:
        ``binned``, ``binned, debiased`` and ``smooth``.
    estimated : list of float
        Predicted probabilities of the rows in ``Truth.rows``, class by class
        within a row, to 5 significant digits.
    """

    kl: Estimate
    calibration_error: Estimate
    class_calibration_error: Estimate
    confidence_bias: Estimate
    slope: float | None
    estimators: dict[str, Estimate]
    estimated: list[float]


class Truth(Record, frozen=True, kw_only=True):
    """What only a simulation can say.

    Attributes
    ----------
    entropy : float
        Mean entropy of the true probabilities of the held-out rows, in nats: no
        forecast has a smaller expected log-loss.
    rows : list of int
        Evenly spaced held-out rows (row numbers of the data), at most 2,000
        probabilities together, for the picture and the intervals.
    true : list of float
        Their true probabilities, class by class within a row.
    fits : dict
        A :class:`TruthRecord` per fit.
    intervals : list of Coverage
        Of the posterior's 50 % and 95 % credible intervals for those probabilities.
    """

    entropy: float
    rows: list[int]
    true: list[float]
    fits: dict[str, TruthRecord]
    intervals: list[Coverage]
