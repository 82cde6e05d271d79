"""Columns that divide the rows into subgroups, features or not."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trifit.data.cells import MISSING_TEXT, cell_text, texts_of
from trifit.data.numbers import POINT, Style, number
from trifit.data.tables import Table
from trifit.errors import InputError
from trifit.subgroups import By
from trifit.types import Dataset, FloatArray


def read_by(
    tables: Sequence[Table],
    asked: Sequence[str],
    labels: Sequence[str] = (),
    missing: tuple[str, ...] = MISSING_TEXT,
    style: Style = POINT,
) -> dict[By, NDArray[Any]]:
    """The columns of all rows, table after table; see :func:`trifit.subgroups.divide`.

    Parameters
    ----------
    tables : sequence of Table
    asked : sequence of str
        ``COLUMN`` or ``COLUMN:PARTS``.
    labels : sequence of str
        Columns of labels, which divide nothing: calibration is about labels that are not known.
    missing : tuple of str
        Texts that mean "missing".
    style : (str, str)
        How numbers are written.

    Raises
    ------
    InputError
        If a table lacks a column, or it is to be cut and holds something other than numbers.
    """
    found = {}
    for text in dict.fromkeys(asked):
        by = By.of(text, tables[0].columns)
        if by.column in labels:
            raise InputError(
                f"by {text!r}: a column of labels cannot divide the rows; give another column"
            )
        for table in tables[1:]:
            By.of(by.column, table.columns)
        texts = [t for table in tables for t in texts_of(table.cells[by.column], missing)]
        found[by] = values_of(by, texts, style)
    return found


def values_of(by: By, cells: Sequence[Any], style: Style = POINT) -> NDArray[Any]:
    """Cells of a column as :func:`trifit.subgroups.divide` takes them.

    Parameters
    ----------
    by : By
    cells : sequence of str, number or None
        None and NaN are missing.
    style : (str, str)
        How numbers are written.

    Raises
    ------
    InputError
        If numbers are to be cut, and a cell holds none.

    Examples
    --------
    >>> values_of(By("age", 2), ["31", None, 40.0])
    array([31., nan, 40.])
    >>> values_of(By("age"), ["31", None, 40.0])
    array(['31', None, '40'], dtype=object)
    """
    texts = [cell_text(cell) for cell in cells]
    if by.n_parts is None:
        return np.array(texts, dtype=object)
    read = {t: number(t, style) for t in set(texts) if t is not None}
    for row, text in enumerate(texts):
        if text is not None and read[text] is None:
            raise InputError(
                f"by {str(by)!r}: column {by.column!r} holds {text!r} in data row {row + 1}; only "
                f"numbers are cut (for its values: {by.column})"
            )
    return np.array([np.nan if t is None else read[t] for t in texts], dtype=np.float64)


def by_features(dataset: Dataset, asked: Sequence[str]) -> Dataset:
    """A data set that no table is at hand of, divided by some of its features."""
    found = {}
    for text in dict.fromkeys(asked):
        by = By.of(text, dataset.feature_names)
        found[by] = values_of(by, dataset.X[:, dataset.feature_names.index(by.column)].tolist())
    return replace(dataset, by=found)


def given_by(columns: Mapping[str, Any], n_obs: int) -> dict[By, NDArray[Any]]:
    """Columns given in memory, by what is asked of them: ``{"age:4": ages}``.

    Raises
    ------
    InputError
        If one does not have a value for each row.
    """
    found = {}
    for text, cells in columns.items():
        column, colon, parts = text.rpartition(":")
        by = By.of(text, [column if colon and parts.isdecimal() else text])
        values: FloatArray = np.asarray(cells)
        if values.shape != (n_obs,):
            raise InputError(f"by {text!r} has shape {values.shape}; expected {(n_obs,)}")
        found[by] = values_of(by, values.tolist())
    return found
