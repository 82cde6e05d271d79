"""Label columns, one per class: distributions over classes, or counts of observations."""

from collections.abc import Sequence

import numpy as np

from trifit.data.cells import as_floats, is_numeric, is_text
from trifit.data.columns import Column
from trifit.data.numbers import POINT
from trifit.data.tables import Table
from trifit.errors import InputError
from trifit.inputs import sum_tolerance
from trifit.types import FloatArray, IntArray

PREFIX = "label:"

MAX_WRITTEN = 200_000_000
"""Most feature values (rows x columns) that a table of counts is written out to."""


def label_columns(names: Sequence[str]) -> tuple[str, ...]:
    """Columns named ``label:CLASS``.

    Examples
    --------
    >>> label_columns(["x", "label:cat", "label:dog"])
    ('label:cat', 'label:dog')
    """
    return tuple(n for n in names if n.startswith(PREFIX))


def label_weights(table: Table, columns: Sequence[str], missing: tuple[str, ...]) -> FloatArray:
    """Label weights (n_rows, n_classes), NaN where a cell is missing.

    Rows are distributions (all sum to one) or counts (all whole numbers); anything
    else is refused, because its weight would be a guess.

    Parameters
    ----------
    table : Table
    columns : sequence of str
        One per class.
    missing : tuple of str
        Cells that hold no value.

    Raises
    ------
    InputError
        Naming the row, its values and the remedy.
    """
    parts = []
    for name in columns:
        cells = table.cells[name]
        values = as_floats(cells, missing, POINT) if is_text(cells.type) else None
        if values is None and not is_numeric(cells.type):
            raise InputError(
                f"data {table.name!r}: label column {name!r} holds text; expected probabilities "
                "or counts"
            )
        number = Column(name, "number", missing=missing)
        parts.append(number.encode(table.name, cells)[0][:, 0] if values is None else values)
    weights = np.column_stack(parts)
    known = ~np.isnan(weights).any(axis=1)
    present, rows = weights[known], np.flatnonzero(known)
    bad = (present < 0).any(axis=1)
    if bad.any():
        row = int(rows[np.flatnonzero(bad)[0]])
        raise InputError(
            f"data {table.name!r}: the label columns of data row {row + 1} are negative somewhere: "
            f"{weights[row].tolist()}"
        )
    if not present.any():
        raise InputError(f"data {table.name!r}: the label columns are all zero")
    distributions = abs(present.sum(axis=1) - 1.0) <= sum_tolerance(present)
    counts = (present == np.round(present)).all(axis=1)
    if not (distributions.all() or counts.all()):
        odd = distributions if distributions.any() else counts
        row = int(rows[np.flatnonzero(~odd)[0]])
        raise InputError(
            f"data {table.name!r}: the label columns of data row {row + 1} are "
            f"{weights[row].tolist()} (sum {weights[row].sum():g}); give distributions that all "
            "sum to 1, or whole counts"
        )
    if not counts.all():
        weights = weights / weights.sum(axis=1, keepdims=True)
    return weights


def are_counts(weights: FloatArray) -> bool:
    """Whether label weights are counts of observations, and not one label per row."""
    whole = bool((weights == np.round(weights)).all())
    return whole and bool((weights.sum(axis=1) != 1).any())


def written_out(
    data: str, counts: FloatArray, n_features: int, n_test: int
) -> tuple[IntArray, IntArray]:
    """One row for each observation that was counted, class by class.

    So a count is what it stands for in every fit, split, score, interval and test. The
    fits bring equal rows together again.

    Parameters
    ----------
    data : str
    counts : array of shape (n_rows, n_classes)
    n_features, n_test : int
        Columns, and the last rows that are test rows.

    Returns
    -------
    rows, y : array of shape (n_observations,)
        Which row of the table each observation is, and its class; test rows are the last
        ones again.

    Raises
    ------
    InputError
        If the table would be too large.
    """
    check_written(data, "the label columns count", float(counts.sum()), n_features)
    n_train = len(counts) - n_test
    parts = [slice(0, n_train), slice(n_train, len(counts))]
    rows, y = [], []
    for part in parts:
        times = counts[part].astype(np.int64).T
        at = np.arange(part.start, part.stop)
        rows += [np.repeat(at, each) for each in times]
        y += [np.full(each.sum(), k) for k, each in enumerate(times)]
    return np.concatenate(rows), np.concatenate(y)


def check_written(data: str, what: str, total: float, n_features: int) -> None:
    """Refuse counts whose rows, written out, would be too large a table.

    Parameters
    ----------
    data, what : str
        Name of the data, and what makes the observations, for the message.
    total : float
        Number of observations.
    n_features : int
    """
    if total * n_features > MAX_WRITTEN:
        raise InputError(
            f"data {data!r}: {what} {total:,.0f} observations of {n_features} features; at most "
            f"{MAX_WRITTEN // n_features:,} can be evaluated at a time; give a sample"
        )
