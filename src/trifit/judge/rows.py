"""Where forecasts disagree, row by row: what can be said without features."""

import numpy as np

from trifit.forecasts import Forecasts
from trifit.inputs import label_probs
from trifit.results import Disagreement, Example, RowTable
from trifit.rounding import rounded
from trifit.scores import total_variation

MAX_ROWS = 1_000
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
    n = len(forecasts.labels)
    labels = label_probs(forecasts.labels, len(forecasts.class_names)).argmax(axis=1)
    chosen = np.sort(rng.choice(n, min(n, MAX_ROWS), replace=False))
    a, b = list(forecasts.log_probs)[:2]
    difference = total_variation(forecasts.probs(a), forecasts.probs(b))
    most = np.argsort(-difference, kind="stable")[:N_EXAMPLES]
    return Disagreement(
        rows=RowTable(
            n_held_out=n,
            row=chosen.tolist(),
            label=labels[chosen].tolist(),
            probs={name: rounded(np.exp(lp[chosen])) for name, lp in forecasts.log_probs.items()},
            aleatoric=None,
            epistemic=None,
            distance=None,
        ),
        by_distance=None,
        between=(a, b),
        examples=[
            Example(
                row=int(i),
                label=int(labels[i]),
                difference=rounded(difference[i]),
                probs={name: rounded(np.exp(lp[i])) for name, lp in forecasts.log_probs.items()},
                features=[],
            )
            for i in most
        ],
        map=None,
    )
