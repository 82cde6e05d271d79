"""What the prior said, what the data made of it, and what another prior would have done."""

from typing import Literal

import msgspec

from trifit.results.record import Record
from trifit.scores import Estimate


class PriorGroup(Record, frozen=True, kw_only=True):
    """All entries of one parameter, before and after the data.

    Attributes
    ----------
    parameter : str
    n : int
        Entries.
    prior_sd, posterior_sd : float
        Medians over entries.
    contraction_low, contraction, contraction_high : float
        Smallest, median and largest ``1 - var_posterior / var_prior`` over
        entries: 1 where only the data speak, 0 where only the prior does, below 0
        where the data widened it.
    """

    parameter: str
    n: int
    prior_sd: float
    posterior_sd: float
    contraction_low: float
    contraction: float
    contraction_high: float


class PriorRow(Record, frozen=True, kw_only=True):
    """One coefficient before and after the data, in the model's units.

    Attributes
    ----------
    parameter, feature, label : str
    prior, posterior : five of float
        Quantiles at 2.5, 25, 50, 75 and 97.5 %.
    prior_sd, posterior_sd, contraction : float
    surprise : float
        Posterior mean minus prior mean, in prior standard deviations.
    """

    parameter: str
    feature: str
    label: str = msgspec.field(name="class")
    prior: tuple[float, float, float, float, float]
    posterior: tuple[float, float, float, float, float]
    prior_sd: float
    posterior_sd: float
    contraction: float
    surprise: float


class PriorPosterior(Record, frozen=True, kw_only=True):
    """Prior against posterior of the last training set.

    Attributes
    ----------
    n_prior_draws : int
        Draws behind the prior's quantiles and standard deviations.
    groups : list of PriorGroup
    rows : list of PriorRow
        At most 12 coefficients whose posterior mean is the most posterior
        standard deviations away from the prior mean, most first. Empty for
        networks, whose weights can be permuted.
    """

    n_prior_draws: int
    groups: list[PriorGroup]
    rows: list[PriorRow]


class SensitivityStep(Record, frozen=True, kw_only=True):
    """Held-out log-loss under a prior of another width.

    Attributes
    ----------
    factor : float
        c: the log prior is weighted by ``1 / c**2``, which makes Normal priors c
        times as wide.
    log_loss : float or None
        In nats. None where the draws cannot say (see ``pareto_k``).
    difference : Estimate or None
        To the fit itself, row by row (above 0: worse).
    pareto_k : float or None
        Of the posterior's importance weights, the worst over training sets: above
        0.7 they are not to be trusted. None for refitted MAPs and for the fit itself.
    """

    factor: float
    log_loss: float | None
    difference: Estimate | None
    pareto_k: float | None


class PriorSensitivity(Record, frozen=True, kw_only=True):
    """Held-out log-loss against the prior's width, in multiples of the card's.

    Attributes
    ----------
    n_obs, n_training_sets : int
        Held-out rows behind the numbers, and the training sets they belong to:
        all of the comparison's, or the last one where refitting all would take long.
    map : list of SensitivityStep
        The MAP refitted under priors 1/32 to 32 times as wide.
    bayes : list of SensitivityStep or None
        The posterior's draws reweighted by ``p(theta)**(1 / c**2 - 1)``, Pareto-smoothed,
        for c from 1/2 to 2: with many parameters the weights do not reach far.
        None without a posterior.

    References
    ----------
    Kallioinen et al. (2024), Stat. Comput. 34(57), doi:10.1007/s11222-023-10366-5;
    Vehtari et al. (2024), JMLR 25(72), arXiv:1507.02646
    """

    n_obs: int
    n_training_sets: int
    map: list[SensitivityStep]
    bayes: list[SensitivityStep] | None


class ChosenScale(Record, frozen=True, kw_only=True):
    """A prior scale that a card left to the training rows (``prior_scale = "auto"``).

    Attributes
    ----------
    value : float
        In the units of the model's features.
    low, high : float or None
        95 % interval; None where inner folds chose, ``high`` also where there is no bound.
    by : {"evidence", "inner folds"}
        What chose it.
    """

    value: float
    low: float | None = None
    high: float | None = None
    by: Literal["evidence", "inner folds"] = "evidence"


class PriorRecord(Record, frozen=True, kw_only=True):
    """The prior's part in the fits.

    ``posterior`` is None without a posterior, or where the prior cannot be drawn
    from (flat priors); ``sensitivity`` where the prior's scales are learned from
    the data. ``scales`` has one entry for each training set where the card leaves the
    scale to the data, the last for the fit to all training rows.
    """

    posterior: PriorPosterior | None
    sensitivity: PriorSensitivity | None
    scales: list[ChosenScale] = msgspec.field(default_factory=list)
