"""From a study to its cells: settings, keys that do not depend on order, seeds.

A cell's key is a digest of what it computes, so a grid that grows keeps what is
finished. The seed of its data is spawned from the study's by the data's settings and
the replication alone: cells that differ in the model fit the same data sets, and their
differences are paired.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from trifit.errors import InputError
from trifit.seeds import words
from trifit.study.spec import Grid, Setting, Study
from trifit.study.tables import Tables

SIZE = 200
"""Training rows where a study gives no ``n``: those of a simulation."""


RATIOS = (("kappa", "n", "features"), ("rows_per_feature", "features", "n"))
"""Ratios that can be given, of what, and what follows: ``wanted = ratio * given``."""

DERIVED = {"kappa", "rows_per_feature", "prior_ratio"}
"""Settings from which others were worked out."""


class Cell(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One replication at one point of a grid.

    Attributes
    ----------
    measure : str
    data, model : mapping
        All settings, those of the grid included; derived ones are resolved.
    replication : int
    seed : int
        The study's.
    folder : str
        Where a relative path of a card or function begins, for workers that have other working
        directories; empty: here. It decides no number, so it is no part of the key.
    """

    measure: str
    data: dict[str, Setting]
    model: dict[str, Setting]
    replication: int
    seed: int
    folder: str = ""

    @property
    def key(self) -> str:
        """32 hexadecimal digits that say what is computed."""
        content = msgspec.to_builtins(self) | {"data": self._drawn}
        del content["folder"]
        return _digest(content)

    @property
    def _drawn(self) -> dict[str, Setting]:
        """What decides the rows: for a table its fingerprint, not its location."""
        if "table" not in self.data:
            return self.data
        return {name: self.data[name] for name in ("table", "n", "n_test") if name in self.data}

    @property
    def settings(self) -> dict[str, Setting]:
        """Of data and model together."""
        return self.data | self.model

    @property
    def point(self) -> str:
        """What the replications of one point of the grid have in common."""
        return repr(sorted(self.settings.items()))

    def seeds(self) -> tuple[np.random.SeedSequence, np.random.SeedSequence]:
        """Of the data, and of what is done with them.

        Of a table all sizes are drawn alike, so that smaller ones are part of larger ones.
        """
        drawn = self._drawn
        whole = {"table": drawn["table"]} if "table" in drawn else drawn
        data = _words({"data": whole})
        both = _words({"data": drawn}) + _words({"measure": self.measure, "model": self.model})
        return tuple(  # type: ignore[return-value]
            np.random.SeedSequence(self.seed, spawn_key=(self.replication, *words))
            for words in (data, both)
        )


def cells_of(study: Study, tables: Tables | None = None) -> list[Cell]:
    """All cells, each once, in the order of the grid.

    Parameters
    ----------
    study : Study
    tables : Tables, optional
        Where its tables are, or will be, read.

    Raises
    ------
    InputError
        On settings that contradict each other.
    """
    tables = Tables() if tables is None else tables
    cells: dict[str, Cell] = {}
    folder = str(Path(study.folder).absolute())
    for grid in study.grid:
        replications = study.replications if grid.replications is None else grid.replications
        for data, model in _points(grid):
            all_data = resolved(tables.described(study.data | data, study.folder))
            settings = all_data, _with_prior(all_data, study.model | model)
            for replication in range(replications):
                cell = Cell(study.measure, *settings, replication, study.seed, folder)
                cells[cell.key] = cell
    _check_numbers(cells.values())
    return list(cells.values())


def longest_first(cells: Sequence[Cell]) -> list[Cell]:
    """Larger problems first, so that no long cell runs alone at the end."""
    return sorted(cells, key=_size, reverse=True)


def axes_of(study: Study, cells: Sequence[Cell]) -> list[str]:
    """Settings that vary over the points, in the order in which the grids name them."""
    points = list({cell.point: cell.settings for cell in cells}.values())
    named = dict.fromkeys(name for grid in study.grid for name in (*grid.data, *grid.model))
    return [name for name in named if len({repr(p.get(name)) for p in points}) > 1]


def resolved(data: Mapping[str, Setting]) -> dict[str, Setting]:
    """Data settings with ``n`` or ``features`` worked out where a ratio was given.

    Examples
    --------
    >>> resolved({"world": "softmax", "n": 100, "kappa": 0.2})["features"]
    20
    >>> resolved({"world": "softmax", "features": 4, "rows_per_feature": 5})["n"]
    20
    """
    out = dict(data)
    for ratio, given, wanted in RATIOS:
        if ratio not in out:
            continue
        if wanted in out or given not in out:
            raise InputError(
                f"data.{ratio} = {out[ratio]}: give data.{given} with it, and not data.{wanted}, "
                "which follows"
            )
        out[wanted] = max(1, round(number(ratio, out[ratio]) * number(given, out[given])))
    return out


def _with_prior(data: Mapping[str, Setting], model: Mapping[str, Setting]) -> dict[str, Setting]:
    """Model settings with ``prior_scale`` worked out from ``prior_ratio``.

    The right standard deviation of a logistic coefficient is ``signal / sqrt(features)``.
    """
    out = dict(model)
    if "prior_ratio" not in out:
        return out
    right = {"world": ("softmax", data), "card": ("logistic", model), "standardize": (False, model)}
    wrong = [name for name, (value, where) in right.items() if where.get(name) != value]
    if wrong or "prior_scale" in out or not {"signal", "features"} <= data.keys():
        raise InputError(
            f"model.prior_ratio = {out['prior_ratio']}: the right prior is only known for "
            "data.world = 'softmax' with data.signal and data.features given, model.card = "
            "'logistic' and model.standardize = false; model.prior_scale follows from it"
        )
    sd = number("signal", data["signal"]) / np.sqrt(number("features", data["features"]))
    out["prior_scale"] = float(number("prior_ratio", out["prior_ratio"]) * sd)
    return out


def _points(grid: Grid) -> Iterator[tuple[dict[str, Setting], dict[str, Setting]]]:
    names = [*grid.data, *grid.model]
    for values in product(*grid.data.values(), *grid.model.values()):
        point = dict(zip(names, values, strict=True))
        yield {k: point[k] for k in grid.data}, {k: point[k] for k in grid.model}


def number(name: str, value: Setting) -> float:
    """A setting as a number: its place on an axis; of a network's layers the first's width."""
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"setting {name} = {value!r}: expected a number")
    return float(value)


def _check_numbers(cells: Iterable[Cell]) -> None:
    """Refuse 1 beside 1.0: the same number, but another key, other data and another point."""
    written: dict[tuple[str, float], str] = {}
    for cell in cells:
        for name, value in cell.settings.items():
            if isinstance(value, int | float) and not isinstance(value, bool):
                first = written.setdefault((name, float(value)), repr(value))
                if first != repr(value):
                    raise InputError(
                        f"setting {name}: {first} in one place and {value!r} in another; write it "
                        "in one way"
                    )


def _size(cell: Cell) -> float:
    sizes = (cell.data.get(name, 1) for name in ("n", "features"))
    return float(np.prod([v if isinstance(v, int | float) else 1 for v in sizes]))


def _digest(content: Any) -> str:
    return "".join(f"{word:08x}" for word in _words(content))


def _words(content: Any) -> tuple[int, ...]:
    return words(msgspec.json.encode(content, order="sorted"))
