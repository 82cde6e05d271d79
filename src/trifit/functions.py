"""Functions by name: ``package.module:function`` or ``path/file.py:function``."""

import importlib
import inspect
import logging
import sys
from collections.abc import Callable, Iterable
from functools import lru_cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from trifit.errors import InputError

LOG = logging.getLogger(__name__)

Builder = Callable[..., Any]
"""A function of ``(X, y, *, n_classes, coords, ...)`` that returns a ``pm.Model``."""

_registered: dict[str, Builder] = {}
"""Functions that were given as such, which need not be importable (notebooks)."""


def register(function: Builder) -> str:
    """The reference by which :func:`function_of` finds a function again in this process."""
    name = getattr(function, "__name__", type(function).__name__)
    reference = f"{getattr(function, '__module__', 'function')}:{name}"
    _registered[reference] = function
    return reference


def function_of(reference: str, what: str) -> Builder:
    """The function of a reference; that of a file as the file is now.

    Raises
    ------
    InputError
        If it cannot be found; ``what`` says what it is for.
    """
    if reference in _registered:
        return _registered[reference]
    location, colon, function = reference.rpartition(":")
    if not colon:
        raise InputError(
            f"{what} {reference!r}: expected package.module:function or path/file.py:function"
        )
    try:
        if location.endswith(".py"):
            path = Path(location).resolve()
            if not path.is_file():
                raise InputError(f"{what} {reference!r}: no such file {location!r}")
            changed = path.stat()
            module = _module_of(path, changed.st_mtime_ns, changed.st_size)
        else:
            module = importlib.import_module(location)
    except InputError:
        raise
    except (Exception, SystemExit) as error:
        raise InputError(
            f"{what} {reference!r} cannot be imported: {type(error).__name__}: {error}"
        ) from error
    found = getattr(module, function, None)
    if not callable(found):
        raise InputError(f"{what} {reference!r}: {location} has no function {function!r}")
    return found  # type: ignore[no-any-return]


def check_named(reference: str, folder: Path, where: str) -> None:
    """Refuse code that a file must not name, and log, before it is imported, what will be run.

    Code that a file names is run with the user's rights, and the user may not know of it: so it
    is in an installed package, or beside the file. What the user names may be anywhere.

    Parameters
    ----------
    reference : str
        A function's, or the path of a card.
    folder : Path
        Of the file.
    where : str
        What the file is, for messages.

    Raises
    ------
    InputError
        If the code is elsewhere.
    """
    location = reference.rpartition(":")[0] if is_reference(reference) else reference
    if location.endswith(".py") or not is_reference(reference):
        if not Path(location).resolve().is_relative_to(folder.resolve()):
            raise InputError(
                f"{where}: {reference!r} is outside the folder of the file that names it; put it "
                "there, or name it yourself with --model"
            )
    elif not _installed(location):
        raise InputError(
            f"{where}: {reference!r} is in no installed package; a file may name functions of "
            "installed packages, and of files beside it (file.py:function)"
        )
    if is_reference(reference):
        log_code(reference, where)


def log_code(reference: str, where: str) -> None:
    """Log that code which is not trifit's own will be run, because a file names it."""
    if not is_own(reference):
        LOG.info("running the code of %s, which %s names", reference.rpartition(":")[0], where)


def is_own(reference: str) -> bool:
    """Whether a function is trifit's own.

    Examples
    --------
    >>> [is_own(text) for text in ("trifit.models:softmax_regression", "trifit.py:build")]
    [True, False]
    """
    location = reference.rpartition(":")[0]
    return location.partition(".")[0] == "trifit" and not location.endswith(".py")


def is_reference(text: str) -> bool:
    """Whether a model's name is that of a function, and not of a card.

    Examples
    --------
    >>> [is_reference(text) for text in ("a.py:build", "softmax", "models/a.toml")]
    [True, False, False]
    """
    return ":" in text and not text.endswith(".toml")


def from_folder(name: str, folder: Path) -> str:
    """A model's name whose file, if it is one, is found from every folder.

    Parameters
    ----------
    name : str
        Of a card, a function, or the path of a card.
    folder : Path
        Where a relative path begins.

    Raises
    ------
    InputError
        If there can be no such file.

    Examples
    --------
    >>> [from_folder(name, Path("/models")) for name in ("softmax", "a.py:build")]
    ['softmax', '/models/a.py:build']
    """
    if "\0" in name:
        raise InputError(f"model {name!r}: a path has no null character")
    location, colon, function = name.rpartition(":") if is_reference(name) else (name, "", "")
    if location.endswith((".py", ".toml")) or "/" in location:
        return f"{(folder / location).resolve()}{colon}{function}"
    return name


def digests(references: Iterable[str]) -> dict[str, str]:
    """Fingerprints of the files that functions are in, by path; none of packages."""
    files = {reference.rpartition(":")[0] for reference in references}
    return {
        file: sha256(Path(file).read_bytes()).hexdigest()[:16]
        for file in sorted(files)
        if file.endswith(".py")
    }


def _installed(module: str) -> bool:
    """Whether a module is found elsewhere than in Python's own library or the working directory."""
    top = module.partition(".")[0]
    try:
        spec = find_spec(top)
    except (ImportError, ValueError):
        return False
    if spec is None or top in sys.stdlib_module_names:
        return False
    places = spec.submodule_search_locations or [spec.origin or ""]
    entries = {Path(place).resolve().parent for place in places}
    elsewhere = {Path(entry).resolve() for entry in sys.path[1:]}  # the first is the script's
    return Path.cwd() not in entries - elsewhere


@lru_cache(maxsize=64)
def _module_of(path: Path, changed: int, size: int) -> ModuleType:
    """The module of a file, run once for every state of the file."""
    module = ModuleType(f"_trifit_file_{sha256(str(path).encode()).hexdigest()[:16]}")
    module.__file__ = str(path)
    # Compiled here: Python's own bytecode cache misses a change within one second.
    exec(compile(path.read_bytes(), path, "exec"), module.__dict__)
    return module


def keywords(builder: Builder) -> set[str]:
    """Hyperparameter names a builder takes."""
    parameters = _parameters(builder)
    return {p.name for p in parameters if p.kind is p.KEYWORD_ONLY} - {"n_classes", "coords"}


def defaults(builder: Builder) -> dict[str, Any]:
    """Hyperparameters of a builder that have a default, and the defaults."""
    names = keywords(builder)
    return {
        p.name: p.default
        for p in _parameters(builder)
        if p.name in names and p.default is not p.empty
    }


def takes(builder: Builder, key: str) -> bool:
    """Whether a builder has a hyperparameter, or takes any."""
    parameters = _parameters(builder)
    return key in keywords(builder) or any(p.kind is p.VAR_KEYWORD for p in parameters)


def _parameters(builder: Builder) -> list[inspect.Parameter]:
    """What a function takes; nothing is known of some that are built in."""
    try:
        return [*inspect.signature(builder).parameters.values()]
    except ValueError:
        return []
