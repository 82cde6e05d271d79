"""A linear classifier's log density as machine code.

One function, kept on disk, serves every data set and every number of parameters.
"""

from functools import cache
from typing import Any

import numpy as np
from numba import carray, cfunc, njit  # type: ignore[attr-defined]

from trifit.fit.affine import sparse
from trifit.fit.density import LinearForm
from trifit.fit.fast import kernel, machine
from trifit.fit.fast.kernel import AGAINST_CLASS_0, log_likelihood
from trifit.fit.fast.machine import (
    LOG_DENSITY,
    Machine,
    answer,
    coloured,
    filled,
    indices,
    layout,
    matrix,
    vector,
    whitened,
)
from trifit.fit.fast.version import version_of
from trifit.fit.whitening import Coordinates

RECORD = layout(
    (
        "X", "labels", "offset", "starts", "columns", "entries",
        "prior_offset", "prior_starts", "prior_columns", "prior_entries",
    ),
    ("n_obs", "n_features", "n_scores", "n_entries", "n_prior_entries"),
    ("prior_constant",),
)  # fmt: skip
"""``weights = offset + matrix @ theta``, the matrix in compressed rows; the prior's gradient
likewise."""

VERSION = version_of(kernel.__file__, machine.__file__)
"""Of what is compiled here from other files."""


def machine_of(at: Coordinates, form: LinearForm) -> Machine:
    """The log density of coordinates about a linear model.

    Parameters
    ----------
    at : Coordinates
    form : LinearForm
        Of their objective.
    """
    objective = at.objective
    weights, prior = sparse(form.to_weights.matrix), sparse(form.prior_gradient.matrix)
    soft = objective.labels.ndim == 2
    arrays = {
        "X": np.ascontiguousarray(objective.X, dtype=np.float64),
        "labels": np.ascontiguousarray(objective.labels, dtype=np.float64 if soft else np.int64),
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
    numbers = {
        "n_obs": n_obs,
        "n_features": n_features,
        "n_scores": objective.n_classes - 1,
        "n_entries": weights.nnz,
        "n_prior_entries": prior.nnz,
        "prior_constant": form.prior_constant,
    }
    record, kept = filled(RECORD, at.centre, at.scale, arrays, numbers)
    return Machine(_entry(soft=soft), record, kept)


@njit(error_model="numpy")
def _evaluate(at, labels, z, by_z):  # type: ignore[no-untyped-def]
    """Log density at ``centre + scale @ z``; its gradient goes to ``by_z``."""
    d, k, size = at.n_features, at.n_scores, at.n_params
    theta = coloured(at, z)

    n_weights = (1 + d) * k
    weights = vector(at.offset, n_weights).copy()
    starts = indices(at.starts, n_weights + 1)
    columns, entries = indices(at.columns, at.n_entries), vector(at.entries, at.n_entries)
    for i in range(n_weights):
        for j in range(starts[i], starts[i + 1]):
            weights[i] += entries[j] * theta[columns[j]]
    by_weights = np.empty(n_weights)
    value = log_likelihood(
        matrix(at.X, at.n_obs, d),
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

    prior_offset = vector(at.prior_offset, size)
    starts = indices(at.prior_starts, size + 1)
    columns = indices(at.prior_columns, at.n_prior_entries)
    entries = vector(at.prior_entries, at.n_prior_entries)
    value += at.prior_constant
    for i in range(size):
        slope = prior_offset[i]
        for j in range(starts[i], starts[i + 1]):
            slope += entries[j] * theta[columns[j]]
        value += 0.5 * theta[i] * (slope + prior_offset[i])
        by_theta[i] += slope

    whitened(at, by_theta, by_z)
    return value


@cache
def _entry(*, soft: bool, version: int = VERSION) -> Any:
    """Log density with hard or with soft labels.

    In a closure, ``version`` is part of what numba's cache on disk is looked up by.
    """
    if soft:

        @cfunc(LOG_DENSITY, cache=True, error_model="numpy")
        def of_shares(size, z, gradient, value, pointer):  # type: ignore[no-untyped-def]
            at = carray(pointer, (1,), RECORD)[0]
            labels = matrix(at.labels, at.n_obs, at.n_scores + 1)
            by_z = carray(gradient, (size,))
            value[0] = _evaluate(at, labels, carray(z, (size,)), by_z)
            return answer(value[0], by_z) if version else -1

        return of_shares

    @cfunc(LOG_DENSITY, cache=True, error_model="numpy")
    def of_codes(size, z, gradient, value, pointer):  # type: ignore[no-untyped-def]
        at = carray(pointer, (1,), RECORD)[0]
        labels = indices(at.labels, at.n_obs)
        by_z = carray(gradient, (size,))
        value[0] = _evaluate(at, labels, carray(z, (size,)), by_z)
        return answer(value[0], by_z) if version else -1

    return of_codes
