"""From draws of parameters to predictive class probabilities, block by block."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from trifit.fit.density import Density
from trifit.fit.fast.kernel import add_probabilities
from trifit.fits import Fit, Prediction
from trifit.forecasts import LOG_ZERO
from trifit.information import entropy
from trifit.spacing import evenly_spaced
from trifit.threads import limited, side_by_side
from trifit.types import FloatArray, IntArray

BLOCK = 1_000_000
"""Most log probabilities a thread holds at a time (8 MB, and as much again twice)."""

ROWS = 4096
"""Rows of one task."""

MAX_DIAGNOSED = 100
"""Most predicted log probabilities whose R-hat and ESS are checked."""


type Change = Callable[[FloatArray], FloatArray]


def predict(density: Density, fit: Fit, X: FloatArray, change: Change | None = None) -> Prediction:
    """Predictive probabilities: the average over draws of the class probabilities.

    The entropy of that average is the mean entropy of the draws (aleatoric) plus
    the mutual information of label and parameters (epistemic), which is 0 for
    one draw.

    Parameters
    ----------
    density : Density
    fit : Fit
    X : array of shape (n_obs, n_features)
        Rows as the model was fitted to: standardised where it was.
    change : callable, optional
        What is made of log probabilities (..., n_classes) before draws are averaged, such as
        other class shares; of a recalibrated fit, after its recalibration.

    References
    ----------
    Depeweg et al. (2018), ICML, arXiv:1710.07283
    """
    draws = fit.flat_draws
    n_classes = density.log_probs(draws[:1], X[:1]).shape[2]
    of_draws = change if change is not None and fit.recalibration is None else _as_it_is

    def chunk(start: int) -> tuple[FloatArray, FloatArray]:
        rows = X[start : start + ROWS]
        step = max(1, BLOCK // (len(rows) * n_classes))
        mean = MeanProbabilities(len(rows), n_classes)
        for first in range(0, len(draws), step):
            mean.add(of_draws(density.log_probs(draws[first : first + step], rows)))
        return mean.log_probs, mean.entropy

    with limited():
        parts = side_by_side(chunk, range(0, len(X), ROWS))
    log_probs, aleatoric = (np.concatenate(part) for part in zip(*parts, strict=True))
    if fit.recalibration is None:
        return Prediction(log_probs, aleatoric)
    changed = (change or _as_it_is)(fit.recalibration.transform(log_probs))
    return Prediction(changed, entropy(np.exp(changed)))


def _as_it_is(log_probs: FloatArray) -> FloatArray:
    return log_probs


def predict_all(density: Density, fits: Mapping[str, Fit], X: FloatArray) -> dict[str, Prediction]:
    """Predictive probabilities of several fits; see :func:`predict`.

    Parameters
    ----------
    density : Density
    fits : mapping of str to Fit
    X : array of shape (n_obs, n_features)
        As the model sees them.
    """
    return {name: predict(density, fit, X) for name, fit in fits.items()}


class MeanProbabilities:
    """Probabilities and entropies averaged over draws as they come by."""

    def __init__(self, n_obs: int, n_classes: int) -> None:
        self._n_draws = 0
        self._total = np.zeros((n_obs, n_classes))
        # Probabilities near the smallest number there is are added as logs.
        self._tiny = np.full((n_obs, n_classes), -np.inf)
        self._entropy = np.zeros(n_obs)

    def add(self, log_probs: FloatArray) -> None:
        """Take in some draws, shape (n_draws, n_obs, n_classes)."""
        self._n_draws += len(log_probs)
        add_probabilities(log_probs, LOG_ZERO, self._total, self._tiny, self._entropy)

    @property
    def log_probs(self) -> FloatArray:
        """Log of the mean probabilities, (n_obs, n_classes), at least :data:`LOG_ZERO`."""
        with np.errstate(divide="ignore"):
            total = np.logaddexp(np.log(self._total), self._tiny)
        return np.asarray(np.maximum(total - np.log(self._n_draws), LOG_ZERO))

    @property
    def entropy(self) -> FloatArray:
        """Mean entropy of the draws, (n_obs,), in nats."""
        return self._entropy / self._n_draws


def epistemic(prediction: Prediction) -> FloatArray:
    """Mutual information of label and parameters per row, in nats: 0 for a point fit.

    What knowing the parameters would take off the entropy: large where the
    draws disagree, and it falls to 0 as training rows accumulate.
    """
    return np.maximum(entropy(prediction.probs) - prediction.aleatoric, 0.0)  # rounding


def thinned(density: Density, fit: Fit, X: FloatArray, n_draws: int) -> Iterator[FloatArray]:
    """Log probabilities (n_obs, n_classes) of evenly spaced single draws.

    Parameters
    ----------
    density : Density
    fit : Fit
    X : array of shape (n_obs, n_features)
        As the model sees them.
    n_draws : int
    """
    every = np.linspace(0, len(fit.flat_draws) - 1, n_draws).astype(int)
    for draw in fit.flat_draws[every]:
        yield np.maximum(density.log_probs(draw[None], X)[0], LOG_ZERO)


def diagnosed_rows(n_obs: int, n_classes: int) -> IntArray:
    """The evenly spaced rows whose predictions are checked."""
    return evenly_spaced(n_obs, max(1, MAX_DIAGNOSED // n_classes))


def prediction_draws(density: Density, fit: Fit, X: FloatArray) -> FloatArray:
    """Predicted log probabilities of every draw for a few evenly spaced rows.

    Returns shape (n_chains, n_draws, n_values) with at most 100 values: what
    is judged, since predictions are what the comparison is about.

    Parameters
    ----------
    density : Density
    fit : Fit
    X : array of shape (n_obs, n_features)
        As the model sees them.
    """
    rows = diagnosed_rows(len(X), density.n_classes)
    found = draws_of_rows(density, fit, X[rows])
    return found.reshape(*found.shape[:2], -1)


def draws_of_rows(density: Density, fit: Fit, X: FloatArray) -> FloatArray:
    """Predicted log probabilities of every draw: (n_chains, n_draws, n_obs, n_classes).

    Parameters
    ----------
    density : Density
    fit : Fit
    X : array of shape (n_obs, n_features)
        As the model sees them.
    """
    n_chains, n_draws, _ = fit.draws.shape
    step = max(1, BLOCK // (len(X) * density.n_classes))
    with limited():
        blocks = side_by_side(
            lambda start: density.log_probs(fit.flat_draws[start : start + step], X),
            range(0, n_chains * n_draws, step),
        )
    return np.concatenate(blocks).reshape(n_chains, n_draws, len(X), -1)
