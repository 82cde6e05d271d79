"""What PyTensor compiles the fused log-likelihood to, known to it once this module is imported.

A module of its own, imported where a graph is compiled: PyTensor's dispatch to numba takes a tenth
of a second to load, and linear densities do without.
"""

from typing import Any

import numpy as np
from pytensor.link.numba.dispatch.basic import numba_njit, register_funcify_default_op_cache_key

from trifit.fit.fast.fused import FusedLogLikelihood
from trifit.fit.fast.kernel import VERSION, log_likelihood


@register_funcify_default_op_cache_key(FusedLogLikelihood)  # type: ignore[untyped-decorator]
def _compiled(op: FusedLogLikelihood, node: Any = None, **_: Any) -> tuple[Any, int]:
    first = np.int64(op.first)

    @numba_njit
    def still(X, labels, intercept, beta):  # type: ignore[no-untyped-def]
        by_intercept, by_beta = np.empty_like(intercept), np.empty(beta.shape)
        value = log_likelihood(
            np.ascontiguousarray(X), np.ascontiguousarray(labels), intercept, beta,
            first, by_intercept, by_beta, np.empty((0, 0)),
        )  # fmt: skip
        return np.asarray(value), by_intercept, by_beta

    @numba_njit
    def moving(X, labels, intercept, beta):  # type: ignore[no-untyped-def]
        by_intercept, by_beta = np.empty_like(intercept), np.empty(beta.shape)
        by_X = np.empty(X.shape)
        value = log_likelihood(
            np.ascontiguousarray(X), np.ascontiguousarray(labels), intercept, beta,
            first, by_intercept, by_beta, by_X,
        )  # fmt: skip
        return np.asarray(value), by_intercept, by_beta, by_X

    return moving if op.rows_move else still, VERSION
