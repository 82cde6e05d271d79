"""Axes on a page: margins just as wide as their text, and the frame that they stand in.

In place of matplotlib's constrained layout, which draws a figure twice more to measure it, and
of its ticks, each of them five artists. A page has a thousand ticks.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.axis import Axis, XAxis, YAxis
from matplotlib.backend_bases import RendererBase
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.spines import Spine
from matplotlib.text import Text
from matplotlib.ticker import NullLocator
from matplotlib.transforms import Bbox

from trifit.report.charts.style import GRID
from trifit.text import short

if TYPE_CHECKING:
    from trifit.report.svg import SvgRenderer

PAD = 3.0
"""Points between what is drawn and the edge of the picture."""

TICK, TICK_PAD = 3.5, 3.5
LABEL_PAD, TITLE_PAD = 4.0, 6.0
MINOR = 2.0
ASCENT, DESCENT, PITCH = 0.76, 0.24, 1.2
"""Of lines of text, relative to its size: above and below the baseline, from line to line."""

SLANT = 0.7072
"""Of a text that is turned by 45 degrees: its height relative to width plus height."""


@dataclass(frozen=True)
class Ticks:
    """The ticks of an axis: where along it in points, what they are called, how they look."""

    at: tuple[float, ...]
    texts: tuple[str, ...]
    minor: tuple[float, ...]
    size: float
    length: float
    angle: float
    grid: bool

    @property
    def gap(self) -> float:
        """From the axes to the texts."""
        return self.length + TICK_PAD


class _Lying(XAxis):
    majorTicks = minorTicks = ()  # type: ignore[assignment]


class _Standing(YAxis):
    majorTicks = minorTicks = ()  # type: ignore[assignment]


class _Axes(Axes):
    """Axes without artists for ticks: never drawn, these would take a seventh of a page's time."""

    def _init_axis(self) -> None:
        self.xaxis, self.yaxis = _Lying(self, clear=False), _Standing(self, clear=False)
        for side, spine in self.spines.items():
            spine.register_axis(self.xaxis if side in ("bottom", "top") else self.yaxis)


def new_picture(width: float, height: float) -> tuple[Figure, Axes]:
    """A figure with one set of axes, for :func:`draw_axes`.

    Parameters
    ----------
    width, height : float
        In inches.
    """
    figure = Figure(figsize=(width, height))
    return figure, figure.add_subplot(axes_class=_Axes)


def draw_axes(ax: Axes, pen: "SvgRenderer", width: float, height: float) -> None:
    """Lay axes out on a picture, and draw all that is in them.

    Parameters
    ----------
    ax : Axes
    pen : SvgRenderer
    width, height : float
        Of the picture, in points.
    """
    lay_out(ax, pen, width, height)
    for artist in sorted(ax.get_children(), key=lambda artist: artist.get_zorder()):
        if isinstance(artist, Axis):
            if ax.axison:
                draw_axis(ax, artist, pen)
        elif isinstance(artist, Spine):
            if ax.axison and artist.get_visible():
                draw_spine(ax, artist, pen)
        elif artist is not ax.patch and artist is not ax.title:
            artist.draw(pen)
    draw_title(ax, pen)


def lay_out(ax: Axes, pen: "SvgRenderer", width: float, height: float) -> None:
    """Set the position: as large as leaves room for the texts around it.

    Twice, as the ticks and what stands out depend on the size.

    Parameters
    ----------
    ax : Axes
    pen : SvgRenderer
        Measures texts.
    width, height : float
        Of the picture, in points.
    """
    edges = Bbox.from_extents(0, 0, width, height)
    for _ in range(2):
        place(ax, edges)
        box = ax.bbox
        left, bottom, right, top = box.extents
        for a, b, c, d in outside(ax, pen):
            left, bottom, right, top = min(left, a), min(bottom, b), max(right, c), max(top, d)
        edges = Bbox.from_extents(
            PAD + box.x0 - left,
            PAD + box.y0 - bottom,
            width - PAD - (right - box.x1),
            height - PAD - (top - box.y1),
        )
    place(ax, edges)


def place(ax: Axes, edges: Bbox) -> None:
    """Put axes into a rectangle in points, in its middle if their aspect is fixed."""
    ax.set_position(edges.transformed(ax.figure.transSubfigure.inverted()))
    ax.apply_aspect()


def outside(ax: Axes, pen: "SvgRenderer") -> Iterator[tuple[float, float, float, float]]:
    """Extents of what may stand out of the axes: left, bottom, right, top in points."""
    drawn = [*ax.texts, *(c for c in ax.collections if not c.get_clip_on()), ax.get_legend()]
    for artist in filter(None, drawn):
        left, bottom, right, top = (float(v) for v in artist.get_window_extent(pen).extents)
        yield left, bottom, right, top
    box = ax.bbox
    if ax.get_title():
        size = float(ax.title.get_fontsize())
        yield box.x0, box.y0, box.x1, box.y1 + TITLE_PAD + ASCENT * size
    if not ax.axison:
        return
    for axis in (ax.xaxis, ax.yaxis):
        lying = axis is ax.xaxis
        ticks = ticks_of(ax, axis)
        deep = 0.0
        for at, text in zip(ticks.at, ticks.texts, strict=True):
            wide, high = extent_of(text, ticks.size)
            if ticks.angle:
                wide = high = (wide + high) * SLANT
            deep = max(deep, ticks.gap + (high if lying else wide))
            half = (wide if lying else high) / 2
            yield (at - half, box.y0, at + half, box.y1) if lying else (
                box.x0, at - half, box.x1, at + half,
            )  # fmt: skip
        deep = max(deep, ticks.length if ticks.at else 0.0)
        if axis.get_label_text():
            deep += LABEL_PAD + float(axis.label.get_fontsize())
        yield (box.x0, box.y0 - deep, box.x1, box.y1) if lying else (
            box.x0 - deep, box.y0, box.x1, box.y1,
        )  # fmt: skip


def extent_of(text: str, size: float) -> tuple[float, float]:
    """Width and height of a text of some lines, in points."""
    lines = text.split("\n")
    width = max(extent(line, size)[0] for line in lines)
    return width, size * (PITCH * len(lines) if len(lines) > 1 else 1.0)


@cache
def extent(text: str, size: float, weight: str = "normal") -> tuple[float, float, float]:
    """Width, height and descent of a line in matplotlib's own font, in points."""
    font = FontProperties(size=size, weight=weight)
    measured = RendererBase().get_text_width_height_descent(text, font, ismath=False)
    width, height, descent = (float(v) for v in measured)
    return width, height, descent


def ticks_of(ax: Axes, axis: Axis) -> Ticks:
    """The ticks in sight."""
    lying = axis is ax.xaxis
    given = axis.get_tick_params()
    low, high = (ax.bbox.x0, ax.bbox.x1) if lying else (ax.bbox.y0, ax.bbox.y1)

    def along(values: list[float]) -> list[float]:
        to_points = ax.get_xaxis_transform() if lying else ax.get_yaxis_transform()
        points = [(v, 0.0) if lying else (0.0, v) for v in values]
        return [float(p[0 if lying else 1]) for p in to_points.transform(points)] if points else []

    places = list(axis.get_majorticklocs())
    texts = axis.get_major_formatter().format_ticks(places)
    seen = [
        (at, text)
        for at, text in zip(along(places), texts, strict=True)
        if low - 0.5 <= at <= high + 0.5
    ]
    none = isinstance(axis.get_minor_locator(), NullLocator)  # asked here, as it takes long to say
    minor = [] if none else along(list(axis.get_minorticklocs()))
    return Ticks(
        at=tuple(at for at, _ in seen),
        texts=tuple(text for _, text in seen),
        minor=tuple(at for at in minor if low - 0.5 <= at <= high + 0.5),
        size=FontProperties(size=given.get("labelsize", 9.5)).get_size_in_points(),
        length=float(given.get("length", TICK)),
        angle=float(given.get("rotation", 0)),
        grid=bool(given["gridOn"]),
    )


def draw_axis(ax: Axes, axis: Axis, pen: "SvgRenderer") -> None:
    """Grid lines, ticks with their texts, and the label.

    Parameters
    ----------
    ax : Axes
    axis : Axis
    pen : SvgRenderer
    """
    lying = axis is ax.xaxis
    ticks, box, height = ticks_of(ax, axis), ax.bbox, pen.height

    def strokes(places: tuple[float, ...], first: float, last: float) -> str:
        """Short lines across the axis, one path."""
        if lying:
            return "".join(f"M{short(x)} {short(first)}V{short(last)}" for x in places)
        return "".join(f"M{short(first)} {short(height - y)}H{short(last)}" for y in places)

    edge, way = (height - box.y0, 1.0) if lying else (box.x0, -1.0)
    if ticks.grid and ticks.at:
        ends = (height - box.y0, height - box.y1) if lying else (box.x0, box.x1)
        pen.line(strokes(ticks.at, *ends), GRID["lw"], GRID["alpha"])
    for places, length, width in ((ticks.at, ticks.length, 0.7), (ticks.minor, MINOR, 0.6)):
        if places and length:
            pen.line(strokes(places, edge, edge + way * length), width)
    deep = ticks.length if ticks.at else 0.0
    for at, text in zip(ticks.at, ticks.texts, strict=True):
        wide, high = extent_of(text, ticks.size)
        if lying:
            top = edge + ticks.gap
            if ticks.angle:
                leaning = (wide + high) * SLANT
                y = top + leaning / 2 + (ASCENT - DESCENT) / 2 * ticks.size
                pen.text(at, y, text, ticks.size, "center", angle=ticks.angle)
                high = leaning
            else:
                write(pen, at, top, text, ticks.size, "center")
            deep = max(deep, ticks.gap + high)
        else:
            write(pen, edge - ticks.gap, height - at, text, ticks.size, "right", middle=True)
            deep = max(deep, ticks.gap + wide)
    if axis.get_label_text():
        draw_label(axis.label, ax, pen, deep + LABEL_PAD, lying=lying)


def draw_label(label: Text, ax: Axes, pen: "SvgRenderer", away: float, *, lying: bool) -> None:
    """The label of an axis.

    Parameters
    ----------
    label : Text
    ax : Axes
    pen : SvgRenderer
    away : float
        Points from the axes.
    lying : bool
        Whether the axis is horizontal.
    """
    box, size = ax.bbox, float(label.get_fontsize())
    if lying:
        y = pen.height - box.y0 + away + ASCENT * size
        pen.text((box.x0 + box.x1) / 2, y, label.get_text(), size, "center")
    else:
        x, y = box.x0 - away - DESCENT * size, pen.height - (box.y0 + box.y1) / 2
        pen.text(x, y, label.get_text(), size, "center", angle=90)


def write(
    pen: "SvgRenderer", x: float, y: float, text: str, size: float, anchor: str,
    *, middle: bool = False,
) -> None:  # fmt: skip
    """A text of some lines.

    Parameters
    ----------
    pen : SvgRenderer
    x, y : float
        Where it is anchored, in points; ``y`` from above.
    text : str
    size : float
        Of the font, in points.
    anchor : {"left", "center", "right"}
    middle : bool
        Whether ``y`` is the text's middle, not its top.
    """
    lines = text.split("\n")
    if middle:
        y += ASCENT / 2 * size - (len(lines) - 1) / 2 * PITCH * size
    else:
        y += (ASCENT + (PITCH - 1) / 2 * (len(lines) > 1)) * size
    for i, line in enumerate(lines):
        pen.text(x, y + i * PITCH * size, line, size, anchor)


def draw_spine(ax: Axes, spine: Spine, pen: "SvgRenderer") -> None:
    """An edge of the axes.

    Parameters
    ----------
    ax : Axes
    spine : Spine
    pen : SvgRenderer
    """
    box, height = ax.bbox, pen.height
    left, right, low, high = box.x0, box.x1, height - box.y0, height - box.y1
    side = spine.spine_type
    if side in ("bottom", "top"):
        y = short(low if side == "bottom" else high)
        d = f"M{short(left)} {y}H{short(right)}"
    else:
        x = short(left if side == "left" else right)
        d = f"M{x} {short(low)}V{short(high)}"
    pen.line(d, spine.get_linewidth(), cap="square")


def draw_title(ax: Axes, pen: "SvgRenderer") -> None:
    """The title in bold over the middle."""
    if ax.get_title():
        box, size = ax.bbox, float(ax.title.get_fontsize())
        y = pen.height - box.y1 - TITLE_PAD
        pen.text((box.x0 + box.x1) / 2, y, ax.get_title(), size, "center", bold=True)
