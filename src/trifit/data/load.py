"""From a name, a file, a dataframe or arrays to a :class:`~trifit.types.Dataset`."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from trifit.data.arrays import is_name
from trifit.data.assemble import Missing, assemble
from trifit.data.bundled import bundled
from trifit.data.by import by_features
from trifit.data.cells import MISSING_TEXT
from trifit.data.labels import class_order
from trifit.data.roles import RoleColumns
from trifit.data.schema import Reading
from trifit.data.sources import (
    BUNDLED,
    check_several,
    open_labelled,
    open_source,
    open_test,
)
from trifit.data.tables import Table
from trifit.errors import InputError
from trifit.types import Dataset

Marks = Literal[".", ","]


def load_dataset(  # noqa: PLR0913 - the user's door: an argument per choice
    source: Any,
    target: Any = None,
    *,
    label_cols: Sequence[Hashable] = (),
    test: Any = None,
    missing: Missing = "error",
    drop: Sequence[Hashable] = (),
    keep: Sequence[Hashable] = (),
    categorical: Sequence[Hashable] = (),
    na_values: Sequence[str] | None = None,
    decimal: Marks | None = None,
    thousands: str | None = None,
    positive: str | None = None,
    classes_order: Sequence[str] = (),
    groups: str | None = None,
    time: str | None = None,
    weights: str | None = None,
    by: Sequence[str] = (),
    **world: Any,
) -> Dataset:
    """Load or simulate a classification problem.

    How columns are read is learned from the training rows alone, and written into
    ``notes`` wherever something was decided (docs/tables.md).

    Parameters
    ----------
    source : str, path, dataframe, array or list of rows
        A bundled set (``"cells"``, ``"iris"``, ``"wine"``, ``"breast_cancer"``, ``"digits"``),
        ``"sim:WORLD"`` (simulated, so that its true class probabilities are known),
        ``"openml:NAME"``, a CSV / TSV / Parquet / Arrow (Feather) / ``.npz`` file
        (``"-"``: text from standard input), any dataframe that narwhals understands
        (pandas, polars, pyarrow, ...), or features of shape (n_obs, n_features).
    target : str, or array-like of shape (n_obs,) or (n_obs, n_classes)
        The column that holds the class labels (bundled sets and ``.npz`` files have
        their own), or the labels themselves: ``load_dataset(X, y)``.
    label_cols : sequence of str
        Instead of ``target``: one column per class, either soft labels (every row
        is a distribution and sums to 1) or counts of observations, each of which
        then is a row of its own. Columns named ``label:CLASS`` are found by themselves.
    test : str, path, dataframe or pair, optional
        A test set with the same columns (others are ignored), read as the training
        rows are and never used for fitting; ``(X_test, y_test)`` where the labels
        were given themselves.
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
    by : sequence of str
        Columns that divide the scored rows into subgroups, each judged by itself: ``"region"``,
        or ``"age:4"`` for quarters of its numbers (docs/subgroups.md). Features or not.
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
    >>> load_dataset([[1.0, 2.0], [2.0, 1.5], [4.0, 0.5], [3.0, 1.0]], list("abab")).feature_names
    ('x0', 'x1')
    """
    if missing not in ("error", "drop", "impute"):
        raise InputError(f"missing={missing!r}: expected 'error', 'drop' or 'impute'")
    if isinstance(by, str):
        by = (by,)
    label_cols, drop, keep, categorical, by = (
        tuple(map(str, names)) for names in (label_cols, drop, keep, categorical, by)
    )
    of_a_table = {
        "target": target, "label_cols": label_cols, "test": test, "drop": drop, "keep": keep,
        "categorical": categorical, "na_values": na_values, "decimal": decimal,
        "thousands": thousands, "groups": groups, "time": time, "weights": weights,
    }  # fmt: skip
    if isinstance(source, str) and source.startswith("sim:"):
        ordered = {"positive": positive, "classes_order": tuple(classes_order)}
        _check_complete(source, "simulated", of_a_table | ordered)
        from trifit.simulate import simulate

        return by_features(simulate(source.removeprefix("sim:"), **world), by)
    if world:
        raise InputError(
            f"{next(iter(world))}: only simulated data (sim:WORLD) may take such an argument; "
            f"others take {', '.join(of_a_table)}, missing, positive and classes_order"
        )
    if isinstance(source, str) and source in BUNDLED:
        _check_complete(source, "bundled", of_a_table)
        return _ordered(by_features(bundled(source), by), positive, tuple(classes_order))
    _check_columns(target, label_cols, drop=drop, kept=(*keep, *categorical))
    reading = Reading(
        missing=MISSING_TEXT if na_values is None else ("", *map(str, na_values)),
        decimal=decimal,
        thousands=thousands,
        categorical=categorical,
        keep=keep,
        drop=drop,
        roles=RoleColumns(groups, time, weights, by),
    )
    train, held_out = _tables(source, target, label_cols, test)
    dataset = assemble(
        train,
        held_out,
        reading,
        missing=missing,
        source=str(source) if isinstance(source, str | Path) else train.name,
    )
    return _ordered(dataset, positive, tuple(classes_order))


def as_dataset(data: Any, target: Any = None, *, by: Sequence[str] = (), **reading: Any) -> Dataset:
    """A data set as it is, or one loaded from what :func:`load_dataset` takes.

    Parameters
    ----------
    data, target : object, optional
        A ``Dataset`` alone, or a source and the name of its labels.
    by : sequence of str
        As :func:`load_dataset` takes it; of a ``Dataset`` its features.
    **reading
        Further arguments of :func:`load_dataset`.

    Raises
    ------
    InputError
        If a data set comes with what is for reading one.
    """
    if not isinstance(data, Dataset):
        return load_dataset(data, target, by=by, **reading)
    if target is not None:
        raise InputError(
            f"target {target!r}: the data are a Dataset, which has its labels; give a model by "
            "keyword, model=..."
        )
    if reading:
        raise InputError(f"{next(iter(reading))}: does not apply to a Dataset, which is complete")
    return by_features(data, (by,) if isinstance(by, str) else by) if by else data


def _check_complete(source: str, kind: str, arguments: Mapping[str, Any]) -> None:
    """Refuse what is for tables only."""
    for name, value in arguments.items():
        if value is not None and not (isinstance(value, tuple) and not value):
            raise InputError(f"data {source!r} is {kind} and complete: {name} does not apply")


def _check_columns(
    target: Any, label_cols: tuple[str, ...], *, drop: Sequence[str], kept: Sequence[str]
) -> None:
    """Refuse columns that are asked for twice, in ways that exclude each other."""
    if target is not None and label_cols:
        raise InputError(
            f"target {target!r} and label_cols {list(label_cols)!r}: give one of the two"
        )
    if label_cols:
        check_several("label_cols", label_cols)
    both = [name for name in drop if name in kept]
    if both:
        raise InputError(f"drop {both[0]!r}, and keep or categorical {both[0]!r}: give one of them")


def _tables(
    source: Any, target: Any, label_cols: tuple[str, ...], test: Any
) -> tuple[Table, Table | None]:
    """The training table and the test table, where one is given."""
    labelled = target is not None and not is_name(target)
    if labelled:
        train = open_labelled(source, target)
    else:
        train = open_source(source, label_cols if target is None else (str(target),))
    return train, None if test is None else open_test(test, train.labels, pair=labelled)


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
