"""Two runs on the same test rows: ``trifit diff``."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from trifit.clusters import n_groups
from trifit.errors import InputError
from trifit.forecasts import LOG_ZERO, Forecasts
from trifit.notes import Note, NoteKind
from trifit.predictions.rows import PREDICTIONS, read_rows
from trifit.results import Comparison
from trifit.results.diff import RunDiff, RunName, SettingDiff
from trifit.results.folder import read_run
from trifit.scores import log_predictive_density
from trifit.text import listing
from trifit.types import IntArray

FINGERPRINT = 12
"""Digits of a fingerprint that are shown."""

PROSE = ("name", "note", "references")
"""Parts of a card that change no number."""

SAME = 1e-6
"""How far the log-loss of the saved rows may be from the saved log-loss, nats."""


@dataclass(frozen=True, eq=False)
class Saved:
    """A run's numbers and its test rows, sorted by name.

    Attributes
    ----------
    folder : Path
    comparison : Comparison
    rows : array of shape (n_test,)
        Names of the rows, as text.
    forecasts : Forecasts
    numbered : bool
        Whether the names are numbers, because no column of ``--id`` has them.
    """

    folder: Path
    comparison: Comparison
    rows: Any
    forecasts: Forecasts
    numbered: bool

    @property
    def called(self) -> str:
        """The run in messages."""
        return repr(str(self.folder))

    @property
    def by_file(self) -> bool:
        """Whether rows are known by their number in a file of predictions alone."""
        return self.numbered and self.comparison.evaluation.kind == "predictions"


def diff(a: str | os.PathLike[str], b: str | os.PathLike[str]) -> RunDiff:
    """Two runs on the same test rows: paired differences, b minus a, and what else changed.

    Rows are paired by their number in the data, or by the column of ``--id``.

    Parameters
    ----------
    a, b : str or path
        Folders that ``trifit compare`` or ``trifit evaluate`` wrote.

    Returns
    -------
    RunDiff

    Raises
    ------
    InputError
        If a folder is no run, or the runs differ in test rows, their labels or their groups.

    Examples
    --------
    >>> trifit.diff("before", "after").frame()  # doctest: +SKIP
    >>> trifit.diff("before", "after").check("bayes.log_loss > 0.01").met  # doctest: +SKIP
    """
    first, second = read_saved(Path(a)), read_saved(Path(b))
    second = _in_classes_of(first, second)
    _check_rows(first, second)
    groups, notes = _groups(first, second)
    one, two = (
        Forecasts(s.forecasts.log_probs, s.forecasts.labels, s.forecasts.class_names, groups)
        for s in (first, second)
    )
    found_a, found_b = first.comparison.contestants, second.comparison.contestants
    both = [name for name in found_a if name in found_b]
    if not both:
        raise InputError(
            f"the runs share no model: {first.called} has {listing([*found_a])}, {second.called} "
            f"{listing([*found_b])}; call a model the same in both (trifit evaluate --preds "
            "NAME=FILE), or judge two models in one run (--preds A=FILE --preds B=FILE)"
        )
    from trifit.judge.changes import change  # not needed to refuse runs

    changes = list(_changes(first.comparison, second.comparison))
    if any(c.topic == "data" and c.name == "fingerprint" for c in changes):
        notes.append(Note(NoteKind.OTHER_DATA))
    elif first.by_file or second.by_file:
        notes.append(Note(NoteKind.PAIRED_BY_NUMBER))
    return RunDiff(
        a=_name(first),
        b=_name(second),
        n_test=len(first.rows),
        n_groups=None if groups is None else n_groups(groups),
        contestants={name: change(one, two, name, found_a[name], found_b[name]) for name in both},
        only_a=[name for name in found_a if name not in found_b],
        only_b=[name for name in found_b if name not in found_a],
        changes=changes,
        notes=notes,
    )


def read_saved(folder: Path) -> Saved:
    """A run's folder, read for its test rows.

    Raises
    ------
    InputError
        If it is none, or its files do not belong together.
    """
    comparison = read_run(folder, PREDICTIONS, why="which pairs the rows")
    path = folder / PREDICTIONS
    names, forecasts, numbered = read_rows(
        path, [*comparison.contestants], comparison.data.class_names
    )
    for contestant, log_probs in forecasts.log_probs.items():
        lpd = log_predictive_density(log_probs, forecasts.labels)
        saved = comparison.contestants[contestant].scores.log_loss.value
        if lpd.min() > LOG_ZERO / 2 and not abs(lpd.mean() + saved) <= SAME * (1 + abs(saved)):
            raise InputError(
                f"{str(path)!r} is not of the run in comparison.json: the log-loss of {contestant} "
                f"is {-lpd.mean():.6g} there and {saved:.6g} here; make the run again"
            )
    rows = np.array(names)
    order = np.argsort(rows, kind="stable")
    sorted_run = Saved(folder, comparison, rows[order], forecasts.take(order), numbered)
    _check_copies(sorted_run)
    return sorted_run


def _check_copies(saved: Saved) -> None:
    """Refuse rows of one name that are not identical: they cannot be paired."""
    again = np.flatnonzero(saved.rows[1:] == saved.rows[:-1])
    f = saved.forecasts
    for values in (f.labels, *f.log_probs.values()):
        differ = values[again] != values[again + 1]
        if len(bad := np.argwhere(differ)):
            row = str(saved.rows[again[bad[0][0]]])
            raise InputError(
                f"run {saved.called}: row {row!r} appears twice, with different forecasts or "
                "labels; give every row its own id"
            )


def _in_classes_of(a: Saved, b: Saved) -> Saved:
    """Run b with its classes in the order of a."""
    classes, given = list(a.forecasts.class_names), list(b.forecasts.class_names)
    if sorted(classes) != sorted(given):
        raise InputError(
            f"the runs differ in classes: {a.called} has {listing(classes)}, {b.called} "
            f"{listing(given)}"
        )
    order = [given.index(name) for name in classes]
    labels = b.forecasts.labels
    if labels.ndim == 1:
        labels = np.argsort(order)[labels]
    else:
        labels = labels[:, order]
    log_probs = {name: values[:, order] for name, values in b.forecasts.log_probs.items()}
    forecasts = Forecasts(log_probs, labels, tuple(classes), b.forecasts.groups)
    return replace(b, forecasts=forecasts)


def _check_rows(a: Saved, b: Saved) -> None:
    """Refuse other test rows, or other labels of the same rows."""
    if len(a.rows) != len(b.rows) or (a.rows != b.rows).any():
        only_a, only_b = (_without(x, y) for x, y in ((a, b), (b, a)))
        raise InputError(
            f"the runs have different test rows: {_missing(only_a)} only in {a.called}, "
            f"{_missing(only_b)} only in {b.called}; use the same data, --seed and split"
        )
    labels_a, labels_b = a.forecasts.labels, b.forecasts.labels
    if labels_a.ndim != labels_b.ndim:
        raise InputError("one run has soft labels, the other has classes; use the same labels")
    differ = labels_a != labels_b
    differ = differ if labels_a.ndim == 1 else differ.any(axis=1)
    if not differ.any():
        return
    row = int(np.flatnonzero(differ)[0])
    of_a, of_b = (_label(s.forecasts, row) for s in (a, b))
    how = ""
    if a.by_file or b.by_file:
        how = "; rows are paired by their number: if their order differs, name them by --id COLUMN"
    raise InputError(
        f"the runs differ in the labels of {int(differ.sum()):,} of {len(differ):,} test rows; "
        f"the first is row {str(a.rows[row])!r}: {of_a} in {a.called}, {of_b} in {b.called}{how}"
    )


def _without(a: Saved, b: Saved) -> list[str]:
    """Rows of a that b lacks, or has less often."""
    names_a, count_a = np.unique(a.rows, return_counts=True)
    counts = dict(zip(*np.unique(b.rows, return_counts=True), strict=True))
    return [
        str(n) for n, k in zip(names_a, count_a, strict=True) for _ in range(k - counts.get(n, 0))
    ]


def _missing(rows: list[str]) -> str:
    return f"{len(rows):,} ({listing(rows, most=2)})" if rows else "0"


def _label(forecasts: Forecasts, row: int) -> str:
    label = forecasts.labels[row]
    return repr(forecasts.class_names[label]) if label.ndim == 0 else str(label.tolist())


def _groups(a: Saved, b: Saved) -> tuple[IntArray | None, list[Note]]:
    """Groups of the rows, which both runs must share; those of one run are used for both."""
    first, second = a.forecasts.groups, b.forecasts.groups
    if first is None or second is None:
        groups, with_groups = (second, b) if first is None else (first, a)
        if groups is None or first is second:
            return groups, []
        return groups, [Note(NoteKind.GROUPS_OF_ONE, text=with_groups.called)]
    n_pairs = len(np.unique(np.column_stack([first, second]), axis=0))
    if not n_pairs == n_groups(first) == n_groups(second):
        by_a, by_b = (s.comparison.evaluation.grouped_by for s in (a, b))
        raise InputError(
            f"the runs differ in groups: by {by_a!r} in {a.called}, by {by_b!r} in {b.called}; use "
            "the same groups"
        )
    return first, []


def _name(saved: Saved) -> RunName:
    comparison = saved.comparison
    return RunName(
        folder=str(saved.folder),
        data=comparison.data.name,
        command=comparison.provenance.command,
    )


def _changes(a: Comparison, b: Comparison) -> Iterator[SettingDiff]:
    """Settings that differ, topic by topic."""
    for topic, of_a, of_b in (
        ("data", _data(a, b), _data(b, a)),
        ("card", _card(a), _card(b)),
        ("split", _split(a), _split(b)),
        ("fits", _statuses(a), _statuses(b)),
        ("settings", a.provenance.settings, b.provenance.settings),
        ("versions", a.provenance.versions, b.provenance.versions),
    ):
        for name in dict.fromkeys([*of_a, *of_b]):
            one, two = (str(of[name]) if name in of else None for of in (of_a, of_b))
            if one != two:
                yield SettingDiff(topic=topic, name=name, a=one, b=two)


def _data(c: Comparison, other: Comparison) -> Mapping[str, object]:
    found: dict[str, object] = {"name": c.data.name}
    if c.evaluation.kind == "predictions":  # whose fingerprint is of the forecasts
        return found
    found |= {
        "rows": c.data.n_obs,
        "features": c.data.n_features,
        "fingerprint": c.data.fingerprint[:FINGERPRINT],
    }
    known = set(other.data.feature_names)
    own = [name for name in c.data.feature_names if name not in known]
    return found | ({"only here": listing(own)} if own else {})


def _card(c: Comparison) -> Mapping[str, object]:
    """Settings of the card by the names that ``--set`` takes."""
    if c.card is None:
        return {}
    fields = msgspec.to_builtins(c.card)
    found: dict[str, object] = {"card": c.card.name} | fields.pop("hyperparameters")
    for section in ("sampler", "optimiser"):
        found |= {f"{section}.{key}": value for key, value in fields.pop(section).items()}
    return found | {key: value for key, value in fields.items() if key not in PROSE}


def _split(c: Comparison) -> Mapping[str, object]:
    e = c.evaluation
    return {
        "seed": c.provenance.seed,
        "kind": e.kind,
        "training sets": e.n_parts,
        "training rows": e.n_train,
        "groups": e.grouped_by or "none",
    }


def _statuses(c: Comparison) -> Mapping[str, object]:
    return {name: fit.status.value for name, fit in c.fits.items()}
