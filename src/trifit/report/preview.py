"""The page of a model before any data: its graph and its prior's class probabilities."""

from functools import partial

from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from trifit.report import charts
from trifit.report.page import document
from trifit.report.parts import chart
from trifit.report.svg import with_style
from trifit.results.preview import Node, Preview
from trifit.words.prior import prior_sentence

COLOURS = {"data": "#888888", "free": "#0072B2", "deterministic": "#E69F00", "observed": "#009E73"}


def render_preview(name: str, preview: Preview) -> str:
    """One self-contained HTML document; the same input gives the same bytes."""
    with with_style():
        layers = _layers(preview.nodes)
        widest = max(len(layer) for layer in layers)
        graph = chart(
            "graph",
            f"{sum(n.kind == 'free' for n in preview.nodes)} free variables (blue), the observed "
            "label (green), data (grey) and computed variables (orange).",
            partial(model_graph, preview.nodes),
            size=(max(5.0, 2.7 * widest), 1.1 * len(layers) + 0.2),
        )
        text = prior_sentence(preview)
        prior = chart("prior", text, partial(prior_probabilities, preview), size=(7, 2.6))
    return document(
        "preview.html.j2",
        title=f"{name} · trifit",
        name=name,
        nodes=preview.nodes,
        graph=graph,
        prior=prior,
    )


def model_graph(nodes: tuple[Node, ...], *, ax: Axes) -> Axes:
    """A model's graph from top to bottom: every variable below those it depends on."""
    layers = _layers(nodes)
    at = {}
    for depth, layer in enumerate(layers):
        for i, node in enumerate(layer):
            at[node.name] = ((i + 0.5) / len(layer), -depth)
    width = 0.92 / max(len(layer) for layer in layers)
    for node in nodes:
        x, y = at[node.name]
        for parent in node.parents:
            px, py = at[parent]
            ax.annotate(
                "",
                xy=(x, y + 0.27),
                xytext=(px, py - 0.27),
                arrowprops={"arrowstyle": "-|>", "color": charts.INK, "lw": 0.8, "alpha": 0.7},
            )
        box = FancyBboxPatch(
            (x - width / 2, y - 0.25),
            width,
            0.5,
            boxstyle="round,pad=0,rounding_size=0.03",
            facecolor="none",
            edgecolor=COLOURS[node.kind],
            lw=1.8,
            mutation_aspect=5,
        )
        ax.add_patch(box)
        law = node.law.partition("(")[0] if node.kind in ("deterministic", "observed") else node.law
        dims = f" [{', '.join(node.dims)}]" if node.dims else ""
        ax.text(x, y + 0.08, charts.label(node.name), ha="center", va="center", weight="bold")
        ax.text(x, y - 0.12, charts.label(law + dims, 34), ha="center", va="center", size=8)
    ax.set_xlim(0, 1)
    ax.set_ylim(-len(layers) + 0.5, 0.5)
    ax.set_axis_off()
    return ax


def prior_probabilities(preview: Preview, *, ax: Axes) -> Axes:
    """Histogram of the class probabilities under the prior."""
    shares = preview.histogram(20)
    ax.bar(
        [(i + 0.5) / 20 for i in range(20)], shares, width=0.045, color=COLOURS["free"], alpha=0.7
    )
    ax.set_xlabel("class probability under the prior")
    ax.set_ylabel("share of draws")
    ax.set_xlim(0, 1)
    ax.yaxis.set_major_formatter(lambda y, _: f"{y:.0%}")
    return ax


def _layers(nodes: tuple[Node, ...]) -> list[list[Node]]:
    """Nodes by the longest way from a node without parents; roots just above their children."""
    depth: dict[str, int] = {}
    for node in nodes:  # parents come first
        depth[node.name] = 1 + max((depth[p] for p in node.parents), default=-1)
    for node in reversed(nodes):
        children = [depth[n.name] for n in nodes if node.name in n.parents]
        if children and not node.parents:
            depth[node.name] = min(children) - 1
    return [[n for n in nodes if depth[n.name] == d] for d in range(max(depth.values()) + 1)]
