"""Many columns of text at once: a table may have tens of thousands, with few rows each."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from trifit.data.cells import as_floats
from trifit.data.numbers import Style
from trifit.data.tables import Table
from trifit.types import BoolArray, FloatArray

if TYPE_CHECKING:
    import pyarrow as pa

CELLS = 1_000_000
"""Most cells looked at in one go."""


def floats_of(
    table: Table, names: Sequence[str], missing: tuple[str, ...], style: Style
) -> dict[str, FloatArray]:
    """Columns of plain numbers, as :func:`trifit.data.cells.as_floats` reads each.

    Columns that are read together are halved until those that hold something else are found.

    Parameters
    ----------
    table : Table
    names : sequence of str
        Columns of text.
    missing : tuple of str
        Cells that hold no value.
    style : (str, str)
        How numbers are written.
    """

    def read(some: Sequence[str]) -> Iterator[tuple[str, FloatArray]]:
        values = as_floats(_stacked(table, some), missing, style)
        if values is not None:
            yield from zip(some, values.reshape(len(some), -1), strict=True)
        elif len(some) > 1:
            yield from read(some[: len(some) // 2])
            yield from read(some[len(some) // 2 :])

    return {name: each for some in _blocks(table, names) for name, each in read(some)}


def matching(table: Table, names: Sequence[str], pattern: str) -> BoolArray:
    """Which cells of columns of text match a regular expression, (n_names, n_rows).

    Parameters
    ----------
    table : Table
    names : sequence of str
        Columns of text.
    pattern : str
        Found anywhere in a cell; one that is null matches nothing.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    found = np.zeros((len(names), len(table)), dtype=np.bool_)
    start = 0
    for some in _blocks(table, names):
        cells: Any = pc.match_substring_regex(_stacked(table, some), pattern)
        told = pc.coalesce(cells, pa.scalar(value=False)).to_numpy(zero_copy_only=False)
        found[start : start + len(some)] = told.reshape(len(some), -1)
        start += len(some)
    return found


def _blocks(table: Table, names: Sequence[str]) -> Iterator[Sequence[str]]:
    step = max(1, CELLS // max(1, len(table)))
    return (names[start : start + step] for start in range(0, len(names), step))


def _stacked(table: Table, names: Sequence[str]) -> "pa.ChunkedArray":
    """The cells of columns one after the other."""
    import pyarrow as pa

    cells = table.cells.select(list(names))
    if any(kind != pa.string() for kind in cells.schema.types):
        cells = cells.cast(pa.schema([(name, pa.string()) for name in names]))
    chunks = [chunk for column in cells.columns for chunk in column.chunks]
    return pa.chunked_array([pa.concat_arrays(chunks)], pa.string())
