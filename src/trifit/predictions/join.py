"""Files of predictions joined to forecasts of the same rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trifit.clusters import group_codes
from trifit.data.cells import UNSEEN, level_codes
from trifit.data.roles import weights_note
from trifit.data.soft import MAX_WRITTEN
from trifit.ensemble import Averages
from trifit.errors import InputError
from trifit.forecasts import Forecasts, notes_of_zeros
from trifit.notes import Note, NoteKind
from trifit.predictions.files import read_raw
from trifit.predictions.logs import check_floor, log_probs_of, row_name, sum_to_one
from trifit.predictions.reading import Raw, Reading
from trifit.prevalence import Change
from trifit.subgroups import By
from trifit.text import first_repeated, listing
from trifit.types import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Predictions:
    """Forecasts of files, and what to say of them.

    Attributes
    ----------
    forecasts : Forecasts
    sources : mapping of str to str
        Which file each contestant comes from.
    notes : list of Note
    row_ids : list of str or None
        What the rows of the forecasts are called, where a column says so.
    by : mapping of By to array of shape (n_obs,)
        Columns that divide the rows into subgroups.
    corrected : callable, optional
        Contestants after a change of log probabilities, if they are averages of members.
    averages : Averages, optional
        Of those members.
    """

    forecasts: Forecasts
    sources: Mapping[str, str]
    notes: list[Note]
    row_ids: list[str] | None = None
    by: Mapping[By, NDArray[Any]] = field(default_factory=dict)
    corrected: Callable[[Change], Mapping[str, FloatArray]] | None = None
    averages: Averages | None = None


def read_predictions(
    files: Mapping[str, Path], reading: Reading, *, floor: float | None = None
) -> Predictions:
    """Read files of predictions, one contestant each (or several by ``model_col``).

    The order of classes is that of the first file's columns. Rows are joined by
    ``row_id``, else by their order; labels that several files hold must agree.

    Parameters
    ----------
    files : mapping of contestant to path
    reading : Reading
    floor : float, optional
        Smallest probability: smaller ones are raised to it, and rows divided by their sum.

    Raises
    ------
    InputError
        In one line: which file, which row, what is wrong with it.
    """
    check_floor(floor)
    if reading.label is None:
        raise InputError("say which column holds the observed class: --label COLUMN")
    raws = _by_model(files, reading)
    first = next(iter(raws.values()))
    assert first.labels is not None  # asked for
    classes = _classes(first, reading)
    y, notes = codes_of(first.labels, classes, first.file)
    log_probs = {}
    for name, raw in raws.items():
        same = _in_order(raw, first)
        if same.labels is not None and same.labels != first.labels:
            row = next(i for i, t in enumerate(same.labels) if t != first.labels[i])
            raise InputError(
                f"predictions {raw.file!r}: the label of row {row_name(same, row)} is "
                f"{same.labels[row]!r}, but {first.labels[row]!r} in {first.file!r}"
            )
        if reading.logits is not None and sum_to_one(same.values):
            notes.append(Note(NoteKind.LOGITS_LIKE_PROBABILITIES, names=(name,)))
        log_probs[name] = log_probs_of(same, classes, reading, floor=floor)
    if floor is not None:
        notes.append(Note(NoteKind.FLOOR, value=floor))
    notes += notes_of_zeros(log_probs, y)
    groups = None if first.groups is None else group_codes(first.groups)
    forecasts, ids, by = Forecasts(log_probs, y, classes, groups), first.ids, first.by
    if first.weights is not None:
        notes.append(weights_note(str(reading.weights), first.weights))
        rows = copies(first.weights, len(y), len(classes))
        forecasts = forecasts.take(rows)
        ids = None if ids is None else [ids[i] for i in rows]
        by = {each: values[rows] for each, values in by.items()}
    return Predictions(
        forecasts=forecasts,
        sources={name: raw.file for name, raw in raws.items()},
        notes=notes,
        row_ids=ids,
        by=by,
    )


def copies(counts: IntArray, n_obs: int, width: int) -> IntArray:
    """Numbers of the rows, each as often as it is counted, (n_copies,).

    Parameters
    ----------
    counts : array of shape (n_obs,)
    n_obs : int
    width : int
        Numbers that are held for a copy.

    Raises
    ------
    InputError
        If there is not one count for each row, or the copies would be too many.
    """
    if counts.shape != (n_obs,):
        raise InputError(f"weights have shape {counts.shape}; expected {(n_obs,)}")
    if counts.sum() * width > MAX_WRITTEN:
        raise InputError(
            f"weights count {int(counts.sum()):,} observations of {width} numbers each; at most "
            f"{MAX_WRITTEN // width:,} can be evaluated at a time; give a sample"
        )
    return np.repeat(np.arange(n_obs), counts)


def read_unlabelled(
    path: Path, reading: Reading, class_names: Sequence[str], *, floor: float | None = None
) -> tuple[FloatArray, Raw]:
    """Log probabilities (n_obs, n_classes) of a file for given classes, and what it held.

    Columns are matched to the classes by name.

    Parameters
    ----------
    path : Path
    reading : Reading
    class_names : sequence of str
        Classes in the order of the result.
    floor : float, optional
        Least probability, in place of smaller ones.

    Raises
    ------
    InputError
        In one line: which file, which row, what is wrong with it.
    """
    raw = read_raw(path, reading, need_label=False)
    classes = tuple(class_names)
    if raw.values.shape[1] == 1:
        if len(classes) != 2 or reading.positive not in classes:
            raise InputError(
                f"predictions {raw.file!r}: one column of predictions is for one class of two; "
                f"say which of {listing(classes)}: --positive {classes[-1]!r}"
            )
        given = tuple(sorted(classes, key=lambda name: name == reading.positive))
    elif sorted(raw.classes) != sorted(classes):
        raise InputError(
            f"predictions {raw.file!r} are for the classes {listing(raw.classes)}, the map is for "
            f"{listing(classes)}"
        )
    else:
        given = classes
    log_probs = log_probs_of(raw, given, reading, floor=floor)
    return log_probs[:, [given.index(name) for name in classes]], raw


def _by_model(files: Mapping[str, Path], reading: Reading) -> dict[str, Raw]:
    """Each contestant's rows."""
    raws: dict[str, Raw] = {}
    for name, path in files.items():
        raw = read_raw(path, reading, need_label=not raws)
        if raw.models is None:
            raws[name] = raw
            continue
        models = np.array(raw.models)
        for model in dict.fromkeys(raw.models):
            if model in raws:
                raise InputError(f"predictions {raw.file!r}: model {model!r} is given twice")
            raws[model] = _rows(raw, np.flatnonzero(models == model))
    return raws


def _rows(raw: Raw, rows: IntArray) -> Raw:
    def some(texts: list[str] | None) -> list[str] | None:
        return None if texts is None else [texts[i] for i in rows]

    return replace(
        raw,
        values=raw.values[rows],
        labels=some(raw.labels),
        ids=some(raw.ids),
        groups=some(raw.groups),
        weights=None if raw.weights is None else raw.weights[rows],
        by={by: values[rows] for by, values in raw.by.items()},
    )


def _in_order(raw: Raw, first: Raw) -> Raw:
    """The rows in the order of the first file."""
    if raw.ids is None or first.ids is None:
        if len(raw.values) != len(first.values):
            raise InputError(
                f"predictions {raw.file!r} have {len(raw.values):,} rows, {first.file!r} "
                f"{len(first.values):,}; join them by a column that names the rows: --id COLUMN"
            )
        return raw
    place = {text: i for i, text in enumerate(raw.ids)}
    for texts, file in ((raw.ids, raw.file), (first.ids, first.file)):
        if (twice := first_repeated(texts)) is not None:
            raise InputError(f"predictions {file!r}: row {twice!r} appears twice")
    missing = [text for text in first.ids if text not in place]
    if missing or len(raw.ids) > len(first.ids):
        more = set(raw.ids) - set(first.ids)
        what = f"row {missing[0]!r} is missing" if missing else f"row {min(more)!r} is not"
        where = f"in {raw.file!r}" if missing else f"in {first.file!r}"
        raise InputError(f"predictions: {what} {where}; all models must predict the same rows")
    return _rows(raw, np.array([place[text] for text in first.ids]))


def _classes(first: Raw, reading: Reading) -> tuple[str, ...]:
    """Names of the classes: the columns', or the two that labels have."""
    if len(first.classes) > 1:
        if (twice := first_repeated(first.classes)) is not None:
            raise InputError(f"predictions {first.file!r}: class {twice!r} has two columns")
        if reading.positive not in (None, *first.classes):
            known = f"predictions {first.file!r} are for {listing(first.classes)}"
            raise InputError(f"--positive {reading.positive!r}: {known}")
        return first.classes
    labels = sorted(set(first.labels or []))
    if reading.positive is None:
        raise InputError(
            f"predictions {first.file!r}: one column of predictions is for one class of two; say "
            f"which: --positive {labels[-1]!r}"
        )
    others = [text for text in labels if text != reading.positive]
    if len(others) != 1 or reading.positive not in labels:
        raise InputError(
            f"--positive {reading.positive!r}: the labels are {listing(labels)}; expected "
            f"two classes, one of them {reading.positive!r}"
        )
    return others[0], reading.positive


def codes_of(
    labels: Sequence[str], classes: Sequence[str], file: str
) -> tuple[IntArray, list[Note]]:
    """Class codes of the labels of a file, (n_obs,), and what was decided of them.

    Parameters
    ----------
    labels, classes : sequence of str
    file : str
        Its name, for messages.
    """
    codes, notes = level_codes(list(labels), tuple(classes)), []
    if (codes == UNSEEN).any():
        numbers = [str(k) for k in range(len(classes))]
        if not set(labels) <= set(numbers) or set(numbers) & set(classes):
            row = int(np.flatnonzero(codes == UNSEEN)[0])
            raise InputError(
                f"predictions {file!r}: the label {labels[row]!r} (data row {row + 1}) has no "
                f"column of predictions; these are for {listing(classes)}; name each column after "
                "its class"
            )
        codes = level_codes(list(labels), tuple(numbers))
        notes.append(Note(NoteKind.POSITIONS, names=tuple(classes)))
    y = codes.astype(np.int64)
    absent = tuple(c for k, c in enumerate(classes) if not (y == k).any())
    if len(absent) == len(classes) - 1:
        raise InputError(
            f"predictions {file!r}: every label is {labels[0]!r}; calibration needs at least two "
            "classes"
        )
    if absent:
        notes.append(Note(NoteKind.ABSENT_CLASSES, names=absent))
    return y, notes
