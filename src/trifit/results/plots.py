"""A comparison's page and charts as methods.

They only call :mod:`trifit.report`, which stands above these records and is imported,
with matplotlib, when the first of them is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Plots:
    """Each method draws on the axes given, or on those of a new figure, and returns them."""

    __slots__ = ()

    def plot_reliability(self, *, ax: "Axes | None" = None) -> "Axes":
        """Confidence against accuracy of all fits, with 95 % confidence bands."""
        return _draw("reliability", self, ax=ax)

    def plot_class_reliability(self, class_name: str, *, ax: "Axes | None" = None) -> "Axes":
        """Reliability curves of one class's probability under all fits."""
        return _draw("class_reliability", self, class_name, ax=ax)

    def plot_confidences(self, *, ax: "Axes | None" = None) -> "Axes":
        """Histogram of the confidences of all fits."""
        return _draw("confidences", self, ax=ax)

    def plot_differences(self, *, ax: "Axes | None" = None) -> "Axes":
        """Forest plot of the paired differences of log-loss."""
        return _draw("differences", self, ax=ax)

    def plot_gap(self, *, ax: "Axes | None" = None) -> "Axes":
        """From the MLE's log-loss to the posterior's, step by step."""
        return _draw("gap", self, ax=ax)

    def plot_gains(self, *, ax: "Axes | None" = None) -> "Axes":
        """What one temperature gains for each fit; at zero it is calibrated."""
        return _draw("gains", self, ax=ax)

    def plot_coefficients(self, *, ax: "Axes | None" = None) -> "Axes":
        """The coefficients that stand out: posterior intervals, MAP and MLE."""
        return _draw("coefficients", self, ax=ax)

    def plot_path(self, *, ax: "Axes | None" = None) -> "Axes":
        """Cross-entropy along the optimisers' steps."""
        return _draw("path", self, ax=ax)

    def plot_scatter(self, a: str = "mle", b: str = "bayes", *, ax: "Axes | None" = None) -> "Axes":
        """Probability of the true class under two fits, a mark per held-out row."""
        return _draw("scatter", self, a, b, ax=ax)

    def plot_map(self, fit: str = "bayes", *, ax: "Axes | None" = None) -> "Axes":
        """Class probabilities of one fit on a plane, further out than the data reach."""
        return _draw("probability_map", self, fit, ax=ax)

    def _repr_html_(self) -> str:
        """The answer and the scoreboard, for notebooks."""
        return str(report("notebook").render_notebook(self))


def _draw(chart: str, *given: Any, ax: "Axes | None") -> "Axes":
    axes: Axes = getattr(report("plots"), chart)(*given, ax=ax)
    return axes


def report(module: str) -> Any:
    """A module of :mod:`trifit.report`."""
    return import_module(f"trifit.report.{module}")
