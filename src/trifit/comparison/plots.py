"""The page's charts as methods, for notebooks and papers.

Each draws on the axes given, or on those of a new figure, and returns them.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from trifit.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from trifit.comparison import (
        Comparison,
        Data,
        Difference,
        Disagreement,
        FitRecord,
        Parameter,
    )


class Plots:
    """Charts of a comparison; matplotlib is imported when the first is drawn."""

    __slots__ = ()

    if TYPE_CHECKING:  # what the comparison has
        data: Data
        fits: dict[str, FitRecord]
        differences: list[Difference]
        parameters: list[Parameter]
        disagreement: Disagreement

    def plot_reliability(self, *, ax: "Axes | None" = None) -> "Axes":
        """Confidence against accuracy of all fits, with 95 % confidence bands."""
        from trifit.report import charts

        curves = {n: f.top_label for n, f in self.fits.items()}
        return charts.top_labels(curves, n_classes=self.data.n_classes, ax=ax)

    def plot_class_reliability(self, class_name: str, *, ax: "Axes | None" = None) -> "Axes":
        """Reliability curves of one class's probability under all fits."""
        from trifit.report import charts

        names = self.data.class_names
        if class_name not in names:
            raise InputError(f"class_name {class_name!r}: none of the classes {', '.join(names)}")
        ax = charts.own_axes(ax, 4, 4)
        for name, fit in self.fits.items():
            charts.reliability(fit.classes[names.index(class_name)], name=name, ax=ax)
        charts.legend(ax)
        return ax

    def plot_confidences(self, *, ax: "Axes | None" = None) -> "Axes":
        """Histogram of the confidences of all fits."""
        from trifit.report import charts

        return charts.confidences({n: f.top_label for n, f in self.fits.items()}, ax=ax)

    def plot_differences(self, *, ax: "Axes | None" = None) -> "Axes":
        """Forest plot of the paired differences of log-loss."""
        from trifit.report import charts

        return charts.differences(self.differences, ax=ax)

    def plot_gap(self, *, ax: "Axes | None" = None) -> "Axes":
        """From the MLE's log-loss to the posterior's, step by step."""
        from trifit.report import charts

        return charts.waterfall(self.fits, self.differences, ax=ax)

    def plot_gains(self, *, ax: "Axes | None" = None) -> "Axes":
        """What one temperature gains for each fit; at zero it is calibrated."""
        from trifit.report import charts

        return charts.gains({n: f.gains["temperature"] for n, f in self.fits.items()}, ax=ax)

    def plot_coefficients(self, *, ax: "Axes | None" = None) -> "Axes":
        """The coefficients that stand out: posterior intervals, MAP and MLE."""
        from trifit.report import charts
        from trifit.report.sections.fits import ranked

        return charts.coefficients(ranked(self.parameters), ax=ax)

    def plot_path(self, *, ax: "Axes | None" = None) -> "Axes":
        """Cross-entropy along the optimisers' steps."""
        from trifit.report import charts

        return charts.path(self.fits, ax=ax)

    def plot_scatter(self, a: str = "mle", b: str = "bayes", *, ax: "Axes | None" = None) -> "Axes":
        """Probability of the true class under two fits, a mark per held-out row."""
        from trifit.report import charts

        rows = self.disagreement.rows
        for name in (a, b):
            _known(name, rows.probs)
        return charts.probability_scatter(rows, a, b, class_names=self.data.class_names, ax=ax)

    def plot_map(self, fit: str = "bayes", *, ax: "Axes | None" = None) -> "Axes":
        """Class probabilities of one fit on a plane, further out than the data reach."""
        from trifit.report import charts

        plane = self.disagreement.map
        if plane is None:
            raise InputError("no map: the data have one feature")
        _known(fit, plane.fits)
        return charts.probability_map(plane, fit, class_names=self.data.class_names, ax=ax)

    def _repr_html_(self) -> str:
        """The answer and the scoreboard, for notebooks."""
        from trifit.report import render_notebook

        return render_notebook(cast("Comparison", self))


def _known(fit: str, fits: Mapping[str, object]) -> None:
    if fit not in fits:
        raise InputError(f"fit {fit!r}: not among {', '.join(fits)}")
