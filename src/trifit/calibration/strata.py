"""One slope and intercepts of its own for every subgroup of the rows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trifit.calibration.slope import Recalibrated, derivatives, log_likelihood
from trifit.types import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Strata:
    """Efficient scores of the slope, at the fit of ``softmax(b log p_k + c_gk)``.

    Attributes
    ----------
    scores : array of shape (n_obs,)
        Score of the slope without what the intercepts of the row's subgroup explain of it.
    information : array of shape (n_subgroups,)
        Variance of their sums, if the slope were known.
    n_params : array of shape (n_subgroups,)
        Slope and intercepts.
    """

    scores: FloatArray
    information: FloatArray
    n_params: IntArray


def common_slope(found: Recalibrated, here: Sequence[IntArray]) -> Strata | None:
    """Fit the slope with intercepts of every subgroup by Newton's method.

    Given the slope's step the intercepts of each subgroup have their own, so only blocks of one
    subgroup are solved. None where the likelihood has no maximum.

    Parameters
    ----------
    found : Recalibrated
        Of all rows: its slope is where the search begins.
    here : sequence of array
        Rows of each subgroup.

    References
    ----------
    Rao (1948), Math. Proc. Camb. Philos. Soc. 44(1), doi:10.1017/S0305004100023987
    """
    data = []
    for rows in here:
        seen = found.truth[rows].any(axis=0)
        seen[seen.argmax()] = True  # one class where there is no row
        data.append((found.log_probs[np.ix_(rows, seen)], found.truth[np.ix_(rows, seen)]))
    thetas = [np.r_[found.theta[0], np.zeros(y.shape[1] - 1)] for _, y in data]
    value, q = _fitted(thetas, data)
    for _ in range(100):
        parts = [derivatives(*each, p) for each, p in zip(data, q, strict=True)]
        own = [_solved(i[1:, 1:], np.c_[u[1:], i[1:, 0]]) for u, i in parts]
        score = [u[0] - i[0, 1:] @ c[:, 0] for (u, i), c in zip(parts, own, strict=True)]
        information = [i[0, 0] - i[0, 1:] @ c[:, 1] for (_, i), c in zip(parts, own, strict=True)]
        if not sum(information) > 0:
            return None
        slope = sum(score) / sum(information)
        steps = [np.r_[slope, c[:, 0] - slope * c[:, 1]] for c in own]
        if max(abs(step).max() for step in steps) < 1e-8 * (1 + abs(thetas[0][0])):
            break
        length = 1.0
        while True:
            proposal = [t + length * step for t, step in zip(thetas, steps, strict=True)]
            new, q = _fitted(proposal, data)
            if new >= value - 1e-12 * abs(value) or length < 1e-10:
                break
            length /= 2
        thetas, value = proposal, new
    else:
        return None
    scores = np.zeros(len(found.truth))
    for rows, (log_probs, y), p, c in zip(here, data, q, own, strict=True):
        residual = y - p
        scores[rows] = (residual * log_probs).sum(axis=1) - residual[:, 1:] @ c[:, 1]
    return Strata(scores, np.array(information), np.array([len(t) for t in thetas]))


def _fitted(
    thetas: Sequence[FloatArray], data: Sequence[tuple[FloatArray, FloatArray]]
) -> tuple[float, list[FloatArray]]:
    """Log-likelihood, and the recalibrated probabilities of each subgroup."""
    found = [log_likelihood(theta, *each) for theta, each in zip(thetas, data, strict=True)]
    return sum(value for value, _ in found), [q for _, q in found]


def _solved(information: FloatArray, right: FloatArray) -> FloatArray:
    return np.asarray(np.linalg.pinv(information, hermitian=True) @ right)
