"""The numbers of a comparison by flat names, as experiment trackers take them.

``CONTESTANT.SCORE`` is the value, and ``_se``, ``_low``, ``_high`` after it are its standard
error and 95 % interval: ``map.log_loss``, ``map.log_loss_se``. Scores: ``log_loss`` (nats),
``log_loss_bits``, ``brier``, ``accuracy``, ``calibration_error``, ``gain`` (temperature scaling),
``slope``; and ``CONTESTANT.n_impossible``, the rows whose label was given probability 0.
Baselines stand beside the contestants. Of members ``ensemble.averaging``, ``.total_entropy``,
``.expected_entropy``, ``.mutual_information``, ``.doubled`` and ``.unlimited``, in nats.
Where costs were given, ``CONTESTANT.cost_promised``, ``.cost_came_true`` and ``.cost_excess``, per
case; with costs or thresholds ``CONTESTANT.risk_area``. ``A-B.log_loss`` is the paired
difference of two.
Marks in names that a tracker may refuse are an underscore (``mle_T``). What is infinite or
does not exist is left out.
"""

import math
from collections.abc import Iterator, Mapping

from trifit.results.comparison import LOGARITHMIC, Comparison
from trifit.results.consequences import Consequences
from trifit.scores import Estimate
from trifit.text import slugs

ENSEMBLE = (
    "averaging",
    "total_entropy",
    "expected_entropy",
    "mutual_information",
    "doubled",
    "unlimited",
)


def metrics_of(c: Comparison) -> dict[str, float]:
    """All numbers of the scoreboard and the paired differences, by name."""
    slug = slugs(c.scoreboard)
    found: dict[str, float] = {}
    for name, scores in c.scoreboard.items():
        for score, estimate in scores.items():
            if not (score in LOGARITHMIC and c.infinite(name)):
                found.update(_numbers(f"{slug[name]}.{score}", estimate))
    for name, judged in c.contestants.items():
        if judged.calibration.slope is not None:
            found.update(_numbers(f"{slug[name]}.slope", judged.calibration.slope))
        found[f"{slug[name]}.n_impossible"] = judged.scores.n_impossible
    for d in c.differences:
        if not c.infinite(d.a, d.b):
            found.update(_numbers(f"{slug[d.a]}-{slug[d.b]}.log_loss", d.log_loss))
    for name in ENSEMBLE:
        number: Estimate | None = getattr(c.ensemble, name, None)
        if number is not None:
            found.update(_numbers(f"ensemble.{name}", number))
    found.update(_of_decisions(c.consequences, slug))
    return found


def _of_decisions(
    found: Consequences | None, slug: Mapping[str, str]
) -> Iterator[tuple[str, float]]:
    if found is None:
        return
    for name, record in (found.costs.contestants if found.costs is not None else {}).items():
        for kind in ("promised", "came_true", "excess"):
            yield from _numbers(f"{slug[name]}.cost_{kind}", getattr(record, kind))
    for name, curve in found.abstention.contestants.items():
        yield from _numbers(f"{slug[name]}.risk_area", curve.area)


def _numbers(name: str, estimate: Estimate) -> Iterator[tuple[str, float]]:
    parts = {"": estimate.value} | {f"_{k}": getattr(estimate, k) for k in ("se", "low", "high")}
    return ((f"{name}{end}", x) for end, x in parts.items() if math.isfinite(x))
