"""How one column of a table becomes features, in any rows."""

from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING, Literal

import numpy as np

from trifit.data.cells import (
    UNSEEN,
    as_floats,
    is_numeric,
    level_codes,
    texts_of,
)
from trifit.data.numbers import POINT, Style, number
from trifit.data.vectors import components, is_vector
from trifit.errors import InputError
from trifit.types import BoolArray, FloatArray

if TYPE_CHECKING:
    import pyarrow as pa

Kind = Literal["number", "boolean", "category", "vector"]


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
