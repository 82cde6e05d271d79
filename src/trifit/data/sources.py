"""Where tables come from: OpenML, files, dataframes, arrays; the names of bundled sets."""

from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.error import URLError

from trifit.data.arrays import from_arrays, from_data
from trifit.data.readers import read_table
from trifit.data.soft import label_columns
from trifit.data.tables import Table
from trifit.errors import InputError
from trifit.text import first_repeated, listing, meant

BUNDLED = {
    "cells": "2019 cells, 56 image measurements, outlined poorly or well (Hill 2007)",
    "iris": "150 flowers, 4 measurements, 3 species (Fisher 1936)",
    "wine": "178 wines, 13 chemical analyses, 3 growers (Forina 1991)",
    "breast_cancer": "569 tumours, 30 measurements, malignant or benign (Wolberg 1995)",
    "digits": "1797 handwritten digits, 8 x 8 pixels, 10 classes (Alpaydin 1998)",
}

HINT = f", and not a bundled set ({', '.join(BUNDLED)}), sim:WORLD or openml:NAME"
"""What else a name that is no file may have been meant to be."""

SEVERAL = 9
"""More columns than these are listed in part, and the last one too, where the class often is."""


def open_source(source: Any, labels: tuple[str, ...]) -> Table:
    """A table with its label columns: one target, or one column per class.

    Parameters
    ----------
    source : str, path, dataframe, array or list of rows
    labels : tuple of str
        Their names; none: those that the source says, or that are called ``label:CLASS``.

    Raises
    ------
    InputError
        If the source cannot be read, or its labels are not known.
    """
    if isinstance(source, str) and source.startswith("openml:"):
        return _openml(source.removeprefix("openml:"), labels)
    table = open_table(source, HINT)
    labels = labels or table.labels
    if not labels:
        labels = label_columns(table.columns)
        check_several(table.name, labels)
    if not labels:
        several = len(table.columns) > SEVERAL
        last = f"; the last is {table.columns[-1]!r}" if several else ""
        raise InputError(
            f"data {table.name!r}: which column holds the class? Name it as target (--target); "
            f"the columns are {listing(table.columns)}{last}"
        )
    return _labelled(table, labels)


def open_labelled(source: Any, y: Any) -> Table:
    """The table of features and labels that are given one by one.

    Raises
    ------
    InputError
        If they do not fit together.
    """
    if isinstance(source, str | Path):
        raise InputError(
            f"data {str(source)!r}: give target as the name of the column that holds the labels"
        )
    return from_arrays(source, y)


def open_test(source: Any, labels: tuple[str, ...], *, pair: bool) -> Table:
    """The table of a test set.

    Parameters
    ----------
    source : str, path, dataframe, array, or pair of features and labels
    labels : tuple of str
    pair : bool
        Whether the training data came as features and labels, and so must these.

    Raises
    ------
    InputError
        If it cannot be read, has no rows, or lacks its labels.
    """
    if pair:
        if not (isinstance(source, tuple) and len(source) == 2):
            raise InputError(
                "test: give it in the form of the training data, test=(X_test, y_test)"
            )
        table = from_arrays(*source, label_names=labels)
    elif isinstance(source, str) and source.startswith("openml:"):
        table = open_source(source, labels)
    else:
        table = open_table(source, HINT)
    if lacking := _lacking(table, labels):
        raise InputError(
            f"test: its {lacking} is missing; a test set needs its labels (it has "
            f"{listing(table.columns)})"
        )
    if not len(table):
        raise InputError("test: the table has no rows")
    return table


def check_several(data: str, labels: tuple[str, ...]) -> None:
    """Refuse one label column alone, or one that is given twice."""
    if len(labels) == 1:
        raise InputError(
            f"data {data!r}: one label column, {labels[0]!r}; soft labels need one per class"
        )
    if (twice := first_repeated(labels)) is not None:
        raise InputError(f"label_cols {twice!r} is given twice")


def open_table(source: Any, hint: str = "") -> Table:
    """The table of a file, a dataframe or an array.

    ``hint`` says what else a name may have been meant to be, should there be no such file.
    """
    return (
        read_table(Path(source), hint=hint) if isinstance(source, str | Path) else from_data(source)
    )


def _lacking(table: Table, labels: tuple[str, ...]) -> str:
    """What a table lacks of its labels, e.g. "target 'y'"; empty if nothing."""
    what = "target" if len(labels) == 1 else "label column"
    return next((f"{what} {label!r}" for label in labels if label not in table.columns), "")


def _labelled(table: Table, labels: tuple[str, ...]) -> Table:
    if lacking := _lacking(table, labels):
        raise InputError(
            f"{lacking} is not a column of {table.name!r}; it has {listing(table.columns)}"
            f"{meant(next(n for n in labels if n not in table.columns), table.columns)}"
        )
    return replace(table, labels=labels)


def _openml(name: str, labels: tuple[str, ...]) -> Table:
    from sklearn.datasets import fetch_openml

    try:
        bunch = fetch_openml(name, as_frame=True, parser="auto")
    except (URLError, OSError) as error:
        raise InputError(
            f"data 'openml:{name}': OpenML cannot be reached ({error}); "
            "check the network or download the table as CSV"
        ) from error
    except ValueError as error:
        raise InputError(f"data 'openml:{name}': {error}") from error
    names = bunch.target_names
    if not labels and len(names) != 1:
        raise InputError(f"data 'openml:{name}' has {len(names)} targets; give one with --target")
    table = replace(from_data(bunch.frame), name=name)
    return _labelled(table, labels or (str(names[0]),))
