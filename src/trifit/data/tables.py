"""The one kind of table (pyarrow) that every source becomes."""

import json
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from trifit.errors import InputError
from trifit.text import first_repeated

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Table:
    """Rows and columns of one source.

    Attributes
    ----------
    name : str
    cells : pyarrow.Table
    delimiter : str
        What separates the cells of a text file, in which numbers are written as text;
        "" for typed tables.
    unnamed : tuple of str
        Columns whose header was empty, as they are called here ("Unnamed: 0", ...).
    labels : tuple of str
        The label columns, where the source itself says which.
    """

    name: str
    cells: "pa.Table"
    delimiter: str = ""
    unnamed: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()

    @cached_property
    def columns(self) -> list[str]:
        """Names of the columns; made once, as loops over thousands of columns ask for them."""
        return list(self.cells.column_names)

    def __len__(self) -> int:
        return int(self.cells.num_rows)

    def without(self, names: tuple[str, ...]) -> "Table":
        """The table without some of its columns."""
        cells = self.cells.drop_columns([n for n in self.columns if n in names])
        return replace(self, cells=cells, unnamed=tuple(set(self.unnamed) - set(names)))


def checked_table(cells: "pa.Table", name: str, source: str, delimiter: str = "") -> Table:
    """A table whose columns have names of their own and hold text or values.

    Parameters
    ----------
    cells : pyarrow.Table
    name : str
    source : str
        What errors call it, e.g. ``data 'my.csv'``.
    delimiter : str

    Raises
    ------
    InputError
        If a name appears twice, or text is damaged.
    """
    # A pandas row index travels along as a column; it is no feature.
    pandas = json.loads((cells.schema.metadata or {}).get(b"pandas", b"{}"))
    index = [n for n in pandas.get("index_columns", []) if isinstance(n, str)]
    cells = cells.drop_columns([n for n in index if n in cells.column_names])
    names = cells.column_names
    called = [n if n.strip() else _unused(f"Unnamed: {i}", names) for i, n in enumerate(names)]
    if (twice := first_repeated(called)) is not None:
        raise InputError(f"{source}: column {twice!r} appears twice; rename one")
    unnamed = tuple(c for c, n in zip(called, names, strict=True) if not n.strip())
    table = Table(name, cells.rename_columns(called), delimiter, unnamed)
    _check_text(table, source)
    return table


def _unused(name: str, names: list[str]) -> str:
    """What pandas calls a column without a name, if no other is called so."""
    return name if name not in names else _unused(f"{name}_", names)


def _check_text(table: Table, source: str) -> None:
    """Refuse NUL bytes: such a file is damaged, or no text."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if any("\x00" in name for name in table.columns):
        raise InputError(f"{source}: the header holds NUL bytes; save the file as UTF-8 text")
    kinds = (pa.string(), pa.large_string())
    for kind in kinds:
        text = [
            n for n, t in zip(table.columns, table.cells.schema.types, strict=True) if t == kind
        ]
        columns = table.cells.select(text).columns
        every = pa.chunked_array([chunk for c in columns for chunk in c.chunks], kind)
        if pc.any(pc.match_substring(every, "\x00")).as_py():
            _refuse_damaged(table, text, source)


def _refuse_damaged(table: Table, text: list[str], source: str) -> None:
    """Say where the first NUL byte is."""
    import pyarrow.compute as pc

    for name in text:
        column = table.cells[name]
        damaged = pc.match_substring(column, "\x00")
        if pc.any(damaged).as_py():
            row = pc.index(damaged, True).as_py()
            raise InputError(
                f"{source}: column {name!r} holds a NUL byte in data row {row + 1}; the "
                "file is damaged, or not UTF-8 text"
            )


def empty_cell(table: Table, role: str, name: str, row: int) -> InputError:
    """What is said of an empty cell in a column that must have none.

    Parameters
    ----------
    table : Table
    role, name : str
        Of the column.
    row : int
        From 0 on.
    """
    return InputError(
        f"data {table.name!r}: {role} {name!r} is empty in data row {row + 1}; fill it in, or "
        "remove the row"
    )
