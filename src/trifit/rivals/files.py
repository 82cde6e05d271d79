"""A file of forecasts for rows of the data: which columns, probabilities or logits, which rows."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256

import numpy as np

from trifit.data.tables import Table
from trifit.errors import InputError
from trifit.notes import Note, NoteKind
from trifit.predictions.arrays import Arrays, of_arrays
from trifit.predictions.files import open_predictions
from trifit.predictions.logs import log_probs_of
from trifit.predictions.reading import Raw, Reading, find_columns, of_table
from trifit.rivals.given import Content, FileRival, Rival
from trifit.text import listing
from trifit.types import Dataset, FloatArray, IntArray

ROW, LABEL = "row", "y"
"""Columns of row numbers and of labels, as ``predictions.parquet`` has them."""

LOGITS = re.compile(r"z|log[_-]?(it|odd|prob)s?.*", re.I)
PROBS = re.compile(r"p|probs?|proba|probabilit(y|ies)", re.I)
"""What columns or arrays of logits and of probabilities are called."""

MARKS = "_.:- "
"""What stands between that and the class."""

ARRAYS = ("logits", "log_probs", "probs", "probabilities", "proba")
"""Arrays that are looked for; the first is taken."""


@dataclass(frozen=True)
class Columns:
    """Columns of forecasts: what they are called before and after the class, and their classes."""

    before: str
    after: str
    classes: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        """Their full names."""
        return [f"{self.before}{c}{self.after}" for c in self.classes]

    @property
    def called(self) -> str:
        """What they are called besides the class."""
        return (self.before + self.after).strip(MARKS)

    @property
    def kind(self) -> str:
        """The same where it may say what the columns hold; ``NAME:CLASS`` says who made them."""
        return "" if ":" in self.before + self.after else self.called

    @property
    def pattern(self) -> str:
        """The columns as a pattern."""
        return f"{self.before}*{self.after}"


@dataclass(frozen=True, eq=False)
class _Taken:
    """What was taken of a file: its rows, what they are called, the same in words, and notes."""

    raw: Raw
    kind: str
    text: str
    notes: list[Note] = field(default_factory=list)


def read_rivals(rivals: Sequence[Rival], dataset: Dataset) -> tuple[Rival, ...]:
    """Rivals for a data set, those from files with what the files forecast for it.

    Raises
    ------
    InputError
        With soft labels, or if a file does not fit the data.
    """
    if rivals and dataset.soft_labels is not None:
        raise InputError(
            f"--against {rivals[0].name}: the labels are distributions, to which other estimators "
            "cannot be fitted; give one class per row, or leave --against out"
        )
    return tuple(
        replace(rival, content=read_file(rival, dataset))
        if isinstance(rival, FileRival) and rival.content is None
        else rival
        for rival in rivals
    )


def read_file(rival: FileRival, dataset: Dataset) -> Content:
    """What a file forecasts, checked.

    Raises
    ------
    InputError
        In one line: which file, which column or row, what is wrong with it.
    """
    file = rival.path.name
    source = open_predictions(rival.path)
    taken = (
        _of_columns(rival, source, dataset.class_names)
        if isinstance(source, Table)
        else _of_array(rival, source, dataset.class_names)
    )
    logits, notes = _are_logits(taken.raw.values, taken.kind), list(taken.notes)
    if logits and not LOGITS.fullmatch(taken.kind):
        text = f"{taken.text} of {file}"
        notes.append(Note(NoteKind.TAKEN_AS_LOGITS, names=(rival.name,), text=text))
    return Content(
        log_probs=_in_order(taken.raw, dataset.class_names, logits=logits),
        rows=_rows(taken.raw, dataset),
        taken=f"{taken.text} as {'logits' if logits else 'probabilities'}",
        notes=notes,
        digest=sha256(rival.path.read_bytes()).hexdigest()[:12],
    )


def _of_columns(rival: FileRival, table: Table, classes: tuple[str, ...]) -> _Taken:
    """The columns of a table."""
    columns, file = table.columns, rival.path.name
    if any(mark in rival.columns for mark in "*,"):
        names, found = find_columns(columns, rival.columns, file)
        kind = "" if ":" in rival.columns else rival.columns.partition("*")[0].strip(MARKS)
        taken = rival.columns
    else:
        chosen = choose_columns(columns, classes, rival)
        names, found, kind, taken = chosen.names, chosen.classes, chosen.kind, chosen.pattern
        if len(found) == 1:
            taken = names[0]
    reading = Reading(label=LABEL, probs="*", row_id=ROW if ROW in columns else None)
    raw = of_table(file, table, (names, found), reading, need_label=False)
    return _Taken(raw, kind, f"columns {taken}" if taken != "*" else "its columns")


def choose_columns(columns: Sequence[str], classes: tuple[str, ...], rival: FileRival) -> Columns:
    """The columns of a table that forecast the classes.

    Those called ``NAME:CLASS`` after the rival; else those called by the classes, or by
    the classes after ``p_``, ``z_``, ``prob_`` and the like; else the only ones that name
    every class. Where that leaves several, the user has to say which.

    Parameters
    ----------
    columns : sequence of str
        All of the table.
    classes : tuple of str
    rival : FileRival

    Raises
    ------
    InputError
        If none or several fit.
    """
    found = _candidates(columns, classes)
    if rival.columns:
        found = [c for c in found if rival.columns in (c.called, c.before, c.pattern)]
    own = [c for c in found if c.called == rival.name]
    usual = [c for c in found if not c.called or _is_usual(c.kind)]
    chosen = own or usual or found
    if len(chosen) == 1:
        return chosen[0]
    file = rival.path.name
    if not chosen:
        raise InputError(
            f"predictions {file!r}: no columns {f'{rival.columns!r} ' if rival.columns else ''}"
            f"for the classes {listing(classes)}, such as p_{classes[0]} or {classes[0]}; it has "
            f"{listing(columns)}"
        )
    named = [c.called or c.classes[0] for c in chosen]
    raise InputError(
        f"predictions {file!r} has several predictions: {listing(named)}; say which: --against "
        f"{rival.name}={file}:{named[0]}"
    )


def _candidates(columns: Sequence[str], classes: tuple[str, ...]) -> list[Columns]:
    """All ways in which columns name every class; of two classes one may do, if it says so."""
    there = set(columns)

    def around(name: str) -> list[tuple[str, str]]:
        found = [(c, i) for c in columns if name in c for i in (c.find(name), c.rfind(name))]
        return list(dict.fromkeys((c[:i], c[i + len(name) :]) for c, i in found))

    full = [
        Columns(before, after, classes)
        for before, after in around(classes[0])
        if all(f"{before}{c}{after}" in there for c in classes)
    ]
    if full or len(classes) != 2:
        return full
    return [
        Columns(before, after, (name,))
        for name in reversed(classes)
        for before, after in around(name)
        if _is_usual((before + after).strip(MARKS))
    ]


def _is_usual(called: str) -> bool:
    return bool(PROBS.fullmatch(called) or LOGITS.fullmatch(called))


def _of_array(rival: FileRival, source: Arrays, classes: tuple[str, ...]) -> _Taken:
    """An array of an ``.npz`` file."""
    file, arrays = rival.path.name, source.arrays
    others = [name for name in arrays if name not in ("classes", ROW, LABEL)]
    chosen = rival.columns or next((name for name in ARRAYS if name in arrays), "")
    if not chosen and len(others) == 1:
        chosen = others[0]
    if not chosen:
        raise InputError(
            f"predictions {file!r}: expected an array 'probs' or 'logits'; it has "
            f"{listing([*arrays])} (another: --against {rival.name}={file}:ARRAY)"
        )
    reading = Reading(label=LABEL, probs=chosen, row_id=ROW if ROW in arrays else None)
    raw = of_arrays(source, reading, need_label=False)
    taken = _Taken(raw, chosen, f"array {chosen}")
    if "classes" in arrays:
        return taken
    return _named(taken, classes, f"{rival.name}: array {chosen} of {file}")


def _named(taken: _Taken, classes: tuple[str, ...], what: str) -> _Taken:
    """Columns without names, taken in the order of the data's classes."""
    raw, n = taken.raw, taken.raw.values.shape[1]
    if n == 1 and len(classes) == 2:
        note = Note(NoteKind.ONE_COLUMN, names=classes[1:], text=what)
        return replace(taken, raw=replace(raw, classes=classes[1:]), notes=[note])
    if n != len(classes):
        raise InputError(
            f"predictions {raw.file!r}: {n} columns for {len(classes)} classes ({listing(classes)})"
        )
    note = Note(NoteKind.UNNAMED_CLASSES, names=classes, text=what)
    return replace(taken, raw=replace(raw, classes=classes), notes=[note])


def _are_logits(values: FloatArray, called: str) -> bool:
    """Whether values are logits: by what they are called, else by their rows.

    Not one row decides, but most: a single wrong probability is an error that is to be seen.
    """
    if LOGITS.fullmatch(called):
        return True
    if PROBS.fullmatch(called):
        return False
    if values.shape[1] == 1:
        off = (values[:, 0] < 0) | (values[:, 0] > 1)
    else:
        off = (values < 0).any(axis=1) | (abs(values.sum(axis=1) - 1) > 0.05)
    return bool(off.mean() > 0.5)


def _in_order(raw: Raw, classes: tuple[str, ...], *, logits: bool) -> FloatArray:
    """Log probabilities in the order of the data's classes."""
    reading = Reading(label=LABEL, probs=None if logits else "*", logits="*" if logits else None)
    if len(raw.classes) > 1:
        return log_probs_of(raw, classes, reading, whose="the data")
    if not logits and ((raw.values < 0) | (raw.values > 1)).any():
        row = int(np.flatnonzero((raw.values < 0) | (raw.values > 1))[0])
        raise InputError(
            f"predictions {raw.file!r}: row {row + 1} holds {raw.values[row, 0]:.3g}, expected a "
            "probability"
        )
    found = log_probs_of(raw, classes, reading)
    return found if raw.classes[0] == classes[1] else found[:, ::-1]


def _rows(raw: Raw, dataset: Dataset) -> IntArray:
    """Which rows of the data a file's rows are for."""
    n = len(raw.values)
    if raw.ids is not None:
        rows = _numbers(raw, raw.ids, dataset.n_obs)
    elif n == dataset.n_obs:
        rows = np.arange(n)
    elif n == dataset.n_test:
        rows = np.arange(dataset.n_obs - n, dataset.n_obs)
    else:
        test = f", {dataset.n_test:,} (its test rows)" if dataset.n_test else ""
        raise InputError(
            f"predictions {raw.file!r} have {n:,} rows; expected {dataset.n_obs:,} (the data's)"
            f"{test}, in their order, or a column {ROW!r} that says which"
        )
    if raw.labels is not None and set(raw.labels) <= set(dataset.class_names):
        for i, (row, text) in enumerate(zip(rows, raw.labels, strict=True)):
            known = dataset.class_names[dataset.y[row]]
            if text != known:
                raise InputError(
                    f"predictions {raw.file!r}: its column {LABEL!r} says {text!r} in data row "
                    f"{i + 1}, row {row} of the data is {known!r}; are rows in another order?"
                )
    return rows


def _numbers(raw: Raw, texts: Sequence[str], n_obs: int) -> IntArray:
    rows = np.empty(len(texts), dtype=np.int64)
    for i, text in enumerate(texts):
        whole = re.fullmatch(r"(\d+)(\.0*)?", text)
        if whole is None or int(whole[1]) >= n_obs:
            raise InputError(
                f"predictions {raw.file!r}: {ROW!r} is {text!r} in data row {i + 1}; expected the "
                f"number of a row of the data, 0 to {n_obs - 1:,} (test rows follow the training "
                "rows)"
            )
        rows[i] = int(whole[1])
    unique, count = np.unique(rows, return_counts=True)
    if (count > 1).any():
        raise InputError(f"predictions {raw.file!r}: row {unique[count > 1][0]} appears twice")
    return rows
