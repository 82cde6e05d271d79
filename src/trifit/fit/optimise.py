"""A loss per row minimised from several starts: what MLE, MAP and least squares share."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec
import numpy as np

from trifit.cards import Optimiser
from trifit.diagnostics import OptimiserDiagnostics
from trifit.errors import InputError
from trifit.fit.density import Density, Objective, second_differences
from trifit.fit.minimise import SOLVERS, Path, at_kinks, lbfgs, newton, settle_kinks
from trifit.fits import Fit, Status
from trifit.rounding import finite
from trifit.scores import total_variation
from trifit.threads import limited
from trifit.types import BoolArray, FloatArray, Rows

Criterion = Literal["cross-entropy", "squared-error"]

MAX_NEWTON_PARAMS = 2_000
"""Most parameters for which second derivatives are asked for."""

STEEP = 1 / np.finfo(float).eps
"""A gradient per row with which rounding errors of theta change the loss by a nat: there is no
minimum nearby."""

NEWTON_SHARE = 5
"""Gradients that Newton steps may take where L-BFGS has not finished a network's MAP, as a multiple
of the card's steps."""

LBFGS_STEPS, LBFGS_STEPS_OF_FEW, FEW_PARAMS = 1_000, 100, 200
"""Most L-BFGS steps where Newton steps can follow, and with few parameters, whose second
derivatives cost less than further steps; collinear features would take thousands."""

MATERIAL, MATERIAL_PER_ROW = 1.0, 1e-4
"""Nats of log-likelihood that one parameter is charged (Akaike), and nats per row: a gain is
material above both."""

ASIDE, TRIES = 1e-3, 3
"""How far beside it a stalled optimiser starts again, relative to each weight; how often."""

ALIKE = 200
"""Rows on which the predictions of several starts are compared."""

HEAT = 50
"""Steps after which the best of several starts goes on alone, where only the best is asked for."""


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
    start: FloatArray | None = None,
    race: bool = False,
    record: bool = False,
) -> Fit:
    """Minimise a loss per row, from several starts; the best is kept.

    The loss is minus ``log_likelihood + prior * log_prior``, or the squared
    error (Brier score), which has no prior term. With several starts the
    diagnostics say how far their predictions are from the best's: the mean
    total-variation distance, 0 (all alike) to 1. Only fits without a prior are
    stopped early.

    Parameters
    ----------
    method : str
        Its name.
    density : Density
    rows : Rows
    settings : Optimiser
    rng : numpy Generator
        For starting points and a validation share.
    prior : float
        Weight of the log prior.
    criterion : {"cross-entropy", "squared-error"}
    held_out : Rows, optional
        Predicted along the path; nothing is learned from them.
    scales : array of shape (n_params,), optional
        Where learned prior scales are held; default: where they start.
    start : array of shape (n_params,), optional
        The one start; default: ``settings.starts`` random ones.
    race : bool
        Whether only the start that is best after :data:`HEAT` steps goes on.
    record : bool
        Whether the fit keeps its path.
    """
    began = time.perf_counter()
    validation = None
    if settings.validation and not prior:
        rows, validation = _split_off(rows, settings.validation, rng)
    objective = density.bind(rows.X, rows.labels)
    tested = None if held_out is None else density.bind(held_out.X, held_out.labels)
    validated = None if validation is None else density.bind(validation.X, validation.labels)

    def walk(settings: Optimiser, start: FloatArray | None) -> _Walk:
        theta = density.start(rng) if start is None else start.copy()
        if scales is not None:
            theta = np.where(density.scales, scales, theta)
        _, slope = objective(theta, prior=prior, jacobian=0.0)
        theta[(slope == 0) & ~density.scales] = 0.0  # no jitter where nothing pulls it back
        loss = MeanLoss(objective, theta, ~density.scales, prior, criterion)
        path = Path(
            cross_entropy=loss.cross_entropy_on(objective) if record else None,
            held_out=None if tested is None else loss.cross_entropy_on(tested),
            validation=None if validated is None else loss.cross_entropy_on(validated),
        )
        return _walk(loss, settings, path)

    with limited():
        if race and settings.starts > 1 and start is None:
            heat = msgspec.structs.replace(settings, max_steps=min(HEAT, settings.max_steps))
            start = _best([walk(heat, None) for _ in range(settings.starts)]).theta
        walks = [walk(settings, start) for _ in range(settings.starts if start is None else 1)]
        best = _best(walks)
        apart = _apart(density, walks, best, rows)
        if best.stalled(settings):
            best = _tried_again(best, settings)
    return Fit(
        method=method,
        draws=density.constrain(best.theta[None])[None],
        status=best.status,
        seconds=time.perf_counter() - began,
        diagnostics=OptimiserDiagnostics(
            objective=finite(float(best.loss)),
            gradient=finite(float(best.gradient)),
            steps=int(best.steps),
            starts=len(walks),
            **apart,
        ),
        path=tuple(best.path.rows),
        theta=best.theta,
    )


def _best(walks: "Sequence[_Walk]") -> "_Walk":
    return walks[int(np.argmin([walk.rank for walk in walks]))]


def _apart(
    density: Density, walks: "Sequence[_Walk]", best: "_Walk", rows: Rows
) -> dict[str, float | None]:
    """How far apart several starts ended: their predictions from the best's, their losses."""
    if len(walks) == 1:
        return {}
    probs = _probs(density, best.theta, rows.X[:ALIKE])
    apart = [
        total_variation(_probs(density, walk.theta, rows.X[:ALIKE]), probs).mean() for walk in walks
    ]
    return {
        "starts_spread": finite(float(np.mean(apart))),
        "starts_loss_range": finite(float(np.ptp([walk.rank for walk in walks]))),
    }


@dataclass(frozen=True, eq=False)
class MeanLoss:
    """A loss per row as a function of the entries of theta that are free.

    Parameters
    ----------
    objective : Objective
    theta : array of shape (n_params,)
        The start; its entries that are not free stay as they are.
    free : array of shape (n_params,)
    prior : float
        Weight of minus the log prior beside the cross-entropy.
    criterion : {"cross-entropy", "squared-error"}
    """

    objective: Objective
    theta: FloatArray
    free: BoolArray
    prior: float
    criterion: Criterion

    @property
    def start(self) -> FloatArray:
        """The free entries at the start."""
        return self.theta[self.free]

    def expand(self, part: FloatArray) -> FloatArray:
        """The whole theta of its free entries."""
        full = self.theta.copy()
        full[self.free] = part
        return full

    def __call__(self, part: FloatArray) -> tuple[float, FloatArray]:
        """Value and gradient, per row."""
        theta, weight = self.expand(part), self.objective.weight
        if self.criterion == "squared-error":
            value, gradient = self.objective.squared_error(theta)
            return value / weight, gradient[self.free] / weight
        value, gradient = self.objective(theta, prior=self.prior, jacobian=0.0)
        return -value / weight, -gradient[self.free] / weight

    def curvature(self, part: FloatArray) -> FloatArray:
        """Matrix of second derivatives, per row."""
        if self.criterion == "squared-error":
            return second_differences(lambda t: self(t)[1], part)
        hessian = self.objective.hessian(self.expand(part), prior=self.prior, jacobian=0.0)
        return np.asarray(-hessian[np.ix_(self.free, self.free)] / self.objective.weight)

    def cross_entropy_on(self, rows: Objective) -> Callable[[FloatArray], float]:
        """Cross-entropy of some rows, per row, as a function of the free entries."""
        return lambda part: -rows(self.expand(part), prior=0.0, jacobian=0.0)[0] / rows.weight


@dataclass(frozen=True, eq=False)
class _Walk:
    """Where one start ended."""

    mean_loss: MeanLoss
    theta: FloatArray
    loss: float
    gradient: float
    steps: int
    status: Status
    path: Path

    def stalled(self, settings: Optimiser) -> bool:
        """Whether L-BFGS gave up before its steps were used."""
        gave_up = self.status is Status.MAX_STEPS and settings.method == "lbfgs"
        return gave_up and self.path.best is None and self.steps < settings.max_steps

    @property
    def rank(self) -> float:
        """The validation loss, if there is one, else the loss: smallest for the best start."""
        value = self.path.best[0] if self.path.best else self.loss
        return value if np.isfinite(value) else np.inf


def _walk(loss: MeanLoss, settings: Optimiser, path: Path) -> _Walk:
    """One start to where it ends, and how it ended there."""
    part = loss.start
    if settings.method != "lbfgs" and len(part) > MAX_NEWTON_PARAMS:
        raise InputError(
            f"optimiser.method = {settings.method!r} needs second derivatives, too many with "
            f"{len(part)} parameters; use lbfgs"
        )
    part, steps = SOLVERS[settings.method](loss, part, _budget(loss, settings), path)
    at_kink = np.zeros(len(part), dtype=bool)
    if settings.method == "lbfgs" and path.best is None:
        part, more, at_kink = _finish(loss, part, settings)
        steps += more
    value, gradient = loss(part)
    largest = float(abs(gradient[~at_kink]).max(initial=0.0))
    if settings.method == "gradient-descent" and not value <= loss(loss.start)[0]:
        status = Status.STEP_TOO_LARGE
    elif path.best is not None:
        _, steps, part = path.best
        value, gradient = loss(part)
        largest, status = float(abs(gradient).max()), Status.STOPPED_EARLY
    elif not np.isfinite(value) or (loss.objective.linear is None and not largest < STEEP):
        part, status = loss.start, Status.UNBOUNDED
        value, gradient = loss(part)
        largest = float(abs(gradient).max())
    else:
        status = Status.CONVERGED if largest <= settings.tolerance else Status.MAX_STEPS
    path.visit(steps, part, largest, last=True)
    return _Walk(loss, loss.expand(part), value, largest, steps, status, path)


def _tried_again(walk: _Walk, settings: Optimiser) -> _Walk:
    """L-BFGS from beside where it stalled: the loss may have a kink there, and no zero gradient.

    STALLED where nothing materially lower is found; MAX_STEPS where every try still finds it.
    """
    loss, path, rng = walk.mean_loss, walk.path, np.random.default_rng(0)
    part, value, steps = walk.theta[loss.free], walk.loss, walk.steps
    status = Status.MAX_STEPS
    for _ in range(TRIES):
        aside = ASIDE * np.maximum(1.0, abs(part)) * rng.standard_normal(len(part))
        found, more = lbfgs(loss, part + aside, settings, Path())
        steps, lower, before = steps + more, loss(found)[0], value
        if lower < value:
            part, value = found, lower
        if not is_material(before - value, loss.objective.weight):
            status = Status.STALLED
            break
    largest = float(abs(loss(part)[1]).max())
    if largest <= settings.tolerance:
        status = Status.CONVERGED
    path.visit(steps, part, largest, last=True)
    return _Walk(loss, loss.expand(part), value, largest, steps, status, path)


def is_material(gain: float, weight: float) -> bool:
    """Whether a decrease of the loss per row is worth more than one parameter costs.

    Parameters
    ----------
    gain : float
        Nats per row.
    weight : float
        Number of rows.
    """
    return weight * gain >= max(MATERIAL, MATERIAL_PER_ROW * weight)


def _budget(loss: MeanLoss, settings: Optimiser) -> Optimiser:
    """The settings, with fewer L-BFGS steps where Newton steps finish what is left."""
    if (
        settings.method != "lbfgs"
        or loss.objective.linear is None
        or len(loss.start) > MAX_NEWTON_PARAMS
    ):
        return settings
    most = LBFGS_STEPS_OF_FEW if len(loss.start) <= FEW_PARAMS else LBFGS_STEPS
    return msgspec.structs.replace(settings, max_steps=min(settings.max_steps, most))


def _finish(
    loss: MeanLoss, part: FloatArray, settings: Optimiser
) -> tuple[FloatArray, int, BoolArray]:
    """Where L-BFGS got stuck: Newton steps, or entries held at the kinks of a prior."""
    nowhere = np.zeros(len(part), dtype=bool)
    if abs(loss(part)[1]).max() <= settings.tolerance:
        return part, 0, nowhere
    if loss.objective.linear is None:
        if not loss.prior:
            return part, 0, nowhere
        kinks = at_kinks(loss, part)
        if kinks.any():
            part, at_kink = settle_kinks(loss, part, kinks, settings)
            return part, 0, at_kink
        few = NEWTON_SHARE * settings.max_steps // (2 * len(part))  # 2 n_params gradients each
        if few == 0:
            return part, 0, nowhere
        settings = msgspec.structs.replace(settings, max_steps=few)
    if len(part) > MAX_NEWTON_PARAMS:
        return part, 0, nowhere
    # Features in units of very different size, or a network's valleys, are too much for L-BFGS.
    part, more = newton(loss, part, settings, Path())
    return part, more, nowhere


def _split_off(rows: Rows, share: float, rng: np.random.Generator) -> tuple[Rows, Rows]:
    """Training and validation rows, at random; rows that belong together stay together."""
    n = max(1, round(share * len(rows)))
    if n < len(rows) and rows.groups is not None:
        codes = rng.permutation(np.unique(rows.groups))
        size = np.bincount(rows.groups)[codes].cumsum()
        aside = np.isin(rows.groups, codes[: 1 + int(np.searchsorted(size, n))])
        if aside.all():
            raise InputError(f"optimiser.validation = {share}: one group alone cannot be split")
        return rows.take(np.flatnonzero(~aside)), rows.take(np.flatnonzero(aside))
    if n >= len(rows):
        raise InputError(
            f"optimiser.validation = {share}: leaves no row of {len(rows)} to train on"
        )
    order = rng.permutation(len(rows))
    return rows.take(np.sort(order[n:])), rows.take(np.sort(order[:n]))


def amended(fit: Fit, **numbers: float | None) -> OptimiserDiagnostics:
    """The diagnostics of a point fit with further numbers."""
    assert isinstance(fit.diagnostics, OptimiserDiagnostics)
    return msgspec.structs.replace(fit.diagnostics, **numbers)


def _probs(density: Density, theta: FloatArray, X: FloatArray) -> FloatArray:
    return np.asarray(np.exp(density.log_probs(density.constrain(theta[None]), X)[0]))
