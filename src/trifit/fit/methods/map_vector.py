"""``map+V``: the MAP with vector scaling, where temperature scaling would move class means."""

from trifit.diagnostics import VectorDiagnostics
from trifit.fit.methods.temperature import recalibrated
from trifit.fit.training import Training
from trifit.fits import Fit
from trifit.recalibration import vector
from trifit.recalibration.vector import Vector


def fit(training: Training) -> Fit:
    """The MAP whose log probabilities get a weight and a shift for each class."""
    return recalibrated(
        training,
        "map",
        "V",
        vector.fit,
        _diagnostics,
        prior=1.0,
        stream="map+V",
        scales=training.held_scales,
    )


def _diagnostics(found: Vector) -> VectorDiagnostics:
    return VectorDiagnostics(
        weight_min=float(found.weights.min()),
        weight_max=float(found.weights.max()),
        shift_range=float(found.shifts.max() - found.shifts.min()),
    )
