"""Cells of columns: as text, as numbers, as codes of levels; and the types of columns."""

from typing import TYPE_CHECKING, Any

import numpy as np

from trifit.data.numbers import POINT, Style, number
from trifit.errors import InputError
from trifit.text import is_missing
from trifit.types import FloatArray

if TYPE_CHECKING:
    import pyarrow as pa

MISSING_TEXT = (
    "", "NA", "N/A", "n/a", "<NA>", "#N/A", "NaN", "nan", "null", "NULL", "?",
)  # fmt: skip
"""Cells of text that mean "missing" unless the user says otherwise; beside numbers always."""

UNSEEN = -1.0
"""Code of a text that is no level."""


def texts_of(column: "pa.ChunkedArray", missing: tuple[str, ...]) -> list[str | None]:
    """Cells as text, None where missing; 1.0 of a column of whole numbers reads as "1"."""
    import pyarrow as pa

    encoded = column.combine_chunks()
    if not pa.types.is_dictionary(encoded.type):
        try:
            encoded = encoded.dictionary_encode()
        except pa.ArrowException as error:
            raise InputError(f"a column holds {encoded.type}, which is not text") from error
    texts = [cell_text(v) for v in encoded.dictionary.to_pylist()]
    known = [None if t is None or t in missing else t for t in texts]
    return [None if k is None else known[k] for k in encoded.indices.to_pylist()]


def as_floats(
    column: "pa.ChunkedArray", missing: tuple[str, ...], style: Style
) -> FloatArray | None:
    """Cells of plain numbers with a decimal point, all at once; None if some are not.

    Parameters
    ----------
    column : pyarrow ChunkedArray
        Of text.
    missing : tuple of str
        Cells that hold no value.
    style : Style
        How numbers are written.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if style != POINT:
        return None
    text = column.cast(pa.string())
    absent = pc.is_in(text, value_set=pa.array(missing, pa.string()))
    try:
        present = pc.if_else(absent, pa.scalar(None, pa.string()), text)
        if pc.any(pc.match_substring_regex(present, "(?i)nan|_")).as_py():
            return None
        return np.asarray(present.cast(pa.float64()).to_numpy(), dtype=np.float64)
    except pa.ArrowException:
        return None


def is_numeric(kind: "pa.DataType") -> bool:
    """Whether a type is a number or a boolean."""
    import pyarrow as pa

    tests = (pa.types.is_boolean, pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)
    return any(test(kind) for test in tests)


def is_text(kind: "pa.DataType") -> bool:
    """Whether a type is text."""
    import pyarrow as pa

    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    return any(test(kind) for test in tests)


def is_binary(kind: "pa.DataType") -> bool:
    """Whether a type is bytes, which are not text."""
    import pyarrow as pa

    tests = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary)
    return any(test(kind) for test in tests)


def cell_text(value: Any) -> str | None:
    """A cell as text, None where missing; 1.0 reads as "1"."""
    if is_missing(value):
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def any_cell(column: "pa.ChunkedArray", pattern: str, *, negated: bool = False) -> bool:
    """Whether any cell of a column of text matches a pattern, or does not.

    Parameters
    ----------
    column : pyarrow ChunkedArray
        Of text.
    pattern : str
        A regular expression, found anywhere in the cell.
    negated : bool
        Whether some cell does not match.
    """
    import pyarrow.compute as pc

    found = pc.match_substring_regex(column, pattern)
    return bool(pc.any(pc.invert(found) if negated else found).as_py())


def level_codes(texts: list[str | None], levels: tuple[str, ...]) -> FloatArray:
    """Place of each text among the levels; -1 for one that is no level, NaN for none.

    Whole numbers are the same level however they are written ("10" and "10.0").
    """
    place = {level: float(k) for k, level in enumerate(levels)}
    by_value = {number(level): k for level, k in place.items() if number(level) is not None}
    unique = len(by_value) == sum(number(level) is not None for level in levels)

    def code(text: str) -> float:
        if text in place:
            return place[text]
        value = number(text) if unique else None
        return UNSEEN if value is None else by_value.get(value, UNSEEN)

    codes = {text: code(text) for text in set(texts) if text is not None}
    return np.array([np.nan if t is None else codes[t] for t in texts], dtype=np.float64)
