"""Where data come from: arrays, lists, dataframes, compressed files, vectors, standard input."""

import bz2
import gzip
import io
import lzma

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from trifit.data import load_dataset
from trifit.errors import InputError
from trifit.notes import Note, NoteKind

N = 40
X = np.random.default_rng(4).normal(size=(N, 3))
Y = np.array(["no", "yes"] * (N // 2))
FRAME = pd.DataFrame(X, columns=["a", "b", "c"])
TEXT = FRAME.assign(y=Y).to_csv(index=False)


def zstd(text):
    out = pa.BufferOutputStream()
    with pa.CompressedOutputStream(out, "zstd") as file:
        file.write(text)
    return out.getvalue().to_pybytes()


PAIRS = {
    "arrays": (X, Y),
    "lists": (X.tolist(), Y.tolist()),
    "tuples": (tuple(map(tuple, X)), tuple(Y)),
    "a column of labels": (X, Y[:, None]),
    "objects": (X.astype(object), Y.astype(object)),
    "pandas": (FRAME, pd.Series(Y, name="k")),
    "categories": (FRAME, pd.Series(Y).astype("category")),
    "polars": (pl.DataFrame(FRAME), pl.Series(Y)),
    "lazy": (pl.LazyFrame(FRAME), Y),
    "arrow": (pa.table(FRAME), pa.chunked_array([Y])),
    "one column": (FRAME, pd.DataFrame({"k": Y})),
}


@pytest.mark.parametrize("name", PAIRS)
def test_features_and_labels_of_any_kind(name):
    data = load_dataset(*PAIRS[name])
    assert (data.X == X).all()
    assert data.class_names == ("no", "yes")
    assert (data.y == np.arange(N) % 2).all()


def test_names_of_features_are_those_of_the_columns_or_places():
    assert load_dataset(X, Y).feature_names == ("x0", "x1", "x2")
    assert load_dataset(FRAME, Y).feature_names == ("a", "b", "c")


def test_numbers_are_labels():
    for y in (np.arange(N) % 2, np.arange(N) % 2 * 1.0, (np.arange(N) % 2).tolist()):
        assert load_dataset(X, y).class_names == ("0", "1")


@pytest.mark.parametrize("target", [3, np.int64(3)])
@pytest.mark.parametrize("names", [[0, 1, 2, 3], ["a", 1, 2.5, 3]])
def test_names_of_columns_need_not_be_text(names, target):
    """Warnings are errors here, and pandas used to warn."""
    frame = FRAME.assign(y=Y).set_axis(names, axis=1)
    data = load_dataset(frame, target, drop=[1])
    assert data.feature_names == (str(names[0]), str(names[2]))
    assert (data.X == X[:, [0, 2]]).all()


def test_labels_may_be_distributions():
    p = np.column_stack([np.full(N, 0.25), np.full(N, 0.75)])
    for y in (p, pd.DataFrame(p), p.tolist()):
        data = load_dataset(X, y)
        assert data.class_names == ("0", "1")
        assert data.soft_labels == pytest.approx(p)


def test_a_test_set_is_given_as_the_training_set_is():
    data = load_dataset(X, Y, test=(X[:6] + 1, Y[:6]))
    assert data.n_test == 6
    assert (data.X[N:] == X[:6] + 1).all()
    named = load_dataset(FRAME, pd.Series(Y, name="k"), test=(FRAME[["c", "a", "b"]], Y))
    assert (named.X[N:] == X).all()
    for test in (X, (X,), FRAME):
        with pytest.raises(InputError, match=r"test=\(X_test, y_test\)"):
            load_dataset(X, Y, test=test)


REFUSED = {
    "too few labels": ((X, Y[:-1]), "X has 40 rows and y 39"),
    "one row of features": ((X[:, 0], Y), r"X has shape \(40,\)"),
    "ragged rows": (([[1, 2], [3]], [0, 1]), "rows of one length"),
    "two types": (([[1.0], ["a"]], [0, 1]), "column 'x0' of X cannot be read"),
    "labels of two types": ((X, [0, "a"] * (N // 2)), "y cannot be read"),
    "three dimensions": ((X, np.ones((N, 2, 2))), r"y has shape \(40, 2, 2\)"),
    "sparse": ((type("csr", (), {"toarray": None})(), Y), "X is sparse"),
    "no data": ((None, Y), "X is of type NoneType"),
    "the label among the features": (
        (FRAME.assign(k=Y), pd.Series(Y, name="k")),
        "X has a column 'k', which is also",
    ),
    "rows in another order": (
        (FRAME, pd.Series(Y).sample(frac=1, random_state=1)),
        r"same row index in different orders",
    ),
    "columns of one name": ((FRAME.set_axis(["a", "a", "b"], axis=1), Y), "'a' 2 times"),
    "a file and labels": (("my.csv", Y), "give target as the name of the column"),
    "a set and labels": (("iris", Y), "target does not apply"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_features_and_labels_that_do_not_fit(name):
    arguments, message = REFUSED[name]
    with pytest.raises(InputError, match=message) as caught:
        load_dataset(*arguments)
    assert "\n" not in str(caught.value)


PACKED = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zstd}


@pytest.mark.parametrize("ending", PACKED)
@pytest.mark.parametrize(("kind", "separator"), [("csv", ";"), ("TSV", "\t")])
def test_text_may_be_compressed(tmp_path, ending, kind, separator):
    path = tmp_path / f"my.data.{kind}.{ending}"
    path.write_bytes(PACKED[ending](TEXT.replace(",", separator).encode()))
    data = load_dataset(path, "y")
    assert data.X == pytest.approx(X)
    assert data.name == "my.data"


@pytest.mark.parametrize("ending", PACKED)
def test_a_damaged_archive_is_one_line(tmp_path, ending):
    path = tmp_path / f"d.csv.{ending}"
    path.write_bytes(PACKED[ending](TEXT.encode() * 50)[:-40])
    with pytest.raises(InputError, match=r"d.csv.* cannot be read") as caught:
        load_dataset(path, "y")
    assert "\n" not in str(caught.value)
    path.write_bytes(b"no archive")
    with pytest.raises(InputError, match="cannot be read"):
        load_dataset(path, "y")


def test_arrays_of_a_file(tmp_path):
    np.savez(tmp_path / "d.npz", X=X, y=Y, feature_names=["a", "b", "c"])
    data = load_dataset(tmp_path / "d.npz")
    assert (data.X == X).all()
    assert data.feature_names == ("a", "b", "c")
    assert data.name == "d"
    assert (load_dataset(tmp_path / "d.npz", "y", test=tmp_path / "d.npz").X[N:] == X).all()


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"X": X}, "there is no array 'y'"),
        ({"X": X, "y": Y[:3]}, "X has 40 rows and y 3"),
        ({"X": X, "y": Y, "feature_names": ["a"]}, "1 names for 3 columns"),
        ({"X": X, "y": Y.astype(object)}, "cannot be read"),
    ],
)
def test_arrays_of_a_file_that_do_not_fit(tmp_path, arrays, message):
    np.savez(tmp_path / "d.npz", **arrays)
    with pytest.raises(InputError, match=message):
        load_dataset(tmp_path / "d.npz")


def test_no_arrays(tmp_path):
    for content in (b"no archive", b"PK\x03\x04broken"):
        (tmp_path / "d.npz").write_bytes(content)
        with pytest.raises(InputError, match=r"d.npz.* cannot be read"):
            load_dataset(tmp_path / "d.npz")


def from_stdin(monkeypatch, content, *arguments, **options):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
    return load_dataset("-", *arguments, **options)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_standard_input(monkeypatch, separator):
    data = from_stdin(monkeypatch, TEXT.replace(",", separator).encode(), "y")
    assert data.X == pytest.approx(X)
    assert (data.name, data.source) == ("stdin", "-")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it is empty"),
        (gzip.compress(b"a,y\n1,2\n", mtime=0), "is not UTF-8"),
        (b"a\x00,y\n1,b\n", "NUL"),
    ],
)
def test_standard_input_that_is_no_text(monkeypatch, content, message):
    with pytest.raises(InputError, match=f"data from standard input.*{message}"):
        from_stdin(monkeypatch, content, "y")


VECTORS = {
    "lists": pa.list_(pa.float64()),
    "large lists": pa.large_list(pa.float32()),
    "of one length": pa.list_(pa.float64(), 3),
}


def embedded(rows, kind=VECTORS["lists"], **columns):
    return pa.table({"emb": pa.array(rows, kind), **columns, "y": Y[: len(rows)]})


@pytest.mark.parametrize("name", VECTORS)
def test_vectors_are_a_feature_for_each_component(tmp_path, name):
    table = embedded(X.tolist(), VECTORS[name], z=np.arange(N) % 5)
    pq.write_table(table, tmp_path / "d.parquet", row_group_size=7)
    for source in (tmp_path / "d.parquet", table, pl.DataFrame(table), table.to_pandas()):
        data = load_dataset(source, "y", test=table.slice(5, 9))
        assert data.feature_names == ("emb[0]", "emb[1]", "emb[2]", "z")
        assert data.X[:, :3] == pytest.approx(np.vstack([X, X[5:14]]), rel=1e-6)
        assert Note(NoteKind.VECTORS, names=("emb",), n=3) in data.notes
        assert load_dataset(source, "y", drop=["emb"]).feature_names == ("z",)


def test_vectors_may_be_missing_or_hold_what_is():
    rows = X.tolist()
    rows[3], rows[5] = None, [1.0, None, 2.0]
    for kind in VECTORS.values():
        with pytest.raises(InputError, match=r"missing values in 'emb' \(2\)"):
            load_dataset(embedded(rows, kind), "y")
        assert load_dataset(embedded(rows, kind), "y", missing="drop").n_obs == N - 2
        imputed = load_dataset(embedded(rows, kind), "y", missing="impute").X
        assert np.isnan(imputed).sum(axis=1)[[3, 5]].tolist() == [3, 1]


@pytest.mark.parametrize(
    ("rows", "kind", "message"),
    [
        ([[1.0, 2.0]] * 4 + [[1.0]], VECTORS["lists"], "a vector of 1 numbers in data row 5 where"),
        ([[]] * 4, VECTORS["lists"], "column 'emb' holds an empty vector"),
        ([[1.0, np.inf]] * 4, VECTORS["lists"], "column 'emb' is infinite in data row 1"),
        ([["a"]] * 4, pa.list_(pa.string()), "neither number, boolean, category nor vector"),
    ],
)
def test_vectors_that_are_none(rows, kind, message):
    with pytest.raises(InputError, match=message):
        load_dataset(embedded(rows, kind), "y")


def test_a_test_set_whose_vectors_differ():
    train = embedded(X.tolist())
    for emb, message in (
        (X[:, :2].tolist(), "a vector of 2 numbers in data row 1 where others have 3"),
        (np.arange(N), "holds int64, but vectors of 3 numbers in the training data"),
    ):
        with pytest.raises(InputError, match=message):
            load_dataset(train, "y", test=pa.table({"emb": emb, "y": Y}))


def test_a_component_that_gives_the_class_away_is_named_with_its_column():
    rows = np.column_stack([X, Y == "yes"]).astype(float).tolist()
    assert load_dataset(embedded(rows), "y").leaks == ("emb",)
    assert load_dataset(embedded(X.tolist()), "y").leaks == ()
