"""Run the atlas: its study into cells, the cells into a record, the record into a page.

FOLDER/study/      the study (:mod:`trifit.study.run`): its cells, tables and own page
FOLDER/atlas.json  what was found
FOLDER/index.html  the page of the atlas
FOLDER/tables/     a page for every table
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from trifit.atlas.entries import atlas_folder, load_entries, open_entry
from trifit.atlas.findings import record_of
from trifit.atlas.folder import check_folder
from trifit.atlas.study import REPLICATIONS, atlas_study
from trifit.results.atlas import AtlasRecord
from trifit.results.kept import ATLAS
from trifit.study.cells import cells_of
from trifit.study.run import run_study
from trifit.study.store import Store
from trifit.study.tables import Tables


def run_atlas(
    folder: str | Path = "reports/study-atlas",
    *,
    atlas: str | Path | None = None,
    names: Sequence[str] = (),
    card: str = "softmax",
    replications: int = REPLICATIONS,
    seed: int = 1,
    **running: Any,
) -> AtlasRecord:
    """Fit a card to every table of an atlas at several sizes, and write the page.

    Parameters
    ----------
    folder : str or path
        Where cells, record and page go; see this module.
    atlas : str or path, optional
        Folder of the tables: TOML files, and ``tables/``; default: the checkout's.
    names : sequence of str
        Only these tables.
    card : str
        Model card.
    replications : int
        Draws of rows from a table at every size.
    seed : int
    **running
        ``jobs``, ``backend``, ``scheduler``, ``resume``, ``force``, ``progress`` and
        ``command``, as for :func:`trifit.run_study`.

    Raises
    ------
    InputError
        On a table that cannot be read or is another than its checksum says, or a folder
        that holds something else.
    """
    out, source = Path(folder), atlas_folder() if atlas is None else Path(atlas)
    check_folder(out, force=bool(running.get("force")), resume=bool(running.get("resume")))
    entries = load_entries(source, names)
    datasets = {entry.name: open_entry(entry, source) for entry in entries}
    tables = Tables(datasets.values())
    study = atlas_study(list(datasets.values()), card=card, replications=replications, seed=seed)
    run = run_study(study, out / "study", tables=tables, **running)
    found = Store(out / "study" / "cells").table()
    for page in (out / "tables").glob("*.html"):
        page.unlink()  # of tables that were asked for before
    return ATLAS.write(out, record_of(run, entries, datasets, cells_of(study, tables), found))
