"""Log-likelihood and quadratic log prior of a linear classifier, in closed form."""

from itertools import batched

import numpy as np
from scipy.special import softmax

from trifit.fit.affine import Affine, dense
from trifit.fit.density import LinearForm, design_of
from trifit.fit.fast.kernel import CHUNK, log_likelihood_of
from trifit.inputs import Labels, label_probs
from trifit.separation import information
from trifit.threads import side_by_side
from trifit.types import FloatArray


class LinearObjective:
    """Log-likelihood and log prior of a linear classifier on one data set.

    Attributes
    ----------
    X : array of shape (n_obs, n_features)
    labels : array of shape (n_obs,) or (n_obs, n_classes)
        Class codes, or weights of every class.
    linear : LinearForm
    """

    def __init__(self, X: FloatArray, labels: Labels, linear: LinearForm) -> None:
        self.X = np.ascontiguousarray(X, dtype=np.float64)
        self.labels: Labels = (
            np.ascontiguousarray(labels, dtype=np.int64)
            if labels.ndim == 1
            else np.ascontiguousarray(labels, dtype=np.float64)
        )
        self.linear, self.device = linear, None
        self._shape = (1 + X.shape[1], len(linear.to_weights.offset) // (1 + X.shape[1]))
        self.n_classes = self._shape[1] + 1
        self.weight = float(len(X) if labels.ndim == 1 else labels.sum())
        self._to_theta = linear.to_weights.matrix.T
        self._last: tuple[FloatArray, float, FloatArray] | None = None

    def with_prior(self, gradient: Affine, constant: float) -> "LinearObjective":
        """The same rows under another quadratic log prior: its gradient, and its value at zero."""
        form = LinearForm(self.linear.to_weights, gradient, constant)
        return LinearObjective(self.X, self.labels, form)

    def __call__(
        self, theta: FloatArray, *, prior: float, jacobian: float
    ) -> tuple[float, FloatArray]:
        """``log_likelihood + prior * log_prior`` and its gradient; log|J| is a constant."""
        value, gradient = self._log_likelihood(theta)
        if prior:
            form = self.linear
            slope = form.prior_gradient(theta)
            value += prior * (
                form.prior_constant + 0.5 * float(theta @ (slope + form.prior_gradient.offset))
            )
            gradient = gradient + prior * slope
        return value, gradient

    def _log_likelihood(self, theta: FloatArray) -> tuple[float, FloatArray]:
        """Remembers the last theta: a step's cross-entropy is asked for beside its loss."""
        last = self._last
        if last is None or not np.array_equal(last[0], theta):
            value, by_weights = log_likelihood_of(self.X, self.labels, self._weights(theta))
            last = (theta.copy(), value, self._to_theta @ by_weights.ravel())
            self._last = last
        return last[1], last[2].copy()

    def squared_error(self, theta: FloatArray) -> tuple[float, FloatArray]:
        """Brier score summed over rows, and its gradient.

        With ``m`` the row's weight: ``m |p|^2 - 2 w.p + m`` and, by the softmax
        derivative, ``d/dz_k = 2 p_k (r_k - p.r)`` where ``r = m p - w``.
        """
        weights = self._weights(theta)

        def chunk(rows: slice) -> tuple[float, FloatArray]:
            probs, w = _probs(self.X[rows], weights), label_probs(self.labels[rows], self.n_classes)
            m = w.sum(axis=1)
            r = m[:, None] * probs - w
            by_logit = 2 * probs * (r - (probs * r).sum(axis=1, keepdims=True))
            value = float((m * (probs**2).sum(axis=1)).sum() - 2 * np.vdot(w, probs))
            return value, design_of(self.X[rows]).T @ by_logit[:, 1:]

        values, by_weights = zip(*side_by_side(chunk, self._chunks()), strict=True)
        return sum(values) + self.weight, self._to_theta @ sum(by_weights).ravel()

    def hessian(self, theta: FloatArray, *, prior: float, jacobian: float) -> FloatArray:
        """Minus the information of the likelihood in theta's coordinates, plus the prior's.

        Parameters
        ----------
        theta : array of shape (n_params,)
        prior, jacobian : float
            Weights of the log prior and of the log Jacobian; the latter is zero anyway.
        """
        weights = self._weights(theta)

        def chunk(rows: slice) -> FloatArray:
            w = label_probs(self.labels[rows], self.n_classes)
            X = self.X[rows]
            return information(design_of(X), _probs(X, weights), w.sum(axis=1))

        S = self.linear.to_weights.matrix
        total = sum(sum(side_by_side(chunk, some)) for some in batched(self._chunks(), 8))
        half = S.T @ -np.asarray(total)
        out = (S.T @ np.asarray(half).T).T
        return np.asarray(out + prior * dense(self.linear.prior_gradient.matrix))

    def _weights(self, theta: FloatArray) -> FloatArray:
        return self.linear.to_weights(theta).reshape(self._shape)

    def _chunks(self) -> list[slice]:
        return [slice(start, start + CHUNK) for start in range(0, len(self.X), CHUNK)]


def _probs(X: FloatArray, weights: FloatArray) -> FloatArray:
    log_odds = weights[0] + X @ weights[1:]
    return np.asarray(softmax(np.column_stack([np.zeros(len(X)), log_odds]), axis=1))
