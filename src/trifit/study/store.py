"""Where the cells of a study go: Parquet, complete at every moment.

    FOLDER/loose/ab/abcd.parquet    one finished cell, written by whoever computed it
    FOLDER/parts/0f3c....parquet    many cells, sorted by key, made from loose ones
    FOLDER/running/RUN/abcd         starts of a cell that has not ended yet

A file appears under its name when it is complete and on disk, never before: it is
written under a temporary name, flushed and renamed. So kill -9 at any moment costs
the cells that were being computed, and nothing else.
"""

import os
import re
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from trifit.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

COMPACT_AT = 1_000  # loose cells worth a part
STALE = 600.0  # seconds after which a temporary file has no writer any more
_KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.=,+-]{1,159}")


@dataclass(frozen=True, slots=True)
class Row:
    """One number of a cell.

    Attributes
    ----------
    fit : str
        Which fit it belongs to; empty for numbers of the cell itself.
    quantity : str
        What it is.
    value : float
        NaN and infinities are kept as they are.
    """

    fit: str
    quantity: str
    value: float


@dataclass(frozen=True)
class Store:
    """Finished cells in a folder that any number of writers may share.

    Attributes
    ----------
    folder : Path
        Made at the first write. Workers on other machines see it under this path.
    """

    folder: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "folder", Path(self.folder).absolute())
        if self.folder.exists() and not self.folder.is_dir():
            raise InputError(f"{self.folder}: a file, expected a folder for the study's cells")

    # --- one cell, by whoever computed it ---

    def write(self, key: str, rows: Sequence[Row]) -> None:
        """Keep the rows of a finished cell, in this order.

        Raises
        ------
        InputError
            If the key is no file name, there are no rows, or the folder cannot be written.
        """
        self.keep(key, cell_table(key, rows))

    def fail(self, key: str, error: str) -> None:
        """Keep the one-line reason why a cell has no numbers."""
        self.keep(key, _table([key], [""], ["error"], [float("nan")], [error]))

    def keep(self, key: str, cell: "pa.Table") -> None:
        """Write the table of a cell (:func:`cell_table`)."""
        self._save(cell, self._loose(key))

    def has(self, key: str) -> bool:
        """Whether a cell is finished and still loose."""
        return self._loose(key).exists()

    # --- all cells ---

    def finished(self) -> set[str]:
        """Keys of all finished cells, failed ones too; opens parts, and no loose file."""
        return {path.stem for path in self._loose_files()}.union(*map(_part_keys, self._parts()))

    def failed(self) -> dict[str, str]:
        """Errors of the failed cells, by key."""
        return errors_of(self.table())

    def table(self) -> "pa.Table":
        """Every finished cell once: sorted by key, rows as they were given.

        Loose cells are read before parts, so nothing is missed while another process
        moves them there.

        Returns
        -------
        pyarrow.Table
            Columns cell, fit, quantity (strings), value (float64, NaN and infinities
            allowed) and error (string; null unless the cell failed).

        Raises
        ------
        InputError
            If a file is damaged or is no part of a store.
        """
        import pyarrow as pa

        tables, known = [_schema().empty_table(), *self._read_loose()], set[str]()
        for table in tables:
            known |= _keys(table)
        for path in self._parts():
            part = _read(path)
            tables.append(_without(part, known))
            known |= _keys(part)
        return _by_cell(pa.concat_tables(tables))

    # --- housekeeping: by the one process that runs the study ---

    def compact(self) -> None:
        """Move loose cells into one part, then remove what killed writers left.

        The part is complete before the first loose file goes. After a crash between, a
        cell is in both, the same to the last bit, and :meth:`table` reads it once.
        """
        import pyarrow as pa

        cells = self._read_loose()
        if cells:
            part = self.folder / "parts" / f"{uuid4().hex}.parquet"
            self._save(_by_cell(pa.concat_tables(cells)), part)
        for cell in cells:
            self._loose(cell["cell"][0].as_py()).unlink(missing_ok=True)
        now = time.time()
        for path in self.folder.glob("*/**/.*.tmp"):
            try:
                if now - path.stat().st_mtime > STALE:
                    path.unlink()
            except FileNotFoundError:
                continue  # its writer was alive and has just renamed it

    def forget_failed(self) -> None:
        """Forget the failed cells, so that the next run tries them again."""
        for path in [*self._loose_files(), *self._parts()]:
            table = _read(path)
            good = table.filter(table["error"].is_null())
            if good.num_rows == 0:
                path.unlink()
            elif good.num_rows < table.num_rows:
                self._save(good, path)

    # --- who is at work: how a death of a worker is told from an end ---

    def open_run(self) -> str:
        """Name of a new run. Marks of earlier ones go, with them what their workers may start."""
        run = uuid4().hex
        shutil.rmtree(self.folder / "running", ignore_errors=True)
        self._make(self.folder / "running" / run)
        return run

    def close_run(self, run: str) -> None:
        """Forget its marks: who still works for this run starts no further cell."""
        shutil.rmtree(self.folder / "running" / run, ignore_errors=True)
        with suppress(OSError):  # a second run has taken the folder over
            (self.folder / "running").rmdir()

    def is_open(self, run: str) -> bool:
        """Whether the driver of a run still wants cells, seen from here."""
        return (self.folder / "running" / run).is_dir()

    def begin(self, run: str, key: str) -> None:
        """Mark that a cell starts in this process."""
        try:
            with (self.folder / "running" / run / key).open("a", encoding="ascii") as marks:
                marks.write("x")
        except FileNotFoundError:
            return  # the run was closed this moment: nobody counts its deaths any more

    def end(self, run: str, key: str) -> None:
        """Take back :meth:`begin`: the cell ended, one way or the other."""
        (self.folder / "running" / run / key).unlink(missing_ok=True)

    def deaths(self, run: str, key: str) -> int:
        """Starts of a cell without an end, in this run."""
        try:
            return (self.folder / "running" / run / key).stat().st_size
        except FileNotFoundError:
            return 0

    def all_deaths(self, run: str) -> dict[str, int]:
        """:meth:`deaths` of every cell that has any."""
        keys = [path.name for path in (self.folder / "running" / run).glob("*")]
        return {key: deaths for key in keys if (deaths := self.deaths(run, key))}

    # --- files ---

    def _loose(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise InputError(
                f"cell key {key[:80]!r}: expected 2 to 160 of the characters "
                "A-Z a-z 0-9 _ . = , + -, the first a letter, a digit or _"
            )
        return self.folder / "loose" / key[:2] / f"{key}.parquet"

    def _loose_files(self) -> Iterator[Path]:
        return self.folder.glob("loose/*/*.parquet")

    def _parts(self) -> list[Path]:
        return sorted(self.folder.glob("parts/*.parquet"))

    def _read_loose(self) -> "list[pa.Table]":
        """One table per loose cell; none for those that have just moved into a part."""
        cells = []
        for path in self._loose_files():
            try:
                cell = _read(path)
            except FileNotFoundError:
                continue
            if _keys(cell) != {path.stem}:
                raise _damaged(path, f"not the cell {path.stem}")
            cells.append(cell)
        return cells

    def _make(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"{folder}: cannot be made ({error.strerror})") from None

    def _save(self, table: "pa.Table", path: Path) -> None:
        """Write a file that is there as a whole or not at all."""
        import pyarrow.parquet

        self._make(path.parent)
        temporary = path.with_name(f".{path.stem}.{uuid4().hex[:8]}.tmp")
        try:
            with temporary.open("wb") as file:
                pyarrow.parquet.write_table(
                    table, file, compression="zstd", write_page_checksum=True, store_schema=False
                )
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise InputError(f"{path}: cannot be written ({error.strerror or error})") from None


def errors_of(table: "pa.Table") -> dict[str, str]:
    """Errors of the failed cells of a table (:meth:`Store.table`), by key."""
    failed = table.filter(table["error"].is_valid())
    return dict(zip(failed["cell"].to_pylist(), failed["error"].to_pylist(), strict=True))


def cell_table(key: str, rows: Sequence[Row]) -> "pa.Table":
    """Rows of a cell as the store's columns.

    Raises
    ------
    InputError
        If there are no rows, or something in them is no :class:`Row` of two strings and a
        number.
    """
    import pyarrow as pa

    if not rows:
        raise InputError(f"cell {key}: no rows, expected at least one")
    try:
        fits, quantities, values = zip(*((r.fit, r.quantity, r.value) for r in rows), strict=True)
        if None in (*fits, *quantities, *values):
            raise TypeError("None in it")
        return _table([key] * len(rows), fits, quantities, values, [None] * len(rows))
    except (AttributeError, TypeError, pa.ArrowException) as error:
        raise InputError(f"cell {key}: a row is not Row(str, str, float) ({error})") from None


def _table(
    cells: Sequence[str],
    fits: Sequence[str],
    quantities: Sequence[str],
    values: Sequence[float],
    errors: Sequence[str | None],
) -> "pa.Table":
    import pyarrow as pa

    columns = (cells, fits, quantities, values, errors)
    return pa.table(
        [pa.array(column, field.type) for column, field in zip(columns, _schema(), strict=True)],
        schema=_schema(),
    )


@cache
def _schema() -> "pa.Schema":
    import pyarrow as pa

    return pa.schema(
        [
            pa.field("cell", pa.string(), nullable=False),
            pa.field("fit", pa.string(), nullable=False),
            pa.field("quantity", pa.string(), nullable=False),
            pa.field("value", pa.float64(), nullable=False),
            pa.field("error", pa.string()),
        ]
    )


def _read(path: Path, columns: list[str] | None = None) -> "pa.Table":
    """A file of the store, its checksums and columns checked."""
    import pyarrow as pa
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(path, page_checksum_verification=True) as file:
            if not file.schema_arrow.equals(_schema()):
                raise _damaged(path, "other columns")
            table = file.read(columns)
            table.validate(full=True)
            return table
    except FileNotFoundError:
        raise
    except (OSError, pa.ArrowException) as error:
        raise _damaged(path, str(error)) from None


def _damaged(path: Path, why: str) -> InputError:
    return InputError(
        f"{path}: not a sound file of a study ({' '.join(why.split())[:160]}); "
        "delete it, and its cells are computed again with --resume"
    )


def _part_keys(path: Path) -> set[str]:
    return _keys(_read(path, ["cell"]))


def _keys(table: "pa.Table") -> set[str]:
    return set(table["cell"].unique().to_pylist())


def _without(table: "pa.Table", keys: set[str]) -> "pa.Table":
    """Rows of other cells than these."""
    import pyarrow as pa
    import pyarrow.compute as pc

    double = keys & _keys(table)
    if not double:
        return table
    return table.filter(pc.invert(pc.is_in(table["cell"], pa.array(sorted(double), pa.string()))))


def _by_cell(table: "pa.Table") -> "pa.Table":
    """Sorted by key; the sort is stable, so a cell's rows keep their order."""
    return table.sort_by("cell")
