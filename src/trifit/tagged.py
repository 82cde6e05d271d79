"""JSON files: written whole, read as a type, and those that say which schema they have."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from trifit.errors import InputError
from trifit.files import write_whole


class _Schema(msgspec.Struct):
    """What tells one version of a file from another."""

    schema: str


def write_json(path: Path, content: Any) -> None:
    """Write plain data or records as JSON that is easy to read."""
    write_whole(path, msgspec.json.format(msgspec.json.encode(content)))


def read_json[Content](path: Path, kind: type[Content], otherwise: str) -> Content:
    """The content of a JSON file that names no schema.

    Parameters
    ----------
    path : Path
    kind : type
        What msgspec decodes it to.
    otherwise : str
        What is said of a file that holds something else, e.g. "is damaged".

    Raises
    ------
    InputError
        If it cannot be read, or holds something else, in one line.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except OSError as error:
        raise InputError(f"{str(path)!r} cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{str(path)!r} {otherwise}: {error}") from error


def read_tagged[Content](
    path: Path,
    kind: type[Content],
    schema: str,
    *,
    called: str,
    otherwise: str,
    remedy: str = "",
    dec_hook: Callable[[type, Any], Any] | None = None,
) -> Content:
    """The content of a JSON file of one schema.

    Parameters
    ----------
    path : Path
    kind : type
        What msgspec decodes it to.
    schema : str
        The one that is read.
    called : str
        What errors call the file.
    otherwise : str
        What is said of a file that holds something else, e.g. "is not a trifit comparison".
    remedy : str
        What to do with a file of another schema.
    dec_hook : callable, optional
        Decodes types that msgspec does not know.

    Raises
    ------
    InputError
        If it cannot be read, has another schema or holds something else, in one line.
    """
    try:
        content = path.read_bytes()
        found = msgspec.json.decode(content, type=_Schema).schema
        if found != schema:
            raise InputError(f"{called} has schema {found!r}; this trifit reads {schema!r}{remedy}")
        return msgspec.json.decode(content, type=kind, dec_hook=dec_hook)
    except OSError as error:
        raise InputError(f"{called} cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{called} {otherwise}: {error}") from error
