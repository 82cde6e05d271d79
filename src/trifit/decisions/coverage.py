"""Risk against coverage: the error of a classifier that abstains where it is not sure."""

from dataclasses import dataclass

import numpy as np

from trifit.scores import Estimate, mean_with_se
from trifit.types import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class RiskCoverage:
    """Error among the most confident rows, by how many of them are answered.

    Attributes
    ----------
    risk : array of shape (n_obs,)
        Mean error of the 1, 2, ..., n_obs most confident rows.
    area : Estimate
        Mean of ``risk``: the area under the curve. Lower is better; the error rate itself where
        confidence does not tell right from wrong.
    """

    risk: FloatArray
    area: Estimate

    def at(self, coverage: FloatArray) -> FloatArray:
        """Risk where these shares of the rows are answered, at least one row."""
        n = len(self.risk)
        return np.asarray(self.risk[np.clip(np.ceil(coverage * n - 1e-9).astype(int), 1, n) - 1])


def risk_coverage(
    confidence: FloatArray, error: FloatArray, groups: IntArray | None = None
) -> RiskCoverage:
    """The risk-coverage curve by confidence, and the area under it with its standard error.

    Rows with equal confidence are answered in random order: the expected curve. The standard
    error is that of the area's influence function, ``r_i - A + sum_{k >= i} (e_i - r_k) / k`` at
    the i-th most confident row with error ``e_i`` (``r_k``: risk of the first ``k``).

    Parameters
    ----------
    confidence : array of shape (n_obs,)
    error : array of shape (n_obs,)
        1 where the answer is wrong, else 0; with soft labels the probability that it is.
    groups : array of shape (n_obs,), optional
        Rows that belong together.

    References
    ----------
    El-Yaniv & Wiener (2010), JMLR 11 (the curve);
    Geifman, Uziel & El-Yaniv (2019), ICLR, doi:10.48550/arXiv.1805.08206 (the area);
    Hampel (1974), J. Am. Stat. Assoc. 69(346), doi:10.1080/01621459.1974.10482962 (influence)

    Examples
    --------
    >>> found = risk_coverage(np.array([0.9, 0.6, 0.8]), np.array([0.0, 1.0, 0.0]))
    >>> found.risk.round(3), round(found.area.value, 3)
    (array([0. , 0. , 0.333]), 0.111)
    """
    _, tied, size = np.unique(-confidence, return_inverse=True, return_counts=True)
    place = np.sort(tied)  # the rows' ties, the most confident first
    answered = np.arange(1, len(confidence) + 1)
    risk = (np.bincount(tied, error) / size)[place].cumsum() / answered

    def of_rows(values: FloatArray) -> FloatArray:
        """Values by place as those of the rows, averaged over ties."""
        return np.asarray((np.bincount(place, values) / size)[tied])

    pointwise = error * of_rows(_from_here_on(1 / answered))
    influence = pointwise + of_rows(risk) - of_rows(_from_here_on(risk / answered))
    area, scatter = float(pointwise.mean()), mean_with_se(influence, groups)
    half = scatter.high - scatter.value
    return RiskCoverage(
        risk, Estimate(value=area, se=scatter.se, low=max(0.0, area - half), high=area + half)
    )


def _from_here_on(values: FloatArray) -> FloatArray:
    """Each value and all after it, summed."""
    return values[::-1].cumsum()[::-1]
