"""What is asked of decisions: costs by action and class, a range of thresholds."""

import math
import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from trifit.errors import InputError
from trifit.text import listing, one_line
from trifit.types import FloatArray

N_THRESHOLDS = 46
"""Thresholds of a curve: 0.05, 0.06, ..., 0.50 for 0.05:0.5."""

EXAMPLE = "[costs.treat] with ill = 10, healthy = 4 under it"


class Costs(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What every action costs in every class; a cost below 0 is a gain.

    Attributes
    ----------
    costs : dict of str to dict of str to float
        By action, then by class.
    unit : str
        What costs are counted in, e.g. "euro"; empty: not said.
    """

    costs: dict[str, dict[str, float]]
    unit: str = ""

    @classmethod
    def of(cls, given: Any) -> "Costs | None":
        """The costs of a TOML file (its path), or of a mapping of action to class to cost.

        Raises
        ------
        InputError
            In one line: which action and class, and what is wrong with it.
        """
        if given is None or isinstance(given, cls):
            return given
        if isinstance(given, str | os.PathLike):
            return _read(Path(given))
        return _costs("costs", given)

    @property
    def actions(self) -> tuple[str, ...]:
        """Names of the actions, in the order they were given."""
        return tuple(self.costs)

    def matrix(self, class_names: Sequence[str]) -> FloatArray:
        """Costs by action and class, (n_actions, n_classes).

        Raises
        ------
        InputError
            If an action has no cost for a class, or one for a class that is not there.
        """
        for action, costs in self.costs.items():
            for name in costs:
                if name not in class_names:
                    raise InputError(
                        f"costs of {action!r}: {name!r} is no class; the classes are "
                        f"{listing(class_names)}"
                    )
            for name in class_names:
                if name not in costs:
                    raise InputError(
                        f"costs of {action!r}: class {name!r} is missing; give its cost"
                    )
        return np.array([[costs[name] for name in class_names] for costs in self.costs.values()])


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """A range of probabilities from which a case is treated.

    Attributes
    ----------
    low, high : float
        Between 0 and 1.
    positive : str or None
        The class that is treated; None: of two classes the second.
    """

    low: float
    high: float
    positive: str | None = None

    def __post_init__(self) -> None:
        if not 0 < self.low < self.high < 1:
            raise InputError(
                f"thresholds {self.low:g}:{self.high:g}: expected LOW:HIGH with "
                "0 < LOW < HIGH < 1, e.g. 0.05:0.5"
            )

    @classmethod
    def of(cls, given: Any) -> "Thresholds | None":
        """The thresholds of a text ``[CLASS=]LOW:HIGH``, or of a pair of numbers.

        Examples
        --------
        >>> Thresholds.of("ill=0.05:0.5").positive, Thresholds.of((0.1, 0.2)).high
        ('ill', 0.2)
        """
        if given is None or isinstance(given, cls):
            return given
        positive, equals, ends = (
            str(given).rpartition("=")
            if isinstance(given, str)
            else ("", "", ":".join(map(str, np.ravel(given).tolist())))
        )
        try:
            low, high = map(float, ends.split(":"))
        except ValueError:
            raise InputError(
                f"thresholds {given!r}: expected [CLASS=]LOW:HIGH, e.g. 0.05:0.5"
            ) from None
        return cls(low=low, high=high, positive=positive if equals else None)

    @property
    def grid(self) -> FloatArray:
        """Evenly spaced thresholds, both ends included."""
        return np.linspace(self.low, self.high, N_THRESHOLDS).round(12)

    def positive_of(self, class_names: Sequence[str]) -> int:
        """Code of the class that is treated.

        Raises
        ------
        InputError
            If it is not there, or is not named where there are more than two classes.
        """
        text = f"{self.low:g}:{self.high:g}"
        if self.positive is None:
            if len(class_names) > 2:
                raise InputError(
                    f"thresholds {text}: with {len(class_names)} classes say which one is treated "
                    f"({class_names[-1]}={text}), the others are then one class; or give costs"
                )
            return 1
        if self.positive not in class_names:
            raise InputError(
                f"thresholds {self.positive}={text}: {self.positive!r} is no class; the classes "
                f"are {listing(class_names)}"
            )
        return list(class_names).index(self.positive)


def _read(path: Path) -> Costs:
    called = f"costs {str(path)!r}"
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{called}: no such file") from None
    except OSError as error:
        raise InputError(f"{called} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{called} is not TOML: {one_line(error)}") from error
    for key in content:
        if key not in ("unit", "costs"):
            raise InputError(
                f"{called}: {key!r} is not known; expected unit and a table per action: {EXAMPLE}"
            )
    unit = content.get("unit", "")
    if not isinstance(unit, str):
        raise InputError(f'{called}: unit = {unit!r}; expected a text, e.g. "euro"')
    return _costs(called, content.get("costs"), unit)


def _costs(called: str, given: Any, unit: str = "") -> Costs:
    if not isinstance(given, Mapping) or not all(isinstance(c, Mapping) for c in given.values()):
        raise InputError(f"{called}: expected costs by action, then by class: {EXAMPLE}")
    if len(given) < 2:
        raise InputError(
            f"{called}: {len(given)} action ({listing(list(given)) or 'none'}); a decision needs "
            "two or more"
        )
    table = {
        str(action): {
            str(name): _number(f"{called}: {action!r}, class {str(name)!r}", cost)
            for name, cost in costs.items()
        }
        for action, costs in given.items()
    }
    return Costs(costs=table, unit=unit)


def _number(called: str, cost: Any) -> float:
    number = not isinstance(cost, bool | str) and np.ndim(cost) == 0
    try:
        value = float(cost) if number else math.nan
    except (TypeError, ValueError):
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"{called}: cost {cost!r}; expected a finite number (below 0: a gain)")
    return value
