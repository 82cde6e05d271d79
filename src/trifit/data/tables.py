"""Files and dataframes to one kind of table (pyarrow), with nothing guessed.

CSV cells arrive as text. Whether a column is numeric is decided later, by the
encoder, which can then name the cell that is not; a class called ``NA`` or
``01`` stays what it is, and a row with a field too many is an error.
"""

import json
from csv import reader
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trifit.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

MISSING_TEXT = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "?")
"""Cells of a CSV feature column that mean "missing"; in the target only ""."""

_DELIMITERS = {".csv": (",", ";", "\t"), ".tsv": ("\t",), ".txt": ("\t", ";", ",")}


def read_table(path: Path) -> "pa.Table":
    """Read a CSV, TSV, Parquet, Arrow or Feather file.

    Raises
    ------
    InputError
        If the file is empty, malformed or of an unknown kind.
    """
    import pyarrow as pa
    import pyarrow.feather
    import pyarrow.parquet

    suffix = path.suffix.lower()
    if path.is_dir():
        raise InputError(f"data {str(path)!r} is a folder; give a file")
    try:
        if path.stat().st_size == 0:
            raise InputError(f"data {str(path)!r}: the file is empty")
        if suffix in _DELIMITERS:
            table = _read_text(path, _DELIMITERS[suffix])
        elif suffix in (".parquet", ".pq"):
            table = pa.parquet.read_table(path)
        elif suffix in (".arrow", ".feather", ".ipc"):
            table = pa.feather.read_table(path)
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
    return _checked(table, str(path))


def _read_text(path: Path, delimiters: tuple[str, ...]) -> "pa.Table":
    import pyarrow as pa
    from pyarrow import csv

    # The delimiter that splits the first line into most fields, quotes respected.
    with path.open(encoding="utf-8-sig", newline="") as file:
        first = next((line for line in file if line.strip()), "")
    fields = {d: len(next(reader([first], delimiter=d), [])) for d in delimiters}
    delimiter = max(delimiters, key=lambda d: fields[d])
    raw = csv.read_csv(
        path,
        read_options=csv.ReadOptions(autogenerate_column_names=True),
        parse_options=csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types={f"f{i}": pa.string() for i in range(fields[delimiter])},
            strings_can_be_null=False,
        ),
    )
    header = [str(column[0]).strip().removeprefix("\ufeff") for column in raw.columns]
    return raw.slice(1).rename_columns(header)


def from_dataframe(frame: Any) -> "pa.Table":
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
        table = eager.to_arrow()
    except (pa.ArrowException, TypeError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"the dataframe cannot be read: {reason}") from error
    return _checked(table, "dataframe")


def _checked(table: "pa.Table", name: str) -> "pa.Table":
    # A pandas row index travels along as a column; it is no feature.
    pandas = json.loads((table.schema.metadata or {}).get(b"pandas", b"{}"))
    index = [n for n in pandas.get("index_columns", []) if isinstance(n, str)]
    table = table.drop_columns([n for n in index if n in table.column_names])
    names = table.column_names
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise InputError(f"data {name!r}: column {twice[0]!r} appears twice; rename one")
    unnamed = [i for i, n in enumerate(names) if not n.strip()]
    if unnamed:
        raise InputError(f"data {name!r}: column {unnamed[0] + 1} has no name; give it one")
    return table
