"""The real tables of a study: read once, known by the fingerprint of their rows.

The driver reads a table and keeps its rows in the study's folder; every worker opens them
there, once, and checks that they are the rows that were meant. So the numbers of a study
do not depend on where a file lies, and a file that changed is never mixed with what it was.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from trifit.data import BUNDLED, load_dataset
from trifit.errors import InputError
from trifit.files import make_folder, write_whole
from trifit.study.spec import Setting
from trifit.types import Dataset

READING = (
    "target", "drop", "keep", "categorical", "missing", "na_values", "decimal", "thousands",
    "positive", "groups",
)  # fmt: skip
"""Data settings that say how a table is read: arguments of :func:`trifit.load_dataset`."""

KNOWN = ("table", "features", "classes")
"""Data settings that reading a table gives: its fingerprint and its size."""

ARRAYS = ("X", "y", "soft_labels", "groups")
"""What is kept of the rows; the second half may be absent."""

OpenTable = Callable[[str], Dataset]
"""The rows of a table by their fingerprint."""


def fingerprint(dataset: Dataset) -> str:
    """16 hexadecimal digits that say what the rows are: features, labels, groups and names.

    Examples
    --------
    >>> fingerprint(load_dataset("iris")) == fingerprint(load_dataset("iris"))
    True
    """
    digest = sha256(repr((dataset.feature_names, dataset.class_names)).encode())
    for name in ARRAYS:
        values = getattr(dataset, name)
        digest.update(name.encode())
        if values is not None:
            digest.update(repr(values.shape).encode())
            digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()[:16]


class Tables:
    """The tables of a study where it is started: each is read once.

    Parameters
    ----------
    given : iterable of Dataset, optional
        Tables that are in memory; a study names them by their fingerprint.
    """

    def __init__(self, given: Iterable[Dataset] = ()) -> None:
        self._rows = {fingerprint(dataset): dataset for dataset in given}
        self._read: dict[str, str] = {}

    def __call__(self, table: str) -> Dataset:
        """The rows of a fingerprint."""
        return self._rows[table]

    @property
    def rows(self) -> Mapping[str, Dataset]:
        """All that were read, by fingerprint."""
        return self._rows

    def described(self, data: Mapping[str, Setting], folder: str = "") -> dict[str, Setting]:
        """Data settings with what reading the table gives; others as they are.

        A relative path begins in ``folder``, or here.

        Raises
        ------
        InputError
            If the table cannot be read, or has other rows than the settings say.
        """
        if "source" not in data:
            return dict(data)
        given = data.get("table")
        if given in self._rows:
            found = str(given)
        else:
            found = self._fingerprint(data, folder)
        if given not in (None, found):
            raise InputError(
                f"data.source = {data['source']!r}: its rows have the fingerprint {found}, the "
                f"study is about {given}; leave data.table out to take the rows as they are"
            )
        rows = self._rows[found]
        known: dict[str, Setting] = {
            "table": found,
            "features": len(rows.feature_names),
            "classes": rows.n_classes,
        }
        for name in ("features", "classes"):
            if data.get(name, known[name]) != known[name]:
                raise InputError(
                    f"data.{name} = {data[name]!r}: the table {data['source']!r} has "
                    f"{known[name]}; leave it out"
                )
        return {**data, **known}

    def keep(self, folder: Path) -> None:
        """Write the rows of all tables where workers open them."""
        if self._rows:
            make_folder("--out", folder)
        for table, rows in self._rows.items():
            if not _file(folder, table).is_file():
                write_whole(_file(folder, table), _packed(rows))

    def _fingerprint(self, data: Mapping[str, Setting], folder: str) -> str:
        reading: dict[str, Any] = {k: data[k] for k in ("source", *READING) if k in data}
        key = repr(sorted(reading.items()))
        if key not in self._read:
            rows = _read(folder, **reading)
            self._read[key] = fingerprint(rows)
            self._rows.setdefault(self._read[key], rows)
        return self._read[key]


@dataclass(frozen=True)
class Kept:
    """The tables in a study's folder, for its workers.

    Attributes
    ----------
    folder : Path
        Workers that were started elsewhere see it under this path.
    """

    folder: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "folder", self.folder.absolute())

    def __call__(self, table: str) -> Dataset:
        """The rows of a fingerprint, read once in a process.

        Raises
        ------
        InputError
            If they are not there, or are other rows.
        """
        return _opened(self.folder, table)


def check_rows(dataset: Dataset) -> Dataset:
    """Refuse a data set whose rows cannot be drawn at will: with a test set or a time.

    Raises
    ------
    InputError
    """
    if dataset.n_test or dataset.time is not None:
        raise InputError(
            f"data {dataset.name!r} comes with {'a test set' if dataset.n_test else 'a time'}; "
            "training and held-out rows are drawn at random here, so give the rows alone"
        )
    return replace(dataset, true_probs=None)


def _read(folder: str, source: Setting, **reading: Any) -> Dataset:
    if not isinstance(source, str) or source.startswith("sim:"):
        raise InputError(
            f"data.source = {source!r}: expected a file or a bundled data set; simulated rows "
            "come from data.world"
        )
    if source not in BUNDLED and not source.startswith("openml:"):
        path = Path(folder, source)
        if folder and not path.is_file():
            raise InputError(
                f"data.source = {source!r}: no such file in {folder!r}, where paths of the study "
                f"begin, and not a bundled set ({', '.join(BUNDLED)})"
            )
        source = str(path)
    return check_rows(load_dataset(source, **reading))


def _file(folder: Path, table: str) -> Path:
    return folder / f"{table}.npz"


def _packed(rows: Dataset) -> bytes:
    names = ("feature_names", "class_names")
    arrays: dict[str, Any] = {name: getattr(rows, name) for name in (*ARRAYS, *names)}
    arrays = {name: np.array(values) for name, values in arrays.items() if values is not None}
    buffer = BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


@lru_cache(maxsize=8)
def _opened(folder: Path, table: str) -> Dataset:
    path = _file(folder, table)
    try:
        with np.load(path, allow_pickle=False) as found:
            arrays: dict[str, Any] = {name: found[name] for name in ARRAYS if name in found}
            names: dict[str, Any] = {
                name: tuple(found[name].tolist()) for name in ("feature_names", "class_names")
            }
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise InputError(
            f"{path}: the rows of the study's table cannot be read: {error}"
        ) from error
    rows = Dataset(name=table, **arrays, **names)
    if fingerprint(rows) != table:
        raise InputError(f"{path}: it holds other rows than this study's; --force to start again")
    return rows
