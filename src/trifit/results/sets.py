"""Sets of classes that should contain the label; see :mod:`trifit.conformal`."""

from collections.abc import Iterator

from trifit.results.record import Record
from trifit.scores import Estimate


class SetRecord(Record, frozen=True, kw_only=True):
    """How often sets contained the label, and how large they were.

    ``empty`` is the share of rows whose set is empty.
    """

    n_obs: int
    coverage: Estimate
    size: Estimate
    empty: float


class ContestantSets(Record, frozen=True, kw_only=True):
    """Of all test rows, and of those whose label is one class (with two rows or more)."""

    all_rows: SetRecord
    classes: dict[str, SetRecord]


class Sets(Record, frozen=True, kw_only=True):
    """Sets with a nominal coverage.

    Attributes
    ----------
    level : float
        The coverage that they should have.
    own : dict of ContestantSets
        By contestant: the fewest classes whose probability adds up to the level.
    conformal : dict of ContestantSets
        Split conformal sets from the same probabilities; empty where the test rows are too few
        for the level.
    """

    level: float
    own: dict[str, ContestantSets]
    conformal: dict[str, ContestantSets]

    @property
    def kinds(self) -> dict[str, dict[str, ContestantSets]]:
        """Both, by their names."""
        return {"own": self.own, "conformal": self.conformal}

    def rows(self) -> Iterator[tuple[str, str, ContestantSets]]:
        """Every contestant's sets of each kind: its name, the kind's, the sets."""
        for name in self.own:
            for kind, contestants in self.kinds.items():
                if name in contestants:
                    yield name, kind, contestants[name]
