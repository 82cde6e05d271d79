"""Matplotlib figures as inline SVG: same bytes each time, readable in light and dark.

The SVG carries no style of its own, because the page's security policy refuses
what it does not know by hash: declarations become presentation attributes. What
:func:`trifit.report.charts.mark` noted on artists becomes data attributes.
"""

import io
import json
import re
import warnings
from contextlib import AbstractContextManager
from xml.etree import ElementTree as ET

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.figure import Figure

from trifit.report.charts.style import INK, MARK, RC
from trifit.text import printable

SVG = "{http://www.w3.org/2000/svg}"
HREF = "{http://www.w3.org/1999/xlink}href"
SHAPES = ("path", "use", "rect", "image")

DROPPED = {"font-family", "font-stretch", "font-style", "font-variant", "image-rendering"}
"""Declarations that are the page's to make, or matplotlib's defaults."""

POINTS = 96 / 72
"""CSS pixels of a point."""


def to_svg(figure: Figure, *, name: str, description: str) -> Markup:
    """Inline SVG of a figure.

    Parameters
    ----------
    figure : Figure
    name : str
        Prefix of all ids, so that several charts share one page.
    description : str
        What the chart shows, for readers who cannot see it.
    """
    buffer = io.StringIO()
    with warnings.catch_warnings():
        # The reader's browser draws the text, with the reader's fonts.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    root = ET.fromstring(buffer.getvalue())
    for unwanted in (root.find(f"{SVG}metadata"), root.find(f"{SVG}defs[{SVG}style]")):
        if unwanted is not None:
            root.remove(unwanted)
    _rename_ids(root, name)
    for element in root.iter():
        _tidy(element)
    size = root.get("viewBox", "").split()
    root.attrib.clear()
    root.attrib |= {
        "viewBox": " ".join(size),
        "width": f"{float(size[2]) * POINTS:.0f}",
        "role": "img",
        "aria-label": printable(description),
    }
    return Markup(ET.tostring(root, encoding="unicode"))


def _rename_ids(root: ET.Element, name: str) -> None:
    """Number the ids that something refers to; read marks off the others and drop them."""
    used: dict[str, str] = {}
    for element in root.iter():
        for value in element.attrib.values():
            for old in re.findall(r"^#(.+)$|url\(#([^)]+)\)", value):
                used.setdefault("".join(old), f"{name}-{len(used)}")
    for element in root.iter():
        own = element.attrib.pop("id", "")
        if own in used:
            element.set("id", used[own])
        elif own.startswith(MARK):
            _apply_mark(element, *json.loads(own.removeprefix(MARK)))
        for key, value in element.attrib.items():
            if key == HREF and value.startswith("#"):
                element.set(key, f"#{used[value[1:]]}")
            elif "url(#" in value:
                element.set(key, re.sub(r"url\(#([^)]+)\)", lambda m: f"url(#{used[m[1]]})", value))


def _apply_mark(group: ET.Element, fit: str, tips: list[str]) -> None:
    if fit:
        group.set("data-fit", fit)
    if not tips:
        return
    definitions = {e for d in group.iter(f"{SVG}defs") for e in d.iter()}
    shapes = [e for e in group.iter() if e.tag.removeprefix(SVG) in SHAPES and e not in definitions]
    if len(tips) != len(shapes):
        raise ValueError(f"{len(tips)} tips for {len(shapes)} shapes of {fit or 'a chart'}")
    for shape, tip in zip(shapes, tips, strict=True):
        shape.set("data-tip", tip)


def _tidy(element: ET.Element) -> None:
    """Plain names, declarations as attributes, the reader's ink, short paths."""
    element.tag = element.tag.removeprefix(SVG)
    element.tail = None
    if element.text is not None and not element.text.strip():
        element.text = None
    for declaration in filter(None, element.attrib.pop("style", "").split(";")):
        key, _, value = (part.strip() for part in declaration.partition(":"))
        if key not in DROPPED:
            element.set(key, value)
    if HREF in element.attrib:
        element.set("href", element.attrib.pop(HREF).replace("\n", ""))
    for key, value in element.attrib.items():
        if value == INK:
            element.set(key, "currentColor")
        elif key in ("d", "x", "y", "transform") and element.tag != "image":
            element.set(key, _shorter(value))


def _shorter(numbers: str) -> str:
    """Coordinates to a hundredth of a point, on one line."""
    rounded = re.sub(r"-?\d+\.\d{3,}", lambda m: f"{float(m[0]):.2f}", numbers)
    return " ".join(rounded.split())


def with_style() -> AbstractContextManager[None]:
    """The page's chart style, for the time of a ``with`` block."""
    return mpl.rc_context(RC)
