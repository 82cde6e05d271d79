"""Study files: one TOML = one question asked of a grid of simulated comparisons."""

import itertools
import math
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from trifit.cards import NAME, is_path
from trifit.errors import InputError
from trifit.files import shipped
from trifit.functions import check_named, from_folder, is_reference
from trifit.study.quantities import QUANTITIES

MAX_CELLS = 1_000_000
"""Most cells of one grid."""

Setting = bool | int | float | str | list[int | str]


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of a study file; unknown keys are refused."""


class Grid(_Part, frozen=True, kw_only=True):
    """A product of settings, each with a list of values.

    Attributes
    ----------
    data, model : mapping of setting to values
    replications : int, optional
        Cells per point; default: the study's.
    """

    data: dict[str, list[Setting]] = {}
    model: dict[str, list[Setting]] = {}
    replications: int | None = None

    def __post_init__(self) -> None:
        twice = set(self.data) & set(self.model)
        if twice:
            raise ValueError(f"{min(twice)!r} is both a data and a model setting")
        for name, values in (self.data | self.model).items():
            if not values:
                raise ValueError(f"{name} has no values")


class Quick(_Part, frozen=True, kw_only=True):
    """The smaller grid of ``--quick``, with what else makes it quick."""

    grid: list[Grid]
    replications: int = 3
    data: dict[str, Setting] = {}
    model: dict[str, Setting] = {}


class Figure(_Part, frozen=True, kw_only=True):
    """What is drawn over the grid.

    Attributes
    ----------
    quantity : str
        One of :data:`trifit.study.quantities.QUANTITIES`.
    x : str
        The setting on the horizontal axis.
    y : str, optional
        A second setting on the vertical axis: a phase diagram, one panel per fit.
    fits : sequence of str
        In the order of the legend.
    minus : str, optional
        Differences from this fit, replication by replication.
    panels : str, optional
        A setting that has a panel for each of its values.
    where : mapping
        Only points with these settings: a value, or a list of values.
    theory : bool
        Draw the limit theory's curves too.
    threshold : bool
        Of a phase diagram: draw where the MLE ceases to exist.
    title : str
        What is shown, as the beginning of the caption.
    """

    quantity: str
    x: str
    title: str
    y: str | None = None
    fits: list[str] = []
    minus: str | None = None
    panels: str | None = None
    where: dict[str, Any] = {}
    theory: bool = False
    threshold: bool = False

    def __post_init__(self) -> None:
        if self.y is None and self.threshold:
            raise ValueError(f"figure {self.title!r}: threshold needs y")
        if self.y is not None and (self.panels or self.theory):
            raise ValueError(f"figure {self.title!r}: y excludes panels and theory")


class Claim(_Part, frozen=True, kw_only=True):
    """A finding that is expected, and what would contradict it.

    Judged at every point of the grid that agrees with ``where``, by intervals over
    replications that hold together (Bonferroni).

    Attributes
    ----------
    says : str
    quantity, fit : str
    minus : str, optional
        The difference from this fit, replication by replication.
    where : mapping
        A setting to a value, or to a list of values.
    above, below : float, optional
        The whole interval lies above (below) this.
    equals : float or "theory", optional
        The whole interval lies within a distance of this (theory's value there).
    within : float, optional
        That distance. Without one, "no difference seen" would be had for nothing, by
        few replications.
    """

    says: str
    quantity: str
    fit: str = ""
    minus: str | None = None
    where: dict[str, Any] = {}
    above: float | None = None
    below: float | None = None
    equals: float | Literal["theory"] | None = None
    within: float | None = None

    def __post_init__(self) -> None:
        if sum(v is not None for v in (self.above, self.below, self.equals)) != 1:
            raise ValueError(f"claim {self.says!r}: give one of above, below and equals")
        if (self.equals is None) != (self.within is None):
            raise ValueError(f"claim {self.says!r}: equals and within belong together")
        numbers = {"above": self.above, "below": self.below, "equals": self.equals}
        for name, value in (numbers | {"within": self.within}).items():
            if isinstance(value, float) and not math.isfinite(value):
                raise ValueError(f"claim {self.says!r}: {name} = {value}; expected a number")
        if self.within is not None and self.within <= 0:
            raise ValueError(f"claim {self.says!r}: within = {self.within}; expected above 0")


class Study(_Part, frozen=True, kw_only=True):
    """A question, the grid that answers it, and the finding that is expected.

    Attributes
    ----------
    name, question, expects : str
    measure : {"fits", "existence", "calibration-tests"}
        What is done in a cell; see :mod:`trifit.study.measures`.
    seed : int
        Every cell's own seed is spawned from it.
    replications : int
        Cells per point of the grid.
    summary : {"mean", "median"}
        Replicated replications.
    data : mapping
        Settings of every cell's data: ``world``, ``n``, ``n_test``, ``shift``, ``severity``, the
        world's parameters, and ``rows_per_feature`` or ``kappa`` (features per row),
        from which ``n`` or ``features`` follow.
    model : mapping
        ``card``, overrides of the card's settings, ``methods``, ``nuts``, and
        ``prior_ratio``: the prior's standard deviation as a multiple of the right one.
    grid : list of Grid
        Their union is the study.
    quick : Quick
    figures : list of Figure
    claims : list of Claim
    references : list of str
    rows_needed : bool
        Whether the page says how many training rows are enough for every fit; only
        ``n`` may then vary.
    over_tables : bool
        Whether its findings are over many tables, so that one replication of each will do.
    is_quick : bool
        Whether this is the quick grid of another.
    folder : str
        Where relative paths of cards, functions and tables begin: the folder of the study's file;
        empty: here.
    """

    name: str
    question: str
    expects: str
    measure: Literal["fits", "existence", "calibration-tests"] = "fits"
    seed: int = 1
    replications: int = 20
    summary: Literal["mean", "median"] = "mean"
    data: dict[str, Setting] = {}
    model: dict[str, Setting] = {}
    grid: list[Grid]
    quick: Quick
    figures: list[Figure] = []
    claims: list[Claim] = []
    references: list[str] = []
    rows_needed: bool = False
    over_tables: bool = False
    is_quick: bool = False
    folder: str = ""

    def __post_init__(self) -> None:
        self._check_names()
        least = 1 if self.over_tables else 6 if self.summary == "median" else 2
        for where, grids, replications in (
            ("grid", self.grid, self.replications),
            ("quick.grid", self.quick.grid, self.quick.replications),
        ):
            if not grids:
                raise ValueError(f"{where} is empty: give at least one [[{where}]]")
            for grid in grids:
                given = replications if grid.replications is None else grid.replications
                if given < least:
                    raise ValueError(
                        f"{where}: {given} replications; an interval of a {self.summary} needs at "
                        f"least {least}"
                    )
                n_cells = given * math.prod(map(len, (grid.data | grid.model).values()))
                if n_cells > MAX_CELLS:
                    raise ValueError(f"{where}: {n_cells:,} cells; expected at most {MAX_CELLS:,}")
        if not 0 <= self.seed < 2**63:
            raise ValueError(f"seed = {self.seed}: expected at least 0, below 2**63")
        if not NAME.fullmatch(self.name) or not self.name.isprintable():
            raise ValueError(f"name = {self.name[:60]!r}: expected a name without slashes")

    def _check_names(self) -> None:
        """Refuse settings that no grid has, and unknown quantities."""
        for what, named in self._names():
            unknown = [name for name in named if name not in self._settings()]
            if unknown:
                raise ValueError(
                    f"{what}: no setting {unknown[0]!r}; there are {', '.join(self._settings())}"
                )
        asked = [(f.title, f.quantity) for f in self.figures]
        for what, quantity in (*asked, *((c.says, c.quantity) for c in self.claims)):
            if quantity not in QUANTITIES:
                raise ValueError(
                    f"{what!r}: no quantity {quantity!r}; there are {', '.join(QUANTITIES)}"
                )

    def _settings(self) -> list[str]:
        """Names of all settings of both grids, and of what follows from them."""
        names = dict.fromkeys((*self.data, *self.model, *self.quick.data, *self.quick.model))
        for grid in (*self.grid, *self.quick.grid):
            names |= dict.fromkeys((*grid.data, *grid.model))
        follows = {"kappa": "features", "rows_per_feature": "n", "prior_ratio": "prior_scale"}
        return [*names, *(follows[name] for name in names if name in follows)]

    def _names(self) -> list[tuple[str, list[str]]]:
        """The settings that figures and claims speak of."""
        if self.is_quick:  # known of the whole study
            return []
        drawn = [
            (f"figure {f.title!r}", [f.x, *filter(None, (f.y, f.panels)), *f.where])
            for f in self.figures
        ]
        return drawn + [(f"claim {c.says!r}", list(c.where)) for c in self.claims]

    @property
    def cards(self) -> list[Setting]:
        """Every card that a cell may have."""
        grids = [grid.model.get("card", []) for grid in (*self.grid, *self.quick.grid)]
        fixed = [part["card"] for part in (self.model, self.quick.model) if "card" in part]
        return [*fixed, *itertools.chain.from_iterable(grids)]

    def quickly(self) -> "Study":
        """The study on its quick grid."""
        return msgspec.structs.replace(
            self,
            is_quick=True,
            grid=self.quick.grid,
            replications=self.quick.replications,
            data=self.data | self.quick.data,
            model=self.model | self.quick.model,
        )


def study_names() -> list[str]:
    """Names of the shipped studies."""
    return sorted(path.stem for path in studies_folder().glob("*.toml"))


def studies_folder() -> Path:
    """Where the shipped studies are."""
    return shipped("studies", "_studies")


def load_study(study: str | Path) -> Study:
    """A shipped study by name, or any study file by path.

    Raises
    ------
    InputError
        If there is no such file, or it is not a valid one (naming the key).

    Examples
    --------
    >>> load_study("separation").measure
    'existence'
    """
    text = str(study)
    named = not (text.endswith(".toml") or "/" in text)
    path = studies_folder() / f"{text}.toml" if named else Path(text)
    if not path.is_file():
        raise InputError(
            f"study {text!r}: no such study; shipped are {', '.join(study_names())}, "
            "or give the path of a TOML file"
        )
    try:
        fields: Mapping[str, Any] = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"study {text!r} is not valid TOML: {error}") from error
    folder = path.parent.absolute()
    read = study_of({"name": path.stem} | dict(fields) | {"folder": str(folder)}, f"study {text!r}")
    for card in map(str, read.cards):
        if is_reference(card) or is_path(card):
            _check_file(from_folder(card, folder), folder, f"study {text!r}")
    return read


def _check_file(card: str, folder: Path, where: str) -> None:
    """Refuse a card or function that a study must not name, or whose file is not there."""
    check_named(card, folder, where)
    file = card.rpartition(":")[0] if is_reference(card) else card
    if file.endswith((".py", ".toml")) and not Path(file).is_file():
        raise InputError(f"{where}: no such file {file!r}; paths of a study begin at its folder")


def study_of(fields: Mapping[str, Any], where: str) -> Study:
    """A study from plain fields; ``where`` begins the message if it is none."""
    try:
        return msgspec.convert(fields, Study)
    except msgspec.ValidationError as error:
        raise InputError(f"{where}: {error}") from error
