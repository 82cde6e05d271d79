"""Whether the numbers of further rows are written as those of the training rows were."""

from collections.abc import Sequence
from re import escape

from trifit.data.cells import is_text, texts_of
from trifit.data.columns import Column
from trifit.data.many import matching
from trifit.data.numbers import COMMA, POINT, Style, number
from trifit.data.tables import Table
from trifit.errors import InputError


def check_marks(table: Table, columns: Sequence[Column]) -> None:
    """Refuse a text file whose numbers have, or may have, other marks than the training rows.

    ``1,234`` is 1234 for a model of rows with decimal points, but 1.234 if the file is German;
    another cell must tell.

    Parameters
    ----------
    table : Table
        Further rows, with all columns.
    columns : sequence of Column
        How the training rows were read.

    Raises
    ------
    InputError
    """
    if not table.delimiter:
        return
    written = [c for c in columns if c.kind == "number" and is_text(table.cells[c.name].type)]
    for style in dict.fromkeys(c.style for c in written):
        _check(table, [c for c in written if c.style == style], style)


def _check(table: Table, columns: Sequence[Column], style: Style) -> None:
    other = POINT if style == COMMA else COMMA
    names = [c.name for c in columns]
    if not matching(table, names, rf"\d{escape(other[0])}\d").any():
        return
    doubt, certain = "", False
    for column in columns:
        texts = {t for t in texts_of(table.cells[column.name], column.missing) if t is not None}
        for text in sorted(texts):
            ours, theirs = number(text, style), number(text, other)
            if ours is None and theirs is not None:
                raise InputError(
                    f"data {table.name!r}: column {column.name!r} holds {text!r}: its numbers are "
                    f"written with a decimal {_mark(other)}, those of the training data with a "
                    f"decimal {_mark(style)}; use one mark in both"
                )
            certain |= ours is not None and theirs is None
            if not (doubt or None in (ours, theirs)) and ours != theirs and other[0] in text:
                doubt = (
                    f"column {column.name!r} holds {text!r}, which is {ours:g} with the decimal "
                    f"{_mark(style)} of the training data, or {theirs:g} with a decimal "
                    f"{_mark(other)}"
                )
    if doubt and not certain:
        raise InputError(
            f"data {table.name!r}: {doubt}; write numbers as in the training data, without marks "
            "between thousands"
        )


def _mark(style: Style) -> str:
    return "comma" if style == COMMA else "point"
