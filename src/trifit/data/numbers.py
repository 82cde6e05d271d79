"""Numbers as people write them: which mark is the decimal one, which separates thousands."""

import re
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from trifit.errors import InputError

SPACES = " '\u2019\u00a0\u2009\u202f"
"""Marks between thousands that mean nothing else: blanks and apostrophes."""

MANY = 30
"""Cells that all look like thousands, from which on that is no accident."""

Style = tuple[str, str]
"""The decimal mark, and the one between thousands."""

POINT: Style = (".", ",")
COMMA: Style = (",", ".")


def number(text: str, style: Style = POINT) -> float | None:
    """The number a cell holds, or None; ``"1_000"`` and ``"nan"`` are none.

    Examples
    --------
    >>> number("4,740.09"), number("4.740,09", COMMA), number("12,5"), number("1e3")
    (4740.09, 4740.09, None, 1000.0)
    """
    decimal, thousands = style
    whole = re.match(rf"[+-]?\d{{1,3}}([{re.escape(thousands + SPACES)}]\d{{3}})+(?!\d)", text)
    if whole:
        text = re.sub(rf"[{re.escape(thousands + SPACES)}]", "", whole[0]) + text[whole.end() :]
    if "_" in text or (decimal == "," and "." in text):
        return None
    try:
        value = float(text.replace(decimal, "."))
    except ValueError:
        return None
    return None if np.isnan(value) else value


def possible_styles(texts: Iterable[str], *, semicolons: bool = False) -> set[Style] | None:
    """The ways in which a column can be read as numbers; None where its marks do not matter.

    ``"4,740"`` is 4740 or 4.740, and only other cells can tell: ``"4,740.09"`` or
    ``"12,5"``. Points are decimal unless every cell with one has groups of three
    digits, and some smaller number has none: ``"1.891"`` beside ``"987"``, in a file
    of semicolons or in many cells.

    Parameters
    ----------
    texts : iterable of str
        The different cells that are not missing.
    semicolons : bool
        Whether the file separates its columns by semicolons, as those of countries do
        that write a decimal comma.
    """
    marked = [t for t in texts if "," in t or "." in t]
    if not marked:
        return None
    styles = {style for style in (POINT, COMMA) if all(number(t, style) is not None for t in texts)}
    if any("," in t for t in marked):
        return styles
    if COMMA not in styles:
        return None
    certain = any(t.count(".") > 1 for t in marked)
    unmarked = [t for t in texts if "." not in t]
    suspicious = bool(unmarked) and (semicolons or len(marked) >= MANY)
    return styles if certain or suspicious else None


def choose_style(
    data: str,
    columns: Mapping[str, Sequence[str]],
    *,
    decimal: str | None,
    thousands: str | None,
    semicolons: bool,
    points: bool,
) -> Style:
    """The way in which the numbers of one file are written.

    Parameters
    ----------
    data : str
    columns : mapping of str to sequence of str
        The different cells of every column whose marks can be read in two ways.
    decimal, thousands : str, optional
        As the user says; then nothing is guessed.
    semicolons : bool
    points : bool
        Whether another column has decimal points for certain.

    Raises
    ------
    InputError
        Where two readings are possible, with both of them.
    """
    if decimal is not None or thousands is not None:
        return _given(decimal, thousands)
    found = {name: possible_styles(texts, semicolons=semicolons) for name, texts in columns.items()}
    decided = [next(iter(s)) for s in found.values() if s is not None and len(s) == 1]
    if decided:
        return max(set(decided), key=decided.count)
    if points:
        return POINT
    for name, styles in found.items():
        if styles:
            cell = next(t for t in columns[name] if "," in t or "." in t)
            point, comma = number(cell), number(cell, COMMA)
            raise InputError(
                f"data {data!r}: column {name!r} holds {cell!r}, which is {point:g} or {comma:g}: "
                f"say which mark is the decimal one, --decimal . (the number is {point:g}) or "
                f"--decimal , ({comma:g})"
            )
    return POINT


def _given(decimal: str | None, thousands: str | None) -> Style:
    for what, mark in (("decimal", decimal), ("thousands", thousands)):
        if mark not in (None, ".", ",") and not (what == "thousands" and mark in SPACES):
            raise InputError(f"{what}={mark!r}: expected '.' or ','")
    if decimal is None:
        decimal = "," if thousands == "." else "."
    if thousands == decimal:
        raise InputError(f"decimal and thousands are both {decimal!r}; they must differ")
    return COMMA if decimal == "," else POINT
