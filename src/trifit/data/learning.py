"""How one column of a table is to be read, learned from the training rows."""

from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING

import numpy as np

from trifit.data.ambiguities import are_dates, is_amount
from trifit.data.cells import MISSING_TEXT, is_numeric, is_text, texts_of
from trifit.data.columns import Column
from trifit.data.numbers import Style, number
from trifit.data.vectors import is_vector, vector_length
from trifit.errors import InputError
from trifit.types import FloatArray

if TYPE_CHECKING:
    import pyarrow as pa

MAX_LEVELS = 100
"""Categories beyond which a level needs :data:`MIN_ROWS` rows on average."""

MIN_ROWS = 10

MAX_ENTRIES = 500_000_000
"""Most entries of the 0/1 columns of one category (4 GB)."""


def beside_numbers(missing: tuple[str, ...]) -> tuple[str, ...]:
    """Texts that mean "missing" in a column of numbers."""
    return tuple(dict.fromkeys((*missing, *MISSING_TEXT)))


@dataclass(frozen=True)
class Unread:
    """A column of the training rows, and what is known of it before its cells are looked at.

    Attributes
    ----------
    data, name : str
        Of the data and of the column, for messages.
    cells : pyarrow.ChunkedArray
    written : bool
        Whether numbers are written as text, as in a CSV file. The text of a dataframe
        or a Parquet file is a category.
    style : (str, str)
    missing : tuple of str
    categorical, keep : bool
        Asked for by the user: a category, whatever it looks like; and however many
        levels it has.
    """

    data: str
    name: str
    cells: "pa.ChunkedArray"
    written: bool
    style: Style
    missing: tuple[str, ...]
    categorical: bool = False
    keep: bool = False

    def learn(self, plain: FloatArray | None) -> Column:
        """How the column is to be read.

        Parameters
        ----------
        plain : array of shape (n_rows,) or None
            The cells of written plain numbers.

        Raises
        ------
        InputError
            If the column holds nothing that can be a feature.
        """
        import pyarrow as pa

        kind, name = self.cells.type, self.name
        if pa.types.is_null(kind) or self.cells.null_count == len(self.cells):
            raise self._missing_everywhere()
        if is_vector(kind):
            return Column(name, "vector", length=vector_length(self.data, name, self.cells))
        declared = pa.types.is_dictionary(kind)
        if not (declared or is_numeric(kind) or is_text(kind)):
            later = f", use it to test on later rows with --time {quote(name)}"
            raise InputError(
                f"data {self.data!r}: column {name!r} holds {kind}, which is neither number, "
                "boolean, category nor vector of numbers; convert it"
                f"{later if pa.types.is_temporal(kind) else ''}, or leave it out with --drop "
                f"{quote(name)}"
            )
        if declared:
            return self._category(texts_of(self.cells, ()), missing=())
        if self.categorical:
            return self._category(self._texts(), self.missing)
        if is_numeric(kind):
            boolean = pa.types.is_boolean(kind)
            return Column(name, "boolean" if boolean else "number", missing=self.missing)
        if not self.written:
            return self._perhaps_category(self._texts())
        if plain is not None and not np.isnan(plain).all():
            return self._number()
        return self._of_text()

    def _texts(self) -> list[str | None]:
        return texts_of(self.cells, self.missing)

    def _number(self) -> Column:
        return Column(self.name, "number", self.style, missing=beside_numbers(self.missing))

    def _of_text(self) -> Column:
        """A column of text that is not plain numbers: of numbers, booleans or categories."""
        texts = self._texts()
        levels = self._levels(texts)
        words = [level for level in levels if number(level, self.style) is None]
        if len(words) < len(levels) and set(words) <= set(MISSING_TEXT):
            return self._number()
        if {level.lower() for level in levels} <= {"true", "false"}:
            return Column(self.name, "boolean", missing=self.missing)
        if 2 * len(words) < len(levels):
            row = next(i for i, t in enumerate(texts) if t in words)
            raise InputError(
                f"data {self.data!r}: column {self.name!r} holds the text {texts[row]!r} in data "
                f"row {row + 1} where numbers are needed; correct it, declare it missing "
                f"(--na-values {quote(str(texts[row]))}), take the column as categories "
                f"(--categorical {quote(self.name)}), or leave it out (--drop {quote(self.name)})"
            )
        return self._perhaps_category(texts)

    def _perhaps_category(self, texts: list[str | None]) -> Column:
        """A category, unless it has so many levels that it must be something else."""
        levels = self._levels(texts)
        rows = len(texts) - texts.count(None)
        per_level = 2 if len(levels) <= MAX_LEVELS else MIN_ROWS
        if not self.keep and len(levels) > 20 and rows < per_level * len(levels):
            raise InputError(
                f"data {self.data!r}: text column {self.name!r} has {len(levels):,} different "
                f"values in {len(texts):,} rows; it looks like {self._looks(levels)}, or take it "
                f"as categories with --keep {quote(self.name)}"
            )
        return self._category(texts, self.missing)

    def _looks(self, levels: list[str]) -> str:
        """What so many different texts may be, and what to do then."""
        name = quote(self.name)
        if all(number(level) is not None for level in levels):
            return "numbers: convert it to numbers"
        if is_amount(levels):
            return (
                "amounts with a currency or percent sign: write them as plain numbers, leave the "
                f"column out with --drop {name}"
            )
        if are_dates(levels):
            return (
                f"dates: leave it out with --drop {name}, use it to test on later rows with --time "
                f"{name}, write it as a number (days, months, years)"
            )
        return f"an identifier: leave it out with --drop {name}"

    def _category(self, texts: list[str | None], missing: tuple[str, ...]) -> Column:
        levels = self._levels(texts)
        if len(levels) * len(texts) > MAX_ENTRIES:
            raise InputError(
                f"data {self.data!r}: column {self.name!r} has {len(levels):,} categories in "
                f"{len(texts):,} rows, too many for 0/1 columns; merge rare ones, or --drop "
                f"{quote(self.name)}"
            )
        return Column(self.name, "category", levels=tuple(levels), missing=missing)

    def _levels(self, texts: list[str | None]) -> list[str]:
        """The different texts, sorted; there must be one."""
        levels = sorted({t for t in texts if t is not None})
        if not levels:
            raise self._missing_everywhere()
        return levels

    def _missing_everywhere(self) -> InputError:
        return InputError(
            f"data {self.data!r}: column {self.name!r} is missing in every row; drop it"
        )
