"""What may have been meant otherwise, and how to say so."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from trifit.data.cells import any_cell
from trifit.data.columns import Column
from trifit.data.identifiers import exceeds_doubles, is_row_number, may_be_identifier
from trifit.notes import Note, NoteKind
from trifit.types import FloatArray

if TYPE_CHECKING:
    import pyarrow as pa

FEW_VALUES = range(3, 11)
"""Different whole values of a column that may be codes of categories."""


DATE = re.compile(r"^(\d{4}([-./])\d{1,2}\2\d{1,2}|\d{1,2}([-./])\d{1,2}\3(\d{4}|\d\d))([ T].*)?$")
"""A day: 2024-05-31, 31.05.2024, 5/31/24."""


@dataclass
class Ambiguities:
    """Columns of the training table that may be other than they look.

    Attributes
    ----------
    numbered : list of str
        Row numbers, which were left out.
    identifiers, rounded, zeros : list of str
        Another whole number in every row; whole numbers beyond 2**53; numbers with
        leading zeros.
    codes : dict of str to int
        Numbers with few whole values, and how many.
    amounts : dict of str to str
        Categories that are amounts with a sign, and one of them.
    dates : dict of str to str
        Categories that are dates, and one of them.
    """

    numbered: list[str] = field(default_factory=list)
    identifiers: list[str] = field(default_factory=list)
    rounded: list[str] = field(default_factory=list)
    zeros: list[str] = field(default_factory=list)
    codes: dict[str, int] = field(default_factory=dict)
    amounts: dict[str, str] = field(default_factory=dict)
    dates: dict[str, str] = field(default_factory=dict)

    def row_number(self, column: Column, values: FloatArray | None) -> bool:
        """Whether a column of numbers counts the rows; it is then remembered."""
        if values is None or not is_row_number(values):
            return False
        self.numbered.append(column.name)
        return True

    def look(
        self, column: Column, values: FloatArray | None, written: "pa.ChunkedArray | None"
    ) -> None:
        """Remember what is odd about a column.

        Parameters
        ----------
        column : Column
        values : array of shape (n_rows,) or None
            Of a column of numbers.
        written : pyarrow ChunkedArray or None
            Its cells in a text file.
        """
        if column.kind == "category" and written is not None and is_amount(column.levels):
            self.amounts[column.name] = column.levels[0]
        if column.kind == "category" and written is not None and are_dates(column.levels):
            self.dates[column.name] = column.levels[0]
        if values is None:
            return
        if may_be_identifier(column.name, values) and not is_row_number(values):
            self.identifiers.append(column.name)
        if exceeds_doubles(values):
            self.rounded.append(column.name)
        if n_values := few_values(values):
            self.codes[column.name] = n_values
        elif written is not None and (values == np.round(values)).any():
            if any_cell(written, r"^\s*0\d+\s*$"):
                self.zeros.append(column.name)

    def notes(self) -> list[Note]:
        """A note for each kind."""
        columns = (
            (NoteKind.ROW_NUMBERS, self.numbered),
            (NoteKind.IDENTIFIERS, self.identifiers),
            (NoteKind.BEYOND_DOUBLES, self.rounded),
            (NoteKind.LEADING_ZEROS, self.zeros),
        )
        notes = [Note(kind, names=tuple(names)) for kind, names in columns if names]
        if self.codes:
            notes.append(Note(NoteKind.CODES, counts=self.codes))
        signs = ((NoteKind.AMOUNTS, self.amounts), (NoteKind.DATES, self.dates))
        return notes + [
            Note(kind, names=(name,), text=cell)
            for kind, found in signs
            for name, cell in found.items()
        ]


def few_values(values: FloatArray) -> int:
    """How many whole values a column of numbers has, if it may hold codes; else 0."""
    present = values[~np.isnan(values)]
    if len(np.unique(present[:1000])) not in range(max(FEW_VALUES) + 1):
        return 0
    distinct = np.unique(present)
    suspect = len(distinct) in FEW_VALUES and bool((distinct == np.round(distinct)).all())
    return len(distinct) if suspect and len(present) >= 10 * len(distinct) else 0


def are_dates(levels: Sequence[str]) -> bool:
    """Whether texts are dates, year or day first, perhaps with a time.

    Examples
    --------
    >>> are_dates(["2024-05-31", "2024-06-01 12:30"]), are_dates(["31.05.2024"])
    (True, True)
    >>> are_dates(["1.2.3", "1.2.4"]), are_dates(["5/31/24", "n. a."])
    (False, False)
    """
    return all(DATE.match(level) for level in levels)


def is_amount(levels: Sequence[str]) -> bool:
    """Whether categories are numbers with a sign of a currency, or of per cent.

    Examples
    --------
    >>> is_amount(("$1,250.00", "$990.00")), is_amount(("5 %", "7 %")), is_amount(("a", "$5"))
    (True, True, False)
    """
    return all(re.match(r"^[$€£¥]\s?-?\d|^-?\d[\d.,' ]*\s?[%€$£¥]$", level) for level in levels)
