"""A prior scale chosen by the training rows: empirical Bayes, once, for MAP and posterior alike.

A card with ``prior_scale = "auto"`` leaves the number to the data. The scale that makes the
training labels most probable is chosen, with the coefficients integrated out (Laplace's
approximation of the evidence). It then is a fixed number: the MAP and the posterior have the same
prior, as with any other card, and "mode against average" stays a fair question. That the
scale is uncertain itself does not enter the posterior; ``prior = "hierarchical"`` is for that.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from functools import cache

import msgspec
import numpy as np
from scipy.optimize import brentq, minimize_scalar

from trifit.cards import Card
from trifit.clusters import n_groups
from trifit.errors import InputError
from trifit.fit.density import Rescaled
from trifit.fit.evidence import Evidence
from trifit.fit.folds import held_out_forecasts, inner_folds, mean_loss
from trifit.fit.optimise import MAX_NEWTON_PARAMS
from trifit.fit.rescaled import RescaledLinear
from trifit.results import ChosenScale
from trifit.threads import limited
from trifit.types import Rows

LOG2_SCALES = range(-8, 6)
"""Powers of two that may be looked at first: 0.004 to 32 in units of the standardised features."""

START = -1
"""The power of two that is looked at first."""

FOLD_LOG2_SCALES = range(-5, 4)
"""Those that inner folds choose from."""

TYPICAL = 2.5
"""Scale of the half-Cauchy prior of the scale, in units of the standardised features: where labels
say little about it, something like the fixed default is chosen."""

DROP = 0.5 * 3.841
"""By how much (nats) the evidence falls from the best scale to the ends of its 95 % interval."""

FEW_ROWS, PER_PARAM = 20_000, 100
"""Rows that choose, where there are more: that many, or that many for each parameter. The evidence
then knows the scale as well as the number of coefficients allows."""

LOOSE = 1e-5
"""Largest entry of the gradient, nats per row, of the refits in inner folds: they take half as long
as to 1e-8, and scales are a factor of two apart."""

HELD_OUT = 1_000
"""Rows (groups) held out in inner folds that suffice."""

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
        n_rows = rows_that_choose(len(rows), density.n_params)
        if n_rows < len(rows):
            rows = rows.take(np.sort(rng.permutation(len(rows))[:n_rows]))
        return by_evidence(model, rows)
    return by_inner_folds(model, card, rows, rng)


def rows_that_choose(n_rows: int, n_params: int) -> int:
    """How many of the training rows choose the scale by its evidence."""
    return min(n_rows, max(FEW_ROWS, PER_PARAM * n_params))


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
    evidence = Evidence(model, rows)

    def score(log_scale: float) -> float:
        return evidence(log_scale) + log_half_cauchy(log_scale)

    with limited():
        best = math.log(2.0) * highest(lambda k: score(k * math.log(2.0)), LOG2_SCALES)
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


def highest(score: Callable[[int], float], powers: range) -> int:
    """The power with the highest score, found uphill from the middle of the way.

    Parameters
    ----------
    score : callable
        Of a power of two; it rises, then falls.
    powers : range
        Those that are looked at.
    """
    at = START
    for side in (1, -1):
        while at + side in powers and score(at + side) > score(at):
            at += side
    return at


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
    folds = list(_enough(inner_folds(rows, rng)))
    tolerance = max(card.optimiser.tolerance, LOOSE)
    loosely = msgspec.structs.replace(card.optimiser, tolerance=tolerance)

    @cache
    def score(k: int) -> float:
        forecasts = held_out_forecasts(model.at(2.0**k), folds, loosely, rng, prior=1.0)
        return -mean_loss(*forecasts)

    return ChosenScale(value=2.0 ** highest(score, FOLD_LOG2_SCALES), by="inner folds")


def _enough(folds: Iterable[tuple[Rows, Rows]]) -> Iterator[tuple[Rows, Rows]]:
    """The first folds, until enough rows or groups are held out."""
    held_out = 0
    for train, test in folds:
        yield train, test
        held_out += len(test) if test.groups is None else n_groups(test.groups)
        if held_out >= HELD_OUT:
            return


def _short(scale: float) -> float:
    """Three digits: more would say nothing."""
    return float(f"{scale:.3g}")
