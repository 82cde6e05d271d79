"""Files of predictions: tables, or arrays of an ``.npz`` file."""

from pathlib import Path

from trifit.data.readers import kind_of, read_arrays, read_table
from trifit.data.tables import Table
from trifit.predictions.arrays import Arrays, of_arrays
from trifit.predictions.reading import Raw, Reading, find_columns, of_table


def open_predictions(path: Path) -> Table | Arrays:
    """The table of a file, or the arrays of an ``.npz`` file.

    Raises
    ------
    InputError
        If it is not there, or cannot be read.
    """
    if kind_of(path) == ".npz":
        return Arrays(path.name, read_arrays(path, what="predictions"))
    return read_table(path, what="predictions")


def read_raw(path: Path, reading: Reading, *, need_label: bool) -> Raw:
    """The forecasts of a file, and what goes with them.

    Parameters
    ----------
    path : path
    reading : Reading
    need_label : bool
        Whether labels (and groups and weights, if asked for) must be there.

    Raises
    ------
    InputError
        If a column is missing, or holds what it cannot hold.
    """
    source = open_predictions(path)
    if isinstance(source, Arrays):
        return of_arrays(source, reading, need_label=need_label)
    columns = find_columns(reading.starred(source.columns), reading.columns, str(path))
    return of_table(path.name, source, columns, reading, need_label=need_label)
