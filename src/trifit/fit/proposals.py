"""Chains of independent normal proposals, for a posterior that is nearly normal.

With many rows the posterior is a standard normal in whitened coordinates, up to a little.
Then a proposal ``z ~ Normal(0, I)`` that is accepted with probability
``min(1, w(z) / w(before))``, where ``w`` is the posterior's density over the normal one,
leaves the posterior unchanged (independence Metropolis), and costs one evaluation where a
draw by NUTS takes seven or more. How near to normal the posterior is, is measured by the
same weights; otherwise NUTS samples. Many rows are not enough: of a class, or of a category's
level, with few events the posterior has a tail heavier than the normal one, which proposals do not
reach and their weights do not show. So the tails are looked at first, where they are.

References
----------
Tierney (1994), Ann. Stat. 22(4), doi:10.1214/aos/1176325750;
Vehtari et al. (2024), JMLR 25(72), arXiv:1507.02646
"""

import logging
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from trifit.cards import Sampler
from trifit.fit.density import LogDensity
from trifit.fit.importance import smoothed_weights
from trifit.fit.whitening import Coordinates
from trifit.threads import cores, limited, side_by_side
from trifit.types import FloatArray, IntArray

LOG = logging.getLogger(__name__)

MIN_ROWS = 10_000
"""Rows from which proposals are tried. With fewer, NUTS takes seconds."""

MAX_K, MIN_EFFECTIVE = 0.5, 0.5
"""Largest Pareto k of the weights (up to 0.5 they have a variance), and the smallest share of
the proposals that is effective, with which proposals are kept."""

TAIL, MAX_TAIL = 4.0, 0.5
"""Standard deviations from the mode at which the posterior's density is looked at, and by how many
nats it may be above the normal one there. A log rate with 400 events is half a nat above it."""

WARM_UP = 50
"""Proposals that each chain begins with and forgets: a quarter of them or more are accepted."""

PARTS = 20
"""Parts of many evaluations, after each of which it is said how much is done."""

Advance = Callable[[float], None]


def suit(objective: LogDensity) -> bool:
    """Whether proposals are worth a try: many rows, and surely one mode.

    A linear model with a quadratic log prior is log-concave. Of any other model the normal
    distribution might describe one mode of several.
    """
    return objective.weight >= MIN_ROWS and objective.linear is not None


def has_normal_tails(at: Coordinates) -> bool:
    """Whether the posterior's tails are no heavier than normal ones, in every coefficient.

    That is: of the log-odds of each class against the first, with the others as they follow it.
    """
    assert at.scale is not None  # whitened
    assert at.objective.linear is not None
    varies = np.asarray(at.objective.linear.to_weights.matrix @ at.scale)
    size = np.linalg.norm(varies, axis=1, keepdims=True)
    out = TAIL * varies[size[:, 0] > 0] / size[size > 0, None]
    steps = np.concatenate([np.zeros((1, len(out))), out, -out])
    log_target = evaluate(at.objective, at.centre + steps @ at.scale.T, None)
    above = float((log_target[1:] - log_target[0]).max()) + TAIL**2 / 2
    LOG.info("normal proposals: tails at most %.2f nats above the normal ones", above)
    return above <= MAX_TAIL


def nearly_normal(log_ratios: FloatArray) -> bool:
    """Whether weights, (n_proposals,) logs of target over normal density, are alike enough."""
    weights, k = smoothed_weights(log_ratios)
    effective = 1 / (len(weights) * float(np.square(weights).sum()))
    LOG.info("normal proposals: Pareto k %.2f, %.0f%% effective", k, 100 * effective)
    return k <= MAX_K and effective >= MIN_EFFECTIVE


def sample_by_proposals(
    at: Coordinates, sampler: Sampler, sizes: list[int], seed: int, advance: Advance | None
) -> Generator[dict[str, np.ndarray], None, bool]:
    """Draws ``z`` and what is said of each, block by block, as :func:`fit.sampling.sample` has it.

    They end where the tails, or all proposals so far, show that the posterior is not nearly normal.

    Parameters
    ----------
    at : Coordinates
    sampler : Sampler
    sizes : list of int
        Draws per chain of every block, ascending.
    seed : int
        The same seed gives the same draws, and a longer run begins with those of a shorter one
        (if both are kept).
    advance : callable, optional
        Called with the share of the draws done.

    Yields
    ------
    dict of str to array of shape (n_chains, n_draws, ...)
        ``energy`` is minus the log density, ``n_steps`` 0, ``accepted`` whether a proposal was.
        The generator returns whether all blocks are there.
    """
    if not has_normal_tails(at):
        return False
    rngs = [np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(sampler.chains)]
    usual = WARM_UP + min(sampler.usual_draws, sizes[-1])

    def stretch(start: int, n: int) -> Advance | None:
        return advance and (lambda share: advance(min(1.0, (start + share * n) / usual)))

    drawn = _propose(at, rngs, WARM_UP + sizes[0], stretch(0, WARM_UP + sizes[0]))
    for before, size in pairwise([*sizes, 0]):
        if not nearly_normal(drawn.log_ratios.ravel()):
            return False
        yield drawn.told()
        if size:
            more = _propose(at, rngs, size - before, stretch(WARM_UP + before, size - before))
            drawn = drawn.followed_by(more)
    return True


def accepted(log_ratios: FloatArray, log_u: FloatArray) -> IntArray:
    """The proposal that a chain is at, after each proposal.

    Parameters
    ----------
    log_ratios : array of shape (n_proposals,)
        Log of target over normal density.
    log_u : array of shape (n_proposals,)
        Logarithms of uniform random numbers.

    Examples
    --------
    >>> accepted(np.log([1.0, 0.5, 0.5]), np.log([0.9, 0.6, 0.4]))
    array([0, 0, 2])
    """
    at, now = np.zeros(len(log_ratios), dtype=np.int64), 0
    for i in range(1, len(log_ratios)):
        if log_u[i] + log_ratios[now] < log_ratios[i]:
            now = i
        at[i] = now
    return at


@dataclass(frozen=True, eq=False)
class _Proposals:
    """Proposals of every chain, in the order in which they were made.

    Attributes
    ----------
    z : array of shape (n_chains, n_proposals, n_params)
    log_target, log_u : array of shape (n_chains, n_proposals)
        Log density of the posterior, and logarithms of uniform random numbers.
    """

    z: FloatArray
    log_target: FloatArray
    log_u: FloatArray

    @property
    def log_ratios(self) -> FloatArray:
        """Log of the posterior's density over the normal one, up to a constant."""
        return np.asarray(self.log_target + 0.5 * np.square(self.z).sum(axis=2))

    def followed_by(self, more: "_Proposals") -> "_Proposals":
        """These, and then more."""
        return _Proposals(
            np.concatenate([self.z, more.z], axis=1),
            np.concatenate([self.log_target, more.log_target], axis=1),
            np.concatenate([self.log_u, more.log_u], axis=1),
        )

    def told(self) -> dict[str, np.ndarray]:
        """Draws after the warm-up, as NUTS's are told of."""
        each = zip(self.log_ratios, self.log_u, strict=True)
        index = np.array([accepted(*of_chain) for of_chain in each])[:, WARM_UP:]
        logp = np.take_along_axis(self.log_target, index, axis=1)
        none = np.zeros(index.shape, dtype=np.int64)
        return {
            "z": np.take_along_axis(self.z, index[:, :, None], axis=1),
            "diverging": none.astype(bool),
            "depth": none,
            "n_steps": none,
            "energy": -logp,
            "logp": logp,
            "accepted": index == np.arange(WARM_UP, self.z.shape[1]),
        }


def _propose(
    at: Coordinates, rngs: Sequence[np.random.Generator], n: int, advance: Advance | None
) -> _Proposals:
    """So many more proposals of every chain."""
    n_params = len(at.centre)
    each = [[(r.standard_normal(n_params), np.log(r.random())) for _ in range(n)] for r in rngs]
    z = np.array([[step[0] for step in chain] for chain in each])
    log_u = np.array([[step[1] for step in chain] for chain in each])
    assert at.scale is not None  # whitened
    points = (at.centre + z @ at.scale.T).reshape(-1, n_params)
    return _Proposals(z, evaluate(at.objective, points, advance).reshape(log_u.shape), log_u)


def evaluate(objective: LogDensity, thetas: FloatArray, advance: Advance | None) -> FloatArray:
    """Log posterior density of each theta, up to a constant; minus infinity where it has none.

    Parameters
    ----------
    objective : LogDensity
    thetas : array of shape (n_points, n_params)
    advance : callable or None
        Called with the share of the points done.
    """

    def of_some(some: FloatArray) -> list[float]:
        with limited(1), np.errstate(all="ignore"):  # far out, densities overflow
            return [objective(theta, prior=1.0, jacobian=1.0)[0] for theta in some]

    values: list[float] = []
    for block in np.array_split(thetas, PARTS):
        for found in side_by_side(of_some, np.array_split(block, cores())):
            values += found
        if advance is not None:
            advance(len(values) / len(thetas))
    log_target = np.array(values)
    return np.where(np.isfinite(log_target), log_target, -np.inf)
