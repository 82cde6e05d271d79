"""A posterior as ArviZ's own object: draws, what they predict, and how they came about."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from trifit.contestants import posteriors_of
from trifit.crossfit.fitted import Fitted
from trifit.data import Standardiser
from trifit.errors import InputError
from trifit.fit.density import Density
from trifit.fits import Fit
from trifit.inputs import Labels
from trifit.results import Comparison
from trifit.run.netcdf import Group, Variables
from trifit.seeds import generator
from trifit.types import FloatArray, IntArray
from trifit.words.status import STATUSES

if TYPE_CHECKING:
    from xarray import DataTree

MAX_VALUES = 4_000_000
"""Most draws x training rows for which log-likelihoods and predicted labels are kept: 4,000
draws of 1,000 rows are 32 MB in memory and some 16 MB in the file."""

SAMPLE = ("chain", "draw")
"""Dimensions of draws."""

BLOCK = 4_000_000
"""Most log probabilities held at a time (32 MB)."""


def posterior_named(comparison: Comparison, name: str | None) -> str:
    """A posterior that a comparison has and that may be handed out; by default *the* posterior.

    Raises
    ------
    InputError
        If there is none, or its draws failed a check.
    """
    there = posteriors_of(comparison.fits)
    if not there:
        raise InputError("this run has no posterior: it was made without NUTS and laplace")
    name = name or there[0]
    if name not in there:
        raise InputError(f"fit {name!r}: expected a posterior of this run, {', '.join(there)}")
    status = comparison.fits[name].status
    if status.failed:
        raise InputError(
            f"posterior {name!r} failed its checks, so it is not returned: {STATUSES[status]}"
        )
    return name


def tree_of(fitted: Fitted, name: str, comparison: Comparison) -> "DataTree":
    """:func:`groups_of` a posterior as ArviZ's functions take it.

    Parameters
    ----------
    fitted : Fitted
    name : str
        A posterior: ``bayes`` or ``laplace``.
    comparison : Comparison
    """
    from xarray import DataTree

    groups = groups_of(fitted, name, comparison)
    tree = DataTree.from_dict({path: group.dataset() for path, group in groups.items()})
    tree.attrs = attributes_of(fitted, name, comparison)
    return tree


def groups_of(fitted: Fitted, name: str, comparison: Comparison) -> dict[str, Group]:
    """The posterior of the fit to all training rows, in ArviZ's groups.

    Groups ``posterior``, ``sample_stats`` (of NUTS), ``log_likelihood``,
    ``posterior_predictive``, ``observed_data`` and ``constant_data``: all of the training rows,
    as the model sees them (in the span of the rows, where it was fitted there: the coefficients
    of the columns are in ``coefficients.nc``). ``log_likelihood`` and ``posterior_predictive``
    are left out where draws x rows exceed :data:`MAX_VALUES`.

    Parameters
    ----------
    fitted : Fitted
    name : str
        A posterior: ``bayes`` or ``laplace``.
    comparison : Comparison
        Whose seed is that of the predicted labels.
    """
    fit, rows, layout = fitted.final.fits[name], fitted.final.part.train, fitted.density.layout
    along = "feature" if fitted.final.part.rotation is None else "direction"
    draws = zip(layout.unravel(fit.draws).items(), layout.dims, strict=True)
    data: dict[str, Variables] = {
        "posterior": {n: (_dims(n, dims, values), values) for (n, values), dims in draws}
    }
    if fit.sampling is not None:
        data["sample_stats"] = {n: (SAMPLE, values) for n, values in fit.sampling.stats.items()}
    if fit.flat_draws.shape[0] * len(rows) <= MAX_VALUES:
        rng = generator(np.random.SeedSequence(comparison.provenance.seed), f"labels of {name}")
        likelihood, labels = _of_rows(fitted.density, fit, rows.X, rows.labels, rng)
        data["log_likelihood"] = {"label": ((*SAMPLE, "obs"), likelihood)}
        data["posterior_predictive"] = {"label": ((*SAMPLE, "obs"), labels)}
    data["observed_data"] = (
        {"label": (("obs",), rows.labels)}
        if rows.labels.ndim == 1
        else {"label_probs": (("obs", "class_"), rows.labels)}
    )
    data["constant_data"] = {"X": (("obs", along), rows.X)}
    coords = {k: list(v) for k, v in layout.coords.items()} | {
        "class_": list(fitted.problem.dataset.class_names)
    }
    if along == "feature":
        coords["feature"] = list(fitted.problem.feature_names)
    return {path: Group.of(variables, coords) for path, variables in data.items()}


def _dims(name: str, dims: tuple[str, ...], values: FloatArray) -> tuple[str, ...]:
    """Dimensions of a parameter's draws; those that its model does not name have ArviZ's names."""
    return (*SAMPLE, *(dims or (f"{name}_dim_{i}" for i in range(values.ndim - len(SAMPLE)))))


def _of_rows(
    density: Density, fit: Fit, X: FloatArray, y: Labels, rng: np.random.Generator
) -> tuple[FloatArray, IntArray]:
    """Log-likelihood and a predicted label of every draw and row: (n_chains, n_draws, n_obs)."""
    draws = fit.flat_draws
    likelihood = np.empty((len(draws), len(X)))
    labels = np.empty((len(draws), len(X)), dtype=np.int64)
    step = max(1, BLOCK // (len(X) * density.n_classes))
    for start in range(0, len(draws), step):
        some = slice(start, start + step)
        log_probs = density.log_probs(draws[some], X)
        if y.ndim == 1:
            likelihood[some] = log_probs[:, np.arange(len(y)), y]
        else:
            likelihood[some] = np.where(y > 0, y * log_probs, 0.0).sum(axis=2)  # 0 log 0 = 0
        below = np.exp(log_probs).cumsum(axis=2)[:, :, :-1]
        labels[some] = (rng.random(below.shape[:2])[:, :, None] > below).sum(axis=2)
    shape = (*fit.draws.shape[:2], len(X))
    return likelihood.reshape(shape), labels.reshape(shape)


def attributes_of(fitted: Fitted, name: str, comparison: Comparison) -> dict[str, Any]:
    """How a posterior's draws came about, as netCDF attributes: text and numbers.

    Parameters
    ----------
    fitted : Fitted
    name : str
    comparison : Comparison
    """
    fit, standardiser = fitted.final.fits[name], fitted.final.part.standardiser
    made = comparison.provenance
    return {
        "inference_library": "trifit",
        "inference_library_version": made.versions["trifit"],
        **{f"version_{library}": version for library, version in made.versions.items()},
        "model": fitted.problem.card.name,
        "builder": fitted.problem.card.builder,
        "method": fit.method,
        "seed": made.seed,
        "status": fit.status.value,
        **(_flat("status", msgspec.to_builtins(fit.diagnostics)) if fit.diagnostics else {}),
        **(_units(standardiser) if fitted.final.part.rotation is None else {}),
    }


def _flat(prefix: str, numbers: Mapping[str, Any]) -> dict[str, float]:
    """Numbers of nested records by names such as ``status_parameters_rhat_max``."""
    flat: dict[str, float] = {}
    for name, value in numbers.items():
        if isinstance(value, Mapping):
            flat |= _flat(f"{prefix}_{name}", value)
        elif isinstance(value, int | float):
            flat[f"{prefix}_{name}"] = float(value)
    return flat


def _units(standardiser: Standardiser) -> dict[str, Any]:
    return {"standardiser_mean": standardiser.mean, "standardiser_scale": standardiser.scale}
