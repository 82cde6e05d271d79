"""Three notions of calibration: which events of one prediction are looked at.

====================== =========================================================
notion                 is calibrated when
====================== =========================================================
``"top-label"``        of the rows with confidence 0.8, 80 % are right
``"class-wise"``       of the rows that give class k 0.8, 80 % are of class k,
                       for every class: the *other* outputs are probabilities too
``"canonical"``        of the rows that give the vector p, classes come true
                       with frequencies p
====================== =========================================================

Canonical calibration implies the other two; neither of them implies it.
"""

from typing import Any, Literal

import numpy as np

from trifit.inputs import checked_labels, checked_probs, label_probs, measure
from trifit.types import FloatArray, IntArray

Notion = Literal["top-label", "class-wise", "canonical"]


def checked_prediction(probs: Any, y: Any) -> tuple[FloatArray, FloatArray]:
    """Probabilities within [0, 1] and labels as distributions, (n_obs, n_classes) each.

    Raises
    ------
    ValueError
        Naming the row, its value and the likely remedy.
    """
    p = _matrix(probs)
    return p, label_probs(checked_labels(y, *p.shape), p.shape[1])


def checked_codes(probs: Any, y: Any, *, what: str) -> tuple[FloatArray, IntArray]:
    """Probabilities within [0, 1] and class codes; soft labels raise.

    Parameters
    ----------
    probs : array of shape (n_obs, n_classes)
    y : array of shape (n_obs,)
        Class codes.
    what : str
        The measure, for the message.

    Raises
    ------
    ValueError
        Naming the row, its value and the likely remedy; or saying that ``what``
        is not defined for soft labels.
    """
    p = _matrix(probs)
    codes = checked_labels(y, *p.shape)
    if codes.ndim == 2:
        raise ValueError(
            f"y holds soft labels, for which {what} is not defined (it needs the noise of "
            "observed labels); expected class codes"
        )
    return p, codes.astype(np.int64)


def _matrix(probs: Any) -> FloatArray:
    """Probabilities within [0, 1], (n_obs, n_classes)."""
    p = checked_probs(probs)
    if p.ndim != 2:
        raise ValueError(f"probs has shape {p.shape}; expected (n_obs, n_classes)")
    return np.minimum(p, 1.0)


@measure
def top_label(probs: Any, y: Any) -> tuple[FloatArray, FloatArray]:
    """Confidence of each row's most probable class, and whether it was right.

    Among tied classes the first counts. With soft labels, the probability
    that it was right. Shapes (n_obs,) each.

    Examples
    --------
    >>> top_label(np.array([[0.9, 0.1], [0.4, 0.6]]), np.array([0, 0]))
    (array([0.9, 0.6]), array([1., 0.]))
    """
    p, truth = checked_prediction(probs, y)
    winner = p.argmax(axis=1)[:, None]
    return (
        np.take_along_axis(p, winner, axis=1)[:, 0],
        np.take_along_axis(truth, winner, axis=1)[:, 0],
    )


def events(probs: Any, y: Any, notion: Notion) -> tuple[FloatArray, FloatArray]:
    """Forecasts and outcomes of a notion's events, (n_obs, n_events) each.

    One event for ``"top-label"``, ``n_classes`` for ``"class-wise"``.

    Parameters
    ----------
    probs : array of shape (n_obs, n_classes)
    y : array of shape (n_obs,) or (n_obs, n_classes)
        Class codes, or soft labels.
    notion : {"top-label", "class-wise"}

    Raises
    ------
    ValueError
        On bad probabilities or labels, or a notion that is no set of events.

    Examples
    --------
    >>> forecast, outcome = events([[0.9, 0.1], [0.4, 0.6]], [0, 0], "class-wise")
    >>> outcome
    array([[1., 0.], [1., 0.]])
    """
    if notion == "class-wise":
        return checked_prediction(probs, y)
    if notion == "top-label":
        forecast, outcome = top_label(probs, y)
        return forecast[:, None], outcome[:, None]
    raise ValueError(f"notion={notion!r}: expected 'top-label' or 'class-wise'")
