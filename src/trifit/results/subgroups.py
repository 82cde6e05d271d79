"""Calibration by subgroup of the judged rows; see :mod:`trifit.subgroups`."""

from trifit.results.calibration import Verdict
from trifit.results.record import Record
from trifit.scores import Estimate

NAMED = 0.05
"""Corrected p-value below which a subgroup is said to differ from the others."""


class SubgroupRecord(Record, frozen=True, kw_only=True):
    """One contestant in one subgroup.

    Attributes
    ----------
    log_loss : Estimate
        In nats.
    n_impossible : int
        Rows whose label was given probability 0.
    slope, slope_pooled : Estimate or None
        Calibration slope of its own rows, and drawn towards that of the others; None where not
        determined.
    bias, bias_pooled : list of Estimate
        Mean probability minus frequency of each class; above 0: forecast too often.
    p_slope, p_bias : float or None
        Of the hypothesis that slope (class frequencies) are off as they are in the other
        subgroups; corrected for all tests of this contestant. None: too few rows, or soft labels.
    verdict : Verdict
        Of its own rows, at levels divided by the number of subgroups, without the test of the
        whole vector.
    """

    log_loss: Estimate
    n_impossible: int
    slope: Estimate | None
    slope_pooled: Estimate | None
    bias: list[Estimate]
    bias_pooled: list[Estimate]
    p_slope: float | None
    p_bias: float | None
    verdict: Verdict

    @property
    def furthest(self) -> int:
        """The class whose bias is shown: the second of two, else the one furthest off."""
        if len(self.bias) == 2:
            return 1
        return max(
            range(len(self.bias)), key=lambda k: abs(self.bias[k].value) / (self.bias[k].se or 1.0)
        )

    @property
    def differs(self) -> list[str]:
        """What differs from the other subgroups: ``"slope"``, ``"bias"``, both or nothing."""
        found = {"slope": self.p_slope, "bias": self.p_bias}
        return [what for what, p in found.items() if p is not None and p < NAMED]


class ContestantBySubgroup(Record, frozen=True, kw_only=True):
    """One contestant in all subgroups of one column.

    Attributes
    ----------
    p_value : float or None
        Of the hypothesis that slope and intercepts are the same in all subgroups; None where
        there is no test.
    df : int
        Its degrees of freedom.
    slope : Estimate or None
        Mean slope of the subgroups.
    spread : float or None
        Standard deviation of the slope between subgroups.
    subgroups : list of SubgroupRecord
    """

    p_value: float | None
    df: int
    slope: Estimate | None
    spread: float | None
    subgroups: list[SubgroupRecord]

    @property
    def tested(self) -> bool:
        """Whether some subgroup was tested against the others."""
        return any(p is not None for s in self.subgroups for p in (s.p_slope, s.p_bias))


class Division(Record, frozen=True, kw_only=True):
    """The judged rows divided by one column.

    Attributes
    ----------
    by : str
        As it was asked for.
    names : list of str
    n_obs : list of int
    n_groups : list of int or None
        Groups of rows that belong together.
    cuts : list of float
        Numbers from which the next range begins.
    contestants : dict of ContestantBySubgroup
    """

    by: str
    names: list[str]
    n_obs: list[int]
    n_groups: list[int] | None
    cuts: list[float]
    contestants: dict[str, ContestantBySubgroup]
