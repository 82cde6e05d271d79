"""How a table is read: learned from the training table, applied to any table like it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from trifit.data.ambiguities import Ambiguities
from trifit.data.cells import MISSING_TEXT, is_text, texts_of
from trifit.data.columns import Column
from trifit.data.identifiers import is_row_name
from trifit.data.learning import Unread, beside_numbers
from trifit.data.many import floats_of, matching
from trifit.data.numbers import COMMA, Style, choose_style
from trifit.data.roles import RoleColumns
from trifit.data.soft import label_columns
from trifit.data.tables import Table
from trifit.errors import InputError
from trifit.memory import check_memory
from trifit.notes import Note, NoteKind
from trifit.text import listing, meant
from trifit.types import BoolArray, FloatArray


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
    roles : RoleColumns
        Columns of groups, time and weights.
    """

    missing: tuple[str, ...] = MISSING_TEXT
    decimal: str | None = None
    thousands: str | None = None
    categorical: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    roles: RoleColumns = field(default_factory=RoleColumns)


@dataclass(frozen=True)
class Schema:
    """How the feature columns of a table become a matrix.

    Attributes
    ----------
    columns : tuple of Column
    imputes : bool
        Whether missing values are imputed from the training rows; else there must be none.
    """

    columns: tuple[Column, ...]
    imputes: bool = False

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the columns of the matrix."""
        return tuple(name for column in self.columns for name in column.features)

    @property
    def groups(self) -> dict[str, slice]:
        """For each table column the places of its features in the matrix."""
        ends = np.cumsum([len(column.features) for column in self.columns]).tolist()
        starts = [0, *ends[:-1]]
        return {
            column.name: slice(*places)
            for column, *places in zip(self.columns, starts, ends, strict=True)
        }

    def missing(self, X: FloatArray) -> dict[str, int]:
        """Rows of the matrix with a missing value, by column, where there are any."""
        counts = {
            name: int(np.isnan(X[:, features]).any(axis=1).sum())
            for name, features in self.groups.items()
        }
        return {name: n for name, n in counts.items() if n}

    def encode(self, table: Table) -> tuple[FloatArray, BoolArray]:
        """The feature matrix, and which rows have a category that is not known.

        Columns move over one by one: beside the table there is one matrix, and one column.
        """
        check_memory(
            f"data {table.name!r}",
            len(table) * len(self.features),
            "take fewer rows, or drop columns of many categories",
        )
        X = np.empty((len(table), len(self.features)))
        unseen = np.zeros(len(table), dtype=bool)
        places, plain = self.groups, self._plain(table)
        for column in self.columns:
            cells = table.cells[column.name]
            values, unknown = column.encode(table.name, cells, plain.get(column.name))
            X[:, places[column.name]] = values
            unseen |= unknown
        return X, unseen

    def _plain(self, table: Table) -> dict[str, FloatArray]:
        """Columns in which plain numbers are written."""
        found: dict[str, FloatArray] = {}
        written = [c for c in self.columns if c.kind == "number"]
        written = [c for c in written if is_text(table.cells[c.name].type)]
        for how in dict.fromkeys((c.missing, c.style) for c in written):
            names = [c.name for c in written if (c.missing, c.style) == how]
            found |= floats_of(table, names, *how)
        return found


def learn(table: Table, labels: Sequence[str], reading: Reading) -> tuple[Schema, list[Note]]:
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
    notes: list[Note] = []
    # Unused label columns would give the answer away.
    spare = [c for c in label_columns(table.columns) if c not in labels]
    if spare:
        notes.append(Note(NoteKind.UNUSED_LABELS, names=tuple(spare)))
    names = [c for c in table.columns if c not in (*labels, *spare)]
    names, without_name = _without_unnamed(table, names, reading)
    notes += without_name
    style = table_style(table, names, reading)
    ambiguities, columns = Ambiguities(), []
    written = [n for n in names if table.delimiter and is_text(table.cells[n].type)]
    asked = [n for n in written if n not in reading.categorical]
    plain = floats_of(table, asked, beside_numbers(reading.missing), style)
    for name in names:
        cells = table.cells[name]
        unread = Unread(
            table.name,
            name,
            cells,
            written=bool(table.delimiter),
            style=style,
            missing=reading.missing,
            categorical=name in reading.categorical,
            keep=name in reading.keep,
        )
        column = unread.learn(plain.get(name))
        number = column.kind == "number"
        values = column.encode(table.name, cells, plain.get(name))[0][:, 0] if number else None
        if name in reading.keep or not ambiguities.row_number(column, values):
            columns.append(column)
            ambiguities.look(column, values, cells if table.delimiter else None)
    if not columns:
        raise InputError(
            f"data {table.name!r}: no feature column is left besides target {listing(labels)}"
        )
    notes += [
        Note(NoteKind.VECTORS, names=(c.name,), n=c.length) for c in columns if c.kind == "vector"
    ]
    if style == COMMA:
        notes.append(Note(NoteKind.DECIMAL_COMMA))
    return Schema(tuple(columns)), [*notes, *ambiguities.notes()]


def _check_names(table: Table, labels: Sequence[str], reading: Reading) -> None:
    for what, names in (("categorical", reading.categorical), ("keep", reading.keep)):
        for name in names:
            if name not in table.columns:
                raise InputError(
                    f"{what} {name!r} is not a column of {table.name!r}; it has "
                    f"{listing(table.columns)}{meant(name, table.columns)}"
                )
            if name in labels:
                raise InputError(f"{what} {name!r} is the target, not a feature")


def _without_unnamed(
    table: Table, names: list[str], reading: Reading
) -> tuple[list[str], list[Note]]:
    """Columns without those that have no name: row names in front, and empty ones."""
    notes = []
    for name in table.unnamed:
        if name not in names or name in reading.keep:
            continue
        column = table.cells[name]
        first = name == table.columns[0]
        if first and is_row_name(column):
            notes.append(Note(NoteKind.ROW_NAMES))
        elif all(text is None for text in texts_of(column, reading.missing)):
            notes.append(Note(NoteKind.EMPTY_COLUMN, n=table.columns.index(name) + 1))
        else:
            raise InputError(
                f"data {table.name!r}: column {table.columns.index(name) + 1} has no name; name it "
                "in the header, or leave it out with --drop ''"
            )
        names = [n for n in names if n != name]
    return names, notes


def table_style(table: Table, names: Iterable[str], reading: Reading) -> Style:
    """The way in which the numbers of a text file are written.

    Parameters
    ----------
    table : Table
    names : iterable of str
        Columns to look at.
    reading : Reading
    """
    written = [
        name
        for name in names
        if table.delimiter and name not in reading.categorical and is_text(table.cells[name].type)
    ]
    cells = {
        name: sorted({t for t in texts_of(table.cells[name], reading.missing) if t is not None})
        for name, unclear in zip(written, _ambiguous(table, written), strict=True)
        if unclear
    }
    points = matching(table, written, r"^\s*[+-]?\d*\.(\d{1,2}|\d{4,})\s*$").any(axis=1)
    pointed = written[int(points.argmax())] if points.any() else None
    return choose_style(
        table.name,
        cells,
        decimal=reading.decimal,
        thousands=reading.thousands,
        pointed=pointed,
    )


def _ambiguous(table: Table, names: Sequence[str]) -> BoolArray:
    """Which columns of text may hold numbers whose marks need a second look.

    A comma, or points that all stand before groups of three digits.
    """
    comma = matching(table, names, r"^\s*[+-]?[\d.]*\d,\d").any(axis=1)
    point = matching(table, names, r"\.")
    grouped = matching(table, names, r"^\s*[+-]?\d{1,3}(\.\d{3})+(,\d+)?\s*$")
    return np.asarray(comma | (point.any(axis=1) & (grouped | ~point).all(axis=1)))
