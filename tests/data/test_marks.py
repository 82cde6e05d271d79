"""Further rows whose numbers may have other marks than those that the model was fitted to."""

import pytest

from trifit.data import load_dataset
from trifit.data.new_rows import encode_rows
from trifit.errors import InputError

POINTS = "a;b;y\n1.5;10;u\n2.25;20;v\n0.5;30;u\n3.5;40;v\n"
COMMAS = POINTS.replace(".", ",")
IN_DOUBT = {
    "points, then commas": (POINTS, "1,5;10", "holds '1,5': its numbers .* a decimal comma, those"),
    "commas, then points": (COMMAS, "1.5;10", "holds '1.5': its numbers .* a decimal point, those"),
    "points, then thousands": (POINTS, "1,234;10", "holds '1,234', which is 1234 .* or 1.234 with"),
    "commas, then thousands": (COMMAS, "1.234;10", "holds '1.234', which is 1234 .* or 1.234 with"),
    "both in one file": (POINTS, "1.5;10\n2,5;20", "holds '2,5': its numbers .* decimal comma"),
}
CLEAR = {
    "whole numbers": (COMMAS, "7;10", 7),
    "whole numbers, points": (POINTS, "7;10", 7),
    "three decimals": (POINTS, "1.234;10", 1.234),
    "three decimals, commas": (COMMAS, "1,234;10", 1.234),
    "thousands beside decimals": (POINTS, "1,234;10.5", 1234),
    "thousands beside decimals, commas": (COMMAS, "1.234;10,5", 1234),
    "millions": (POINTS, "1,234,567;10", 1234567),
    "blanks": (COMMAS, "1 234;10", 1234),
}


def schema_of(tmp_path, text):
    path = tmp_path / "data.csv"
    path.write_text(text, encoding="utf-8")
    return path, load_dataset(path, "y").schema


def further(tmp_path, rows, head="a;b"):
    path = tmp_path / "new.csv"
    path.write_text(f"{head}\n{rows}\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("case", IN_DOUBT)
def test_other_marks_are_refused(tmp_path, case):
    text, rows, told = IN_DOUBT[case]
    path, schema = schema_of(tmp_path, text)
    with pytest.raises(InputError, match=told):
        encode_rows(further(tmp_path, rows), schema)
    test = further(tmp_path, "\n".join(f"{row};u" for row in rows.split("\n")), head="a;b;y")
    with pytest.raises(InputError, match=told):
        load_dataset(path, "y", test=test)


@pytest.mark.parametrize("case", CLEAR)
def test_the_same_marks_are_read(tmp_path, case):
    text, rows, value = CLEAR[case]
    path, schema = schema_of(tmp_path, text)
    assert encode_rows(further(tmp_path, rows), schema)[0][0, 0] == value
    test = further(tmp_path, f"{rows};u\n{rows};v", head="a;b;y")
    assert load_dataset(path, "y", test=test).X[-1, 0] == value


def test_another_delimiter_is_found(tmp_path):
    _, schema = schema_of(tmp_path, COMMAS)
    found = encode_rows(further(tmp_path, "10\t1,5", head="b\ta"), schema)[0]
    assert found.tolist() == [[1.5, 10]]


def test_a_mark_that_is_given_is_that_of_both_files(tmp_path):
    path, _ = schema_of(tmp_path, POINTS)
    test = further(tmp_path, "1,234;10;u\n1,234;20;v", head="a;b;y")
    assert load_dataset(path, "y", test=test, decimal=".").X[-1, 0] == 1234
