"""The test rows of a run with every forecast for them: ``predictions.parquet``."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from trifit.data.cells import is_numeric
from trifit.errors import InputError
from trifit.forecasts import Forecasts, log_of
from trifit.inputs import checked_probs
from trifit.predictions.recommended import write_maps
from trifit.results import Comparison
from trifit.results.folder import save_whole, write_numbers
from trifit.text import one_line
from trifit.types import IntArray

PREDICTIONS = "predictions.parquet"

ROW, LABEL, GROUP, SOFT = "row", "y", "group", "soft label"
"""Columns of row numbers (or ids), labels and groups; before a class, of soft labels."""

MAX_SAVED = 20_000_000
"""Probabilities of given forecasts up to which they are written again (160 MB)."""


def save_evaluation(
    comparison: Comparison,
    forecasts: Forecasts,
    rows: Sequence[str] | None,
    folder: Path,
    *,
    floor: float | None = None,
    force: bool = False,
) -> None:
    """Write the numbers and the page of forecasts that were judged, the forecasts, and their maps.

    Parameters
    ----------
    comparison : Comparison
    forecasts : Forecasts
    rows : sequence of str, optional
        What the rows are called; default: their numbers, from 0.
    folder : Path
    floor : float, optional
        That the forecasts were raised to.
    force : bool
        Replace what another command made.
    """
    write = partial(_write, comparison, forecasts, rows, floor)
    save_whole(folder, write, command=comparison.provenance.command, force=force)


def _write(
    comparison: Comparison,
    forecasts: Forecasts,
    rows: Sequence[str] | None,
    floor: float | None,
    folder: Path,
) -> None:
    write_numbers(comparison, folder)
    write_maps(comparison, forecasts, folder, floor=floor)
    names = range(len(forecasts.labels)) if rows is None else rows
    if len(names) * len(forecasts.class_names) * len(forecasts.log_probs) <= MAX_SAVED:
        write_rows(folder / PREDICTIONS, forecasts, list(names))


def write_rows(path: Path, forecasts: Forecasts, rows: Sequence[Any] | IntArray) -> None:
    """One row per test row: ``row``, ``y`` and a column ``FIT:CLASS`` each.

    Where there are groups, ``group`` is their code; with soft labels, ``y`` is the most likely
    class and ``soft label:CLASS`` the distribution.

    Parameters
    ----------
    path : Path
    forecasts : Forecasts
    rows : sequence of length n_obs
        What the rows are called.
    """
    import pyarrow as pa
    from pyarrow import parquet

    names, labels = forecasts.class_names, forecasts.labels
    codes = labels if labels.ndim == 1 else labels.argmax(axis=1)
    columns: dict[str, Any] = {ROW: rows, LABEL: [names[k] for k in codes]}
    if forecasts.groups is not None:
        columns[GROUP] = forecasts.groups
    if labels.ndim == 2:
        columns |= {f"{SOFT}:{name}": labels[:, k] for k, name in enumerate(names)}
    for contestant, log_probs in forecasts.log_probs.items():
        for k, name in enumerate(names):
            columns[f"{contestant}:{name}"] = np.exp(log_probs[:, k])
    parquet.write_table(pa.table(columns), path)


def read_rows(
    path: Path, contestants: Sequence[str], class_names: Sequence[str]
) -> tuple[list[str], Forecasts, bool]:
    """Names of the test rows, the forecasts for them, and whether the names are mere numbers.

    As :func:`write_rows` wrote them.
    Probabilities below the least positive float were written as 0.

    Parameters
    ----------
    path : Path
    contestants, class_names : sequence of str

    Raises
    ------
    InputError
        If the file cannot be read, lacks a column or holds no probabilities.
    """
    from pyarrow import ArrowException, parquet

    try:
        table = parquet.read_table(path)
    except (OSError, ArrowException) as error:
        raise InputError(f"{str(path)!r} cannot be read: {one_line(error)}") from error

    def column(name: str) -> Any:
        if name not in table.column_names:
            raise InputError(f"{str(path)!r} has no column {name!r}; make the run again")
        return table[name]

    def by_class(before: str) -> Any:
        return np.column_stack([column(f"{before}:{c}").to_numpy() for c in class_names])

    place = {name: k for k, name in enumerate(class_names)}
    try:
        labels: Any = np.array([place[text] for text in column(LABEL).to_pylist()])
        if f"{SOFT}:{class_names[0]}" in table.column_names:
            labels = by_class(SOFT)
        log_probs = {
            name: log_of(checked_probs(by_class(name), name=f"{name} of row "))
            for name in contestants
        }
        groups = column(GROUP).to_numpy() if GROUP in table.column_names else None
        rows = [str(row) for row in column(ROW).to_pylist()]
        numbered = is_numeric(column(ROW).type)
        return rows, Forecasts(log_probs, labels, tuple(class_names), groups), numbered
    except KeyError as error:
        raise InputError(f"{str(path)!r}: the label {error} is not a class of the run") from error
    except InputError:
        raise
    except (ValueError, TypeError) as error:
        raise InputError(f"{str(path)!r} is damaged: {one_line(error)}") from error
