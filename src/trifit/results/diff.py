"""Two runs compared: differences on the same test rows, and what else changed."""

import math
import operator
import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from trifit.errors import InputError
from trifit.files import write_whole
from trifit.notes import Note
from trifit.results.calibration import Verdict
from trifit.results.record import Record
from trifit.scores import Estimate, Interval
from trifit.text import listing

if TYPE_CHECKING:
    import pandas as pd

DIFF_SCHEMA = "trifit.diff/2"

MEASURES = ("log_loss", "brier", "slope")
"""What is paired, as conditions and columns call it."""

SIGNS = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}

CONDITION = re.compile(
    r"\s*(?P<contestant>.+)\.(?P<measure>\w+)\s*(?P<sign>[<>]=?)\s*"
    r"(?P<bound>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*"
)


class Paired(Record, frozen=True, kw_only=True):
    """One measure of one contestant in two runs.

    Attributes
    ----------
    a, b : Estimate or None
        As the pages of the runs show it; None: not determined (a slope).
    difference : Estimate or None
        ``b - a`` on the same rows, with the standard error of the paired difference. None where
        it is not determined: one slope is not, or the log-loss of one run is infinite.
    """

    a: Estimate | None
    b: Estimate | None
    difference: Estimate | None


class ContestantDiff(Record, frozen=True, kw_only=True):
    """One contestant in two runs, on the same rows.

    Attributes
    ----------
    log_loss, brier : Paired
        Means over rows (log-loss in nats), lower is better: a difference above 0 means that the
        second run is worse.
    slope : Paired
        Calibration slope, 1 is calibrated.
    verdict_a, verdict_b : Verdict
    ruled_out_a, ruled_out_b : int
        Rows whose label this run alone gave probability 0. With one of them, that run's log-loss
        is infinite where the other's is not.
    """

    log_loss: Paired
    brier: Paired
    slope: Paired
    verdict_a: Verdict
    verdict_b: Verdict
    ruled_out_a: int = 0
    ruled_out_b: int = 0

    @property
    def paired(self) -> dict[str, Paired]:
        """By measure."""
        return {"log_loss": self.log_loss, "brier": self.brier, "slope": self.slope}

    @property
    def infinite(self) -> str:
        """The difference of log-losses where it is not finite; else empty."""
        a, b = self.ruled_out_a > 0, self.ruled_out_b > 0
        return {(False, True): "+∞", (True, False): "−∞", (True, True): "∞ − ∞"}.get((a, b), "")

    def interval(self, measure: str) -> Interval | None:
        """The difference with its 95 % interval, infinite where that is; None: undetermined."""
        if measure == "log_loss" and self.infinite in ("+∞", "−∞"):
            value = math.inf if self.infinite == "+∞" else -math.inf
            return Interval(value=value, low=value, high=value)
        found = self.paired[measure].difference
        return None if found is None or math.isnan(found.se) else found


class SettingDiff(Record, frozen=True, kw_only=True):
    """A setting that differs; None where a run does not have it.

    ``topic`` is one of ``data``, ``card``, ``split``, ``fits``, ``settings``, ``versions``.
    """

    topic: str
    name: str
    a: str | None
    b: str | None


class RunName(Record, frozen=True, kw_only=True):
    """Which run it is: its folder as given, its data, and the command that made it."""

    folder: str
    data: str
    command: str


class Condition(Record, frozen=True, kw_only=True):
    """A condition on a difference, such as ``bayes.log_loss > +0.01``.

    Attributes
    ----------
    text : str
        As typed.
    contestant, measure, sign : str
    bound : float
    """

    text: str
    contestant: str
    measure: str
    sign: str
    bound: float

    @classmethod
    def parse(cls, text: str) -> "Condition":
        """Read ``CONTESTANT.MEASURE OP NUMBER``.

        Raises
        ------
        InputError
            If it is none.

        Examples
        --------
        >>> Condition.parse("mle+T.log_loss > +0.01").bound
        0.01
        """
        found = CONDITION.fullmatch(text)
        if found is None or found["measure"] not in MEASURES:
            raise InputError(
                f"condition {text!r}: expected CONTESTANT.MEASURE OP NUMBER, such as "
                f"'bayes.log_loss > +0.01'; measures are {', '.join(MEASURES)}, OP is one of "
                f"{' '.join(SIGNS)}"
            )
        return cls(
            text=text.strip(),
            contestant=found["contestant"],
            measure=found["measure"],
            sign=found["sign"],
            bound=float(found["bound"]),
        )

    def holds(self, interval: Interval) -> bool:
        """Whether the whole interval satisfies the condition."""
        nearest = interval.low if self.sign.startswith(">") else interval.high
        return bool(SIGNS[self.sign](nearest, self.bound))


class Checked(Record, frozen=True, kw_only=True):
    """A condition, the difference with its 95 % interval, and whether all of that satisfies it.

    In JSON an infinite number is null.
    """

    condition: str
    difference: Interval
    met: bool


class RunDiff(Record, frozen=True, kw_only=True):
    """Two runs on the same test rows; every difference is the second minus the first.

    Attributes
    ----------
    a, b : RunName
    n_test : int
        Test rows, which both runs have.
    n_groups : int or None
        Groups of these rows, which errors count in place of rows.
    contestants : dict of ContestantDiff
        Those that both runs have.
    only_a, only_b : list of str
        Contestants that one run has.
    changes : list of SettingDiff
        Data, card, split, settings and versions that differ.
    notes : list of Note
    """

    schema: str = DIFF_SCHEMA
    a: RunName
    b: RunName
    n_test: int
    n_groups: int | None
    contestants: dict[str, ContestantDiff]
    only_a: list[str]
    only_b: list[str]
    changes: list[SettingDiff]
    notes: list[Note]

    def check(self, condition: str | Condition) -> Checked:
        """Whether the whole 95 % interval of a difference satisfies a condition.

        So a condition ``> 0`` holds by chance, where nothing changed, in 2.5 % of all cases.

        Parameters
        ----------
        condition : str or Condition
            ``CONTESTANT.MEASURE OP NUMBER``, for example ``bayes.log_loss > +0.01``. Measures are
            ``log_loss`` (nats per row), ``brier`` and ``slope``.

        Raises
        ------
        InputError
            If it is no condition, a run lacks the contestant, or the difference is not determined.
        """
        asked = Condition.parse(condition) if isinstance(condition, str) else condition
        if asked.contestant not in self.contestants:
            raise InputError(
                f"condition {asked.text!r}: the runs do not both have {asked.contestant!r}; they "
                f"share {listing([*self.contestants])}"
            )
        found = self.contestants[asked.contestant].interval(asked.measure)
        if found is None:
            raise InputError(
                f"condition {asked.text!r}: this difference has no interval: {self._why(asked)}"
            )
        interval = Interval(value=found.value, low=found.low, high=found.high)
        return Checked(condition=asked.text, difference=interval, met=asked.holds(interval))

    def _why(self, asked: Condition) -> str:
        """Why a difference has no interval."""
        contestant = self.contestants[asked.contestant]
        if asked.measure == "log_loss" and contestant.infinite:
            return "both log-losses are infinite, because of different rows; use --floor"
        if contestant.paired[asked.measure].difference is None:
            return "one of the slopes is not determined"
        return "there is only one group of test rows"

    def frame(self) -> "pd.DataFrame":
        """One row per contestant: each measure in both runs and its difference; verdicts."""
        import pandas as pd

        rows: dict[str, Mapping[str, object]] = {}
        for name, contestant in self.contestants.items():
            row: dict[str, object] = {}
            for measure, paired in contestant.paired.items():
                row[f"{measure}_a"] = paired.a and paired.a.value
                row[f"{measure}_b"] = paired.b and paired.b.value
                found = contestant.interval(measure)
                row[f"{measure}_difference"] = found and found.value
                row[f"{measure}_se"] = paired.difference and paired.difference.se
                row[f"{measure}_low"] = found and found.low
                row[f"{measure}_high"] = found and found.high
            row["verdict_a"], row["verdict_b"] = contestant.verdict_a, contestant.verdict_b
            rows[name] = row
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("fit")

    def to_json(self, path: str | os.PathLike[str]) -> None:
        """Write it as JSON."""
        write_whole(path, msgspec.json.format(msgspec.json.encode(self), indent=1) + b"\n")
