"""What a page is put together from: charts with captions, tables, legends."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from matplotlib.markers import MarkerStyle
from matplotlib.path import Path

from trifit.report import charts
from trifit.report.frame import new_picture
from trifit.report.svg import to_svg
from trifit.results import Estimate
from trifit.text import signed_with_se, with_se

type Draw = Callable[..., object]
"""A chart function with its data given (``functools.partial``); takes ``ax=``."""


TITLE_LETTERS = 11
"""Letters of a panel's title per inch of its width; longer ones get an ellipsis."""


@dataclass(frozen=True)
class Key:
    """One entry of a legend: a colour and a shape, never a colour alone."""

    name: str
    colour: str
    shape: Markup


@dataclass(frozen=True)
class Chart:
    """Inline pictures, the sentence that says what to see in them, and their legend."""

    pictures: tuple[Markup, ...]
    caption: str
    keys: tuple[Key, ...] = ()


@dataclass(frozen=True)
class Cell:
    """One entry of a table.

    ``value`` is what it sorts by, ``small`` stands beneath, ``href`` makes it a
    link, ``picture`` takes the place of the text.
    """

    text: str
    value: float | None = None
    small: str = ""
    failed: bool = False
    href: str = ""
    picture: Markup | None = None


def estimate_text(e: Estimate, *, signed: bool = False) -> str:
    """A value with its standard error, signed where it is a difference."""
    return signed_with_se(e.value, e.se) if signed else with_se(e.value, e.se)


def estimate_cell(e: Estimate | None, *, signed: bool = False, small: str = "") -> Cell:
    """A value with its standard error, sorted by the value; a dash where there is none.

    Parameters
    ----------
    e : Estimate or None
    signed : bool
        Of a difference.
    small : str
        What stands beneath.
    """
    if e is None:
        return Cell("–")
    return Cell(estimate_text(e, signed=signed), e.value, small)


@dataclass(frozen=True)
class Table:
    """A table with a caption and headers; the first column names the rows."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell | str, ...], ...]
    wrap: bool = False


def chart(
    name: str,
    caption: str,
    draw: Draw,
    *,
    size: tuple[float, float],
    keys: Sequence[Key] = (),
) -> Chart:
    """One picture with its caption.

    Parameters
    ----------
    name : str
        Prefix of the ids in the picture, once per page.
    caption : str
        What to see in it; also its text alternative.
    draw : Draw
    size : (float, float)
        Inches.
    keys : sequence of Key
        Its legend.
    """
    figure, ax = new_picture(*size)
    draw(ax=ax)
    return Chart((to_svg(figure, name=name, description=caption),), caption, tuple(keys))


def panels(
    name: str,
    caption: str,
    draws: Mapping[str, Draw],
    *,
    size: tuple[float, float],
    keys: Sequence[Key] = (),
    alt: Mapping[str, str] | None = None,
) -> Chart:
    """Pictures side by side, each under its title, that share a caption and a legend.

    They are pictures of their own so that a narrow screen can put them below
    each other.

    Parameters
    ----------
    name : str
        Unique on the page; ids of the pictures begin with it.
    caption : str
    draws : mapping of str to callable
        Title to what draws on ``ax``.
    size : tuple of float
        Width and height of each, in inches.
    keys : sequence of Key, optional
        The legend.
    alt : mapping of str to str, optional
        What each shows, for readers who cannot see it; without it the first one says
        the caption.
    """
    pictures = []
    for i, (title, draw) in enumerate(draws.items()):
        figure, ax = new_picture(*size)
        draw(ax=ax)
        ax.set_title(charts.label(title, round(TITLE_LETTERS * size[0])))
        text = alt[title] if alt else caption if i == 0 else "see the first panel."
        pictures.append(to_svg(figure, name=f"{name}{i}", description=f"{title}: {text}"))
    return Chart(tuple(pictures), caption, tuple(keys))


def fit_keys(names: Iterable[str]) -> tuple[Key, ...]:
    """The legend of fits."""
    return tuple(Key(n, charts.style(n)[0], shape(charts.style(n)[1])) for n in names)


def series_keys(names: Sequence[str]) -> tuple[Key, ...]:
    """The legend of series, fits or others, in the order they are drawn."""
    looks = (charts.look(name, k) for k, name in enumerate(names))
    return tuple(Key(n, c, shape(m)) for n, (c, m) in zip(names, looks, strict=True))


def class_keys(names: Sequence[str]) -> tuple[Key, ...]:
    """The legend of classes."""
    styles = (charts.class_style(k) for k in range(len(names)))
    return tuple(Key(n, c, shape(m)) for n, (c, m) in zip(names, styles, strict=True))


LETTERS = {Path.MOVETO: "M", Path.LINETO: "L", Path.CURVE4: "C", Path.CLOSEPOLY: "Z"}


def shape(marker: str) -> Markup:
    """A marker's outline as the ``d`` of an SVG path, in a square from -1 to 1."""
    style = MarkerStyle(marker)
    outline = style.get_transform().transform_path(style.get_path())
    unit = max(abs(float(v)) for v in np.ravel(outline.vertices))
    pieces = []
    for vertices, code in outline.iter_segments(curves=True, simplify=False):
        numbers = "" if code == Path.CLOSEPOLY else " ".join(
            f"{float(v) / unit * (1 if i % 2 == 0 else -1):.2f}" for i, v in enumerate(vertices)
        )  # fmt: skip
        pieces.append(f"{LETTERS[code]}{numbers}")
    return Markup("".join(pieces))
