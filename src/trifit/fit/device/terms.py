"""How JAX sees a density: its terms as pure functions of theta, the rows and the model's numbers.

Nothing of a model is written here a second time. A linear density is its own matrices
(:class:`~trifit.fit.density.LinearForm`); any other is its own graph, converted by PyTensor. Data
and matrices are arguments of the functions: XLA folds constants, and large ones for minutes.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from trifit.fit.affine import Affine, sparse
from trifit.fit.density import LinearForm, LogDensity
from trifit.fit.graph import GraphDensity
from trifit.fit.graph_objective import GraphObjective

Terms = Callable[[Array, Array, Any], tuple[Array, Array, Array]]
"""Of theta (n_params,), rows (n_obs, n_features) and the model's numbers: log class probabilities
(n_obs, n_classes), log prior, log Jacobian."""


class Data(NamedTuple):
    """What an objective is bound to.

    Attributes
    ----------
    X : array of shape (n_obs, n_features)
    labels : array of shape (n_obs,) or (n_obs, n_classes)
        Class codes, or weights of every class.
    model : tree of arrays
        The numbers of the model: matrices, or the graph's settings.
    """

    X: Any
    labels: Any
    model: Any


def seen_by_jax(objective: LogDensity) -> tuple[Terms, Data]:
    """An objective's terms, and what they are given, still on this machine."""
    if objective.linear is not None:
        return linear_terms, Data(objective.X, objective.labels, matrices(objective.linear))
    assert isinstance(objective, GraphObjective)  # there are two kinds
    terms, settings = _graph_terms(objective.density)
    return terms, Data(objective.X, objective.labels, settings)


def objective_value(terms: Terms, theta: Array, data: Data, prior: Any, jacobian: Any) -> Array:
    """``log_likelihood + prior * log_prior + jacobian * log|J|``.

    Parameters
    ----------
    terms : callable
    theta : array of shape (n_params,)
    data : Data
    prior, jacobian : float
        Weights of the log prior and of the log Jacobian.
    """
    log_probs, log_prior, log_jacobian = terms(theta, data.X, data.model)
    w = label_weights(data.labels, log_probs.shape[1])
    log_likelihood = jnp.where(w > 0, w * log_probs, 0.0).sum()
    return log_likelihood + prior * log_prior + jacobian * log_jacobian


def squared_error(terms: Terms, theta: Array, data: Data) -> Array:
    """Brier score ``sum_ik w_ik |p_i - e_k|^2`` summed over rows.

    Parameters
    ----------
    terms : callable
    theta : array of shape (n_params,)
    data : Data
    """
    p = jnp.exp(terms(theta, data.X, data.model)[0])
    w = label_weights(data.labels, p.shape[1])
    return (w.sum(axis=1) * ((p**2).sum(axis=1) + 1.0)).sum() - 2.0 * (w * p).sum()


def label_weights(labels: Array, n_classes: int) -> Array:
    """Weights of every class, (n_obs, n_classes): one-hot rows for class codes."""
    return labels if labels.ndim == 2 else jax.nn.one_hot(labels, n_classes)


def linear_terms(theta: Array, X: Array, model: Any) -> tuple[Array, Array, Array]:
    """Terms of a linear density: log-odds ``[1, x] @ B(theta)`` and a quadratic log prior.

    Parameters
    ----------
    theta : array of shape (n_params,)
    X : array of shape (n_obs, n_features)
    model : dict
        Of :func:`matrices`.
    """
    B = _affine(model["to_weights"], theta).reshape(1 + X.shape[1], -1)
    odds = B[0] + X @ B[1:]
    log_probs = jax.nn.log_softmax(jnp.pad(odds, ((0, 0), (1, 0))), axis=1)
    slope, at_zero = _affine(model["prior_gradient"], theta), model["prior_gradient"]["offset"]
    log_prior = model["prior_constant"] + 0.5 * theta @ (slope + at_zero)
    return log_probs, log_prior, jnp.zeros(())  # the jacobian of an affine map is a constant


def matrices(form: LinearForm) -> dict[str, Any]:
    """The numbers of a linear density as arrays."""
    return {
        "to_weights": _arrays(form.to_weights),
        "prior_gradient": _arrays(form.prior_gradient),
        "prior_constant": np.float64(form.prior_constant),
    }


def _arrays(affine: Affine) -> dict[str, Any]:
    """Offset, and a dense matrix or the entries of a sparse one, row by row."""
    if isinstance(affine.matrix, np.ndarray):
        return {"offset": affine.offset, "matrix": affine.matrix}
    entries = sparse(affine.matrix).tocoo()
    return {
        "offset": affine.offset,
        "rows": entries.row.astype(np.int64),
        "columns": entries.col.astype(np.int64),
        "entries": entries.data,
    }


def _affine(arrays: dict[str, Array], v: Array) -> Array:
    """``offset + matrix @ v``."""
    offset = arrays["offset"]
    if "matrix" in arrays:
        return offset + arrays["matrix"] @ v
    products = arrays["entries"] * v[arrays["columns"]]
    return offset + jax.ops.segment_sum(
        products, arrays["rows"], num_segments=len(offset), indices_are_sorted=True
    )


@lru_cache(maxsize=8)
def _graph_terms(density: GraphDensity) -> tuple[Terms, tuple[np.ndarray, ...]]:
    """Terms of a graph, and its settings: converted once for a density."""
    function, settings = density.for_jax()

    def terms(theta: Array, X: Array, model: Any) -> tuple[Array, Array, Array]:
        log_probs, log_prior, log_jacobian = function(theta, X, *model)
        return log_probs, log_prior, log_jacobian

    return terms, settings


@lru_cache(maxsize=8)
def moved_terms(inner: Terms) -> Terms:
    """Terms of a :class:`~trifit.fit.moved.Moved`, of those of its objective."""

    def terms(w: Array, X: Array, model: Any) -> tuple[Array, Array, Array]:
        inner_model, by = model
        theta, by_map = by.move(jnp, w)
        log_probs, log_prior, log_jacobian = inner(theta, X, inner_model)
        return log_probs, log_prior, log_jacobian + by_map

    return terms
