"""Arrays, lists and dataframes in memory to tables."""

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np

from trifit.data.soft import PREFIX
from trifit.data.tables import Table, checked_table
from trifit.errors import InputError
from trifit.text import one_line

if TYPE_CHECKING:
    import pyarrow as pa

DATAFRAME = "the dataframe"


def is_name(target: Any) -> TypeGuard[Hashable]:
    """Whether a target is the name of a column, and not the labels themselves.

    Examples
    --------
    >>> is_name("species"), is_name(4), is_name(["a", "b"])
    (True, True, False)
    """
    return bool(np.isscalar(target))


def from_data(data: Any) -> Table:
    """The table of a dataframe that narwhals understands, of an array or of a list of rows.

    Raises
    ------
    InputError
        If it is none of these.
    """
    return checked_table(_cells(data, ()), *_called(data))


def from_arrays(
    X: Any,
    y: Any,
    *,
    feature_names: Sequence[str] = (),
    label_names: Sequence[str] = (),
    name: str = "",
    source: str = "",
) -> Table:
    """The table of features and labels.

    Parameters
    ----------
    X : array, list of rows or dataframe, of shape (n_obs, n_features)
        Columns of an array are called x0, x1, ... unless ``feature_names`` are given.
    y : array, list or series of shape (n_obs,), or (n_obs, n_classes)
        Class labels of any type; with a column for each class, soft labels or counts.
    feature_names : sequence of str
    label_names : sequence of str
        What to call the label columns. Default: the name of the series, "y", or the
        classes.
    name, source : str
        What the table, and what errors call it; by default the kind of X.

    Raises
    ------
    InputError
        If X and y do not fit together.
    """
    called = _called(X)
    name, source = name or called[0], source or called[1]
    features = _cells(X, tuple(map(str, feature_names)))
    labels = _labels(y)
    names = tuple(label_names) or tuple(labels)
    if len(names) != len(labels):
        raise InputError(
            f"test: y has {len(labels)} columns, that of the training data {len(names)}"
        )
    if features.num_rows != len(labels[next(iter(labels))]):
        raise InputError(
            f"{source}: X has {features.num_rows:,} rows and y "
            f"{len(labels[next(iter(labels))]):,}; every row needs a label"
        )
    check_order(X, y)
    for label, column in zip(names, labels.values(), strict=True):
        if label in features.column_names:
            raise InputError(
                f"{source}: X has a column {label!r}, which is also the name of the labels; leave "
                "it out of X, or rename one of the two"
            )
        features = features.append_column(label, column)
    table = checked_table(features, name, source)
    return replace(table, labels=names)


def _called(data: Any) -> tuple[str, str]:
    """The name of a table from memory, and what errors call it."""
    return ("dataframe", DATAFRAME) if _narwhal(data) is not None else ("arrays", "the arrays")


def _narwhal(data: Any) -> Any:
    """The dataframe or series as narwhals has it, None if it is none."""
    import narwhals as nw

    try:
        found = nw.from_native(data, pass_through=True, allow_series=True)
    except nw.exceptions.DuplicateError as error:
        raise InputError(f"{DATAFRAME}: {one_line(error)}; rename one") from error
    if isinstance(found, nw.LazyFrame):
        return found.collect()
    return found if isinstance(found, nw.DataFrame | nw.Series) else None


def _cells(data: Any, names: tuple[str, ...]) -> "pa.Table":
    """The columns of X."""
    import narwhals as nw
    import pyarrow as pa

    frame = _narwhal(data)
    if isinstance(frame, nw.DataFrame):
        try:
            if not all(isinstance(name, str) for name in frame.columns):
                frame = frame.rename({name: str(name) for name in frame.columns})
            return frame.to_arrow()
        except (pa.ArrowException, TypeError, nw.exceptions.NarwhalsError) as error:
            raise InputError(f"{DATAFRAME} cannot be read: {one_line(error)}") from error
    columns = _columns(data)
    names = names or tuple(f"x{j}" for j in range(len(columns)))
    if len(names) != len(columns):
        raise InputError(f"feature_names: {len(names)} names for {len(columns)} columns of X")
    return pa.table(
        [_arrow(c, f"column {n!r} of X") for n, c in zip(names, columns, strict=True)],
        names=list(names),
    )


def _columns(X: Any) -> list[Any]:
    """The columns of an array or of a list of rows."""
    if hasattr(X, "toarray"):
        raise InputError(f"X is sparse ({type(X).__name__}); give X.toarray()")
    if isinstance(X, list | tuple):
        try:
            columns: list[Any] = [list(column) for column in zip(*X, strict=True)]
        except (TypeError, ValueError) as error:
            raise InputError(
                "X: expected a list of rows of one length, such as [[5.1, 3.5], [4.9, 3.0]]"
            ) from error
        if columns:
            return columns
    array = _array(X, "X")
    if array.ndim != 2 or not array.shape[1]:
        shape = f"has shape {array.shape}" if array.ndim else f"is of type {type(X).__name__}"
        raise InputError(
            f"X {shape}; expected a file's name, a dataframe (pandas, polars, pyarrow, ...) or an "
            "array of shape (n_obs, n_features)"
        )
    return list(array.T)


def _labels(y: Any) -> dict[str, "pa.Array | pa.ChunkedArray"]:
    """The label columns by name: one of labels, or one for each class."""
    import narwhals as nw

    found = _narwhal(y)
    if isinstance(found, nw.Series):
        name = found.name
        return {"y" if name in (None, "") else str(name): found.to_arrow()}
    if isinstance(found, nw.DataFrame):
        cells = _cells(y, ())
        if cells.num_columns == 1:
            return {cells.column_names[0]: cells.column(0)}
        classes = dict(zip(cells.column_names, cells.columns, strict=True))
    else:
        plain = isinstance(y, list | tuple) and not any(np.ndim(cell) for cell in y)
        array = None if plain else _array(y, "y")
        if array is None or array.ndim == 1 or array.shape[1:] == (1,):
            return {"y": _arrow(y if array is None else array.ravel(), "y")}
        if array.ndim != 2:
            raise InputError(
                f"y has shape {array.shape}; expected labels (n_obs,), or soft labels "
                "(n_obs, n_classes)"
            )
        classes = {str(k): _arrow(column, f"y[:, {k}]") for k, column in enumerate(array.T)}
    return {PREFIX + name.removeprefix(PREFIX): column for name, column in classes.items()}


def _array(values: Any, what: str) -> Any:
    try:
        return np.asarray(values)
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"{what} cannot be read as an array: {one_line(error)}") from error


def _arrow(column: Any, what: str) -> "pa.Array":
    """One column as Arrow has it; objects and text by their cells."""
    import pyarrow as pa

    if isinstance(column, np.ndarray) and column.dtype.kind in "OUS":
        column = column.tolist()
    try:
        return pa.array(column)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise InputError(
            f"{what} cannot be read: {one_line(error)}; give cells of one type"
        ) from error


def check_order(X: Any, y: Any, called: tuple[str, str] = ("X", "y")) -> None:
    """Refuse pandas objects whose rows carry the same labels in different orders.

    Parameters
    ----------
    X, y : any
        Only pandas objects have an index.
    called : (str, str)
        What the message calls the two.

    Raises
    ------
    InputError
    """
    import narwhals as nw

    frame, series = _narwhal(X), _narwhal(y)
    if frame is None or series is None:
        return
    ours, theirs = nw.maybe_get_index(frame), nw.maybe_get_index(series)
    if ours is None or theirs is None or ours.equals(theirs):
        return
    if len(ours) == len(theirs) and set(ours) == set(theirs):
        first, second = called
        raise InputError(
            f"{first} and {second} have the same row index in different orders; give {second}.loc"
            f"[{first}.index], or {second}.to_numpy() if the rows correspond as they are"
        )
