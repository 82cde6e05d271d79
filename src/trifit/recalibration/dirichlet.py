"""Dirichlet calibration: ``softmax(W log p / T + c)``, every class may correct every other."""

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


class Dirichlet(Map, frozen=True, eq=False, tag="dirichlet"):
    """A matrix (n_classes, n_classes) of the log probabilities and shifts (n_classes,)."""

    matrix: FloatArray
    shifts: FloatArray

    def __post_init__(self) -> None:
        n = len(self.shifts)
        expect(
            self.shifts.shape == (n,) and self.matrix.shape == (n, n),
            "a row of weights and a shift for every class",
        )

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.shifts)

    def transform(self, log_probs: FloatArray) -> FloatArray:
        """Recalibrated log probabilities, shape (n_obs, n_classes)."""
        rows = checked_log_probs(log_probs)
        return np.asarray(log_softmax(rows @ self.matrix.T + self.shifts))


@measure
def fit(log_probs: FloatArray, y: Labels, *, ridge: float = 1.0) -> Dirichlet:
    """Matrix and shifts of least log-loss, held by a ridge to temperature scaling.

    If every class's outputs follow a Dirichlet distribution, the true
    probabilities are of this form. Minimises the summed log-loss plus
    ``ridge / 2`` times the squares of the off-diagonal weights and of the
    shifts (the ODIR penalty of the paper) and of the diagonal's distance from
    one, so that a minimum always exists; ``T`` is the best temperature.

    Parameters
    ----------
    log_probs : array of shape (n_obs, n_classes)
        Log probabilities or logits.
    y : array of shape (n_obs,) or (n_obs, n_classes)
    ridge : float
        As many rows' worth of holding back; 0 is plain matrix scaling.

    Returns
    -------
    Dirichlet
        With ``matrix = W / T``.

    Raises
    ------
    ValueError
        On shape mismatch, a value that is not finite, an out-of-range label or
        a negative ridge.

    References
    ----------
    Kull et al. (2019), NeurIPS, arXiv:1910.12656

    Examples
    --------
    >>> rows, y = np.log([[0.7, 0.2, 0.1], [0.2, 0.6, 0.2]] * 20), np.tile([0, 2, 0, 1], 10)
    >>> fit(rows, y).matrix.shape
    (3, 3)
    """
    rows, target = checked_rows(log_probs, y)
    divisor = temperature.fit(rows, y).value
    tempered = rows / divisor
    n_classes = rows.shape[1]
    shape = (n_classes, n_classes + 1)
    theta = fit_linear(
        lambda theta: tempered @ theta.reshape(shape)[:, 1:].T + theta.reshape(shape)[:, 0],
        lambda residual: np.c_[residual.sum(axis=0), residual.T @ tempered].ravel(),
        target,
        np.eye(*shape, k=1).ravel(),
        ridge=ridge,
    ).reshape(shape)
    return Dirichlet(theta[:, 1:] / divisor, theta[:, 0])
