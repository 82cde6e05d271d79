"""Files that a reader never meets half written."""

import os
import platform
import re
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from trifit.errors import InputError

COMPRESSED = (".gz", ".zst", ".bz2", ".xz")
"""Endings of compressed text files."""


TABLES = (".parquet", ".csv")
"""Kinds of tables that are written where the user says."""


def shipped(folder: str, packaged: str) -> Path:
    """Where files that come with trifit are: inside the wheel, else in the checkout."""
    in_wheel = Path(__file__).parent / packaged
    return in_wheel if in_wheel.is_dir() else Path(__file__).parents[2] / folder


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


def check_target(
    option: str,
    path: Path,
    *,
    inputs: Iterable[Path] = (),
    force: bool,
    kinds: Sequence[str] = TABLES,
) -> None:
    """Refuse, before anything is computed, a file that cannot or must not be written.

    Parameters
    ----------
    option : str
        That gave the file, for messages.
    path : Path
    inputs : iterable of Path, optional
        Files that are read.
    force : bool
        Whether a file that exists may be replaced.
    kinds : sequence of str, optional
        Endings of which it has one; default: those of tables.

    Raises
    ------
    InputError
    """
    if path.suffix.lower() not in kinds:
        raise InputError(
            f"{option} {str(path)!r}: expected a file that ends with {' or '.join(kinds)}"
        )
    if path.is_dir() or not path.absolute().parent.is_dir():
        what = "is a folder" if path.is_dir() else f"there is no folder {str(path.parent)!r}"
        raise InputError(f"{option} {str(path)!r}: {what}")
    if path.resolve() in [given.resolve() for given in inputs]:
        raise InputError(f"{option} {str(path)!r} is the input; give another file to write to")
    if path.exists() and not force:
        raise InputError(
            f"{option} {str(path)!r} exists; give another file, or --force to replace it"
        )


def make_folder(option: str, folder: Path) -> None:
    """Make a folder that an option names; fails in one line."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{option} {str(folder)!r} cannot be written: {reason(error)}") from error


def reason(error: OSError) -> str:
    """What the operating system says, whatever library passes it on.

    Examples
    --------
    >>> reason(OSError(28, "Error writing bytes to file. Detail: ..."))
    'No space left on device'
    """
    return os.strerror(error.errno) if error.errno else " ".join(str(error).split())


TEMPORARY = ".trifit-tmp"
"""How the names of what is being written end."""


def temporary_prefix(path: Path) -> str:
    """How the name of what is being written in place of a path begins: with its owner."""
    return f".{path.name}.{os.getpid()}@{platform.node()}."


def abandoned(path: Path) -> list[Path]:
    """What killed processes of this machine were writing in place of a path.

    Their owners are dead for certain: a number that is in use again is taken for theirs.
    """
    owner = re.compile(re.escape(f".{path.name}.") + r"(\d+)@(.*?)\.\w+(\.old)?" + TEMPORARY)
    found = []
    for each in path.parent.glob(f".*{TEMPORARY}"):
        matched = owner.fullmatch(each.name)
        if matched and matched[2] == platform.node() and not _runs(int(matched[1])):
            found.append(each)
    return sorted(found)


def _runs(process: int) -> bool:
    """Whether there is such a process, of whatever user."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


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
            prefix=temporary_prefix(real), suffix=TEMPORARY, dir=real.parent
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
        raise InputError(f"{str(path)!r} cannot be written: {reason(error)}") from error
