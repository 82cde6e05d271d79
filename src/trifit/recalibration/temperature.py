"""Temperature scaling: ``softmax(log p / T)``, one scalar that divides all log-odds."""

import numpy as np
from scipy.optimize import brentq

from trifit.diagnostics import MAX_TEMPERATURE
from trifit.forecasts import log_softmax
from trifit.inputs import Labels, measure
from trifit.recalibration.fitting import Map, checked_log_probs, checked_rows, expect
from trifit.spacing import row_blocks
from trifit.threads import side_by_side
from trifit.types import FloatArray


class Temperature(Map, frozen=True, tag="temperature"):
    """A temperature; ``value > 1`` softens over-confident probabilities, below 1 sharpens."""

    value: float

    def __post_init__(self) -> None:
        expect(0 < self.value < np.inf, "a temperature above 0")

    @property
    def at_bound(self) -> bool:
        """Whether no temperature within the bounds is best.

        At the upper bound every class is equally probable: the log-odds rank
        labels no better than chance. At the lower one even the smallest
        differences of log-odds are right.
        """
        return self.value in (MAX_TEMPERATURE, 1 / MAX_TEMPERATURE)

    def transform(self, log_probs: FloatArray) -> FloatArray:
        """Recalibrated log probabilities, shape (n_obs, n_classes)."""
        return np.asarray(log_softmax(checked_log_probs(log_probs) / self.value))


@measure
def fit(log_probs: FloatArray, y: Labels) -> Temperature:
    """Temperature of least log-loss on labelled rows the classifier has not seen.

    Parameters
    ----------
    log_probs : array of shape (n_obs, n_classes)
        Log probabilities or logits.
    y : array of shape (n_obs,) or (n_obs, n_classes)

    Returns
    -------
    Temperature
        1 where no row contradicts its most probable class: the likelihood
        then grows for ever as T falls to 0, and says nothing about T. At a bound
        (``at_bound``) where no temperature between 1e-10 and 1e10 is best.

    Raises
    ------
    ValueError
        On shape mismatch, a value that is not finite or an out-of-range label.

    References
    ----------
    Guo et al. (2017), ICML, arXiv:1706.04599

    Examples
    --------
    >>> rows, y = np.log([[0.99, 0.01]] * 4), np.array([0, 0, 0, 1])
    >>> round(float(np.exp(fit(rows, y).transform(rows))[0, 0]), 3)
    0.75
    """
    rows, target = checked_rows(log_probs, y)
    below = rows - rows.max(axis=1, keepdims=True)
    at_label = np.vdot(target, below)
    if at_label == 0:
        return Temperature(1.0)
    blocks = [below[block] for block in row_blocks(*below.shape)]

    def derivative(log_slope: float) -> float:
        """Of the summed log-loss by the slope ``1 / T``; it increases with the slope."""
        slope = np.exp(log_slope)
        return float(sum(side_by_side(lambda block: _expected(block, slope), blocks)) - at_label)

    low, high = -np.log(MAX_TEMPERATURE), np.log(MAX_TEMPERATURE)
    if derivative(low) >= 0:
        return Temperature(MAX_TEMPERATURE)
    if derivative(high) <= 0:
        return Temperature(1 / MAX_TEMPERATURE)
    return Temperature(float(np.exp(-brentq(derivative, low, high, xtol=1e-12))))


def _expected(below: FloatArray, slope: float) -> float:
    """``sum_ik q_ik below_ik``, ``q = softmax(slope * below)``; the largest of a row is 0."""
    weights = np.exp(slope * below)
    total = weights.sum(axis=1)
    weights *= below
    return float((weights.sum(axis=1) / total).sum())
