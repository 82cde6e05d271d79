"""Members of an ensemble, or draws of a posterior, and their average."""

from trifit.results.record import Record
from trifit.scores import Estimate


class Spread(Record, frozen=True, kw_only=True):
    """Log-losses of single members, in nats per row."""

    lowest: float
    median: float
    highest: float


class MemberLoss(Record, frozen=True, kw_only=True):
    """Expected log-loss of the average of so many random members, in nats per row."""

    n_members: int
    log_loss: float


class Ensemble(Record, frozen=True, kw_only=True):
    """What averaging members brings, and what more of them would.

    Attributes
    ----------
    n_members : int
    n_ruling_out : int
        Members that gave probability 0 to some label: their log-loss is infinite.
    members : Spread or None
        None where a member's log-loss is infinite.
    averaging : Estimate or None
        Log-loss of the mean member less that of the average of probabilities, paired by rows:
        what averaging gains. None where it is infinite.
    total_entropy, expected_entropy, mutual_information : Estimate
        Nats per row. The entropy of the average is the mean of the members' own (chance) and
        what they disagree by (ignorance).
    curve : list of MemberLoss
        From one member to all, doubling; empty where it cannot be told.
    doubled, unlimited : Estimate or None
        What twice as many members, and infinitely many, would bring; see
        :mod:`trifit.ensemble`. None with fewer than 4 members, or where one is infinitely wrong.
    """

    n_members: int
    n_ruling_out: int
    members: Spread | None
    averaging: Estimate | None
    total_entropy: Estimate
    expected_entropy: Estimate
    mutual_information: Estimate
    curve: list[MemberLoss]
    doubled: Estimate | None
    unlimited: Estimate | None
