"""What decisions by the probabilities cost and gain; see :mod:`trifit.decisions`."""

from trifit.decisions import Costs
from trifit.results.record import Record
from trifit.scores import Estimate


class CostRecord(Record, frozen=True, kw_only=True):
    """Cost per case of one contestant's own best actions.

    Attributes
    ----------
    promised : Estimate
        The expected cost under its own probabilities.
    came_true : Estimate
        The cost with the observed labels.
    excess : Estimate
        ``came_true - promised``, paired by rows: above 0 it cost more than was promised.
    actions : dict of str to float
        Share of the rows by action.
    """

    promised: Estimate
    came_true: Estimate
    excess: Estimate
    actions: dict[str, float]


class CostTable(Record, frozen=True, kw_only=True):
    """Costs, and what came of them.

    ``always`` is the cost per case of one action for everyone.
    """

    costs: Costs
    contestants: dict[str, CostRecord]
    always: dict[str, Estimate]

    @property
    def best_always(self) -> tuple[str, Estimate]:
        """The action that costs least if everyone gets it, and its cost per case."""
        return min(self.always.items(), key=lambda pair: pair[1].value)


class BenefitCurve(Record, frozen=True, kw_only=True):
    """Net benefit by threshold, with pointwise 95 % intervals.

    ``clear`` is 1 where it is clearly above both "treat all" and "treat none" (paired 95 %
    intervals), -1 where it is clearly below one of them, else 0.
    """

    value: list[float]
    low: list[float]
    high: list[float]
    clear: list[int]


class NetBenefit(Record, frozen=True, kw_only=True):
    """Net benefit of treating where the probability of ``positive`` reaches a threshold.

    ``prevalence`` is the frequency of that class; "treat none" is 0.
    """

    positive: str
    prevalence: float
    thresholds: list[float]
    treat_all: BenefitCurve
    contestants: dict[str, BenefitCurve]


class CoverageCurve(Record, frozen=True, kw_only=True):
    """Error rate of the most confident rows by coverage, and the area under that curve."""

    risk: list[float]
    area: Estimate


class Abstention(Record, frozen=True, kw_only=True):
    """Risk against coverage: only the most confident rows are answered.

    ``coverage`` are shares of the rows.
    """

    coverage: list[float]
    contestants: dict[str, CoverageCurve]


class Consequences(Record, frozen=True, kw_only=True):
    """What decisions by the probabilities cost, gain, and save by abstaining.

    Attributes
    ----------
    costs : CostTable or None
        None without costs.
    net_benefit : NetBenefit or None
        None without thresholds.
    abstention : Abstention
    """

    costs: CostTable | None
    net_benefit: NetBenefit | None
    abstention: Abstention
