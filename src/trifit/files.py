"""Files that a reader never meets half written."""

import os
import tempfile
from pathlib import Path

from trifit.errors import InputError

COMPRESSED = (".gz", ".zst", ".bz2", ".xz")
"""Endings of compressed text files."""


def stem(path: Path) -> str:
    """Name of a file without what kind it is of; "stdin" for ``-``.

    Examples
    --------
    >>> stem(Path("data/train.csv.gz")), stem(Path("v1.2.parquet"))
    ('train', 'v1.2')
    """
    if str(path) == "-":
        return "stdin"
    return Path(path.stem).stem if path.suffix.lower() in COMPRESSED else path.stem


def write_whole(path: str | os.PathLike[str], content: str | bytes) -> None:
    """Write a file whole, or leave what was there: under another name first, then renamed.

    Parameters
    ----------
    path : str or path
        What is no regular file (a pipe, a terminal) is written to directly.
    content : str or bytes
        Text is encoded as UTF-8.

    Raises
    ------
    InputError
        If it cannot be written, in one line.
    """
    path = Path(path)
    data = content.encode() if isinstance(content, str) else content
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(data)
            return
        real = path.resolve()  # a link stays a link
        handle, name = tempfile.mkstemp(
            prefix=f".{real.name}.", suffix=".trifit-tmp", dir=real.parent
        )
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            temporary.chmod(real.stat().st_mode & 0o777 if real.exists() else 0o644)
            os.replace(temporary, real)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"{str(path)!r} cannot be written: {error.strerror or error}") from error
