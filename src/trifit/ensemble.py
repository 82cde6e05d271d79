"""Members of an ensemble, or draws of a posterior: what averaging them does, what more would do.

Pure array mathematics. Members are taken as independent draws from one law, as deep ensembles,
dropout masks and thinned posterior draws are; every one forecasts the same rows.

**What more members bring.** Let ``q`` be the probability that a random member gives to what
happened on a row, and ``L(m)`` the expected log-loss of the average of m of them. With ``mean q``
and the cumulants ``k2, k3`` of ``q / mean q``, Taylor's formula for the logarithm gives::

    L(m) = -log(mean q) + (k2 / 2) / m + (3 k2**2 / 4 - k3 / 3) / m**2 + O(1 / m**3)

So ``L`` is a polynomial in ``1 / m``. Its values at M, M/2 and M/4 of M members are estimated
without bias from random subsets, and the polynomial through them is read at 2 M and at infinity.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from trifit.clusters import degrees_of_freedom, quantile, shares
from trifit.forecasts import LOG_ZERO
from trifit.scores import Estimate, mean_with_se
from trifit.types import FloatArray, IntArray

MIN_MEMBERS = 4
"""Fewer say nothing of how members scatter."""

MAX_SUBSET_VALUES = 200_000_000
"""Most probabilities (orders x members x rows) that are averaged over subsets."""

ORDERS = (8, 64)
"""Fewest and most random orders that the members are cut into subsets by."""

SMALLEST = -700.0
"""Log of the smallest probability beside another member's of the same row."""


@dataclass(frozen=True, eq=False)
class Averages:
    """What members' forecasts have in common.

    Attributes
    ----------
    probs, logits : array of shape (n_obs, n_classes)
        Log probabilities of the averages: of probabilities, and of logits (the geometric mean).
    at_label : array of shape (n_members, n_obs)
        Log probability that each member gave to what happened.
    expected_entropy : array of shape (n_obs,)
        Mean of the members' entropies, in nats.
    """

    probs: FloatArray
    logits: FloatArray
    at_label: FloatArray
    expected_entropy: FloatArray


def averages(members: Iterable[FloatArray], y: IntArray) -> Averages:
    """Average members one after the other, so that no more than one is held in double precision.

    Parameters
    ----------
    members : iterable of array of shape (n_obs, n_classes)
        Log probabilities, at least :data:`LOG_ZERO`.
    y : array of shape (n_obs,)
        Class codes.

    Examples
    --------
    >>> two = averages([np.log([[0.9, 0.1]]), np.log([[0.5, 0.5]])], np.array([0]))
    >>> np.exp(two.probs), np.exp(two.logits)
    (array([[0.7, 0.3]]), array([[0.75, 0.25]]))
    """
    rows, n, at_label = np.arange(len(y)), 0, []
    probs = logits = expected = np.zeros(())
    for log_p in members:
        p = np.exp(log_p)
        probs, logits, n = probs + p, logits + log_p, n + 1
        expected = expected - (p * log_p).sum(axis=1)
        at_label.append(log_p[rows, y])
    with np.errstate(divide="ignore"):
        log_mean = np.maximum(np.log(probs / n), LOG_ZERO)
    mean_log = logits / n
    top = mean_log.max(axis=1, keepdims=True)
    normaliser = top + np.log(np.exp(mean_log - top).sum(axis=1, keepdims=True))
    return Averages(
        log_mean, np.maximum(mean_log - normaliser, LOG_ZERO), np.array(at_label), expected / n
    )


@dataclass(frozen=True, eq=False)
class LossByMembers:
    """Expected log-loss by the number of members.

    Attributes
    ----------
    sizes : array of shape (n_sizes,)
        Numbers of members, from all to one, halving.
    losses : array of shape (n_sizes,)
        Expected log-loss of the average of so many, in nats per row.
    doubled, unlimited : Estimate
        What twice as many members, and infinitely many, would save, in nats per row; never
        below 0.
    """

    sizes: IntArray
    losses: FloatArray
    doubled: Estimate
    unlimited: Estimate


def curve(
    at_label: FloatArray,
    *,
    groups: IntArray | None = None,
    seed: int | np.random.Generator = 0,
) -> LossByMembers | None:
    """The expected log-loss as a function of the number of members, and what more would bring.

    The interval has three parts: rows, or groups of them (the paired standard error), members
    (their influence on ``k2 / 2``, by the delta method) and the random subsets. It is normal for
    the logarithm, since more members never cost anything (Jensen), with Student's quantile for
    ``M - 1`` degrees of freedom (or the groups', if those are fewer): few
    members say little of their own scatter.

    Parameters
    ----------
    at_label : array of shape (n_members, n_obs)
        Log probability that each member gave to what happened.
    groups : array of shape (n_obs,), optional
        Rows that belong together.
    seed : int or numpy Generator
        Draws the subsets.

    Returns
    -------
    LossByMembers or None
        None with fewer than 4 members, or if one rules out what happened: then ``L(1)`` is
        infinite.

    References
    ----------
    Quenouille (1956), Biometrika 43 (extrapolation in 1 / m);
    Efron & Stein (1981), Ann. Stat. 9(3), doi:10.1214/aos/1176345462 (influence)

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> q = 0.5 + 0.2 * rng.choice([-1, 1], size=(8, 400))  # independent from row to row
    >>> found = curve(np.log(q))
    >>> bool(found.unlimited.low < 0.5 * 0.4**2 / 8 < found.unlimited.high)
    True
    """
    n_members, n_obs = at_label.shape
    if n_members < MIN_MEMBERS or at_label.min() <= LOG_ZERO:
        return None
    top = at_label.max(axis=0)
    q = np.exp(np.maximum(at_label - top, SMALLEST))
    sizes = [n_members]
    while sizes[-1] > 1:
        sizes.append(sizes[-1] // 2)
    rng = np.random.default_rng(seed)
    n_orders = int(np.clip(MAX_SUBSET_VALUES // at_label.size, *ORDERS))
    pointwise = np.zeros((len(sizes), n_obs))
    means = []
    for _ in range(n_orders):
        losses = _losses_of_subsets(q, sizes, rng.permutation(n_members))
        pointwise += losses / n_orders
        means.append(losses.mean(axis=1))
    pointwise -= top
    scatter = _influence(q).var(ddof=1) / n_members
    doubled, unlimited = (
        _saving(pointwise[:3], np.array(means)[:, :3], sizes[:3], of, scatter, groups)
        for of in (1 / (2 * n_members), 0.0)
    )
    losses = pointwise.mean(axis=1)
    losses[-1] = -at_label.mean()  # of one member it is known
    return LossByMembers(np.array(sizes), losses, doubled, unlimited)


def _losses_of_subsets(q: FloatArray, sizes: Sequence[int], order: IntArray) -> FloatArray:
    """Log-loss of each row by averages of so many members, (n_sizes, n_obs).

    The order is cut into as many subsets as fit; their losses are averaged.
    """
    shuffled, losses = q[order], []
    for m in sizes:
        n_subsets = len(q) // m
        means = shuffled[: n_subsets * m].reshape(n_subsets, m, -1).mean(axis=1)
        losses.append(-np.log(means).mean(axis=0))
    return np.array(losses)


def _influence(q: FloatArray) -> FloatArray:
    """Of each member on the rows' mean of ``k2 / 2``, shape (n_members,)."""
    mean = q.mean(axis=0)
    k2 = q.var(axis=0, ddof=1) / mean**2
    return np.array(
        [np.mean(((r - 1) ** 2 - k2) / 2 - k2 * (r - 1)) for r in (row / mean for row in q)]
    )


def _saving(
    pointwise: FloatArray,
    means: FloatArray,
    sizes: Sequence[int],
    target: float,
    scatter: float,
    groups: IntArray | None,
) -> Estimate:
    """The fall of the polynomial from ``1 / sizes[0]`` to ``1 / m = target``.

    ``scatter`` is the members' variance of the mean of ``k2 / 2``.
    """
    inverse = 1 / np.array(sizes, dtype=np.float64)
    read = np.linalg.solve(
        np.vander(inverse, increasing=True).T, target ** np.arange(len(sizes), dtype=np.float64)
    )
    fall = np.eye(len(sizes))[0] - read
    rows = mean_with_se(fall @ pointwise, groups)
    value = rows.value
    variance = (
        rows.se**2 + scatter * (inverse[0] - target) ** 2 + (means @ fall).var(ddof=1) / len(means)
    )
    se = float(np.sqrt(variance))
    df = float(sizes[0] - 1)
    if groups is not None:
        df = min(df, degrees_of_freedom(shares(groups)))
    reach = quantile(0.95, df) * se
    if value <= 0:  # by chance: more members never cost anything
        return Estimate(value=0.0, se=se, low=0.0, high=reach)
    factor = float(np.exp(min(reach / value, -SMALLEST)))
    most = max(value, float(pointwise[0].mean()))  # no log-loss falls below 0
    return Estimate(value=value, se=se, low=value / factor, high=min(value * factor, most))
