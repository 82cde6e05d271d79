"""A folder of cells: what made them (cards, versions, tables), and whether they may go on."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from typing import Any

from trifit.errors import InputError
from trifit.files import make_folder
from trifit.study.computing import Computing
from trifit.study.store import Store
from trifit.tagged import read_json, write_json

MADE_WITH = "made-with.json"
"""The file that says what makes a folder's cells."""

TEXTS = ("note", "references")
"""What a card says about itself, in words."""

VERSIONED = ("trifit", "pymc", "pytensor", "nutpie", "numba", "numpy", "scipy")


@dataclass(frozen=True)
class Kind:
    """A kind of folder: its name in words, and its files and folders besides cells."""

    name: str
    files: tuple[str, ...]
    folders: tuple[str, ...] = ()


def versions() -> dict[str, str]:
    """Of everything that decides a cell's numbers."""
    return {"python": python_version()} | {p: version(p) for p in VERSIONED}


def open_folder(
    kind: Kind, folder: Path, made_with: Mapping[str, Any], computing: Computing
) -> Store:
    """The store of a folder that may be written, and the file that says what makes its cells.

    Parameters
    ----------
    kind : Kind
    folder : Path
    made_with : mapping
        What decides the cells' numbers; under the kind's name what is computed.
    computing : Computing
        Whether to go on with what is there, or to begin anew.

    Raises
    ------
    InputError
        If the folder holds something else, or cells that are not comparable.
    """
    before = _before(kind, folder, may_exist=computing.resume or computing.force)
    store = Store(folder / "cells")
    if before is not None and computing.force:
        for name in ("cells", *kind.folders):
            shutil.rmtree(folder / name, ignore_errors=True)
        for name in (MADE_WITH, *kind.files):
            (folder / name).unlink(missing_ok=True)
    elif before is not None:
        _check_comparable(kind, folder, before, made_with)
        store.forget_failed()
    make_folder("--out", folder)
    write_json(folder / MADE_WITH, made_with)
    return store


def _before(kind: Kind, folder: Path, *, may_exist: bool) -> dict[str, Any] | None:
    """What made the cells in a folder; refused unless they are to go on or to be replaced."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"--out {str(folder)!r} is a file; give a folder")
    before = _read(folder / MADE_WITH)
    other = before is None or kind.name not in before
    if folder.exists() and any(folder.iterdir()) and other:
        raise InputError(
            f"--out {str(folder)!r} exists and is not a {kind.name} of trifit; give another folder"
        )
    if before is not None and not may_exist:
        raise InputError(
            f"--out {str(folder)!r} holds the {kind.name} {before[kind.name]!r}; --resume to "
            "continue it, --force to start again, or give another folder"
        )
    return before


def _check_comparable(
    kind: Kind, folder: Path, before: Mapping[str, Any], now: Mapping[str, Any]
) -> None:
    """Refuse to go on with cells of something else, or made by other cards or versions.

    The texts of a card decide no number, so they may differ.
    """
    before, now = _without_texts(before), _without_texts(now)
    for part in (kind.name, "cards", "code", "versions", "tables"):
        was, wanted = before.get(part, {}), now.get(part, {})
        if was != wanted:
            raise InputError(
                f"--resume: {str(folder)!r} was made with different {part} "
                f"({_difference(was, wanted)}), so its cells are not "
                "comparable; --force to start again, or give another folder"
            )


def _without_texts(made_with: Mapping[str, Any]) -> dict[str, Any]:
    """The same, of each card only what decides numbers."""
    cards = {
        name: {key: value for key, value in card.items() if key not in TEXTS}
        for name, card in made_with.get("cards", {}).items()
    }
    return {**made_with, "cards": cards}


def _difference(before: Any, now: Any) -> str:
    if isinstance(before, dict) and isinstance(now, dict):
        keys = [k for k in {**before, **now} if before.get(k) != now.get(k)]
        return ", ".join(f"{k}: {_difference(before.get(k), now.get(k))}" for k in keys[:3])[:200]
    return f"{before}, now {now}"


def _read(path: Path) -> dict[str, Any] | None:
    if not path.is_file():
        return None
    return read_json(path, dict[str, Any], "is damaged; give another folder")
