"""What decisions cost and gain, in sentences."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from trifit.results import Abstention, BenefitCurve, Consequences, CostTable, Estimate, NetBenefit
from trifit.text import listed, rounded, signed_with_se, with_se


def decision_sentences(found: Consequences) -> list[str]:
    """Costs, net benefit and risk of every contestant."""
    return [
        *(cost_sentences(found.costs) if found.costs is not None else ()),
        *(benefit_sentences(found.net_benefit) if found.net_benefit is not None else ()),
        risk_sentence(found.abstention),
    ]


def cost_sentences(table: CostTable) -> Iterator[str]:
    """The cost per case that was promised and that came true, a sentence per contestant.

    Then the cost of the best action for everyone.
    """
    unit = f" {table.costs.unit}" if table.costs.unit else ""
    for name, record in table.contestants.items():
        promised = rounded(record.promised.value, record.came_true.se)
        true = with_se(record.came_true.value, record.came_true.se)
        yield f"{name} promised {promised}{unit} per case; it was {true}, {_excess(record.excess)}."
    action, cost = table.best_always
    yield f"The best single action for all cases, {action!r}, costs {with_se(cost.value, cost.se)}."


def _excess(excess: Estimate) -> str:
    if not excess.clear:
        return f"not clearly different ({signed_with_se(excess.value, excess.se)})"
    word = "more" if excess.value > 0 else "less"
    return f"{with_se(abs(excess.value), excess.se)} {word} than promised"


def benefit_sentences(b: NetBenefit) -> Iterator[str]:
    """Where the net benefit is clear, a sentence for all contestants of whom it is the same."""
    alike: dict[tuple[str, str], list[str]] = {}
    for name, curve in b.contestants.items():
        where = ranges(b.thresholds, curve, 1), ranges(b.thresholds, curve, -1)
        alike.setdefault(where, []).append(name)
    for (better, worse), names in alike.items():
        at = f"at thresholds {better}" if better else "at no threshold"
        below = f", and clearly below one of them at {worse}" if worse else ""
        yield (
            f"The net benefit of {listed(names)} for class {b.positive!r} is clearly above that of "
            f"treating all and of treating none {at}{below}."
        )


def ranges(thresholds: Sequence[float], curve: BenefitCurve, sign: int) -> str:
    """The thresholds at which a curve is clear in one direction, as ranges; empty: nowhere.

    Parameters
    ----------
    thresholds : sequence of float
    curve : BenefitCurve
    sign : {1, -1}
        Above both "treat all" and "treat none", or below one of them.
    """
    runs = groupby(zip(thresholds, curve.clear, strict=True), key=lambda pair: pair[1] == sign)
    found = [[t for t, _ in run] for there, run in runs if there]
    texts = [f"{run[0]:.2g}" + (f" to {run[-1]:.2g}" if len(run) > 1 else "") for run in found]
    return listed(texts) if texts else ""


def risk_sentence(a: Abstention) -> str:
    """The areas under the risk-coverage curves."""
    areas = [f"{with_se(c.area.value, c.area.se)} ({n})" for n, c in a.contestants.items()]
    return f"Area under the risk-coverage curve (lower is better): {listed(areas)}."
