"""How one column of a table is read: learned from the training rows, applied to any rows."""

from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING, Literal

import numpy as np

from trifit.data.cells import (
    MISSING_TEXT,
    UNSEEN,
    as_floats,
    is_numeric,
    is_text,
    level_codes,
    texts_of,
)
from trifit.data.numbers import POINT, Style, number
from trifit.data.vectors import components, is_vector, vector_length
from trifit.errors import InputError
from trifit.types import BoolArray, FloatArray

if TYPE_CHECKING:
    import pyarrow as pa

Kind = Literal["number", "boolean", "category", "vector"]

MAX_LEVELS = 100
"""Categories beyond which a level needs :data:`MIN_ROWS` rows on average."""

MIN_ROWS = 10

MAX_ENTRIES = 500_000_000
"""Most entries of the 0/1 columns of one category (4 GB)."""


@dataclass(frozen=True)
class Column:
    """How one column becomes features.

    Attributes
    ----------
    name : str
    kind : {"number", "boolean", "category", "vector"}
    style : (str, str)
        Decimal mark, and the one between thousands, of numbers written as text.
    levels : tuple of str
        The categories of the training rows, sorted as text.
    missing : tuple of str
        Texts that mean "missing".
    length : int
        Numbers in each vector.
    """

    name: str
    kind: Kind
    style: Style = POINT
    levels: tuple[str, ...] = ()
    missing: tuple[str, ...] = ("",)
    length: int = 0

    @property
    def features(self) -> tuple[str, ...]:
        """Names of its features: its own, or one for each category or component."""
        if self.kind == "category":
            return tuple(f"{self.name}={level}" for level in self.levels)
        if self.kind == "vector":
            return tuple(f"{self.name}[{i}]" for i in range(self.length))
        return (self.name,)

    def is_unseen(self, text: str) -> bool:
        """Whether a text is none of the categories."""
        return bool(level_codes([text], self.levels)[0] == UNSEEN)

    def encode(
        self, data: str, column: "pa.ChunkedArray", plain: FloatArray | None = None
    ) -> tuple[FloatArray, BoolArray]:
        """Features (n_rows, n_features), NaN where missing, and rows of an unseen category.

        A number is itself, a boolean 0 or 1, a vector its components, a category one 0/1
        column for each level (all zero for a category that is not known).

        Parameters
        ----------
        data : str
        column : pyarrow ChunkedArray
        plain : array of shape (n_rows,), optional
            Its cells, where they are known to be plain numbers.

        Raises
        ------
        InputError
            If a cell cannot be what the column is.
        """
        if is_vector(column.type) != (self.kind == "vector"):
            ours = f"vectors of {self.length} numbers" if self.length else f"a {self.kind}"
            raise InputError(
                f"data {data!r}: column {self.name!r} holds {column.type}, but {ours} in the "
                f"training data; use one type in both, or leave it out with --drop "
                f"{quote(self.name)}"
            )
        if self.kind == "category":
            codes = level_codes(texts_of(column, self.missing), self.levels)
            features = np.equal.outer(codes, np.arange(len(self.levels))).astype(np.float64)
            features[np.isnan(codes)] = np.nan
            return features, codes == UNSEEN
        if self.kind == "vector":
            values = components(data, self.name, column, self.length)
        else:
            values = (self._values(data, column) if plain is None else plain)[:, None]
        infinite = np.isinf(values).any(axis=1)
        if infinite.any():
            row = int(np.flatnonzero(infinite)[0])
            raise InputError(
                f"data {data!r}: column {self.name!r} is infinite in data row {row + 1}; "
                "replace the value or remove the row"
            )
        return values, np.zeros(len(values), dtype=bool)

    def _values(self, data: str, column: "pa.ChunkedArray") -> FloatArray:
        import pyarrow as pa

        if is_numeric(column.type):
            numeric = column.cast(pa.int8()) if pa.types.is_boolean(column.type) else column
            values = numeric.cast(pa.float64(), safe=False).to_numpy()
            codes = [code for t in self.missing if (code := number(t)) is not None]
            if codes:  # such as -999
                values = np.where(np.isin(values, codes), np.nan, values)
            values = np.asarray(values, dtype=np.float64)
            strange = ~np.isnan(values) & ~np.isin(values, (0.0, 1.0))
            if self.kind == "boolean" and strange.any():
                row = int(np.flatnonzero(strange)[0])
                raise self._misfit(data, f"{values[row]:g}", row)
            return values
        plain = None if self.kind == "boolean" else as_floats(column, self.missing, self.style)
        if plain is not None:
            return plain
        texts = texts_of(column, self.missing)
        read = {t: self._value(t) for t in set(texts) if t is not None}
        for row, text in enumerate(texts):
            if text is not None and read[text] is None:
                raise self._misfit(data, f"the text {text!r}", row)
        return np.array([np.nan if t is None else read[t] for t in texts], dtype=np.float64)

    def _misfit(self, data: str, cell: str, row: int) -> InputError:
        wanted = "true or false is needed" if self.kind == "boolean" else "numbers are needed"
        return InputError(
            f"data {data!r}: column {self.name!r} holds {cell} in data row {row + 1} where "
            f"{wanted}; correct it, or leave the column out with --drop {quote(self.name)}"
        )

    def _value(self, text: str) -> float | None:
        if text.lower() in ("true", "false"):
            return float(text.lower() == "true")
        value = number(text, self.style)
        return value if self.kind == "number" or value in (0.0, 1.0) else None


def learn_column(
    data: str,
    name: str,
    column: "pa.ChunkedArray",
    *,
    written: bool,
    style: Style,
    missing: tuple[str, ...],
    plain: FloatArray | None,
    categorical: bool,
    keep: bool,
) -> Column:
    """How a column of the training rows is to be read.

    Parameters
    ----------
    data, name : str
    column : pyarrow.ChunkedArray
    written : bool
        Whether numbers are written as text, as in a CSV file. The text of a dataframe
        or a Parquet file is a category.
    style : (str, str)
    missing : tuple of str
    plain : array of shape (n_rows,) or None
        The cells of written plain numbers.
    categorical, keep : bool
        Asked for by the user: a category, whatever it looks like; and however many
        levels it has.

    Raises
    ------
    InputError
        If the column holds nothing that can be a feature.
    """
    import pyarrow as pa

    kind = column.type
    if pa.types.is_null(kind) or column.null_count == len(column):
        raise _missing_everywhere(data, name)
    if is_vector(kind):
        return Column(name, "vector", length=vector_length(data, name, column))
    declared = pa.types.is_dictionary(kind)
    if not (declared or is_numeric(kind) or is_text(kind)):
        raise InputError(
            f"data {data!r}: column {name!r} holds {kind}, which is neither number, boolean, "
            f"category nor vector of numbers; convert it, or leave it out with --drop {quote(name)}"
        )
    if categorical or declared:
        texts = texts_of(column, () if declared else missing)
        return _category(data, name, texts, () if declared else missing, keep=True)
    if is_numeric(kind):
        return Column(name, "boolean" if pa.types.is_boolean(kind) else "number", missing=missing)
    if not written:
        return _category(data, name, texts_of(column, missing), missing, keep=keep)
    if plain is not None and not np.isnan(plain).all():
        return Column(name, "number", style, missing=beside_numbers(missing))
    return _written(data, name, column, style, missing, keep=keep)


def beside_numbers(missing: tuple[str, ...]) -> tuple[str, ...]:
    """Texts that mean "missing" in a column of numbers."""
    return tuple(dict.fromkeys((*missing, *MISSING_TEXT)))


def _written(
    data: str,
    name: str,
    column: "pa.ChunkedArray",
    style: Style,
    missing: tuple[str, ...],
    *,
    keep: bool,
) -> Column:
    """A column of text that is not plain numbers: of numbers, booleans or categories."""
    texts = texts_of(column, missing)
    levels = _levels(data, name, texts)
    words = [level for level in levels if number(level, style) is None]
    if len(words) < len(levels) and set(words) <= set(MISSING_TEXT):
        return Column(name, "number", style, missing=beside_numbers(missing))
    if {level.lower() for level in levels} <= {"true", "false"}:
        return Column(name, "boolean", missing=missing)
    if 2 * len(words) < len(levels):
        row = next(i for i, t in enumerate(texts) if t in words)
        raise InputError(
            f"data {data!r}: column {name!r} holds the text {texts[row]!r} in data row {row + 1} "
            f"where numbers are needed; correct it, declare it missing (--na-values "
            f"{quote(str(texts[row]))}), take the column as categories (--categorical "
            f"{quote(name)}), or leave it out (--drop {quote(name)})"
        )
    return _category(data, name, texts, missing, keep=keep)


def _levels(data: str, name: str, texts: list[str | None]) -> list[str]:
    """The different texts, sorted; there must be one."""
    levels = sorted({t for t in texts if t is not None})
    if not levels:
        raise _missing_everywhere(data, name)
    return levels


def _missing_everywhere(data: str, name: str) -> InputError:
    return InputError(f"data {data!r}: column {name!r} is missing in every row; drop it")


def _category(
    data: str, name: str, texts: list[str | None], missing: tuple[str, ...], *, keep: bool
) -> Column:
    levels = _levels(data, name, texts)
    rows = len(texts) - texts.count(None)
    per_level = 2 if len(levels) <= MAX_LEVELS else MIN_ROWS
    if not keep and len(levels) > 20 and rows < per_level * len(levels):
        numeric = all(number(level) is not None for level in levels)
        remedy = "convert it to numbers" if numeric else f"leave it out with --drop {quote(name)}"
        raise InputError(
            f"data {data!r}: text column {name!r} has {len(levels)} different values in "
            f"{len(texts)} rows; it looks like {'numbers' if numeric else 'an identifier'}: "
            f"{remedy}, or take it as categories with --keep {quote(name)}"
        )
    if len(levels) * len(texts) > MAX_ENTRIES:
        raise InputError(
            f"data {data!r}: column {name!r} has {len(levels):,} categories in {len(texts):,} "
            f"rows, too many for 0/1 columns; merge rare ones, or --drop {quote(name)}"
        )
    return Column(name, "category", levels=tuple(levels), missing=missing)
