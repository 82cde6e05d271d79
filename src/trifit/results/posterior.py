"""What only a posterior has: two kinds of entropy, leave-one-out, chains to be trusted."""

import msgspec

from trifit.results.record import Record
from trifit.scores import Estimate


class Loo(Record, frozen=True, kw_only=True):
    """PSIS-LOO of the posterior on its training rows, in nats; higher is better.

    Attributes
    ----------
    elpd : Estimate
        Sum over rows.
    p : float
        Effective number of parameters: how much worse than in-sample.
    n_obs : int
    n_high_k : int
        Rows whose Pareto k is above ``k_limit``: their share is not reliable.
    k_limit : float
        ``min(1 - 1 / log10(n_draws), 0.7)``.
    k_max : float or None
        None where it is infinite: a row on which the draws agree to the last digit.
    """

    elpd: Estimate
    p: float
    n_obs: int
    n_high_k: int
    k_limit: float
    k_max: float | None


class Draws(Record, frozen=True, kw_only=True):
    """One number over single draws of the posterior (5 %, 50 %, 95 %), and averaged first."""

    low: float | None
    median: float | None
    high: float | None
    averaged: float | None


class ParameterError(Record, frozen=True, kw_only=True):
    """How far the Laplace posterior's parameters are from NUTS's, worst and median.

    Attributes
    ----------
    mean_worst, mean_median : float
        ``|mean_laplace - mean_nuts| / sd_nuts``.
    mean_mcse : float
        NUTS's own Monte Carlo error of a mean, in the same units, at its worst.
    sd_worst, sd_median : float
        ``sd_laplace / sd_nuts``; the worst is furthest from 1 as a ratio.
    sd_mcse : float
        NUTS's own Monte Carlo error of an sd, as a share of it, at its worst.
    worst : str
        The parameter of ``mean_worst``.
    """

    mean_worst: float
    mean_median: float
    mean_mcse: float
    sd_worst: float
    sd_median: float
    sd_mcse: float
    worst: str


class LaplaceError(Record, frozen=True, kw_only=True):
    """How far the Laplace posterior is from NUTS's.

    Attributes
    ----------
    parameters : ParameterError or None
        Of the fit behind the parameters; None where they are not identified.
    probs_mean, probs_worst : float
        Total-variation distance (0 to 1) of the predicted probabilities over held-out
        rows: half the sum over classes of ``|p_laplace - p_nuts|``.
    probs_mcse : float
        NUTS's own Monte Carlo error of that mean: half the mean distance between the
        predictions of either half of its chains.
    """

    parameters: ParameterError | None
    probs_mean: float
    probs_worst: float
    probs_mcse: float


class PosteriorRecord(Record, frozen=True, kw_only=True):
    """What only a posterior can say.

    Attributes
    ----------
    entropy, aleatoric, epistemic : float
        Means over held-out rows, in nats: the entropy of the predictions is the
        mean entropy of single draws plus what the draws disagree about.
    epistemic_right, epistemic_wrong : float or None
        Epistemic part where the most probable class was right, and where not.
    n_draws : int
        Draws behind ``draws``, evenly spaced.
    draws : dict
        ``log_loss``, ``confidence`` and ``slope`` of single draws.
    loo : Loo or None
        None above 20,000 training rows.
    """

    entropy: float
    aleatoric: float
    epistemic: float
    epistemic_right: float | None
    epistemic_wrong: float | None
    n_draws: int
    draws: dict[str, Draws]
    loo: Loo | None


class Chain(Record, frozen=True, kw_only=True):
    """How one chain of NUTS moved.

    Attributes
    ----------
    bfmi : float or None
        E-BFMI: variance of the energy's steps over the energy's; 0.3 is wanted.
    divergences : int
        Transitions that ended in a divergence.
    depth_limited : int
        Draws that reached the limit of the tree depth.
    energy : list of int
        Draws per bin of ``ChainDiagnostics.energy_edges``, of the energy minus its mean.
    energy_change : list of int
        The same of the change of energy from draw to draw. Much narrower than
        ``energy``: the sampler explores the tails poorly.
    """

    bfmi: float | None
    divergences: int
    depth_limited: int
    energy: list[int]
    energy_change: list[int]


class Ranks(Record, frozen=True, kw_only=True):
    """Rank histogram of one quantity: flat in every chain when chains agree.

    Attributes
    ----------
    kind : {"parameter", "prediction"}
        What was ranked.
    name, feature, label : str
        The parameter's name, feature and class; of a prediction the held-out
        row's number (``name``) and the class whose log probability it is.
    rhat : float or None
        The largest R-hat of its kind.
    counts : list of list of int
        Per chain, draws in 20 equal bins of the ranks among the draws of all
        chains. Expected in each: draws per chain / 20.
    """

    kind: str
    name: str
    feature: str
    label: str = msgspec.field(name="class")
    rhat: float | None
    counts: list[list[int]]


class ChainDiagnostics(Record, frozen=True, kw_only=True):
    """Whether the draws of a posterior may be believed, to be drawn.

    Attributes
    ----------
    training_set, n_training_sets : int
        Which posterior this is, counted from 1: the first one that failed a
        check, else the last (with folds the one of all rows).
    n_draws : int
        Draws per chain.
    energy_edges : list of float
        31 edges of the 30 bins that all energy histograms share.
    chains : list of Chain
    ranks : list of Ranks
        Of the quantities with the largest R-hat: a prediction, and first a
        parameter where parameters are identified.

    References
    ----------
    Vehtari et al. (2021), Bayesian Anal. 16(2), doi:10.1214/20-BA1221;
    Betancourt (2016), arXiv:1604.00695
    """

    training_set: int
    n_training_sets: int
    n_draws: int
    energy_edges: list[float]
    chains: list[Chain]
    ranks: list[Ranks]
