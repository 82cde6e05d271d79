"""The coefficient table: every parameter under all fits, in two kinds of units."""

from collections.abc import Sequence

import numpy as np

from trifit.contestants import main_of, posterior_of
from trifit.crossfit.coefficients import Coefficients
from trifit.crossfit.fitted import Fitted
from trifit.crossfit.problem import SHOWN_PARAMS
from trifit.data import Standardiser
from trifit.fit import Layout
from trifit.fit.diagnostics import diagnose_draws
from trifit.results import Parameter
from trifit.rounding import finite
from trifit.types import FloatArray, IntArray

INTERVAL = (0.025, 0.975)


def parameter_rows(fitted: Fitted) -> list[Parameter]:
    """Rows in the model's units, then (for linear models) in the data's.

    Intervals are 95 % equal-tailed, of the posterior if there is one; R-hat and
    ESS are of NUTS's draws. The one set of coefficients that a model of two classes
    may have is of the log-odds of the second class.
    """
    shown, fits = Coefficients.of(fitted), fitted.final.fits
    layout, classes = shown.layout, fitted.problem.dataset.class_names
    each = {n: shown.draws(fits[n].draws) for n in main_of(fits)}
    values = {name: draws for name, (draws, _) in each.items()}
    away = fits["mle"].direction
    direction, shift = (np.zeros(layout.size), None) if away is None else shown.draws(away)
    second = classes[1] if len(classes) == 2 else ""
    chosen = np.arange(layout.size)
    if fitted.problem.has_many_params:
        chosen = np.sort(np.argsort(-abs(values["map"][0, 0]), kind="stable")[:SHOWN_PARAMS])
    rows = _rows("model", layout, values, _signs(direction), second, chosen)
    if not fitted.density.linear:
        return rows
    in_data_units = {
        name: to_data_units(draws, layout, shown.standardiser, moved)
        for name, (draws, moved) in each.items()
    }
    runs_to = to_data_units(direction, layout, shown.standardiser, shift)
    known = {name: draws for name, draws in in_data_units.items() if draws is not None}
    if runs_to is not None and len(known) == len(values):
        rows += _rows("data", layout, known, _signs(runs_to), second, chosen)
    return rows


def whose_log_odds(layout: Layout, class_names: Sequence[str]) -> str:
    """Of two classes, the one whose log-odds a model's coefficients refer to.

    Empty where a model has coefficients for each class.
    """
    each = any("class_" in dims for dims in layout.dims)
    if len(class_names) != 2 or each or "intercept" not in layout.names:
        return ""
    return class_names[1]


def to_data_units(
    draws: FloatArray,
    layout: Layout,
    standardiser: Standardiser,
    shift: FloatArray | None = None,
) -> FloatArray | None:
    """Coefficients per unit of the data.

    ``beta_j / scale_j`` and ``intercept - sum_j beta_j mean_j / scale_j``. None
    for a model whose parameters are not one ``intercept`` and one ``beta`` with
    features in its first dimension.

    Parameters
    ----------
    draws : array of shape (..., layout.size)
        Coefficients of the features as the model sees them.
    layout : Layout
    standardiser : Standardiser
    shift : array of shape (..., n_classes), optional
        ``sum_j beta_j mean_j / scale_j``, where the coefficients given are not all.
    """
    if set(layout.names) != {"intercept", "beta"}:
        return None
    if layout.dims[layout.names.index("beta")][:1] != ("feature",):
        return None
    named = layout.unravel(draws)
    beta, intercept = named["beta"], named["intercept"]
    flat = beta.reshape(*draws.shape[:-1], len(standardiser.scale), -1)
    slopes = flat / standardiser.scale[:, None]
    if shift is None:
        shift = np.einsum("j,...jk->...k", standardiser.mean, slopes)
    converted = {
        "beta": slopes.reshape(*draws.shape[:-1], -1),
        "intercept": intercept.reshape(*draws.shape[:-1], -1) - shift,
    }
    return np.concatenate([converted[name] for name in layout.names], axis=-1)


def _signs(direction: FloatArray) -> FloatArray:
    """Which way parameters run along a direction, but for rounding errors."""
    return np.sign(np.where(abs(direction) > 1e-9 * abs(direction).max(), direction, 0.0))


def _rows(
    units: str,
    layout: Layout,
    values: dict[str, FloatArray],
    runs_to: FloatArray,
    second: str,
    chosen: IntArray,
) -> list[Parameter]:
    posterior, names = _posterior_columns(values), layout.labels()
    return [
        Parameter(
            parameter=parameter,
            feature=feature,
            label=label or (second if parameter in ("intercept", "beta") else ""),
            units=units,
            mle=float(values["mle"][0, 0, i]),
            mle_runs_to=int(runs_to[i]),
            map=float(values["map"][0, 0, i]),
            **{name: finite(float(column[i])) for name, column in posterior.items()},
        )
        for i, (parameter, feature, label) in ((i, names[i]) for i in chosen.tolist())
    ]


def _posterior_columns(values: dict[str, FloatArray]) -> dict[str, FloatArray]:
    """Mean, sd, interval, R-hat and ESS of every parameter; NaN where there are none."""
    columns = ("mean", "sd", "low", "high", "rhat", "ess_bulk", "ess_tail")
    found = {name: np.full(values["map"].shape[-1], np.nan) for name in columns}
    draws = values.get(posterior_of(values) or "")
    if draws is None:
        return found
    # In units of a power of two near each one's size, so that no square over- or underflows.
    unit = np.ldexp(1.0, np.frexp(abs(draws).max(axis=(0, 1)))[1])
    flat = draws.reshape(-1, draws.shape[-1]) / unit
    low, high = np.quantile(flat, INTERVAL, axis=0) * unit
    mean, sd = flat.mean(axis=0) * unit, flat.std(axis=0, ddof=1) * unit
    found |= {"mean": mean, "sd": sd, "low": low, "high": high}
    return found | diagnose_draws(draws / unit) if "bayes" in values else found
