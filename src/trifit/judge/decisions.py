"""What decisions by forecasts cost and gain: from arrays to records."""

from collections.abc import Sequence

import numpy as np

from trifit.calibration import top_label
from trifit.decisions import Benefit, Costs, Thresholds, decide, net_benefit, risk_coverage
from trifit.forecasts import Forecasts
from trifit.inputs import label_probs
from trifit.results import (
    Abstention,
    BenefitCurve,
    Consequences,
    CostRecord,
    CostTable,
    CoverageCurve,
    NetBenefit,
)
from trifit.rounding import rounded
from trifit.scores import mean_with_se, paired_difference
from trifit.types import FloatArray

COVERAGE = np.arange(1, 101) / 100
"""Shares of the rows at which the risk is recorded."""


def consequences(
    forecasts: Forecasts,
    names: Sequence[str],
    costs: Costs | None,
    thresholds: Thresholds | None,
) -> Consequences | None:
    """What decisions by some contestants' probabilities cost and gain.

    Parameters
    ----------
    forecasts : Forecasts
    names : sequence of str
        The contestants.
    costs : Costs or None
    thresholds : Thresholds or None

    Returns
    -------
    Consequences or None
        None if neither is asked for.

    Raises
    ------
    InputError
        If they do not fit the classes.
    """
    if costs is None and thresholds is None:
        return None
    return Consequences(
        costs=None if costs is None else _costs(forecasts, names, costs),
        net_benefit=None if thresholds is None else _benefits(forecasts, names, thresholds),
        abstention=Abstention(
            coverage=COVERAGE.tolist(),
            contestants={name: _coverage(forecasts, name) for name in names},
        ),
    )


def _costs(forecasts: Forecasts, names: Sequence[str], costs: Costs) -> CostTable:
    y, groups = forecasts.labels, forecasts.groups
    matrix = costs.matrix(forecasts.class_names)
    found = {}
    for name in names:
        d = decide(forecasts.probs(name), y, matrix)
        shares = np.bincount(d.action, minlength=len(matrix)) / len(y)
        found[name] = CostRecord(
            promised=mean_with_se(d.promised, groups),
            came_true=mean_with_se(d.came_true, groups),
            excess=paired_difference(d.came_true, d.promised, groups),
            actions=dict(zip(costs.actions, shares.tolist(), strict=True)),
        )
    each = label_probs(y, len(forecasts.class_names)) @ matrix.T
    return CostTable(
        costs=costs,
        contestants=found,
        always={a: mean_with_se(each[:, i], groups) for i, a in enumerate(costs.actions)},
    )


def _benefits(forecasts: Forecasts, names: Sequence[str], thresholds: Thresholds) -> NetBenefit:
    k, grid = thresholds.positive_of(forecasts.class_names), thresholds.grid
    event = label_probs(forecasts.labels, len(forecasts.class_names))[:, k]

    def curve(prob: FloatArray) -> BenefitCurve:
        own = net_benefit(prob, event, grid, groups=forecasts.groups)
        over_all = net_benefit(prob, event, grid, groups=forecasts.groups, over_all=True)
        return BenefitCurve(
            value=rounded(own.value),
            low=rounded(own.low),
            high=rounded(own.high),
            clear=_clear(own, over_all),
        )

    return NetBenefit(
        positive=forecasts.class_names[k],
        prevalence=float(event.mean()),
        thresholds=grid.tolist(),
        treat_all=curve(np.ones(len(event))),
        contestants={name: curve(forecasts.probs(name)[:, k]) for name in names},
    )


def _clear(own: Benefit, over_all: Benefit) -> list[int]:
    better = (own.low > 0) & (over_all.low > 0)
    worse = (own.high < 0) | (over_all.high < 0)
    return [int(sign) for sign in better.astype(int) - worse]


def _coverage(forecasts: Forecasts, name: str) -> CoverageCurve:
    confidence, right = top_label(forecasts.probs(name), forecasts.labels)
    found = risk_coverage(confidence, 1 - right, forecasts.groups)
    return CoverageCurve(risk=rounded(found.at(COVERAGE)), area=found.area)
