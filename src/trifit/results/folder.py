"""The folder of a page and its numbers: written whole under a temporary name, then renamed."""

import logging
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec

from trifit.errors import InputError
from trifit.files import TEMPORARY, abandoned, reason, temporary_prefix, write_whole
from trifit.interrupts import leaves, temporary, uninterrupted
from trifit.results.comparison import Comparison, command_of
from trifit.text import slugs

LOG = logging.getLogger(__name__)

FILES = (
    "index.html",
    "predictions.parquet",
    "parameters.csv",
    "posterior.nc",
    "laplace.nc",
    "classifier.json",
    "card.toml",
    "metrics.json",
    "comparison.json",
)
"""All files of a run; the one that says which run it is comes last.

A run without a posterior that passed its checks has no ``posterior.nc``; ``laplace.nc`` is
there where the normal approximation stands beside NUTS."""

OLD = ".old"
"""Before the ending of a folder's name while another takes its place."""

MAP = "recommended.{}.map.json"
"""A recalibration map that is recommended, of one contestant."""


def map_file(comparison: Comparison, name: str) -> str:
    """The file of a contestant's recommended map."""
    return MAP.format(slugs(comparison.contestants)[name])


def check_folder(folder: Path, *, command: str, force: bool) -> None:
    """Refuse, before anything is fitted, a folder that must not be replaced.

    What a killed run left there is cleared away first. A missing or empty folder is fine,
    and so is one that the same command made; any other needs ``force``.

    Parameters
    ----------
    folder : Path
    command : str
        The one that is about to write.
    force : bool
        Whether any folder may be replaced.

    Raises
    ------
    InputError
        Saying what is there and what to do.
    """
    _clear(folder)
    try:
        if folder.exists() and not folder.is_dir():
            raise InputError(f"--out {str(folder)!r} is a file; give a folder")
        # The run is written beside the folder first, so the parent must take it.
        parent = next(p for p in folder.absolute().parents if p.exists())
        for place in (parent, folder) if folder.exists() else (parent,):
            with tempfile.TemporaryDirectory(prefix=".trifit", dir=place):
                continue  # permissions do not tell of file systems that cannot be written
    except OSError as error:
        raise InputError(
            f"--out {str(folder)!r} is not writable ({reason(error)}); give another folder"
        ) from error
    if force or not folder.exists() or not any(folder.iterdir()):
        return
    made_by = command_of(folder / "comparison.json")
    if made_by is None:
        raise InputError(
            f"--out {str(folder)!r} exists and is not a run of trifit; give another folder, "
            "or --force to write into it (its own files stay)"
        )
    if made_by != command:
        raise InputError(
            f"--out {str(folder)!r} holds another run ({made_by}); give another folder, "
            "or --force to replace it"
        )


def _clear(folder: Path) -> None:
    """Remove what killed runs left beside a folder, or put back the folder they were replacing."""
    for left in abandoned(folder):
        try:
            if left.name.endswith(f"{OLD}{TEMPORARY}") and not folder.exists():
                os.replace(left, folder)
                LOG.info("%s is back, which a killed run was replacing", folder)
            else:
                shutil.rmtree(left)
                LOG.info("removed %s, which a killed run left", left)
        except OSError:  # somebody else's, or just removed by another run
            continue


def read_run(folder: Path, needed: str, *, why: str) -> Comparison:
    """The numbers of a run's folder, which must have another of its files.

    Parameters
    ----------
    folder : Path
    needed : str
        That file's name.
    why : str
        What it is for, as "which pairs the rows".

    Raises
    ------
    InputError
        If there is no such folder, it is no run, or the file is missing.
    """
    if not folder.is_dir():
        raise InputError(f"run {str(folder)!r}: no such folder; trifit compare writes one")
    comparison = Comparison.from_json(folder / "comparison.json")
    if not (folder / needed).is_file():
        raise InputError(
            f"run {str(folder)!r} has no {needed}, {why}; make it again with the command stored "
            "in it"
        )
    return comparison


def save_whole(folder: Path, write: Callable[[Path], None], *, command: str, force: bool) -> None:
    """Let ``write`` fill a folder, which then takes its place; see :func:`check_folder`.

    Parameters
    ----------
    folder : Path
    write : callable
        Fills the folder it is given.
    command : str
        What made the files.
    force : bool
        Replace what another command made.
    """
    check_folder(folder, command=command, force=force)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(
            tempfile.mkdtemp(prefix=temporary_prefix(folder), suffix=TEMPORARY, dir=folder.parent)
        )
        with temporary(beside):
            write(beside)
            beside.chmod(0o755)
            with uninterrupted():
                _move_into_place(beside, folder)
                leaves(f"the run is in {folder}")
    except (OSError, InputError) as error:
        # A file of the folder beside, of which the user knows nothing, is not what to name.
        why = error if isinstance(error, OSError) else error.__cause__
        if not isinstance(why, OSError):
            raise
        raise InputError(f"--out {str(folder)!r} cannot be written: {reason(why)}") from why


def _move_into_place(beside: Path, folder: Path) -> None:
    maps = {
        p.name for where in (folder, beside) if where.exists() for p in where.glob(MAP.format("*"))
    }
    ours = (*maps, *FILES)
    if folder.exists() and any(p.name not in ours for p in folder.iterdir()):
        # Without the file that says which run it is, a mixture of two is no run.
        (folder / "comparison.json").unlink(missing_ok=True)
        for name in ours:  # keep what is not ours
            if (beside / name).exists():
                os.replace(beside / name, folder / name)
            else:  # of an earlier run
                (folder / name).unlink(missing_ok=True)
        return
    if folder.exists():
        old = beside.with_suffix(f"{OLD}{TEMPORARY}")
        os.replace(folder, old)
        try:
            os.replace(beside, folder)
        except OSError:
            os.replace(old, folder)  # the earlier run is not lost
            raise
        shutil.rmtree(old, ignore_errors=True)
    else:
        os.replace(beside, folder)


def write_numbers(comparison: Comparison, folder: Path) -> None:
    """The numbers, those that experiment trackers read, and the page drawn from them."""
    comparison.to_json(folder / "comparison.json")
    metrics = msgspec.json.format(msgspec.json.encode(comparison.metrics()), indent=1)
    write_whole(folder / "metrics.json", metrics + b"\n")
    comparison.to_html(folder / "index.html")
