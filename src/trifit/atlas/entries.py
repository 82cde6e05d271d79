"""The tables of the atlas: one TOML file each, and a Parquet file with a checksum."""

import tomllib
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from shlex import quote

import msgspec

from trifit.data import load_dataset
from trifit.errors import InputError
from trifit.study.tables import check_rows
from trifit.types import Dataset


class Built(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What ``tools/atlas_tables.py`` found when it wrote the Parquet file.

    Attributes
    ----------
    rows, columns : int
        Of the file; columns are features, before categories are coded.
    rows_left_out : int
        Without a class, or of a class that is too rare.
    sha256 : str
        Of the file.
    """

    rows: int
    columns: int
    rows_left_out: int
    sha256: str


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One table of the atlas.

    Attributes
    ----------
    name : str
        That of its file.
    title, field : str
        What is classified, and the subject it belongs to.
    package, item : str
        Who made the table available, and under which name.
    shipped_by : str
        The Python package, with its version, that it was read from.
    licence, licence_from : str
        Under which copies may be passed on, and where that is said.
    target : str
    groups : str, optional
        Column whose equal values are rows that belong together.
    categorical : list of str
        Columns of numbers that are codes of categories.
    left_out : mapping of column to reason
    table : Built, optional
        None before the table was built.
    """

    name: str
    title: str
    field: str
    package: str
    item: str
    shipped_by: str
    licence: str
    licence_from: str
    target: str
    groups: str | None = None
    categorical: list[str] = []
    left_out: dict[str, str] = {}
    table: Built | None = None

    @property
    def origin(self) -> str:
        """Package and item."""
        return f"{self.package}: {self.item}"


def atlas_folder() -> Path:
    """The checkout's ``atlas/``; a wheel has none, as tables have licences of their own."""
    return Path(__file__).parents[3] / "atlas"


def load_entries(folder: Path | None = None, names: Sequence[str] = ()) -> list[Entry]:
    """The tables of an atlas, by name.

    Parameters
    ----------
    folder : Path, optional
        With a TOML file for every table; default: the checkout's.
    names : sequence of str
        Only these tables.

    Raises
    ------
    InputError
        If a table is not there, or its file is not valid.
    """
    remedy = how_to_list(folder)
    folder = atlas_folder() if folder is None else folder
    paths = {path.stem: path for path in sorted(folder.glob("*.toml"))}
    if not paths:
        raise InputError(
            f"atlas {str(folder)!r}: no tables there; the atlas comes with the repository, not "
            "with the wheel: give --folder, the atlas/ of a checkout, or a folder of your own"
        )
    for name in names:
        if name not in paths:
            raise InputError(f"table {name!r} is not in the atlas; {remedy} names all")
    return [load_entry(paths[name]) for name in (dict.fromkeys(names) or paths)]


def how_to_list(folder: Path | None) -> str:
    """The command that lists the tables of an atlas; of the checkout's without a folder."""
    return "trifit atlas --list" + (f" --folder {quote(str(folder))}" if folder else "")


def load_entry(path: Path) -> Entry:
    """One table's file.

    Raises
    ------
    InputError
        If it is not valid, naming the key.
    """
    try:
        fields = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        return msgspec.convert({"name": path.stem} | fields, Entry)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise InputError(f"atlas {str(path)!r}: {error}") from error


def table_path(entry: Entry, folder: Path) -> Path:
    """The Parquet file of a table."""
    return folder / "tables" / f"{entry.name}.parquet"


def open_entry(entry: Entry, folder: Path) -> Dataset:
    """The rows of a table, after a look at the checksum of its file.

    Parameters
    ----------
    entry : Entry
    folder : Path
        Of the atlas.

    Raises
    ------
    InputError
        If the file is missing or another one, or cannot be read as the entry says.
    """
    path = table_path(entry, folder)
    if entry.table is None or not path.is_file():
        raise InputError(
            f"{path}: no such file, or {entry.name}.toml has no checksum of it; "
            "tools/atlas_tables.py writes both"
        )
    if sha256(path.read_bytes()).hexdigest() != entry.table.sha256:
        raise InputError(f"{path}: its checksum is not that in {entry.name}.toml; restore the file")
    dataset = load_dataset(
        path,
        entry.target,
        groups=entry.groups,
        categorical=entry.categorical,
        missing="impute",
    )
    return check_rows(replace(dataset, name=entry.name, source=entry.name))
