"""Loading, encoding, standardising and splitting; every error names what, where and the remedy."""

import gzip
import re
from hashlib import sha256

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest
from sklearn.datasets import load_iris

from trifit.data import BUNDLED, Standardiser, choose_split, load_dataset
from trifit.errors import InputError
from trifit.notes import Note, NoteKind
from trifit.types import Dataset, SplitBy, SplitRule

ROWS = {"a": [1.5, 2.5, 3.5, 4.5], "b": ["x", "y", "x", "z"], "y": ["no", "yes", "no", "yes"]}
CSV = "a,b,y\n1.5,x,no\n2.5,y,yes\n3.5,x,no\n4.5,z,yes\n"


def write(tmp_path, text, name="data.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_sets_match_their_description(name):
    data = load_dataset(name)
    assert BUNDLED[name].startswith(f"{data.n_obs} ")
    assert len(data.class_names) == data.y.max() + 1


def test_the_shipped_table_is_the_one_its_licence_describes(root):
    """Counts from modeldata's documentation and from the article; a checksum of the text."""
    content = gzip.decompress((root / "datasets" / "cells.csv.gz").read_bytes())
    assert sha256(content).hexdigest() == (
        "05c2f74397c296f31cab5e5d8ea85236119ded2493035159c291f9dfd4250066"
    )
    cells = load_dataset("cells")
    assert cells.X.shape == (2019, 56)
    assert cells.class_names == ("poor", "well")
    assert np.bincount(cells.y).tolist() == [1300, 719]
    assert cells.notes == ()
    area = cells.feature_names.index("area_ch_1")
    assert cells.X[:3, area].tolist() == [185, 819, 431]


def test_iris_is_the_one_of_scikit_learn():
    ours, theirs = load_dataset("iris"), load_iris()
    assert np.array_equal(ours.X, theirs.data)
    assert np.array_equal(ours.y, theirs.target)
    assert ours.feature_names == (*theirs.feature_names,)
    assert ours.class_names == (*theirs.target_names,)
    assert ours.notes == ()


def test_every_shipped_table_has_a_name_a_source_and_a_licence(root):
    for table in (root / "datasets").glob("*.csv.gz"):
        name = table.name.removesuffix(".csv.gz")
        assert name in BUNDLED
        licence = (root / "datasets" / f"{name}.LICENSE").read_text()
        assert re.search(r"^DOI .*https://doi\.org/10\.", licence, re.M)
        terms = r"creativecommons\.org/licenses/by/|opensource\.org/license/bsd-3-clause"
        assert re.search(rf"^Licence .*\n.*https://({terms})", licence, re.M)
        assert f"| `{name}` |" in (root / "datasets" / "README.md").read_text()


def sources(tmp_path):
    table = pa.table(ROWS)
    pa.parquet.write_table(table, tmp_path / "data.parquet")
    pa.feather.write_feather(table, tmp_path / "data.arrow")
    return {
        "csv": write(tmp_path, CSV),
        "semicolons": write(tmp_path, CSV.replace(",", ";"), "semi.csv"),
        "tsv": write(tmp_path, CSV.replace(",", "\t"), "data.tsv"),
        "bom": write(tmp_path, "\ufeff" + CSV, "bom.csv"),
        "crlf": write(tmp_path, CSV.replace("\n", "\r\n"), "crlf.csv"),
        "parquet": tmp_path / "data.parquet",
        "arrow": tmp_path / "data.arrow",
        "pandas": pd.DataFrame(ROWS),
        "categorical": pd.DataFrame(ROWS).astype({"b": "category", "y": "category"}),
        "polars": pl.DataFrame(ROWS),
        "lazy": pl.LazyFrame(ROWS),
        "pyarrow": table,
    }


def test_every_source_gives_the_same_dataset(tmp_path):
    for kind, source in sources(tmp_path).items():
        data = load_dataset(source, "y")
        assert data.feature_names == ("a", "b=x", "b=y", "b=z"), kind
        assert data.class_names == ("no", "yes"), kind
        assert data.X[1].tolist() == [2.5, 0, 1, 0], kind
        assert data.y.tolist() == [0, 1, 0, 1], kind


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (["NA", "null", "NA", "null"], ("NA", "null")),
        (["01", "1", "01", "1"], ("01", "1")),
        (["10", "9", "10", "9"], ("9", "10")),
        (["True", "False", "True", "False"], ("False", "True")),
    ],
)
def test_class_names_survive_a_csv(tmp_path, labels, names):
    text = "a,y\n" + "".join(f"{i},{label}\n" for i, label in enumerate(labels))
    data = load_dataset(write(tmp_path, text), "y", na_values=[])
    assert data.class_names == names


def test_booleans_and_numbers_as_they_are():
    frame = pd.DataFrame({"flag": [True, False, True, False], "n": [1, 2, 3, 4], "y": list("abab")})
    assert load_dataset(frame, "y").X.tolist() == [[1, 1], [0, 2], [1, 3], [0, 4]]


def test_float_labels_of_whole_numbers_read_as_such():
    frame = pd.DataFrame({"a": [1, 2, 3, 4], "y": [0.0, 1.0, 0.0, 1.0]})
    assert load_dataset(frame, "y").class_names == ("0", "1")


@pytest.mark.parametrize(
    "text",
    [
        "\na,y\n1,01\n2,1\n3,01\n4,1\n",  # a blank line first
        '"a; or , b",y\n1,01\n2,1\n3,01\n4,1\n',  # delimiters inside quotes
        " a , y \n1,01\n2,1\n3,01\n4,1\n",  # padded names
        '"a\n2",y\n1,01\n2,1\n3,01\n4,1\n',  # a line break inside a name
    ],
)
def test_headers_as_people_write_them(tmp_path, text):
    data = load_dataset(write(tmp_path, text), "y")
    assert data.class_names == ("01", "1")
    assert data.n_obs == 4


def test_a_dataframes_index_is_no_feature(tmp_path):
    frame = pd.DataFrame({"a": [1.0, 2, 3, 4, 5], "y": list("ppqqp")})
    kept = frame[frame["a"] > 1]
    kept.to_parquet(tmp_path / "kept.parquet")
    named = frame.set_index(pd.Index([5, 4, 3, 2, 1], name="id"))
    for source in (kept, tmp_path / "kept.parquet", named):
        assert load_dataset(source, "y").feature_names == ("a",)


def test_a_declared_category_is_one_whatever_it_looks_like():
    frame = pd.DataFrame({"zip": [10, 20, 10, 20], "y": list("abab")}).astype({"zip": "category"})
    assert load_dataset(frame, "y").feature_names == ("zip=10", "zip=20")


def test_huge_integers_are_numbers():
    frame = pd.DataFrame({"a": [2**60 + 1, 3, 4, 5], "y": list("abab")})
    assert load_dataset(frame, "y").X[0, 0] == 2.0**60


def test_encoded_names_must_differ():
    frame = pd.DataFrame({"c": list("xzxz"), "c=x": [1, 2, 3, 4], "y": list("abab")})
    with pytest.raises(InputError, match="two feature columns are called 'c=x'"):
        load_dataset(frame, "y")


def test_a_test_set_that_vanishes_is_an_error(tmp_path):
    test = write(tmp_path, "a,b,y\n1,x,\n2,y,\n", "test.csv")
    with pytest.raises(InputError, match="test: no rows are left"):
        load_dataset(write(tmp_path, CSV), "y", test=test, missing="drop")


def test_a_test_set_of_one_row_is_refused(tmp_path):
    test = write(tmp_path, "a,b,y\n1,x,no\n", "test.csv")
    with pytest.raises(InputError, match="one row has no standard error"):
        load_dataset(write(tmp_path, CSV), "y", test=test)


GOOD = "a,b,y\n1,2,p\n2,3,q\n3,4,p\n4,5,q\n"

ERRORS = {
    "empty file": ("", "y", {}, "is empty"),
    "header only": ("a,y\n", "y", {}, "header but no rows"),
    "unknown target": (
        GOOD,
        "z",
        {},
        r"target 'z' is not a column of 'data'; it has 'a', 'b', 'y'",
    ),
    "misspelt target": ("a,species\n1,p\n2,q\n", "Specie", {}, "did you mean 'species'"),
    "no target": (GOOD, None, {}, r"Name it as target \(--target\)"),
    "one class": ("a,y\n1,p\n2,p\n", "y", {}, "only one class, 'p'"),
    "class of one row": ("a,y\n1,p\n2,p\n3,q\n", "y", {}, "class 'q' has one training row"),
    "text among numbers": (
        "a,y\n1,p\n2,q\nabc,p\n4,q\n",
        "y",
        {},
        r"column 'a' holds the text 'abc' in data row 3 where numbers are needed.*--drop a",
    ),
    "missing": (
        "a,y\n1,p\n,q\n3,p\n4,q\n",
        "y",
        {},
        r"missing values in 'a' \(1\).*--missing drop",
    ),
    "NaN": ("a,y\n1,p\nnan,q\n3,p\n4,q\n", "y", {}, r"missing values in 'a' \(1\)"),
    "infinity": ("a,y\n1,p\ninf,q\n3,p\n4,q\n", "y", {}, "column 'a' is infinite in data row 2"),
    "overflow": ("a,y\n1,p\n1e400,q\n3,p\n4,q\n", "y", {}, "column 'a' is infinite in data row 2"),
    "missing class": (
        "a,y\n1,p\n2,\n3,q\n4,q\n5,p\n",
        "y",
        {},
        r"missing values in 'y' \(1\).*and drops rows without a class",
    ),
    "no rows left": ("a,y\n,p\n,q\n1,\n", "y", {"missing": "drop"}, "no rows are left"),
    "long row": ("a,y\n1,p\n2,q,3\n", "y", {}, "Expected 2 columns, got 3"),
    "duplicate column": ("a,a,y\n1,2,p\n", "y", {}, "column 'a' appears twice"),
    "unnamed column": ("a,,y\n1,2,p\n", "y", {}, "column 2 has no name"),
    "empty column": ("a,y\n,p\n,q\n", "y", {}, "column 'a' is missing in every row"),
    "identifier": (
        "id,a,y\n" + "".join(f"k{i},{i},{'pq'[i % 2]}\n" for i in range(60)),
        "y",
        {},
        "text column 'id' has 60 different values.*--drop id",
    ),
    "regression": (
        "a,y\n" + "".join(f"{i},{i / 7}\n" for i in range(60)),
        "y",
        {},
        "target 'y' holds 60 different numbers.*class labels",
    ),
    "unknown drop": (GOOD, "y", {"drop": ["c"]}, "drop 'c' is not a column"),
    "drop the target": (GOOD, "y", {"drop": ["y"]}, "drop 'y' is the target"),
    "nothing left": (GOOD, "y", {"drop": ["a", "b"]}, "no feature column is left"),
    "missing=guess": (GOOD, "y", {"missing": "guess"}, "missing='guess'"),
}


@pytest.mark.parametrize("case", ERRORS)
def test_bad_tables_are_refused_in_one_line(tmp_path, case):
    text, target, options, message = ERRORS[case]
    with pytest.raises(InputError, match=message) as caught:
        load_dataset(write(tmp_path, text), target, **options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("nowhere.csv", "no such file, and not a bundled set"),
        ("iriss", "no such file, and not a bundled set"),
        (3, "X is of type int"),
    ],
)
def test_unknown_sources(source, message):
    with pytest.raises(InputError, match=message):
        load_dataset(source, "y")


def test_unknown_kinds_of_files(tmp_path):
    with pytest.raises(InputError, match=r"unknown kind of file '.xlsx'"):
        load_dataset(write(tmp_path, "x", "data.xlsx"), "y")
    with pytest.raises(InputError, match="cannot be read"):
        load_dataset(write(tmp_path, "not parquet", "data.parquet"), "y")
    (tmp_path / "latin.csv").write_bytes("a,y\n1,é\n2,e\n".encode("latin-1"))
    with pytest.raises(InputError, match=r"is not UTF-8 .* save it as UTF-8"):
        load_dataset(tmp_path / "latin.csv", "y")
    with pytest.raises(InputError, match="is a folder"):
        load_dataset(tmp_path, "y")


def test_bundled_sets_take_no_target():
    with pytest.raises(InputError, match="bundled"):
        load_dataset("iris", "species")


def test_openml_without_a_network(monkeypatch):
    from urllib.error import URLError

    from sklearn import datasets

    def fail(*args, **kwargs):
        raise URLError("no route")

    monkeypatch.setattr(datasets, "fetch_openml", fail)
    with pytest.raises(InputError, match="OpenML cannot be reached"):
        load_dataset("openml:adult")


def test_missing_rows_are_dropped_and_said(tmp_path):
    path = write(tmp_path, "a,y\n1,p\n,q\n3,p\n4,q\n5,q\n")
    data = load_dataset(path, "y", missing="drop")
    assert data.n_obs == 4
    assert data.notes == (Note(NoteKind.DROPPED_ROWS, counts={"a": 1}, n_rows=1),)


def test_missing_values_become_training_means(tmp_path):
    path = write(tmp_path, "a,b,y\n1,u,p\n,v,q\n3,,p\n8,u,q\n5,u,q\n")
    data = load_dataset(path, "y", missing="impute")
    train = data.X[:3]
    Z = Standardiser.fit(train).transform(data.X)
    assert Z[1, 0] == 0  # the training mean of a
    assert Z[2, 1] == pytest.approx(0)  # the training share of b=u
    assert data.notes[0] == Note(NoteKind.IMPUTED, counts={"a": 1, "b": 1})


def test_a_test_set_is_encoded_with_the_training_rows(tmp_path):
    train = write(tmp_path, CSV)
    test = write(tmp_path, "y,b,a\nyes,NEW,1\nno,x,2\n", "test.csv")
    data = load_dataset(train, "y", test=test)
    assert data.n_test == 2
    assert data.feature_names == ("a", "b=x", "b=y", "b=z")
    assert data.X[4].tolist() == [1, 0, 0, 0]  # an unseen category carries no coefficient
    assert data.X[5].tolist() == [2, 1, 0, 0]
    assert Note(NoteKind.UNSEEN, values={"b": ("NEW",)}, n_rows=1) in data.notes


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,y\n1,no\n", "missing 'b'"),
        ("a,b,y\n", "no rows"),
        ("a,b,y\n1,x,no\n2,x,no\n", "the test rows hold only class 'no'"),
        ("a,b,y\n1,x,maybe\n2,x,no\n", r"class 'maybe' \(data row 1\) has no training row"),
        ("a,b\n1,x\n2,x\n", "test: its target 'y' is missing; a test set needs its labels"),
    ],
)
def test_test_sets_that_do_not_fit(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        load_dataset(write(tmp_path, CSV), "y", test=write(tmp_path, text, "test.csv"))


def test_standardiser_uses_training_rows_only(rng):
    X = rng.normal(3, 2, size=(50, 3))
    standardiser = Standardiser.fit(X[:30])
    Z = standardiser.transform(X)
    assert Z[:30].mean(axis=0) == pytest.approx(0, abs=1e-12)
    assert Z[:30].std(axis=0) == pytest.approx(1)
    assert standardiser.transform(X[30:]) == pytest.approx(Z[30:])


def test_unstandardised_features_stay_as_they_are(rng):
    X = rng.normal(3, 2, size=(20, 2))
    assert Standardiser.fit(X, standardize=False).transform(X) == pytest.approx(X)


@pytest.mark.parametrize("n", [100, 1_000, 70_000])
@pytest.mark.parametrize("value", [0.1, 7.7, 1e9 / 3])
def test_a_column_of_one_value_is_constant_whatever_its_mean_rounds_to(n, value):
    X = np.column_stack([np.full(n, value), np.arange(n)])
    standardiser = Standardiser.fit(X)
    assert standardiser.constant.tolist() == [True, False]
    assert standardiser.unseen(np.array([[value, 0.0], [2 * value, 0.0]])) == 1


def test_constant_columns_become_zero():
    X = np.column_stack([np.full(5, 0.1), np.arange(5.0), np.full(5, 1e9) + 1e-8 * np.arange(5)])
    standardiser = Standardiser.fit(X)
    assert standardiser.constant.tolist() == [True, False, True]
    assert (standardiser.transform(X + 1)[:, 0] == 0).all()


def test_values_too_large_to_standardise():
    with pytest.raises(InputError, match="column 'a' reaches 1e\\+307"):
        Standardiser.fit(np.array([[1e307], [-1e307]]), names=("a",))


def dataset(counts, **options):
    y = np.repeat(np.arange(len(counts)), counts)
    X = np.arange(len(y), dtype=float)[:, None]
    return Dataset("toy", X, y, ("a",), tuple("pqrstu"[: len(counts)]), **options)


def split_of(data, **options):
    options.setdefault("n_coefficients", lambda: 5)
    return choose_split(data, rng=np.random.default_rng(0), **options)


def test_small_problems_get_folds_and_large_ones_a_holdout():
    data = dataset([50, 50])
    assert split_of(data).kind == "cv"
    assert len(split_of(data).parts) == 5
    large = split_of(data, n_coefficients=lambda: 5000)
    assert large.kind == "holdout"
    assert len(large.test_rows) == 20
    assert large.rule == SplitRule(by=SplitBy.SIZE, n_coefficients=5000, most=200_000)


@pytest.mark.parametrize("options", [{}, {"cv": 7}, {"test_size": 0.3}])
def test_splits_are_stratified_and_disjoint(options):
    data = dataset([30, 60, 12])
    split = split_of(data, **options)
    for train, test in split.parts:
        assert not set(train) & set(test)
        assert len(train) + len(test) == data.n_obs
        share = np.bincount(data.y[test], minlength=3) / len(test)
        assert share == pytest.approx(np.array([30, 60, 12]) / 102, abs=0.09)
    if split.kind == "cv":
        assert sorted(split.test_rows) == list(range(102))


def test_tiny_data_get_fewer_folds():
    assert len(split_of(dataset([3, 3])).parts) == 3


def test_a_rare_class_is_in_every_training_part():
    data = dataset([40, 2])
    for train, _ in split_of(data).parts:
        assert (data.y[train] == 1).any()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cv": 1}, "--cv 1: expected 2 to 100 folds"),
        ({"cv": 80}, "the largest has 50"),
        ({"test_size": 1.5}, "--test-size 1.5: expected a share"),
        ({"test_size": 0.001}, "cannot be split this way"),
        ({"cv": 5, "test_size": 0.2}, "--cv and --test-size exclude each other"),
    ],
)
def test_impossible_splits(options, message):
    with pytest.raises(InputError, match=message):
        split_of(dataset([50, 50]), **options)


def test_a_given_test_set_excludes_other_splits():
    X, y = np.arange(10.0)[:, None], np.arange(10) % 2
    data = Dataset("toy", X, y, ("a",), ("p", "q"), n_test=4)
    with pytest.raises(InputError, match="--test and --cv exclude"):
        split_of(data, cv=3)
