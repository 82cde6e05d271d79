"""The study behind the atlas: tables x sizes x replications, on the study's engine."""

from collections.abc import Mapping, Sequence

import numpy as np

from trifit.cards import load_card
from trifit.errors import InputError
from trifit.study.curve import sampling_size
from trifit.study.spec import Grid, Quick, Setting, Study
from trifit.study.tables import fingerprint
from trifit.types import Dataset

SHARES = (1.0, 0.25, 0.05)
"""Sizes of the training set, as shares of the full one."""

MOST_TRAINING, MOST_HELD_OUT = 1_000, 1_000
LEAST_TRAINING, LEAST_OF_CLASS, LEAST_IN_GROUPS = 20, 2, 5
"""Rows of a training set, and expected of its rarest class: where whole groups are drawn, its
shares of the classes vary."""

REPLICATIONS = 1
"""Draws from a table at every size: intervals are over tables, not over draws."""

NUTS_LIMIT = 150_000
"""Largest :func:`trifit.study.curve.sampling_size` at which the posterior is sampled with NUTS."""


def sizes_of(dataset: Dataset, most: int = MOST_TRAINING) -> tuple[list[int], int]:
    """Training rows (at most ``most``), largest first, and held-out rows.

    A third of the rows is held out. A size that is too small, or has too few rows of the
    rarest class, is left out.

    Examples
    --------
    >>> from trifit.data import load_dataset
    >>> sizes_of(load_dataset("iris"))
    ([100, 25], 50)
    """
    held_out = min(dataset.n_obs // 3, MOST_HELD_OUT)
    full = min(dataset.n_obs - held_out, most)
    rarest = np.bincount(dataset.y, minlength=dataset.n_classes).min() / dataset.n_obs
    of_class = LEAST_OF_CLASS if dataset.groups is None else LEAST_IN_GROUPS
    least = max(LEAST_TRAINING, int(np.ceil(of_class / rarest)))
    return [n for share in SHARES if (n := round(share * full)) >= least], held_out


def atlas_study(
    datasets: Sequence[Dataset],
    *,
    card: str = "softmax",
    overrides: Mapping[str, Setting] | None = None,
    replications: int = REPLICATIONS,
    seed: int = 1,
) -> Study:
    """A study of several tables; each is a source of the rows of its own cells.

    Parameters
    ----------
    datasets : sequence of Dataset
        By name.
    card : str
    overrides : mapping, optional
        Settings of the card.
    replications : int
    seed : int

    Raises
    ------
    InputError
        If a table has too few rows for any size.
    """
    identified = load_card(card).identified
    grid = [part for dataset in datasets for part in _grids(dataset, identified=identified)]
    return Study(
        name="atlas",
        question="How often do outputs behave like probabilities, on public tables?",
        expects="The MLE is over-confident where there are few rows per coefficient; the posterior "
        "is not.",
        seed=seed,
        replications=replications,
        model={"card": card, **(overrides or {})},
        over_tables=True,
        grid=grid,
        quick=Quick(grid=grid, replications=replications),
    )


def _grids(dataset: Dataset, *, identified: bool) -> list[Grid]:
    """The sizes of one table, those with a sampled posterior and those without.

    A model whose parameters can be permuted has no Laplace approximation, so none there.
    """
    sizes, held_out = sizes_of(dataset)
    if not sizes:
        raise InputError(
            f"table {dataset.name!r}: {dataset.n_obs:,} rows are too few for a training set of "
            f"{LEAST_TRAINING} rows with {LEAST_OF_CLASS} of the rarest class"
        )
    data: dict[str, list[Setting]] = {
        "source": [dataset.name],
        "table": [fingerprint(dataset)],
        "n_test": [held_out],
    }
    models: dict[bool, dict[str, list[Setting]]] = {
        True: {"nuts": [True]},
        False: {"nuts": [False], "methods": [["laplace"] if identified else []]},
    }
    return [
        Grid(data={**data, "n": list(chosen)}, model=model)
        for sampled, model in models.items()
        if (chosen := [n for n in sizes if (sampling_size(dataset, n) <= NUTS_LIMIT) is sampled])
    ]
