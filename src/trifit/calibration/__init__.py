"""Calibration of class probabilities: whether 0.8 comes true 8 times out of 10.

Pure array mathematics on probabilities ``(n_obs, n_classes)`` and labels from
anywhere: class codes ``(n_obs,)``, or soft labels ``(n_obs, n_classes)`` where a
measure is defined for them. Which measure answers which question:
``docs/calibration.md``.
"""

from trifit.calibration import tests
from trifit.calibration.bands import (
    Consistency,
    confidence_band,
    consistency,
)
from trifit.calibration.bias import ClassBias, class_bias
from trifit.calibration.binned import Bins, bin_tables, binned_error
from trifit.calibration.corp import Corp, corp
from trifit.calibration.homogeneity import Homogeneity, homogeneity
from trifit.calibration.kernel import KernelError, kernel_error
from trifit.calibration.notions import top_label
from trifit.calibration.slope import SlopeIntercept, slope_difference, slope_intercept
from trifit.calibration.smooth import SmoothError, smooth_error
from trifit.curves import Band, Curve

__all__ = [
    "Band",
    "Bins",
    "ClassBias",
    "Consistency",
    "Corp",
    "Curve",
    "Homogeneity",
    "KernelError",
    "SlopeIntercept",
    "SmoothError",
    "bin_tables",
    "binned_error",
    "class_bias",
    "confidence_band",
    "consistency",
    "corp",
    "homogeneity",
    "kernel_error",
    "slope_difference",
    "slope_intercept",
    "smooth_error",
    "tests",
    "top_label",
]
