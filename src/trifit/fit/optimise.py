"""A loss per row minimised from several starts: what MLE, MAP and least squares share."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from trifit.cards import Optimiser
from trifit.errors import InputError
from trifit.fit.density import Density, Objective, second_differences
from trifit.fit.linear import LinearObjective
from trifit.fit.minimise import Path, gradient_descent, lbfgs, newton, settle_kinks
from trifit.fits import Fit, Status
from trifit.threads import limited
from trifit.types import FloatArray, Rows

Criterion = Literal["cross-entropy", "squared-error"]

MAX_NEWTON_PARAMS = 2_000
"""Most parameters for which second derivatives are asked for."""

ALIKE = 200
"""Rows on which the predictions of several starts are compared."""


def maximise(
    method: str,
    density: Density,
    rows: Rows,
    settings: Optimiser,
    rng: np.random.Generator,
    *,
    prior: float,
    criterion: Criterion = "cross-entropy",
    held_out: Rows | None = None,
    scales: FloatArray | None = None,
    record: bool = False,
) -> Fit:
    """Minimise a loss per row, from several starts; the best is kept.

    The loss is minus ``log_likelihood + prior * log_prior``, or the squared
    error (Brier score), which has no prior term. With several starts the
    diagnostics say how far their predictions are from the best's: the mean
    total-variation distance, 0 (all alike) to 1. Only fits without a prior are
    stopped early.
    """
    start = time.perf_counter()
    validation = None
    if settings.validation and not prior:
        rows, validation = _split_off(rows, settings.validation, rng)
    objective = density.bind(rows.X, rows.labels)
    with limited():
        walks = [
            _walk(
                density, objective, settings, rng,
                prior=prior, criterion=criterion, held_out=held_out, validation=validation,
                scales=scales, record=record,
            )
            for _ in range(settings.starts)
        ]  # fmt: skip
    best = min(walks, key=lambda walk: walk.rank)
    diagnostics = {
        "objective": best.loss,
        "gradient": best.gradient,
        "steps": float(best.steps),
    }
    if len(walks) > 1:
        probs = [_probs(density, walk.theta, rows.X[:ALIKE]) for walk in walks]
        ours = probs[walks.index(best)]
        diagnostics["starts"] = float(len(walks))
        diagnostics["starts_spread"] = float(
            np.mean([0.5 * abs(p - ours).sum(axis=1).mean() for p in probs])
        )
        diagnostics["starts_loss_range"] = float(np.ptp([walk.rank for walk in walks]))
    return Fit(
        method=method,
        draws=density.constrain(best.theta[None])[None],
        status=best.status,
        seconds=time.perf_counter() - start,
        diagnostics=diagnostics,
        path=tuple(best.path.rows),
        theta=best.theta,
    )


@dataclass(eq=False)
class _Walk:
    """Where one start ended."""

    theta: FloatArray
    loss: float
    gradient: float
    steps: int
    status: Status
    path: Path

    @property
    def rank(self) -> float:
        """What the best start has least of: the validation loss, or the loss."""
        value = self.path.best[0] if self.path.best else self.loss
        return value if np.isfinite(value) else np.inf


def _walk(
    density: Density,
    objective: Objective,
    settings: Optimiser,
    rng: np.random.Generator,
    *,
    prior: float,
    criterion: Criterion,
    held_out: Rows | None,
    validation: Rows | None,
    scales: FloatArray | None,
    record: bool,
) -> _Walk:
    theta = density.start(rng)
    free = ~density.scales
    if scales is not None:
        theta = np.where(density.scales, scales, theta)
    whole = theta

    def expand(part: FloatArray) -> FloatArray:
        full = whole.copy()
        full[free] = part
        return full

    def loss(part: FloatArray) -> tuple[float, FloatArray]:
        if criterion == "squared-error":
            value, gradient = objective.squared_error(expand(part))
            return value / objective.weight, gradient[free] / objective.weight
        value, gradient = objective(expand(part), prior=prior, jacobian=0.0)
        return -value / objective.weight, -gradient[free] / objective.weight

    def curvature(part: FloatArray) -> FloatArray:
        if criterion == "squared-error":
            return second_differences(lambda t: loss(t)[1], part)
        hessian = objective.hessian(expand(part), prior=prior, jacobian=0.0)
        return -hessian[np.ix_(free, free)] / objective.weight

    def cross_entropy(bound: Objective) -> Callable[[FloatArray], float]:
        return lambda part: -bound(expand(part), prior=0.0, jacobian=0.0)[0] / bound.weight

    def mean_loss(rows: Rows | None) -> Callable[[FloatArray], float] | None:
        return None if rows is None else cross_entropy(density.bind(rows.X, rows.labels))

    path = Path(
        cross_entropy(objective) if record else None, mean_loss(held_out), mean_loss(validation)
    )
    part = theta[free]
    at_kink = np.zeros(len(part), dtype=bool)
    if settings.method == "lbfgs":
        part, steps = lbfgs(loss, part, settings, path)
        stuck = abs(loss(part)[1]).max() > settings.tolerance and path.best is None
        if stuck and isinstance(objective, LinearObjective):
            # Features in units of very different size are too much for L-BFGS.
            part, more = newton(loss, part, settings, Path(), curvature)
            steps += more
        elif stuck and prior:
            part, at_kink = settle_kinks(loss, part, settings)
    else:
        if len(part) > MAX_NEWTON_PARAMS:
            raise InputError(
                f"optimiser.method = {settings.method!r} needs second derivatives, too many with "
                f"{len(part)} parameters; use lbfgs"
            )
        walk = newton if settings.method == "newton" else gradient_descent
        part, steps = walk(loss, part, settings, path, curvature)
    value, gradient = loss(part)
    largest = float(abs(gradient[~at_kink]).max(initial=0.0))
    if settings.method == "gradient-descent" and not value <= loss(theta[free])[0]:
        status = Status.STEP_TOO_LARGE
    elif path.best is not None:
        _, steps, part = path.best
        value, gradient = loss(part)
        largest, status = float(abs(gradient).max()), Status.STOPPED_EARLY
    else:
        status = Status.CONVERGED if largest <= settings.tolerance else Status.MAX_STEPS
    path.visit(steps, part, largest, last=True)
    return _Walk(expand(part), value, largest, steps, status, path)


def _split_off(rows: Rows, share: float, rng: np.random.Generator) -> tuple[Rows, Rows]:
    """Training and validation rows, at random."""
    n = max(1, round(share * len(rows)))
    if n >= len(rows):
        raise InputError(
            f"optimiser.validation = {share}: leaves no row of {len(rows)} to train on"
        )
    order = rng.permutation(len(rows))
    return rows.take(np.sort(order[n:])), rows.take(np.sort(order[:n]))


def _probs(density: Density, theta: FloatArray, X: FloatArray) -> FloatArray:
    return np.asarray(np.exp(density.log_probs(density.constrain(theta[None]), X)[0]))
