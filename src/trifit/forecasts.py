"""The seam: what is judged, and nothing of where it comes from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from trifit.clusters import n_groups, of_rows
from trifit.contestants import FREQUENCIES, UNIFORM
from trifit.inputs import Labels
from trifit.notes import Note, NoteKind
from trifit.types import BoolArray, FloatArray, IntArray

LOG_ZERO = -1e6
"""What a probability of exactly zero counts as, in nats: a finite, glaring number."""

RULED_OUT = 1e-4
"""Probability of labels so improbable below which they refute the forecasts by themselves."""


@dataclass(frozen=True, eq=False)
class Forecasts:
    """Class probabilities of several contestants for the same rows.

    Attributes
    ----------
    log_probs : mapping of str to array of shape (n_obs, n_classes)
        Natural logs of the probabilities, by contestant.
    labels : array of shape (n_obs,) or (n_obs, n_classes)
        Class codes, or soft labels.
    class_names : sequence of str
    groups : array of shape (n_obs,), optional
        Codes of groups of rows that belong together; none: every row is independent.

    Raises
    ------
    ValueError
        If shapes do not fit each other.
    """

    log_probs: Mapping[str, FloatArray]
    labels: Labels
    class_names: Sequence[str]
    groups: IntArray | None = None

    def __post_init__(self) -> None:
        expected = (len(self.labels), len(self.class_names))
        for name, log_probs in self.log_probs.items():
            if log_probs.shape != expected:
                raise ValueError(
                    f"forecasts of {name!r} have shape {log_probs.shape}; expected (n_obs, "
                    f"n_classes) = {expected}"
                )
        if self.groups is not None and self.groups.shape != expected[:1]:
            raise ValueError(f"groups have shape {self.groups.shape}; expected {expected[:1]}")

    @cached_property
    def n_groups(self) -> int | None:
        """How many groups there are; None where every row is independent."""
        return None if self.groups is None else n_groups(self.groups)

    def with_more(self, log_probs: Mapping[str, FloatArray]) -> "Forecasts":
        """The same rows with further contestants."""
        return replace(self, log_probs={**self.log_probs, **log_probs})

    def take(self, rows: IntArray) -> "Forecasts":
        """Some of the rows, or some of them several times."""
        return Forecasts(
            {name: log_probs[rows] for name, log_probs in self.log_probs.items()},
            self.labels[rows],
            self.class_names,
            of_rows(self.groups, rows),
        )

    def probs(self, name: str) -> FloatArray:
        """Probabilities of one contestant, (n_obs, n_classes)."""
        probs = np.exp(self.log_probs[name])
        return np.minimum(probs, 1.0, out=probs)  # rounding errors


def log_of(probs: FloatArray) -> FloatArray:
    """Natural logs of probabilities; of 0 :data:`LOG_ZERO`."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.maximum(np.log(probs), LOG_ZERO))


def log_softmax(logits: FloatArray) -> FloatArray:
    """Normalised log probabilities of logits, (n_obs, n_classes); -inf is probability 0.

    SciPy's arithmetic without its checks, which take longer than a few rows do.

    Examples
    --------
    >>> np.exp(log_softmax(np.array([[0.0, np.log(3.0)]]))).round(2)
    array([[0.25, 0.75]])
    """
    below = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(below - np.log(np.exp(below).sum(axis=1, keepdims=True)))


def n_ruled_out(log_probs: FloatArray, y: Labels) -> int:
    """How many rows have a label, or a part of a soft one, that was given probability 0."""
    return int(ruled_out(log_probs, y).sum())


def ruled_out(log_probs: FloatArray, y: Labels) -> BoolArray:
    """Which rows have a label, or a part of a soft one, that was given probability 0, (n_obs,).

    Examples
    --------
    >>> log_probs = log_of(np.array([[1.0, 0.0], [0.5, 0.5]]))
    >>> ruled_out(log_probs, np.array([1, 1])), ruled_out(log_probs, np.array([[0.9, 0.1], [1, 0]]))
    (array([ True, False]), array([ True, False]))
    """
    if y.ndim == 2:
        return np.asarray(((log_probs <= LOG_ZERO) & (y > 0)).any(axis=1))
    return np.asarray(log_probs[np.arange(len(y)), y.astype(np.int64)] <= LOG_ZERO)


def notes_of_zeros(forecasts: Mapping[str, FloatArray], y: Labels) -> list[Note]:
    """Which contestants give probability 0 to labels, and to how many.

    Examples
    --------
    >>> notes_of_zeros({"a": log_of(np.array([[1.0, 0.0]]))}, np.array([1]))[0].names
    ('a',)
    """
    counts = {name: n_ruled_out(log_probs, y) for name, log_probs in forecasts.items()}
    return [
        Note(NoteKind.RULED_OUT, names=(name,), n=n, n_rows=len(y))
        for name, n in counts.items()
        if n
    ]


def baselines(parts: Sequence[tuple[FloatArray, int]]) -> dict[str, FloatArray]:
    """Log probabilities of knowing nothing, and of knowing the class frequencies.

    Parameters
    ----------
    parts : sequence of (array of shape (n_classes,), int)
        Class frequencies, and the number of rows that they forecast.
    """
    n_obs, n_classes = sum(n for _, n in parts), len(parts[0][0])
    logs = [np.broadcast_to(log_of(share), (n, n_classes)) for share, n in parts]
    return {
        UNIFORM: np.broadcast_to(-np.log(n_classes), (n_obs, n_classes)),
        FREQUENCIES: logs[0] if len(logs) == 1 else np.concatenate(logs),
    }
