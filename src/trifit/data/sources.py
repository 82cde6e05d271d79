"""Where data come from: bundled sets, OpenML, files, dataframes."""

from pathlib import Path
from typing import Any
from urllib.error import URLError

from trifit.data.soft import label_columns
from trifit.data.tables import Table, from_dataframe, read_table
from trifit.errors import InputError
from trifit.text import listing
from trifit.types import Dataset

BUNDLED = {
    "iris": "150 flowers, 4 measurements, 3 species (Fisher 1936)",
    "wine": "178 wines, 13 chemical analyses, 3 growers (Forina 1991)",
    "breast_cancer": "569 tumours, 30 measurements, malignant or benign (Wolberg 1995)",
    "digits": "1797 handwritten digits, 8 x 8 pixels, 10 classes (Alpaydin 1998)",
}


def bundled(name: str) -> Dataset:
    """One of the data sets that come with scikit-learn."""
    from sklearn import datasets

    bunch = getattr(datasets, f"load_{name}")()
    return Dataset(
        name=name,
        X=bunch.data,
        y=bunch.target,
        feature_names=tuple(str(f) for f in bunch.feature_names),
        class_names=tuple(str(c) for c in bunch.target_names),
        source=name,
    )


def open_source(source: Any, labels: tuple[str, ...]) -> tuple[Table, tuple[str, ...]]:
    """A table, and its label columns: one target, or one column per class.

    Raises
    ------
    InputError
        If the source cannot be read, or its labels are not known.
    """
    if isinstance(source, str) and source.startswith("openml:"):
        return _openml(source.removeprefix("openml:"), labels)
    table = _table(source)
    if not labels:
        labels = label_columns(table.columns)
        check_several(table.name, labels)
    if not labels:
        raise InputError(
            f"data {table.name!r}: which column holds the class? Give target (--target) "
            f"as one of {listing(table.columns)}"
        )
    _check_columns(table, labels)
    return table, labels


def open_test(source: Any, labels: tuple[str, ...]) -> Table:
    """The table of a test set.

    Raises
    ------
    InputError
        If it cannot be read, has no rows, or lacks its labels.
    """
    openml = isinstance(source, str) and source.startswith("openml:")
    table = open_source(source, labels)[0] if openml else _table(source)
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
    twice = [label for label in labels if labels.count(label) > 1]
    if twice:
        raise InputError(f"label_cols {twice[0]!r} is given twice")


def _table(source: Any) -> Table:
    """The table of a file or a dataframe."""
    if not isinstance(source, str | Path):
        return from_dataframe(source)
    path = Path(source)
    if not path.exists():
        raise InputError(
            f"data {str(source)!r}: no such file, and not a bundled set "
            f"({', '.join(BUNDLED)}), sim:WORLD or openml:NAME"
        )
    return read_table(path)


def _lacking(table: Table, labels: tuple[str, ...]) -> str:
    """What a table lacks of its labels, e.g. "target 'y'"; empty if nothing."""
    what = "target" if len(labels) == 1 else "label column"
    return next((f"{what} {label!r}" for label in labels if label not in table.columns), "")


def _check_columns(table: Table, labels: tuple[str, ...]) -> None:
    if lacking := _lacking(table, labels):
        raise InputError(
            f"{lacking} is not a column of {table.name!r}; it has {listing(table.columns)}"
        )


def _openml(name: str, labels: tuple[str, ...]) -> tuple[Table, tuple[str, ...]]:
    from dataclasses import replace

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
    table = replace(from_dataframe(bunch.frame), name=name)
    labels = labels or (str(names[0]),)
    _check_columns(table, labels)
    return table, labels
