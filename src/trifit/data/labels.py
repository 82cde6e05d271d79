"""The target column: its classes, in order, and the class of each row."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from trifit.data.cells import UNSEEN, is_binary, level_codes, texts_of
from trifit.data.numbers import COMMA, POINT, number
from trifit.errors import InputError
from trifit.notes import Note, NoteKind
from trifit.text import listing
from trifit.types import BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    import pyarrow as pa

MAX_CLASSES_SHARE = 0.5

FEW_NUMBERS, SOME_NUMBERS = 10, 20
"""Classes that are called by numbers: more than so many are a measurement if one of them has a
single row; more than so many if one is a fraction, and else they are told of in a note."""


def learn_classes(
    data: str, target: str, column: "pa.ChunkedArray", missing: tuple[str, ...]
) -> tuple[str, ...]:
    """Names of the classes: sorted as numbers where all of them are numbers, else as text.

    Parameters
    ----------
    data, target : str
        Names of the data and of the column, for messages.
    column : pyarrow ChunkedArray
        Labels of the training rows.
    missing : tuple of str
        Cells that hold no value.

    Raises
    ------
    InputError
        If there is no class, or so many that the column is no class label.
    """
    import pyarrow as pa

    if pa.types.is_nested(column.type) or is_binary(column.type):
        raise InputError(
            f"data {data!r}: target {target!r} holds {column.type}; give a column of class labels: "
            "text, numbers or booleans"
        )
    texts = texts_of(column, missing)
    present = sorted({t for t in texts if t is not None})
    if not present:
        raise InputError(f"data {data!r}: target {target!r} has no value in any row")
    values = numbers_of(present)
    if values is not None:
        present = [present[k] for k in np.argsort(values, kind="stable")]
    if len(present) > 20 and len(present) > MAX_CLASSES_SHARE * len(texts):
        if values is not None:
            places = {text: k for k, text in enumerate(present)}
            cells = np.sort(values)[[places[t] for t in texts if t is not None]]
            raise _measurement(data, target, present, cells)
        raise InputError(
            f"data {data!r}: target {target!r} has {len(present):,} different values in "
            f"{len(texts):,} rows (e.g. {present[0]!r}); trifit compares classifiers: give a "
            "column of class labels"
        )
    return tuple(present)


def numbers_of(texts: Sequence[str]) -> FloatArray | None:
    """The numbers that texts are, None if one of them is none.

    Examples
    --------
    >>> numbers_of(["10", "2.5"]), numbers_of(["10", "2,5"]), numbers_of(["1", "a"])
    (array([10. ,  2.5]), array([10. ,  2.5]), None)
    """
    for style in (POINT, COMMA):
        values = [number(text, style) for text in texts]
        if None not in values:
            return np.array(values, dtype=np.float64)
    return None


def numbers_as_classes(
    data: str, target: str, classes: tuple[str, ...], y: IntArray
) -> Note | None:
    """A note where many classes are called by numbers, which may be a measurement.

    Parameters
    ----------
    data, target : str
        Names of the data and of the column, for messages.
    classes : tuple of str
    y : array of shape (n_rows,)
        Codes of the training rows, a row for each observation.

    Raises
    ------
    InputError
        If they are one: a number is a fraction, or has a single row.
    """
    values = numbers_of(classes)
    if values is None or len(classes) <= FEW_NUMBERS:
        return None
    fractions = len(classes) > SOME_NUMBERS and bool((values != np.round(values)).any())
    if fractions or 1 in np.bincount(y, minlength=len(classes)):
        raise _measurement(data, target, classes, values[y])
    counted = bool((values - values[0] == np.arange(len(values))).all()) and values[0] in (0, 1)
    if counted or len(classes) <= SOME_NUMBERS:
        return None
    return Note(NoteKind.NUMBERS_AS_CLASSES, names=(target,), n=len(classes))


def _measurement(data: str, target: str, found: Sequence[str], cells: FloatArray) -> InputError:
    """What is said of a target that holds a measurement."""
    middle, whole = np.median(cells), bool((cells == np.round(cells)).all())
    codes = "merge those that have one row" if whole else "put a letter before each"
    return InputError(
        f"data {data!r}: target {target!r} holds {len(found):,} different numbers, such as "
        f"{found[len(found) // 2]}; it looks like a measurement, and trifit compares classifiers: "
        "give a column of class labels, or put the numbers into a few classes first, for example "
        f"up to {middle:g} (the median) and above (if they are codes of classes: {codes})"
    )


def encode_classes(
    data: str,
    column: "pa.ChunkedArray",
    classes: tuple[str, ...],
    missing: tuple[str, ...],
) -> tuple[IntArray, BoolArray]:
    """Class codes (n_rows,), 0 where there is none, and which rows have none.

    Parameters
    ----------
    data : str
        Name of the data, for messages.
    column : pyarrow ChunkedArray
        Labels of any rows.
    classes : tuple of str
        As :func:`learn_classes` found them.
    missing : tuple of str
        Cells that hold no value.

    Raises
    ------
    InputError
        On a class that the training rows do not have.
    """
    texts = texts_of(column, missing)
    codes: FloatArray = level_codes(texts, classes)
    if (codes == UNSEEN).any():
        row = int(np.flatnonzero(codes == UNSEEN)[0])
        raise InputError(
            f"data {data!r}: class {texts[row]!r} (data row {row + 1}) has no training row; remove "
            "its rows or add training rows"
        )
    absent = np.isnan(codes)
    return np.where(absent, 0, codes).astype(np.int64), absent


def absent_texts(column: "pa.ChunkedArray", missing: tuple[str, ...]) -> list[str]:
    """Texts of a target that were taken as missing, e.g. "NA"; not the empty one."""
    found = {t for t in texts_of(column, ()) if t is not None}
    return sorted(found & set(missing) - {""})


def drop_unused_classes(
    y: IntArray, classes: tuple[str, ...]
) -> tuple[IntArray, tuple[str, ...], list[str]]:
    """Codes and names of the classes that have a row, and those that have none."""
    used = np.unique(y)
    gone = [c for k, c in enumerate(classes) if k not in used]
    return np.searchsorted(used, y), tuple(classes[k] for k in used), gone


def class_order(
    data: str, classes: tuple[str, ...], positive: str | None, order: tuple[str, ...]
) -> IntArray:
    """Places in ``classes`` of the classes in the order that was asked for.

    Parameters
    ----------
    data : str
    classes : tuple of str
    positive : str, optional
        Of two classes the second, whose log-odds a model of two classes has.
    order : tuple of str
        All classes, in order; empty: as they are.

    Raises
    ------
    InputError
        On a class that is not there, or an order that leaves one out.
    """
    if positive is not None and order:
        raise InputError(f"positive {positive!r} and classes_order {order!r}: give one of the two")
    if positive is not None:
        if len(classes) != 2:
            raise InputError(
                f"positive {positive!r}: data {data!r} has {len(classes)} classes; positive needs "
                "two (for more: --classes-order)"
            )
        if positive not in classes:
            raise InputError(
                f"positive {positive!r} is not a class of {data!r}: {listing(classes)}"
            )
        order = (*(c for c in classes if c != positive), positive)
    if order and (sorted(order) != sorted(classes)):
        raise InputError(
            f"classes_order {listing(order)}: name every class of {data!r} once: {listing(classes)}"
        )
    return np.array([classes.index(c) for c in order or classes])
