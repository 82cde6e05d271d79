"""Reliability curves and their bands."""

from trifit.curves import Band, Curve
from trifit.results.record import Record


class Reliability(Record, frozen=True, kw_only=True):
    """CORP of one event (Brier score): ``score = mcb - dsc + unc``, and its curve."""

    score: float
    mcb: float
    dsc: float
    unc: float
    curve: Curve


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
