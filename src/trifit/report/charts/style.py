"""What all charts share: colours with shapes, ink, figures, labels, and marks that can be read.

Every fit has one colour (Okabe & Ito's colour-blind-safe palette) **and** one marker.
"""

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.collections import PathCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.markers import MarkerStyle
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.transforms import Bbox, BboxTransformTo, IdentityTransform
from numpy.typing import ArrayLike

from trifit.contestants import CONTESTANTS
from trifit.text import printable

if TYPE_CHECKING:
    from matplotlib.typing import RcKeyType

OTHER = ("#888888", "o")

CLASS_STYLE: Sequence[tuple[str, str]] = (
    ("#0072B2", "o"),
    ("#E69F00", "^"),
    ("#009E73", "s"),
    ("#CC79A7", "D"),
    ("#D55E00", "v"),
    ("#56B4E9", "P"),
    ("#8F7A00", "X"),
    ("#7A5CC0", "p"),
    ("#888888", "h"),
    ("#B03060", "*"),
)
"""Colour and marker of class k; repeated from the eleventh class on."""

RIVAL_STYLE: Sequence[tuple[str, str]] = (
    ("#A0622D", "*"),
    ("#C2329B", "h"),
    ("#5F7FA6", "d"),
    ("#0B8A8F", "H"),
    ("#A88B00", "8"),
)
"""Colour and marker of the k-th rival beside fits, none of them a fit's."""

ON_COLOUR = "#14171b"
"""Text on a coloured ground, in light and dark."""

INK = "#010203"
"""Ink of axes and text; the page replaces it by the reader's text colour."""

RC: "dict[RcKeyType, Any]" = {
    "font.family": ["sans-serif"],
    "font.size": 9.5,
    "text.parse_math": False,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.7,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.formatter.use_mathtext": False,
    "axes.unicode_minus": True,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "legend.frameon": False,
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "svg.fonttype": "none",
    "svg.hashsalt": "trifit",
}

GRID = {"alpha": 0.15, "lw": 0.6}
"""Grid lines: opacity, and width in points."""

MARK = "mark:"
"""Beginning of the gid of an artist that carries values; see :func:`mark`."""


def mark(artist: Artist, *, fit: str = "", tips: Sequence[str] = ()) -> None:
    """Let an artist say what it shows: its fit, and the values of its points.

    The page turns this into data attributes: legends toggle ``fit``, hovering
    shows a tip. Elsewhere it is an id without effect.

    Parameters
    ----------
    artist : Artist
    fit : str
        The fit (or other group) it belongs to.
    tips : sequence of str
        One text per point of a scatter, or a single one for the whole artist.
    """
    tips = [printable(t) for t in tips]
    artist.set_gid(MARK + json.dumps([fit, tips], ensure_ascii=False))


_LOOKS: ContextVar[Mapping[str, tuple[str, str]] | None] = ContextVar("looks", default=None)


@contextmanager
def looks_of(names: Iterable[str]) -> Iterator[None]:
    """Give contestants without a colour of their own those of rivals; alone, those of classes."""
    names = list(names)
    own = [name for name in names if name not in CONTESTANTS]
    looks = RIVAL_STYLE if len(own) < len(names) else CLASS_STYLE
    token = _LOOKS.set({name: looks[k % len(looks)] for k, name in enumerate(own)})
    try:
        yield
    finally:
        _LOOKS.reset(token)


def style(name: str) -> tuple[str, str]:
    """Colour and marker of a contestant; grey for what is none."""
    known = CONTESTANTS.get(name)
    return (known.colour, known.marker) if known else (_LOOKS.get() or {}).get(name, OTHER)


def class_style(k: int) -> tuple[str, str]:
    """Colour and marker of class k."""
    return CLASS_STYLE[k % len(CLASS_STYLE)]


def look(name: str, k: int = 0) -> tuple[str, str]:
    """Colour and marker of a series: a fit's own, else those of class k."""
    return style(name) if name in CONTESTANTS else class_style(k)


def new_figure(width: float, height: float, rows: int = 1, columns: int = 1) -> tuple[Figure, Any]:
    """A figure of its own (no pyplot state), and its grid of axes.

    Parameters
    ----------
    width, height : float
        In inches.
    rows, columns : int
    """
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False)


def own_axes(ax: Axes | None, width: float = 6.0, height: float = 4.0) -> Axes:
    """The axes given, else those of a new figure.

    Parameters
    ----------
    ax : Axes or None
    width, height : float
        Of the new figure, in inches.
    """
    return ax if ax is not None else new_figure(width, height)[1][0, 0]


def tint(colour: str, white: float) -> tuple[float, float, float]:
    """A colour mixed with a share of white."""
    red, green, blue = (white + (1 - white) * part for part in to_rgb(colour))
    return red, green, blue


def label(text: str, limit: int = 28) -> str:
    """Text from data as matplotlib can draw it: no control characters, not too long."""
    clean = printable(text).replace("\n", " ").strip() or " "
    clean = clean if len(clean) <= limit else clean[: limit - 1] + "…"
    return f"\u200a{clean}" if clean.startswith("_") else clean


def point(
    ax: Axes,
    x: float,
    y: float,
    fit: str,
    tip: str,
    *,
    size: float = 48,
    filled: bool = True,
    zorder: float = 3,
) -> None:
    """One mark in a fit's colour and shape, with the text to show over it.

    Parameters
    ----------
    ax : Axes
    x, y : float
    fit : str
    tip : str
        Shown over the mark.
    size : float
        Area, in square points.
    filled : bool
    zorder : float
    """
    colour, marker = style(fit)
    dot = Line2D(
        [x],
        [y],
        ls="none",
        marker=marker,
        ms=math.sqrt(size),
        mfc=colour if filled else "none",
        mec=colour,
        mew=1.4,
        zorder=zorder,
    )
    mark(_added(ax, dot), fit=fit, tips=[tip])


def segment(
    ax: Axes, xs: Sequence[float], ys: Sequence[float], fit: str, *, lw: float = 2.0
) -> None:
    """An interval in a fit's colour.

    Parameters
    ----------
    ax : Axes
    xs, ys : sequence of float
        The two ends.
    fit : str
    lw : float
        Width of the line, in points.
    """
    line = Line2D(xs, ys, color=style(fit)[0], lw=lw, solid_capstyle="round")
    mark(_added(ax, line), fit=fit)


def scatter(
    ax: Axes,
    xs: ArrayLike,
    ys: ArrayLike,
    *,
    s: float,
    color: str,
    marker: str = "o",
    edgecolor: str = "face",
    **rest: Any,
) -> PathCollection:
    """Marks of one size and colour, as by ``ax.scatter`` at a third of the time.

    Parameters
    ----------
    ax : Axes
    xs, ys : array of shape (n_marks,)
    s : float
        Area, in square points.
    color, marker, edgecolor : str
    **rest
        Of a collection: ``lw``, ``alpha``, ``zorder``, ...
    """
    marks = PathCollection(
        [_outline(marker)],
        [s],
        offsets=np.column_stack([xs, ys]),
        offset_transform=ax.transData,
        facecolor=color,
        edgecolor=edgecolor,
        **rest,
    )
    marks.set_transform(IdentityTransform())
    ax.add_collection(marks)
    ax.autoscale(None)  # type: ignore[arg-type]  # asks for it, where it is on
    return marks


@cache
def _outline(marker: str) -> Path:
    style = MarkerStyle(marker)
    return style.get_path().transformed(style.get_transform())


def _added(ax: Axes, line: Line2D) -> Line2D:
    """A line on axes that make room for it, as by ``ax.plot`` at a third of the time."""
    ax.add_line(line)
    ax.autoscale(None)  # type: ignore[arg-type]  # asks for it, where it is on
    return line


def bars(
    ax: Axes,
    xs: Sequence[float],
    heights: Sequence[float],
    *,
    width: float,
    color: str,
    alpha: float,
) -> None:
    """Bars from zero that say nothing of their own, as one outline.

    Parameters
    ----------
    ax : Axes
    xs, heights : sequence of float
    width : float
        In the units of the axis.
    color : str
    alpha : float
    """
    boxes = [
        Bbox.from_extents(x - width / 2, 0, x + width / 2, h)
        for x, h in zip(xs, heights, strict=True)
    ]
    outlines = [Path.unit_rectangle().transformed(BboxTransformTo(box)) for box in boxes]
    ax.add_patch(PathPatch(Path.make_compound_path(*outlines), fc=color, ec="none", alpha=alpha))


def grid(ax: Axes, axis: Literal["both", "x", "y"] = "x") -> None:
    """Faint lines at the major ticks."""
    ax.grid(visible=True, axis=axis, which="major", color=INK, **GRID)


def ticks(ax: Axes, axis: Literal["x", "y"], at: Iterable[float], texts: Sequence[str]) -> None:
    """Ticks at places of one's own with their texts, in sight.

    Parameters
    ----------
    ax : Axes
    axis : {"x", "y"}
    at : iterable of float
        In data units.
    texts : sequence of str
    """
    which: Axis = ax.xaxis if axis == "x" else ax.yaxis
    places = [float(v) for v in at]
    if places:
        which.set_view_interval(min(places), max(places))
    # Not ax.set_xticks, which makes five artists of every tick at once.
    which.set_major_locator(mpl.ticker.FixedLocator(places))
    which.set_major_formatter(mpl.ticker.FixedFormatter(list(texts)))


def plain_log(ax: Axes, axis: Literal["x", "y"], text: str) -> None:
    """Label an axis, logarithmic with plain numbers where what is drawn spans a decade.

    Below a factor of ten a logarithmic axis may hold no labelled tick: it stays linear.

    Parameters
    ----------
    ax : Axes
    axis : {"x", "y"}
    text : str
        The label.
    """
    which: Axis = ax.xaxis if axis == "x" else ax.yaxis
    low, high = which.get_data_interval()
    if low <= 0 or high < 10 * low:
        which.set_label_text(text)
        return
    ax.set(**{f"{axis}scale": "log"})
    few = high < 100 * low
    which.set_major_locator(mpl.ticker.LogLocator(subs=(1, 2, 5) if few else (1,)))
    which.set_major_formatter(lambda v, _: f"{v:g}")
    which.set_minor_formatter(mpl.ticker.NullFormatter())
    which.set_label_text(f"{text}, log. axis")


def legend(ax: Axes, **where: Any) -> None:
    """A legend above the axes, for charts that stand alone (the page has its own)."""
    if ax.get_legend_handles_labels()[0]:
        ax.legend(**({"loc": "lower center", "bbox_to_anchor": (0.5, 1.0), "ncols": 5} | where))
