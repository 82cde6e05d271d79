"""Columns whose cells are vectors of numbers, such as embeddings: a feature for each component."""

from shlex import quote
from typing import TYPE_CHECKING

import numpy as np

from trifit.errors import InputError
from trifit.types import FloatArray

if TYPE_CHECKING:
    import pyarrow as pa


def is_vector(kind: "pa.DataType") -> bool:
    """Whether cells are lists of numbers, of one length or of any."""
    import pyarrow as pa

    lists = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    numbers = (pa.types.is_floating, pa.types.is_integer, pa.types.is_boolean)
    return any(test(kind) for test in lists) and any(test(kind.value_type) for test in numbers)


def vector_length(data: str, name: str, column: "pa.ChunkedArray") -> int:
    """Numbers in the first vector of a column.

    Parameters
    ----------
    data, name : str
        Of the data and of the column, for messages.
    column : pyarrow ChunkedArray
        Of lists of numbers.

    Raises
    ------
    InputError
        If there is none, or it is empty.
    """
    length = next((n for n in _lengths(column) if not np.isnan(n)), np.nan)
    if not length > 0:
        what = "is missing in every row" if np.isnan(length) else "holds an empty vector"
        raise InputError(f"data {data!r}: column {name!r} {what}; drop it")
    return int(length)


def components(data: str, name: str, column: "pa.ChunkedArray", length: int) -> FloatArray:
    """The vectors as rows of a matrix (n_rows, length), NaN where one is missing.

    Parameters
    ----------
    data, name : str
        Of the data and of the column, for messages.
    column : pyarrow ChunkedArray
        Of lists of numbers.
    length : int
        Of every vector.

    Raises
    ------
    InputError
        Naming the first row whose vector has another length.
    """
    import pyarrow as pa

    lengths = _lengths(column)
    present = ~np.isnan(lengths)
    odd = present & (lengths != length)
    if odd.any():
        row = int(np.flatnonzero(odd)[0])
        raise InputError(
            f"data {data!r}: column {name!r} holds a vector of {lengths[row]:.0f} numbers in data "
            f"row {row + 1} where others have {length}; bring them to one length, or leave the "
            f"column out with --drop {quote(name)}"
        )
    X = np.full((len(column), length), np.nan)
    start = 0
    for chunk in column.chunks:
        values = chunk.flatten().cast(pa.float64(), safe=False)
        rows = np.flatnonzero(present[start : start + len(chunk)]) + start
        X[rows] = values.to_numpy(zero_copy_only=False).reshape(-1, length)
        start += len(chunk)
    return X


def _lengths(column: "pa.ChunkedArray") -> FloatArray:
    """Length of every vector, NaN where it is missing."""
    import pyarrow as pa
    import pyarrow.compute as pc

    lengths = pc.list_value_length(column).cast(pa.float64()).to_numpy()
    return np.asarray(lengths, dtype=np.float64)
