"""Scoreboard, reliability curves and what verdicts rest on."""

from trifit.results.record import Interval, Record


class Curve(Record, frozen=True, kw_only=True):
    """A reliability curve in blocks; see :class:`trifit.calibration.Curve`."""

    low: list[float]
    high: list[float]
    frequency: list[float]
    count: list[int]


class Reliability(Record, frozen=True, kw_only=True):
    """CORP of one event (Brier score): ``score = mcb - dsc + unc``, and its curve."""

    score: float
    mcb: float
    dsc: float
    unc: float
    curve: Curve


class Band(Record, frozen=True, kw_only=True):
    """A band around or about a reliability curve, from point to point of ``grid``."""

    grid: list[float]
    lower: list[float]
    upper: list[float]


class TopLabel(Reliability, frozen=True, kw_only=True):
    """CORP of "the most probable class is right", with what chance would give.

    Attributes
    ----------
    confidence : float
        Mean over rows.
    mcb_mean, mcb_limit : float
        Mean and 95 % quantile of ``mcb`` under calibration.
    band_grid, band_lower, band_upper : list of float
        Pointwise 95 % band of the curve under calibration (consistency band).
    band_lower_all, band_upper_all : list of float
        Simultaneous 95 % consistency band on the same grid: a calibrated curve
        leaves it anywhere at all in one of 20 samples.
    confidence_band : Band or None
        Simultaneous 95 % band of the true curve, for any curve that does not
        decrease. Between grid points ``lower`` holds from the point before and
        ``upper`` from the point after: draw it as steps. None with soft labels.
    histogram : list of int
        Confidences in 20 equal bins of [0, 1].
    """

    confidence: float
    mcb_mean: float
    mcb_limit: float
    band_grid: list[float]
    band_lower: list[float]
    band_upper: list[float]
    band_lower_all: list[float]
    band_upper_all: list[float]
    confidence_band: Band | None
    histogram: list[int]


class Gain(Record, frozen=True, kw_only=True):
    """Log-loss gained by a recalibration map on rows it has not seen, nats per row.

    0 or below is calibrated; see :func:`trifit.recalibration.recalibration_gain`.
    """

    value: float
    se: float


class Rule(Record, frozen=True, kw_only=True):
    """One rule behind a verdict: what was asked, the number found, whether it was met."""

    asked: str
    found: str
    met: bool


class Code(Record, frozen=True, kw_only=True):
    """The held-out labels really encoded; see :func:`trifit.information.code_length`."""

    bits: int
    ideal_bits: float
    n_floored: int


class Scoreboard(Record, frozen=True, kw_only=True):
    """Every score of one fit or baseline on the held-out rows, with its 95 % interval.

    Attributes
    ----------
    log_loss, log_loss_bits, brier : Interval
        Means over rows; lower is better. Bayesian bootstrap of the rows, which
        follows the skewness that a few costly rows bring.
    accuracy : Interval
        Higher is better. Wilson's interval; with soft labels the bootstrap's.
    gain : Interval or None
        Log-loss gained by one temperature fitted to other held-out rows, nats per
        row; 0 or below is calibrated. Normal, from the paired standard error.
        None for baselines, which have no log-odds to stretch.
    calibration_error : Interval
        Debiased expected calibration error of the top label (15 bins, L1), 0 to 1,
        lower is better; see :func:`trifit.calibration.binned_error`. Its interval
        is for the error of the population and allows for the bias: its low end is 0
        unless the bins differ by more than chance. (Resampling rows would add the
        bias once more, so the bootstrap is not used here.)
    """

    log_loss: Interval
    log_loss_bits: Interval
    brier: Interval
    accuracy: Interval
    gain: Interval | None
    calibration_error: Interval
