"""The run folder: the page, its numbers, predictions, parameters and draws."""

import csv
from functools import partial
from pathlib import Path

import msgspec
import numpy as np

from trifit.predictions.recommended import write_maps
from trifit.predictions.rows import PREDICTIONS, write_rows
from trifit.results import Parameter
from trifit.results.folder import save_whole, write_numbers
from trifit.run.compare import Run
from trifit.run.netcdf import netcdf
from trifit.run.saved import CLASSIFIER, posterior_files, write_classifier
from trifit.run.spanned import FILE, write_coefficients
from trifit.run.tree import attributes_of, groups_of

SMALLER = {"log_likelihood": "float32", "posterior_predictive": "int16"}
"""Groups of a posterior's file that need fewer digits than they have in memory."""


def save_run(run: Run, folder: str | Path, *, force: bool = False) -> None:
    """Write all files of a run, or none.

    Files of the user's in the folder stay where they are.

    Parameters
    ----------
    run : Run
    folder : str or Path
    force : bool
        Replace what another command made.

    Raises
    ------
    InputError
        If the folder must not be replaced (see :func:`check_folder`) or the
        disk refuses.
    """
    command = run.comparison.provenance.command
    save_whole(Path(folder), partial(_write, run), command=command, force=force)


def _write(run: Run, folder: Path) -> None:
    write_numbers(run.comparison, folder)
    order = np.argsort(run.test_rows, kind="stable")
    write_maps(run.comparison, run.fitted.forecasts, folder)
    write_rows(folder / PREDICTIONS, run.fitted.forecasts.take(order), run.test_rows[order])
    _write_parameters(run.comparison.parameters, folder / "parameters.csv")
    for name, file in posterior_files(run.comparison).items():
        _write_posterior(run, name, folder / file)
    write_classifier(run, folder / CLASSIFIER)
    if run.fitted.final.part.rotation is not None:
        write_coefficients(run, folder / FILE)
    (folder / "card.toml").write_text(run.card.to_toml(), encoding="utf-8")


def _write_parameters(parameters: list[Parameter], path: Path) -> None:
    rows = [msgspec.to_builtins(p) for p in parameters]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _write_posterior(run: Run, name: str, path: Path) -> None:
    """A posterior for ArviZ, see :mod:`trifit.run.tree`."""
    of = run.fitted, name, run.comparison
    path.write_bytes(netcdf(groups_of(*of), attributes_of(*of), SMALLER))
