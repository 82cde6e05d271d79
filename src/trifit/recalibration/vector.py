"""Vector scaling: ``softmax(w * log p / T + c)``, a weight and a shift for every class."""

import numpy as np

from trifit.forecasts import log_softmax
from trifit.inputs import Labels, measure
from trifit.recalibration import temperature
from trifit.recalibration.fitting import (
    Map,
    checked_log_probs,
    checked_rows,
    expect,
    fit_linear,
)
from trifit.types import FloatArray


class Vector(Map, frozen=True, eq=False, tag="vector"):
    """Weights of the log probabilities and shifts, shape (n_classes,) each."""

    weights: FloatArray
    shifts: FloatArray

    def __post_init__(self) -> None:
        expect(
            self.weights.shape == self.shifts.shape == (len(self.shifts),),
            "a weight and a shift for every class",
        )

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.weights)

    def transform(self, log_probs: FloatArray) -> FloatArray:
        """Recalibrated log probabilities, shape (n_obs, n_classes)."""
        rows = checked_log_probs(log_probs)
        return np.asarray(log_softmax(rows * self.weights + self.shifts))


@measure
def fit(log_probs: FloatArray, y: Labels, *, ridge: float = 1.0) -> Vector:
    """Weights and shifts of least log-loss, held by a ridge to temperature scaling.

    Minimises the summed log-loss plus ``ridge / 2`` times the squared distance of
    ``w`` from one and of ``c`` from zero, where ``T`` is the best temperature:
    with few rows the map is a temperature, with many rows the ridge is nothing.

    Parameters
    ----------
    log_probs : array of shape (n_obs, n_classes)
        Log probabilities or logits.
    y : array of shape (n_obs,) or (n_obs, n_classes)
    ridge : float
        As many rows' worth of holding back; 0 is the method of the paper, whose
        minimum need not exist.

    Returns
    -------
    Vector
        With ``weights = w / T``.

    Raises
    ------
    ValueError
        On shape mismatch, a value that is not finite, an out-of-range label or
        a negative ridge.

    References
    ----------
    Guo et al. (2017), ICML, arXiv:1706.04599

    Examples
    --------
    >>> rows, y = np.log([[0.9, 0.1], [0.6, 0.4]] * 20), np.tile([0, 1, 0, 0], 10)
    >>> np.exp(fit(rows, y).transform(rows)[:2, 0]).round(3)
    array([0.983, 0.533])
    """
    rows, target = checked_rows(log_probs, y)
    divisor = temperature.fit(rows, y).value
    tempered = rows / divisor
    n_classes = rows.shape[1]
    theta = fit_linear(
        lambda theta: tempered * theta[:n_classes] + theta[n_classes:],
        lambda residual: np.r_[(residual * tempered).sum(axis=0), residual.sum(axis=0)],
        target,
        np.r_[np.ones(n_classes), np.zeros(n_classes)],
        ridge=ridge,
    )
    return Vector(theta[:n_classes] / divisor, theta[n_classes:])
