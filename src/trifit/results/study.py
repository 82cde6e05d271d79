"""What a study found, as plain numbers: its page is drawn from this alone."""

from enum import StrEnum
from typing import Any, Literal

import msgspec

from trifit.notes import Note
from trifit.results import Record


class Outcome(StrEnum):
    """What became of an expectation; the words around it are in :mod:`trifit.words.study`."""

    AS_EXPECTED = "as expected"
    NO_CLEAR_ANSWER = "no clear answer"
    CONTRADICTED = "contradicted"
    NOT_IN_THIS_GRID = "not in this grid"
    """No cell of the grid tests it."""


class Replicated(Record, frozen=True, kw_only=True):
    """A number over replications, with its 95 % interval.

    Attributes
    ----------
    value, low, high : float or None
        None where fewer than two replications gave a number, or a mean is not finite.
    n : int
        Replications that gave one.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int


class Line(Record, frozen=True, kw_only=True):
    """One fit in one panel: ``y`` with its interval at every ``x``."""

    name: str
    panel: str
    x: list[float]
    y: list[Replicated]


class TheoryCurve(Record, frozen=True, kw_only=True):
    """What theory says of one fit in one panel; ``threshold`` is where no MLE exists."""

    name: str
    panel: str
    x: list[float]
    y: list[float]


class Tile(Record, frozen=True, kw_only=True):
    """One point of a phase diagram."""

    panel: str
    x: float
    y: float
    value: Replicated


class Picture(Record, frozen=True, kw_only=True):
    """One figure: lines, or the tiles of a phase diagram (then ``y`` is a setting).

    Attributes
    ----------
    title, x, y : str
        Beginning of the caption, and what the axes say.
    quantity : str
    best : float or None
        Where a fit whose outputs are probabilities is.
    logarithmic : bool
    ends : (float, float) or None
        What lies beyond is drawn at them.
    """

    title: str
    quantity: str
    x: str
    y: str
    best: float | None
    logarithmic: bool
    lines: list[Line]
    tiles: list[Tile]
    curves: list[TheoryCurve]
    ends: tuple[float, float] | None = None

    @property
    def drawn_best(self) -> float | None:
        """``best``, where the axis has a place for it: a logarithmic one has no 0."""
        return None if self.logarithmic and self.best == 0 else self.best


class Tested(Record, frozen=True, kw_only=True):
    """An expectation at one point of the grid.

    Attributes
    ----------
    settings : dict
        Those that vary and that the expectation does not name itself.
    found : Replicated
        The intervals of all points of one expectation hold together with 95 %.
    n_cells : int
        Replications that were asked for.
    wanted : float or None
        The number that was expected; None where only a bound was.
    """

    settings: dict[str, Any]
    found: Replicated
    n_cells: int
    wanted: float | None = None


class Finding(Record, frozen=True, kw_only=True):
    """An expectation and what became of it.

    Attributes
    ----------
    says : str
    outcome : Outcome
    n_points : int
        Points of the grid that it speaks of.
    n_telling : int
        Those with this outcome.
    telling : list of Tested
        The first of them.
    within : float or None
        How far from ``Tested.wanted`` a number may be; None of a claim of another kind.
    """

    says: str
    outcome: Outcome
    n_points: int = 0
    n_telling: int = 0
    telling: list[Tested]
    within: float | None = None


class Numbers(Record, frozen=True, kw_only=True):
    """All quantities of one fit at one point of the grid."""

    settings: dict[str, Any]
    fit: str
    quantities: dict[str, Replicated]


class Failed(Record, frozen=True, kw_only=True):
    """A cell that ended with an error."""

    settings: dict[str, Any]
    error: str


class Posteriors(Record, frozen=True, kw_only=True):
    """How far all posteriors of a study have converged.

    Attributes
    ----------
    n : int
    trusted : float
        Share that pass every check of a posterior.
    rhat : float or None
        The largest of any parameter in any posterior; None where some model's parameters
        can be permuted, so that theirs means nothing.
    prediction_rhat : float
        The largest of any prediction.
    prediction_ess : float
        The least number of effective draws of any prediction.
    """

    n: int
    trusted: float
    rhat: float | None
    prediction_rhat: float
    prediction_ess: float


class RowsNeeded(Record, frozen=True, kw_only=True):
    """How many training rows are enough for one fit's outputs to behave like probabilities.

    Attributes
    ----------
    fit : str
    outcome : str
        ``"from the first"``: at every size; ``"seen"``: from a size within the grid;
        ``"extrapolated"``: from one beyond it; ``"too far"``: the slope at the largest size is
        not yet above one half (below two); ``"levels off"``: it does not clearly approach 1 as
        rows are added; ``"no law"``: the slope of a fit with a temperature is not continued;
        ``"undetermined"``: the held-out rows do not determine slopes.
    smallest, largest : int
        Of the sizes behind the last one with a missing slope.
    rows : float or None
    low, high : float or None
        Its 95 % interval; None: no end is known.
    missing, slopes : int
        Slopes that are missing at all sizes, and their number with these.
    separable : int
        Training sets for which no MLE exists; of the MLE alone.
    separable_up_to : int or None
        The rows of the largest of them.
    """

    fit: str
    outcome: Literal[
        "from the first", "seen", "extrapolated", "too far", "levels off", "no law", "undetermined"
    ]
    smallest: int
    largest: int
    rows: float | None = None
    low: float | None = None
    high: float | None = None
    missing: int = 0
    slopes: int = 0
    separable: int = 0
    separable_up_to: int | None = None


class StudyRecord(Record, frozen=True, kw_only=True):
    """A finished study.

    Attributes
    ----------
    study : dict
        The study as it was run, as plain fields.
    cards : dict
        The model cards it used, by name.
    axes : dict
        The settings that vary, and what they are in words.
    labels : dict
        The quantities that figures and claims are about, in words.
    n_cells : int
    failed : list of Failed
        At most 20 of them.
    n_failed : int
    findings : list of Finding
    pictures : list of Picture
    posteriors : Posteriors or None
    numbers : list of Numbers
    seconds : float
        Computing time of all cells together.
    command : str
    versions : dict
    rows_needed : list of RowsNeeded
        By fit, where the study asks for it.
    unchecked : bool
        Whether the law behind their extrapolation is unchecked for the model: it is for all but
        logistic regressions of two classes, and for priors whose scale every training set chooses.
    signal : Replicated or None
        Of a learning curve whose theory is drawn: the standard deviation of the true log-odds,
        estimated at the largest training sets.
    notes : list of Note
        On how the rows were read, where all are of one table.
    """

    study: dict[str, Any]
    cards: dict[str, Any]
    axes: dict[str, str]
    labels: dict[str, str]
    n_cells: int
    failed: list[Failed]
    n_failed: int
    findings: list[Finding]
    pictures: list[Picture]
    posteriors: Posteriors | None
    numbers: list[Numbers]
    seconds: float
    command: str
    versions: dict[str, str]
    rows_needed: list[RowsNeeded] = msgspec.field(default_factory=list)
    unchecked: bool = False
    signal: Replicated | None = None
    notes: list[Note] = msgspec.field(default_factory=list)

    @property
    def name(self) -> str:
        """Of the study."""
        return str(self.study["name"])
