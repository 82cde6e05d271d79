"""Decisions by probabilities: what they cost, what they gain, and what abstaining saves.

Pure array mathematics on probabilities and labels from anywhere (docs/decisions-and-costs.md).
"""

from trifit.decisions.asked import Costs, Thresholds
from trifit.decisions.benefit import Benefit, net_benefit
from trifit.decisions.costs import Decided, decide
from trifit.decisions.coverage import RiskCoverage, risk_coverage

__all__ = [
    "Benefit",
    "Costs",
    "Decided",
    "RiskCoverage",
    "Thresholds",
    "decide",
    "net_benefit",
    "risk_coverage",
]
