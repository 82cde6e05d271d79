"""From draws of parameters to predictive class probabilities, block by block."""

from collections.abc import Iterator

import numpy as np

from trifit.fit.density import Density
from trifit.information import entropy
from trifit.types import Fit, FloatArray, IntArray, Prediction

BLOCK = 4_000_000
"""Most log probabilities held at a time (32 MB)."""

LOG_ZERO = -1e6
"""What a probability of exactly zero counts as, in nats: a finite, glaring number."""

MAX_TRUST_VALUES = 100
"""Most predicted log probabilities whose R-hat and ESS the trust gate looks at."""


def predict(density: Density, fit: Fit, X: FloatArray) -> Prediction:
    """Predictive probabilities: the average over draws of the class probabilities.

    The entropy of that average is the mean entropy of the draws (aleatoric) plus
    the mutual information of label and parameters (epistemic), which is 0 for
    one draw.

    Parameters
    ----------
    density : Density
    fit : Fit
    X : shape (n_obs, n_features)
        Rows as the model was fitted to: standardised where it was.

    References
    ----------
    Depeweg et al. (2018), ICML, arXiv:1710.07283
    """
    draws = fit.flat_draws
    n_classes = density.log_probs(draws[:1], X[:1]).shape[2]
    total = np.full((len(X), n_classes), -np.inf)
    spread = np.zeros(len(X))
    step = max(1, BLOCK // total.size)
    for start in range(0, len(draws), step):
        block = np.maximum(density.log_probs(draws[start : start + step], X), LOG_ZERO)
        np.logaddexp(total, np.logaddexp.reduce(block, axis=0), out=total)
        spread -= np.einsum("snk,snk->n", np.exp(block), block)
    return Prediction(np.maximum(total - np.log(len(draws)), LOG_ZERO), spread / len(draws))


def epistemic(prediction: Prediction) -> FloatArray:
    """Mutual information of label and parameters per row, in nats: 0 for a point fit.

    What knowing the parameters would take off the entropy: large where the
    draws disagree, and it falls to 0 as training rows accumulate.
    """
    return np.maximum(entropy(prediction.probs) - prediction.aleatoric, 0.0)  # rounding


def thinned(density: Density, fit: Fit, X: FloatArray, n_draws: int) -> Iterator[FloatArray]:
    """Log probabilities (n_obs, n_classes) of evenly spaced single draws."""
    every = np.linspace(0, len(fit.flat_draws) - 1, n_draws).astype(int)
    for draw in fit.flat_draws[every]:
        yield np.maximum(density.log_probs(draw[None], X)[0], LOG_ZERO)


def trust_rows(n_obs: int, n_classes: int) -> IntArray:
    """The evenly spaced rows whose predictions the trust gate looks at."""
    n_rows = min(n_obs, max(1, MAX_TRUST_VALUES // n_classes))
    return np.unique(np.linspace(0, n_obs - 1, n_rows).astype(np.int64))


def prediction_draws(density: Density, fit: Fit, X: FloatArray) -> FloatArray:
    """Predicted log probabilities of every draw for a few evenly spaced rows.

    Returns shape (n_chains, n_draws, n_values) with at most 100 values: what
    the trust gate judges, since predictions are what the comparison is about.
    """
    n_chains, n_draws, _ = fit.draws.shape
    n_classes = density.log_probs(fit.flat_draws[:1], X[:1]).shape[2]
    rows = trust_rows(len(X), n_classes)
    step = max(1, BLOCK // (len(rows) * n_classes))
    blocks = [
        density.log_probs(fit.flat_draws[start : start + step], X[rows])
        for start in range(0, n_chains * n_draws, step)
    ]
    return np.concatenate(blocks).reshape(n_chains, n_draws, -1)
