"""Scores where classes have other shares; see :mod:`trifit.prevalence`."""

from trifit.results.record import Record
from trifit.scores import Estimate, Interval


class CorrectedScores(Record, frozen=True, kw_only=True):
    """One contestant's probabilities, corrected for other class shares and scored there.

    Attributes
    ----------
    log_loss, brier, accuracy : Estimate
        By importance weights.
    uncorrected : Estimate
        Log-loss of its probabilities as they were, with the same weights.
    gain : Estimate
        ``uncorrected - log_loss``, paired by rows: above 0 the correction helps.
    n_impossible : int
        Rows whose label was given probability 0.
    """

    log_loss: Estimate
    brier: Estimate
    accuracy: Estimate
    uncorrected: Estimate
    gain: Estimate
    n_impossible: int


class ShareEstimate(Record, frozen=True, kw_only=True):
    """Class shares of rows without labels, as one contestant's probabilities tell them.

    Attributes
    ----------
    shares : list of Interval
        By class.
    p_value : float or None
        Of the hypothesis that only the class shares differ; None where there is no test.
    """

    shares: list[Interval]
    p_value: float | None


class PrevalenceRecord(Record, frozen=True, kw_only=True):
    """What is expected where classes have other shares.

    Attributes
    ----------
    source : str
        Where the shares are from: ``"given"``, ``"scored rows"``, or the contestant that estimated
        them.
    before, scored, after : list of float
        Class shares under which the probabilities hold, of the scored rows, and those that they
        are corrected for.
    effective_rows : float
        Rows that would do without weights.
    n_unlabelled : int
        Rows without labels.
    estimates : dict of ShareEstimate
        By contestant; empty without such rows.
    contestants : dict of CorrectedScores
    """

    source: str
    before: list[float]
    scored: list[float]
    after: list[float]
    effective_rows: float
    n_unlabelled: int = 0
    estimates: dict[str, ShareEstimate]
    contestants: dict[str, CorrectedScores]
