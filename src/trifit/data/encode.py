"""One table column to class codes or to float feature columns."""

import re
from typing import TYPE_CHECKING

import numpy as np

from trifit.data.tables import MISSING_TEXT
from trifit.errors import InputError
from trifit.types import BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    import pyarrow as pa

MAX_CLASSES_SHARE = 0.5
MAX_LEVELS = 100


def encode_target(
    data: str, target: str, column: "pa.ChunkedArray"
) -> tuple[IntArray, tuple[str, ...], BoolArray]:
    """Class codes, class names and a mask of rows without a class.

    Classes are sorted as numbers where all of them are numbers, else as text.
    """
    texts = _as_text(column)
    missing = np.array([t is None or t == "" for t in texts])
    present = sorted({t for t in texts if t})
    if not present:
        raise InputError(f"data {data!r}: target {target!r} has no value in any row")
    if len(present) > 20 and len(present) > MAX_CLASSES_SHARE * len(texts):
        raise InputError(
            f"target {target!r} has {len(present)} different values in {len(texts)} rows "
            f"(e.g. {present[0]!r}); trifit compares classifiers: give a column of class labels"
        )
    numbers = [_number(t) for t in present]
    if all(n is not None for n in numbers):
        present = [t for _, t in sorted(zip(numbers, present, strict=True))]
    code = {name: k for k, name in enumerate(present)}
    y = np.array([code.get(t or "", 0) for t in texts], dtype=np.int64)
    return y, tuple(present), missing


def encode_features(
    data: str, name: str, column: "pa.ChunkedArray"
) -> list[tuple[str, FloatArray]]:
    """Named float columns of one table column; NaN where a value is missing.

    A numeric or boolean column gives itself, a text column one 0/1 column per
    category (all NaN in rows where the category is missing).
    """
    import pyarrow as pa

    kind = column.type
    if pa.types.is_dictionary(kind):  # declared a category, whatever its values look like
        return _one_hot(data, name, _as_text(column))
    if (
        pa.types.is_boolean(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
    ):
        numeric = column.cast(pa.int8()) if pa.types.is_boolean(kind) else column
        values = numeric.cast(pa.float64(), safe=False).to_numpy()
        return [(name, _finite(data, name, values))]
    if pa.types.is_null(kind):
        raise InputError(f"data {data!r}: column {name!r} is missing in every row; drop it")
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or _is_view(kind)):
        raise InputError(
            f"data {data!r}: column {name!r} holds {kind}, which is neither number, boolean nor "
            f"category; convert it, or leave it out with --drop {name}"
        )
    return _encode_text(data, name, [_present(t) for t in _as_text(column)])


def _encode_text(data: str, name: str, texts: list[str | None]) -> list[tuple[str, FloatArray]]:
    levels = sorted({t for t in texts if t is not None})
    if not levels:
        raise InputError(f"data {data!r}: column {name!r} is missing in every row; drop it")
    numbers = {level: _number(level) for level in levels}
    words = [level for level in levels if numbers[level] is None]
    if not words:
        values = np.array([np.nan if t is None else numbers[t] for t in texts], dtype=np.float64)
        return [(name, _finite(data, name, values))]
    lowered = {level.lower() for level in levels}
    if lowered <= {"true", "false"}:
        values = np.array([np.nan if t is None else float(t.lower() == "true") for t in texts])
        return [(name, values)]
    if all(re.fullmatch(r"[+-]?\d+(,\d+)?", level) for level in levels):
        raise InputError(
            f"data {data!r}: column {name!r} holds numbers with a decimal comma "
            f"({words[0]!r}); write them with a point"
        )
    if 2 * len(words) < len(levels):
        row = next(i for i, t in enumerate(texts) if t in words)
        raise InputError(
            f"data {data!r}: column {name!r} holds the text {texts[row]!r} in data row {row + 1} "
            f"where numbers are needed; correct it, or leave the column out with --drop {name}"
        )
    return _one_hot(data, name, texts)


def _one_hot(data: str, name: str, texts: list[str | None]) -> list[tuple[str, FloatArray]]:
    """One 0/1 column per category, sorted as text; NaN where it is missing."""
    levels = sorted({t for t in texts if t is not None})
    if not levels:
        raise InputError(f"data {data!r}: column {name!r} is missing in every row; drop it")
    if len(levels) > MAX_LEVELS or (len(levels) > 20 and 2 * len(levels) > len(texts)):
        raise InputError(
            f"data {data!r}: text column {name!r} has {len(levels)} different values in "
            f"{len(texts)} rows; it looks like an identifier: leave it out with --drop {name}"
        )
    place = {level: k for k, level in enumerate(levels)}
    codes = np.array([np.nan if t is None else place[t] for t in texts], dtype=np.float64)
    return [
        (f"{name}={level}", np.where(np.isnan(codes), np.nan, (codes == k).astype(np.float64)))
        for k, level in enumerate(levels)
    ]


def _is_view(kind: "pa.DataType") -> bool:
    return str(kind) == "string_view"


def _as_text(column: "pa.ChunkedArray") -> list[str | None]:
    return [None if v is None or v != v else _text(v) for v in column.to_pylist()]


def _text(value: object) -> str:
    """Text of a label; 1.0 from a float column of whole numbers reads as "1"."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _present(text: str | None) -> str | None:
    return None if text is None or text in MISSING_TEXT else text


def _number(text: str) -> float | None:
    """The number a cell holds, or None; "1_000" and "nan" are not numbers."""
    if "_" in text:
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return None if np.isnan(value) else value


def _finite(data: str, name: str, values: FloatArray) -> FloatArray:
    if np.isinf(values).any():
        row = int(np.flatnonzero(np.isinf(values))[0])
        raise InputError(
            f"data {data!r}: column {name!r} is infinite in data row {row + 1}; "
            "replace the value or remove the row"
        )
    return values
