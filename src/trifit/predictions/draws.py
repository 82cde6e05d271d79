"""Members of an ensemble or draws of a posterior: read, averaged and judged."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trifit.clusters import group_codes, of_rows
from trifit.data.by import given_by
from trifit.data.readers import kind_of, read_arrays
from trifit.data.roles import checked_weights, weights_note
from trifit.ensemble import averages
from trifit.errors import InputError
from trifit.files import stem
from trifit.forecasts import Forecasts, notes_of_zeros
from trifit.inputs import checked_labels, checked_probs
from trifit.notes import Note, NoteKind
from trifit.predictions.arrays import Arrays
from trifit.predictions.evaluate import evaluate_predictions, names_of_classes
from trifit.predictions.join import (
    Predictions,
    codes_of,
    copies,
    read_predictions,
)
from trifit.predictions.logs import check_floor, logs
from trifit.predictions.reading import Reading
from trifit.prevalence import Change
from trifit.questions import Questions
from trifit.results import Comparison
from trifit.subgroups import By
from trifit.types import FloatArray, IntArray

MEAN_PROBS, MEAN_LOGITS = "mean probs", "mean logits"
"""The two averages of members, as contestants."""

MAX_MEMBERS = 20
"""Members up to which each is a contestant of its own."""


@dataclass(frozen=True, eq=False)
class Draws:
    """Forecasts of several members for the same rows, as they were given.

    Iterating gives the log probabilities of one member after the other, in double precision.

    Attributes
    ----------
    values : array of shape (n_members, n_obs, n_classes)
        Probabilities or logits, of any precision.
    labels : array of shape (n_obs,)
        Class codes.
    class_names : tuple of str
    logits : bool
    name : str
        What messages call the values.
    floor : float, optional
        Smallest probability.
    row_ids : list of str, optional
    groups : array of shape (n_obs,), optional
        Codes of rows that belong together.
    counts : array of shape (n_obs,), optional
        How many identical rows each row stands for.
    notes : list of Note
    by : mapping of By to array of shape (n_obs,)
        Columns that divide the rows into subgroups.

    Raises
    ------
    InputError
        On shapes that do not fit each other.
    """

    values: Any
    labels: IntArray
    class_names: tuple[str, ...]
    logits: bool = False
    name: str = "draws"
    floor: float | None = None
    row_ids: list[str] | None = None
    groups: IntArray | None = None
    counts: IntArray | None = None
    notes: list[Note] = field(default_factory=list)
    by: Mapping[By, NDArray[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shape, expected = np.shape(self.values), (len(self.labels), len(self.class_names))
        if len(shape) != 3 or shape[1:] != expected or shape[0] < 2:
            raise InputError(
                f"{self.name} has shape {shape}; expected (member, row, class) with 2 members or "
                f"more, {expected[0]:,} rows (as many as labels) and {expected[1]} classes"
            )

        for name, given in (("groups", self.groups), ("weights", self.counts)):
            if given is not None and given.shape != expected[:1]:
                raise InputError(f"{name} have shape {given.shape}; expected {expected[:1]}")

    def __len__(self) -> int:
        return len(self.values)

    @property
    def rows(self) -> IntArray | slice:
        """Which rows are judged: all, or each as often as it is counted."""
        if self.counts is None:
            return slice(None)
        return copies(self.counts, len(self.labels), max(len(self), len(self.class_names)))

    def __iter__(self) -> Iterator[FloatArray]:
        for m, member in enumerate(self.values):
            yield self._log_probs(np.asarray(member, dtype=np.float64), f"{self.name}[{m}]")

    def _log_probs(self, values: FloatArray, name: str) -> FloatArray:
        if not self.logits:
            try:
                values = checked_probs(values, name=name)
            except ValueError as error:
                raise InputError(str(error)) from error
        elif len(bad := np.argwhere(~np.isfinite(values))):
            raise InputError(f"{name}[{bad[0][0]}]: a logit is not finite")
        return logs(values, logits=self.logits, floor=self.floor)


def read_draws(
    path: Path,
    *,
    label: str,
    probs: str | None = None,
    logits: str | None = None,
    row_id: str | None = None,
    groups: str | None = None,
    weights: str | None = None,
    by: tuple[str, ...] = (),
    positive: str | None = None,
    member_col: str | None = None,
    floor: float | None = None,
) -> Draws:
    """Members from an ``.npz`` file, or from a table with a column that names the member.

    Parameters
    ----------
    path : Path
    label : str
        Array of the labels (or column).
    probs, logits : str, optional
        Array of shape (member, row, class), by default ``probs``, else ``logits``; of a table the
        columns, as :class:`Reading` has them.
    row_id : str, optional
        Array (or column) that names the rows.
    groups, weights : str, optional
        Arrays (or columns) whose equal values mark rows that belong together, and that count
        identical rows.
    by : tuple of str
        Arrays (or columns) that divide the rows into subgroups.
    positive, member_col : str, optional
        Of a table: the class that a single column of two is of, and the column that names the
        member.
    floor : float, optional
        Smallest probability: smaller ones are raised to it, and rows divided by their sum.

    Raises
    ------
    InputError
        In one line: which file, what is wrong with it.
    """
    check_floor(floor)
    if kind_of(path) != ".npz":
        if member_col is None:
            raise InputError(
                f"draws {str(path)!r}: expected an .npz file, or a table and the column that names "
                "the member: --member-col COLUMN"
            )
        reading = Reading(
            label=label,
            probs=probs,
            logits=logits,
            positive=positive,
            row_id=row_id,
            model_col=member_col,
            groups=groups,
            weights=weights,
            by=by,
        )
        return _of_table(read_predictions({stem(path): path}, reading, floor=floor), path)
    for option, value in (("--positive", positive), ("--member-col", member_col)):
        if value is not None:
            raise InputError(f"{option} {value}: the draws {path.name!r} are arrays; leave it out")
    arrays = Arrays(path.name, read_arrays(path, what="predictions"))
    name = probs or logits or next((n for n in ("probs", "logits") if n in arrays.arrays), "probs")
    values = arrays.get(name)
    n_classes = values.shape[-1] if values.ndim else 0
    classes = arrays.classes(n_classes)
    codes, notes = codes_of(arrays.texts(label) or [], classes, path.name)
    if floor is not None:
        notes.append(Note(NoteKind.FLOOR, value=floor))
    together, counts = arrays.texts(groups), arrays.weights(weights, needed=True)
    if counts is not None:
        notes.append(weights_note(str(weights), counts))
    return Draws(
        values=values,
        labels=codes,
        class_names=classes,
        logits=logits is not None or (probs is None and name == "logits"),
        name=f"draws {path.name!r}: {name}",
        floor=floor,
        row_ids=arrays.texts(row_id),
        groups=None if together is None else group_codes(together),
        counts=counts,
        notes=notes,
        by=arrays.by(by),
    )


def _of_table(found: Predictions, path: Path) -> Draws:
    forecasts = found.forecasts
    return Draws(
        values=list(forecasts.log_probs.values()),
        labels=np.asarray(forecasts.labels, dtype=np.int64),
        class_names=tuple(forecasts.class_names),
        logits=True,
        name=f"draws {path.name!r}",
        row_ids=found.row_ids,
        groups=forecasts.groups,
        by=found.by,
        notes=[note for note in found.notes if note.kind is not NoteKind.RULED_OUT],
    )


def predictions_of(draws: Draws, source: str = "draws") -> Predictions:
    """The two averages, and with few members each of them, as contestants."""
    kept: dict[str, FloatArray] = {}
    rows = draws.rows

    def members() -> Iterator[FloatArray]:
        for m, log_probs in enumerate(draws):
            if len(draws) <= MAX_MEMBERS:
                kept[f"member {m + 1}"] = log_probs[rows]
            yield log_probs[rows]

    labels = draws.labels[rows]
    found = averages(members(), labels)
    log_probs = {MEAN_PROBS: found.probs, MEAN_LOGITS: found.logits} | kept
    return Predictions(
        forecasts=Forecasts(log_probs, labels, draws.class_names, of_rows(draws.groups, rows)),
        sources={
            MEAN_PROBS: f"{source}, mean of the probabilities of {len(draws):,} members",
            MEAN_LOGITS: f"{source}, mean of the logits of {len(draws):,} members",
        }
        | dict.fromkeys(kept, source),
        notes=[*draws.notes, *notes_of_zeros(log_probs, labels)],
        row_ids=None if draws.row_ids is None else [*np.array(draws.row_ids)[rows]],
        by={by: values[rows] for by, values in draws.by.items()},
        corrected=partial(_corrected, draws, log_probs),
        averages=found,
    )


def _corrected(
    draws: Draws, log_probs: Mapping[str, FloatArray], change: Change
) -> dict[str, FloatArray]:
    """Every contestant after a change: of the mean of probabilities member by member."""
    rows = draws.rows
    mean = averages((change(member[rows]) for member in draws), draws.labels[rows]).probs
    return {name: mean if name == MEAN_PROBS else change(p) for name, p in log_probs.items()}


def evaluate_draws(
    draws: Any,
    y: Any,
    *,
    logits: bool = False,
    class_names: Sequence[str] | None = None,
    groups: Any = None,
    weights: Any = None,
    by: Mapping[str, Any] | None = None,
    name: str = "ensemble",
    seed: int = 1,
    **asked: Any,
) -> Comparison:
    """Judge the members of an ensemble, or draws of a posterior, and their averages.

    Parameters
    ----------
    draws : array of shape (n_members, n_obs, n_classes)
        Probabilities of every member for the same rows, of any precision.
    y : array of shape (n_obs,)
        Class codes.
    logits : bool
        Whether ``draws`` are logits.
    class_names : sequence of str, optional
        Default: "0", "1", ...
    groups : array of shape (n_obs,), optional
        Rows with equal values belong together: standard errors and intervals count groups.
    weights : array of shape (n_obs,), optional
        How many identical rows each row stands for; whole numbers.
    by : mapping of str to array of shape (n_obs,), optional
        Judges subgroups too, as :func:`trifit.evaluate` does.
    name : str
        Of the data, on the page.
    seed : int
    **asked
        ``costs``, ``thresholds``, ``prevalence``, ``training_shares`` and ``sets``, as
        :func:`trifit.evaluate` takes them.

    Returns
    -------
    Comparison
        Contestants ``mean probs``, ``mean logits`` and, of at most 20 members, each; what
        averaging gains and what more members would bring is its ``ensemble``.

    Raises
    ------
    InputError
        On draws or labels that are none.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> true = rng.dirichlet([2, 2], size=300)
    >>> y = (rng.random(300) < true[:, 1]).astype(int)
    >>> draws = np.log(true) + rng.normal(size=(5, 300, 2))
    >>> found = evaluate_draws(draws, y, logits=True).ensemble
    >>> found.averaging.value > 0, found.unlimited.value > 0
    (True, True)
    """
    shape = np.shape(draws)
    if len(shape) != 3:
        raise InputError(f"draws has shape {shape}; expected (member, row, class)")
    try:
        labels = checked_labels(np.asarray(y), *shape[1:])
    except ValueError as error:
        raise InputError(str(error)) from error
    if labels.ndim != 1:
        raise InputError("y holds soft labels; members need class codes")
    names = names_of_classes(class_names, shape[-1])
    given = Draws(
        draws,
        labels.astype(np.int64),
        names,
        logits=logits,
        groups=None if groups is None else group_codes(groups),
        counts=None if weights is None else checked_weights(weights, "weights"),
        by=given_by(by or {}, shape[1]),
    )
    found = predictions_of(given)
    return evaluate_predictions(
        found, name=name, seed=seed, questions=Questions(by=found.by, **asked)
    )
