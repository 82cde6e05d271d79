"""How a table is read: learned from the training table, applied to any table like it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING

import numpy as np

from trifit.data.columns import (
    MISSING_TEXT,
    Column,
    few_values,
    is_amount,
    is_text,
    learn_column,
    texts_of,
)
from trifit.data.identifiers import (
    exceeds_doubles,
    is_row_name,
    is_row_number,
    may_be_identifier,
)
from trifit.data.numbers import Style, choose_style
from trifit.data.soft import label_columns
from trifit.data.tables import Table
from trifit.errors import InputError
from trifit.text import listing
from trifit.types import BoolArray, FloatArray

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Reading:
    """What a user says about how a table is to be read.

    Attributes
    ----------
    missing : tuple of str
        Texts that mean "missing"; the empty one always does.
    decimal, thousands : str or None
        Marks in numbers written as text; None: found out, where there is no doubt.
    categorical : tuple of str
        Columns that are categories, whatever they look like.
    keep : tuple of str
        Columns that stay although they look like row numbers or identifiers.
    drop : tuple of str
        Columns to leave out; "" means those without a name.
    """

    missing: tuple[str, ...] = MISSING_TEXT
    decimal: str | None = None
    thousands: str | None = None
    categorical: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()


@dataclass(frozen=True)
class Schema:
    """How the feature columns of a table become a matrix.

    Attributes
    ----------
    columns : tuple of Column
    """

    columns: tuple[Column, ...]

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the columns of the matrix."""
        return tuple(name for column in self.columns for name in column.features)

    @property
    def groups(self) -> dict[str, int]:
        """For each table column the place of its first feature in the matrix."""
        sizes = [len(column.features) for column in self.columns]
        starts = np.cumsum([0, *sizes[:-1]])
        return {column.name: int(s) for column, s in zip(self.columns, starts, strict=True)}

    def encode(self, table: Table) -> tuple[FloatArray, BoolArray]:
        """The feature matrix, and which rows hold a category that is not known.

        Columns move over one by one: beside the table there is one matrix, and one column.
        """
        X = np.empty((len(table), len(self.features)))
        unseen = np.zeros(len(table), dtype=bool)
        start = 0
        for column in self.columns:
            values, unknown = column.encode(table.name, table.cells[column.name])
            X[:, start : start + values.shape[1]] = values
            start += values.shape[1]
            unseen |= unknown
        return X, unseen


def learn(table: Table, labels: Sequence[str], reading: Reading) -> tuple[Schema, list[str]]:
    """How to read the feature columns of a training table, and what to say of it.

    Parameters
    ----------
    table : Table
    labels : sequence of str
        Its label columns, which are no features.
    reading : Reading

    Raises
    ------
    InputError
        If a column cannot be read, or none is left.
    """
    _check_names(table, labels, reading)
    notes: list[str] = []
    # Unused label columns would give the answer away.
    spare = [c for c in label_columns(table.columns) if c not in labels]
    if spare:
        notes.append(f"label columns that are not used were left out: {listing(spare)}")
    names = [c for c in table.columns if c not in (*labels, *spare)]
    names, without_name = _without_unnamed(table, names, reading)
    notes += without_name
    style = table_style(table, names, reading)
    columns, numbered, suspects, rounded, zeros = [], [], [], [], []
    codes: dict[str, int] = {}
    amounts: dict[str, str] = {}
    for name in names:
        column = learn_column(
            table.name,
            name,
            table.cells[name],
            written=bool(table.delimiter),
            style=style,
            missing=reading.missing,
            categorical=name in reading.categorical,
            keep=name in reading.keep,
        )
        if column.kind == "number" and name not in reading.keep:
            values = column.encode(table.name, table.cells[name])[0][:, 0]
            if is_row_number(values):
                numbered.append(name)
                continue
            if may_be_identifier(column, values):
                suspects.append(name)
            if exceeds_doubles(values):
                rounded.append(name)
            if n_values := few_values(column, values):
                codes[name] = n_values
            elif table.delimiter and _any(table.cells[name], r"^\s*0\d+\s*$"):
                zeros.append(name)
        if table.delimiter and column.kind == "category" and is_amount(column.levels):
            amounts[name] = column.levels[0]
        columns.append(column)
    if not columns:
        raise InputError(
            f"data {table.name!r}: no feature column is left besides target {listing(labels)}"
        )
    if rounded:
        notes.append(
            f"whole numbers beyond 2**53, rounded to doubles: {listing(rounded)}; if they identify "
            f"rows: --drop {quote(rounded[0])}"
        )
    if zeros:
        notes.append(
            f"numbers with leading zeros, read without them: {listing(zeros)}; if they are codes: "
            f"--categorical {quote(zeros[0])}"
        )
    for name, cell in amounts.items():
        notes.append(
            f"{name!r} holds amounts with a sign, such as {cell!r}, and was taken as categories; "
            "write them as plain numbers"
        )
    return Schema(tuple(columns)), notes + _column_notes(style, numbered, suspects, codes)


def _column_notes(
    style: Style, numbered: Sequence[str], suspects: Sequence[str], codes: dict[str, int]
) -> list[str]:
    notes = []
    if numbered:
        notes.append(
            f"row numbers left out: {listing(numbered)} (as a feature: --keep {quote(numbered[0])})"
        )
    if suspects:
        notes.append(
            f"{listing(suspects)}: another whole number in every row, as of an identifier; if it "
            f"is one: --drop {quote(suspects[0])}"
        )
    if codes:
        found = ", ".join(f"{name!r} ({n})" for name, n in list(codes.items())[:8])
        more = f" and {len(codes) - 8} more" if len(codes) > 8 else ""
        notes.append(
            f"taken as numbers, with few whole values: {found}{more}; if they are codes: "
            f"--categorical {quote(next(iter(codes)))}"
        )
    if style[0] == ",":
        notes.append("numbers are read with a decimal comma (otherwise: --decimal .)")
    return notes


def _check_names(table: Table, labels: Sequence[str], reading: Reading) -> None:
    for what, names in (("categorical", reading.categorical), ("keep", reading.keep)):
        for name in names:
            if name not in table.columns:
                raise InputError(
                    f"{what} {name!r} is not a column of {table.name!r}; it has "
                    f"{listing(table.columns)}"
                )
            if name in labels:
                raise InputError(f"{what} {name!r} is the target, no feature")


def _without_unnamed(
    table: Table, names: list[str], reading: Reading
) -> tuple[list[str], list[str]]:
    """Columns without those that have no name: row names in front, and empty ones."""
    notes = []
    for name in table.unnamed:
        if name not in names or name in reading.keep:
            continue
        column = table.cells[name]
        first = name == table.columns[0]
        if first and is_row_name(column):
            notes.append("the first column, which has no name, holds row names; it was left out")
        elif all(text is None for text in texts_of(column, reading.missing)):
            notes.append(f"column {table.columns.index(name) + 1}, unnamed and empty, left out")
        else:
            raise InputError(
                f"data {table.name!r}: column {table.columns.index(name) + 1} has no name; name it "
                "in the header, or leave it out with --drop ''"
            )
        names = [n for n in names if n != name]
    return names, notes


def table_style(table: Table, names: Iterable[str], reading: Reading) -> Style:
    """The way in which the numbers of a text file are written."""
    cells: dict[str, Sequence[str]] = {}
    points = False
    for name in names:
        column = table.cells[name]
        if not table.delimiter or name in reading.categorical or not is_text(column.type):
            continue
        if _ambiguous(column):
            texts = {t for t in texts_of(column, reading.missing) if t is not None}
            cells[name] = sorted(texts)
        points = points or _any(column, r"^\s*[+-]?\d*\.(\d{1,2}|\d{4,})\s*$")
    return choose_style(
        table.name,
        cells,
        decimal=reading.decimal,
        thousands=reading.thousands,
        points=points,
    )


def _ambiguous(column: "pa.ChunkedArray") -> bool:
    """Whether a column of text may hold numbers whose marks need a second look.

    A comma, or points that all stand before groups of three digits.
    """
    import pyarrow.compute as pc

    if _any(column, r"^\s*[+-]?[\d.]*\d,\d"):
        return True
    with_point = pc.filter(column, pc.match_substring(column, "."))
    return bool(len(with_point)) and not _any(
        with_point, r"^\s*[+-]?\d{1,3}(\.\d{3})+(,\d+)?\s*$", negated=True
    )


def _any(column: "pa.ChunkedArray", pattern: str, *, negated: bool = False) -> bool:
    """Whether any cell matches a pattern, or does not."""
    import pyarrow.compute as pc

    found = pc.match_substring_regex(column, pattern)
    return bool(pc.any(pc.invert(found) if negated else found).as_py())
