"""A fitted map for named classes, as a small JSON file."""

import os
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from trifit.files import write_whole
from trifit.inputs import Labels, measure
from trifit.recalibration.beta import Beta
from trifit.recalibration.dirichlet import Dirichlet
from trifit.recalibration.fitting import checked_log_probs
from trifit.recalibration.gain import METHODS
from trifit.recalibration.isotonic import Isotonic
from trifit.recalibration.temperature import Temperature
from trifit.recalibration.vector import Vector
from trifit.tagged import read_tagged
from trifit.types import FloatArray

SCHEMA = "trifit.recalibration/1"

AnyMap = Temperature | Vector | Dirichlet | Isotonic | Beta
"""Every kind of map; its tag ``method`` says in a file which one it is."""


class Recalibration(
    msgspec.Struct, frozen=True, kw_only=True, eq=False, forbid_unknown_fields=True
):
    """A fitted recalibration map, what it is for and what it was made from.

    Attributes
    ----------
    class_names : list of str
        In the order of the columns that :meth:`transform` takes.
    map : Temperature, Vector, Dirichlet, Isotonic or Beta
        Its tag ``method`` in the file is the method's name.
    source : str
        Which forecasts it was fitted to.
    n_obs : int
        Rows that it was fitted to.
    floor : float or None
        Smallest probability of these forecasts, where smaller ones were raised to it;
        ``trifit recalibrate`` does the same to new ones.
    trifit : str
        Version that made it.

    Raises
    ------
    ValueError
        If the map is for another number of classes, or the floor is none.
    """

    schema: str = SCHEMA
    class_names: list[str]
    map: AnyMap
    source: str
    n_obs: int
    floor: float | None = None
    trifit: str

    def __post_init__(self) -> None:
        n = len(self.class_names)
        if len(set(self.class_names)) < n or n < 2:
            raise ValueError("class_names: expected two classes or more, each once")
        if self.floor is not None and not 0 < self.floor < 0.5:
            raise ValueError(f"floor = {self.floor}: expected a small probability, such as 1e-6")
        if self.map.n_classes not in (None, n):
            raise ValueError(f"the map has parameters of {self.map.n_classes} classes, not of {n}")

    @property
    def described(self) -> str:
        """The map in a few words."""
        if isinstance(self.map, Temperature):
            return f"the temperature {self.map.value:.4g}"
        return f"the {type(self.map).__name__.lower()} map"

    def transform(self, log_probs: FloatArray) -> FloatArray:
        """Recalibrated log probabilities, (n_obs, n_classes).

        Parameters
        ----------
        log_probs : array of shape (n_obs, n_classes)
            Log probabilities or logits, classes in the order of ``class_names``.

        Raises
        ------
        ValueError
            On another number of classes, or a value that is not finite.
        """
        n_classes = checked_log_probs(log_probs).shape[1]
        if n_classes != len(self.class_names):
            raise ValueError(
                f"log_probs has {n_classes} classes; the map is for "
                f"{len(self.class_names)}: {', '.join(self.class_names)}"
            )
        return self.map.transform(log_probs)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the map as JSON; :func:`load` reads every number back exactly."""
        text = msgspec.json.encode(self, enc_hook=from_array)
        write_whole(path, msgspec.json.format(text, indent=1) + b"\n")


@measure
def fit(
    log_probs: FloatArray,
    y: Labels,
    *,
    method: str = "temperature",
    class_names: Sequence[str] | None = None,
    source: str = "",
    floor: float | None = None,
) -> Recalibration:
    """Fit a map to rows the classifier has not seen, to be saved and applied to others.

    Parameters
    ----------
    log_probs : array of shape (n_obs, n_classes)
        Log probabilities or logits.
    y : array of shape (n_obs,) or (n_obs, n_classes)
    method : {"temperature", "vector", "dirichlet", "isotonic", "beta"}
    class_names : sequence of str, optional
        Default: "0", "1", ...
    source : str
        What the forecasts are, to be remembered.
    floor : float, optional
        Smallest probability to which smaller ones were raised, to be remembered.

    Raises
    ------
    ValueError
        On bad rows or labels, names that do not fit, or an unknown method.

    Examples
    --------
    >>> rows, y = np.log([[0.99, 0.01]] * 4), np.array([0, 0, 0, 1])
    >>> np.exp(fit(rows, y, class_names=["no", "yes"]).transform(rows[:1])).round(3)
    array([[0.75, 0.25]])
    """
    if method not in METHODS:
        raise ValueError(f"method={method!r}: expected one of {', '.join(METHODS)}")
    n_obs, n_classes = checked_log_probs(log_probs).shape
    return Recalibration(
        class_names=[*map(str, class_names or range(n_classes))],
        map=METHODS[method](log_probs, y),  # type: ignore[arg-type]
        source=source,
        n_obs=n_obs,
        floor=floor,
        trifit=version("trifit"),
    )


def load(path: str | os.PathLike[str]) -> Recalibration:
    """Read a map that :meth:`Recalibration.save` wrote.

    Raises
    ------
    InputError
        If the file is missing, or is not such a map, in one line.
    """
    return read_tagged(
        Path(path),
        Recalibration,
        SCHEMA,
        called=f"map {str(path)!r}",
        otherwise="is not a recalibration map",
        dec_hook=to_array,
    )


def from_array(array: Any) -> Any:
    """An array as JSON has it."""
    return array.tolist()


def to_array(_: type, numbers: Any) -> FloatArray:
    """An array of floats from JSON, refused where it is none."""
    array: FloatArray = np.asarray(numbers, dtype=np.float64)
    if array.ndim == 0 or not np.isfinite(array).all():
        raise ValueError("expected a list of numbers")
    return array
