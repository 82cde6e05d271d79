"""Compute the cells of a folder that are not finished, and tell how far they are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trifit.errors import InputError
from trifit.progress import Progress
from trifit.study.engine import check_arguments, run_cells
from trifit.study.store import Row, Store
from trifit.threads import available

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Computing:
    """How cells are computed, and what becomes of those that a folder holds.

    Attributes
    ----------
    jobs : int or None
        Worker processes, each with one thread; None: one per core.
    resume : bool
        Whether finished cells in the folder are kept, and failed ones tried again.
    force : bool
        Whether they are deleted.
    backend : {"loky", "serial", "dask", "joblib"}
        ``joblib``: whatever :func:`joblib.parallel_config` says.
    scheduler : str or None
        Address of Dask's, ``tcp://HOST:PORT``.
    progress : callable or None
        Called with a message and the share of the cells that is done.

    Raises
    ------
    InputError
        On arguments that contradict each other.
    """

    jobs: int | None = None
    resume: bool = False
    force: bool = False
    backend: str = "loky"
    scheduler: str | None = None
    progress: Progress | None = None

    def __post_init__(self) -> None:
        if self.resume and self.force:
            raise InputError("--resume continues what --force deletes; give one of them")
        check_arguments(self.n_jobs, self.backend, self.scheduler)

    @property
    def n_jobs(self) -> int:
        """Worker processes."""
        return available() if self.jobs is None else self.jobs


def compute_all[Task](
    name: str,
    tasks: Mapping[str, Task],
    work: Callable[[Task], list[Row]],
    store: Store,
    computing: Computing,
    *,
    units: str = "cells",
) -> "pa.Table":
    """Compute the tasks whose key is not in the store, and read what it holds of all of them.

    Parameters
    ----------
    name : str
        Of the whole, for the progress.
    tasks : mapping of key to task
        In the order in which they are begun.
    work : function of a task
        Importable by workers.
    store : Store
    computing : Computing
    units : str
        What tasks are called.

    Returns
    -------
    pyarrow.Table
        As :meth:`Store.table` has it, without the rows of other tasks.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    n_done = len(store.finished() & tasks.keys())

    def advance(*_: Any) -> None:
        nonlocal n_done
        n_done += 1
        report(f"{len(tasks)} {units}")

    def report(message: str) -> None:
        if computing.progress is not None:
            computing.progress(message, n_done / len(tasks))

    report(f"{name}: {len(tasks)} {units}; {n_done} are finished")
    run_cells(
        tasks,
        work,
        store,
        jobs=computing.n_jobs,
        backend=computing.backend,
        scheduler=computing.scheduler,
        advance=advance,
    )
    table = store.table()
    return table.filter(pc.is_in(table["cell"], pa.array([*tasks], pa.string())))
