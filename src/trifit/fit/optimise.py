"""MLE and MAP: maximise one objective at two weights of the prior."""

import time
from dataclasses import replace

import numpy as np
from scipy.optimize import minimize

from trifit.fit.density import Density, Objective
from trifit.fit.linear import LinearObjective
from trifit.separation import separation
from trifit.types import Fit, FloatArray, Status

GRADIENT_TOLERANCE = 1e-8
"""Stop when no component of the gradient **per training row** exceeds this (nats)."""

MAX_STEPS = 5_000
MAX_NEWTON_STEPS = 100


def fit_mle(density: Density, objective: Objective, rng: np.random.Generator) -> Fit:
    """Maximum likelihood: the least cross-entropy, no prior term.

    Where the log-odds are linear in the parameters, a certificate says whether
    a maximum exists; a separated fit is where the optimiser stopped, at a
    gradient of 1e-8 nats per row.
    """
    fit, theta = maximise("mle", density, objective, prior=0.0, rng=rng)
    if isinstance(objective, LinearObjective):
        verdict = separation(
            objective.design, objective.y, objective.to_weights.matrix, guess=theta
        )
        if verdict.exists is False:
            return replace(fit, status=Status.SEPARATED)
        if verdict.exists:
            return fit
    return replace(fit, status=Status.UNCERTIFIED) if fit.status is Status.CONVERGED else fit


def fit_map(
    density: Density, objective: Objective, rng: np.random.Generator
) -> tuple[Fit, FloatArray]:
    """Maximum a posteriori: the mode of the density in the model's own parameters.

    Returns the fit and its unconstrained ``theta``, where NUTS starts.
    """
    return maximise("map", density, objective, prior=1.0, rng=rng)


def maximise(
    method: str, density: Density, objective: Objective, *, prior: float, rng: np.random.Generator
) -> tuple[Fit, FloatArray]:
    """L-BFGS with exact gradients on ``log_likelihood + prior * log_prior`` per training row.

    Returns the fit and the unconstrained ``theta`` it ended at.
    """
    start = time.perf_counter()
    n = objective.n_obs

    def loss(theta: FloatArray) -> tuple[float, FloatArray]:
        value, gradient = objective(theta, prior=prior, jacobian=0.0)
        return -value / n, -gradient / n

    theta, steps = density.start(rng), 0
    # A line search that fails near rounding error is given a fresh start there.
    for _ in range(5):
        result = minimize(
            loss,
            theta,
            jac=True,
            method="L-BFGS-B",
            options={
                "gtol": GRADIENT_TOLERANCE,
                "ftol": 0.0,
                "maxiter": MAX_STEPS - steps,
                "maxfun": 10 * MAX_STEPS,
                "maxcor": 20,
            },
        )
        theta, steps = result.x, steps + result.nit
        largest = float(abs(loss(theta)[1]).max())
        if largest <= GRADIENT_TOLERANCE or steps >= MAX_STEPS or result.nit == 0:
            break
    if largest > GRADIENT_TOLERANCE and isinstance(objective, LinearObjective):
        theta, newton_steps = _newton(objective, theta, prior=prior)
        steps += newton_steps
    value, gradient = loss(theta)
    largest = float(abs(gradient).max())
    fit = Fit(
        method=method,
        draws=density.constrain(theta[None])[None],
        status=Status.CONVERGED if largest <= GRADIENT_TOLERANCE else Status.MAX_STEPS,
        seconds=time.perf_counter() - start,
        diagnostics={"objective": value, "gradient": largest, "steps": float(steps)},
    )
    return fit, theta


def _newton(
    objective: LinearObjective, theta: FloatArray, *, prior: float
) -> tuple[FloatArray, int]:
    """Damped Newton steps, for convex problems too ill-conditioned for L-BFGS.

    Features left in units of very different size make them; the Hessian is
    closed-form, and least squares passes over directions that change nothing.
    """
    n = objective.n_obs
    value, gradient = objective(theta, prior=prior, jacobian=0.0)
    for taken in range(MAX_NEWTON_STEPS):
        if abs(gradient).max() / n <= GRADIENT_TOLERANCE:
            return theta, taken
        curvature = -objective.hessian(theta, prior=prior, jacobian=0.0)
        scale = np.sqrt(np.maximum(np.diag(curvature), 1e-300))
        scaled = curvature / np.outer(scale, scale)
        step = np.linalg.lstsq(scaled, gradient / scale, rcond=1e-13)[0] / scale
        length = 1.0
        while length > 1e-8:
            proposal, new_gradient = objective(theta + length * step, prior=prior, jacobian=0.0)
            if proposal >= value - 1e-13 * max(1.0, abs(value)):  # up to rounding error
                break
            length /= 2
        else:
            return theta, taken
        theta, value, gradient = theta + length * step, proposal, new_gradient
    return theta, MAX_NEWTON_STEPS
