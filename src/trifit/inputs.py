"""Checks at the door: class probabilities and labels from anywhere."""

import inspect
import math
from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol, overload

import numpy as np
from numpy.typing import ArrayLike

from trifit.types import FloatArray, IntArray

TOLERANCE = 1e-6
"""How far a row of probabilities may sum from one, at the precision of float32 or better."""

MAX_TOLERANCE = 0.05
"""How far it may at any precision."""

PER_CENT = "are these per cent? divide them by 100"
LOGITS = "are these logits? give them as such (--logits)"
"""What numbers may be that are no probabilities."""

DECIMALS = range(2, 7)
"""Digits after the point that count as rounding; one digit is too coarse to tell."""

MANTISSAS = (8, 11)
"""Significant bits of bfloat16 and float16."""

Labels = IntArray | FloatArray
"""Class codes ``(n_obs,)``, or soft labels: a distribution over classes per row
``(n_obs, n_classes)``."""


class Measure[**P, R](Protocol):
    """A function of forecasts and labels, which scikit-learn's keywords call too."""

    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R: ...

    @overload
    def __call__(self, *, y_true: ArrayLike, y_prob: ArrayLike, **options: Any) -> R: ...


def measure[**P, R](function: Callable[P, R]) -> Measure[P, R]:
    """Let a function of forecasts and labels take ``y_true`` and ``y_prob`` as well.

    ``y_prob`` stands for the first parameter and ``y_true`` for the second, whatever they are
    called. Always probabilities: where the first is ``log_probs``, their logarithm is taken.

    Examples
    --------
    >>> @measure
    ... def mean_at_label(log_probs, y):
    ...     return log_probs[range(len(y)), y].mean()
    >>> mean_at_label(y_true=[0, 1], y_prob=[[1.0, 0.0], [0.0, 1.0]])
    np.float64(0.0)
    """
    forecast, label = list(inspect.signature(function).parameters)[:2]

    @wraps(function)
    def named(*args: Any, **options: Any) -> R:
        for given, parameter in (("y_prob", forecast), ("y_true", label)):
            if given not in options:
                continue
            if parameter in options:
                raise TypeError(f"{function.__name__}: {given} and {parameter} are the same")
            value = options.pop(given)
            if parameter == "log_probs":
                with np.errstate(divide="ignore"):
                    value = np.log(np.asarray(value, dtype=np.float64))
            options[parameter] = value
        return function(*args, **options)

    return named


def checked_probs(values: Any, *, name: str = "probs") -> FloatArray:
    """Probabilities as a float array (..., n_obs, n_classes) whose rows sum to one.

    Probabilities that were rounded (to decimals, or to half precision) sum to one
    as nearly as that rounding allows; such rows are divided by their sum.

    Raises
    ------
    ValueError
        Naming the row, its value and the likely remedy.

    Examples
    --------
    >>> checked_probs([[0.9, 0.2]])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    ValueError: probs[0] sums to 1.1, expected ... 1 within 0.01; divide rows by their sum
    >>> checked_probs([[0.3333, 0.3333, 0.3333]]).sum()
    np.float64(1.0)
    """
    probs: FloatArray = np.asarray(values, dtype=np.float64)
    if probs.ndim < 2 or probs.shape[-1] < 2 or probs.shape[-2] < 1:
        raise ValueError(
            f"{name} has shape {probs.shape}; expected (n_obs, n_classes) with at least one row "
            "and two classes (for two classes give both columns)"
        )
    total = probs.sum(axis=-1)
    off = ~(abs(total - 1.0) <= TOLERANCE)
    negative = (probs < 0).any(axis=-1)
    if not (off.any() or negative.any()):
        return probs
    tolerance = sum_tolerance(probs)
    bad = ~(abs(total - 1.0) <= tolerance) | negative
    if bad.any():
        where = tuple(int(i) for i in np.argwhere(bad)[0])
        row = probs[where]
        if np.isnan(row).any():
            what = "holds nan"
        elif row.min() < 0:
            what = f"holds {row.min():.3g}"
        else:
            what = f"sums to {_sum_text(float(total[where]))}"
        raise ValueError(
            f"{name}[{', '.join(map(str, where))}] {what}, expected probabilities that sum to 1 "
            f"within {tolerance:g}; {_remedy(row, probs)}"
        )
    return np.where(off[..., None], probs / total[..., None], probs)


def _remedy(row: FloatArray, probs: FloatArray) -> str:
    """What rows may be that are no probabilities, the first such row and all of them."""
    if np.isnan(row).any():
        return "every row needs a prediction"
    if row.min() >= 0:
        if abs(np.nanmedian(probs.sum(axis=-1)) - 100) < 100 * MAX_TOLERANCE:
            return PER_CENT
        if row.max() <= 1:
            return "divide rows by their sum"
    return f"{LOGITS}, or apply softmax first"


def log_of_checked_probs(values: Any, *, name: str = "log_probs") -> FloatArray:
    """Natural logs of probabilities whose rows sum to one, as :func:`checked_probs` has them.

    Raises
    ------
    ValueError
        Naming the row, its value and the likely remedy.
    """
    log_probs: FloatArray = np.asarray(values, dtype=np.float64)
    with np.errstate(over="ignore"):
        probs = np.exp(log_probs)
    summed_to_one = checked_probs(probs, name=name)
    if summed_to_one is probs:
        return log_probs
    return np.asarray(log_probs - np.log(probs.sum(axis=-1, keepdims=True)))


def sum_tolerance(probs: FloatArray) -> float:
    """How far rows of finite probabilities may sum from one, given how they were rounded.

    Half a unit of the last decimal for every class where all values have the same
    few decimals, a unit of the last bit where all are half-precision numbers, else
    :data:`TOLERANCE`.

    Examples
    --------
    >>> sum_tolerance(np.array([[0.3333, 0.6666]]))
    0.0001
    >>> sum_tolerance(np.array([[1 / 3, 2 / 3]]))
    1e-06
    """
    if not np.isfinite(probs).all():
        return TOLERANCE
    for digits in DECIMALS:
        scaled = probs * 10.0**digits
        if (abs(scaled - np.round(scaled)) < 1e-6).all():
            bound = probs.shape[-1] * 0.5 * 10.0**-digits
            return float(max(TOLERANCE, min(MAX_TOLERANCE, bound)))
    mantissa = np.frexp(probs)[0]
    for bits in MANTISSAS:
        scaled = mantissa * 2.0**bits
        if (scaled == np.round(scaled)).all():
            return float(0.5 ** (bits - 1))
    return TOLERANCE


def _sum_text(total: float) -> str:
    """A sum to the digit in which it differs from one."""
    away = abs(total - 1.0)
    if not 0 < away < 0.1:
        return f"{total:.3g}"
    return f"{total:.{1 - math.floor(math.log10(away))}f}"


def checked_labels(labels: Any, n_obs: int, n_classes: int, *, name: str = "y") -> Labels:
    """Class codes (n_obs,) as integers, or soft labels (n_obs, n_classes).

    Parameters
    ----------
    labels : array of shape (n_obs,) or (n_obs, n_classes)
    n_obs, n_classes : int
        Of the forecasts they belong to.
    name : str
        Of the argument, for the message.

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
