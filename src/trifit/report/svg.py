"""Matplotlib figures as inline SVG: same bytes each time, readable in light and dark."""

import io
import re
import warnings
from contextlib import AbstractContextManager
from html import escape

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.figure import Figure

from trifit.report.charts import INK, RC


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
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'\bid="', f'id="{name}-', text)
    text = re.sub(r'((?:xlink:)?href="#|url\(#)', rf"\g<1>{name}-", text)
    text = text.replace(INK, "currentColor")
    text = re.sub(r'(<svg[^>]*?) width="[^"]*pt"', r"\1", text, count=1)
    text = re.sub(r'(<svg[^>]*?) height="[^"]*pt"', r"\1", text, count=1)
    width = figure.get_figwidth() * 96
    attributes = f' role="img" aria-label="{escape(description)}" style="max-width:{width:.0f}px"'
    return Markup(text.replace("<svg", f"<svg{attributes}", 1))


def with_style() -> AbstractContextManager[None]:
    """The page's chart style, for the time of a ``with`` block."""
    return mpl.rc_context(RC)
