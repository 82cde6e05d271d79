"""The coefficient table: every parameter under all fits, in two kinds of units."""

import numpy as np

from trifit.comparison import Parameter
from trifit.data import Standardiser
from trifit.fit import Density, Layout
from trifit.fit.linear import LinearDensity
from trifit.fit.trust import diagnose_draws
from trifit.run.fits import TrainedFits
from trifit.run.records import finite
from trifit.types import FloatArray

INTERVAL = (0.025, 0.975)


def parameter_rows(
    trained: TrainedFits, density: Density, standardiser: Standardiser
) -> list[Parameter]:
    """Rows in the model's units, then (for linear models) in the data's.

    Intervals are 95 % equal-tailed; R-hat and ESS are of the column's own draws.
    """
    layout = density.layout
    values = {name: trained.fits[name].draws for name in ("mle", "map", "bayes")}
    direction = trained.fits["mle"].direction
    runs_to = np.zeros(layout.size) if direction is None else np.sign(direction)
    rows = _rows("model", layout, values, runs_to)
    if not isinstance(density, LinearDensity):
        return rows
    in_data_units = {
        name: to_data_units(draws, layout, standardiser) for name, draws in values.items()
    }
    if all(draws is not None for draws in in_data_units.values()):
        to = (
            np.zeros(layout.size)
            if direction is None
            else _signs_in_data_units(direction, layout, standardiser)
        )
        rows += _rows("data", layout, {k: v for k, v in in_data_units.items() if v is not None}, to)
    return rows


def to_data_units(
    draws: FloatArray, layout: Layout, standardiser: Standardiser
) -> FloatArray | None:
    """Coefficients per unit of the data, of draws (..., layout.size).

    ``beta_j / scale_j`` and ``intercept - sum_j beta_j mean_j / scale_j``. None
    for a model whose parameters are not one ``intercept`` and one ``beta`` with
    features in its first dimension.
    """
    if set(layout.names) != {"intercept", "beta"}:
        return None
    if layout.dims[layout.names.index("beta")][:1] != ("feature",):
        return None
    named = layout.unravel(draws)
    beta, intercept = named["beta"], named["intercept"]
    flat = beta.reshape(*draws.shape[:-1], len(standardiser.scale), -1)
    slopes = flat / standardiser.scale[:, None]
    shift = np.einsum("j,...jk->...k", standardiser.mean, slopes)
    converted = {
        "beta": slopes.reshape(*draws.shape[:-1], -1),
        "intercept": intercept.reshape(*draws.shape[:-1], -1) - shift,
    }
    return np.concatenate([converted[name] for name in layout.names], axis=-1)


def _signs_in_data_units(
    direction: FloatArray, layout: Layout, standardiser: Standardiser
) -> FloatArray:
    moved = to_data_units(direction[None], layout, standardiser)
    assert moved is not None  # the draws could be converted
    return np.sign(np.where(abs(moved[0]) > 1e-9 * abs(moved).max(), moved[0], 0.0))


def _rows(
    units: str, layout: Layout, values: dict[str, FloatArray], runs_to: FloatArray
) -> list[Parameter]:
    draws = values["bayes"]
    flat = draws.reshape(-1, draws.shape[-1])
    mean, sd = flat.mean(axis=0), flat.std(axis=0, ddof=1)
    low, high = np.quantile(flat, INTERVAL, axis=0)
    trust = diagnose_draws(draws)
    return [
        Parameter(
            parameter=parameter,
            feature=feature,
            label=label,
            units=units,
            mle=float(values["mle"][0, 0, i]),
            mle_runs_to=int(runs_to[i]),
            map=float(values["map"][0, 0, i]),
            mean=float(mean[i]),
            sd=float(sd[i]),
            low=float(low[i]),
            high=float(high[i]),
            rhat=finite(float(trust["rhat"][i])),
            ess_bulk=finite(float(trust["ess_bulk"][i])),
            ess_tail=finite(float(trust["ess_tail"][i])),
        )
        for i, (parameter, feature, label) in enumerate(layout.labels())
    ]
