"""From ranks over replications to verdicts."""

from collections.abc import Mapping

import numpy as np

from trifit.ranks import chi_square_p_value, counts_below, ecdf_band, ecdf_p_value, histogram, holm
from trifit.results.check import ALPHA, MIN_RANKS, MIN_SHARE, CheckedFit, Deviation, RankedQuantity
from trifit.rounding import rounded
from trifit.types import FloatArray, IntArray

CLEAR = 3.0
"""Standard errors from which a mean or a spread of ranks is said to lean."""


def checked_fit(
    method: str,
    ranks: Mapping[str, IntArray],
    left_out: Mapping[str, int],
    n_draws: int,
    *,
    replications: int,
) -> CheckedFit:
    """What the ranks of one method say.

    Parameters
    ----------
    method : str
    ranks : mapping of str to array of shape (n,)
        Of every quantity, in ``0 .. n_draws``.
    left_out : mapping of str to int
        Numbers of fits that have no ranks, by status.
    n_draws : int
    replications : int
        All of them, those included that failed.
    """
    n_ranked = max(map(len, ranks.values()), default=0)
    n_ranks = n_draws + 1
    if n_ranked == 0:
        return CheckedFit(
            method=method, outcome="not judged", n_ranked=0, left_out=dict(left_out),
            low=[], high=[], quantities=[],
        )  # fmt: skip
    each = np.array([ecdf_p_value(of_one, n_ranks) for of_one in ranks.values()])
    adjusted = holm(each)
    grid = np.arange(1, n_ranks) / n_ranks
    low, high = ecdf_band(n_ranked, n_ranks)
    enough = n_ranked >= max(MIN_RANKS, MIN_SHARE * replications)
    found_wrong = enough and bool((adjusted < ALPHA).any())
    return CheckedFit(
        method=method,
        outcome="wrong" if found_wrong else "no error found" if enough else "not judged",
        n_ranked=n_ranked,
        left_out=dict(left_out),
        low=rounded(low - grid),
        high=rounded(high - grid),
        quantities=[
            RankedQuantity(
                name=name,
                counts=histogram(of_one, n_ranks).tolist(),
                difference=rounded(counts_below(of_one, n_ranks) / len(of_one) - grid),
                p_value=float(p),
                adjusted=float(a),
                chi_square=chi_square_p_value(of_one, n_ranks),
                deviation=deviation(of_one, n_ranks),
            )
            for (name, of_one), p, a in zip(ranks.items(), each, adjusted, strict=True)
        ],
    )


def deviation(ranks: IntArray, n_ranks: int) -> Deviation:
    """Which way ranks lean: of their mean and their spread the one that is farther off.

    Where values rank low among the draws, the posterior is too high; where they rank at both
    ends, it is too narrow.

    Examples
    --------
    >>> deviation(np.repeat([0, 99], 50), 100), deviation(np.full(100, 10), 100)
    ('too narrow', 'too high')
    """
    u: FloatArray = (ranks + 0.5) / n_ranks - 0.5
    mean = float(u.mean() * np.sqrt(12 * len(u)))
    spread = float((np.square(u).mean() - 1 / 12) * np.sqrt(180 * len(u)))
    if max(abs(mean), abs(spread)) < CLEAR:
        return "off"
    if abs(mean) >= abs(spread):
        return "too high" if mean < 0 else "too low"
    return "too narrow" if spread > 0 else "too wide"
