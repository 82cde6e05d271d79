"""What was noticed of data and fits, as numbers; the sentences are in :mod:`trifit.words`."""

from trifit.results.record import Record


class WidePrior(Record, frozen=True, kw_only=True):
    """A prior that expects probabilities near 0 and 1.

    Attributes
    ----------
    scale : float
        Of one coefficient.
    n_features : int
    spread : float
        Prior standard deviation of the log-odds of a typical row.
    """

    scale: float
    n_features: int
    spread: float


class ExpectedMle(Record, frozen=True, kw_only=True):
    """What theory expects of an MLE with so many features per row.

    Attributes
    ----------
    n_features, n_obs : int
        Of the first training set.
    inflation : float
        So many times too large its coefficients should be.
    probability, occurs : float
        Of events that it gives this probability so large a share should occur.
    slope : float
        Calibration slope that it should have.
    signal : float
        Standard deviation of the true log-odds, estimated by leaving rows out.
    """

    n_features: int
    n_obs: int
    inflation: float
    probability: float
    occurs: float
    slope: float
    signal: float


class Noticed(Record, frozen=True, kw_only=True):
    """What a reader should know of data and fits.

    Attributes
    ----------
    wide_prior : WidePrior or None
    n_copies : int
        Rows that are copies of other rows; 0 where they are few, or are meant.
    n_unseen : int
        Test rows with a category or value that no training row has.
    log_odds_of : str
        Of two classes, the one whose log-odds all coefficients refer to; empty where each
        class has its own.
    expected_mle : ExpectedMle or None
    """

    wide_prior: WidePrior | None = None
    n_copies: int = 0
    n_unseen: int = 0
    log_odds_of: str = ""
    expected_mle: ExpectedMle | None = None
