"""The learning curve of one table: a study of it with sensible sizes.

>>> import trifit
>>> record = trifit.learning_curve("breast_cancer", model="logistic")  # doctest: +SKIP
>>> [(found.fit, found.rows) for found in record.rows_needed]  # doctest: +SKIP
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from trifit.cards import NAME, Card, load_card
from trifit.data import as_dataset
from trifit.errors import InputError
from trifit.results.study import StudyRecord
from trifit.study.measures import card_of
from trifit.study.run import run_study
from trifit.study.sizes import checked_sizes
from trifit.study.spec import Figure, Grid, Quick, Setting, Study
from trifit.study.tables import READING, Tables, check_rows, fingerprint
from trifit.types import Dataset

SIZES, REPLICATIONS = 6, 10

MOST_TRAINING, MOST_HELD_OUT = 5_000, 2_000
"""Most rows of a training set, and held out."""

NUTS_LIMIT = 50_000
"""Largest :func:`sampling_size` for which the posterior is sampled with NUTS at all sizes; beyond
it the Laplace approximation stands for it, at all sizes too, so that a line is one method."""


def default_sizes(dataset: Dataset) -> tuple[list[int], int]:
    """Training rows, evenly spaced on a logarithmic scale up to half of the table; held-out rows.

    The smallest has 20 rows, two of every class, and a twenty-fifth of the largest at least.

    Raises
    ------
    InputError
        If the table has too few rows for two sizes.
    """
    largest = min(dataset.n_obs // 2, MOST_TRAINING)
    rarest = np.bincount(dataset.y, minlength=dataset.n_classes).min() / dataset.n_obs
    smallest = max(20, int(np.ceil(3 / rarest)), int(np.ceil(largest / 25)))
    if 1.5 * smallest > largest:
        raise InputError(
            f"data {dataset.name!r}: {dataset.n_obs:,} rows are too few for a learning curve: half "
            f"of them train, and the smallest training set needs {smallest:,} rows (its rarest "
            f"class has {rarest:.1%} of the rows)"
        )
    sizes = np.geomspace(smallest, largest, SIZES).round().astype(int)
    return sorted(set(sizes.tolist())), min(dataset.n_obs - largest, MOST_HELD_OUT)


def learning_curve(
    data: Any,
    target: Any = None,
    *,
    model: str = "softmax",
    folder: str | Path | None = None,
    sizes: Sequence[int] | None = None,
    n_test: int | None = None,
    replications: int = REPLICATIONS,
    overrides: dict[str, Any] | None = None,
    methods: Sequence[str] = (),
    nuts: bool | None = None,
    seed: int = 1,
    reading: dict[str, Any] | None = None,
    **computing: Any,
) -> StudyRecord:
    """How many training rows are enough for outputs that behave like probabilities, by fit.

    Training sets of several sizes are drawn from the table again and again, a classifier is
    fitted to each, and judged on rows that were held out.

    Parameters
    ----------
    data, target : object, optional
        A :class:`trifit.Dataset`, or what :func:`trifit.load_dataset` takes.
    model : str
        A card's name or path.
    folder : str or path, optional
        Of the study; default ``reports/curve-DATA``.
    sizes : sequence of int, optional
        Training rows; default: six, up to half of the table.
    n_test : int, optional
        Held-out rows; default: the other half, at most 2,000.
    replications : int
        Draws from the table.
    overrides : dict, optional
        Settings of the card.
    methods : sequence of str
        Further fits.
    nuts : bool, optional
        Whether the posterior is sampled. Default: up to 50,000 rows x coefficients at the largest
        size; beyond, Laplace's approximation is made.
    seed : int
    reading : dict, optional
        Further arguments of :func:`trifit.load_dataset`.
    **computing
        ``jobs``, ``backend``, ``scheduler``, ``resume``, ``force``, ``progress`` and
        ``command``, as for :func:`trifit.run_study`.

    Returns
    -------
    StudyRecord
        ``rows_needed`` has the answers.

    Raises
    ------
    InputError
        On data that cannot be read, sizes that the table has no rows for, or an unknown fit.
    """
    reading = reading or {}
    dataset = check_rows(as_dataset(data, target, **reading))
    study = curve_study(
        dataset,
        {"target": target if isinstance(target, str) else None, **reading},
        model={"card": model, **(overrides or {})},
        sizes=sizes,
        n_test=n_test,
        replications=replications,
        methods=methods,
        nuts=nuts,
        seed=seed,
    )
    return run_study(
        study, folder or Path("reports") / study.name, tables=Tables([dataset]), **computing
    )


def curve_study(
    dataset: Dataset,
    reading: dict[str, Any],
    *,
    model: dict[str, Any],
    sizes: Sequence[int] | None = None,
    n_test: int | None = None,
    replications: int = REPLICATIONS,
    methods: Sequence[str] = (),
    nuts: bool | None = None,
    seed: int = 1,
) -> Study:
    """The study of one table.

    Parameters
    ----------
    dataset : Dataset
    reading : dict
        How the table was read, for the study's file.
    model : dict
        The card, and changes of its settings.
    sizes : sequence of int, optional
    n_test : int, optional
    replications : int
    methods : sequence of str
    nuts : bool, optional
    seed : int
        Those of :func:`learning_curve`.
    """
    reading = {k: v for k, v in reading.items() if k in READING and v not in (None, [], ())}
    if sizes is None:
        sizes, usual = default_sizes(dataset)
        n_test = usual if n_test is None else n_test
    else:
        sizes = checked_sizes(sizes)
    if n_test is None:
        n_test = max(2, min(dataset.n_obs - max(sizes), MOST_HELD_OUT))
    card = card_of(model)
    sampled, further = _posterior(dataset, card, max(sizes), methods, nuts=nuts)
    fits = ["mle", "map", *(["bayes"] if sampled else []), *further, "mle+T"]
    settings: dict[str, Setting] = {**model, "nuts": sampled}
    data: dict[str, Setting] = {"source": dataset.source or dataset.name, **_plain(reading)}
    grid = [Grid(data={"n": list(sizes)})]
    name = f"curve-{Path(dataset.name).name}"
    return Study(
        name=name if NAME.fullmatch(name) and name.isprintable() else "curve",
        question=f"How many training rows are enough for {load_card(model['card']).name} on "
        f"{dataset.name} to give outputs that behave like probabilities?",
        expects="All fits come nearer to a slope of 1 as rows are added: the MLE from below, and "
        "last.",
        seed=seed,
        replications=replications,
        summary="median" if replications >= 6 else "mean",
        data={**data, "table": fingerprint(dataset), "n_test": int(n_test)},
        model=settings | ({"methods": list(further)} if further else {}),
        grid=grid,
        quick=Quick(grid=grid, replications=6),
        figures=[
            Figure(title=title, quantity=quantity, x="n", fits=list(dict.fromkeys(fits)))
            for quantity, title in FIGURES.items()
        ],
        rows_needed=True,
    )


FIGURES = {
    "slope": "Calibration slope on held-out rows: below 1 a fit is over-confident",
    "log_loss": "Log-loss on held-out rows",
    "behaves": "Share of training sets whose fit these held-out rows alone show to behave like "
    "probabilities; where they are few, it stays low however good the fit is",
}
"""What is drawn, by quantity."""


def sampling_size(dataset: Dataset, rows: int) -> int:
    """Rows x columns x classes, which decide whether the posterior is sampled with NUTS.

    Columns count up to the number of rows: wider tables are sampled in the span of their rows.

    Parameters
    ----------
    dataset : Dataset
    rows : int
        Of the training set.

    Examples
    --------
    >>> from trifit.data import load_dataset
    >>> sampling_size(load_dataset("iris"), 100), sampling_size(load_dataset("iris"), 3)
    (1200, 27)
    """
    return int(rows * min(rows, dataset.X.shape[1]) * dataset.n_classes)


def _posterior(
    dataset: Dataset, card: Card, largest: int, methods: Sequence[str], *, nuts: bool | None
) -> tuple[bool, list[str]]:
    """Whether the posterior is sampled, and the further fits.

    Parameters
    ----------
    dataset : Dataset
    card : Card
    largest : int
        Rows of the largest training set.
    methods : sequence of str
    nuts : bool or None
    """
    if nuts is not None:
        return nuts, list(methods)
    if sampling_size(dataset, largest) <= NUTS_LIMIT:
        return True, list(methods)
    laplace = ["laplace"] if card.identified and "laplace" not in methods else []
    return False, [*laplace, *methods]


def _plain(reading: dict[str, Any]) -> dict[str, Any]:
    """Arguments of a reading as a study file has them."""
    return {k: list(v) if isinstance(v, tuple | list) else v for k, v in reading.items()}
