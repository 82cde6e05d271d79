"""From a name, a file or a dataframe to a :class:`~trifit.types.Dataset`."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from trifit.data.assemble import Missing, assemble
from trifit.data.columns import MISSING_TEXT
from trifit.data.labels import class_order
from trifit.data.roles import RoleColumns
from trifit.data.schema import Reading
from trifit.data.sources import BUNDLED, bundled, check_several, open_source, open_test
from trifit.errors import InputError
from trifit.simulate import simulate
from trifit.types import Dataset

Marks = Literal[".", ","]


def load_dataset(
    source: Any,
    target: str | None = None,
    *,
    label_cols: Sequence[str] = (),
    test: Any = None,
    missing: Missing = "error",
    drop: Sequence[str] = (),
    keep: Sequence[str] = (),
    categorical: Sequence[str] = (),
    na_values: Sequence[str] | None = None,
    decimal: Marks | None = None,
    thousands: str | None = None,
    positive: str | None = None,
    classes_order: Sequence[str] = (),
    groups: str | None = None,
    time: str | None = None,
    weights: str | None = None,
    **world: Any,
) -> Dataset:
    """Load or simulate a classification problem.

    How columns are read is learned from the training rows alone, and written into
    ``notes`` wherever something was decided (docs/tables.md).

    Parameters
    ----------
    source : str, path or dataframe
        A bundled set (``"iris"``, ``"wine"``, ``"breast_cancer"``, ``"digits"``),
        ``"sim:WORLD"`` (simulated, so that its true class probabilities are known),
        ``"openml:NAME"``, a CSV / TSV / Parquet / Arrow (Feather) file, or any
        dataframe that narwhals understands (pandas, polars, pyarrow, ...).
    target : str
        The column that holds the class labels; bundled sets have their own.
    label_cols : sequence of str
        Instead of ``target``: one column per class, either soft labels (every row
        is a distribution and sums to 1) or counts of observations, each of which
        then is a row of its own. Columns named ``label:CLASS`` are found by themselves.
    test : str, path or dataframe, optional
        A test set with the same columns (others are ignored), read as the training
        rows are and never used for fitting.
    missing : {"error", "drop", "impute"}
        What to do with missing values: refuse, drop the row, or impute the mean of
        the **training** rows (for a category: its frequencies). A row without a class
        cannot be imputed and is dropped.
    drop : sequence of str
        Columns to leave out, e.g. row identifiers; "" means those without a name.
    keep : sequence of str
        Columns to keep although they look like row numbers or identifiers.
    categorical : sequence of str
        Columns that are categories, whatever they look like.
    na_values : sequence of str, optional
        Texts that mean "missing", besides the empty one. Default: NA, N/A, n/a, <NA>,
        #N/A, NaN, nan, null, NULL and ?, which beside numbers always do.
    decimal, thousands : {".", ","}, optional
        Marks in numbers written as text. Default: found out, or asked for.
    positive : str, optional
        Of two classes the one whose log-odds the coefficients are.
    classes_order : sequence of str
        All classes, in order. Default: sorted, as numbers where all are numbers.
    groups : str, optional
        A column whose equal values mark rows that belong together (a patient's visits).
        Folds keep groups whole, and standard errors count groups. No feature, unless kept.
    time : str, optional
        A column of times (numbers or dates): the comparison trains on the earlier rows and
        tests on the later ones. No feature, unless kept.
    weights : str, optional
        A column that counts identical rows: each row stands for so many. No feature.
    **world
        Of simulated data only: ``n``, ``seed``, ``n_test``, ``shift``, ``severity`` and
        the world's own, as in :func:`trifit.simulate.simulate`.

    Returns
    -------
    Dataset
        Numeric and boolean columns as they are; each text column becomes one
        0/1 column per category (none is left out, so an unseen category is
        all zeros rather than silently the reference one).

    Raises
    ------
    InputError
        One line naming the argument, the value and the remedy.

    Examples
    --------
    >>> load_dataset("iris").class_names
    ('setosa', 'versicolor', 'virginica')
    >>> load_dataset("breast_cancer", positive="malignant").class_names
    ('benign', 'malignant')
    """
    if missing not in ("error", "drop", "impute"):
        raise InputError(f"missing={missing!r}: expected 'error', 'drop' or 'impute'")
    simulated = isinstance(source, str) and source.startswith("sim:")
    ordered = positive is not None or bool(classes_order)
    of_a_table = {
        "target": target, "label_cols": tuple(label_cols), "test": test, "drop": tuple(drop),
        "keep": tuple(keep), "categorical": tuple(categorical), "na_values": na_values,
        "decimal": decimal, "thousands": thousands, "groups": groups, "time": time,
        "weights": weights,
    }  # fmt: skip
    if simulated or (isinstance(source, str) and source in BUNDLED):
        given = [name for name, value in of_a_table.items() if value not in (None, ())]
        if given or (simulated and ordered):
            raise InputError(
                f"data {source!r} is {'simulated' if simulated else 'bundled'} and complete: "
                f"{given[0] if given else 'an order of classes'} does not apply"
            )
    if simulated:
        return simulate(source.removeprefix("sim:"), **world)
    if world:
        raise InputError(
            f"{next(iter(world))} is an argument of simulated data (sim:WORLD) only; the data are "
            f"{source if isinstance(source, str | Path) else 'a ' + type(source).__name__}"
        )
    if isinstance(source, str) and source in BUNDLED:
        return _ordered(bundled(source), positive, tuple(classes_order))
    if target is not None and label_cols:
        raise InputError(
            f"target {target!r} and label_cols {list(label_cols)!r}: give one of the two"
        )
    if label_cols:
        check_several("label_cols", tuple(label_cols))
    both = [name for name in drop if name in (*keep, *categorical)]
    if both:
        raise InputError(f"drop {both[0]!r}, and keep or categorical {both[0]!r}: give one of them")
    reading = Reading(
        missing=MISSING_TEXT if na_values is None else ("", *map(str, na_values)),
        decimal=decimal,
        thousands=thousands,
        categorical=tuple(categorical),
        keep=tuple(keep),
        drop=tuple(drop),
        roles=RoleColumns(groups, time, weights),
    )
    table, labels = open_source(source, (target,) if target else tuple(label_cols))
    dataset = assemble(
        table,
        None if test is None else open_test(test, labels),
        labels,
        reading,
        missing=missing,
        source=str(source) if isinstance(source, str | Path) else "dataframe",
    )
    return _ordered(dataset, positive, tuple(classes_order))


def _ordered(dataset: Dataset, positive: str | None, order: tuple[str, ...]) -> Dataset:
    """The same data with its classes in the order that was asked for."""
    if positive is None and not order:
        return dataset
    places = class_order(dataset.name, dataset.class_names, positive, order)
    soft = dataset.soft_labels
    return replace(
        dataset,
        y=np.argsort(places)[dataset.y],
        class_names=tuple(dataset.class_names[k] for k in places),
        soft_labels=None if soft is None else soft[:, places],
    )
