"""Numbers as people write them: which mark is the decimal one, which separates thousands."""

import re
from collections.abc import Collection, Mapping, Sequence
from shlex import quote

import numpy as np

from trifit.errors import InputError

SPACES = " '\u2019\u00a0\u2009\u202f"
"""Marks between thousands that mean nothing else: blanks and apostrophes."""

MINUS = "\u2212"
"""The minus of typeset text, as spreadsheets and web pages have it."""

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
    text = text.replace(MINUS, "-")
    whole = re.match(rf"[+-]?[1-9]\d{{0,2}}([{re.escape(thousands + SPACES)}]\d{{3}})+(?!\d)", text)
    if whole:
        text = re.sub(rf"[{re.escape(thousands + SPACES)}]", "", whole[0]) + text[whole.end() :]
    if "_" in text or (decimal == "," and "." in text):
        return None
    try:
        value = float(text.replace(decimal, "."))
    except ValueError:
        return None
    return None if np.isnan(value) else value


def possible_styles(texts: Collection[str]) -> set[Style] | None:
    """The ways in which the numbers of a column can be read; None where marks do not matter.

    ``"4,740"`` is 4740 or 4.740, and only other cells can tell: ``"4,740.09"``, ``"0,118"``
    or ``"12,5"``. Points are decimal unless every cell with one has groups of three
    digits, and smaller numbers have none: ``"1.891"`` beside ``"987"``. Two of 31,713
    columns of numbers in public tables look so by accident.

    Parameters
    ----------
    texts : collection of str
        The different cells that are not missing.
    """
    numbers = [t for t in texts if number(t) is not None or number(t, COMMA) is not None]
    marked = [t for t in numbers if "," in t or "." in t]
    if not marked or 2 * len(numbers) <= len(texts):
        return None
    styles = {s for s in (POINT, COMMA) if all(number(t, s) is not None for t in numbers)}
    if any("," in t for t in marked):
        return styles
    if COMMA not in styles:
        return None
    certain = any(t.count(".") > 1 for t in marked)
    small = [bool(re.fullmatch(r"[+-]?\d{1,3}", t)) for t in numbers if "." not in t]
    return styles if certain or (small and all(small)) else None


def choose_style(
    data: str,
    columns: Mapping[str, Sequence[str]],
    *,
    decimal: str | None,
    thousands: str | None,
    pointed: str | None,
) -> Style:
    """The way in which the numbers of one file are written.

    Parameters
    ----------
    data : str
    columns : mapping of str to sequence of str
        The different cells of every column whose marks can be read in two ways.
    decimal, thousands : str, optional
        As the user says; then nothing is guessed.
    pointed : str, optional
        Another column, which has decimal points for certain.

    Raises
    ------
    InputError
        Where two readings are possible, with both of them; or where columns
        contradict each other.
    """
    if decimal is not None or thousands is not None:
        return _given(decimal, thousands)
    found = {name: possible_styles(texts) for name, texts in columns.items()}
    for name, styles in found.items():
        if styles == set():
            point, comma = (
                next(t for t in columns[name] if number(t, s) is not None and number(t, o) is None)
                for s, o in ((POINT, COMMA), (COMMA, POINT))
            )
            raise InputError(
                f"data {data!r}: column {name!r} writes numbers in two ways, {point!r} and "
                f"{comma!r}; use one of them, or leave the column out with --drop {quote(name)}"
            )
    decided = {next(iter(s)): name for name, s in found.items() if s is not None and len(s) == 1}
    if pointed is not None:
        decided.setdefault(POINT, pointed)
    if len(decided) > 1:
        raise InputError(
            f"data {data!r}: column {decided[POINT]!r} writes numbers with a decimal point, column "
            f"{decided[COMMA]!r} with a decimal comma; say which one it is, --decimal . or "
            "--decimal , (cells that do not fit it are then refused or categories)"
        )
    if decided:
        return next(iter(decided))
    for name, styles in found.items():
        if styles:
            cell = next(t for t in columns[name] if "," in t or "." in t)
            one, other = number(cell), number(cell, COMMA)
            raise InputError(
                f"data {data!r}: column {name!r} holds {cell!r}, which is {one:g} or {other:g}: "
                f"say which mark is the decimal one, --decimal . (the number is {one:g}) or "
                f"--decimal , ({other:g})"
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
