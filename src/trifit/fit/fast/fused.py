"""The fused log-likelihood as an operation of a PyTensor graph.

It takes the place of ``sum_ik w_ik log softmax(X @ beta + intercept)_ik`` when an
objective is built; the user's model stays as it is. Its machine code: ``fused_numba.py``.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from pytensor.gradient import DisconnectedType, disconnected_type
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.scalar.basic import Add
from pytensor.tensor.elemwise import DimShuffle, Elemwise
from pytensor.tensor.math import Dot
from scipy.special import log_softmax

from trifit.fit.fast.backend import ancestors, pt


class FusedLogLikelihood(Op):  # type: ignore[misc]
    """Weighted log-likelihood of a linear layer and softmax, with its gradient.

    Outputs: the value in nats, its gradients with respect to ``intercept`` and
    ``beta``, and to ``X`` where that is asked for (a network's last layer).

    Parameters
    ----------
    first : int
        Class of the first column of ``beta``; see :func:`trifit.fit.fast.kernel.log_likelihood`.
    rows_move : bool
        Whether X depends on parameters.
    """

    __props__ = ("first", "rows_move")

    def __init__(self, first: int, rows_move: bool) -> None:  # noqa: FBT001
        self.first = first
        self.rows_move = rows_move

    def make_node(self, X: Any, labels: Any, intercept: Any, beta: Any) -> Apply[Any]:
        """The operation applied to its inputs; of the K classes k have scores of their own.

        Parameters
        ----------
        X : tensor of shape (n, d)
        labels : tensor of shape (n, K)
            Label weights.
        intercept : tensor of shape (k,)
        beta : tensor of shape (d, k)
        """
        inputs = [pt.as_tensor(v) for v in (X, labels, intercept, beta)]
        outputs = [pt.scalar(), inputs[2].type(), inputs[3].type()]
        if self.rows_move:
            outputs.append(inputs[0].type())
        return Apply(self, inputs, outputs)

    def perform(self, node: Any, inputs: Sequence[Any], output_storage: Any) -> None:
        """The reference: the same in plain NumPy."""
        X, w, intercept, beta = inputs
        scores = X @ beta + intercept
        if self.first:
            scores = np.column_stack([np.zeros(len(X)), scores])
        log_probs = log_softmax(scores, axis=1)
        residual = w - w.sum(axis=1, keepdims=True) * np.exp(log_probs)
        residual = residual[:, self.first :]
        value = np.where(w > 0, w * log_probs, 0.0).sum()
        results = [value, residual.sum(axis=0), X.T @ residual]
        if self.rows_move:
            results.append(residual @ beta.T)
        for storage, result in zip(output_storage, results, strict=True):
            storage[0] = np.asarray(result)

    def pullback(
        self, inputs: Sequence[Any], outputs: Sequence[Any], cotangents: Sequence[Any]
    ) -> list[Any]:
        """The gradients are outputs already; no derivative of theirs is offered."""
        up, *others = cotangents
        if any(not isinstance(other.type, DisconnectedType) for other in others):
            raise NotImplementedError("second derivatives of the fused log-likelihood")
        _, by_intercept, by_beta, *by_X = outputs
        return [
            up * by_X[0] if by_X else disconnected_type(),
            disconnected_type(),
            up * by_intercept,
            up * by_beta,
        ]

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        """Only the value is differentiable, with respect to what moves."""
        moves = [self.rows_move, False, True, True]
        return [[moving, *[False] * (len(node.outputs) - 1)] for moving in moves]


def fused_log_likelihood(scores: Any, labels: Any, theta: Any) -> Any | None:
    """The log-likelihood of class scores ``X @ beta + intercept``, or None for other scores.

    Parameters
    ----------
    scores : variable (n_obs, n_classes) or (n_obs,)
        Scores of all classes, or the log-odds of the second of two.
    labels : variable (n_obs, n_classes)
        Weights of every class.
    theta : variable
        What the gradient will be taken with respect to.
    """
    binary = scores.type.ndim == 1
    for layer, intercept in _summands(scores):
        product = _product(layer)
        if product is None:
            continue
        X, beta = product
        intercept = _same_for_all_rows(intercept)
        if intercept is None or X.type.ndim != 2:
            continue
        if not binary and (intercept.type.broadcastable != (False,) or beta.type.broadcastable[1]):
            continue  # one number for all classes, which the plain graph spreads
        if binary:
            beta = beta if beta.type.ndim == 2 else beta[:, None]
            intercept = intercept.reshape((1,))
        op = FusedLogLikelihood(first=int(binary), rows_move=theta in set(ancestors([X])))
        return op(X, labels, intercept, beta)[0]
    return None


def _summands(scores: Any) -> list[tuple[Any, Any]]:
    node = scores.owner
    if node is None or not isinstance(node.op, Elemwise) or not isinstance(node.op.scalar_op, Add):
        return []
    if len(node.inputs) != 2:
        return []
    a, b = node.inputs
    return [(a, b), (b, a)]


def _product(layer: Any) -> tuple[Any, Any] | None:
    """The factors of ``X @ beta``, also where a vector beta was made a column for it."""
    node = layer.owner
    if node is None:
        return None
    if isinstance(node.op, DimShuffle) and layer.type.ndim == 1:
        return _product(node.inputs[0])
    is_product = isinstance(node.op, Dot) or (
        getattr(node.op, "core_op", None) is not None and (isinstance(node.op.core_op, Dot))
    )
    return tuple(node.inputs) if is_product else None


def _same_for_all_rows(intercept: Any) -> Any | None:
    """An intercept (n_classes,) or () without its row dimension, or None if rows differ."""
    if not intercept.type.broadcastable[0]:
        return None
    return intercept[0]
