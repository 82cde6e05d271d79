"""Check a model from Python."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from trifit.cards import Card, load_card
from trifit.functions import Builder
from trifit.results.check import Check
from trifit.sbc import SAMPLER
from trifit.sbc.run import run_check
from trifit.sbc.setup import setup_of
from trifit.study.computing import Computing
from trifit.types import Dataset


def check_model(
    model: str | Path | Card | Builder,
    folder: str | Path,
    data: Dataset | None = None,
    *,
    methods: Sequence[str] = ("bayes",),
    rows: int = 50,
    replications: int = 200,
    seed: int = 1,
    **computing: Any,
) -> Check:
    """Check that the posterior of a model is right, by simulation-based calibration.

    Parameters
    ----------
    model : str, path, Card or function
        As in :func:`trifit.compare`. What is no Card gets two chains of at most 2,000 draws,
        enough to rank values. A function that other processes cannot import, such as
        one of a notebook, runs in this process.
    folder : str or path
        Where replications, numbers and page go.
    data : Dataset, optional
        Whose features are used, and not its labels; default: two standard normal features.
    methods : sequence of str
        Posteriors to check: ``"bayes"`` (NUTS), ``"laplace"``.
    rows : int
        Of a simulated data set.
    replications : int
        Simulated sets of labels; more find smaller errors.
    seed : int
    **computing
        ``jobs``, ``resume``, ``force``, ``backend``, ``scheduler``, ``progress``: see
        :class:`trifit.study.computing.Computing`.

    Returns
    -------
    Check

    Raises
    ------
    InputError
        On a model that cannot be checked, or arguments out of range.

    References
    ----------
    Talts et al. (2018), arXiv:1804.06788;
    Säilynoja, Bürkner & Vehtari (2022), Stat. Comput. 32, doi:10.1007/s11222-022-10090-6
    """
    card = model if isinstance(model, Card) else load_card(model).with_overrides(SAMPLER)
    if callable(model):
        computing = {"backend": "serial"} | computing
    setup = setup_of(card, data, methods=methods, rows=rows, seed=seed)
    where = data.name if data is not None else "standard normal"
    return run_check(
        setup, folder, data=where, computing=Computing(**computing), replications=replications
    )
