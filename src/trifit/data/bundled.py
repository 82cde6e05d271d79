"""Data sets that are read by name: trifit's own tables and scikit-learn's."""

from dataclasses import replace
from pathlib import Path

from trifit.data.assemble import assemble
from trifit.data.readers import read_table
from trifit.data.schema import Reading
from trifit.files import shipped
from trifit.types import Dataset


def bundled(name: str) -> Dataset:
    """A data set that comes with trifit (``datasets/``) or with scikit-learn."""
    path = datasets_folder() / f"{name}.csv.gz"
    if path.is_file():
        table = replace(read_table(path), labels=("class",))
        return assemble(table, None, Reading(), missing="error", source=name)
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


def datasets_folder() -> Path:
    """Where the shipped tables are."""
    return shipped("datasets", "_datasets")
