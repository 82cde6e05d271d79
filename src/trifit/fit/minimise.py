"""Three minimisers of one kind of problem: a mean loss per row, with its gradient.

Each walks from a start and tells a :class:`Path` where it has been.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from scipy.optimize import minimize

from trifit.cards import Optimiser
from trifit.remembered import Remembered
from trifit.types import BoolArray, FloatArray

Loss = Callable[[FloatArray], tuple[float, FloatArray]]
"""Mean loss per row (nats) and its gradient."""


class SmoothLoss(Protocol):
    """A loss that knows its second derivatives."""

    def __call__(self, theta: FloatArray, /) -> tuple[float, FloatArray]:
        """Mean loss per row (nats) and its gradient."""
        ...

    def curvature(self, theta: FloatArray, /) -> FloatArray:
        """Matrix of second derivatives of the mean loss."""
        ...


DENSE_STEPS = 50
"""So many first steps are all recorded, later ones every 5 %."""

KINK, KINK_STEP, MAX_KINK_ROUNDS = 1e-2, 1e-9, 20
"""Entries this near zero may belong there; how near to look; how often to try."""

PATIENCE = 50
"""Early stopping: steps without a better validation loss after which it gives up."""


@dataclass
class Path:
    """Where an optimiser has been: step, cross-entropy, gradient norm, held-out loss.

    Parameters
    ----------
    cross_entropy : callable, optional
        Training cross-entropy per row (nats) of a theta; without it nothing is recorded.
    held_out : callable, optional
        Mean cross-entropy of rows that train nothing.
    validation : callable, optional
        The same on validation rows: then the best step is kept, and the walk
        ends when 50 steps have not bettered it.
    """

    cross_entropy: Callable[[FloatArray], float] | None = None
    held_out: Callable[[FloatArray], float] | None = None
    validation: Callable[[FloatArray], float] | None = None
    rows: list[tuple[int, float, float, float | None]] = field(default_factory=list)
    best: tuple[float, int, FloatArray] | None = None
    _next: int = 0

    def visit(self, step: int, theta: FloatArray, gradient: float, *, last: bool = False) -> bool:
        """Record a step; False asks the walk to end.

        Parameters
        ----------
        step : int
        theta : array of shape (n_params,)
        gradient : float
            Largest entry of the gradient, in size.
        last : bool
            Record it whatever its number.
        """
        if self.cross_entropy is not None and (step >= self._next or last):
            held_out = None if self.held_out is None else self.held_out(theta)
            row = (step, self.cross_entropy(theta), gradient, held_out)
            if self.rows and self.rows[-1][0] == step:
                self.rows.pop()
            self.rows.append(row)
            self._next = step + 1 if step < DENSE_STEPS else int(np.ceil(1.05 * step))
        if self.validation is None:
            return True
        score = self.validation(theta)
        if self.best is None or score < self.best[0]:
            self.best = (score, step, theta.copy())
        return step - self.best[1] < PATIENCE


def lbfgs(loss: Loss, theta: FloatArray, settings: Optimiser, path: Path) -> tuple[FloatArray, int]:
    """L-BFGS; a line search that fails near rounding error gets a fresh start there.

    Parameters
    ----------
    loss : callable
        Theta to loss and gradient.
    theta : array of shape (n_params,)
        Where to start.
    settings : Optimiser
    path : Path
        Told every step.

    References
    ----------
    Byrd, Lu, Nocedal & Zhu (1995), SIAM J. Sci. Comput. 16(5), doi:10.1137/0916069
    """
    steps, stopped = 0, False
    remembered = Remembered(loss)

    def visit(xk: FloatArray) -> None:
        nonlocal steps, stopped
        steps += 1
        if not path.visit(steps, xk, _largest(remembered.gradient(xk))):
            stopped = True
            raise StopIteration

    path.visit(0, theta, _largest(remembered.gradient(theta)))
    for _ in range(5):
        before = steps
        result = minimize(
            remembered,
            theta,
            jac=remembered.gradient,
            method="L-BFGS-B",
            callback=visit,
            options={
                "gtol": settings.tolerance,
                "ftol": 0.0,
                "maxiter": settings.max_steps - steps,
                "maxfun": 10 * settings.max_steps,
                "maxcor": 20,
            },
        )
        theta = result.x
        if stopped or _largest(loss(theta)[1]) <= settings.tolerance:
            break
        if steps >= settings.max_steps or steps == before:
            break
    return theta, steps


def at_kinks(loss: Loss, theta: FloatArray) -> BoolArray:
    """Which entries belong at zero, where the gradient jumps and points there from both sides.

    A smooth loss may have its minimum there too, but then half the step has half the difference.
    """
    found = np.zeros(len(theta), dtype=bool)
    for j in np.flatnonzero(abs(theta) < KINK).tolist():

        def around(step: float, j: int = j) -> tuple[float, float]:
            below, above = theta.copy(), theta.copy()
            below[j], above[j] = -step, step
            return float(loss(below)[1][j]), float(loss(above)[1][j])

        below, above = around(KINK_STEP)
        if below <= 0 <= above and below < above:
            half_below, half_above = around(KINK_STEP / 2)
            found[j] = half_above - half_below > 0.75 * (above - below)
    return found


def settle_kinks(
    loss: Loss, theta: FloatArray, now: BoolArray, settings: Optimiser
) -> tuple[FloatArray, BoolArray]:
    """Finish where the loss has kinks at zero, as with Laplace priors.

    There the gradient jumps, and entries belong at zero exactly where it points
    to zero from both sides. Those are held there and the others optimised until
    nothing changes; returned with the mask of the held ones.

    Parameters
    ----------
    loss : callable
        Theta to loss and gradient.
    theta : array of shape (n_params,)
        Where to start.
    now : array of shape (n_params,)
        Which entries are to be held first: those :func:`at_kinks`.
    settings : Optimiser
    """
    held = np.zeros(len(theta), dtype=bool)
    for _ in range(MAX_KINK_ROUNDS):
        theta = np.where(now, 0.0, theta)
        free = ~now

        def of_free(
            part: FloatArray, at: FloatArray = theta, free: BoolArray = free
        ) -> tuple[float, FloatArray]:
            full = at.copy()
            full[free] = part
            value, gradient = loss(full)
            return value, gradient[free]

        if free.any():
            theta = theta.copy()
            theta[free] = lbfgs(of_free, theta[free], settings, Path())[0]
        settled = bool((now == held).all())
        held = now
        if settled and (not free.any() or _largest(of_free(theta[free])[1]) <= settings.tolerance):
            break
        now = at_kinks(loss, theta)
    return theta, held


def newton(
    loss: SmoothLoss, theta: FloatArray, settings: Optimiser, path: Path
) -> tuple[FloatArray, int]:
    """Damped Newton steps on the mean loss with its matrix of second derivatives.

    Directions without curvature are passed over, and a negative one counts by
    its size, so that every step goes down. Ends where second derivatives are not finite.

    Parameters
    ----------
    loss : SmoothLoss
    theta : array of shape (n_params,)
        Where to start.
    settings : Optimiser
    path : Path
        Told every step.

    References
    ----------
    Nocedal & Wright (2006), Numerical Optimization, section 3.4, doi:10.1007/978-0-387-40065-5
    """
    value, gradient = loss(theta)
    for step in range(settings.max_steps):
        if not path.visit(step, theta, _largest(gradient)):
            return theta, step
        if _largest(gradient) <= settings.tolerance:
            return theta, step
        with np.errstate(all="ignore"):  # far out, densities overflow
            curvature = loss.curvature(theta)
        if not np.isfinite(curvature).all():
            return theta, step
        direction = _newton_direction(curvature, gradient)
        length = 1.0
        while length > 1e-8:
            proposal, new_gradient = loss(theta + length * direction)
            if proposal <= value + 1e-13 * max(1.0, abs(value)):  # up to rounding error
                break
            length /= 2
        else:
            return theta, step
        theta, value, gradient = theta + length * direction, proposal, new_gradient
    return theta, settings.max_steps


def gradient_descent(
    loss: SmoothLoss, theta: FloatArray, settings: Optimiser, path: Path
) -> tuple[FloatArray, int]:
    """``theta <- theta - step_size * gradient``, nothing else.

    A step size that is too large makes the loss grow: then the walk ends at
    once, and the last theta's gradient says that it failed.

    Parameters
    ----------
    loss : SmoothLoss
    theta : array of shape (n_params,)
        Where to start.
    settings : Optimiser
    path : Path
        Told every step.
    """
    step_size = settings.step_size or 1.0 / _largest_curvature(loss, theta)
    value, gradient = loss(theta)
    start = value
    for step in range(settings.max_steps):
        if not path.visit(step, theta, _largest(gradient)):
            return theta, step
        if _largest(gradient) <= settings.tolerance:
            return theta, step
        theta = theta - step_size * gradient
        value, gradient = loss(theta)
        if not np.isfinite(value) or value > 10 * abs(start) + 10:
            return theta, step + 1
    return theta, settings.max_steps


def _largest(gradient: FloatArray) -> float:
    return float(abs(gradient).max(initial=0.0))


def _newton_direction(curvature: FloatArray, gradient: FloatArray) -> FloatArray:
    scale = np.sqrt(np.maximum(abs(np.diag(curvature)), 1e-300))
    values, vectors = np.linalg.eigh(curvature / np.outer(scale, scale))
    values = abs(values)
    inverse = np.where(values > 1e-13 * values.max(), 1 / np.maximum(values, 1e-300), 0.0)
    return np.asarray(-(vectors @ (inverse * (vectors.T @ (gradient / scale)))) / scale)


def _largest_curvature(loss: SmoothLoss, theta: FloatArray) -> float:
    return float(np.linalg.eigvalsh(loss.curvature(theta))[-1])


SOLVERS: Mapping[
    str, Callable[[SmoothLoss, FloatArray, Optimiser, Path], tuple[FloatArray, int]]
] = {"lbfgs": lbfgs, "newton": newton, "gradient-descent": gradient_descent}
"""From a start to where it ends, and the steps it took; by the name that a card gives."""
