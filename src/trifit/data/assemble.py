"""From a training table, and perhaps a test table, to a data set."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from trifit.data.labels import (
    absent_texts,
    drop_unused_classes,
    encode_classes,
    learn_classes,
    numbers_as_classes,
)
from trifit.data.leaks import gives_away
from trifit.data.marks import check_marks
from trifit.data.new_rows import unseen_note
from trifit.data.numbers import COMMA, POINT
from trifit.data.roles import (
    Roles,
    grouping,
    notes_of,
    read_roles,
    without_roles,
)
from trifit.data.schema import Reading, Schema, learn
from trifit.data.soft import PREFIX, are_counts, check_written, label_weights, written_out
from trifit.data.tables import Table
from trifit.errors import InputError
from trifit.notes import Note, NoteKind
from trifit.text import listing, meant, numbered
from trifit.types import BoolArray, Dataset, FloatArray, IntArray

Missing = Literal["error", "drop", "impute"]


@dataclass(frozen=True, eq=False)
class _Rows:
    """Encoded rows, training rows first, on their way to a data set."""

    X: FloatArray
    y: IntArray
    soft: FloatArray | None
    unlabelled: BoolArray
    unseen: BoolArray
    roles: Roles
    n_test: int

    def take(self, rows: IntArray) -> "_Rows":
        """Some of the rows, or some of them several times; test rows are the last ones."""
        return _Rows(
            X=self.X[rows],
            y=self.y[rows],
            soft=None if self.soft is None else self.soft[rows],
            unlabelled=self.unlabelled[rows],
            unseen=self.unseen[rows],
            roles=self.roles.take(rows),
            n_test=int((rows >= len(self.y) - self.n_test).sum()),
        )


def assemble(
    train: Table,
    test: Table | None,
    reading: Reading,
    *,
    missing: Missing,
    source: str,
) -> Dataset:
    """Read the training table, read the test table in the same way, and join them.

    Parameters
    ----------
    train, test : Table
        With the label columns of the first: one target, or one column per class.
    reading : Reading
    missing : {"error", "drop", "impute"}
    source : str
        What the user typed to get these data.

    Raises
    ------
    InputError
        One line naming the column, the value and the remedy.
    """
    if not len(train):
        raise InputError(f"data {train.name!r}: the table has a header but no rows")
    labels = train.labels
    dropped = grouping(train, reading.drop)
    style = COMMA if reading.decimal == "," else POINT
    roles = read_roles(
        [train] if test is None else [train, test], reading.roles, labels, reading.missing, style
    )
    train, test = _without_dropped(train, test, labels, reading)
    classes = _classes(train, labels, reading)
    schema, notes = learn(train, labels, reading)
    tables, ignored = [train], list[Note]()
    if test is not None:
        aligned, ignored = _aligned(test, train, schema, labels)
        if reading.decimal is None and reading.thousands is None:
            check_marks(aligned, schema.columns)
        tables.append(aligned)
    possible = () if reading.roles.groups else (*dropped, *grouping(train, schema.groups))
    rows = _encode(tables, schema, labels, classes, roles, reading)
    rows, changed = _handle_missing(train, rows, schema, labels, reading, missing)
    rows, classes, gone = _with_used_classes(rows, classes)
    leaks = _leaks(rows, schema) if rows.soft is None else ()
    notes += [
        *ignored,
        *([Note(NoteKind.POSSIBLE_GROUPS, names=possible)] if possible else []),
        *changed,
        *([Note(NoteKind.DROPPED_CLASSES, names=gone)] if gone else []),
        *([unseen_note(tables[1], schema, rows.unseen)] if rows.unseen.any() else []),
        *([Note(NoteKind.LEAKS, names=leaks, text=labels[0])] if leaks else []),
        *notes_of(rows.roles, reading.roles, len(rows.y) - rows.n_test),
    ]
    rows, written = _written_out(train.name, rows)
    if rows.soft is None and len(labels) == 1:
        y = rows.y[: len(rows.y) - rows.n_test]
        if (many := numbers_as_classes(train.name, labels[0], classes, y)) is not None:
            notes.append(many)
    return Dataset(
        name=train.name,
        X=rows.X,
        y=rows.y,
        feature_names=schema.features,
        class_names=classes,
        soft_labels=rows.soft,
        n_test=rows.n_test,
        notes=(*notes, *written),
        leaks=leaks,
        source=source,
        groups=rows.roles.groups,
        time=rows.roles.time,
        roles=reading.roles.given,
        by=rows.roles.by,
        schema=replace(schema, imputes=missing == "impute"),
    )


def _with_used_classes(
    rows: _Rows, classes: tuple[str, ...]
) -> tuple[_Rows, tuple[str, ...], tuple[str, ...]]:
    """Rows and classes without the classes that no complete row has, and those."""
    if rows.soft is not None:
        return rows, classes, ()
    y, used, gone = drop_unused_classes(rows.y, classes)
    return replace(rows, y=y), used, tuple(gone)


def _written_out(data: str, rows: _Rows) -> tuple[_Rows, list[Note]]:
    """One row for each observation where label columns or weights count them; notes."""
    n_features, weights, soft = rows.X.shape[1], rows.roles.weights, rows.soft
    if soft is not None and are_counts(soft):
        if weights is not None:
            raise InputError(
                f"data {data!r}: the label columns count observations already; leave the weights "
                "out"
            )
        observed, y = written_out(data, soft, n_features, rows.n_test)
        note = Note(NoteKind.COUNTS, n=round(soft.sum()), n_rows=len(soft))
        return replace(rows.take(observed), y=y, soft=None), [note]
    if weights is not None:
        check_written(data, "the weights count", float(weights.sum()), n_features)
        rows = rows.take(np.repeat(np.arange(len(rows.y)), weights))
    return rows, [] if soft is None else [Note(NoteKind.SOFT_LABELS)]


def _without_dropped(
    train: Table, test: Table | None, labels: tuple[str, ...], reading: Reading
) -> tuple[Table, Table | None]:
    """Both tables without the columns that the user leaves out, wherever they are."""
    everywhere = [*train.columns, *(test.columns if test else ())]
    for name in reading.drop:
        if name in labels:
            raise InputError(f"drop {name!r} is the target; it cannot be left out")
        if name and name not in everywhere:
            raise InputError(
                f"drop {name!r} is not a column of {train.name!r}; it has {listing(train.columns)}"
                f"{meant(name, train.columns)}"
            )

    def without(table: Table) -> Table:
        unnamed = table.unnamed if "" in reading.drop else ()
        features = table.without((*reading.drop, *unnamed))
        return without_roles(features, reading.roles, reading.keep)

    return without(train), without(test) if test else None


def _aligned(
    test: Table, train: Table, schema: Schema, labels: tuple[str, ...]
) -> tuple[Table, list[Note]]:
    """The test table with the columns that are needed, and what else it has."""
    needed = [*(column.name for column in schema.columns), *labels]
    ours, theirs = set(train.columns), set(test.columns)
    absent = [name for name in needed if name not in theirs]
    if absent:
        raise InputError(
            "test: it needs the columns of the training data; missing "
            f"{listing(absent)} (it has {listing(test.columns)})"
        )
    extra = tuple(name for name in test.columns if name not in ours)
    aligned = replace(test, name="test", cells=test.cells.select(needed))
    return aligned, [Note(NoteKind.IGNORED_COLUMNS, names=extra)] if extra else []


def _classes(train: Table, labels: tuple[str, ...], reading: Reading) -> tuple[str, ...]:
    """Names of the classes."""
    if len(labels) > 1:
        return tuple(name.removeprefix(PREFIX) for name in labels)
    return learn_classes(train.name, labels[0], train.cells[labels[0]], reading.missing)


def _encode(
    tables: Sequence[Table],
    schema: Schema,
    labels: tuple[str, ...],
    classes: tuple[str, ...],
    roles: Roles,
    reading: Reading,
) -> _Rows:
    """The rows of all tables."""
    encoded = [schema.encode(table) for table in tables]
    X = np.concatenate([X for X, _ in encoded]) if len(tables) > 1 else encoded[0][0]
    unseen = np.concatenate([unseen for _, unseen in encoded])
    n_test = len(tables[1]) if len(tables) > 1 else 0
    if len(labels) == 1:
        target = labels[0]
        found = [encode_classes(t.name, t.cells[target], classes, reading.missing) for t in tables]
        y, absent = (np.concatenate(parts) for parts in zip(*found, strict=True))
        return _Rows(X, y, None, absent, unseen, roles, n_test)
    weights = np.concatenate([label_weights(t, labels, reading.missing) for t in tables])
    absent = np.isnan(weights).any(axis=1)
    winner = np.nan_to_num(weights).argmax(1)
    return _Rows(X, winner, weights, absent, unseen, roles, n_test)


def _handle_missing(
    train: Table,
    rows: _Rows,
    schema: Schema,
    labels: tuple[str, ...],
    reading: Reading,
    missing: Missing,
) -> tuple[_Rows, list[Note]]:
    """Refuse, drop or leave missing values to be imputed; what was done, as notes."""
    blank = np.isnan(rows.X).any(axis=1)
    if not (blank | rows.unlabelled).any():
        return rows, []
    unlabelled = int(rows.unlabelled.sum())
    counts = {" + ".join(labels): unlabelled} if unlabelled else {}
    counts |= schema.missing(rows.X)
    texts = absent_texts(train.cells[labels[0]], reading.missing) if len(labels) == 1 else []
    if missing == "error":
        class_too = (
            f"; {listing(texts)} in target {labels[0]!r} counts as missing (if it is a class: "
            "--na-values '')"
        )
        without_class = ", and drops rows without a class" if unlabelled else ""
        raise InputError(
            f"data {train.name!r}: missing values in {numbered(counts)}; use --missing drop, which "
            f"drops {int((blank | rows.unlabelled).sum()):,} of {len(blank):,} rows, or --missing "
            "impute, which fills in the training rows' means and frequencies"
            f"{without_class}{class_too if texts else ''}"
        )
    gone = rows.unlabelled if missing == "impute" else blank | rows.unlabelled
    n_gone, notes = int(gone.sum()), []
    if missing == "drop":
        notes.append(Note(NoteKind.DROPPED_ROWS, counts=counts, n_rows=n_gone))
    elif n_gone:
        notes.append(Note(NoteKind.DROPPED_UNLABELLED, n_rows=n_gone))
    if texts:
        notes.append(Note(NoteKind.MISSING_LABELS, names=tuple(texts), text=labels[0]))
    had_test = rows.n_test > 0
    rows = rows.take(np.flatnonzero(~gone))
    if had_test and not rows.n_test:
        raise InputError(f"test: no rows are left after --missing {missing}")
    if len(rows.X) == rows.n_test:
        raise InputError(
            f"data {train.name!r}: no rows are left after --missing {missing} ({numbered(counts)})"
        )
    if missing == "impute" and (counts := schema.missing(rows.X)):
        notes.append(Note(NoteKind.IMPUTED, counts=counts))
    return rows, notes


def _leaks(rows: _Rows, schema: Schema) -> tuple[str, ...]:
    """Columns that determine the class of every training row."""
    n_train = len(rows.y) - rows.n_test
    X, y = rows.X[:n_train], rows.y[:n_train]
    found, places = [], schema.groups
    n_looks = sum(column.length or 1 for column in schema.columns)
    for column in schema.columns:
        features = X[:, places[column.name]]
        parts = features.T[:, :, None] if column.kind == "vector" else [features]
        if any(gives_away(part, y, n_columns=n_looks) for part in parts):
            found.append(column.name)
    return tuple(found)
