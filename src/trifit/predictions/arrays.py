"""Predictions in the arrays of an ``.npz`` file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trifit.data.by import values_of
from trifit.data.roles import checked_weights
from trifit.errors import InputError
from trifit.predictions.reading import Raw, Reading
from trifit.subgroups import By
from trifit.text import listing
from trifit.types import IntArray


@dataclass(frozen=True, eq=False)
class Arrays:
    """The arrays of a file, by name.

    Attributes
    ----------
    file : str
        What errors call it.
    arrays : mapping of str to array
    """

    file: str
    arrays: Mapping[str, NDArray[Any]]

    def get(self, name: str) -> Any:
        """One array.

        Raises
        ------
        InputError
            If there is none of that name.
        """
        if name not in self.arrays:
            raise InputError(
                f"predictions {self.file!r}: there is no array {name!r}; it has "
                f"{listing([*self.arrays])}"
            )
        return self.arrays[name]

    def texts(self, name: str | None, *, needed: bool = True) -> list[str] | None:
        """The entries of an array as texts; None where there is none and none is needed."""
        if name is None or (name not in self.arrays and not needed):
            return None
        return [str(value) for value in self.get(name)]

    def classes(self, n_classes: int) -> tuple[str, ...]:
        """Names of the classes: those of the array ``classes``, else "0", "1", ..."""
        texts = self.texts("classes", needed=False)
        return tuple(texts if texts is not None else map(str, range(n_classes)))

    def weights(self, name: str | None, *, needed: bool) -> IntArray | None:
        """Counts of identical rows; None where there are none and none are needed."""
        if name is None or (name not in self.arrays and not needed):
            return None
        return checked_weights(self.get(name), f"predictions {self.file!r}: weights {name!r}")

    def by(self, asked: Sequence[str]) -> dict[By, NDArray[Any]]:
        """Arrays that divide the rows into subgroups."""
        every = [By.of(text, [*self.arrays]) for text in dict.fromkeys(asked)]
        return {by: values_of(by, self.get(by.column).tolist()) for by in every}


def of_arrays(arrays: Arrays, reading: Reading, *, need_label: bool) -> Raw:
    """Forecasts, labels, and perhaps classes, row ids, groups and weights.

    Parameters
    ----------
    arrays : Arrays
    reading : Reading
    need_label : bool
        Whether labels must be there.

    Raises
    ------
    InputError
        If an array is missing, or holds what it cannot hold.
    """
    values = np.asarray(arrays.get(reading.columns), dtype=np.float64)
    values = values[:, None] if values.ndim == 1 else values
    if values.ndim != 2 or np.isnan(values).any():
        raise InputError(
            f"predictions {arrays.file!r}: array {reading.columns!r} has shape {values.shape}; "
            "expected (n_obs, n_classes) without NaN"
        )
    return Raw(
        file=arrays.file,
        values=values,
        classes=arrays.classes(values.shape[1]),
        labels=arrays.texts(reading.label, needed=need_label),
        ids=arrays.texts(reading.row_id),
        models=None,
        groups=arrays.texts(reading.groups, needed=need_label),
        weights=arrays.weights(reading.weights, needed=need_label),
        by=arrays.by(reading.by) if need_label else {},
    )
