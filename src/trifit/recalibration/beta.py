"""Beta calibration: per class ``log-odds = a log p - b log(1 - p) + c``, then normalised."""

from collections.abc import Iterator

import numpy as np
from scipy.special import log_expit

from trifit.forecasts import log_softmax
from trifit.inputs import Labels, measure
from trifit.recalibration.fitting import (
    Map,
    checked_log_probs,
    checked_rows,
    expect,
    fit_linear,
    log_complements,
)
from trifit.types import FloatArray


class Beta(Map, frozen=True, eq=False, tag="beta"):
    """``a``, ``b`` and ``c`` of every class, shape (n_classes, 3)."""

    parameters: FloatArray

    def __post_init__(self) -> None:
        expect(self.parameters.shape == (len(self.parameters), 3), "three for every class")

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.parameters)

    def transform(self, log_probs: FloatArray) -> FloatArray:
        """Recalibrated log probabilities, shape (n_obs, n_classes)."""
        rows = checked_log_probs(log_probs)
        features = zip(_features(rows), self.parameters, strict=True)
        log_odds = [each @ abc for each, abc in features]
        return np.asarray(log_softmax(log_expit(np.column_stack(log_odds))))


@measure
def fit(log_probs: FloatArray, y: Labels, *, ridge: float = 1.0) -> Beta:
    """Beta calibration of each class against the rest, with ``a, b >= 0``.

    Minimises each class's summed binary log-loss plus ``ridge / 2`` times the
    squared distance from the map that changes nothing (``a = b = 1``, ``c = 0``).
    For two classes the two maps are each other's mirror image; for more the
    recalibrated probabilities are divided by their sum.

    Parameters
    ----------
    log_probs : array of shape (n_obs, n_classes)
        Log probabilities or logits.
    y : array of shape (n_obs,) or (n_obs, n_classes)
    ridge : float
        As many rows' worth of holding back; 0 is the method of the paper, whose
        minimum need not exist.

    Raises
    ------
    ValueError
        On shape mismatch, a value that is not finite, an out-of-range label or
        a negative ridge.

    References
    ----------
    Kull, Silva Filho & Flach (2017), AISTATS 54 and
    Electron. J. Stat. 11(2), doi:10.1214/17-EJS1338SI

    Examples
    --------
    >>> rows, y = np.log([[0.9, 0.1], [0.6, 0.4]] * 20), np.tile([0, 1, 0, 0], 10)
    >>> np.exp(fit(rows, y).transform(rows)).sum(axis=1).round(6)[:2]
    array([1., 1.])
    """
    rows, target = checked_rows(log_probs, y)
    classes = zip(_features(rows), target.T, strict=True)
    return Beta(np.stack([_fit_class(features, event, ridge) for features, event in classes]))


def _features(rows: FloatArray) -> Iterator[FloatArray]:
    """Of each class: ``log p_k``, ``-log(1 - p_k)`` and 1, shape (n_obs, 3)."""
    one = np.ones(len(rows))
    for log_p, log_rest in zip(rows.T, log_complements(rows).T, strict=True):
        yield np.column_stack([log_p, -log_rest, one])


def _fit_class(features: FloatArray, event: FloatArray, ridge: float) -> FloatArray:
    return fit_linear(
        lambda abc: np.column_stack([np.zeros(len(event)), features @ abc]),
        lambda residual: features.T @ residual[:, 1],
        np.column_stack([1 - event, event]),
        np.array([1.0, 1.0, 0.0]),
        ridge=ridge,
        scale=np.sqrt(np.mean(features**2, axis=0)).clip(1e-6),
        bounds=[(0, None), (0, None), (None, None)],
    )
