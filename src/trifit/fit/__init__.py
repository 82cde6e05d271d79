"""One model, three objectives: MLE, MAP and the full posterior (layer 3)."""

from trifit.fit.build import build_density, fused
from trifit.fit.density import Density, Layout, Objective
from trifit.fit.laplace import fit_laplace
from trifit.fit.nuts import Posterior, check_size, describes_by_mode, fit_bayes
from trifit.fit.optimise import fit_map, fit_mle, fit_squared_error
from trifit.fit.temperature import fit_map_cv, fit_temperature

__all__ = [
    "Density",
    "Layout",
    "Objective",
    "Posterior",
    "build_density",
    "check_size",
    "describes_by_mode",
    "fit_bayes",
    "fit_laplace",
    "fit_map",
    "fit_map_cv",
    "fit_mle",
    "fit_squared_error",
    "fit_temperature",
    "fused",
]
