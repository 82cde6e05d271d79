"""Checks at the door: class probabilities and labels from anywhere."""

from typing import Any

import numpy as np

from trifit.types import FloatArray, IntArray

TOLERANCE = 1e-6
"""How far a row of probabilities may sum from one."""

Labels = IntArray | FloatArray
"""Class codes ``(n_obs,)``, or soft labels: a distribution over classes per row
``(n_obs, n_classes)``."""


def checked_probs(values: Any, *, name: str = "probs") -> FloatArray:
    """Probabilities as a float array (..., n_obs, n_classes) whose rows sum to one.

    Raises
    ------
    ValueError
        Naming the row, its value and the likely remedy.

    Examples
    --------
    >>> checked_probs([[0.9, 0.2]])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    ValueError: probs[0] sums to 1.1, expected ... 1 within 1e-06; are these ...
    """
    probs: FloatArray = np.asarray(values, dtype=np.float64)
    if probs.ndim < 2 or probs.shape[-1] < 2 or probs.shape[-2] < 1:
        raise ValueError(
            f"{name} has shape {probs.shape}; expected (n_obs, n_classes) with at least one row "
            "and two classes (for two classes give both columns)"
        )
    total = probs.sum(axis=-1)
    bad = ~(abs(total - 1.0) <= TOLERANCE) | (probs < 0).any(axis=-1)
    if bad.any():
        where = tuple(int(i) for i in np.argwhere(bad)[0])
        row = probs[where]
        if np.isnan(row).any():
            what = "holds nan"
        elif row.min() < 0:
            what = f"holds {row.min():.3g}"
        else:
            what = f"sums to {total[where]:.3g}"
        raise ValueError(
            f"{name}[{', '.join(map(str, where))}] {what}, expected probabilities that sum to 1 "
            f"within {TOLERANCE:g}; are these logits? softmax them first"
        )
    return probs


def checked_labels(labels: Any, n_obs: int, n_classes: int, *, name: str = "y") -> Labels:
    """Class codes (n_obs,) as integers, or soft labels (n_obs, n_classes).

    Raises
    ------
    ValueError
        On a shape that does not fit or a label out of range, naming the row.
    """
    y = np.asarray(labels)
    if y.ndim == 2 and y.shape == (n_obs, n_classes):
        return checked_probs(y, name=name)
    if y.shape != (n_obs,):
        raise ValueError(
            f"{name} has shape {y.shape} for probabilities of shape ({n_obs}, {n_classes}); "
            f"expected class codes ({n_obs},) or soft labels ({n_obs}, {n_classes})"
        )
    if y.dtype.kind not in "iub":
        whole = y.dtype.kind == "f" and bool((y == np.round(y)).all())
        if not whole:
            raise ValueError(
                f"{name} holds {y.dtype} values such as {y[0]!r}; expected whole class codes "
                f"0 .. {n_classes - 1}"
            )
    codes: IntArray = y.astype(np.int64)
    out = (codes < 0) | (codes >= n_classes)
    if out.any():
        row = int(np.flatnonzero(out)[0])
        raise ValueError(
            f"{name}[{row}] is {codes[row]}; expected a class code in 0 .. {n_classes - 1}"
        )
    return codes


def label_probs(y: Labels, n_classes: int) -> FloatArray:
    """Labels as distributions (n_obs, n_classes): one-hot for class codes.

    Examples
    --------
    >>> label_probs(np.array([1, 0]), 2)
    array([[0., 1.], [1., 0.]])
    """
    if y.ndim == 2:
        return np.asarray(y, dtype=np.float64)
    return np.asarray(np.eye(n_classes)[y])
