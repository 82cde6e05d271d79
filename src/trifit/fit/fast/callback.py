"""What nutpie calls: a log density of ``centre + scale @ z`` as a function of ``z``.

Linear classifiers are called without the interpreter: one machine-code function,
kept on disk, serves every data set and every number of parameters. Others are
Python functions.
"""

from functools import cache
from typing import Any

import numpy as np
from numba import carray, cfunc, njit, types  # type: ignore[attr-defined]

from trifit.fit.affine import sparse
from trifit.fit.density import LinearForm
from trifit.fit.fast.kernel import AGAINST_CLASS_0, VERSION, log_likelihood
from trifit.fit.whitening import Coordinates
from trifit.lazily import on_first_use
from trifit.types import FloatArray

on_first_use("arviz")  # nutpie names it, for a conversion that is not asked of it

from nutpie.compile_pymc import CompiledPyMCModel, address_as_void_pointer  # noqa: E402
from nutpie.compiled_pyfunc import from_pyfunc  # noqa: E402

ARRAYS = (
    "X", "labels", "centre", "scale", "scale_t",
    "offset", "starts", "columns", "entries",
    "prior_offset", "prior_starts", "prior_columns", "prior_entries",
)  # fmt: skip
"""Arrays behind a linear objective: ``weights = offset + matrix @ theta``, with the
matrix in compressed rows, and the prior's gradient likewise."""

SIZES = ("n_obs", "n_features", "n_scores", "n_params", "n_entries", "n_prior_entries", "whitened")

RECORD = np.dtype(
    [(name, np.uintp) for name in ARRAYS]
    + [(name, np.int64) for name in SIZES]
    + [("prior_constant", np.float64)]
)

POINTER = types.CPointer(types.double)  # type: ignore[no-untyped-call]
LOG_DENSITY = types.int64(types.uint64, POINTER, POINTER, POINTER, types.voidptr)
EXPAND = types.int64(types.uint64, types.uint64, POINTER, POINTER, types.voidptr)

INFINITE_GRADIENT, INFINITE_VALUE = 3, 4
"""Answers that make nutpie reject a step."""


def nutpie_model(at: Coordinates) -> Any:
    """A model whose draws are ``z``; see :mod:`trifit.fit.whitening`."""
    size, objective, centre, scale = len(at.centre), at.objective, at.centre, at.scale

    def start(seed: int) -> FloatArray:
        return np.random.default_rng(seed).normal(scale=at.spread, size=size)

    if objective.linear is not None:
        return _compiled_model(at, objective.linear, start)

    objective(centre, prior=1.0, jacobian=1.0)  # compiled before chains call it side by side

    def log_density(z: FloatArray) -> tuple[float, FloatArray]:
        if scale is None:
            return objective(centre + z, prior=1.0, jacobian=1.0)
        value, gradient = objective(centre + scale @ z, prior=1.0, jacobian=1.0)
        return value, scale.T @ gradient

    return from_pyfunc(
        ndim=size,
        make_logp_fn=lambda: log_density,
        make_expand_fn=lambda *_: lambda z: {"z": z},
        expanded_dtypes=[np.dtype(np.float64)],
        expanded_shapes=[(size,)],
        expanded_names=["z"],
        make_initial_point_fn=start,
    )


def _compiled_model(at: Coordinates, form: LinearForm, start: Any) -> CompiledPyMCModel:
    objective, scale, size = at.objective, at.scale, len(at.centre)
    weights, prior = sparse(form.to_weights.matrix), sparse(form.prior_gradient.matrix)
    soft = objective.labels.ndim == 2
    arrays = {
        "X": np.ascontiguousarray(objective.X, dtype=np.float64),
        "labels": np.ascontiguousarray(objective.labels, dtype=np.float64 if soft else np.int64),
        "centre": np.array(at.centre, dtype=np.float64),
        "scale": np.empty(0) if scale is None else np.ascontiguousarray(scale),
        "scale_t": np.empty(0) if scale is None else np.ascontiguousarray(scale.T),
        "offset": form.to_weights.offset,
        "starts": weights.indptr.astype(np.int64),
        "columns": weights.indices.astype(np.int64),
        "entries": weights.data,
        "prior_offset": form.prior_gradient.offset,
        "prior_starts": prior.indptr.astype(np.int64),
        "prior_columns": prior.indices.astype(np.int64),
        "prior_entries": prior.data,
    }
    n_obs, n_features = objective.X.shape
    record = np.zeros((), dtype=RECORD)
    for name, array in arrays.items():
        record[name] = array.ctypes.data
    record["n_obs"], record["n_features"] = n_obs, n_features
    record["n_scores"], record["n_params"] = objective.n_classes - 1, size
    record["n_entries"], record["n_prior_entries"] = weights.nnz, prior.nnz
    record["whitened"] = scale is not None
    record["prior_constant"] = form.prior_constant
    return CompiledPyMCModel(
        dims={},
        _n_dim=size,
        _coords={},
        _shapes={"z": (size,)},
        compiled_logp_func=_log_density(soft=soft),
        compiled_expand_func=_copy,
        initial_point_func=start,
        shared_data=arrays,  # kept alive as long as the model
        shared_var_keys={},
        user_data=record,
        n_expanded=size,
        shape_info=(["z"], [slice(0, size)], [(size,)]),
        logp_func=None,
        expand_func=None,
    )


@njit(error_model="numpy")
def _vector(address, size):  # type: ignore[no-untyped-def]
    return carray(address_as_void_pointer(address), (size,), np.float64)


@njit(error_model="numpy")
def _indices(address, size):  # type: ignore[no-untyped-def]
    return carray(address_as_void_pointer(address), (size,), np.int64)


@njit(error_model="numpy")
def _matrix(address, n, m):  # type: ignore[no-untyped-def]
    return carray(address_as_void_pointer(address), (n, m), np.float64)


@njit(error_model="numpy")
def _evaluate(at, labels, z, by_z):  # type: ignore[no-untyped-def]  # noqa: C901, PLR0912 - compiled
    """Log density at ``centre + scale @ z``; its gradient goes to ``by_z``."""
    d, k, size = at.n_features, at.n_scores, at.n_params
    theta = _vector(at.centre, size).copy()
    scale_t = _matrix(at.scale_t, size, size)
    if at.whitened:
        for j in range(size):  # scale is upper triangular
            for i in range(j + 1):
                theta[i] += scale_t[j, i] * z[j]
    else:
        theta += z

    n_weights = (1 + d) * k
    weights = _vector(at.offset, n_weights).copy()
    starts = _indices(at.starts, n_weights + 1)
    columns, entries = _indices(at.columns, at.n_entries), _vector(at.entries, at.n_entries)
    for i in range(n_weights):
        for j in range(starts[i], starts[i + 1]):
            weights[i] += entries[j] * theta[columns[j]]
    by_weights = np.empty(n_weights)
    value = log_likelihood(
        _matrix(at.X, at.n_obs, d),
        labels,
        weights[:k],
        weights[k:].reshape(d, k),
        AGAINST_CLASS_0,
        by_weights[:k],
        by_weights[k:].reshape(d, k),
        np.empty((0, 0)),
    )
    by_theta = np.zeros(size)
    for i in range(n_weights):
        for j in range(starts[i], starts[i + 1]):
            by_theta[columns[j]] += entries[j] * by_weights[i]

    prior_offset = _vector(at.prior_offset, size)
    starts = _indices(at.prior_starts, size + 1)
    columns = _indices(at.prior_columns, at.n_prior_entries)
    entries = _vector(at.prior_entries, at.n_prior_entries)
    value += at.prior_constant
    for i in range(size):
        slope = prior_offset[i]
        for j in range(starts[i], starts[i + 1]):
            slope += entries[j] * theta[columns[j]]
        value += 0.5 * theta[i] * (slope + prior_offset[i])
        by_theta[i] += slope

    if at.whitened:
        scale = _matrix(at.scale, size, size)
        by_z[:] = 0.0
        for i in range(size):
            for j in range(i, size):
                by_z[j] += scale[i, j] * by_theta[i]
    else:
        for i in range(size):
            by_z[i] = by_theta[i]
    return value


@njit(error_model="numpy")
def _answer(value, gradient):  # type: ignore[no-untyped-def]
    if not np.isfinite(gradient).all():
        return INFINITE_GRADIENT
    return 0 if np.isfinite(value) else INFINITE_VALUE


@cache
def _log_density(*, soft: bool, version: int = VERSION) -> Any:
    """Log density with hard or with soft labels.

    ``version`` is the kernel's: in a closure, it is part of what numba's cache on disk
    is looked up by.
    """
    if soft:

        @cfunc(LOG_DENSITY, cache=True, error_model="numpy")
        def of_shares(size, z, gradient, value, pointer):  # type: ignore[no-untyped-def]
            at = carray(pointer, (1,), RECORD)[0]
            labels = _matrix(at.labels, at.n_obs, at.n_scores + 1)
            by_z = carray(gradient, (size,))
            value[0] = _evaluate(at, labels, carray(z, (size,)), by_z)
            return _answer(value[0], by_z) if version else -1

        return of_shares

    @cfunc(LOG_DENSITY, cache=True, error_model="numpy")
    def of_codes(size, z, gradient, value, pointer):  # type: ignore[no-untyped-def]
        at = carray(pointer, (1,), RECORD)[0]
        labels = _indices(at.labels, at.n_obs)
        by_z = carray(gradient, (size,))
        value[0] = _evaluate(at, labels, carray(z, (size,)), by_z)
        return _answer(value[0], by_z) if version else -1

    return of_codes


@cfunc(EXPAND, cache=True, error_model="numpy")
def _copy(size, n_expanded, z, out, pointer):  # type: ignore[no-untyped-def]
    for i in range(n_expanded):
        out[i] = z[i]
    return 0
