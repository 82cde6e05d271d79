"""The rules from a verdict's numbers to one recommendation: docs/recommendations.md."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import msgspec

from trifit.contestants import FREQUENCIES
from trifit.forecasts import Forecasts
from trifit.normal import Z80, Z95, Z99
from trifit.recalibration import temperature
from trifit.results import (
    Advice,
    Calibration,
    Comparison,
    Estimate,
    Judged,
    SensitivityStep,
    Step,
    Success,
    Verdict,
)
from trifit.results.calibration import GOOD, MIN_EVENTS

MAX_SE = 2.0
"""Standard error of a slope above which its value says nothing of how many rows are needed."""

LEAST_MORE = 2.0
"""Where rows are too few, at least so many times as many are recommended."""

SUCCESS: Mapping[Step, Success] = {
    Step.USE: Success(right=100, worlds=100),
    Step.COLLECT: Success(right=90, worlds=100),
    Step.ORDER: Success(right=100, worlds=100),
    Step.DISCARD: Success(right=100, worlds=100),
    Step.RECALIBRATE: Success(right=97, worlds=100),
    Step.EARLY: Success(right=36, worlds=36),
    Step.PRIOR: Success(right=98, worlds=100),
}
"""From simulated worlds: the table of docs/recommendations.md, by benchmarks/advice.py."""


@dataclass(frozen=True)
class Remedy:
    """A step whose gain was measured on rows that it was not fitted on."""

    step: Step
    gain: Estimate
    method: str = ""
    factor: float | None = None


def advised(c: Comparison, forecasts: Forecasts) -> Comparison:
    """A comparison with the recommendation for every contestant."""
    return msgspec.structs.replace(
        c, advice={name: advice(c, name, forecasts) for name in c.contestants}
    )


def advice(c: Comparison, name: str, forecasts: Forecasts) -> Advice:
    """The recommendation for one contestant.

    Parameters
    ----------
    c : Comparison
        Whose numbers it follows from.
    name : str
    forecasts : Forecasts
        Of the judged rows, to which a recommended temperature is fitted.
    """
    judged = c.contestants[name]
    step, remedy = recommend(
        judged, list(remedies(c, name)), c.baselines[FREQUENCIES].log_loss.value
    )
    found = Advice(step=step, success=None if judged.uniform else SUCCESS.get(step))
    if step is Step.COLLECT:
        times = times_as_many(judged.calibration)
        n_rows = None if times is None else round_up(times * judged.calibration.n_obs)
        success = None if n_rows is None else found.success
        return msgspec.structs.replace(found, n_rows=n_rows, success=success)
    if remedy is None:
        return found
    divides = remedy.method == "temperature"
    return msgspec.structs.replace(
        found,
        gain=remedy.gain,
        method=remedy.method,
        temperature=temperature.fit(forecasts.log_probs[name], forecasts.labels).value
        if divides
        else None,
        **({} if remedy.factor is None else _wider(c, remedy.factor)),
    )


def recommend(
    judged: Judged, remedies: Sequence[Remedy], baseline: float
) -> tuple[Step, Remedy | None]:
    """The rules, in this order.

    1. not judged, or no MLE exists: none;
    2. a label has probability 0: raise zeros;
    3. it gives all classes the same probability in every row: discard;
    4. behaves like probabilities: use as is;
    5. uncertain: collect rows;
    6. no remedy gains anything, or the best one leaves a log-loss no lower than that of the class
       frequencies: use the order only, or, where the 95 % interval of the slope is not above 0,
       discard;
    7. else the simplest remedy whose gain is at most 1 % of the labels' entropy below the largest.

    Parameters
    ----------
    judged : Judged
    remedies : sequence of Remedy
        The simplest first.
    baseline : float
        Log-loss of the class frequencies, nats per row.
    """
    if judged.verdict in (Verdict.FAILED, Verdict.NO_MLE):
        return Step.NONE, None
    if judged.scores.n_impossible:
        return Step.RAISE_ZEROS, None
    if judged.uniform:
        return Step.DISCARD, None
    if judged.verdict in (Verdict.BEHAVES, Verdict.UNCERTAIN):
        return (Step.USE if judged.verdict is Verdict.BEHAVES else Step.COLLECT), None
    most = max((r.gain.value for r in remedies), default=0.0)
    if most <= 0 or judged.scores.log_loss.value - most >= baseline:
        return (Step.ORDER if judged.calibration.interval()[0] > 0 else Step.DISCARD), None
    enough = most - judged.calibration.margin
    chosen = next(r for r in remedies if r.gain.value > 0 and r.gain.value >= enough)
    return chosen.step, chosen


def remedies(c: Comparison, name: str) -> Iterator[Remedy]:
    """What would mend a contestant, the simplest first."""
    gains = c.contestants[name].calibration.gains
    maps = [Remedy(Step.RECALIBRATE, gain, method=method) for method, gain in gains.items()]
    yield from maps[:1]  # the temperature
    early = c.fits.get("mle-early")
    if name == "mle" and early is not None and not early.status.failed:
        for d in c.differences:
            if (d.a, d.b) == ("mle-early", "mle") and not c.infinite(d.a, d.b):
                yield Remedy(Step.EARLY, _less(d.log_loss))
    yield from _of_prior(_sensitivity(c, name))
    yield from maps[1:]


def _of_prior(steps: Sequence[SensitivityStep]) -> Iterator[Remedy]:
    """The prior's width of least log-loss, if it is not the one that was fitted."""
    known = [(s.difference, s.factor) for s in steps if s.difference is not None]
    if not known:
        return
    best, factor = min(known, key=lambda each: each[0].value)
    if best.value:
        yield Remedy(Step.PRIOR, _less(best), factor=factor)


def _sensitivity(c: Comparison, name: str) -> Sequence[SensitivityStep]:
    found = None if c.prior is None else c.prior.sensitivity
    if found is None:
        return ()
    return {"map": found.map, c.posterior_fit: found.bayes or ()}.get(name, ())


def _wider(c: Comparison, factor: float) -> dict[str, float]:
    """Of a prior with its log density divided by ``factor**2``: its width, and the setting."""
    wide = None if c.card is None else c.card.times_as_wide(factor)
    if c.card is None or wide is None:
        return {"factor": factor}
    scales = [] if c.prior is None else c.prior.scales
    scale = scales[-1].value if scales else c.card.hyperparameters.get("prior_scale")
    if not isinstance(scale, int | float):
        return {"factor": factor}
    return {"factor": wide, "prior_scale": wide * scale}


def _less(difference: Estimate) -> Estimate:
    """A difference of log-loss as a gain."""
    return Estimate(
        value=-difference.value, se=difference.se, low=-difference.high, high=-difference.low
    )


def times_as_many(c: Calibration) -> float | None:
    """How many times as many rows would decide an open verdict; None if that cannot be told.

    The interval of the slope is as wide as ``1 / sqrt(n_obs)``. Rows suffice if they exclude 1
    (at 99 %), or put the interval (95 %) inside the band, with power 80 % and the slope as it is.
    A slope that is not known is taken as 1. A suspected fault must show at 1 %.
    """
    events = MIN_EVENTS / max(c.n_events, 1)
    if c.slope is None:
        return None if c.enough_events else events
    if c.enough_events and c.side():  # clear, but a temperature gains nothing: a few rows decide
        return LEAST_MORE
    if c.enough_events and c.good_slope:
        return ((Z99 + Z80) / NormalDist().inv_cdf(1 - c.suspect_at / 2)) ** 2
    se = c.slope.se
    found = c.slope.value if c.enough_events and se <= MAX_SE else 1.0
    away, room = abs(found - 1), min(found - GOOD[0], GOOD[1] - found)
    precision = max(away / (Z99 + Z80), room / (Z95 + Z80))
    return max((se / precision) ** 2, events)


def round_up(x: float) -> int:
    """Two significant digits, rounded up: 1234.0 -> 1300."""
    step = int(10 ** max(0, math.floor(math.log10(max(x, 1))) - 1))
    return math.ceil(x / step) * step
