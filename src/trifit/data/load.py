"""From a name, a file or a dataframe to a :class:`~trifit.types.Dataset`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.error import URLError

import numpy as np

from trifit.data.encode import encode_features, encode_target
from trifit.data.soft import are_counts, encode_soft_labels, label_columns, written_out
from trifit.data.tables import from_dataframe, read_table
from trifit.errors import InputError
from trifit.simulate import simulate
from trifit.types import Dataset, FloatArray

if TYPE_CHECKING:
    import pyarrow as pa

Missing = Literal["error", "drop", "impute"]

SOFT_NOTE = (
    "labels are distributions: the cross-entropy against them is minimised, scores are expected "
    "scores, and the posterior is a generalised one (exp of minus the cross-entropy, times the "
    "prior)"
)

BUNDLED = {
    "iris": "150 flowers, 4 measurements, 3 species (Fisher 1936)",
    "wine": "178 wines, 13 chemical analyses, 3 growers (Forina 1991)",
    "breast_cancer": "569 tumours, 30 measurements, malignant or benign (Wolberg 1995)",
    "digits": "1797 handwritten digits, 8 x 8 pixels, 10 classes (Alpaydin 1998)",
}


def load_dataset(
    source: Any,
    target: str | None = None,
    *,
    label_cols: Sequence[str] = (),
    test: Any = None,
    missing: Missing = "error",
    drop: Sequence[str] = (),
    **world: Any,
) -> Dataset:
    """Load or simulate a classification problem.

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
        A test set with the same columns; it is encoded together with the
        training rows and never used for fitting.
    missing : {"error", "drop", "impute"}
        What to do with missing feature values: refuse, drop the row, or impute
        the mean of the **training** rows (for a category: its frequencies).
    drop : sequence of str
        Columns to leave out, e.g. row identifiers.
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
    """
    if missing not in ("error", "drop", "impute"):
        raise InputError(f"missing={missing!r}: expected 'error', 'drop' or 'impute'")
    known = isinstance(source, str) and (source in BUNDLED or source.startswith("sim:"))
    if known and (test is not None or target is not None or drop or label_cols):
        raise InputError(
            f"data {source!r} is {'bundled' if source in BUNDLED else 'simulated'} and complete: "
            "target, label_cols, test and drop do not apply"
        )
    if known and source not in BUNDLED:
        return simulate(source.removeprefix("sim:"), **world)
    if world:
        raise InputError(
            f"{next(iter(world))} is an argument of simulated data (sim:WORLD) only; the data are "
            f"{source if isinstance(source, str | Path) else 'a ' + type(source).__name__}"
        )
    if known:
        return _bundled(source)
    if target is not None and label_cols:
        raise InputError(
            f"target {target!r} and label_cols {list(label_cols)!r}: give one of the two"
        )
    if label_cols:
        _check_several("label_cols", tuple(label_cols))
        twice = [c for c in label_cols if list(label_cols).count(c) > 1]
        if twice:
            raise InputError(f"label_cols {twice[0]!r} is given twice")
    name, table, labels = _open(source, (target,) if target else tuple(label_cols))
    n_test = 0
    if test is not None:
        _, test_table, _ = _open(test, labels)
        table, n_test = _append(table, test_table)
    return _from_table(
        name, table, labels, n_test=n_test, missing=missing, drop=drop, source=source
    )


def _bundled(name: str) -> Dataset:
    from sklearn import datasets

    bunch = getattr(datasets, f"load_{name}")()
    return Dataset(
        name=name,
        X=bunch.data,
        y=bunch.target,
        feature_names=tuple(str(f) for f in bunch.feature_names),
        class_names=tuple(str(c) for c in bunch.target_names),
        source=name,
    )


def _open(source: Any, labels: tuple[str, ...]) -> tuple[str, "pa.Table", tuple[str, ...]]:
    """Name, table and label columns (one target, or several) of a source not bundled."""
    if isinstance(source, str) and source.startswith("openml:"):
        return _openml(source.removeprefix("openml:"), labels)
    if isinstance(source, str | Path):
        path = Path(source)
        if not path.exists():
            raise InputError(
                f"data {str(source)!r}: no such file, and not a bundled set "
                f"({', '.join(BUNDLED)}), sim:WORLD or openml:NAME"
            )
        name, table = path.stem, read_table(path)
    else:
        name, table = "dataframe", from_dataframe(source)
    if not labels:
        labels = label_columns(table.column_names)
        _check_several(name, labels)
    if not labels:
        raise InputError(
            f"data {name!r}: which column holds the class? Give target (--target) "
            f"as one of {_listing(table.column_names)}"
        )
    _check_columns(name, table, labels)
    return name, table, labels


def _check_several(data: str, labels: tuple[str, ...]) -> None:
    if len(labels) == 1:
        raise InputError(
            f"data {data!r}: one label column, {labels[0]!r}; soft labels need one per class"
        )


def _check_columns(name: str, table: "pa.Table", labels: tuple[str, ...]) -> None:
    for label in labels:
        if label not in table.column_names:
            what = "target" if len(labels) == 1 else "label column"
            raise InputError(
                f"{what} {label!r} is not a column of {name!r}; it has "
                f"{_listing(table.column_names)}"
            )


def _openml(name: str, labels: tuple[str, ...]) -> tuple[str, "pa.Table", tuple[str, ...]]:
    from sklearn.datasets import fetch_openml

    try:
        bunch = fetch_openml(name, as_frame=True, parser="auto")
    except (URLError, OSError) as error:
        raise InputError(
            f"data 'openml:{name}': OpenML cannot be reached ({error}); "
            "check the network or download the table as CSV"
        ) from error
    except ValueError as error:
        raise InputError(f"data 'openml:{name}': {error}") from error
    names = bunch.target_names
    if not labels and len(names) != 1:
        raise InputError(f"data 'openml:{name}' has {len(names)} targets; give one with --target")
    table = from_dataframe(bunch.frame)
    labels = labels or (str(names[0]),)
    _check_columns(f"openml:{name}", table, labels)
    return name, table, labels


def _append(train: "pa.Table", test: "pa.Table") -> tuple["pa.Table", int]:
    import pyarrow as pa

    absent = [c for c in train.column_names if c not in test.column_names]
    extra = [c for c in test.column_names if c not in train.column_names]
    if absent or extra:
        raise InputError(
            "test: its columns must be those of the training data; "
            + "; ".join(
                f"{what} {_listing(columns)}"
                for what, columns in (("missing", absent), ("not expected", extra))
                if columns
            )
        )
    if test.num_rows == 0:
        raise InputError("test: the table has no rows")
    # Both are brought to text where their types differ (a column of numbers
    # here and of words there is then reported as such by the encoder).
    columns = {}
    for column in train.column_names:
        a, b = train[column], test[column]
        if a.type != b.type:
            both_numeric = _is_number(a.type) and _is_number(b.type)
            common = pa.float64() if both_numeric else pa.string()
            try:
                a, b = a.cast(common), b.cast(common)
            except pa.ArrowException as error:
                raise InputError(
                    f"test: column {column!r} holds {b.type}, the training data {a.type}; "
                    "bring both to one type"
                ) from error
        columns[column] = pa.chunked_array([*a.chunks, *b.chunks], type=a.type)
    return pa.table(columns), test.num_rows


def _is_number(kind: "pa.DataType") -> bool:
    import pyarrow as pa

    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _from_table(
    name: str,
    table: "pa.Table",
    labels: tuple[str, ...],
    *,
    n_test: int,
    missing: Missing,
    drop: Sequence[str],
    source: Any,
) -> Dataset:
    unknown = [c for c in drop if c not in table.column_names]
    if unknown:
        raise InputError(
            f"drop {unknown[0]!r} is not a column of {name!r}; it has "
            f"{_listing(table.column_names)}"
        )
    lost = [c for c in drop if c in labels]
    if lost:
        raise InputError(f"drop {lost[0]!r} is the target; it cannot be left out")
    if table.num_rows == 0:
        raise InputError(f"data {name!r}: the table has a header but no rows")
    weights: FloatArray | None = None
    if len(labels) == 1:
        y, class_names, label_missing = encode_target(name, labels[0], table[labels[0]])
    else:
        weights, class_names, label_missing = encode_soft_labels(name, labels, table)
        y = np.nan_to_num(weights).argmax(axis=1)
    # Unused label columns would give the answer away.
    spare = [c for c in label_columns(table.column_names) if c not in labels and c not in drop]
    features = [c for c in table.column_names if c not in (*labels, *drop, *spare)]
    if not features:
        raise InputError(
            f"data {name!r}: no feature column is left besides target {_listing(labels)}"
        )
    X, groups = _features(name, table.select(features))
    feature_names = tuple(n for names in groups.values() for n in names)

    notes: list[str] = []
    if spare:
        notes.append(f"label columns that are not used were left out: {_listing(spare)}")
    incomplete = np.isnan(X).any(axis=1) | label_missing
    if incomplete.any():
        # A missing category is NaN in all of its columns, so the first one counts them.
        counts = {" + ".join(labels): int(label_missing.sum())} | {
            f: int(np.isnan(X[:, feature_names.index(names[0])]).sum())
            for f, names in groups.items()
        }
        where = ", ".join(f"{f!r} ({n})" for f, n in counts.items() if n)
        if missing == "error" or (missing == "impute" and label_missing.any()):
            remedy = (
                "a missing class cannot be imputed: use --missing drop"
                if label_missing.any()
                else "use --missing drop or --missing impute"
            )
            raise InputError(f"data {name!r}: missing values in {where}; {remedy}")
        if missing == "drop":
            keep = ~incomplete
            kept_test = int(keep[len(X) - n_test :].sum()) if n_test else 0
            if n_test and not kept_test:
                raise InputError("test: no rows are left after --missing drop")
            n_test = kept_test
            X, y = X[keep], y[keep]
            weights = None if weights is None else weights[keep]
            notes.append(f"{int(incomplete.sum())} rows with missing values dropped: {where}")
            if not len(X):
                raise InputError(f"data {name!r}: no rows are left after --missing drop ({where})")
            if weights is None:
                y, class_names, gone = _drop_unused_classes(y, class_names)
                if gone:
                    notes.append(f"classes without a complete row left out: {', '.join(gone)}")
        else:
            notes.append(
                "missing values imputed from training rows (means; for categories their "
                f"frequencies): {where}"
            )
    if weights is not None and are_counts(weights):
        notes.append(_counts_note(weights))
        X, y, n_test = written_out(name, X, weights, n_test)
        weights = None
    elif weights is not None:
        notes.append(SOFT_NOTE)
    return Dataset(
        name=name,
        X=X,
        y=y,
        feature_names=feature_names,
        class_names=class_names,
        soft_labels=weights,
        n_test=n_test,
        notes=tuple(notes),
        source=str(source) if isinstance(source, str | Path) else "dataframe",
    )


def _features(name: str, table: "pa.Table") -> tuple[FloatArray, dict[str, list[str]]]:
    """The feature matrix, and the columns of it that each table column became.

    Columns move over one by one: beside the table there is one matrix, and one column.
    """
    X = np.empty((table.num_rows, table.num_columns))
    groups, filled, left = {}, 0, table.num_columns
    for feature in table.column_names:
        group = encode_features(name, feature, table[feature])
        left -= 1
        if filled + len(group) + left > X.shape[1]:
            wider = np.empty((len(X), filled + len(group) + left))
            wider[:, :filled] = X[:, :filled]
            X = wider
        for offset, (_, values) in enumerate(group):
            X[:, filled + offset] = values
        groups[feature] = [column for column, _ in group]
        filled += len(group)
    return X, groups


def _counts_note(counts: FloatArray) -> str:
    return (
        f"the label columns count {counts.sum():,.0f} observations in {len(counts):,} rows; each "
        "is fitted and scored as a row of its own (to score every row of the table once, divide "
        "its counts by their sum)"
    )


def _drop_unused_classes(
    y: np.ndarray, class_names: tuple[str, ...]
) -> tuple[np.ndarray, tuple[str, ...], list[str]]:
    used = np.unique(y)
    gone = [c for k, c in enumerate(class_names) if k not in used]
    return np.searchsorted(used, y), tuple(class_names[k] for k in used), gone


def _listing(names: Sequence[str], limit: int = 8) -> str:
    shown = ", ".join(repr(n) for n in names[:limit])
    return shown + (f" and {len(names) - limit} more" if len(names) > limit else "")
