"""What a reader should know of data and fits, as numbers."""

from trifit.analyses.parameters import whose_log_odds
from trifit.analyses.theory import expected_mle
from trifit.crossfit.fitted import Fitted
from trifit.duplicates import n_copies
from trifit.results import Noticed
from trifit.results.noticed import WidePrior

WIDE_PRIOR = 10.0
"""Prior standard deviation of log-odds from which it is said: twice that of four standardised
columns with a scale of 2.5."""

MANY_COPIES = 0.01
"""Share of rows that are copies of others from which on it is said."""


def noticed(fitted: Fitted) -> Noticed:
    """What was noticed of data and fits."""
    return Noticed(
        wide_prior=_wide_prior(fitted),
        n_copies=_copies(fitted),
        n_unseen=sum(fold.part.unseen for fold in fitted.folds),
        log_odds_of=whose_log_odds(fitted.density.layout, fitted.problem.dataset.class_names),
        expected_mle=expected_mle(fitted),
    )


def _wide_prior(fitted: Fitted) -> WidePrior | None:
    """What a prior scale, which is that of one coefficient, means with many columns."""
    density, scale = fitted.density, fitted.problem.card.hyperparameters.get("prior_scale")
    if not isinstance(scale, int | float):
        return None
    spread = density.prior_spread(fitted.final.part.train.X)
    if spread is None or spread <= WIDE_PRIOR:
        return None
    n_features = int(fitted.problem.varies.sum())
    return WidePrior(scale=float(scale), n_features=n_features, spread=float(spread))


def _copies(fitted: Fitted) -> int:
    dataset = fitted.problem.dataset
    if dataset.groups is not None or "weights" in dataset.roles:
        return 0  # copies are meant, and groups keep them together
    copies = n_copies(dataset.X, dataset.labels)
    return copies if copies > MANY_COPIES * dataset.n_obs else 0
