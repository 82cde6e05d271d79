"""Files to tables, with nothing guessed.

CSV cells arrive as text. Whether a column is numeric is decided later, column by
column, and the cell that is not can then be named; a class called ``01`` stays what it
is, and a row with a field too many is an error.
"""

import io
import re
import sys
from collections.abc import Callable, Mapping
from csv import Error as CsvError
from csv import reader
from lzma import LZMAError
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast
from zipfile import BadZipFile

import numpy as np

from trifit.data.arrays import from_arrays
from trifit.data.tables import Table, checked_table
from trifit.errors import InputError
from trifit.files import COMPRESSED, stem
from trifit.text import meant, one_line

if TYPE_CHECKING:
    import pyarrow as pa

DELIMITERS = {".csv": (",", ";", "\t"), ".tsv": ("\t",), ".txt": ("\t", ";", ",")}
"""Kinds of text files, and what may separate their cells."""

SPREADSHEETS = (".xlsx", ".xls", ".xlsm", ".ods")
SPREADSHEET = " (save the sheet as 'CSV UTF-8')"

STDIN = "-"

MIN_BLOCK, MAX_BLOCK, ROWS_PER_BLOCK = 2**20, 2**28, 1_000
"""Bytes of text that are read at a time: enough for so many rows like the header. Columns come in
a piece for each, and tens of thousands of columns in pieces of a few rows would be slow."""


def read_table(path: Path, *, what: str = "data", hint: str = "") -> Table:
    """Read a CSV, TSV, Parquet, Arrow, Feather or ``.npz`` file, or text from standard input.

    Parameters
    ----------
    path : path
        Text may be compressed (``.csv.gz``, ``.zst``, ``.bz2``, ``.xz``); ``-`` is standard
        input.
    what : str
        What errors call the file.
    hint : str
        What else it may have been meant to be, should there be no such file.

    Raises
    ------
    InputError
        If the file is not there, empty, malformed or of an unknown kind.
    """
    import pyarrow as pa
    import pyarrow.feather
    import pyarrow.parquet

    if str(path) == STDIN:
        source = f"{what} from standard input"
        content = sys.stdin.buffer.read()
        if not content.strip():
            raise InputError(f"{source}: it is empty")
        return _text_table(lambda: io.BytesIO(content), ".csv", stem(path), source)
    source = f"{what} {str(path)!r}"
    check_file(path, what=what, hint=hint)
    kind = kind_of(path)
    if kind == ".npz":
        return _features_and_labels(read_arrays(path, what=what), stem(path), source)
    if kind in DELIMITERS:
        return _text_table(lambda: _opened(path), kind, stem(path), source)
    readers = {
        **dict.fromkeys((".parquet", ".pq"), pa.parquet.read_table),
        **dict.fromkeys((".arrow", ".feather", ".ipc"), pa.feather.read_table),
    }
    if kind not in readers:
        raise InputError(
            f"{source}: unknown kind of file {''.join(path.suffixes[-2:])!r}; give .csv, .tsv "
            "(also .gz, .zst, .bz2, .xz), .parquet, .arrow, .feather or .npz"
            f"{SPREADSHEET if kind in SPREADSHEETS else ''}"
        )
    try:
        cells = readers[kind](path)
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{source} cannot be read: {one_line(error)}") from error
    return checked_table(cells, stem(path), source)


def check_file(path: Path, *, what: str, hint: str = "") -> None:
    """Refuse what is no file, or an empty one.

    Parameters
    ----------
    path : Path
    what, hint : str
        Beginning and end of the message.

    Raises
    ------
    InputError
    """
    if not path.exists():
        raise InputError(f"{what} {str(path)!r}: no such file{hint}{_beside(path)}")
    if path.is_dir():
        raise InputError(f"{what} {str(path)!r} is a folder; give a file")
    if path.is_file() and path.stat().st_size == 0:
        raise InputError(f"{what} {str(path)!r}: the file is empty")


def _beside(path: Path) -> str:
    """The file in the same folder that was perhaps meant, as the end of a message."""
    try:
        return meant(path.name, sorted(other.name for other in path.parent.iterdir()))
    except OSError:
        return ""


def kind_of(path: Path) -> str:
    """What a file holds by its name: ".csv" of "a.csv" and of "a.csv.gz"; "" if not known.

    Examples
    --------
    >>> kind_of(Path("a.TSV.zst")), kind_of(Path("a.npz")), kind_of(Path("a.parquet.gz"))
    ('.tsv', '.npz', '')
    """
    suffix = path.suffix.lower()
    if suffix not in COMPRESSED:
        return suffix
    inner = Path(path.stem).suffix.lower()
    return inner if inner in DELIMITERS else ""


def read_arrays(path: Path, *, what: str = "data") -> dict[str, Any]:
    """The arrays of an ``.npz`` file by name.

    Raises
    ------
    InputError
        If it cannot be read, or holds Python objects.
    """
    check_file(path, what=what)
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return {name: _array(arrays, name) for name in arrays.files}
    except (OSError, ValueError, EOFError, TypeError, BadZipFile) as error:
        raise InputError(f"{what} {str(path)!r} cannot be read: {one_line(error)}") from error


def _array(arrays: Mapping[str, Any], name: str) -> Any:
    """One array; labels of a dataframe are Python objects, of which the remedy is said."""
    try:
        return arrays[name]
    except ValueError as error:
        if "allow_pickle" not in str(error):
            raise
        raise ValueError(
            f"array {name!r} holds Python objects; save texts with {name}.astype(str)"
        ) from error


def _features_and_labels(arrays: dict[str, Any], name: str, source: str) -> Table:
    """The table of arrays ``X`` and ``y``, with names of the features if there are any."""
    for needed in ("X", "y"):
        if needed not in arrays:
            raise InputError(
                f"{source}: there is no array {needed!r}; expected X (n_obs, n_features), y and "
                f"perhaps feature_names, got {', '.join(arrays)}"
            )
    names = arrays.get("feature_names", ())
    return from_arrays(arrays["X"], arrays["y"], feature_names=names, name=name, source=source)


def _opened(path: Path) -> BinaryIO:
    """A file's bytes, without their compression."""
    import lzma

    import pyarrow as pa

    if path.suffix.lower() == ".xz":
        return cast(BinaryIO, lzma.open(path))
    return cast(BinaryIO, pa.input_stream(str(path), compression="detect"))


def _text_table(opened: Callable[[], BinaryIO], kind: str, name: str, source: str) -> Table:
    import pyarrow as pa

    try:
        opened, delimiters = _behind_mark(opened, DELIMITERS[kind])
        cells, delimiter = _read_text(opened, delimiters)
    except UnicodeDecodeError as error:
        raise InputError(
            f"{source} is not UTF-8 (byte {error.start}); save it as UTF-8 text (in Excel: save "
            "as 'CSV UTF-8')"
        ) from error
    except (pa.ArrowException, OSError, EOFError, LZMAError) as error:
        if "Empty CSV" in str(error):
            raise InputError(f"{source}: the table has no rows") from error
        raise InputError(f"{source} cannot be read: {one_line(error)}") from error
    return checked_table(cells, name, source, delimiter)


def _behind_mark(
    opened: Callable[[], BinaryIO], delimiters: tuple[str, ...]
) -> tuple[Callable[[], BinaryIO], tuple[str, ...]]:
    """What follows a first line such as ``sep=;``, by which Excel is told of the delimiter."""
    with opened() as file:
        mark = re.match(rb"(?:\xef\xbb\xbf)?sep=([,;\t|])\r?\n", file.read(16))
    if mark is None:
        return opened, delimiters

    def behind() -> BinaryIO:
        file = opened()
        file.read(mark.end())
        return file

    return behind, (mark[1].decode(),)


def _read_text(
    opened: Callable[[], BinaryIO], delimiters: tuple[str, ...]
) -> tuple["pa.Table", str]:
    import pyarrow as pa
    from pyarrow import csv

    # The delimiter that splits the first record into most fields, quotes respected.
    records = {d: _first_records(opened, d) for d in delimiters}
    delimiter = max(delimiters, key=lambda d: len(records[d][0]))
    names, cells = records[delimiter]
    row_names = len(cells) == len(names) + 1  # R names its rows, and not their column
    options = {"skip_rows": 1} if row_names else {}
    width = sum(map(len, names)) + len(names)
    block = min(max(MIN_BLOCK, ROWS_PER_BLOCK * width), MAX_BLOCK)
    with opened() as file:
        raw = csv.read_csv(
            file,
            read_options=csv.ReadOptions(
                autogenerate_column_names=True, block_size=block, **options
            ),
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


def _first_records(opened: Callable[[], BinaryIO], delimiter: str) -> tuple[list[str], list[str]]:
    """The header and the first row, as far as there are any."""
    with opened() as file:
        text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
        records = (cells for cells in reader(text, delimiter=delimiter) if any(cells))
        try:
            return next(records, []), next(records, [])
        except CsvError:  # a field beyond the reader's limit, or a NUL
            return [], []
