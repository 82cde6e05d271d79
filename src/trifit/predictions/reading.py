"""How the columns of a file are to be read, and the columns of one file."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import takewhile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trifit.data.by import read_by
from trifit.data.cells import as_floats, texts_of
from trifit.data.numbers import COMMA, POINT, Style, number, possible_styles
from trifit.data.roles import checked_weights
from trifit.data.tables import Table
from trifit.errors import InputError
from trifit.subgroups import By
from trifit.text import listing
from trifit.types import FloatArray, IntArray

AnyArray = NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Which columns hold what.

    Attributes
    ----------
    label : str, optional
        Column of the class that happened; what is to be judged needs one.
    probs, logits : str, optional
        One of the two: a pattern such as ``"p_*"``, whose star is the class, or columns
        separated by commas.
    positive : str, optional
        With one column of two classes: the class that it is the probability (log-odds) of.
    row_id : str, optional
        Column that names the rows, by which several files are joined.
    model_col : str, optional
        Column that names the model, where one file holds several.
    groups : str, optional
        Column whose equal values mark rows that belong together.
    weights : str, optional
        Column that counts identical rows.
    by : tuple of str
        Columns that divide the rows into subgroups, ``COLUMN`` or ``COLUMN:PARTS``.

    Raises
    ------
    InputError
        Unless exactly one of probs and logits is given.
    """

    label: str | None = None
    probs: str | None = None
    logits: str | None = None
    positive: str | None = None
    row_id: str | None = None
    model_col: str | None = None
    groups: str | None = None
    weights: str | None = None
    by: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.probs is None) == (self.logits is None):
            raise InputError(
                "say where the predictions are: --probs 'p_*' (probabilities; the star is the "
                "class), or --logits 'z_*'; or name the columns, --probs a,b,c"
            )

    @property
    def columns(self) -> str:
        """The pattern or list of the columns of the forecasts."""
        return self.probs or self.logits or ""

    def starred(self, columns: Sequence[str]) -> list[str]:
        """Columns that a star may stand for: those without another role."""
        by = [By.of(text, columns).column for text in self.by]
        roles = {self.label, self.row_id, self.model_col, self.groups, self.weights, *by}
        return [name for name in columns if "*" not in self.columns or name not in roles]


@dataclass(frozen=True, eq=False)
class Raw:
    """One file as it was read, before anything is judged of it.

    Attributes
    ----------
    file : str
    values : array of shape (n_obs, n_columns)
        Probabilities or logits.
    classes : tuple of str
        What the columns are called, as classes.
    labels, ids, models, groups : list of str, optional
    weights : array of shape (n_obs,), optional
    by : mapping of By to array of shape (n_obs,)
        Columns that divide the rows into subgroups.
    """

    file: str
    values: FloatArray
    classes: tuple[str, ...]
    labels: list[str] | None
    ids: list[str] | None
    models: list[str] | None
    groups: list[str] | None = None
    weights: IntArray | None = None
    by: Mapping[By, AnyArray] = field(default_factory=dict)


def of_table(
    file: str,
    table: Table,
    columns: tuple[Sequence[str], tuple[str, ...]],
    reading: Reading,
    *,
    need_label: bool,
) -> Raw:
    """The forecasts of a table, and what else it says of its rows.

    Parameters
    ----------
    file : str
        Its name, for messages.
    table : Table
    columns : tuple of (sequence of str, tuple of str)
        Names of the columns, and the classes they are for.
    reading : Reading
    need_label : bool
        Whether labels must be there.
    """
    names, classes = columns
    if not len(table):
        raise InputError(f"predictions {file!r}: the table has no rows")
    # Text first: pyarrow imports pandas for numbers, which a misspelt name need not wait for.
    return Raw(
        file=file,
        labels=_texts(table, reading.label, file, needed=need_label),
        ids=_texts(table, reading.row_id, file, needed=True),
        models=_texts(table, reading.model_col, file, needed=True),
        groups=_texts(table, reading.groups, file, needed=need_label),
        classes=classes,
        values=_matrix(table, names, file),
        weights=_weights(table, reading.weights, file, needed=need_label),
        by=read_by([table], reading.by, [reading.label or ""]) if need_label else {},
    )


def find_columns(
    columns: Sequence[str], pattern: str, file: str
) -> tuple[list[str], tuple[str, ...]]:
    """The columns of a pattern or list, and the classes that they are called after.

    Parameters
    ----------
    columns : sequence of str
        All of the file.
    pattern : str
        With one ``*``, or names with commas between them.
    file : str
        Its name, for messages.

    Raises
    ------
    InputError
        If there are none.

    Examples
    --------
    >>> find_columns(["id", "p_cat", "p_dog"], "p_*", "f.csv")
    (['p_cat', 'p_dog'], ('cat', 'dog'))
    >>> find_columns(["id", "cat", "dog"], "dog,cat", "f.csv")
    (['dog', 'cat'], ('dog', 'cat'))
    >>> find_columns(["p_wild cat", "p_dog"], "p_wild cat,p_dog", "f.csv")[1]
    ('wild cat', 'dog')
    """
    if "*" in pattern:
        names = [name for name in columns if fnmatchcase(name, pattern)]
        if not names:
            raise InputError(
                f"predictions {file!r}: no column matches {pattern!r}; it has {listing(columns)}"
            )
        before, _, after = pattern.partition("*")
        return names, tuple(n[len(before) : len(n) - len(after)] for n in names)
    names = [name.strip() for name in pattern.split(",") if name.strip()]
    if not names:
        raise InputError(f"predictions {file!r}: {pattern!r} names no column")
    for name in names:
        _check_there(name, columns, file)
    alike = takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
    shared = "".join(letters[0] for letters in alike) if len(names) > 1 else ""
    prefix = re.match(r"(.*[_.: -])?", shared)[0]  # type: ignore[index]
    return names, tuple(name.removeprefix(prefix) for name in names)


def _has(table: Table, name: str, file: str, *, needed: bool) -> bool:
    """Whether a table has a column; refused if it is needed and missing."""
    if needed:
        _check_there(name, table.columns, file)
    return name in table.columns


def _check_there(name: str, columns: Sequence[str], file: str) -> None:
    if name not in columns:
        raise InputError(
            f"predictions {file!r}: there is no column {name!r}; it has {listing(columns)}"
        )


def _matrix(table: Table, names: Sequence[str], file: str) -> FloatArray:
    """Columns of numbers, which one decimal mark writes, (n_rows, n_columns)."""
    plain = {name: _plain(table, name) for name in names}
    typeset = {name: texts_of(table.cells[name], ("",)) for name in names if plain[name] is None}
    style = _style(typeset, file)
    columns = [
        values
        if (values := plain[name]) is not None
        else _cell_by_cell(typeset[name], name, file, style)
        for name in names
    ]
    for name, values in zip(names, columns, strict=True):
        absent = np.isnan(values)
        if absent.any():
            raise InputError(
                f"predictions {file!r}: column {name!r} has no number in data row "
                f"{int(np.flatnonzero(absent)[0]) + 1}; every row needs a prediction"
            )
    return np.column_stack(columns)


def _plain(table: Table, name: str) -> FloatArray | None:
    """A column of numbers, or of text that is plain numbers; None if it is neither."""
    import pyarrow as pa

    column = table.cells[name]
    if pa.types.is_floating(column.type) or pa.types.is_integer(column.type):
        return np.asarray(column.cast(pa.float64(), safe=False).to_numpy(), dtype=np.float64)
    return as_floats(column, ("",), POINT)


def _style(columns: Mapping[str, Sequence[str | None]], file: str) -> Style:
    """The marks of numbers that are not plain: a decimal comma where nothing else fits.

    Raises
    ------
    InputError
        Where a mark can be read in two ways.
    """
    found = {
        name: possible_styles({text for text in texts if text is not None})
        for name, texts in columns.items()
    }
    if {COMMA} in found.values():
        return COMMA
    for name, styles in found.items():
        if styles == {POINT, COMMA} and {POINT} not in found.values():
            cells = [text for text in columns[name] if text is not None]
            cell = next(text for text in cells if number(text) != number(text, COMMA))
            raise InputError(
                f"predictions {file!r}: column {name!r} holds {cell!r}, which is "
                f"{number(cell):g} or {number(cell, COMMA):g}; write numbers with a decimal point"
            )
    return POINT


def _numbers(table: Table, name: str, file: str) -> FloatArray:
    return _matrix(table, [name], file)[:, 0]


def _weights(table: Table, name: str | None, file: str, *, needed: bool) -> IntArray | None:
    """Counts of identical rows, if the file has them; the first file's are used."""
    if name is None or not _has(table, name, file, needed=needed):
        return None
    return checked_weights(_numbers(table, name, file), f"predictions {file!r}: weights {name!r}")


def _cell_by_cell(texts: Sequence[str | None], name: str, file: str, style: Style) -> FloatArray:
    """Numbers of a column that is not plain: some are typeset, or are none."""
    values = [np.nan if text is None else number(text, style) for text in texts]
    if None in values:
        row = values.index(None)
        cell = str(texts[row])
        hint = ""
        if cell.endswith("%"):
            hint = "; write shares such as 0.25, not per cent"
        elif all(value is None or np.isnan(value) for value in values):
            hint = "; predicted classes are no probabilities (of scikit-learn: predict_proba)"
        raise InputError(
            f"predictions {file!r}: column {name!r} holds {cell!r} in data row {row + 1} "
            f"where a number is needed{hint}"
        )
    return np.array(values, dtype=np.float64)


def _texts(table: Table, name: str | None, file: str, *, needed: bool) -> list[str] | None:
    if name is None or not _has(table, name, file, needed=needed):
        return None
    texts = texts_of(table.cells[name], ("",))
    if None in texts:
        raise InputError(
            f"predictions {file!r}: column {name!r} is empty in data row {texts.index(None) + 1}"
        )
    return [str(text) for text in texts]
