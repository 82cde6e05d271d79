"""Probabilities or logits as they were read, as checked log probabilities."""

import re
from collections.abc import Sequence

import numpy as np

from trifit.errors import InputError
from trifit.forecasts import LOG_ZERO, log_of
from trifit.inputs import LOGITS, PER_CENT, checked_probs
from trifit.predictions.reading import Raw, Reading
from trifit.text import listing
from trifit.types import FloatArray


def log_probs_of(
    raw: Raw,
    classes: Sequence[str],
    reading: Reading,
    *,
    floor: float | None = None,
    whose: str = "the first file",
) -> FloatArray:
    """Log probabilities (n_obs, n_classes) of one file, checked, in the order of ``classes``.

    A single column is the second class's.

    Parameters
    ----------
    raw : Raw
    classes : sequence of str
    reading : Reading
    floor : float, optional
        Least probability, in place of smaller ones.
    whose : str
        Whose classes they are, for the message.

    Raises
    ------
    InputError
        On other classes, or values that are no forecasts, naming the row.
    """
    values = raw.values
    if values.shape[1] == 1:
        if not reading.logits:
            _check_single(raw, values[:, 0])
        first = np.zeros_like(values) if reading.logits else 1 - values
        values = np.hstack([first, values])
    elif set(raw.classes) != set(classes) or len(raw.classes) != len(classes):
        raise InputError(
            f"predictions {raw.file!r} are for the classes {listing(raw.classes)}, but those of "
            f"{whose} are for {listing(classes)}"
        )
    else:
        values = values[:, [raw.classes.index(c) for c in classes]]
    if not reading.logits:
        values = _checked(raw, values)
    elif not np.isfinite(values).all():
        row = int(np.flatnonzero(~np.isfinite(values).all(axis=1))[0])
        raise InputError(
            f"predictions {raw.file!r}: a logit of row {row_name(raw, row)} is not finite"
        )
    return logs(values, logits=reading.logits is not None, floor=floor)


def logs(values: FloatArray, *, logits: bool, floor: float | None) -> FloatArray:
    """Log probabilities of checked forecasts, (n_obs, n_classes).

    Parameters
    ----------
    values : array of shape (n_obs, n_classes)
        Probabilities or logits.
    logits : bool
    floor : float, optional
        Least probability: smaller ones are raised to it, and rows divided by their sum.

    Examples
    --------
    >>> np.exp(logs(np.array([[1.0, 0.0]]), logits=False, floor=0.01)).round(4)
    array([[0.9901, 0.0099]])
    """
    if logits:
        from scipy.special import log_softmax

        with np.errstate(over="ignore"):  # logits of 1e308 and -1e308
            log_probs = np.maximum(log_softmax(values, axis=1), LOG_ZERO)
    else:
        log_probs = log_of(values)
    if floor is None:
        return np.asarray(log_probs)
    above = np.maximum(np.exp(log_probs) if logits else values, floor)
    return np.asarray(np.log(above / above.sum(axis=1, keepdims=True)))


def check_floor(floor: float | None) -> None:
    """Refuse a smallest probability that is none.

    Raises
    ------
    InputError
    """
    if floor is not None and not 0 < floor < 0.5:
        raise InputError(f"--floor {floor}: expected a small probability, such as 1e-6")


def _checked(raw: Raw, values: FloatArray) -> FloatArray:
    try:
        return checked_probs(values, name="")
    except ValueError as error:
        text = re.sub(r"^\[(\d+)\]", lambda m: f"row {row_name(raw, int(m[1]))}", str(error))
        raise InputError(f"predictions {raw.file!r}: {text}") from error


def _check_single(raw: Raw, values: FloatArray) -> None:
    """Refuse a column for one class of two that holds no probabilities."""
    off = np.flatnonzero(~((values >= 0) & (values <= 1)))
    if off.size:
        remedy = PER_CENT if values.min() >= 0 and values.max() <= 100 else LOGITS
        raise InputError(
            f"predictions {raw.file!r}: row {row_name(raw, int(off[0]))} holds "
            f"{values[off[0]]:.3g}, expected a probability; {remedy}"
        )


def sum_to_one(values: FloatArray) -> bool:
    """Whether values (n_obs, n_columns) could be the probabilities of two classes or more.

    Examples
    --------
    >>> sum_to_one(np.array([[0.9, 0.1], [0.5, 0.5]])), sum_to_one(np.array([[0.9, -0.1]]))
    (True, False)
    """
    positive = values.shape[1] > 1 and values.min() >= 0
    return bool(positive and abs(values.sum(axis=1) - 1).max() < 0.01)


def row_name(raw: Raw, row: int) -> str:
    """A row as the user knows it."""
    return repr(raw.ids[row]) if raw.ids is not None else f"{row + 1}"
