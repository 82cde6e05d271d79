"""What each kind of method says of its own run, as plain data: in ``Fit`` and in comparison.json.

A number that does not exist (NaN, infinite) is None.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec

MAX_RHAT = 1.01
"""R-hat up to which chains agree."""

MIN_ESS_PER_CHAIN = 100
"""Effective draws per chain, of the bulk and of the tails, that estimates need."""

MIN_BFMI = 0.3
"""E-BFMI from which the sampler explores the tails."""

MAX_PARETO_K = 0.7
"""Above this the smoothed weights are not to be trusted, however many draws."""

SCALE_RANGE = (1 / 32, 32.0)
"""Factors of the prior's scale between which ``map-cv`` chooses."""


class _Numbers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Numbers that a training set has, of which the largest is the worst, or the smallest."""

    smallest_is_worst: ClassVar[frozenset[str]] = frozenset()


class Mixing(_Numbers, frozen=True, kw_only=True):
    """Whether chains agree, at its worst over some quantities.

    Attributes
    ----------
    rhat_max : float or None
        Rank-normalised split R-hat.
    ess_bulk_min, ess_tail_min : float or None
        Effective draws, of the bulk and of the tails.
    """

    smallest_is_worst = frozenset({"ess_bulk_min", "ess_tail_min"})

    rhat_max: float | None
    ess_bulk_min: float | None
    ess_tail_min: float | None


class OptimiserDiagnostics(
    _Numbers, frozen=True, kw_only=True, tag_field="kind", tag="optimiser", omit_defaults=True
):
    """Of a point fit.

    Attributes
    ----------
    objective : float or None
        The loss per row that was minimised, in nats or of the Brier score.
    gradient : float or None
        Its largest entry.
    steps : int
    starts : int
    starts_spread : float or None
        With several starts: mean total-variation distance of their predictions from the best's.
    starts_loss_range : float or None
        With several starts: the largest loss less the smallest.
    train_loss, train_right : float or None
        Where no maximum exists or was reached: cross-entropy of the training rows, and the
        share of them that is classified right.
    scale_factor : float or None
        Of ``map-cv``: the factor of the prior's scale that was chosen.
    """

    smallest_is_worst = frozenset({"train_right"})

    objective: float | None
    gradient: float | None
    steps: int
    starts: int = 1
    starts_spread: float | None = None
    starts_loss_range: float | None = None
    train_loss: float | None = None
    train_right: float | None = None
    scale_factor: float | None = None


class SamplerDiagnostics(
    _Numbers, frozen=True, kw_only=True, tag_field="kind", tag="sampler", omit_defaults=True
):
    """Of NUTS, or of the chains of normal proposals that take its place.

    Attributes
    ----------
    parameters : Mixing
    predictions : Mixing or None
        Of the log probabilities predicted for held-out rows; None where none are.
    divergences : int
    divergent_share : float
        Of all transitions.
    bfmi_min : float or None
        Smallest E-BFMI of any chain.
    depth_limited_share : float
        Share of the draws whose trees reached the largest depth.
    mean_steps : float
        Leapfrog steps per draw; 0 of normal proposals.
    score_error_share : float or None
        Monte Carlo error of log-loss or Brier score, as a share of the score's standard error.
    accepted : float or None
        Share of the normal proposals that were accepted; None where NUTS sampled.
    """

    smallest_is_worst = frozenset({"bfmi_min", "accepted"})

    parameters: Mixing
    predictions: Mixing | None = None
    divergences: int
    divergent_share: float
    bfmi_min: float | None
    depth_limited_share: float
    mean_steps: float
    score_error_share: float | None = None
    accepted: float | None = None

    @property
    def by_nuts(self) -> bool:
        """Whether NUTS sampled, in some training set at least."""
        return self.accepted is None or self.mean_steps > 0


class LaplaceDiagnostics(_Numbers, frozen=True, kw_only=True, tag_field="kind", tag="laplace"):
    """Of the normal approximation and the importance weights that correct it.

    Attributes
    ----------
    pareto_k : float or None
        Shape of the largest weights; above :data:`MAX_PARETO_K` they are not to be trusted.
    effective_min : float or None
        Effective draws after weighting.
    proposals : int
    """

    smallest_is_worst = frozenset({"effective_min"})

    pareto_k: float | None
    effective_min: float | None
    proposals: int


MAX_TEMPERATURE = 1e10
"""Temperatures lie between 1 / 1e10 and 1e10."""


class TemperatureDiagnostics(
    _Numbers, frozen=True, kw_only=True, tag_field="kind", tag="temperature"
):
    """Of a fit whose log-odds are divided by a temperature."""

    temperature: float


class VectorDiagnostics(_Numbers, frozen=True, kw_only=True, tag_field="kind", tag="vector"):
    """Of vector scaling: least and largest weight, and the range of the shifts.

    Only differences of shifts matter.
    """

    smallest_is_worst = frozenset({"weight_min"})

    weight_min: float
    weight_max: float
    shift_range: float


Diagnostics = (
    OptimiserDiagnostics
    | SamplerDiagnostics
    | LaplaceDiagnostics
    | TemperatureDiagnostics
    | VectorDiagnostics
)


def worst[Numbers: _Numbers](found: Sequence[Numbers]) -> Numbers:
    """Each number at its worst over training sets.

    One that does not exist is the worst; one that only some training sets have counts there.

    Examples
    --------
    >>> a, b = (TemperatureDiagnostics(temperature=t) for t in (1.5, 2.0))
    >>> worst([a, b])
    TemperatureDiagnostics(temperature=2.0)
    """
    kind = type(found[0])
    numbers: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        values = [getattr(each, field.name) for each in found]
        given = [value for value in values if value is not None]
        if not given or (field.required and len(given) < len(values)):
            numbers[field.name] = None
        elif isinstance(given[0], _Numbers):
            numbers[field.name] = worst(given)
        else:
            numbers[field.name] = (min if field.name in kind.smallest_is_worst else max)(given)
    return kind(**numbers)


def at_most(value: float | None, limit: float) -> bool:
    """Whether a number exists and is not above a limit."""
    return value is not None and value <= limit


def at_least(value: float | None, limit: float) -> bool:
    """Whether a number exists and is not below a limit."""
    return value is not None and value >= limit
