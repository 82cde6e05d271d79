"""Charts: functions of plain data and an optional ``ax`` that return the axes.

A notebook, a paper and the page share them.
"""

from trifit.normal import Z95
from trifit.report.charts.chains import energy, ranks
from trifit.report.charts.decisions import decision_costs, net_benefit, risk_coverage
from trifit.report.charts.disagreement import (
    confidence_by_distance,
    entropies,
    examples,
    probability_map,
    probability_scatter,
)
from trifit.report.charts.ensemble import members
from trifit.report.charts.fits import (
    coefficients,
    parameter_name,
    path,
    prior_posterior,
    sensitivity,
)
from trifit.report.charts.reliability import (
    confidence_accuracy,
    confidences,
    reliability,
    top_label,
    top_labels,
)
from trifit.report.charts.scores import (
    Length,
    changes,
    code_lengths,
    differences,
    gains,
    scores,
    waterfall,
)
from trifit.report.charts.style import (
    CLASS_STYLE,
    INK,
    RC,
    class_style,
    label,
    legend,
    look,
    mark,
    new_figure,
    own_axes,
    style,
    ticks,
)
from trifit.report.charts.subgroups import subgroup_slopes
from trifit.report.charts.truth import estimated_against_true, excess

__all__ = [
    "CLASS_STYLE",
    "INK",
    "RC",
    "Z95",
    "Length",
    "changes",
    "class_style",
    "code_lengths",
    "coefficients",
    "confidence_accuracy",
    "confidence_by_distance",
    "confidences",
    "decision_costs",
    "differences",
    "energy",
    "entropies",
    "estimated_against_true",
    "examples",
    "excess",
    "gains",
    "label",
    "legend",
    "look",
    "mark",
    "members",
    "net_benefit",
    "new_figure",
    "own_axes",
    "parameter_name",
    "path",
    "prior_posterior",
    "probability_map",
    "probability_scatter",
    "ranks",
    "reliability",
    "risk_coverage",
    "scores",
    "sensitivity",
    "style",
    "subgroup_slopes",
    "ticks",
    "top_label",
    "top_labels",
    "waterfall",
]
