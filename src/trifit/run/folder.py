"""The run folder: written whole under a temporary name, then renamed."""

import csv
import os
import shutil
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from trifit.errors import InputError
from trifit.results import Comparison, Parameter
from trifit.results.comparison import command_of
from trifit.run.compare import Run

FILES = (
    "index.html",
    "predictions.parquet",
    "parameters.csv",
    "posterior.nc",
    "card.toml",
    "comparison.json",
)
"""All files of a run; the one that says which run it is comes last.

A run without a posterior has no ``posterior.nc``."""


def check_folder(folder: Path, *, command: str, force: bool) -> None:
    """Refuse, before anything is fitted, a folder that must not be replaced.

    A missing or empty folder is fine, and so is one that the same command
    made; any other needs ``force``.

    Raises
    ------
    InputError
        Saying what is there and what to do.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"--out {str(folder)!r} is a file; give a folder")
    # The run is written beside the folder first, so the parent must take it.
    parent = next(p for p in folder.absolute().parents if p.exists())
    if not os.access(parent, os.W_OK) or (folder.exists() and not os.access(folder, os.W_OK)):
        raise InputError(f"--out {str(folder)!r} is not writable; give another folder")
    if force or not folder.exists() or not any(folder.iterdir()):
        return
    made_by = command_of(folder / "comparison.json")
    if made_by is None:
        raise InputError(
            f"--out {str(folder)!r} exists and is not a run of trifit; give another folder, "
            "or --force to write into it (its own files stay)"
        )
    if made_by != command:
        raise InputError(
            f"--out {str(folder)!r} holds another run ({made_by}); give another folder, "
            "or --force to replace it"
        )


def save_run(run: Run, folder: Path, *, force: bool = False) -> None:
    """Write all files of a run, or none.

    Files of the user's in the folder stay where they are.

    Raises
    ------
    InputError
        If the folder must not be replaced (see :func:`check_folder`) or the
        disk refuses.
    """
    command = run.comparison.provenance.command
    _save(folder, partial(_write, run), command=command, force=force)


def save_comparison(comparison: Comparison, folder: Path, *, force: bool = False) -> None:
    """Write the numbers and the page of forecasts that were judged; see :func:`save_run`."""
    command = comparison.provenance.command
    _save(folder, partial(_write_numbers, comparison), command=command, force=force)


def _save(folder: Path, write: Callable[[Path], None], *, command: str, force: bool) -> None:
    check_folder(folder, command=command, force=force)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(
            tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".trifit-tmp", dir=folder.parent)
        )
    except OSError as error:
        raise InputError(f"--out {str(folder)!r} cannot be written: {error.strerror}") from error
    try:
        write(temporary)
        temporary.chmod(0o755)
        _move_into_place(temporary, folder)
    except OSError as error:
        raise InputError(f"--out {str(folder)!r} cannot be written: {error.strerror}") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _move_into_place(temporary: Path, folder: Path) -> None:
    if folder.exists() and any(p.name not in FILES for p in folder.iterdir()):
        for name in FILES:  # keep what is not ours
            if (temporary / name).exists():
                os.replace(temporary / name, folder / name)
            else:  # of an earlier run
                (folder / name).unlink(missing_ok=True)
        return
    if folder.exists():
        old = temporary.with_suffix(".old.trifit-tmp")
        os.replace(folder, old)
        try:
            os.replace(temporary, folder)
        except OSError:
            os.replace(old, folder)  # the earlier run is not lost
            raise
        shutil.rmtree(old, ignore_errors=True)
    else:
        os.replace(temporary, folder)


def _write(run: Run, folder: Path) -> None:
    _write_numbers(run.comparison, folder)
    _write_predictions(run, folder / "predictions.parquet")
    _write_parameters(run.comparison.parameters, folder / "parameters.csv")
    if run.comparison.posterior_fit is not None:
        _write_posterior(run, run.comparison.posterior_fit, folder / "posterior.nc")
    (folder / "card.toml").write_text(run.card.to_toml(), encoding="utf-8")


def _write_numbers(comparison: Comparison, folder: Path) -> None:
    comparison.to_json(folder / "comparison.json")
    comparison.to_html(folder / "index.html")


def _write_predictions(run: Run, path: Path) -> None:
    """One row per test observation: ``row``, ``y`` and a column ``FIT:CLASS`` each."""
    import pyarrow as pa
    from pyarrow import parquet

    names = run.dataset.class_names
    order = np.argsort(run.test_rows, kind="stable")
    rows = run.test_rows[order]
    columns: dict[str, Any] = {"row": rows, "y": [names[k] for k in run.dataset.y[rows]]}
    for fit, log_probs in run.log_probs.items():
        for k, name in enumerate(names):
            columns[f"{fit}:{name}"] = np.exp(log_probs[order, k])
    parquet.write_table(pa.table(columns), path)


def _write_parameters(parameters: list[Parameter], path: Path) -> None:
    rows = [msgspec.to_builtins(p) for p in parameters]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _write_posterior(run: Run, fit: str, path: Path) -> None:
    """Draws, and NUTS's statistics, as an ArviZ ``DataTree``, checksummed."""
    import arviz as az

    layout, bayes = run.fitted.density.layout, run.fitted.final.fits[fit]
    groups: dict[str, Any] = {"posterior": layout.unravel(bayes.draws)}
    if bayes.sampling is not None:
        groups["sample_stats"] = dict(bayes.sampling.stats)
    tree = az.from_dict(
        groups,
        coords={k: list(v) for k, v in layout.coords.items()},
        dims={n: list(d) for n, d in zip(layout.names, layout.dims, strict=True) if d},
    )
    checked = {"zlib": True, "fletcher32": True}
    tree.to_netcdf(
        path,
        engine="h5netcdf",
        encoding={
            f"/{group}": {name: checked for name in tree[group].data_vars} for group in groups
        },
    )
