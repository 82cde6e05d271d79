"""Matplotlib figures as inline SVG: same bytes each time, readable in light and dark.

A renderer of our own in place of matplotlib's, whose text would have to be read and written
again: the page's security policy allows no styles, so that they are attributes; ink is the
reader's; and what :func:`trifit.report.charts.mark` noted on artists becomes data attributes.
"""

import base64
import io
import json
import warnings
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import matplotlib as mpl
import numpy as np
from markupsafe import Markup
from matplotlib.backend_bases import RendererBase
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.transforms import Affine2D

from trifit.report.charts.style import INK, MARK, RC
from trifit.report.frame import draw_axes, extent
from trifit.text import printable, short

POINTS = 96 / 72
"""CSS pixels of a point."""

LETTERS = {Path.MOVETO: "M", Path.LINETO: "L", Path.CURVE3: "Q", Path.CURVE4: "C"}

ANCHORS = {"left": "start", "center": "middle", "right": "end"}


def to_svg(figure: Figure, *, name: str, description: str) -> Markup:
    """Inline SVG of a figure with one set of axes, which are laid out anew.

    Parameters
    ----------
    figure : Figure
    name : str
        Prefix of all ids, so that several charts share one page.
    description : str
        What the chart shows, for readers who cannot see it.
    """
    width, height = (float(v) * 72 for v in figure.get_size_inches())
    figure.set_dpi(72)
    pen = SvgRenderer(width, height, name)
    (ax,) = figure.axes
    with warnings.catch_warnings():
        # The reader's browser draws the text, with the reader's fonts.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        draw_axes(ax, pen, width, height)
    head = {
        "viewBox": f"0 0 {short(width)} {short(height)}",
        "width": f"{width * POINTS:.0f}",
        "role": "img",
        "aria-label": printable(description),
    }
    return Markup(f"<svg{attributes(head)}>{pen.content()}</svg>")


class SvgRenderer(RendererBase):
    """What artists draw on: shapes in points, as text.

    Of matplotlib's interface for backends what charts need: no hatches, links or formulas.
    """

    def __init__(self, width: float, height: float, name: str) -> None:
        super().__init__()
        self.width, self.height, self.name = width, height, name
        self.parts: list[str] = []
        self.clips: dict[tuple[float, ...], str] = {}
        self.markers: dict[str, str] = {}
        self.tips: Iterator[str] | None = None
        self.groups: list[tuple[str, list[str]]] = []
        self.flip = Affine2D().scale(1, -1).translate(0, height)

    def content(self) -> str:
        """All that was drawn, and the rectangles it is cut off at."""
        boxes = "".join(
            f'<clipPath id="{i}"><rect'
            f"{attributes(dict(zip(('x', 'y', 'width', 'height'), map(short, box), strict=True)))}"
            " /></clipPath>"
            for box, i in self.clips.items()
        )
        return "".join(self.parts) + (f"<defs>{boxes}</defs>" if boxes else "")

    def get_canvas_width_height(self) -> tuple[float, float]:
        """Size in points."""
        return self.width, self.height

    def option_scale_image(self) -> bool:
        """Images are scaled by the browser."""
        return True

    def get_text_width_height_descent(
        self, s: str, prop: FontProperties, ismath: Any
    ) -> tuple[float, float, float]:
        """Extent of a line in matplotlib's own font, which is about the reader's."""
        return extent(s, prop.get_size_in_points(), str(prop.get_weight()))

    def open_group(self, s: str, gid: str | None = None) -> None:
        """Begin an artist; a marked one is a group that legends toggle."""
        fit, tips = json.loads(gid.removeprefix(MARK)) if gid and gid.startswith(MARK) else ("", [])
        self.groups.append((fit, tips))
        if tips:
            self.tips = iter(tips)
            self.shapes = 0
        if fit:
            self.parts.append(f"<g data-fit={quoteattr(printable(fit))}>")

    def close_group(self, s: str) -> None:
        """End an artist; each of its shapes has had its tip."""
        fit, tips = self.groups.pop()
        if tips:
            self.tips = None
            if len(tips) != self.shapes:
                what = fit or "a chart"
                raise ValueError(f"{len(tips)} tips for {self.shapes} shapes of {what}")
        if fit:
            self.parts.append("</g>")

    def shape(self, tag: str, given: Mapping[str, str]) -> None:
        """Add a shape, with its tip if it has one."""
        tip = ""
        if self.tips is not None:
            self.shapes += 1
            tip = f" data-tip={quoteattr(next(self.tips, ''))}"
        self.parts.append(f"<{tag}{attributes(given)}{tip} />")

    def draw_path(self, gc: Any, path: Path, transform: Any, rgbFace: Any = None) -> None:
        """A line or an area."""
        line = rgbFace is None
        d = outline(
            path,
            transform + self.flip,
            clip=(0.0, 0.0, self.width, self.height) if line else None,
            simplify=line and path.should_simplify,
        )
        self.shape("path", {"d": d} | self.clip(gc) | look(gc, rgbFace))

    def draw_markers(
        self, gc: Any, marker_path: Path, marker_trans: Any, path: Path, trans: Any,
        rgbFace: Any = None,
    ) -> None:  # fmt: skip
        """One outline at many places."""
        places = (trans + self.flip).transform(path.vertices)
        upright = marker_trans + Affine2D().scale(1, -1)
        given = self.clip(gc) | look(gc, rgbFace)
        if len(places) == 1:
            moved = upright + Affine2D().translate(*places[0])
            self.shape("path", {"d": outline(marker_path, moved)} | given)
            return
        d = outline(marker_path, upright)
        if d not in self.markers:
            self.markers[d] = f"{self.name}-m{len(self.markers)}"
            self.parts.append(f'<defs><path id="{self.markers[d]}" d="{d}" /></defs>')
        self.parts.append(f"<g{attributes(given)}>")
        for x, y in places.tolist():
            self.shape("use", {"x": short(x), "y": short(y), "href": f"#{self.markers[d]}"})
        self.parts.append("</g>")

    def draw_image(self, gc: Any, x: float, y: float, im: Any, transform: Any = None) -> None:
        """Pixels, as PNG."""
        from PIL import Image

        height, width = im.shape[:2]
        buffer = io.BytesIO()
        Image.fromarray(im).save(buffer, format="png")
        placed = (
            Affine2D().scale(1 / width, 1 / height) + transform + Affine2D().translate(x, y)
        ) + self.flip
        numbers = " ".join(f"{v:.6g}" for v in placed.frozen().to_values())
        self.parts.append(f"<g{attributes(self.clip(gc))}>")
        self.shape(
            "image",
            {
                "width": str(width),
                "height": str(height),
                "transform": f"matrix({numbers})",
                "href": f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}",
            },
        )
        self.parts.append("</g>")

    def draw_text(
        self, gc: Any, x: float, y: float, s: str, prop: FontProperties, angle: float,
        ismath: Any = None, mtext: Text | None = None,
    ) -> None:  # fmt: skip
        """A line of an artist's text, anchored where the artist is."""
        anchor = "left"
        if mtext is not None and angle == 0:
            anchor = str(mtext.get_horizontalalignment())
            x = float(mtext.get_transform().transform(mtext.get_unitless_position())[0])
        bold = prop.get_weight() == "bold"
        size = prop.get_size_in_points()
        self.text(x, y, s, size, anchor, angle=angle, bold=bold, colour=to_hex(gc.get_rgb()))

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        anchor: str,
        *,
        angle: float = 0.0,
        bold: bool = False,
        colour: str = INK,
    ) -> None:
        """A line of text.

        Parameters
        ----------
        x, y : float
            Where it is anchored, in points; ``y`` is the baseline, from above.
        text : str
        size : float
            Of the font, in points.
        anchor : {"left", "center", "right"}
        angle : float
            In degrees, counter-clockwise.
        bold : bool
        colour : str
        """
        given = {"x": short(x), "y": short(y), "font-size": f"{size:g}px", "fill": ink(colour)}
        if anchor != "left":
            given["text-anchor"] = ANCHORS[anchor]
        if bold:
            given["font-weight"] = "700"
        if angle:
            given["transform"] = f"rotate({-angle:g} {short(x)} {short(y)})"
        self.parts.append(f"<text{attributes(given)}>{escape(printable(text))}</text>")

    def line(self, d: str, width: float, opacity: float = 1.0, cap: str = "") -> None:
        """Lines in the reader's ink that say nothing of their own: a frame, a grid.

        Parameters
        ----------
        d : str
            As in an SVG path.
        width : float
            In points.
        opacity : float
        cap : str, optional
            How lines end; default: ``butt``.
        """
        given = {"d": d, "fill": "none", "stroke": "currentColor", "stroke-width": short(width)}
        if opacity != 1:
            given["stroke-opacity"] = short(opacity)
        if cap:
            given["stroke-linecap"] = cap
        self.parts.append(f"<path{attributes(given)} />")

    def clip(self, gc: Any) -> dict[str, str]:
        """The attribute that cuts a shape off at the axes."""
        box = gc.get_clip_rectangle()
        if box is None:
            return {}
        x, y, width, height = (float(v) for v in box.bounds)
        key = (x, self.height - y - height, width, height)
        name = self.clips.setdefault(key, f"{self.name}-c{len(self.clips)}")
        return {"clip-path": f"url(#{name})"}


def look(gc: Any, face: Any) -> dict[str, str]:
    """Fill and stroke of a shape."""
    given = {"fill": "none"}
    forced = gc.get_forced_alpha()
    if face is not None:
        given["fill"] = ink(to_hex(face[:3]))
        if len(face) == 4 and face[3] != 1 and not forced:
            given["fill-opacity"] = f"{face[3]:.3g}"
    if forced and gc.get_alpha() != 1:
        given["opacity"] = f"{gc.get_alpha():.3g}"
    return given | stroke(gc) if gc.get_linewidth() else given


def stroke(gc: Any) -> dict[str, str]:
    """The line around a shape, or the line itself."""
    rgb, width = gc.get_rgb(), gc.get_linewidth()
    given = {"stroke": ink(to_hex(rgb[:3]))}
    if rgb[3] != 1 and not gc.get_forced_alpha():
        given["stroke-opacity"] = f"{rgb[3]:.3g}"
    if width != 1:
        given["stroke-width"] = short(width)
    offset, dashes = gc.get_dashes()
    if dashes is not None:
        given["stroke-dasharray"] = ",".join(short(v) for v in dashes)
        if offset:
            given["stroke-dashoffset"] = short(offset)
    if gc.get_joinstyle() != "round":
        given["stroke-linejoin"] = gc.get_joinstyle()
    cap = gc.get_capstyle()
    if cap != "butt":
        given["stroke-linecap"] = "square" if cap == "projecting" else cap
    return given


def outline(
    path: Path,
    transform: Any,
    *,
    clip: tuple[float, float, float, float] | None = None,
    simplify: bool = False,
) -> str:
    """A path as the ``d`` of an SVG path, to a hundredth of a point.

    Parameters
    ----------
    path : Path
    transform : Transform
        To points, from above.
    clip : tuple of float, optional
        Left, low, right, high in points: what lies beyond may be left out.
    simplify : bool
        Leave out vertices that nobody sees.
    """
    clean = path.cleaned(
        transform=transform, remove_nans=True, clip=clip, simplify=simplify, curves=True
    )
    codes, vertices = np.asarray(clean.codes).tolist(), np.asarray(clean.vertices).tolist()
    pieces, before = [], None
    for code, (x, y) in zip(codes, vertices, strict=True):
        if code == Path.STOP:
            break
        if code == Path.CLOSEPOLY:
            pieces.append("Z")
        else:
            letter = LETTERS[code] if code != before or code == Path.MOVETO else " "
            pieces.append(f"{letter}{short(x)} {short(y)}")
        before = code
    return "".join(pieces)


def ink(colour: str) -> str:
    """A colour; the reader's for ink."""
    return "currentColor" if colour == INK else colour


def attributes(given: Mapping[str, str]) -> str:
    """Attributes of an element, each after a space."""
    return "".join(f" {key}={quoteattr(printable(value))}" for key, value in given.items())


def with_style() -> AbstractContextManager[None]:
    """The page's chart style, for the time of a ``with`` block."""
    return mpl.rc_context(RC)
