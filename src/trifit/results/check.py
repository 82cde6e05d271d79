"""What simulation-based calibration found of a model's posterior, as plain numbers."""

from typing import Any, Literal

from trifit.results.record import Record

Outcome = Literal["no error found", "wrong", "not judged"]

Deviation = Literal["too low", "too high", "too narrow", "too wide", "off"]
"""How a posterior lies about what made the labels; "off": neither shifted nor of another width."""

ALPHA = 0.01
"""Chance that a right posterior is called wrong, by one method, replications fixed beforehand."""

MIN_RANKS = 50
"""Fewest ranks that are judged."""

MIN_SHARE = 0.8
"""Smallest share of replications with ranks that is judged: others left out may be the bad ones."""

MOST_REPLICATIONS = 100_000


class RankedQuantity(Record, frozen=True, kw_only=True):
    """The ranks of one quantity over replications.

    Attributes
    ----------
    name : str
    counts : list of int
        Ranks in equal bins from the lowest to the highest.
    difference : list of float
        ECDF of the ranks minus that of uniform ones, at every rank.
    p_value : float
        Of uniform ranks, by the ECDF at all ranks at once.
    adjusted : float
        The same, adjusted for the number of quantities (Holm).
    chi_square : float
        p-value of the histogram, unadjusted.
    deviation : Deviation
        Which way the ranks lean; says something only where the p-value is small.
    """

    name: str
    counts: list[int]
    difference: list[float]
    p_value: float
    adjusted: float
    chi_square: float
    deviation: Deviation


class CheckedFit(Record, frozen=True, kw_only=True):
    """One method of fitting.

    Attributes
    ----------
    method : str
    outcome : Outcome
    n_ranked : int
        Replications whose fit passed its checks.
    left_out : dict of str to int
        The others, by the status of the fit.
    low, high : list of float
        Simultaneous 95 % band of the ECDF's difference under uniform ranks.
    quantities : list of RankedQuantity
    """

    method: str
    outcome: Outcome
    n_ranked: int
    left_out: dict[str, int]
    low: list[float]
    high: list[float]
    quantities: list[RankedQuantity]

    @property
    def wrong(self) -> list[RankedQuantity]:
        """The quantities whose ranks are not uniform, the clearest first."""
        caught = [q for q in self.quantities if q.adjusted < ALPHA]
        return sorted(caught, key=lambda q: q.p_value)


class Check(Record, frozen=True, kw_only=True):
    """A finished check of a model.

    Attributes
    ----------
    card : dict
        The model card, as plain fields.
    data : str
        Where the features come from.
    n_obs, n_features, n_classes : int
        Size of a simulated data set.
    replications, n_failed : int
    errors : list of str
        Of the replications that ended with one, each once, at most 5.
    n_draws : int
        Thinned draws among which a value has its rank.
    fits : list of CheckedFit
    seed : int
    seconds : float
        Computing time of all replications together.
    command : str
    versions : dict
    """

    card: dict[str, Any]
    data: str
    n_obs: int
    n_features: int
    n_classes: int
    replications: int
    n_failed: int
    errors: list[str]
    n_draws: int
    fits: list[CheckedFit]
    seed: int
    seconds: float
    command: str
    versions: dict[str, str]

    @property
    def name(self) -> str:
        """Of the card."""
        return str(self.card["name"])

    @property
    def wrong(self) -> bool:
        """Whether any method's posterior is wrong."""
        return any(fit.outcome == "wrong" for fit in self.fits)
