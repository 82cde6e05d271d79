"""One model, three objectives: MLE, MAP and the full posterior."""

from trifit.fit.build import build_density, fused
from trifit.fit.density import Density, Layout, Objective
from trifit.fit.prediction import predict, predict_all
from trifit.fit.training import Training, check_fits, fits_of

__all__ = [
    "Density",
    "Layout",
    "Objective",
    "Training",
    "build_density",
    "check_fits",
    "fits_of",
    "fused",
    "predict",
    "predict_all",
]
