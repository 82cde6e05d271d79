"""How far the Laplace posterior is from NUTS's, beside NUTS's own Monte Carlo error."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from trifit.fit import Density, Layout
from trifit.predict import predict
from trifit.results import LaplaceError, ParameterError
from trifit.run.fits import TrainedFits
from trifit.run.problem import Part
from trifit.types import Fit, FloatArray, Prediction


def laplace_error(
    density: Density,
    trained: Sequence[TrainedFits],
    predictions: Sequence[Mapping[str, Prediction]],
    parts: Sequence[Part],
    *,
    identified: bool,
) -> LaplaceError:
    """The error of ``laplace`` where ``bayes`` is there to tell.

    Parameters
    ----------
    density : Density
    trained : sequence of TrainedFits
        One per part, and the last is the one behind the parameters.
    predictions : one mapping per part
        Of the part's test rows.
    parts : sequence of Part
    identified : bool
        Whether parameters mean anything by themselves.
    """
    distances = np.concatenate([total_variation(p["laplace"], p["bayes"]) for p in predictions])
    noise = np.concatenate(
        [
            0.5 * _between_halves(density, fits.fits["bayes"], part)
            for fits, part in zip(trained, parts, strict=False)
        ]
    )
    last = trained[-1].fits
    return LaplaceError(
        parameters=(
            parameter_error(last["laplace"], last["bayes"], density.layout) if identified else None
        ),
        probs_mean=float(distances.mean()),
        probs_worst=float(distances.max()),
        probs_mcse=float(noise.mean()),
    )


def parameter_error(laplace: Fit, nuts: Fit, layout: Layout) -> ParameterError | None:
    """Errors of means and sds, in NUTS's sds; None where no parameter varies."""
    from arviz_stats.base import array_stats

    sd = nuts.flat_draws.std(axis=0, ddof=1)
    varies = np.flatnonzero(sd > 0)
    if not len(varies):
        return None
    sd = sd[varies]
    shift = abs(laplace.flat_draws.mean(axis=0) - nuts.flat_draws.mean(axis=0))[varies] / sd
    ratio = laplace.flat_draws.std(axis=0, ddof=1)[varies] / sd
    mcse = {
        kind: np.array([array_stats.mcse(nuts.draws[:, :, j], method=kind) for j in varies]) / sd
        for kind in ("mean", "sd")
    }
    furthest = abs(np.log(np.maximum(ratio, np.finfo(float).tiny))).argmax()
    parameter, feature, label = layout.labels()[int(varies[shift.argmax()])]
    return ParameterError(
        mean_worst=float(shift.max()),
        mean_median=float(np.median(shift)),
        mean_mcse=float(mcse["mean"].max()),
        sd_worst=float(ratio[furthest]),
        sd_median=float(np.median(ratio)),
        sd_mcse=float(mcse["sd"].max()),
        worst=" · ".join(filter(None, [feature or parameter, label])),
    )


def total_variation(a: Prediction, b: Prediction) -> FloatArray:
    """Half the sum over classes of ``|p_a - p_b|`` per row, 0 (alike) to 1."""
    return np.asarray(0.5 * abs(a.probs - b.probs).sum(axis=1))


def _between_halves(density: Density, nuts: Fit, part: Part) -> FloatArray:
    """Distance of the predictions of the first half of the chains from the second's."""
    half = len(nuts.draws) // 2
    first, second = (
        predict(density, replace(nuts, draws=draws), part.test.X)
        for draws in (nuts.draws[:half], nuts.draws[half:])
    )
    return total_variation(first, second)
