"""A run's folder read again: its numbers, and fits that predict further rows."""

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from trifit.contestants import posteriors_of
from trifit.crossfit.classifier import Classifier, Probe
from trifit.data import Standardiser
from trifit.data.columns import Column
from trifit.data.new_rows import encode_rows
from trifit.data.schema import Schema
from trifit.errors import InputError
from trifit.fit.prediction import epistemic
from trifit.fits import Fit
from trifit.functions import log_code
from trifit.notes import Note, NoteKind
from trifit.recalibration.saved import AnyMap, from_array, to_array
from trifit.results import Comparison
from trifit.results.folder import read_run
from trifit.run.compare import Run
from trifit.run.spanned import FILE, read_rotation
from trifit.run.tree import posterior_named
from trifit.tagged import read_tagged
from trifit.types import BoolArray, FloatArray
from trifit.words.notes import note_text

if TYPE_CHECKING:
    import pandas as pd
    from xarray import DataTree

FORMAT = "trifit.classifier/1"

CLASSIFIER = "classifier.json"


class _Point(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One set of parameters, and the map that its forecasts go through."""

    params: FloatArray
    recalibration: AnyMap | None = None


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``classifier.json``: all but the card (comparison.json), draws and rotation (netCDF)."""

    schema: str = FORMAT
    columns: list[Column]
    imputes: bool
    varies: BoolArray
    standardiser: Standardiser
    parameters: list[str]
    points: dict[str, _Point]
    probe: Probe
    spanned: bool = False


def posterior_files(comparison: Comparison) -> dict[str, str]:
    """The file of every posterior that passed its checks."""
    there = posteriors_of(comparison.fits)
    files = {name: f"{name}.nc" if name != there[0] else "posterior.nc" for name in there}
    return {name: file for name, file in files.items() if name not in comparison.failed}


def write_classifier(run: Run, path: Path) -> None:
    """Write what predictions for further rows need; fits that failed are left out."""
    classifier, dataset = run.fitted.classifier, run.dataset
    schema = dataset.schema or Schema(tuple(Column(n, "number") for n in dataset.feature_names))
    points = {
        name: _point(fit)
        for name, fit in classifier.fits.items()
        if name not in posteriors_of(classifier.fits) and name not in run.comparison.failed
    }
    file = _File(
        columns=list(schema.columns),
        imputes=schema.imputes,
        varies=classifier.varies,
        standardiser=classifier.standardiser,
        parameters=list(run.fitted.density.layout.names),
        points=points,
        probe=classifier.probe,
        spanned=classifier.rotation is not None,
    )
    path.write_bytes(msgspec.json.encode(file, enc_hook=from_array) + b"\n")


def _point(fit: Fit) -> _Point:
    changed = fit.recalibration
    assert changed is None or isinstance(changed, AnyMap)
    return _Point(fit.flat_draws[0], changed)


@dataclass(frozen=True, eq=False)
class SavedRun:
    """A run's folder, read again.

    Attributes
    ----------
    folder : Path
    comparison : Comparison
    classifier : Classifier
        The fits to all training rows, but for those that failed a check.
    schema : Schema
        How the columns of a table become features.
    """

    folder: Path
    comparison: Comparison
    classifier: Classifier
    schema: Schema

    def predict(self, data: Any) -> "pd.DataFrame":
        """Predictions for further rows; what there is to say of them are warnings.

        Parameters
        ----------
        data : path, dataframe or array of shape (n_obs, n_columns)
            With the columns of the training data, in any order; others are ignored. It is read
            as the training rows were.

        Returns
        -------
        DataFrame
            One row for each of ``data``. ``FIT:CLASS`` is the probability of a class under a
            fit. Of a posterior also ``low:FIT:CLASS`` and ``high:FIT:CLASS``, its 95 % credible
            interval, and the two parts of the entropy in nats: ``aleatoric:FIT``, what would remain
            if the parameters were known, and ``epistemic:FIT``, the mutual information of label
            and parameters.

        Raises
        ------
        InputError
            One line naming the column, the value and the remedy.
        """
        frame, notes = self.predictions(data)
        for note in notes:
            warnings.warn(note_text(note), UserWarning, stacklevel=2)
        return frame

    def predictions(self, data: Any) -> tuple["pd.DataFrame", list[Note]]:
        """:meth:`predict`, and what there is to say of it."""
        import pandas as pd

        X, notes = encode_rows(data, self.schema)
        classes = self.classifier.class_names
        columns: dict[str, FloatArray] = {}
        predicted = self.classifier.predict(X)
        for name, prediction in predicted.items():
            columns |= _by_class(f"{name}:", classes, prediction.probs)
        for name in posteriors_of(predicted):
            low, high = self.classifier.interval(name, X)
            columns |= _by_class(f"low:{name}:", classes, low)
            columns |= _by_class(f"high:{name}:", classes, high)
            columns[f"aleatoric:{name}"] = predicted[name].aleatoric
            columns[f"epistemic:{name}"] = epistemic(predicted[name])
        if self.comparison.failed:
            notes.append(Note(NoteKind.FAILED_FITS, names=tuple(self.comparison.failed)))
        return pd.DataFrame(columns), notes

    def to_arviz(self, name: str | None = None) -> "DataTree":
        """A posterior as ArviZ's functions take it; see :meth:`trifit.Run.to_arviz`."""
        file = posterior_files(self.comparison)[posterior_named(self.comparison, name)]
        return _read_tree(self.folder / file)


def load_run(folder: str | Path) -> SavedRun:
    """Read the folder of a run, to predict further rows from it.

    Parameters
    ----------
    folder : str or path
        What ``trifit compare`` or :func:`trifit.save_run` wrote.

    Returns
    -------
    SavedRun

    Raises
    ------
    InputError
        If it is no such folder, a file is damaged, or no fit is left.
    """
    folder = Path(folder)
    comparison = read_run(folder, CLASSIFIER, why="which predictions need")
    path = folder / CLASSIFIER
    if comparison.card is None:
        raise InputError(f"run {str(folder)!r} judges forecasts; it has no model that predicts")
    file = read_tagged(
        path,
        _File,
        FORMAT,
        called=repr(str(path)),
        otherwise="cannot be read",
        remedy=": make the run again with the command stored in it",
        dec_hook=_array,
    )
    fits = {name: _fit(name, point, comparison) for name, point in file.points.items()}
    for name, posterior in posterior_files(comparison).items():
        fits[name] = _posterior(name, folder / posterior, file.parameters, comparison)
    if not fits:
        raise InputError(f"run {str(folder)!r}: none of its fits passed its checks")
    log_code(comparison.card.builder, f"run {str(folder)!r}")
    schema = Schema(tuple(file.columns), file.imputes)
    card, scales = comparison.card, comparison.prior.scales if comparison.prior else []
    return SavedRun(
        folder,
        comparison,
        Classifier(
            card.with_scale(scales[-1].value) if scales else card,
            schema.features,
            tuple(comparison.data.class_names),
            file.varies,
            file.standardiser,
            {name: fits[name] for name in comparison.fits if name in fits},
            file.probe,
            read_rotation(folder / FILE) if file.spanned else None,
        ),
        schema,
    )


def _array(kind: type, values: Any) -> NDArray[Any]:
    """An array of truth values where JSON has those, else of floats."""
    array = np.asarray(values)
    return array if array.dtype == np.bool_ else to_array(kind, values)


def _fit(name: str, point: _Point, comparison: Comparison) -> Fit:
    record = comparison.fits[name]
    return Fit(
        method=name,
        draws=point.params[None, None],
        status=record.status,
        seconds=record.seconds,
        recalibration=point.recalibration,
    )


def _posterior(name: str, path: Path, parameters: list[str], comparison: Comparison) -> Fit:
    posterior = _read_tree(path)["posterior"]
    values = [np.asarray(posterior[n].values, dtype=np.float64) for n in parameters]
    draws = np.concatenate([v.reshape((*v.shape[:2], -1)) for v in values], axis=2)
    record = comparison.fits[name]
    return Fit(method=name, draws=draws, status=record.status, seconds=record.seconds)


def _read_tree(path: Path) -> "DataTree":
    import xarray as xr

    try:
        with xr.open_datatree(path, engine="h5netcdf") as tree:
            loaded: DataTree = tree.load()
            return loaded
    except (OSError, RuntimeError) as error:
        raise InputError(f"{str(path)!r} cannot be read: {error}") from error


def _by_class(prefix: str, classes: tuple[str, ...], probs: FloatArray) -> dict[str, FloatArray]:
    return {f"{prefix}{c}": probs[:, k] for k, c in enumerate(classes)}
