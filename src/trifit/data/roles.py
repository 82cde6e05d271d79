"""Columns that are no features: which rows belong together, when, and how often each counts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trifit.clusters import group_codes
from trifit.data.by import read_by
from trifit.data.cells import as_floats, is_numeric, texts_of
from trifit.data.identifiers import names_a_group
from trifit.data.numbers import POINT, Style
from trifit.data.tables import Table, empty_cell
from trifit.data.times import read_times
from trifit.errors import InputError
from trifit.notes import Note, NoteKind
from trifit.subgroups import By
from trifit.text import listing, meant
from trifit.types import FloatArray, IntArray

MAX_WEIGHT = 1e9
"""Largest count of one row."""


@dataclass(frozen=True)
class RoleColumns:
    """Names of the columns that have a role, if any.

    Attributes
    ----------
    groups : str, optional
        Rows with the same value belong together.
    time : str, optional
        When a row was observed.
    weights : str, optional
        How many identical rows a row stands for.
    by : tuple of str
        Columns that divide the rows into subgroups (``COLUMN`` or ``COLUMN:PARTS``); they may be
        features too.
    """

    groups: str | None = None
    time: str | None = None
    weights: str | None = None
    by: tuple[str, ...] = ()

    @property
    def given(self) -> dict[str, str]:
        """The roles that a column has."""
        roles = {"groups": self.groups, "time": self.time, "weights": self.weights}
        return {role: name for role, name in roles.items() if name is not None}


@dataclass(frozen=True, eq=False)
class Roles:
    """What those columns say of each row, (n_obs,) each; None or empty where there is none.

    And what was decided when they were read, as ``notes``.
    """

    groups: IntArray | None = None
    time: FloatArray | None = None
    weights: IntArray | None = None
    notes: tuple[Note, ...] = ()
    by: Mapping[By, NDArray[Any]] = field(default_factory=dict)

    def take(self, rows: IntArray) -> "Roles":
        """Those of some rows."""
        parts: dict[str, Any] = {
            k: None if (v := getattr(self, k)) is None else v[rows] for k in ROLES
        }
        return replace(self, by={by: v[rows] for by, v in self.by.items()}, **parts)


ROLES = ("groups", "time", "weights")


def read_roles(
    tables: Sequence[Table],
    columns: RoleColumns,
    labels: Sequence[str],
    missing: tuple[str, ...],
    style: Style,
) -> Roles:
    """The roles of all rows, table after table.

    Parameters
    ----------
    tables : sequence of Table
    columns : RoleColumns
    labels : sequence of str
        Columns that hold labels, which can have no other role.
    missing : tuple of str
        Texts that mean "missing" in columns of times and of subgroups.
    style : (str, str)
        How its numbers are written.

    Raises
    ------
    InputError
        If a column is missing or empty somewhere, has two roles, or holds what it cannot.
    """
    for role, name in columns.given.items():
        if name in labels or list(columns.given.values()).count(name) > 1:
            raise InputError(f"{role} {name!r}: that column already has another role")
        for table in tables:
            if name not in table.columns:
                raise InputError(
                    f"{role} {name!r} is not a column of {table.name!r}; it has "
                    f"{listing(table.columns)}{meant(name, table.columns)}"
                )
    texts = [] if columns.groups is None else _texts(tables, "groups", columns.groups)
    time, decided = None, list[Note]()
    if columns.time is not None:
        time, decided = read_times(tables, columns.time, missing)
    return Roles(
        groups=group_codes(texts) if texts else None,
        time=time,
        weights=None if columns.weights is None else _weights(tables, columns.weights),
        notes=tuple(decided),
        by=read_by(tables, columns.by, labels, missing, style),
    )


def without_roles(table: Table, columns: RoleColumns, keep: Sequence[str]) -> Table:
    """A table without the columns that have a role, unless they are to be features too.

    Parameters
    ----------
    table : Table
    columns : RoleColumns
    keep : sequence of str
        Those to be features too.
    """
    return table.without(tuple(name for name in columns.given.values() if name not in keep))


def grouping(table: Table, names: Iterable[str]) -> list[str]:
    """Columns that look like groups: called like an identifier, and values with a few rows each.

    At least two rows and at most fifty on average.

    Examples
    --------
    >>> import pyarrow as pa
    >>> cells = {"user": ["a", "b", "c", "d"] * 5, "row_id": range(20), "n": [1, 2, 3, 4] * 5}
    >>> grouping(Table("t", pa.table(cells), ""), ["user", "row_id", "n"])
    ['user']
    """
    import pyarrow.compute as pc

    def repeats(name: str) -> bool:
        n, n_values = len(table), len(pc.unique(table.cells[name]))
        return n_values > 2 and 2 * n_values <= n <= 50 * n_values

    known = set(table.columns)
    return [n for n in names if n in known and names_a_group(n) and repeats(n)]


def _texts(tables: Sequence[Table], role: str, name: str) -> list[str]:
    found: list[str] = []
    for table in tables:
        texts = texts_of(table.cells[name], ("",))
        if None in texts:
            raise empty_cell(table, role, name, texts.index(None))
        found += [str(text) for text in texts]
    return found


def _weights(tables: Sequence[Table], name: str) -> IntArray:
    found = []
    for table in tables:
        column = table.cells[name]
        numeric = is_numeric(column.type)
        values = column.to_numpy() if numeric else as_floats(column, ("",), POINT)
        if values is None:
            raise InputError(
                f"data {table.name!r}: weights {name!r} hold text; expected whole numbers"
            )
        found.append(checked_weights(values, f"data {table.name!r}: weights {name!r}"))
    return np.concatenate(found)


def checked_weights(values: FloatArray, what: str) -> IntArray:
    """Counts of identical rows, (n_obs,).

    Raises
    ------
    InputError
        On a weight that is no whole number of at least 0, naming its row.
    """
    values = np.asarray(values, dtype=np.float64)
    bad = ~((values >= 0) & (values <= MAX_WEIGHT) & (values == np.round(values)))
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise InputError(
            f"{what} of data row {row + 1}: {values[row]:g}; a weight counts identical rows: "
            "expected a whole number of at least 0"
        )
    if not values.any():
        raise InputError(f"{what} are all 0; no row counts")
    return values.astype(np.int64)


def notes_of(roles: Roles, columns: RoleColumns, n_train: int) -> list[Note]:
    """What was made of the roles.

    Parameters
    ----------
    roles : Roles
    columns : RoleColumns
    n_train : int
        Rows before those of a given test set.
    """
    notes = [*roles.notes]
    if roles.groups is not None:
        train, test = (set(part.tolist()) for part in np.split(roles.groups, [n_train]))
        names, n_groups = (str(columns.groups),), len(train | test)
        notes.append(Note(NoteKind.GROUPS, names=names, n=n_groups, n_rows=len(roles.groups)))
        if both := len(train & test):
            notes.append(Note(NoteKind.DIVIDED_GROUPS, names=names, n=both))
    if roles.weights is not None:
        notes.append(weights_note(str(columns.weights), roles.weights))
    return notes


def weights_note(name: str, counts: IntArray) -> Note:
    """How many observations the weights of that name count."""
    return Note(NoteKind.WEIGHTS, names=(name,), n=int(counts.sum()), n_rows=len(counts))
