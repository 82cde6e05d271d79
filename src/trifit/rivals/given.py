"""What a user gives as a rival: an estimator, a function that returns one, or a file."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trifit.contestants import BASELINES, CONTESTANTS
from trifit.errors import InputError
from trifit.functions import function_of
from trifit.notes import Note
from trifit.text import repr_of, typed_line
from trifit.types import FloatArray, IntArray

FILE = re.compile(
    r"(?P<file>.+\.(?:csv|tsv|txt|parquet|pq|arrow|feather|ipc|npz))(?::(?P<columns>.+))?", re.I
)
"""A file of predictions, and which of its columns."""


@dataclass(frozen=True, eq=False)
class EstimatorRival:
    """An unfitted estimator with ``fit`` and ``predict_proba``.

    Attributes
    ----------
    name : str
    estimator : object
    """

    name: str
    estimator: Any

    @property
    def text(self) -> str:
        """What it is: its representation."""
        return repr_of(self.estimator)

    @property
    def exact(self) -> str:
        """What it is, enough to tell two runs apart."""
        return self.text


@dataclass(frozen=True, eq=False)
class Content:
    """What a file forecasts.

    Attributes
    ----------
    log_probs : array of shape (n_rows, n_classes)
        Classes in the order of the data.
    rows : array of shape (n_rows,)
        Row numbers of the data.
    taken : str
        What of the file was taken, and as what.
    notes : list of Note
        What was decided for the user.
    digest : str
        SHA-256 of the file, its first 12 digits.
    """

    log_probs: FloatArray
    rows: IntArray
    taken: str
    notes: list[Note]
    digest: str


@dataclass(frozen=True, eq=False)
class FileRival:
    """A file of forecasts.

    Attributes
    ----------
    name : str
    path : Path
    columns : str
        Which columns, or which array; empty where there is no choice.
    content : Content, optional
        None before it was read, see :func:`trifit.rivals.read_rivals`.
    """

    name: str
    path: Path
    columns: str = ""
    content: Content | None = None

    @property
    def text(self) -> str:
        """What it is: the file, and what was taken of it."""
        found = self.content
        return self.path.name if found is None else f"{self.path.name}, {found.taken}"

    @property
    def exact(self) -> str:
        """What it is, enough to tell two runs apart."""
        return self.text if self.content is None else f"{self.text} [{self.content.digest}]"


Rival = EstimatorRival | FileRival


def rivals_of_texts(texts: Sequence[str]) -> tuple[Rival, ...]:
    """The rivals of ``--against``: ``[NAME=]FILE.py:FUNCTION``, ``[NAME=]MODULE:FUNCTION`` or
    ``[NAME=]PREDICTIONS[:COLUMNS]``.

    Raises
    ------
    InputError
        In one line: which one, and what is wrong with it.
    """  # noqa: D205 - the summary is the syntax
    return _checked([_rival_of_text(text) for text in texts])


def rivals_from(given: Mapping[str, Any] | Sequence[Rival]) -> tuple[Rival, ...]:
    """The rivals of ``trifit.compare(against=...)``.

    Parameters
    ----------
    given : mapping of name to estimator, function, path or str
        A str is read as after ``--against NAME=``. Rivals that are ready are left as they are.

    Raises
    ------
    InputError
        In one line: which one, and what is wrong with it.
    """
    if isinstance(given, Sequence) and all(
        isinstance(r, EstimatorRival | FileRival) for r in given
    ):
        return tuple(given)
    if not isinstance(given, Mapping):
        raise InputError(
            f"against: got {type(given).__name__}, expected a dict of names and estimators, e.g. "
            'against={"forest": RandomForestClassifier()}'
        )
    return _checked([_rival(str(name), value) for name, value in given.items()])


def _rival(name: str, given: Any) -> Rival:
    if isinstance(given, str | Path):
        return _of_reference(str(given), name)
    return _estimator(name, given)


def _rival_of_text(text: str) -> Rival:
    name, equals, reference = text.partition("=")
    if not equals:
        return _of_reference(text)
    if not name or not reference:
        raise InputError(
            f"--against {text!r}: expected NAME=FILE.py:FUNCTION or NAME=PREDICTIONS, e.g. "
            "--against forest=rivals.py:forest"
        )
    return _of_reference(reference, name)


def _of_reference(reference: str, name: str | None = None) -> Rival:
    """A file of predictions, or a function that is called."""
    if found := FILE.fullmatch(reference):
        path = Path(found["file"])
        if not path.is_file():
            raise InputError(f"--against {reference!r}: no such file {str(path)!r}")
        return FileRival(name or path.stem, path, found["columns"] or "")
    if ":" not in reference:
        raise InputError(
            f"--against {reference!r}: expected FILE.py:FUNCTION, MODULE:FUNCTION, or a file of "
            "predictions (.csv, .tsv, .parquet, .arrow, .feather or .npz)"
        )
    function = function_of(reference, "--against")
    return _estimator(name or reference.rpartition(":")[2], function)


def _estimator(name: str, given: Any) -> EstimatorRival:
    """An estimator, or what a function (a class) makes of nothing."""
    made = given
    if isinstance(given, type) or (callable(given) and not hasattr(given, "fit")):
        try:
            made = given()
        except Exception as error:
            what = getattr(given, "__name__", type(given).__name__)
            raise InputError(
                f"rival {name!r}: {what}() should return an estimator; it raised "
                f"{typed_line(error)}"
            ) from error
    for method in ("fit", "predict_proba"):
        if not callable(getattr(made, method, None)):
            remedy = (
                "; sklearn.calibration.CalibratedClassifierCV gives it one"
                if method == "predict_proba" and hasattr(made, "fit")
                else ""
            )
            raise InputError(f"rival {name!r}: {type(made).__name__} has no {method}{remedy}")
    return EstimatorRival(name, made)


def _checked(rivals: Sequence[Rival]) -> tuple[Rival, ...]:
    """Rivals whose names are their own."""
    names = [rival.name for rival in rivals]
    for name in names:
        taken = "a fit" if name in CONTESTANTS else "a baseline" if name in BASELINES else ""
        if taken or not name.strip():
            raise InputError(
                f"--against: {name!r} is {taken and 'the name of '}{taken or 'no name'}; give the "
                "rival another: --against NAME=..."
            )
        if names.count(name) > 1:
            raise InputError(
                f"--against: two rivals are called {name!r}; give one another name: "
                "--against NAME=..."
            )
    return tuple(rivals)
