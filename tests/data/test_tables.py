"""Tables as people have them: what is read, what is said, what is refused."""

import numpy as np
import pandas as pd
import pytest

import trifit
from selection import by_default
from trifit.data import BUNDLED, Standardiser, load_dataset
from trifit.data.identifiers import is_row_number, may_be_identifier
from trifit.data.leaks import gives_away
from trifit.data.numbers import COMMA, POINT, number, possible_styles
from trifit.errors import InputError
from trifit.notes import Note, NoteKind
from trifit.report import render
from trifit.run import run_comparison

N = 40
CLASSES = ["no", "yes"] * (N // 2)


def csv(tmp_path, columns, separator=",", name="table.csv"):
    """A text file of columns, written cell by cell as they are given."""
    rows = [
        separator.join(columns),
        *(separator.join(row) for row in zip(*columns.values(), strict=True)),
    ]
    path = tmp_path / name
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def quoted(cells):
    return [f'"{cell}"' for cell in cells]


def amounts(pattern, values=None):
    """Cells written by a format string, such as "{:,.2f}"."""
    values = np.linspace(900, 9876.5, N) if values is None else values
    return [pattern.format(v) for v in values]


WHOLE = np.linspace(900, 9876, N).round()
GERMAN = [f"{int(v):,}".replace(",", ".") for v in WHOLE]
GERMAN_CENTS = [f"{v:,.2f}".replace(",", "_").replace(".", ",").replace("_", ".") for v in WHOLE]

NUMBERS = {
    "both marks": (quoted(amounts("{:,.2f}")), ",", {}, np.linspace(900, 9876.5, N).round(2)),
    "round amounts": (quoted(["1,250.00", "500.00"] * (N // 2)), ",", {}, [1250, 500] * (N // 2)),
    "two groups": (quoted(["1,234,567", "12"] * (N // 2)), ",", {}, [1234567, 12] * (N // 2)),
    "thousands, as told": (quoted(amounts("{:,.0f}", WHOLE)), ",", {"decimal": "."}, WHOLE),
    "thousands, told so": (quoted(amounts("{:,.0f}", WHOLE)), ",", {"thousands": ","}, WHOLE),
    "decimal comma": (["1,5", "12,25"] * (N // 2), ";", {}, [1.5, 12.25] * (N // 2)),
    "decimal comma, quoted": (quoted(["1,5", "12,25"] * (N // 2)), ",", {}, [1.5, 12.25] * 20),
    "German cents": (GERMAN_CENTS, ";", {}, WHOLE),
    "German thousands, as told": (GERMAN, ";", {"thousands": "."}, WHOLE),
    "blanks between thousands": (["1 234", "56 789"] * 20, ",", {}, [1234, 56789] * 20),
    "apostrophes": (["1'234.5", "987.5"] * 20, ",", {}, [1234.5, 987.5] * 20),
    "three decimals": (["0.125", "0.250"] * 20, ";", {}, [0.125, 0.25] * 20),
    "three decimals above one": (["1.125", "2.5"] * 20, ";", {}, [1.125, 2.5] * 20),
    "three decimals beside thousands": (["1.125", "2000"] * 20, ";", {}, [1.125, 2000] * 20),
    "a leading zero": (quoted(["1,118", "0,118"] * 20), ";", {}, [1.118, 0.118] * 20),
    "exponents": (["1e3", "2.5E-2"] * 20, ",", {}, [1000, 0.025] * 20),
    "signs": (["-1.5", "+2.5"] * 20, ",", {}, [-1.5, 2.5] * 20),
}


@pytest.mark.parametrize("case", NUMBERS)
def test_numbers_are_read_as_they_are_written(tmp_path, case):
    cells, separator, options, values = NUMBERS[case]
    path = csv(tmp_path, {"x": cells, "y": CLASSES}, separator)
    data = load_dataset(path, "y", **options)
    assert data.feature_names == ("x",)
    expected = [float(c) for c in cells] if values is None else values
    assert data.X[:, 0] == pytest.approx(np.asarray(expected, dtype=float))


@pytest.mark.parametrize(
    ("cells", "separator", "readings"),
    [
        (quoted(["1,118", "987"] * 20), ",", ("1118", "1.118")),
        (["1.891", "987"] * 20, ";", ("1.891", "1891")),
        (["1.891", "987"] * 20, ",", ("1.891", "1891")),
    ],
)
def test_numbers_that_can_be_read_in_two_ways_are_refused_with_both(
    tmp_path, cells, separator, readings
):
    path = csv(tmp_path, {"x": cells, "y": CLASSES}, separator)
    with pytest.raises(InputError) as caught:
        load_dataset(path, "y")
    message = str(caught.value)
    assert "column 'x'" in message
    assert all(reading in message for reading in readings)
    assert "--decimal ." in message
    assert "--decimal ," in message


def test_another_column_of_the_file_tells_which(tmp_path):
    columns = {"amount": ["1.891", "987"] * 20, "price": ["3,50", "12,25"] * 20, "y": CLASSES}
    data = load_dataset(csv(tmp_path, columns, ";"), "y")
    assert data.X[:2].tolist() == [[1891, 3.5], [987, 12.25]]
    assert Note(NoteKind.DECIMAL_COMMA) in data.notes
    columns["price"] = ["3.50", "12.25"] * 20
    data = load_dataset(csv(tmp_path, columns, ";"), "y")
    assert data.X[:2].tolist() == [[1.891, 3.5], [987, 12.25]]


@pytest.mark.parametrize("point", [["3.50", "12.25"], ["1,234.5", "12"]])
def test_columns_that_contradict_each_other_are_refused(tmp_path, point):
    """Else one of them would be read as categories, and which one by chance."""
    columns = {"a": point * 20, "b": ["3,50", "12,25"] * 20, "y": CLASSES}
    path = csv(tmp_path, columns, ";")
    with pytest.raises(InputError, match=r"'a' .* decimal point, column 'b' .* decimal comma"):
        load_dataset(path, "y")
    assert load_dataset(path, "y", decimal=".").feature_names == ("a", "b=12,25", "b=3,50")


@pytest.mark.parametrize("mark", [{"decimal": ";"}, {"decimal": ".", "thousands": "."}])
def test_marks_that_cannot_be(tmp_path, mark):
    with pytest.raises(InputError, match="decimal"):
        load_dataset(csv(tmp_path, {"x": ["1.5", "2"] * 20, "y": CLASSES}), "y", **mark)


def test_marks_of_a_test_file_are_those_of_the_training_file(tmp_path):
    train = csv(tmp_path, {"x": ["1.5", "22.25"] * 20, "y": CLASSES}, ";")
    test = csv(tmp_path, {"x": ["1,5", "22,25"] * 20, "y": CLASSES}, ";", "test.csv")
    with pytest.raises(InputError, match="written with a decimal comma, those of the training"):
        load_dataset(train, "y", test=test)


@pytest.mark.parametrize(
    ("text", "style", "value"),
    [
        ("1,234.5", POINT, 1234.5),
        ("1,234.5", COMMA, None),
        ("12,34", POINT, None),
        ("12,34", COMMA, 12.34),
        ("1,2345", POINT, None),
        ("1_000", POINT, None),
        ("0x10", POINT, None),
        ("1\u00a0234,5", COMMA, 1234.5),
        ("nan", POINT, None),
    ],
)
def test_a_cell_is_a_number_or_not(text, style, value):
    assert number(text, style) == value


def test_marks_that_do_not_matter():
    assert possible_styles(["1", "22"]) is None
    assert possible_styles(["1.5", "22"]) is None
    assert possible_styles(["1,5", "1,234.5"]) == set()
    assert possible_styles(["one, two", "three", "1,5"]) is None


ODD_CELLS = {
    "a word among decimal commas": (["1,5", "2,25", "none", "4,5"], "holds the text 'none'"),
    "an open class": (["0", "1", "2", "3+"], "holds the text '3+'.*--categorical x"),
    "two ways": (["1,5", "2.5", "3", "4"], "writes numbers in two ways, '2.5' and '1,5'"),
}


@pytest.mark.parametrize("case", ODD_CELLS)
def test_a_cell_that_does_not_fit_is_named(tmp_path, case):
    cells, message = ODD_CELLS[case]
    path = csv(tmp_path, {"x": cells * 10, "y": CLASSES}, ";")
    with pytest.raises(InputError, match=message.replace("+", r"\+")):
        load_dataset(path, "y")


NOTED = {
    "leading zeros": (
        [f"{7 * i % 89:05d}" for i in range(N)],
        Note(NoteKind.LEADING_ZEROS, names=("x",)),
    ),
    "currency": (
        ["$12", "$13", "$15", "$12"] * 10,
        Note(NoteKind.AMOUNTS, names=("x",), text="$12"),
    ),
    "per cent": (
        ["12%", "13%", "15%", "12%"] * 10,
        Note(NoteKind.AMOUNTS, names=("x",), text="12%"),
    ),
}


@pytest.mark.parametrize("case", NOTED)
def test_what_may_be_meant_otherwise_is_said(tmp_path, case):
    cells, note = NOTED[case]
    data = load_dataset(csv(tmp_path, {"x": cells, "z": [str(v) for v in X], "y": CLASSES}), "y")
    assert note in data.notes


# --- missing values --------------------------------------------------------------------------


MISSING = pd.DataFrame({"x": np.arange(N) / 7, "y": ["NA", "no", "yes", "no", "yes"] * (N // 5)})


def test_na_in_the_target_is_missing(tmp_path):
    MISSING.to_csv(tmp_path / "d.csv", index=False)
    for source in (MISSING, tmp_path / "d.csv"):
        with pytest.raises(InputError, match=r"'y' \(8\).*'NA' in target 'y' counts as missing"):
            load_dataset(source, "y")
        for missing in ("drop", "impute"):
            data = load_dataset(source, "y", missing=missing)
            assert data.class_names == ("no", "yes")
            assert data.n_obs == N - 8
            assert Note(NoteKind.MISSING_LABELS, names=("NA",), text="y") in data.notes
        assert load_dataset(source, "y", na_values=[]).class_names == ("NA", "no", "yes")


def test_beside_numbers_na_is_always_missing(tmp_path):
    """So that a class called NA may be kept where features write NA too."""
    columns = {
        "x": ["NA", "1.5", "2.5", "3.5", "4.5"] * 8,
        "y": ["NA", "no", "yes", "no", "NA"] * 8,
    }
    data = load_dataset(csv(tmp_path, columns), "y", na_values=[], missing="impute")
    assert data.class_names == ("NA", "no", "yes")
    assert np.isnan(data.X[::5, 0]).all()


@pytest.mark.parametrize("text", ["NA", "N/A", "NaN", "nan", "null", "NULL", "?", ""])
def test_every_text_for_missing_is_one_in_target_and_feature(tmp_path, text):
    columns = {"x": [text, *"12345678"] * 4 + [text] * 4, "y": [text, *CLASSES[1:]]}
    data = load_dataset(csv(tmp_path, columns), "y", missing="drop")
    assert data.class_names == ("no", "yes")
    assert not np.isnan(data.X).any()


def test_codes_for_missing_are_told(tmp_path):
    columns = {"x": ["-999", "1", "2", "3"] * 10, "y": CLASSES}
    frame = pd.DataFrame({"x": [-999.0, 1, 2, 3] * 10, "y": CLASSES})
    for source in (csv(tmp_path, columns), frame):
        for code in ("-999", -999):
            assert load_dataset(source, "y", na_values=[code], missing="drop").X.min() == 1


# --- categories and codes --------------------------------------------------------------------


SITES = np.array(["10", "20", "30"])[np.arange(N) % 3]
WRITTEN = {
    "category": lambda s: pd.Categorical(s),
    "ordered category": lambda s: pd.Categorical(s, ordered=True, categories=["30", "10", "20"]),
    "text": lambda s: s.astype(str),
    "whole numbers": lambda s: s.astype(int),
    "floats": lambda s: s.astype(float),
}


@pytest.mark.parametrize("how", WRITTEN)
def test_training_decides_what_a_column_is(tmp_path, how):
    """A category stays one, however the test file writes its values."""
    train = pd.DataFrame({"x": np.arange(N) / 7, "site": pd.Categorical(SITES), "y": CLASSES})
    test = train.assign(site=WRITTEN[how](SITES))
    expected = load_dataset(train, "y").X
    for source in (test, tmp_path / "t.csv", tmp_path / "t.parquet"):
        if str(source).endswith(".csv"):
            test.to_csv(source, index=False)
        elif str(source).endswith(".parquet"):
            test.to_parquet(source)
        data = load_dataset(train, "y", test=source)
        assert data.feature_names == ("x", "site=10", "site=20", "site=30")
        assert data.X[N:] == pytest.approx(expected)


def test_numbers_stay_numbers_or_are_refused():
    train = pd.DataFrame({"x": np.arange(N) / 8, "y": CLASSES})
    as_text = train.assign(x=train["x"].astype(str))
    assert (load_dataset(train, "y", test=as_text).X[N:, 0] == np.arange(N) / 8).all()
    with pytest.raises(InputError, match="column 'x' holds the text 'abc' in data row 1 where num"):
        load_dataset(train, "y", test=as_text.assign(x="abc"))


def test_true_and_false_stay_so():
    train = pd.DataFrame({"x": np.arange(N) % 3 == 0, "z": np.arange(N) / 7, "y": CLASSES})
    assert load_dataset(train, "y", test=train.assign(x=train["x"] * 1.0)).X[N:, 0].max() == 1
    with pytest.raises(InputError, match="column 'x' holds 2 in data row 4 where true or false"):
        load_dataset(train, "y", test=train.assign(x=train["x"] * np.arange(N) // 1.5))


def test_digits_as_text_are_categories_in_typed_tables_and_numbers_in_a_csv(tmp_path):
    frame = pd.DataFrame({"rep": ["0", "1", "2", "3", "3"] * 8, "y": CLASSES})
    frame.to_parquet(tmp_path / "d.parquet")
    for source in (frame, tmp_path / "d.parquet"):
        assert load_dataset(source, "y").feature_names == ("rep=0", "rep=1", "rep=2", "rep=3")
    frame.to_csv(tmp_path / "d.csv", index=False)
    data = load_dataset(tmp_path / "d.csv", "y")
    assert data.feature_names == ("rep",)
    assert data.notes == (Note(NoteKind.CODES, counts={"rep": 4}),)
    data = load_dataset(tmp_path / "d.csv", "y", categorical=["rep"])
    assert data.feature_names == ("rep=0", "rep=1", "rep=2", "rep=3")
    assert data.notes == ()


@pytest.mark.parametrize(
    "values", [[0, 1, 1], [0.5, 1.5, 2.5], range(20)], ids=["flag", "halves", "many values"]
)
def test_no_note_where_there_is_no_doubt(values):
    x = np.resize(np.array(values, dtype=float), N)
    assert load_dataset(pd.DataFrame({"x": x, "y": CLASSES}), "y").notes == ()


def test_many_categories_with_many_rows_are_categories(rng):
    """130 levels with 38 rows each are no identifier; 130 with 3 rows are, unless kept."""
    shop = np.array([f"S{k:03d}" for k in range(130)])
    frame = pd.DataFrame({"shop": np.tile(shop, 38), "y": np.tile(CLASSES, 130)[: 130 * 38]})
    assert len(load_dataset(frame, "y").feature_names) == 130
    few = frame.iloc[: 130 * 3]
    with pytest.raises(InputError, match=r"looks like an identifier.*--drop shop.*--keep shop"):
        load_dataset(few, "y")
    assert len(load_dataset(few, "y", keep=["shop"]).feature_names) == 130
    assert len(load_dataset(few, "y", categorical=["shop"]).feature_names) == 130


def test_text_of_numbers_in_a_dataframe_says_what_to_do(rng):
    frame = pd.DataFrame({"x": rng.normal(size=N).astype(str), "y": CLASSES})
    with pytest.raises(InputError, match="it looks like numbers: convert it to numbers"):
        load_dataset(frame, "y")


# --- row numbers and names -------------------------------------------------------------------


X = np.sin(np.arange(N)).round(3)


@pytest.mark.parametrize("start", [0, 1])
@pytest.mark.parametrize("shuffled", [False, True])
def test_row_numbers_are_left_out_with_a_note(rng, start, shuffled):
    number = np.arange(start, N + start)
    if shuffled:
        rng.shuffle(number)
    frame = pd.DataFrame({"nr": number, "x": X, "y": CLASSES})
    data = load_dataset(frame, "y")
    assert data.feature_names == ("x",)
    assert data.notes == (Note(NoteKind.ROW_NUMBERS, names=("nr",)),)
    assert load_dataset(frame, "y", keep=["nr"]).feature_names == ("nr", "x")


def test_years_and_few_rows_are_no_row_numbers():
    assert not is_row_number(np.arange(1990.0, 2030.0))
    assert not is_row_number(np.arange(10.0))
    assert not is_row_number(np.r_[np.arange(30.0), 29.0])


@pytest.mark.parametrize(
    ("name", "values", "noted"),
    [
        ("x1", np.arange(N) * 3 + 7, True),  # ascending, all different
        ("PassengerId", np.arange(N)[::-1] * 3 + 7, True),
        ("income", np.arange(N)[::-1] * 3 + 7, False),
        ("valid", np.arange(N)[::-1] * 3 + 7, False),
        ("patient_id", np.arange(N)[::-1] // 2, False),  # several rows each
        ("patient no", np.arange(N)[::-1] * 1000, True),
        ("child", 900 + np.random.default_rng(1).permutation(N), True),
        ("score", np.random.default_rng(1).normal(size=N), False),
    ],
)
def test_what_may_be_an_identifier_is_said(name, values, noted):
    data = load_dataset(pd.DataFrame({name: values, "x": X, "y": CLASSES}), "y")
    assert data.feature_names == (name, "x")
    assert (Note(NoteKind.IDENTIFIERS, names=(name,)) in data.notes) is noted


@pytest.mark.parametrize("n", [30, 200, 2000])
def test_measurements_in_whole_numbers_are_no_identifiers(n):
    """Incomes, and the least favourable law: uniform over as many numbers as are just called so."""
    rng = np.random.default_rng(n)
    few = int(n * (n - 1) / (2 * 13.9))
    for _ in range(300):
        assert not may_be_identifier("income", np.round(rng.lognormal(10, 0.8, n)))
        assert not may_be_identifier("x", rng.integers(0, few, n) * 1.0)
    given_out = rng.permutation(few)[:n] * 1.0
    assert may_be_identifier("x", given_out)
    assert not may_be_identifier("x", given_out + 0.5)


@pytest.mark.parametrize(
    "cells", [[f"P{i:03}" for i in range(60)], [f"{i:x}-{i}" for i in range(60)]]
)
def test_texts_that_are_all_different_are_refused_as_an_identifier(rng, cells):
    frame = pd.DataFrame({"who": rng.permutation(cells), "x": np.arange(60) % 7, "y": [0, 1] * 30})
    with pytest.raises(InputError, match=r"'who' has 60 different .*an identifier: leave it out"):
        load_dataset(frame, "y")


def test_the_index_that_pandas_writes_is_left_out(tmp_path):
    frame = pd.DataFrame({"x": X, "y": CLASSES})
    pd.concat([frame[:15], frame[:25]]).to_csv(tmp_path / "joined.csv")
    assert load_dataset(tmp_path / "joined.csv", "y").feature_names == ("x",)
    frame.to_csv(tmp_path / "once.csv")
    pd.read_csv(tmp_path / "once.csv").to_csv(tmp_path / "twice.csv", index=False)
    pd.read_csv(tmp_path / "once.csv").to_csv(tmp_path / "both.csv")
    assert load_dataset(tmp_path / "both.csv", "y").feature_names == ("x",)
    frame.set_axis([f"row {i}" for i in range(N)]).to_csv(tmp_path / "named.csv")
    for name in ("once", "twice", "named"):
        data = load_dataset(tmp_path / f"{name}.csv", "y")
        assert data.feature_names == ("x",), name
        assert len(data.notes) == 1
    kept = load_dataset(tmp_path / "once.csv", "y", keep=["Unnamed: 0"])
    assert kept.feature_names == ("Unnamed: 0", "x")


def test_row_names_without_a_column_of_their_own(tmp_path):
    """R's write.table has one name less in the header than cells in a row."""
    rows = [f"row{i},{x},{y}" for i, (x, y) in enumerate(zip(X, CLASSES, strict=True))]
    (tmp_path / "r.csv").write_text("x,y\n" + "\n".join(rows) + "\n")
    data = load_dataset(tmp_path / "r.csv", "y")
    assert data.feature_names == ("x",)
    assert (data.X[:, 0] == X).all()
    assert Note(NoteKind.ROW_NAMES) in data.notes


def test_columns_without_a_name(tmp_path):
    columns = {"x": [str(v) for v in X], "": ["a", "b"] * 20, "y": CLASSES}
    with pytest.raises(InputError, match=r"column 2 has no name.*--drop ''"):
        load_dataset(csv(tmp_path, columns), "y")
    assert load_dataset(csv(tmp_path, columns), "y", drop=[""]).feature_names == ("x",)
    columns[""] = [""] * N  # a trailing separator in every row
    data = load_dataset(csv(tmp_path, columns), "y")
    assert data.feature_names == ("x",)
    assert data.notes == (Note(NoteKind.EMPTY_COLUMN, n=2),)


# --- test files ------------------------------------------------------------------------------


def test_what_the_test_file_has_besides(tmp_path):
    train = pd.DataFrame({"x": X, "shop": ["a", "b"] * 20, "y": CLASSES})
    test = train.assign(row_id=range(N), shop=["a", "c"] * 20)
    data = load_dataset(train, "y", test=test)
    assert (data.n_obs, data.n_test) == (2 * N, N)
    ignored, *others = data.notes
    assert ignored == Note(NoteKind.IGNORED_COLUMNS, names=("row_id",))
    assert others[0] == Note(NoteKind.UNSEEN, values={"shop": ("c",)}, n_rows=N // 2)
    assert load_dataset(train, "y", test=test, drop=["row_id"]).notes == tuple(others)


def test_columns_of_the_test_file_come_in_any_order():
    train = pd.DataFrame({"x": X, "shop": ["a", "b"] * 20, "y": CLASSES})
    data = load_dataset(train, "y", test=train[["y", "shop", "x"]])
    assert (data.X[:N] == data.X[N:]).all()


# --- what does not fit -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"categorical": ["z"]}, "categorical 'z' is not a column"),
        ({"keep": ["z"]}, "keep 'z' is not a column"),
        ({"categorical": ["y"]}, "categorical 'y' is the target"),
        ({"drop": ["z"]}, "drop 'z' is not a column"),
        ({"drop": ["x"], "keep": ["x"]}, "drop 'x', and keep or categorical 'x'"),
        ({"positive": "maybe"}, "positive 'maybe' is not a class of 'dataframe': 'no', 'yes'"),
        ({"classes_order": ["yes"]}, "name every class of 'dataframe' once: 'no', 'yes'"),
        ({"positive": "no", "classes_order": ["yes", "no"]}, "give one of the two"),
    ],
)
def test_options_that_do_not_fit(options, message):
    with pytest.raises(InputError, match=message):
        load_dataset(pd.DataFrame({"x": X, "y": CLASSES}), "y", **options)


@pytest.mark.parametrize(
    "options", [{"keep": ["a"]}, {"na_values": []}, {"decimal": ","}, {"categorical": ["a"]}]
)
def test_bundled_data_need_no_reading(options):
    with pytest.raises(InputError, match="bundled and complete"):
        load_dataset("iris", **options)


def test_nul_bytes_are_refused(tmp_path):
    columns = {"x": [str(v) for v in X], "y": ["no\x00", *CLASSES[1:]]}
    with pytest.raises(InputError, match="column 'y' holds a NUL byte in data row 1"):
        load_dataset(csv(tmp_path, columns), "y")


# --- the order of classes --------------------------------------------------------------------


def test_the_order_of_classes():
    frame = pd.DataFrame({"x": X, "y": ["10", "9", "1", "2"] * 10})
    data = load_dataset(frame, "y")
    assert data.class_names == ("1", "2", "9", "10")
    other = load_dataset(frame, "y", classes_order=["9", "1", "10", "2"])
    assert other.class_names == ("9", "1", "10", "2")
    for k, name in enumerate(other.class_names):
        assert ((other.y == k) == (frame["y"] == name)).all()


def test_the_positive_class_is_the_second():
    frame = pd.DataFrame({"x": X, "y": ["Bad", "Good"] * 20})
    data = load_dataset(frame, "y", positive="Bad")
    assert data.class_names == ("Good", "Bad")
    assert (data.y == (frame["y"] == "Bad")).all()
    cancer = load_dataset("breast_cancer", positive="malignant")
    assert cancer.class_names == ("benign", "malignant")
    assert (cancer.y == 1 - load_dataset("breast_cancer").y).all()
    with pytest.raises(InputError, match="has 3 classes; positive needs two"):
        load_dataset("iris", positive="setosa")
    with pytest.raises(InputError, match="simulated"):
        load_dataset("sim:gaussian", positive="a")


def test_soft_labels_follow_the_order():
    p = np.linspace(0.1, 0.9, N)
    frame = pd.DataFrame({"x": X, "label:a": p, "label:b": 1 - p})
    data = load_dataset(frame, positive="a")
    assert data.class_names == ("b", "a")
    assert data.labels[:, 1] == pytest.approx(p)
    assert (data.y == (p > 0.5)).all()


# --- leaks -----------------------------------------------------------------------------------


def titanic(rng):
    y = np.tile([0, 0, 1], 100)
    x = rng.normal(size=(300, 2)) + 0.5 * y[:, None]
    return pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "survived": y})


LEAKS = {
    "text copy": lambda y, rng: np.where(y, "yes", "no"),
    "several words": lambda y, rng: np.where(y, "yes", np.where(rng.random(300) < 0.5, "n", "0x")),
    "code": lambda y, rng: 3 - y,
    "flag": lambda y, rng: y == 1,
    "score": lambda y, rng: rng.random(300) + y,
    "with gaps": lambda y, rng: np.where(rng.random(300) < 0.1, None, np.where(y, "yes", "no")),
}


@pytest.mark.parametrize("how", LEAKS)
def test_a_column_that_tells_the_class_is_named(rng, how):
    frame = titanic(rng)
    frame["alive"] = LEAKS[how](frame["survived"].to_numpy(), rng)
    data = load_dataset(frame, "survived", missing="impute")
    assert data.leaks == ("alive",)
    assert Note(NoteKind.LEAKS, names=("alive",), text="survived") in data.notes
    assert load_dataset(frame, "survived", drop=["alive"]).leaks == ()


def test_what_is_no_leak(rng):
    """A column of many levels, one that tells one class of three, few rows that happen to fit."""
    frame = titanic(rng)
    frame["odd"] = rng.random(300) + frame["survived"]
    frame.loc[0, "odd"] = 1.5  # one error
    frame["level"] = [f"l{i % 61}" for i in range(300)]
    assert load_dataset(frame, "survived").leaks == ()
    iris = load_dataset("iris")
    flowers = pd.DataFrame(iris.X, columns=list("abcd")).assign(y=iris.y)
    assert load_dataset(flowers, "y").leaks == ()
    assert load_dataset(pd.DataFrame({"x": [1, 2, 3, 4.5], "y": list("aabb")}), "y").leaks == ()


def test_three_classes_in_a_row_of_intervals(rng):
    y = rng.integers(3, size=200)
    frame = pd.DataFrame({"x": y + rng.random(200), "z": rng.normal(size=200), "y": y})
    assert load_dataset(frame, "y").leaks == ("x",)


@pytest.mark.parametrize("name", BUNDLED)
def test_no_column_of_a_bundled_set_is_named(name):
    """All their columns are legitimate, and none is right about every row."""
    data = load_dataset(name)
    frame = pd.DataFrame(data.X, columns=data.feature_names)
    frame["class"] = [data.class_names[k] for k in data.y]
    assert load_dataset(frame, "class").leaks == data.leaks == ()


def test_noise_that_separates_few_rows_is_not_named(rng):
    """Of 500 random columns 4 separate 5 rows from 5: so few rows are no evidence."""
    y = np.repeat([0, 1], 5)
    noise = rng.normal(size=(10, 500))
    noise[:, 0] = np.arange(10.0) + rng.random(10)
    frame = pd.DataFrame(noise, columns=[f"x{j}" for j in range(500)]).assign(y=y)
    assert load_dataset(frame, "y").leaks == ()
    assert gives_away(noise[:, :1], y, n_columns=1) is False
    more = np.repeat([0, 1], 15)  # chance of one: 2 in 155 million
    assert gives_away(np.sort(rng.normal(size=30))[:, None], more, n_columns=500)


# --- columns that arithmetic finds hard --------------------------------------------------------


HARD = {
    "2**53 + i": 2**53 + np.arange(N),
    "2**53 + 3 i": 2**53 + 3 * np.arange(N)[::-1],
    "1e15 + i / 10": 1e15 + 0.1 * np.arange(N),
    "1e-300 i": 1e-300 * np.arange(N),
    "denormal": 5e-324 * np.arange(N),
    "1e300": 1e300 * np.sin(np.arange(N)),
    "times in ns": 1_700_000_000_000_000_000 + 1000 * np.arange(N),
    "near 1e15": 1e15 + np.sin(np.arange(N)),
    "1e-200": 1e-200 * np.sin(np.arange(N)),
    "largest integers": np.iinfo(np.int64).max - np.arange(N),
    "one part in 1e12": 1 + 1e-12 * np.sin(np.arange(N)),
    "all sizes": np.where(np.arange(N) % 2, 1e-200, 1.0) * np.sin(np.arange(N)),
    "one far away": np.r_[1e12, np.sin(np.arange(N - 1))],
    "one different": np.r_[1.0, np.zeros(N - 1)],
}


@pytest.mark.parametrize("name", by_default("2**53 + i", of=HARD))
def test_a_hard_column_does_not_stop_a_comparison(name):
    frame = pd.DataFrame({"c": HARD[name], "x": X + 0.5 * np.tile([0, 1], N // 2), "y": CLASSES})
    comparison = trifit.compare(load_dataset(frame, "y"), nuts=False, test_size=0.4)
    assert "</html>" in render(comparison)
    assert np.isfinite(comparison.contestants["map"].scores.log_loss.value)


WELL_SCALED = {
    "2**53 + 2 i": (2.0**53 + 2 * np.arange(N), np.arange(N)),
    "2**52 + i": (2.0**52 + np.arange(N), np.arange(N)),
    "times in ns": (1.7e18 + 2.0**20 * (np.arange(N) % 37), np.arange(N) % 37),
    "1e15 + i / 4": (1e15 + np.arange(N) / 4, np.arange(N)),
    "1e300": (2.0**996 * (np.arange(N) % 37), np.arange(N) % 37),
    "1e-300": (2.0**-996 * (np.arange(N) % 37), np.arange(N) % 37),
}
"""Columns that arithmetic finds hard, and what they are in other units without rounding."""


@pytest.mark.parametrize("name", WELL_SCALED)
@pytest.mark.parametrize("rows", [None, np.arange(5, N)])
def test_a_hard_column_is_standardised_like_its_well_scaled_self(name, rows):
    hard, easy = (np.column_stack([c, X]).astype(float) for c in WELL_SCALED[name])
    hard[7, 0] = easy[7, 0] = np.nan
    one, other = (Standardiser.fit(A, rows).transform(A) for A in (hard, easy))
    assert one == pytest.approx(other, rel=1e-14, abs=1e-15)
    assert one[7, 0] == 0


@pytest.mark.parametrize("name", by_default("2**53 + 2 i", of=WELL_SCALED))
def test_a_hard_column_is_fitted_like_its_well_scaled_self(name):
    frame = pd.DataFrame({"x": X + 0.5 * np.tile([0, 1], N // 2), "y": CLASSES})
    probs = [
        run_comparison(
            load_dataset(frame.assign(c=c), "y", keep=["c"]), nuts=False, test_size=0.4
        ).log_probs["map"]
        for c in WELL_SCALED[name]
    ]
    assert probs[0] == pytest.approx(probs[1], rel=1e-9)


def test_the_smallest_doubles_count_as_constant():
    X = np.column_stack([5e-324 * np.arange(9), 1e-310 * np.arange(9), np.arange(9)])
    assert Standardiser.fit(X).constant.tolist() == [True, True, False]


def test_numbers_beyond_arithmetic_are_refused():
    frame = pd.DataFrame({"c": 1e308 * np.cos(np.arange(N)), "x": X, "y": CLASSES})
    with pytest.raises(InputError, match=r"column 'c' reaches 1e\+308, too large to standardise"):
        trifit.compare(load_dataset(frame, "y"), nuts=False, test_size=0.4)


def test_integers_that_are_rounded_are_said():
    frame = pd.DataFrame({"c": 2**53 + np.arange(N), "x": X, "y": CLASSES})
    assert Note(NoteKind.BEYOND_DOUBLES, names=("c",)) in load_dataset(frame, "y").notes
