"""What the atlas found, as plain numbers: its page is drawn from this alone."""

import math
from itertools import pairwise
from pathlib import PurePath

from trifit.results import Record, Verdict
from trifit.results.study import Failed

ROWS = (0.0, 1.0, 3.0, 10.0, 30.0, 100.0, math.inf)
"""Ends of the ranges of effective rows per coefficient."""

CLOSE = 0.01
"""Nats per row that the MLE with a temperature may lose against the posterior."""

SLOPE = 0.9
"""A calibration slope of the MLE below this is what the rule of thumb predicts."""

WORTH = 2 / 3
"""Most errors with which the rule of thumb is worth having, relative to those without a rule."""


class OverTables(Record, frozen=True, kw_only=True):
    """A number over tables, with its 95 % interval by a bootstrap of tables.

    Shares of 0 and 1 have Wilson's interval: the bootstrap has none there.

    Attributes
    ----------
    value, low, high : float or None
        None where no table gives a number; no interval of a bootstrap from one table.
    n : int
        Tables.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int


class Outcome(Record, frozen=True, kw_only=True, omit_defaults=True):
    """One fit of one cell on its held-out rows.

    Attributes
    ----------
    verdict : Verdict
    slope : float or None
        Calibration slope; None where the held-out rows determine none.
    log_loss : float or None
        Nats; None where it is infinite.
    trusted : bool
        Whether the fit passes its own checks.
    slope_low, slope_high : float or None
        95 % interval of the slope; None for cells of studies that did not keep it.
    gain : float or None
        Nats per row that a temperature fitted on other held-out rows takes off the log-loss.
    temperature : float or None
        That of ``mle+T``, from the training rows.
    """

    verdict: Verdict
    slope: float | None
    log_loss: float | None
    trusted: bool
    slope_low: float | None = None
    slope_high: float | None = None
    gain: float | None = None
    temperature: float | None = None


class AtlasCell(Record, frozen=True, kw_only=True):
    """One draw of training rows from one table.

    Attributes
    ----------
    table : str
    share : float
        Of the full training set.
    n, replication, classes : int
    effective : float
        Training rows outside the most frequent class, per coefficient.
    exists : bool
        Whether there is an MLE.
    posterior : str
        ``"bayes"`` or ``"laplace"``: which of the outcomes is the posterior.
    outcomes : dict of fit to Outcome
    """

    table: str
    share: float
    n: int
    replication: int
    classes: int
    effective: float
    exists: bool
    posterior: str
    outcomes: dict[str, Outcome]

    def outcome(self, fit: str) -> Outcome | None:
        """That of a fit; ``"posterior"`` is whichever approximation was made."""
        return self.outcomes.get(self.posterior if fit == "posterior" else fit)

    def log_loss(self, fit: str) -> float | None:
        """The log-loss of a fit; None without the fit, or where it is infinite."""
        found = self.outcome(fit)
        return None if found is None else found.log_loss

    def behind(self, fit: str, other: str = "posterior") -> float | None:
        """By how much the log-loss of one fit is above that of another."""
        a, b = self.log_loss(fit), self.log_loss(other)
        return None if a is None or b is None else a - b


class AtlasTable(Record, frozen=True, kw_only=True):
    """One table: where it comes from and what was left out.

    Attributes
    ----------
    name, title, field, origin, shipped_by, licence, licence_from, target : str
    groups : str or None
    left_out : dict of column to reason
    rows, rows_left_out, columns, held_out : int
        Columns after categories are coded.
    class_counts : dict of class to int
        Rows of each class.

    Raises
    ------
    ValueError
        If the name, that of a file beside the page, leads to another folder.
    """

    name: str
    title: str
    field: str
    origin: str
    shipped_by: str
    licence: str
    licence_from: str
    target: str
    groups: str | None
    left_out: dict[str, str]
    rows: int
    rows_left_out: int
    columns: int
    held_out: int
    class_counts: dict[str, int]

    def __post_init__(self) -> None:
        if PurePath(self.name).name != self.name:
            raise ValueError(f"table {self.name!r}: the name must be that of a file")

    @property
    def classes(self) -> int:
        """How many."""
        return len(self.class_counts)


class Behaving(Record, frozen=True, kw_only=True):
    """How often one fit gets each verdict in one part of the cells.

    Attributes
    ----------
    part : str
        In words: a size of the training set, or a range of effective rows per coefficient.
    fit : str
        ``mle``, ``map`` or ``posterior``.
    shares : dict of verdict to OverTables
    """

    part: str
    fit: str
    shares: dict[str, OverTables]


class MedianOverTables(OverTables, frozen=True, kw_only=True):
    """A median over tables with its interval, and the mean beside it.

    Attributes
    ----------
    mean : float or None
        Without an interval: one table may decide it, and then no bootstrap tells how far it is off.
    """

    mean: float | None


class Loss(Record, frozen=True, kw_only=True):
    """What the MLE loses against the posterior where it exists, in nats per row.

    Attributes
    ----------
    part : str
    whole, prior, location, averaging : MedianOverTables
        The means of the last three add up to that of the first; the medians need not.
    largest : str or None
        The table with the largest absolute loss.
    largest_share : float or None
        Its share of the sum of all tables' absolute losses.
    cells : int
    """

    part: str
    whole: MedianOverTables
    prior: MedianOverTables
    location: MedianOverTables
    averaging: MedianOverTables
    largest: str | None
    largest_share: float | None
    cells: int


class RuleOfThumb(Record, frozen=True, kw_only=True):
    """A predictor, known before fitting, of an MLE with a slope below ``SLOPE``, or none.

    Attributes
    ----------
    coefficients : dict of str to float
        Of a logistic regression: ``intercept``, and by feature.
    errors : int
        Cells with a wrong answer, cross-validated over tables.
    base_errors : int
        Those of always giving the more frequent answer of the other tables.
    difference : OverTables
        Of the error rates, the rule's minus the base's. Its interval draws tables with their
        answers: the rule is not fitted anew.
    log_loss, base_log_loss : float
        Per cell; the base gives the share of the other tables.
    cells, tables : int
    worth_it : bool
        Whether there are at most ``WORTH`` times the base's errors.
    """

    coefficients: dict[str, float]
    errors: int
    base_errors: int
    difference: OverTables
    log_loss: float
    base_log_loss: float
    cells: int
    tables: int
    worth_it: bool


class AtlasRecord(Record, frozen=True, kw_only=True):
    """A finished atlas.

    Attributes
    ----------
    card : str
    tables : list of AtlasTable
    cells : list of AtlasCell
    failed : list of Failed
        At most 20 of them.
    n_failed : int
    by_size, by_rows : list of Behaving
        Verdicts by size of the training set, and by effective rows per coefficient.
    losses : list of Loss
        By size, and over all cells.
    one_temperature : dict of part to OverTables
        How often the MLE with a temperature is at most ``CLOSE`` behind the posterior.
    posterior_fails : dict of table to list of str
        Verdicts on the posterior at full size that are failures.
    rule : RuleOfThumb or None
    seed, replications : int
    seconds : float
        Computing time of all cells.
    command : str
    versions : dict
    """

    card: str
    tables: list[AtlasTable]
    cells: list[AtlasCell]
    failed: list[Failed]
    n_failed: int
    by_size: list[Behaving]
    by_rows: list[Behaving]
    losses: list[Loss]
    one_temperature: dict[str, OverTables]
    posterior_fails: dict[str, list[str]]
    rule: RuleOfThumb | None
    seed: int
    replications: int
    seconds: float
    command: str
    versions: dict[str, str]

    def cells_of(self, table: str) -> list[AtlasCell]:
        """The training sets of a table, the largest first."""
        own = [cell for cell in self.cells if cell.table == table]
        return sorted(own, key=lambda c: (-c.n, c.replication))


def range_of(effective: float) -> str:
    """The range of effective rows per coefficient that a number is in, in words.

    Examples
    --------
    >>> range_of(0.5), range_of(4.0), range_of(100.0)
    ('below 1', '3 to 10', '100 and more')
    """
    low, high = next((a, b) for a, b in pairwise(ROWS) if a <= effective < b)
    if low == 0:
        return f"below {high:g}"
    return f"{low:g} to {high:g}" if math.isfinite(high) else f"{low:g} and more"
