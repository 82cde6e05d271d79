"""Run a study: its cells into a store, the store into a record, the record into a page.

FOLDER/study.toml      the study as it was run
FOLDER/made-with.json  the cards and versions behind the cells
FOLDER/cells/          every finished cell (:mod:`trifit.study.store`)
FOLDER/tables/         the rows of its real tables, by fingerprint (:mod:`trifit.study.tables`)
FOLDER/study.json      what was found
FOLDER/index.html      its page
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import tomli_w

from trifit.files import write_whole
from trifit.functions import digests
from trifit.progress import Progress
from trifit.results import kept
from trifit.results.study import Failed, Numbers, Posteriors, StudyRecord
from trifit.study.cells import Cell, axes_of, longest_first
from trifit.study.computing import Computing, compute_all
from trifit.study.findings import finding
from trifit.study.folder import Kind, open_folder, versions
from trifit.study.measures import card_of, measure
from trifit.study.needed import of_points
from trifit.study.pictures import picture
from trifit.study.points import Point, points_of
from trifit.study.quantities import NAMES, QUANTITIES
from trifit.study.spec import Study
from trifit.study.store import errors_of
from trifit.study.tables import Kept, Tables
from trifit.study.theory_curve import with_theory
from trifit.study.validation import validated_cells
from trifit.types import FloatArray

TABLES = "tables"
STUDY = Kind("study", ("study.toml", "study.json", "index.html"), folders=(TABLES,))
MAX_FAILED = 20
"""Most failed cells whose error the record quotes."""


def run_study(
    study: Study,
    folder: str | Path,
    *,
    jobs: int | None = None,
    resume: bool = False,
    force: bool = False,
    backend: str = "loky",
    scheduler: str | None = None,
    progress: Progress | None = None,
    command: str | None = None,
    tables: Tables | None = None,
) -> StudyRecord:
    """Run the cells of a study that are not finished, and write its page.

    Parameters
    ----------
    study : Study
        See :func:`load_study`; ``study.quickly()`` is its quick grid.
    folder : str or path
        Where cells, record and page go; see this module.
    jobs : int, optional
        Worker processes, each with one thread; default: one per core.
    resume : bool
        Go on with a study in that folder: what is finished is kept, what failed is
        tried again.
    force : bool
        Begin anew in a folder that holds a study.
    backend : {"loky", "serial", "dask", "joblib"}
        ``joblib``: whatever :func:`joblib.parallel_config` says.
    scheduler : str, optional
        Address of Dask's, ``tcp://HOST:PORT``.
    progress : callable, optional
        Called with a message and the share of the cells that is done.
    command : str, optional
        What made the record, as it is recorded; default: the call from Python.
    tables : Tables, optional
        Those that are in memory.

    Returns
    -------
    StudyRecord

    Raises
    ------
    InputError
        On a study that contradicts itself, a folder that holds something else, or
        cells made by other cards or versions.
    """
    computing = Computing(
        jobs=jobs, resume=resume, force=force,
        backend=backend, scheduler=scheduler, progress=progress,
    )  # fmt: skip
    tables = Tables() if tables is None else tables
    folder, cells = Path(folder), validated_cells(study, tables)
    made_with = _made_with(study, cells)
    store = open_folder(STUDY, folder, made_with, computing)
    write_whole(folder / "study.toml", tomli_w.dumps(plain(study)))
    tables.keep(folder / TABLES)
    table = compute_all(
        study.name,
        {cell.key: cell for cell in longest_first(cells)},
        partial(measure, tables=Kept(folder / TABLES)),
        store,
        computing,
    )
    points, errors = points_of(cells, table), errors_of(table)
    command = command or f"run_study({study.name!r})"
    record = _record(study, cells, points, errors, made_with, command)
    if len(tables.rows) == 1:
        (rows,) = tables.rows.values()
        record = msgspec.structs.replace(record, notes=list(rows.notes))
    if study.rows_needed:
        needed = of_points(points, tables, study.summary)
        record = msgspec.structs.replace(record, rows_needed=needed)
        record = with_theory(record, points, tables, card_of(cells[0].model, cells[0].folder))
    return kept.STUDY.write(folder, record)


def _made_with(study: Study, cells: Sequence[Cell]) -> dict[str, Any]:
    cards = {}
    if study.measure == "fits":
        for name in dict.fromkeys(str(cell.model.get("card", "softmax")) for cell in cells):
            cards[name] = card_of({"card": name}, cells[0].folder)
    real = [cell.data for cell in cells if "table" in cell.data]
    return {
        "study": study.name + (" --quick" if study.is_quick else ""),
        "cards": {name: msgspec.to_builtins(card) for name, card in cards.items()},
        "code": digests(card.builder for card in cards.values()),
        "versions": versions(),
        "tables": {str(data["source"]): data["table"] for data in real},
    }


def plain(study: Study) -> dict[str, Any]:
    """A study as fields of a TOML file (which has no null), but for the folder it was in."""

    def without_none(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: without_none(v) for k, v in value.items() if v is not None}
        return [without_none(v) for v in value] if isinstance(value, list) else value

    out: dict[str, Any] = without_none(msgspec.to_builtins(study))
    del out["folder"]
    return out


def _record(
    study: Study,
    cells: Sequence[Cell],
    points: Sequence[Point],
    errors: dict[str, str],
    made_with: dict[str, Any],
    command: str,
) -> StudyRecord:
    axes = axes_of(study, cells)
    settings = {cell.key: cell.settings for cell in cells}
    asked = [a.quantity for a in study.figures] + [a.quantity for a in study.claims]
    seconds = [v for p in points for v in p.replicated("", "seconds")]
    return StudyRecord(
        study=plain(study),
        cards=made_with["cards"],
        axes={axis: NAMES.get(axis, axis) for axis in axes},
        labels={q: QUANTITIES[q].label for q in dict.fromkeys(asked)},
        n_cells=len(cells),
        failed=[
            Failed(settings=_of_axes(settings[key], axes), error=error)
            for key, error in list(errors.items())[:MAX_FAILED]
        ],
        n_failed=len(errors),
        findings=[finding(claim, points, study.summary, axes) for claim in study.claims],
        pictures=[picture(study, figure, points) for figure in study.figures],
        posteriors=_posteriors(points, made_with["cards"]),
        numbers=[n for point in points for n in _numbers(study, point, axes)],
        seconds=float(np.sum(seconds)),
        command=command,
        versions=made_with["versions"],
    )


def _posteriors(points: Sequence[Point], cards: dict[str, Any]) -> Posteriors | None:
    def every(quantity: str) -> FloatArray:
        return np.concatenate([p.replicated("bayes", quantity) for p in points])

    identified = all(card["identified"] for card in cards.values())
    trusted = every("trusted")
    if not len(trusted):
        return None
    return Posteriors(
        n=len(trusted),
        trusted=float(trusted.mean()),
        rhat=float(np.nanmax(every("rhat"))) if identified else None,
        prediction_rhat=float(np.nanmax(every("prediction_rhat"))),
        prediction_ess=float(np.nanmin(every("prediction_ess"))),
    )


def _numbers(study: Study, point: Point, axes: Sequence[str]) -> list[Numbers]:
    fits = dict.fromkeys(fit for fit, _ in point.values if fit)
    return [
        Numbers(
            settings=_of_axes(point.settings, axes),
            fit=fit,
            quantities={
                name: point.summarise(fit, name, study.summary)
                for name in QUANTITIES
                if (fit, name) in point.values
            },
        )
        for fit in fits
    ]


def _of_axes(settings: Any, axes: Sequence[str]) -> dict[str, Any]:
    return {name: settings[name] for name in axes if name in settings}
