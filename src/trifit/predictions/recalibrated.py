"""Recalibrated probabilities and the maps that made them, written to files."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path

import numpy as np

from trifit import recalibration
from trifit.errors import InputError
from trifit.files import write_whole
from trifit.forecasts import Forecasts, n_ruled_out
from trifit.judge.calibration import recalibration_folds
from trifit.predictions.evaluate import own_generator
from trifit.predictions.join import Predictions, read_unlabelled
from trifit.predictions.reading import Reading
from trifit.recalibration import Recalibration, cross_fitted
from trifit.text import slugs
from trifit.types import FloatArray


def check_recalibrable(forecasts: Forecasts, method: str) -> None:
    """Refuse forecasts that no map of this kind corrects: a label has probability 0.

    A frequency takes the place of a 0 in the isotonic map; the other maps leave it a 0.

    Parameters
    ----------
    forecasts : Forecasts
    method : str

    Raises
    ------
    InputError
    """
    if method == "isotonic":
        return
    for name, log_probs in forecasts.log_probs.items():
        if n := n_ruled_out(log_probs, forecasts.labels):
            raise InputError(
                f"--write-recalibrated: {name} gives probability 0 to the label of {n:,} of "
                f"{len(log_probs):,} rows, which no {method} map corrects; raise such "
                "probabilities (--floor 1e-6) or use --map isotonic"
            )


def write_recalibrated(
    path: Path,
    found: Predictions,
    *,
    label: str | None,
    row_id: str | None,
    method: str,
    seed: int,
    floor: float | None = None,
) -> list[Path]:
    """Write the recalibrated probabilities of every contestant, and a map of each.

    The probabilities of a row are by a map that has not seen its fold; the folds are those of
    the gain that the page reports. The maps are fitted to all rows.

    Parameters
    ----------
    path : Path
        Parquet or CSV: row ids and labels, where there are any, and a column ``p_CLASS`` for
        every class, or ``NAME:CLASS`` where there are several contestants. Maps go beside it,
        as ``.map.json``.
    found : Predictions
    label, row_id : str, optional
        Names of the columns of labels and row ids.
    method : str
        Of :data:`trifit.recalibration.METHODS`.
    seed : int
        Of the evaluation.
    floor : float, optional
        That the forecasts were raised to.

    Returns
    -------
    list of Path
        The files of the maps.
    """
    forecasts = found.forecasts
    names = list(forecasts.log_probs)
    slug = slugs(names)
    probs, maps = {}, []
    for name, log_probs in forecasts.log_probs.items():
        fold = recalibration_folds(forecasts, own_generator(seed, name))
        cross = cross_fitted(log_probs, forecasts.labels, method=method, fold=fold)
        probs["" if len(names) == 1 else name] = np.exp(cross)
        made = recalibration.fit(
            log_probs,
            forecasts.labels,
            method=method,
            class_names=forecasts.class_names,
            source=f"{name} of {found.sources[name]}" if name in found.sources else name,
            floor=floor,
        )
        maps.append(path.with_suffix(".map.json" if len(names) == 1 else f".{slug[name]}.map.json"))
        made.save(maps[-1])
    labels = [forecasts.class_names[k] for k in forecasts.labels]
    known = {row_id: found.row_ids, label: labels}
    write_probs(path, probs, forecasts.class_names, known)
    return maps


def recalibrate(made: Recalibration, preds: Path, reading: Reading, out: Path) -> int:
    """Apply a map to a file of new predictions; returns the number of rows.

    Row ids and labels, where the file has them, are written too.

    Parameters
    ----------
    made : Recalibration
    preds : Path
    reading : Reading
        How to read ``preds``.
    out : Path
    """
    log_probs, raw = read_unlabelled(preds, reading, made.class_names, floor=made.floor)
    known = {reading.row_id: raw.ids, reading.label: raw.labels}
    write_probs(out, {"": np.exp(made.transform(log_probs))}, made.class_names, known)
    return len(log_probs)


def write_probs(
    path: Path,
    probs: Mapping[str, FloatArray],
    class_names: Sequence[str],
    known: Mapping[str | None, Sequence[str] | None],
) -> None:
    """Write probabilities as ``trifit evaluate`` reads them.

    Parameters
    ----------
    path : Path
    probs : mapping of contestant to array of shape (n_obs, n_classes)
        A single one has the name "".
    class_names : sequence of str
    known : mapping of str to sequence of str
        Further columns; those without a name or values are left out.
    """
    import pyarrow as pa
    from pyarrow import csv, parquet

    columns = {name: pa.array(texts) for name, texts in known.items() if name and texts is not None}
    for name, values in probs.items():
        prefix = f"{name}:" if name else "p_"
        columns |= {f"{prefix}{c}": pa.array(values[:, k]) for k, c in enumerate(class_names)}
    buffer, table = BytesIO(), pa.table(columns)
    if path.suffix.lower() == ".csv":
        csv.write_csv(table, buffer)
    else:
        parquet.write_table(table, buffer)
    write_whole(path, buffer.getvalue())
