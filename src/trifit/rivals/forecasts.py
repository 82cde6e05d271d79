"""The forecasts of all rivals for the held-out rows."""

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from trifit.errors import InputError
from trifit.forecasts import notes_of_zeros
from trifit.notes import Note, NoteKind
from trifit.rivals.estimators import RivalError, forecasts_of
from trifit.rivals.given import EstimatorRival, FileRival, Rival
from trifit.seeds import child
from trifit.types import Dataset, FloatArray, Split

MOST = 200
"""Characters of an estimator's representation on the page."""


@dataclass(frozen=True, eq=False)
class RivalForecasts:
    """Rivals that have forecast, and those that have not.

    Attributes
    ----------
    log_probs : dict of name to array of shape (n_test, n_classes)
        Rows in the order of ``split.test_rows``.
    sources : dict of str
        What each of them is.
    failed : dict of str
        Why the others failed.
    notes : list of Note
        What a reader should know of them.
    """

    log_probs: dict[str, FloatArray] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)


def rival_forecasts(
    rivals: Sequence[Rival],
    dataset: Dataset,
    split: Split,
    seeds: np.random.SeedSequence,
    say: Callable[[str], None],
) -> RivalForecasts:
    """Fit the estimators, and look the held-out rows up in the files.

    An estimator that fails is left out, and that is noted.

    Parameters
    ----------
    rivals : sequence of Rival
        As :func:`trifit.rivals.read_rivals` returns them.
    dataset : Dataset
    split : Split
    seeds : numpy SeedSequence
    say : callable
        Told what is fitted.

    Raises
    ------
    InputError
        If a file lacks a held-out row.
    """
    # Files first: what is wrong with one of them is said before anything is fitted.
    held = {r.name: _looked_up(r, split) for r in rivals if isinstance(r, FileRival)}
    y, found = dataset.y[split.test_rows], RivalForecasts()
    for rival in rivals:
        name = rival.name
        try:
            log_probs = (
                forecasts_of(rival, dataset, split, child(seeds, name), say)
                if isinstance(rival, EstimatorRival)
                else held[name]
            )
        except RivalError as error:
            found.failed[name] = str(error)
            found.notes.append(Note(NoteKind.FAILED_RIVAL, names=(name,), text=str(error)))
            continue
        found.log_probs[name] = log_probs
        found.sources[name] = _source(rival)
        if isinstance(rival, FileRival) and rival.content is not None:
            found.notes.extend(rival.content.notes)
        found.notes.extend(notes_of_zeros({name: log_probs}, y))
    return found


def _source(rival: Rival) -> str:
    """What a rival is, in short."""
    if isinstance(rival, FileRival):
        return rival.text
    text = textwrap.shorten(rival.text, MOST, placeholder=" …")
    return f"{text}, fitted to the same training rows"


def _looked_up(rival: FileRival, split: Split) -> FloatArray:
    """A file's forecasts for the held-out rows."""
    content, test_rows = rival.content, split.test_rows
    assert content is not None  # read by read_rivals
    place = np.full(max(int(content.rows.max()), int(test_rows.max())) + 1, -1)
    place[content.rows] = np.arange(len(content.rows))
    lacking = test_rows[place[test_rows] < 0]
    if len(lacking):
        raise InputError(
            f"predictions {rival.path.name!r} lack row {int(lacking.min())} of the data, one of "
            f"{len(lacking):,} scored rows without a prediction (rows count from 0, test rows "
            "follow the training rows)"
        )
    return np.asarray(content.log_probs[place[test_rows]])
