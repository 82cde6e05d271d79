"""Tables as a newcomer has them: measurements as targets, dates, what spreadsheets write."""

import gzip

import numpy as np
import pytest

from trifit.data import load_dataset
from trifit.errors import InputError
from trifit.notes import NoteKind


def table(tmp_path, rows, *, head="a,y", mark=",", name="data.csv"):
    path = tmp_path / name
    lines = [head.replace(",", mark), *(mark.join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def notes_of(data, kind):
    return [note for note in data.notes if note.kind is kind]


MEASURED = {
    "fractions, several rows each": [(i % 7, i % 30 / 4) for i in range(300)],
    "whole numbers, one of a single row": [(i % 7, 18 + i % 41) for i in range(82)] + [(1, 60)],
    "all different": [(i % 7, i / 7) for i in range(60)],
}


@pytest.mark.parametrize("case", MEASURED)
def test_a_measurement_as_target_is_called_one(tmp_path, case):
    path = table(tmp_path, MEASURED[case])
    with pytest.raises(InputError, match=r"'y' holds .* different numbers.*like a measurement"):
        load_dataset(path, "y")


def test_a_measurement_with_a_decimal_comma_is_one(tmp_path):
    rows = [(i % 7, str(i % 30 / 4).replace(".", ",")) for i in range(300)]
    with pytest.raises(InputError, match=r"like a measurement.*up to 3\.625 \(the median\)"):
        load_dataset(table(tmp_path, rows, mark=";"), "y")


def test_the_remedy_for_codes_works(tmp_path):
    rows = [(i % 7, f"{1 + i % 30 / 100:.2f}") for i in range(300)]
    with pytest.raises(InputError, match=r"if they are codes of classes: put a letter before each"):
        load_dataset(table(tmp_path, rows), "y")
    lettered = load_dataset(table(tmp_path, [(a, f"c{y}") for a, y in rows]), "y")
    assert lettered.n_classes == 30


@pytest.mark.parametrize(
    ("first", "step", "n", "told"),
    [(0, 1, 40, 0), (1, 1, 40, 0), (18, 1, 40, 1), (0, 5, 40, 1), (18, 1, 20, 0)],
)
def test_many_whole_numbers_are_classes_and_said_to_be(tmp_path, first, step, n, told):
    rows = [(i % 7, first + step * (i % n)) for i in range(3 * n)]
    data = load_dataset(table(tmp_path, rows), "y")
    assert data.n_classes == n
    found = notes_of(data, NoteKind.NUMBERS_AS_CLASSES)
    assert [(note.names, note.n) for note in found] == [(("y",), n)] * told


def test_rows_that_weights_repeat_are_several(tmp_path):
    rows = [(i % 7, i % 29, 4) for i in range(87)] + [(1, 29, 4)]
    data = load_dataset(table(tmp_path, rows, head="a,y,n"), "y", weights="n")
    assert data.n_classes == 30


def test_measurements_in_arrays_are_refused_too(rng):
    with pytest.raises(InputError, match="like a measurement"):
        load_dataset(rng.normal(size=(300, 2)), np.round(rng.normal(size=300), 1))


DAYS = [f"{1 + i % 28:02}.{1 + i // 28:02}.2024" for i in range(60)]


def test_a_column_of_dates_is_called_one(tmp_path):
    rows = [(day, i % 5, "pq"[i % 2]) for i, day in enumerate(DAYS)]
    path = table(tmp_path, rows, head="day,a,y")
    with pytest.raises(InputError, match="looks like dates: leave it out with --drop day, use it"):
        load_dataset(path, "y")
    iso = [("-".join(reversed(day.split("."))), a, y) for day, a, y in rows]
    assert load_dataset(table(tmp_path, iso, head="day,a,y"), "y", time="day").n_features == 1


@pytest.mark.parametrize("form", ["€{:.2f}", "{:.1f} %", "${:,.2f}"])
def test_a_column_of_amounts_is_called_one(tmp_path, form):
    rows = [(form.format(900 + 7.5 * i), i % 5, "pq"[i % 2]) for i in range(60)]
    path = table(tmp_path, rows, head="cost,a,y", mark=";")
    with pytest.raises(InputError, match="looks like amounts with a currency or percent sign: wri"):
        load_dataset(path, "y")


def test_few_dates_are_categories_and_said_to_be(tmp_path):
    rows = [(DAYS[i % 10], i % 5, "pq"[i % 2]) for i in range(60)]
    data = load_dataset(table(tmp_path, rows, head="day,a,y"), "y")
    (note,) = notes_of(data, NoteKind.DATES)
    assert (note.names, note.text) == (("day",), "01.01.2024")


def test_the_last_column_is_named_where_not_all_are(tmp_path):
    wide = ",".join(f"x{i}" for i in range(20))
    path = table(tmp_path, [range(21)] * 3, head=f"{wide},outcome")
    with pytest.raises(InputError, match="and 13 more; the last is 'outcome'"):
        load_dataset(path)


ROWS = "x;y\n1,5;a\n2,5;b\n0,5;a\n3,5;b\n"


@pytest.mark.parametrize("lines", ["\n", "\r\n"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
@pytest.mark.parametrize("packed", [False, True])
def test_the_line_by_which_excel_is_told_the_delimiter(tmp_path, lines, start, packed):
    content = (start + "sep=;\n" + ROWS).replace("\n", lines).encode()
    path = tmp_path / ("data.csv.gz" if packed else "data.csv")
    path.write_bytes(gzip.compress(content) if packed else content)
    data = load_dataset(path, "y")
    assert data.X[:, 0].tolist() == [1.5, 2.5, 0.5, 3.5]
    assert data.class_names == ("a", "b")


@pytest.mark.parametrize(
    ("name", "content", "remedy"),
    [
        ("data.xlsx", b"PK", "save the sheet as 'CSV UTF-8'"),
        ("data.csv", ROWS.replace("a", "ä").encode("cp1252"), "in Excel: save as 'CSV UTF-8'"),
        ("data.csv", ROWS.encode("utf-16"), "in Excel: save as 'CSV UTF-8'"),
    ],
)
def test_files_of_a_spreadsheet_say_how_to_save_them(tmp_path, name, content, remedy):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=remedy):
        load_dataset(tmp_path / name, "y")
