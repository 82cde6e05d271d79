"""Files and dataframes to one kind of table (pyarrow), with nothing guessed.

CSV cells arrive as text. Whether a column is numeric is decided later, column by
column, and the cell that is not can then be named; a class called ``01`` stays what it
is, and a row with a field too many is an error.
"""

import json
from csv import Error as CsvError
from csv import reader
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trifit.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

_DELIMITERS = {".csv": (",", ";", "\t"), ".tsv": ("\t",), ".txt": ("\t", ";", ",")}


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
    """

    name: str
    cells: "pa.Table"
    delimiter: str = ""
    unnamed: tuple[str, ...] = ()

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return list(self.cells.column_names)

    def __len__(self) -> int:
        return int(self.cells.num_rows)

    def without(self, names: tuple[str, ...]) -> "Table":
        """The table without some of its columns."""
        cells = self.cells.drop_columns([n for n in self.columns if n in names])
        return Table(self.name, cells, self.delimiter, tuple(set(self.unnamed) - set(names)))


def read_table(path: Path) -> Table:
    """Read a CSV, TSV, Parquet, Arrow or Feather file.

    Raises
    ------
    InputError
        If the file is empty, malformed or of an unknown kind.
    """
    import pyarrow as pa
    import pyarrow.feather
    import pyarrow.parquet

    suffix, delimiter = path.suffix.lower(), ""
    if path.is_dir():
        raise InputError(f"data {str(path)!r} is a folder; give a file")
    try:
        if path.stat().st_size == 0:
            raise InputError(f"data {str(path)!r}: the file is empty")
        if suffix in _DELIMITERS:
            cells, delimiter = _read_text(path, _DELIMITERS[suffix])
        elif suffix in (".parquet", ".pq"):
            cells = pa.parquet.read_table(path)
        elif suffix in (".arrow", ".feather", ".ipc"):
            cells = pa.feather.read_table(path)
        else:
            raise InputError(
                f"data {str(path)!r}: unknown kind of file {suffix!r}; "
                "give .csv, .tsv, .parquet, .arrow or .feather"
            )
    except UnicodeDecodeError as error:
        raise InputError(
            f"data {str(path)!r} is not UTF-8 (byte {error.start}); save it as UTF-8"
        ) from error
    except (pa.ArrowException, OSError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"data {str(path)!r} cannot be read: {reason}") from error
    return _checked(cells, path.stem, str(path), delimiter)


def _read_text(path: Path, delimiters: tuple[str, ...]) -> tuple["pa.Table", str]:
    import pyarrow as pa
    from pyarrow import csv

    # The delimiter that splits the first record into most fields, quotes respected.
    records = {d: _first_records(path, d) for d in delimiters}
    delimiter = max(delimiters, key=lambda d: len(records[d][0]))
    names, cells = records[delimiter]
    row_names = len(cells) == len(names) + 1  # R names its rows, and not their column
    options = {"skip_rows": 1} if row_names else {}
    raw = csv.read_csv(
        path,
        read_options=csv.ReadOptions(autogenerate_column_names=True, **options),
        parse_options=csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types={f"f{i}": pa.string() for i in range(len(names) + row_names)},
            strings_can_be_null=False,
        ),
    )
    if row_names:
        return raw.rename_columns(["", *(name.strip() for name in names)]), delimiter
    header = [str(column[0]).strip().removeprefix("\ufeff") for column in raw.columns]
    return raw.slice(1).rename_columns(header), delimiter


def _first_records(path: Path, delimiter: str) -> tuple[list[str], list[str]]:
    """The header and the first row, as far as there are any."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        records = (cells for cells in reader(file, delimiter=delimiter) if any(cells))
        try:
            return next(records, []), next(records, [])
        except CsvError:  # a field beyond the reader's limit, or a NUL
            return [], []


def from_dataframe(frame: Any) -> Table:
    """Convert any dataframe that narwhals understands.

    Raises
    ------
    InputError
        If ``frame`` is not a dataframe.
    """
    import narwhals as nw
    import pyarrow as pa

    try:
        native = nw.from_native(frame)
    except TypeError as error:
        raise InputError(
            f"data of type {type(frame).__name__}: expected a name, a path or a dataframe "
            "(pandas, polars, pyarrow, ...)"
        ) from error
    eager = native.collect() if isinstance(native, nw.LazyFrame) else native
    try:
        cells = eager.to_arrow()
    except (pa.ArrowException, TypeError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"the dataframe cannot be read: {reason}") from error
    return _checked(cells, "dataframe", "dataframe", "")


def _checked(cells: "pa.Table", name: str, source: str, delimiter: str) -> Table:
    # A pandas row index travels along as a column; it is no feature.
    pandas = json.loads((cells.schema.metadata or {}).get(b"pandas", b"{}"))
    index = [n for n in pandas.get("index_columns", []) if isinstance(n, str)]
    cells = cells.drop_columns([n for n in index if n in cells.column_names])
    names = cells.column_names
    called = [n if n.strip() else _unused(f"Unnamed: {i}", names) for i, n in enumerate(names)]
    twice = sorted({n for n in called if called.count(n) > 1})
    if twice:
        raise InputError(f"data {source!r}: column {twice[0]!r} appears twice; rename one")
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
        raise InputError(
            f"data {source!r}: the header holds NUL bytes; save the file as UTF-8 text"
        )
    for name in table.columns:
        column = table.cells[name]
        if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
            continue
        row = pc.index(pc.match_substring(column, "\x00"), True).as_py()
        if row >= 0:
            raise InputError(
                f"data {source!r}: column {name!r} holds a NUL byte in data row {row + 1}; the "
                "file is damaged, or not UTF-8 text"
            )
