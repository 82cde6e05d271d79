"""Charts of a comparison, for notebooks and papers.

Each draws on the axes given, or on those of a new figure, and returns them.
:class:`trifit.results.Comparison` has them as methods (``plot_reliability`` and so on).
"""

from collections.abc import Mapping

from matplotlib.axes import Axes

from trifit.errors import InputError
from trifit.report import charts
from trifit.report.sections.fits import ranked
from trifit.results import (
    Comparison,
    Consequences,
    CostTable,
    Division,
    Ensemble,
    NetBenefit,
    PrevalenceRecord,
    ProbabilityMap,
    Reliability,
    RowTable,
    TopLabel,
)


def reliability(c: Comparison, *, ax: Axes | None = None) -> Axes:
    """Confidence against accuracy of all fits, with 95 % confidence bands."""
    return charts.top_labels(_top_labels(c), n_classes=c.data.n_classes, ax=ax)


def class_reliability(c: Comparison, class_name: str, *, ax: Axes | None = None) -> Axes:
    """Reliability curves of one class's probability under all fits.

    Parameters
    ----------
    c : Comparison
    class_name : str
    ax : Axes, optional
        Default: of a new figure.
    """
    curves = curves_of(c, class_name)
    ax = charts.own_axes(ax, 4, 4)
    for name, curve in curves.items():
        charts.reliability(curve, name=name, ax=ax)
    charts.legend(ax)
    return ax


def confidences(c: Comparison, *, ax: Axes | None = None) -> Axes:
    """Histogram of the confidences of all fits."""
    return charts.confidences(_top_labels(c), ax=ax)


def differences(c: Comparison, *, ax: Axes | None = None) -> Axes:
    """Forest plot of the paired differences of log-loss."""
    return charts.differences(c.differences, ax=ax)


def gap(c: Comparison, *, ax: Axes | None = None) -> Axes:
    """From the MLE's log-loss to the posterior's, step by step."""
    losses = {name: judged.scores.log_loss for name, judged in c.contestants.items()}
    return charts.waterfall(losses, c.differences, ax=ax)


def gains(c: Comparison, *, ax: Axes | None = None) -> Axes:
    """Gain of temperature scaling for each model; 0 is calibrated."""
    return charts.gains({n: row["gain"] for n, row in c.scoreboard.items() if "gain" in row}, ax=ax)


def coefficients(c: Comparison, *, ax: Axes | None = None) -> Axes:
    """The coefficients that stand out: posterior intervals, MAP and MLE."""
    if not c.parameters:
        raise InputError("no coefficients: the model behind these predictions is not known")
    return charts.coefficients(ranked(c.parameters), ax=ax)


def path(c: Comparison, *, ax: Axes | None = None) -> Axes:
    """Cross-entropy along the optimisers' steps."""
    if not any(fit.path for fit in c.fits.values()):
        raise InputError("no path: these predictions do not come from an optimiser")
    return charts.path(c.fits, ax=ax)


def scatter(c: Comparison, a: str, b: str, *, ax: Axes | None = None) -> Axes:
    """Probability of the true class under two fits, a mark per held-out row.

    Parameters
    ----------
    c : Comparison
    a, b : str
        Fits; a across, b up.
    ax : Axes, optional
        Default: of a new figure.
    """
    return charts.probability_scatter(rows_of(c, a, b), a, b, class_names=c.data.class_names, ax=ax)


def probability_map(c: Comparison, fit: str, *, ax: Axes | None = None) -> Axes:
    """Class probabilities of one fit on a plane, further out than the data reach.

    Parameters
    ----------
    c : Comparison
    fit : str
    ax : Axes, optional
        Default: of a new figure.
    """
    return charts.probability_map(map_of(c, fit), fit, class_names=c.data.class_names, ax=ax)


def members(c: Comparison, *, ax: Axes | None = None) -> Axes:
    """Expected log-loss by the number of members that are averaged."""
    return charts.members(ensemble_of(c), ax=ax)


def ensemble_of(c: Comparison) -> Ensemble:
    """The members, if forecasts are averages of some.

    Raises
    ------
    InputError
    """
    if c.ensemble is None:
        raise InputError("no members: use trifit.evaluate_draws, or --draws")
    return c.ensemble


def costs(c: Comparison, *, ax: Axes | None = None) -> Axes:
    """Cost per case that each model's probabilities promise, and that came true."""
    return charts.decision_costs(costs_of(c), ax=ax)


def net_benefit(c: Comparison, *, ax: Axes | None = None) -> Axes:
    """Net benefit by threshold, with pointwise 95 % bands."""
    return charts.net_benefit(benefit_of(c), ax=ax)


def risk_coverage(c: Comparison, *, ax: Axes | None = None) -> Axes:
    """Error rate of the most confident rows by their share."""
    return charts.risk_coverage(consequences_of(c).abstention, ax=ax)


def divisions_of(c: Comparison) -> list[Division]:
    """Calibration by subgroup, if it was asked for.

    Raises
    ------
    InputError
    """
    if not c.divisions:
        raise InputError("no subgroups: say by which column (by=..., --by)")
    return c.divisions


def prevalence_of(c: Comparison) -> PrevalenceRecord:
    """Another prevalence, if it was asked for.

    Raises
    ------
    InputError
    """
    if c.prevalence_shift is None:
        raise InputError("no other prevalence: give one (prevalence=..., --prevalence)")
    return c.prevalence_shift


def consequences_of(c: Comparison) -> Consequences:
    """What decisions cost and gain, if it was asked for.

    Raises
    ------
    InputError
    """
    if c.consequences is None:
        raise InputError("no decisions: give costs or thresholds (--cost, --thresholds)")
    return c.consequences


def costs_of(c: Comparison) -> CostTable:
    """The costs, if there are some.

    Raises
    ------
    InputError
    """
    if (found := consequences_of(c).costs) is None:
        raise InputError("no costs: give some (costs=..., --cost)")
    return found


def benefit_of(c: Comparison) -> NetBenefit:
    """The net benefit, if there are thresholds.

    Raises
    ------
    InputError
    """
    if (found := consequences_of(c).net_benefit) is None:
        raise InputError("no net benefit: give thresholds (thresholds=..., --thresholds)")
    return found


def curves_of(c: Comparison, class_name: str) -> dict[str, Reliability]:
    """The curve of one class under every fit.

    Raises
    ------
    InputError
        If there is no such class, or it has no curve.
    """
    names = c.data.class_names
    if class_name not in names:
        raise InputError(f"class_name {class_name!r}: expected one of {', '.join(names)}")
    drawn = min(len(judged.classes) for judged in c.contestants.values())
    k = names.index(class_name)
    if k >= drawn:
        raise InputError(f"class_name {class_name!r}: only the first {drawn} classes have curves")
    return {name: judged.classes[k] for name, judged in c.contestants.items()}


def rows_of(c: Comparison, a: str, b: str) -> RowTable:
    """The held-out rows in a table, if both fits are in it.

    Parameters
    ----------
    c : Comparison
    a, b : str
        Fits.

    Raises
    ------
    InputError
    """
    if c.disagreement is None:
        raise InputError("no comparison of rows: it needs two models, and there is one")
    for name in (a, b):
        _known(name, c.disagreement.rows.probs)
    return c.disagreement.rows


def map_of(c: Comparison, fit: str) -> ProbabilityMap:
    """The map, if there is one and the fit is on it.

    Raises
    ------
    InputError
    """
    plane = None if c.disagreement is None else c.disagreement.map
    if plane is None:
        raise InputError("no map: the data have one feature, or no features are known")
    _known(fit, plane.fits)
    return plane


def _top_labels(c: Comparison) -> dict[str, TopLabel]:
    return {name: judged.top_label for name, judged in c.contestants.items()}


def _known(fit: str, fits: Mapping[str, object]) -> None:
    if fit not in fits:
        raise InputError(f"fit {fit!r}: expected one of {', '.join(fits)}")
