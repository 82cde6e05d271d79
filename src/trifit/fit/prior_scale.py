"""A prior scale chosen by the training rows: empirical Bayes, once, for MAP and posterior alike.

A card with ``prior_scale = "auto"`` leaves the number to the data. The scale that makes the
training labels most probable is chosen, with the coefficients integrated out (Laplace's
approximation of the evidence). It then is a fixed number: the MAP and the posterior have the same
prior, as with any other card, and "mode against average" stays a fair question. That the
scale is uncertain itself does not enter the posterior; ``prior = "hierarchical"`` is for that.
"""

import math
from collections.abc import Callable

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from trifit.cards import Card, Optimiser
from trifit.errors import InputError
from trifit.fit.density import Objective, Rescaled
from trifit.fit.folds import held_out_forecasts, inner_folds, mean_loss
from trifit.fit.minimise import Path, newton
from trifit.fit.objective import LinearObjective
from trifit.fit.optimise import MAX_NEWTON_PARAMS, MeanLoss
from trifit.fit.rescaled import RescaledLinear
from trifit.results import ChosenScale
from trifit.threads import limited
from trifit.types import FloatArray, Rows

LOG2_SCALES = range(-8, 6)
"""Powers of two that are looked at first: 0.004 to 32 in units of the standardised features."""

FOLD_LOG2_SCALES = range(-5, 4)
"""Those that inner folds choose from."""

MODE = Optimiser(tolerance=1e-9, max_steps=50)
"""How well the mode is found: an error of it moves the evidence by its square only. Where classes
are separable and the prior is wide, gradients are small far from the mode too."""

TYPICAL = 2.5
"""Scale of the half-Cauchy prior of the scale, in units of the standardised features: where labels
say little about it, something like the fixed default is chosen."""

DROP = 0.5 * 3.841
"""By how much (nats) the evidence falls from the best scale to the ends of its 95 % interval."""

FARTHEST = 8
"""Doublings after which an end of the interval is called 0 or infinity."""


def choose_scale(model: Rescaled, card: Card, rows: Rows, rng: np.random.Generator) -> ChosenScale:
    """The prior scale for some training rows.

    By the evidence where the log prior is quadratic and rows are independent, else by the
    log-loss of inner folds: the evidence would count rows of one group as rows of their own.

    Parameters
    ----------
    model : Rescaled
    card : Card
    rows : Rows
        Training rows.
    rng : numpy Generator
        Deals inner folds and starting points.

    Raises
    ------
    InputError
        If the model learns its scales itself.
    """
    density = model.at(1.0)
    if density.scales.any():
        raise InputError(
            f"prior_scale = 'auto': card {card.name!r} learns the scale of its prior itself; give "
            "a number, or --prior normal"
        )
    if (
        isinstance(model, RescaledLinear)
        and rows.groups is None
        and density.n_params <= MAX_NEWTON_PARAMS
    ):
        return by_evidence(model, rows)
    return by_inner_folds(model, card, rows, rng)


def by_evidence(model: RescaledLinear, rows: Rows) -> ChosenScale:
    """The scale with the largest evidence, and its 95 % interval.

    What is maximised over ``log s`` is ``log p(y | s) + log p(log s)``, with Laplace's
    approximation ``log p(y | s) = log p(y | theta) + log p(theta | s) + d/2 log 2 pi - 1/2 log
    det H`` at the mode. The weak prior of ``s`` is half-Cauchy with scale :data:`TYPICAL`
    (Gelman): as a density of ``log s`` it keeps the scale from zero where the features say
    nothing (Chung et al.), and from growing where separable classes let the evidence fall too
    slowly. The interval holds the scales whose evidence is at most :data:`DROP` below that.

    References
    ----------
    MacKay (1992), Neural Comput. 4(5), doi:10.1162/neco.1992.4.5.720;
    Gelman (2006), Bayesian Anal. 1(3), doi:10.1214/06-BA117A;
    Chung et al. (2013), Psychometrika 78(4), doi:10.1007/s11336-013-9328-2
    """
    density = model.at(1.0)
    bound, theta = density.bind(rows.X, rows.labels), np.zeros(density.n_params)

    def evidence(log_scale: float) -> float:
        nonlocal theta
        objective = bound.with_prior(*model.at(math.exp(log_scale)).prior)
        theta = _mode(objective, theta)
        return log_evidence(objective, theta)

    def score(log_scale: float) -> float:
        return evidence(log_scale) + log_half_cauchy(log_scale)

    grid = math.log(2.0) * np.array(LOG2_SCALES)
    with limited():
        best = float(grid[int(np.argmax([score(s) for s in grid]))])
        found = minimize_scalar(
            lambda s: -score(s),
            bounds=(best - math.log(2.0), best + math.log(2.0)),
            method="bounded",
            options={"xatol": 1e-3},
        )
        at = float(found.x)
        level = evidence(at) - DROP
        low, high = (_where_it_falls(evidence, at, level, side) for side in (-1, 1))
    bounded = math.isfinite(high)
    return ChosenScale(
        value=_short(math.exp(at)), low=_short(low), high=_short(high) if bounded else None
    )


def log_half_cauchy(log_scale: float) -> float:
    """Log density of ``log s``, up to a constant, where ``s`` is half-Cauchy."""
    return log_scale - math.log1p((math.exp(log_scale) / TYPICAL) ** 2)


def _where_it_falls(
    evidence: Callable[[float], float], at: float, level: float, side: int
) -> float:
    """The scale on one side of the best where the evidence is at a level; 0 or infinity if never.

    Parameters
    ----------
    evidence : callable
        Of the log of a scale, in nats.
    at : float
        Log of the best scale.
    level : float
        In nats.
    side : {-1, 1}
    """
    near = at
    for _ in range(FARTHEST):
        far = near + side * math.log(2.0)
        if evidence(far) < level:
            return math.exp(float(brentq(lambda s: evidence(s) - level, near, far, xtol=1e-2)))
        near = far
    return 0.0 if side < 0 else math.inf


def log_evidence(objective: Objective, theta: FloatArray) -> float:
    """Laplace's approximation of ``log p(y)`` in nats, at the mode of the posterior.

    Parameters
    ----------
    objective : Objective
    theta : array of shape (n_params,)
        The mode.
    """
    value, _ = objective(theta, prior=1.0, jacobian=1.0)
    _, log_det = np.linalg.slogdet(-objective.hessian(theta, prior=1.0, jacobian=1.0))
    return value + 0.5 * len(theta) * math.log(2 * math.pi) - 0.5 * float(log_det)


def by_inner_folds(
    model: Rescaled, card: Card, rows: Rows, rng: np.random.Generator
) -> ChosenScale:
    """The scale whose MAP predicts inner folds of the training rows best; no interval.

    Parameters
    ----------
    model : Rescaled
    card : Card
    rows : Rows
    rng : numpy Generator
    """
    folds, losses = list(inner_folds(rows, rng)), []
    for k in FOLD_LOG2_SCALES:
        forecasts = held_out_forecasts(model.at(2.0**k), folds, card.optimiser, rng, prior=1.0)
        losses.append(mean_loss(*forecasts))
    best = FOLD_LOG2_SCALES[int(np.argmin(losses))]
    return ChosenScale(value=2.0**best, by="inner folds")


def _mode(objective: LinearObjective, theta: FloatArray) -> FloatArray:
    free = np.ones(len(theta), dtype=np.bool_)
    loss = MeanLoss(objective, theta, free, prior=1.0, criterion="cross-entropy")
    return newton(loss, theta, MODE, Path())[0]


def _short(scale: float) -> float:
    """Three digits: more would say nothing."""
    return float(f"{scale:.3g}")
