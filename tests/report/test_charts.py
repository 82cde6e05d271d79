"""Charts: plain data and an optional ``ax`` in, axes out; marks that carry their values."""

import re

import msgspec
import numpy as np
import pytest
from matplotlib.axes import Axes

from made_up import made_up
from trifit.contestants import CONTESTANTS
from trifit.errors import InputError
from trifit.report import charts
from trifit.report.charts import Length
from trifit.report.charts.fits import runs_to
from trifit.report.charts.style import scatter
from trifit.report.frame import extent, new_picture
from trifit.report.parts import chart, class_keys, fit_keys, panels, shape
from trifit.report.svg import to_svg, with_style
from trifit.results import Estimate
from trifit.text import with_minus

C = made_up()
NAMES = C.data.class_names
MAP = C.contestants["map"]
TOP = {name: judged.top_label for name, judged in C.contestants.items()}
LOSSES = {name: judged.scores.log_loss for name, judged in C.contestants.items()}
ROWS = C.disagreement.rows


def without(part):
    """The comparison without a part of its decisions."""
    found = msgspec.structs.replace(C.consequences, **{part: None})
    return msgspec.structs.replace(C, consequences=found)


DRAWN = {
    "members": lambda ax: charts.members(C.ensemble, ax=ax),
    "decision_costs": lambda ax: charts.decision_costs(C.consequences.costs, ax=ax),
    "net_benefit": lambda ax: charts.net_benefit(C.consequences.net_benefit, ax=ax),
    "risk_coverage": lambda ax: charts.risk_coverage(C.consequences.abstention, ax=ax),
    "subgroup_slopes": lambda ax: charts.subgroup_slopes(C.divisions[0], ax=ax),
    "scores": lambda ax: charts.scores(LOSSES, xlabel="x", ax=ax),
    "differences": lambda ax: charts.differences(C.differences, ax=ax),
    "gains": lambda ax: charts.gains(MAP.calibration.gains, ax=ax),
    "changes": lambda ax: charts.changes(LOSSES, ax=ax),
    "waterfall": lambda ax: charts.waterfall(LOSSES, C.differences, ax=ax),
    "code_lengths": lambda ax: charts.code_lengths([Length("mle", 1.0)], ax=ax),
    "reliability": lambda ax: charts.reliability(MAP.classes[0], name="map", ax=ax),
    "top_label": lambda ax: charts.top_label(TOP["map"], name="map", ax=ax),
    "top_labels": lambda ax: charts.top_labels(TOP, ax=ax),
    "confidences": lambda ax: charts.confidences(TOP, ax=ax),
    "confidence_accuracy": lambda ax: charts.confidence_accuracy(
        {"mle": 0.9}, {"mle": C.scoreboard["mle"]["accuracy"]}, ax=ax
    ),
    "probability_scatter": lambda ax: charts.probability_scatter(
        ROWS, "mle", "bayes", class_names=NAMES, ax=ax
    ),
    "entropies": lambda ax: charts.entropies(ROWS, "bayes", class_names=NAMES, ax=ax),
    "examples": lambda ax: charts.examples(
        C.disagreement.examples, ["mle", "bayes"], class_names=NAMES, ax=ax
    ),
    "confidence_by_distance": lambda ax: charts.confidence_by_distance(
        C.disagreement.by_distance, "mle", ax=ax
    ),
    "probability_map": lambda ax: charts.probability_map(
        C.disagreement.map, "bayes", class_names=NAMES, ax=ax
    ),
    "coefficients": lambda ax: charts.coefficients(C.parameters[:5], ax=ax),
    "path": lambda ax: charts.path(C.fits, ax=ax),
    "prior_posterior": lambda ax: charts.prior_posterior(C.prior.posterior.rows, ax=ax),
    "sensitivity": lambda ax: charts.sensitivity(C.prior.sensitivity, ax=ax),
    "ranks": lambda ax: charts.ranks(C.chain_diagnostics.ranks[0], ax=ax),
    "energy": lambda ax: charts.energy(C.chain_diagnostics, ax=ax),
    "estimated_against_true": lambda ax: charts.estimated_against_true(
        C.truth, "bayes", class_names=NAMES, ax=ax
    ),
    "excess": lambda ax: charts.excess(C.truth, ax=ax),
}


def test_every_chart_function_is_tried():
    functions = {name for name in charts.__all__ if callable(getattr(charts, name))}
    helpers = {
        "Length", "class_style", "label", "legend", "look", "mark", "new_figure",
        "own_axes", "parameter_name", "style", "ticks",
    }  # fmt: skip
    assert functions - helpers == set(DRAWN)


@pytest.mark.parametrize("name", DRAWN)
def test_a_chart_takes_axes_and_returns_them(name):
    own = DRAWN[name](None)
    assert isinstance(own, Axes)
    _, grid = charts.new_figure(4, 4)
    assert DRAWN[name](grid[0, 0]) is grid[0, 0]


@pytest.mark.parametrize("name", DRAWN)
def test_a_chart_becomes_clean_svg(name):
    with with_style():
        figure, grid = charts.new_figure(4, 4)
        DRAWN[name](grid[0, 0])
        svg = to_svg(figure, name="x", description="What it shows.")
        figure, ax = new_picture(4, 4)  # a page's, without ticks of matplotlib's
        DRAWN[name](ax)
        assert to_svg(figure, name="x", description="What it shows.") == svg
    assert 'style="' not in svg
    assert "<style" not in svg
    assert charts.INK not in svg
    assert "mark:" not in svg
    assert re.findall(r'\bid="(?!x-)', svg) == []
    assert name == "energy" or "data-tip" in svg


@pytest.mark.parametrize("name", DRAWN)
def test_a_chart_is_laid_out_as_matplotlib_would(name):
    """Our margins against constrained layout's, in points; all texts stay in the picture.

    A fixed aspect leaves room to the left and right: there sizes are compared.
    """
    with with_style():
        figure, grid = charts.new_figure(7, 4)
        ax = DRAWN[name](grid[0, 0])
        figure.draw_without_rendering()
        theirs = ax.get_position().extents * (7, 4, 7, 4) * 72
        svg = to_svg(figure, name="x", description="What it shows.")
        ours = ax.get_position().extents * (7, 4, 7, 4) * 72
    if ax.get_aspect() == "auto":
        assert ours == pytest.approx(theirs, abs=2.5)
    else:
        assert ours[2:] - ours[:2] == pytest.approx(theirs[2:] - theirs[:2], abs=2.5)
    for text in re.findall(r"<text ([^>]*)>([^<]*)<", svg):
        given = dict(re.findall(r'([\w-]+)="([^"]*)"', text[0]))
        size = float(given["font-size"].removesuffix("px"))
        width = extent(text[1], size)[0]
        left = {"middle": width / 2, "end": width}.get(given.get("text-anchor"), 0.0)
        x, y = float(given["x"]), float(given["y"])
        if "transform" not in given:
            assert -0.1 <= x - left <= x - left + width <= 504.1
        assert 0.7 * size <= y <= 288


def test_turned_labels_are_turned_and_have_room():
    with with_style():
        figure, grid = charts.new_figure(4, 4)
        ax = grid[0, 0]
        charts.ticks(ax, "x", [0, 1], ["a long name", "b"])
        ax.tick_params(axis="x", rotation=45)
        figure.draw_without_rendering()
        theirs = ax.get_position().y0
        svg = to_svg(figure, name="x", description="x")
    assert len(re.findall(r"rotate\(-45 ", svg)) == 2
    assert ax.get_position().y0 == pytest.approx(theirs, abs=5 / 288)


@pytest.mark.parametrize(
    "look",
    [
        {"color": "#0072B2", "marker": "^", "zorder": 3},
        {"color": "#0072B2", "marker": "_", "lw": 1.6},
        {"color": "none", "edgecolor": charts.INK, "lw": 0.5, "alpha": 0.8},
        {"color": "#0072B2", "edgecolor": charts.INK, "marker": ">", "clip_on": False},
    ],
)
@pytest.mark.parametrize("xs", [[1.0, 2.0, 4.0], [3.0], []])
def test_marks_are_those_of_matplotlib(look, xs):
    theirs = {"facecolor" if name == "color" else name: value for name, value in look.items()}
    with with_style():
        (one, ours), (other, plain) = new_picture(3, 3), new_picture(3, 3)
        scatter(ours, xs, xs, s=26, **look)
        plain.scatter(xs, xs, s=26, **theirs)
        svg = [to_svg(figure, name="x", description="x") for figure in (one, other)]
    assert svg[0] == svg[1]


def test_marks_need_a_text_for_every_point():
    figure, grid = charts.new_figure(3, 3)
    charts.mark(grid[0, 0].scatter([1, 2], [1, 2]), fit="mle", tips=["only one"])
    with pytest.raises(ValueError, match="1 tips for 2 shapes of mle"):
        to_svg(figure, name="x", description="x")


def test_every_fit_has_its_own_colour_and_shape():
    looks = [charts.style(name) for name in CONTESTANTS]
    for kind in zip(*looks, strict=True):
        assert len(set(kind)) == len(CONTESTANTS)
    assert len({key.shape for key in fit_keys(CONTESTANTS)}) == len(CONTESTANTS)
    assert len({(key.colour, key.shape) for key in class_keys([str(k) for k in range(10)])}) == 10


@pytest.mark.parametrize("marker", [c.marker for c in CONTESTANTS.values()])
def test_a_shape_in_a_legend_stays_in_its_square(marker):
    numbers = [float(v) for v in re.findall(r"-?\d+\.\d+", shape(marker))]
    assert max(abs(v) for v in numbers) == 1.0


def test_panels_say_what_each_shows():
    with with_style():
        said = {"a": "first", "b": "second"}
        drawn = panels("p", "Caption.", {"a": _gains, "b": _gains}, size=(3, 2), alt=said)
        single = chart("c", "Caption.", _gains, size=(3, 2))
    assert [re.search('aria-label="(.*?)"', p)[1] for p in drawn.pictures] == [
        "a: first",
        "b: second",
    ]
    assert 'aria-label="Caption."' in single.pictures[0]


def _gains(*, ax):
    return DRAWN["gains"](ax)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("_hidden", "\u200a_hidden"),
        ("a\x07b", "a b"),
        ("a\nb", "a b"),
        ("", " "),
        ("x" * 40, "x" * 27 + "…"),
    ],
)
def test_labels_are_cleaned(text, shown):
    assert charts.label(text) == shown


def test_codes_far_longer_than_the_baselines_run_off_the_chart():
    rows = [Length("uniform", 1.6), Length("mle", 14.0, 12.0), Length("map", 0.1)]
    ax = charts.code_lengths(rows)
    assert ax.get_xlim() == (0, 1.5 * 1.6)
    assert [t.get_text() for t in ax.texts] == ["14.0 →"]


@pytest.mark.parametrize(("mle", "end"), [(-90.0, "left"), (90.0, "right")])
def test_a_coefficient_runs_where_the_optimiser_went(mle, end):
    """Its arrow to +∞ is dropped where the optimiser had followed another direction."""
    row = msgspec.structs.replace(C.parameters[0], mle=mle, mle_runs_to=1)
    assert runs_to(row) == (mle > 0)
    ax = charts.coefficients([row, C.parameters[3]])
    arrow = next(d for d in ax.collections if with_minus(f"MLE {mle:.1f}") in (d.get_gid() or ""))
    assert ("+∞" in arrow.get_gid()) == (mle > 0)
    assert arrow.get_offsets()[0][0] == ax.get_xlim()[end == "right"]


def test_a_confidence_begins_at_one_over_the_classes():
    assert charts.top_labels(TOP, n_classes=2).get_xlim() == pytest.approx((0.48, 1.02))
    assert charts.top_label(TOP["map"], n_classes=4).get_xlim() == pytest.approx((0.23, 1.02))
    assert charts.top_labels(TOP).get_xlim() == pytest.approx((-0.02, 1.02))


def test_distance_panels_can_share_a_range():
    table = C.disagreement.by_distance
    limits = [
        charts.confidence_by_distance(table, fit, lowest=0.4).get_ylim() for fit in ("mle", "bayes")
    ]
    assert limits == [pytest.approx((0.35, 1.02))] * 2


def test_a_long_title_gets_an_ellipsis():
    with with_style():
        drawn = panels("p", "Caption.", {"x" * 60: _gains, "short": _gains}, size=(3, 2))
    assert "x" * 32 + "…<" in drawn.pictures[0]
    assert "…" not in drawn.pictures[1]


@pytest.mark.parametrize(("least", "scale"), [(0.2, "linear"), (0.02, "log")])
def test_a_logarithmic_axis_spans_a_decade_or_is_linear(least, scale):
    rows = {name: Estimate.normal(v, 0.05 * v) for name, v in (("map", least), ("mle", 1.0))}
    ax = charts.scores(rows, xlabel="log-loss", log=True)
    assert ax.get_xscale() == scale
    assert ("log. axis" in ax.get_xlabel()) == (scale == "log")
    low, high = ax.get_xlim()
    assert sum(low <= tick <= high for tick in ax.get_xticks()) >= 3


def test_a_comparison_draws_itself():
    for name in (
        "reliability", "confidences", "differences", "gap", "gains", "coefficients", "path",
        "scatter", "map",
    ):  # fmt: skip
        assert isinstance(getattr(C, f"plot_{name}")(), Axes)
    ax = C.plot_class_reliability("gentoo")
    assert C.plot_reliability(ax=ax) is ax


def test_a_frame_holds_what_is_drawn():
    """The marks on the axes, number for number."""
    frame, ax = C.plot_scatter.frame("mle", "map"), C.plot_scatter("mle", "map")
    drawn = np.concatenate([dots.get_offsets() for dots in ax.collections])
    right_first = frame.sort_values("right", ascending=False, kind="stable")
    assert (right_first[["mle", "map"]].to_numpy() == drawn).all()
    frame = C.plot_differences.frame()
    drawn = [d.get_xdata()[0] for d in C.plot_differences().lines if d.get_linestyle() == "None"]
    assert frame["value"].tolist() == drawn
    frame = C.plot_reliability.frame()
    dots = [d.get_offsets() for d in C.plot_reliability().collections if d.get_label() in LOSSES]
    middle = (frame["low"] + frame["high"]) / 2
    assert np.column_stack([middle, frame["frequency"]]) == pytest.approx(np.concatenate(dots))
    frame = C.plot_confidences.frame()
    assert frame.groupby("fit")["share"].sum().tolist() == pytest.approx([1] * len(LOSSES))
    frame = C.plot_gap.frame()
    assert frame["fit"].tolist()[0] == "mle"
    assert frame["log_loss"].tolist() == [LOSSES[name].value for name in frame["fit"]]
    assert len(C.plot_map.frame("mle")) == C.disagreement.map.n_grid**2


@pytest.mark.parametrize("name", [n for n in dir(type(C)) if n.startswith("plot_")])
def test_every_chart_has_its_frame(name):
    more = ["gentoo"] if name == "plot_class_reliability" else []
    assert len(getattr(C, name).frame(*more)) > 0
    assert getattr(type(C), name).__doc__


@pytest.mark.parametrize(
    ("draw", "says"),
    [
        (lambda: C.plot_class_reliability("emperor"), "emperor.*expected one of adelie"),
        (lambda: C.plot_map("laplace"), "'laplace': expected one of mle, map"),
        (lambda: C.plot_scatter("mle", "x"), "'x': expected one of mle"),
        (lambda: C.plot_scatter.frame("mle", "x"), "'x': expected one of mle"),
        (lambda: msgspec.structs.replace(C, contestants={}).plot_gap(), "no MLE was fitted"),
        (
            lambda: msgspec.structs.replace(C, ensemble=None).plot_members(),
            "no members: use",
        ),
        (lambda: msgspec.structs.replace(C, consequences=None).decisions(), "no decisions: give"),
        (lambda: msgspec.structs.replace(C, divisions=[]).subgroups(), "no subgroups: say"),
        (
            lambda: msgspec.structs.replace(C, prevalence_shift=None).prevalence(),
            "no other prevalence: give one",
        ),
        (lambda: without("costs").plot_costs(), "no costs: give some"),
        (lambda: without("net_benefit").plot_net_benefit(), "no net benefit: give thresholds"),
        (lambda: msgspec.structs.replace(C, fits={}).plot_path(), "no path"),
        (lambda: msgspec.structs.replace(C, parameters=[]).plot_coefficients(), "no coeff"),
    ],
)
def test_what_is_not_there_is_said(draw, says):
    with pytest.raises(InputError, match=says):
        draw()


def test_marks_far_out_on_a_symmetric_log_axis_are_whole():
    """Margins are of the axis as it is drawn: linear ones are too narrow there for a mark."""
    values = {"mle": (0.004, 0.003), "map": (0.45, 0.01), "map+T": (-20.0, 1.0)}
    ax = charts.gains(
        {n: Estimate(value=v, low=v - 2 * s, high=v + 2 * s, se=s) for n, (v, s) in values.items()}
    )
    to_axis = ax.xaxis.get_transform().transform
    low, high = to_axis(np.array(ax.get_xlim()))
    for value, se in values.values():
        ends = to_axis(np.array([value - 2 * se, value + 2 * se]))
        assert low + 0.03 * (high - low) < ends[0]
        assert ends[1] < high - 0.03 * (high - low)
