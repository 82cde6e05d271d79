"""Further rows, read as the training rows were."""

from typing import Any

import numpy as np

from trifit.data.cells import texts_of
from trifit.data.marks import check_marks
from trifit.data.schema import Schema
from trifit.data.sources import open_table
from trifit.data.tables import Table
from trifit.errors import InputError
from trifit.notes import Note, NoteKind
from trifit.text import listing
from trifit.types import BoolArray, Dataset, FloatArray


def unlabelled_rows(source: Any, dataset: Dataset) -> FloatArray | None:
    """The encoded features of rows without labels, (n_rows, n_features); None of None.

    Raises
    ------
    InputError
        If they cannot be read as the rows of the data were.
    """
    if source is None:
        return None
    if dataset.schema is None:
        raise InputError(
            f"prevalence_from: the columns of data {dataset.name!r} are not known from a table, so "
            "no other rows can be read as they were"
        )
    return encode_rows(source, dataset.schema)[0]


def encode_rows(source: Any, schema: Schema) -> tuple[FloatArray, list[Note]]:
    """The feature matrix of further rows, and what to say of it.

    Columns are found by their names: their order does not matter, and others are ignored.

    Parameters
    ----------
    source : path, dataframe or array of shape (n_obs, n_columns)
        An array has the columns in the order of the training data.
    schema : Schema

    Raises
    ------
    InputError
        If it cannot be read, lacks a column, or has a missing value where none is imputed.
    """
    table = _table(source, schema)
    names = [column.name for column in schema.columns]
    there, needed = set(table.columns), set(names)
    absent = [name for name in names if name not in there]
    if absent:
        raise InputError(
            f"data {table.name!r}: missing columns that the run needs: {listing(absent)} "
            f"(it has {listing(table.columns)})"
        )
    if not len(table):
        raise InputError(f"data {table.name!r}: the table has no rows")
    notes = []
    extra = [name for name in table.columns if name not in needed]
    if extra:
        notes.append(Note(NoteKind.IGNORED_COLUMNS, names=tuple(extra)))
    check_marks(table, schema.columns)
    X, unseen = schema.encode(table)
    if unseen.any():
        notes.append(unseen_note(table, schema, unseen))
    blank = np.isnan(X)
    if blank.any():
        row = int(np.flatnonzero(blank.any(axis=1))[0])
        starts = schema.groups
        where = [name for name in names if blank[row, starts[name]].any()]
        if not schema.imputes:
            raise InputError(
                f"data {table.name!r}: missing value in data row {row + 1}, column "
                f"{listing(where)}; fill it in or leave the row out (a run made with --missing "
                "impute imputes it)"
            )
        notes.append(Note(NoteKind.IMPUTED, counts=schema.missing(X)))
    return X, notes


def unseen_note(table: Table, schema: Schema, unseen: BoolArray) -> Note:
    """Which categories of a table no training row has.

    Parameters
    ----------
    table : Table
    schema : Schema
    unseen : array of shape (n_rows,)
        Which rows of the table have one, perhaps after those of another.
    """
    found = {}
    for column in schema.columns:
        if column.kind == "category":
            texts = set(texts_of(table.cells[column.name], column.missing)) - {None}
            strange = [t for t in sorted(map(str, texts)) if column.is_unseen(t)]
            if strange:
                found[column.name] = tuple(strange)
    return Note(NoteKind.UNSEEN, values=found, n_rows=int(unseen.sum()))


def _table(source: Any, schema: Schema) -> Table:
    if isinstance(source, np.ndarray):
        import pyarrow as pa

        names = [column.name for column in schema.columns]
        if source.ndim != 2 or source.shape[1] != len(names):
            raise InputError(
                f"array of shape {source.shape}: expected (n_obs, {len(names)}), the columns "
                f"{listing(names)}"
            )
        return Table("array", pa.table(dict(zip(names, source.T, strict=True))))
    return open_table(source)
