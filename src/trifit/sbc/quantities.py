"""What is ranked: numbers made of a model's parameters, and of the labels."""

import numpy as np

from trifit.cards import Card
from trifit.fit.density import Density
from trifit.forecasts import LOG_ZERO
from trifit.inputs import Labels, label_probs
from trifit.spacing import evenly_spaced
from trifit.types import FloatArray

MOST = 12
"""Most entries of one parameter that are ranked one by one."""

PREDICTED = 3
"""Rows whose log-likelihood and predicted probability are ranked: the first, the last, between."""


def quantities(
    density: Density, params: FloatArray, X: FloatArray, labels: Labels, card: Card
) -> dict[str, FloatArray]:
    """Entries and sizes of parameters, the log-likelihood, and predicted probabilities.

    Log-likelihoods depend on the labels, as a quantity must that is to show a lost row (Modrák
    et al. 2023, doi:10.1214/23-BA1404). The size of a parameter is the root mean square of its
    entries, where a wrong scale of its prior shows most. Parameters that may be permuted, such
    as a network's, are left out.

    Parameters
    ----------
    density : Density
    params : array of shape (n_draws, n_values)
    X : array of shape (n_obs, n_features)
    labels : array of shape (n_obs,) or (n_obs, n_classes)
    card : Card

    Returns
    -------
    dict of str to array of shape (n_draws,)
    """
    log_probs = np.maximum(density.log_probs(params, X), LOG_ZERO)
    of_parameters = _of_parameters(density, params) if card.identified else {}
    of_rows = (label_probs(labels, density.n_classes) * log_probs).sum(axis=2)
    rows, last = evenly_spaced(len(X), PREDICTED).tolist(), density.n_classes
    return {
        **of_parameters,
        "log-likelihood": of_rows.sum(axis=1),
        **{f"log-likelihood of row {i + 1}": of_rows[:, i] for i in rows},
        **{f"probability of class {last}, row {i + 1}": np.exp(log_probs[:, i, -1]) for i in rows},
    }


def _of_parameters(density: Density, params: FloatArray) -> dict[str, FloatArray]:
    labels, values = density.layout.labels(), {}
    start = 0
    for name, entries in density.layout.unravel(params).items():
        flat = entries.reshape(len(params), -1)
        size = flat.shape[1]
        for j in evenly_spaced(size, MOST).tolist():
            values[_named(*labels[start + j])] = flat[:, j]
        if size > 1:
            values[f"size of {name}"] = np.sqrt(np.square(flat).mean(axis=1))
        start += size
    return values


def _named(parameter: str, feature: str, label: str) -> str:
    where = ", ".join(part for part in (feature, label) if part)
    return f"{parameter}[{where}]" if where else parameter
