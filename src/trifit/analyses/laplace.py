"""How far the Laplace posterior is from NUTS's, beside NUTS's own Monte Carlo error."""

from dataclasses import replace

import numpy as np

from trifit.crossfit.fitted import Fitted, Trained
from trifit.fit import Density, Layout
from trifit.fit.convergence import mcse_mean, mcse_sd
from trifit.fit.prediction import predict
from trifit.fits import Fit
from trifit.results import LaplaceError, ParameterError
from trifit.scores import total_variation
from trifit.types import FloatArray


def laplace_error(fitted: Fitted) -> LaplaceError | None:
    """The error of ``laplace`` where ``bayes`` is there to tell; else None."""
    if not {"bayes", "laplace"} <= set(fitted.names):
        return None
    distances = np.concatenate(
        [
            total_variation(f.predictions["laplace"].probs, f.predictions["bayes"].probs)
            for f in fitted.folds
        ]
    )
    noise = np.concatenate([0.5 * _between_halves(fitted.density, f) for f in fitted.folds])
    laplace, bayes = fitted.final.fits["laplace"], fitted.final.fits["bayes"]
    identified = fitted.problem.card.identified
    return LaplaceError(
        parameters=parameter_error(laplace, bayes, fitted.density.layout) if identified else None,
        probs_mean=float(distances.mean()),
        probs_worst=float(distances.max()),
        probs_mcse=float(noise.mean()),
    )


def parameter_error(laplace: Fit, nuts: Fit, layout: Layout) -> ParameterError | None:
    """Errors of means and sds, in NUTS's sds; None where no parameter varies.

    Parameters
    ----------
    laplace, nuts : Fit
        Approximate and reference posterior of the same parameters.
    layout : Layout
        Names and shapes of the parameters.
    """
    sd = nuts.flat_draws.std(axis=0, ddof=1)
    varies = np.flatnonzero(sd > 0)
    if not len(varies):
        return None
    sd = sd[varies]
    shift = abs(laplace.flat_draws.mean(axis=0) - nuts.flat_draws.mean(axis=0))[varies] / sd
    ratio = laplace.flat_draws.std(axis=0, ddof=1)[varies] / sd
    draws = nuts.draws[:, :, varies]
    furthest = abs(np.log(np.maximum(ratio, np.finfo(float).tiny))).argmax()
    parameter, feature, label = layout.labels()[int(varies[shift.argmax()])]
    return ParameterError(
        mean_worst=float(shift.max()),
        mean_median=float(np.median(shift)),
        mean_mcse=float((mcse_mean(draws) / sd).max()),
        sd_worst=float(ratio[furthest]),
        sd_median=float(np.median(ratio)),
        sd_mcse=float((mcse_sd(draws) / sd).max()),
        worst=" · ".join(filter(None, [feature or parameter, label])),
    )


def _between_halves(density: Density, fold: Trained) -> FloatArray:
    """Distance of the predictions of the first half of the chains from the second's."""
    nuts = fold.fits["bayes"]
    half = len(nuts.draws) // 2
    first, second = (
        predict(density, replace(nuts, draws=draws), fold.part.test.X)
        for draws in (nuts.draws[:half], nuts.draws[half:])
    )
    return total_variation(first.probs, second.probs)
