"""Where forecasts disagree, row by row: what can be said without features."""

from collections.abc import Callable, Mapping

import numpy as np

from trifit.forecasts import Forecasts
from trifit.inputs import label_probs
from trifit.results import Disagreement, Example, FeatureValue, RowTable
from trifit.rounding import rounded
from trifit.scores import total_variation
from trifit.types import FloatArray, IntArray

MAX_ROWS, MAX_PROBS = 1_000, 100_000
"""Rows of the table, and probabilities of one contestant there."""
N_EXAMPLES = 12


def disagreement(forecasts: Forecasts, rng: np.random.Generator) -> Disagreement:
    """Some rows in a table, and those on which the first two contestants differ most.

    Parameters
    ----------
    forecasts : Forecasts
        Of two contestants or more.
    rng : numpy Generator
        Draws the rows of the table.
    """
    log_probs, n = forecasts.log_probs, len(forecasts.labels)
    labels = label_probs(forecasts.labels, len(forecasts.class_names)).argmax(axis=1)
    chosen = np.sort(rng.choice(n, n_shown(n, len(forecasts.class_names)), replace=False))
    a, b = list(log_probs)[:2]
    return Disagreement(
        rows=row_table(log_probs, chosen, np.arange(n), labels),
        by_distance=None,
        between=(a, b),
        examples=examples(log_probs, (a, b), np.arange(n), labels),
        map=None,
    )


def n_shown(n_obs: int, n_classes: int) -> int:
    """Rows of the table: at most 1,000, fewer with more than 100 classes."""
    return min(n_obs, MAX_ROWS, max(1, MAX_PROBS // n_classes))


def row_table(
    log_probs: Mapping[str, FloatArray],
    chosen: IntArray,
    rows: IntArray,
    labels: IntArray,
    *,
    aleatoric: FloatArray | None = None,
    epistemic: FloatArray | None = None,
    distance: FloatArray | None = None,
) -> RowTable:
    """Some rows with their labels and every forecast for them.

    Parameters
    ----------
    log_probs : mapping of str to array of shape (n_obs, n_classes)
    chosen : array of shape (n_chosen,)
        Which rows.
    rows, labels : array of shape (n_obs,)
        Numbers and class codes of all rows.
    aleatoric, epistemic, distance : array of shape (n_chosen,), optional
    """
    return RowTable(
        n_held_out=len(rows),
        row=rows[chosen].tolist(),
        label=labels[chosen].tolist(),
        probs={name: rounded(np.exp(lp[chosen])) for name, lp in log_probs.items()},
        aleatoric=None if aleatoric is None else rounded(aleatoric),
        epistemic=None if epistemic is None else rounded(epistemic),
        distance=None if distance is None else rounded(distance),
    )


def examples(
    log_probs: Mapping[str, FloatArray],
    between: tuple[str, str],
    rows: IntArray,
    labels: IntArray,
    features: Callable[[int], list[FeatureValue]] = lambda i: [],
) -> list[Example]:
    """The rows that differ most between two contestants, in total variation.

    Parameters
    ----------
    log_probs : mapping of str to array of shape (n_obs, n_classes)
    between : (str, str)
        The two contestants.
    rows, labels : array of shape (n_obs,)
        Numbers and class codes of the rows.
    features : callable, optional
        What a row's features say, by its place.
    """
    probs = {name: np.exp(each) for name, each in log_probs.items()}
    difference = total_variation(*(probs[name] for name in between))
    most = np.lexsort((rows, -difference))[:N_EXAMPLES].tolist()
    return [
        Example(
            row=int(rows[i]),
            label=int(labels[i]),
            difference=rounded(difference[i]),
            probs={name: rounded(p[i]) for name, p in probs.items()},
            features=features(i),
        )
        for i in most
    ]
