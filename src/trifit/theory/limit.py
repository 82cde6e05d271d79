"""One system of three equations for the MLE, the MAP and the posterior.

For a fresh row let ``z = x'beta`` be the true log-odds and ``q = x'b`` those of the
fit: ``q = alpha z + sqrt(kappa) sigma Z`` with ``Z ~ N(0, 1)``. Put the row among the
training rows, and its label ``y`` pulls at ``q`` by ``g(q, y)``:

- MLE and MAP: ``g = y - s(t)`` at the ``t`` with ``t = q + lambda g`` (a proximal step);
- posterior mean: ``g = d/dq log E p(y | t)``, ``t ~ N(q, lambda)``.

With the prior's precision per row ``mu = kappa / (prior_scale gamma)^2`` (MLE: 0),

- ``E[z g] = mu alpha gamma^2``
- ``kappa^2 sigma^2 = lambda^2 E[g^2]``
- ``lambda (mu + E[-dg/dq]) = kappa``.

For the MLE these are the equations of Sur & Candès; for the MAP those of Salehi,
Abbasi & Hassibi; for the posterior under the right prior the fixed point of Barbier et
al., where ``lambda`` is the posterior variance of ``x'beta``. The posterior under
another prior of that family follows in the same way, its density being log-concave.

References
----------
Sur & Candès (2019), PNAS 116(29), doi:10.1073/pnas.1810420116; Salehi, Abbasi & Hassibi
(2019), NeurIPS 32, arXiv:1906.03761; Barbier et al. (2019), PNAS 116(12),
doi:10.1073/pnas.1802705116
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.optimize import brentq, root
from scipy.special import expit, logit

from trifit.errors import InputError
from trifit.theory.quadrature import grid, grid_for, smoothed_logistic
from trifit.theory.threshold import existence_threshold
from trifit.types import FloatArray

TOLERANCE = 1e-8
"""Largest relative residual of the three equations that counts as solved."""

MAX_STEPS = 3_000

MAX_SPREAD = 100.0
"""Largest standard deviation of log-odds, under the truth and under the prior."""

NODES, WEIGHTS = grid(4001)
"""For expectations over fresh rows, whose absolute values have kinks: error below 1e-6."""

Pull = Callable[[FloatArray, float], tuple[FloatArray, FloatArray]]
"""``g(q, y = 1)`` and ``-dg/dq`` for given ``lambda``."""


@dataclass(frozen=True)
class Limit:
    """A fit in the limit: what its coefficients and predictions are like.

    Attributes
    ----------
    kappa, gamma : float
        Features per row, and standard deviation of the true log-odds.
    alpha : float
        Coefficients (of the posterior: their mean) are ``alpha`` times the true ones ...
    sigma : float
        ... plus Normal noise of standard deviation ``sigma / sqrt(n)``.
    lambda_ : float
        How far a row of training data moves its own log-odds per unit of pull; of
        the posterior: the variance of a fresh row's log-odds over draws.
    averages : bool
        Whether predictions are averaged over that variance.
    """

    kappa: float
    gamma: float
    alpha: float
    sigma: float
    lambda_: float
    averages: bool

    @property
    def sd(self) -> float:
        """Standard deviation of a fresh row's fitted log-odds, ``nu``."""
        return float(np.sqrt(self.alpha**2 * self.gamma**2 + self.kappa * self.sigma**2))

    @cached_property
    def _rows(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Fitted log-odds at the nodes, predicted log-odds, true probabilities given them."""
        q = self.sd * NODES
        return q, self._predicted(q), self._true(q)

    def _predicted(self, q: FloatArray) -> FloatArray:
        if not self.averages:
            return q
        p = smoothed_logistic(abs(q), self.lambda_)[0]
        rest = smoothed_logistic(-abs(q), self.lambda_)[0]  # 1 - p without cancellation
        return np.asarray(np.sign(q) * (np.log(p) - np.log(np.maximum(rest, 1e-300))))

    def _true(self, q: FloatArray) -> FloatArray:
        """``E[s(z) | q]``: z is Normal given q."""
        part = self.alpha * self.gamma**2 / self.sd**2
        rest = self.gamma**2 * self.kappa * self.sigma**2 / self.sd**2
        return smoothed_logistic(part * q, rest)[0]

    @cached_property
    def log_loss(self) -> float:
        """Expected log-loss on fresh rows, in nats; lower is better."""
        _, log_odds, true = self._rows
        loss = true * np.logaddexp(0, -log_odds) + (1 - true) * np.logaddexp(0, log_odds)
        return float(WEIGHTS @ loss)

    @cached_property
    def entropy(self) -> float:
        """Log-loss of the true probabilities, in nats: the least possible."""
        z = self.gamma * NODES
        return float(WEIGHTS @ (expit(z) * np.logaddexp(0, -z) + expit(-z) * np.logaddexp(0, z)))

    @property
    def excess(self) -> float:
        """Log-loss above the least possible, in nats: the expected KL divergence from the truth."""
        return self.log_loss - self.entropy

    @cached_property
    def ece(self) -> float:
        """Expected calibration error ``E|P(y = 1 | p_hat) - p_hat|`` on fresh rows."""
        _, log_odds, true = self._rows
        return float(WEIGHTS @ abs(true - expit(log_odds)))

    @cached_property
    def slope(self) -> float:
        """Calibration slope on fresh rows: 1 is calibrated, below 1 over-confident.

        The ``b`` at which ``s(b L)`` predicts best, L the predicted log-odds:
        ``E[(s(z) - s(b L)) L] = 0``. Well below ``1 / alpha``, because noise in the
        coefficients makes log-odds too large as well.
        """
        _, log_odds, true = self._rows

        def excess(b: float) -> float:
            return float(WEIGHTS @ (log_odds * (true - expit(b * log_odds))))

        high = 2.0
        while excess(high) > 0:
            high *= 2
        return float(brentq(excess, 0, high, xtol=1e-12))

    def calibration_curve(self, p: Any) -> FloatArray:
        """How often the event comes true where the fit says ``p``, on fresh rows.

        Parameters
        ----------
        p : array of probabilities in (0, 1)

        Raises
        ------
        InputError
            On values outside (0, 1).
        """
        p = np.asarray(p, dtype=np.float64)
        if not ((p > 0) & (p < 1)).all():
            raise InputError(f"p={p.tolist()}: expected probabilities between 0 and 1")
        return self._true(self._inverse(logit(p)) if self.averages else logit(p))

    def _inverse(self, log_odds: FloatArray) -> FloatArray:
        """Fitted log-odds whose averaged prediction has these log-odds."""

        def one(wanted: float) -> float:
            reach = (1 + self.lambda_) * (abs(wanted) + 1)
            return float(
                brentq(
                    lambda q: float(self._predicted(np.array(q))) - wanted,
                    -reach,
                    reach,
                    xtol=1e-12,
                )
            )

        return np.array([one(w) for w in log_odds.ravel()]).reshape(log_odds.shape)


def mle(*, kappa: float, gamma: float) -> Limit:
    """Maximum likelihood in the limit.

    Parameters
    ----------
    kappa : float
        Features per row, ``p / n``, above 0 and below :func:`existence_threshold`.
    gamma : float
        Standard deviation of the true log-odds over rows, above 0.

    Raises
    ------
    InputError
        On arguments out of range, or where no MLE exists (naming the threshold).

    Examples
    --------
    >>> fit = mle(kappa=0.2, gamma=5**0.5)  # published: 1.50, 4.75, 3.03
    >>> round(fit.alpha, 2), round(fit.sigma, 2), round(fit.lambda_, 2)
    (1.5, 4.74, 3.03)
    """
    _check(kappa, gamma)
    threshold = existence_threshold(gamma=gamma)
    if kappa >= threshold:
        raise InputError(
            f"kappa={kappa:g}: no MLE exists at gamma={gamma:g} from kappa={threshold:.4f} on; "
            "use fewer features per row, or theory.map"
        )
    return _solve(kappa, gamma, np.inf, _proximal, averages=False)


def map(*, kappa: float, gamma: float, prior_scale: float | None = None) -> Limit:
    """Maximum a posteriori under a Normal prior, in the limit.

    Parameters
    ----------
    kappa, gamma : float
        As in :func:`mle`; ``kappa`` has no upper limit.
    prior_scale : float, optional
        The prior's standard deviation as a multiple of the right one,
        ``gamma / sqrt(p)`` for standard normal features. Default: the right one.

    Raises
    ------
    InputError
        On arguments out of range.

    Examples
    --------
    >>> fit = map(kappa=0.2, gamma=5**0.5)
    >>> round(fit.alpha, 3), round(fit.slope, 3)
    (0.664, 0.916)
    """
    scale = _check(kappa, gamma, prior_scale)
    return _solve(kappa, gamma, scale, _proximal, averages=False)


def bayes(*, kappa: float, gamma: float, prior_scale: float | None = None) -> Limit:
    """The full posterior under a Normal prior, in the limit.

    Under the right prior its predictions are calibrated exactly: slope 1, ECE 0.

    Parameters
    ----------
    kappa, gamma, prior_scale : float
        As in :func:`map`.

    Raises
    ------
    InputError
        On arguments out of range.

    Examples
    --------
    >>> fit = bayes(kappa=0.2, gamma=5**0.5)
    >>> round(fit.slope, 4), round(fit.ece, 4)
    (1.0, 0.0)
    """
    scale = _check(kappa, gamma, prior_scale)
    return _solve(kappa, gamma, scale, _posterior, averages=True)


def _check(kappa: float, gamma: float, prior_scale: float | None = None) -> float:
    scale = 1.0 if prior_scale is None else prior_scale
    for name, value in {"kappa": kappa, "gamma": gamma, "prior_scale": scale}.items():
        if not 0 < value < np.inf:
            raise InputError(f"{name}={value}: expected a number above 0")
    if gamma * scale > MAX_SPREAD:
        raise InputError(
            f"gamma={gamma:g}, prior_scale={scale:g}: log-odds of standard deviation "
            f"{gamma * scale:g} are out of reach here; expected at most {MAX_SPREAD:g}"
        )
    return scale


def _proximal(q: FloatArray, lambda_: float) -> tuple[FloatArray, FloatArray]:
    """``g = 1 - s(t)`` with ``t = q + lambda g``; ``-g' = s' / (1 + lambda s')``.

    ``t - q - lambda s(-t)`` is increasing, convex below 0 and concave above, so that
    Newton's steps from 0 approach its root from one side.
    """
    t = np.zeros_like(q)
    for _ in range(100):
        step = (t - q - lambda_ * expit(-t)) / (1 + lambda_ * expit(t) * expit(-t))
        t = t - step
        if (abs(step) <= 1e-12 * (1 + abs(t))).all():
            break
    g = expit(-t)
    slope = g * expit(t)
    return g, slope / (1 + lambda_ * slope)


def _posterior(q: FloatArray, lambda_: float) -> tuple[FloatArray, FloatArray]:
    """``g = d/dq log E s(t)`` with ``t ~ N(q, lambda)``."""
    value, slope, bend = smoothed_logistic(q, lambda_)
    held = value > 1e-290  # beyond, log E s(t) is linear: the pull is 1
    value = np.where(held, value, 1.0)
    g = np.where(held, slope / value, 1.0)
    return g, np.where(held, g**2 - bend / value, 0.0)


def _moments(
    kappa: float, gamma: float, state: FloatArray, pull: Pull
) -> tuple[float, float, float]:
    """``E[z g]``, ``E[g^2]`` and ``E[-dg/dq]``; by symmetry ``y = 1`` with weight ``2 s(z)``."""
    alpha, sigma, lambda_ = state
    variance = alpha**2 * gamma**2 + kappa * sigma**2
    nodes, weights = grid_for(float(np.sqrt(variance)))
    q = np.sqrt(variance) * nodes
    part, rest = alpha * gamma**2 / variance, gamma**2 * kappa * sigma**2 / variance
    true, slope, _ = smoothed_logistic(part * q, rest)
    g, stiffness = pull(q, lambda_)
    z_true = part * q * true + rest * slope  # E[z s(z) | q], by Stein's lemma
    return (
        float(2 * weights @ (z_true * g)),
        float(2 * weights @ (true * g**2)),
        float(2 * weights @ (true * stiffness)),
    )


def _solve(kappa: float, gamma: float, scale: float, pull: Pull, *, averages: bool) -> Limit:
    """Iterate the state towards its fixed point, then solve the equations from there."""
    mu = kappa / (scale * gamma) ** 2

    def step(state: FloatArray) -> FloatArray:
        zg, g2, stiffness = _moments(kappa, gamma, state, pull)
        lambda_ = kappa / (mu + stiffness)
        alpha = (zg / gamma**2 + stiffness * state[0]) / (mu + stiffness)
        return np.array([alpha, lambda_ * np.sqrt(g2) / kappa, lambda_])

    def residual(state: FloatArray) -> float:
        return float(abs(step(state) / state - 1).max())

    curvature = float(WEIGHTS @ (expit(gamma * NODES) * expit(-gamma * NODES)))
    shrink = curvature / (curvature + mu)
    state = np.array([shrink, shrink / np.sqrt(curvature), kappa / (curvature + mu)])

    def off(logs: FloatArray) -> FloatArray:
        return np.asarray(np.log(step(np.exp(logs))) - logs)

    wanted = 1e-2
    for _ in range(MAX_STEPS):
        moved = step(state)
        near = abs(moved / state - 1).max() < wanted
        state = moved
        if near:
            found = root(off, np.log(state), tol=1e-13)
            if residual(np.exp(found.x)) < TOLERANCE:
                alpha, sigma, lambda_ = np.exp(found.x).tolist()
                return Limit(kappa, gamma, alpha, sigma, lambda_, averages)
            wanted /= 10
    raise InputError(
        f"kappa={kappa:g}, gamma={gamma:g}: the equations could not be solved; too close to "
        "where an MLE ceases to exist, or too wide a prior beyond that"
    )
