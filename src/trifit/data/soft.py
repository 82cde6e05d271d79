"""Soft labels: columns that say how much each row counts towards each class."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from trifit.checks import TOLERANCE
from trifit.data.encode import encode_features
from trifit.errors import InputError
from trifit.types import BoolArray, FloatArray

if TYPE_CHECKING:
    import pyarrow as pa

PREFIX = "label:"


def label_columns(names: Sequence[str]) -> tuple[str, ...]:
    """Columns named ``label:CLASS``.

    Examples
    --------
    >>> label_columns(["x", "label:cat", "label:dog"])
    ('label:cat', 'label:dog')
    """
    return tuple(n for n in names if n.startswith(PREFIX))


def encode_soft_labels(
    data: str, columns: Sequence[str], table: "pa.Table"
) -> tuple[FloatArray, tuple[str, ...], BoolArray]:
    """Label weights (n_obs, n_classes), class names and a mask of rows without a label.

    Rows are distributions (all sum to one) or annotator counts (all whole
    numbers); anything else is refused, because its weight would be a guess.
    """
    encoded = [encode_features(data, name, table[name]) for name in columns]
    for name, parts in zip(columns, encoded, strict=True):
        if len(parts) != 1:
            raise InputError(
                f"data {data!r}: label column {name!r} holds text; expected probabilities or counts"
            )
    weights = np.column_stack([parts[0][1] for parts in encoded])
    missing = np.isnan(weights).any(axis=1)
    present = weights[~missing]
    rows = np.flatnonzero(~missing)
    for bad, what in (
        ((present < 0).any(axis=1), "are negative somewhere"),
        (present.sum(axis=1) == 0, "are all zero"),
    ):
        if bad.any():
            row = int(rows[np.flatnonzero(bad)[0]])
            raise InputError(
                f"data {data!r}: the label columns of data row {row + 1} {what}: "
                f"{weights[row].tolist()}"
            )
    total = present.sum(axis=1)
    distributions = abs(total - 1.0) <= TOLERANCE
    counts = (present == np.round(present)).all(axis=1)
    if not (distributions.all() or counts.all()):
        bad = distributions if distributions.any() else counts
        row = int(rows[np.flatnonzero(~bad)[0]])
        raise InputError(
            f"data {data!r}: the label columns of data row {row + 1} are {weights[row].tolist()} "
            f"(sum {weights[row].sum():g}); give distributions that all sum to 1, or whole counts"
        )
    names = tuple(n.removeprefix(PREFIX) for n in columns)
    return weights, names, missing
