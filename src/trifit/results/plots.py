"""A comparison's page and charts as methods.

They only call :mod:`trifit.report`, which stands above these records and is imported,
with matplotlib, when the first of them is used.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from inspect import signature
from typing import TYPE_CHECKING, Any, Concatenate, Self, overload

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Drawing[**P]:
    """A chart of one comparison: called it draws, ``frame`` is the same as a table."""

    method: "Callable[Concatenate[Any, P], Axes]"
    comparison: object

    def __call__(self, *args: P.args, **options: P.kwargs) -> "Axes":
        """Draw."""
        return self.method(self.comparison, *args, **options)

    def frame(self, *args: P.args, **options: P.kwargs) -> "pd.DataFrame":
        """What the chart draws, a row per mark, as a dataframe; takes what the chart takes."""
        given = signature(self.method).bind(self.comparison, *args, **options)
        given.apply_defaults()
        given.arguments.pop("ax")
        frame: pd.DataFrame = report("frames").FRAMES[self.method.__name__](
            *given.arguments.values()
        )
        return frame


class plot[**P]:
    """Make of a method one that is a :class:`Drawing` of its comparison."""

    def __init__(self, method: "Callable[Concatenate[Any, P], Axes]") -> None:
        self.method = method
        self.__doc__ = method.__doc__

    @overload
    def __get__(self, comparison: None, owner: type) -> Self: ...

    @overload
    def __get__(self, comparison: object, owner: type) -> Drawing[P]: ...

    def __get__(self, comparison: object | None, owner: type) -> Self | Drawing[P]:
        return self if comparison is None else Drawing(self.method, comparison)


class Plots:
    """Each method draws on the axes given, or on those of a new figure, and returns them.

    ``comparison.plot_gap()`` draws; ``comparison.plot_gap.frame()`` is what it draws, as a
    dataframe.
    """

    __slots__ = ()

    @plot
    def plot_reliability(self, *, ax: "Axes | None" = None) -> "Axes":
        """Confidence against accuracy of all fits, with 95 % confidence bands."""
        return _draw("reliability", self, ax=ax)

    @plot
    def plot_class_reliability(self, class_name: str, *, ax: "Axes | None" = None) -> "Axes":
        """Reliability curves of one class's probability under all fits."""
        return _draw("class_reliability", self, class_name, ax=ax)

    @plot
    def plot_confidences(self, *, ax: "Axes | None" = None) -> "Axes":
        """Histogram of the confidences of all fits."""
        return _draw("confidences", self, ax=ax)

    @plot
    def plot_differences(self, *, ax: "Axes | None" = None) -> "Axes":
        """Forest plot of the paired differences of log-loss."""
        return _draw("differences", self, ax=ax)

    @plot
    def plot_gap(self, *, ax: "Axes | None" = None) -> "Axes":
        """From the MLE's log-loss to the posterior's, step by step."""
        return _draw("gap", self, ax=ax)

    @plot
    def plot_gains(self, *, ax: "Axes | None" = None) -> "Axes":
        """The gain of temperature scaling for each model; at zero it is calibrated."""
        return _draw("gains", self, ax=ax)

    @plot
    def plot_coefficients(self, *, ax: "Axes | None" = None) -> "Axes":
        """The coefficients that stand out: posterior intervals, MAP and MLE."""
        return _draw("coefficients", self, ax=ax)

    @plot
    def plot_path(self, *, ax: "Axes | None" = None) -> "Axes":
        """Cross-entropy along the optimisers' steps."""
        return _draw("path", self, ax=ax)

    @plot
    def plot_scatter(self, a: str = "mle", b: str = "bayes", *, ax: "Axes | None" = None) -> "Axes":
        """Probability of the true class under two fits, a mark per held-out row."""
        return _draw("scatter", self, a, b, ax=ax)

    @plot
    def plot_map(self, fit: str = "bayes", *, ax: "Axes | None" = None) -> "Axes":
        """Class probabilities of one fit on a plane, further out than the data reach."""
        return _draw("probability_map", self, fit, ax=ax)

    @plot
    def plot_members(self, *, ax: "Axes | None" = None) -> "Axes":
        """Expected log-loss by the number of members that are averaged, and of more."""
        return _draw("members", self, ax=ax)

    @plot
    def plot_costs(self, *, ax: "Axes | None" = None) -> "Axes":
        """Cost per case that each model's probabilities promise, and that came true."""
        return _draw("costs", self, ax=ax)

    @plot
    def plot_net_benefit(self, *, ax: "Axes | None" = None) -> "Axes":
        """Net benefit by threshold, with pointwise 95 % bands."""
        return _draw("net_benefit", self, ax=ax)

    @plot
    def plot_risk_coverage(self, *, ax: "Axes | None" = None) -> "Axes":
        """Error rate of the most confident rows by their share."""
        return _draw("risk_coverage", self, ax=ax)

    def _repr_html_(self) -> str:
        """The answer and the scoreboard, for notebooks."""
        return str(report("notebook").render_notebook(self))


def _draw(chart: str, *given: Any, ax: "Axes | None") -> "Axes":
    axes: Axes = getattr(report("plots"), chart)(*given, ax=ax)
    return axes


def report(module: str) -> Any:
    """A module of :mod:`trifit.report`."""
    return import_module(f"trifit.report.{module}")
