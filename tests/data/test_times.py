"""Columns of times as people write them: one format for all cells, or a refusal."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from trifit.data import load_dataset
from trifit.errors import InputError
from trifit.notes import NoteKind
from trifit.words import note_text

DAYS = pd.date_range("2020-01-05", periods=60, freq="5D")


def dataset(tmp_path, cells, test=None, name="data.csv"):
    path = tmp_path / name
    frame = pd.DataFrame({"when": cells, "a": np.arange(len(cells)) % 7})
    frame["y"] = np.arange(len(cells)) % 2
    frame.to_csv(path, index=False)
    return load_dataset(path, "y", time="when", test=test)


WRITTEN = [
    "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%Y/%m/%d", "%m/%d/%y", "%d/%m/%y",
    "%d.%m.%y", "%y-%m-%d", "%b %d, %Y", "%d %B %Y", "%d. %B %Y", "%d-%b-%Y", "%d-%b-%y",
    "%d%b%Y", "%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M:%S", "%m/%d/%Y %I:%M:%S %p", "%Y-%m-%dT%H:%M:%SZ",
    "%Y-%m-%d %H:%M:%S.%f+00:00", "%Y-%m-%d",
]  # fmt: skip


@pytest.mark.parametrize("how", WRITTEN)
def test_dates_are_read_as_they_were_written(tmp_path, how):
    data = dataset(tmp_path, DAYS.strftime(how))
    assert data.time.tolist() == [day.timestamp() for day in DAYS]
    told = [note_text(n) for n in data.notes if n.kind is NoteKind.DATE_FORMAT]
    shown = DAYS[5].strftime(how)
    assert all(text.endswith(f"in which {shown} is 2020-01-30") for text in told)
    assert len(told) == (not how.startswith("%Y"))


@pytest.mark.parametrize("how", ["%Y-%m", "%m/%Y", "%b %Y", "%B %Y"])
def test_months_are_read(tmp_path, how):
    months = pd.date_range("2019-01-01", periods=40, freq="MS")
    assert dataset(tmp_path, months.strftime(how)).time.tolist() == [m.timestamp() for m in months]


def test_years_and_days_counted_are_numbers(tmp_path):
    assert dataset(tmp_path, DAYS.year + np.arange(60)).time.max() == 2020 + 59
    assert dataset(tmp_path, DAYS.strftime("%Y%m%d")).time[0] == 20200105


ALTERED = {
    "both orders, one of them wrong": (["31/12/2020", "12/31/2020"], "row 2 is not a date like"),
    "two readings of every cell": (
        ["01/02/2020", "05/06/2020"],
        "'01/02/2020' is 2020-02-01 or 2020-01-02.*write dates such as 2024-05-31",
    ),
    "year or day first": (["10-11-12", "11-10-12"], "'10-11-12' is 2010-11-12 or 2012-11-10"),
    "the first of every month, or the days of one": (
        [f"{year:02}-0{month}-01" for year in range(5, 24) for month in (1, 4, 7)],
        "'05-01-01' is 2005-01-01 or 2001-01-05, and no other date of the column decides",
    ),
    "two centuries": (["31/12/65", "30/11/70"], "1969 to 2065: the century is not certain"),
    "no marks, the year at the end": (["31122020", "30112020"], "31122020 looks like a date with"),
    "no date": (["now", "today"], r"'now' in data row 1 is not a date.; write"),
    "a month that is none": (["2020-01-01", "2020-13-01"], "'2020-13-01' in data row 2"),
    "missing": (["2020-01-01", "NA"], "time 'when' is empty in data row 2"),
    "numbers and dates": (["2020", "2020-05-01"], "is not a time"),
}


@pytest.mark.parametrize("case", ALTERED)
def test_what_has_no_single_reading_is_refused(tmp_path, case):
    cells, told = ALTERED[case]
    if case == "two centuries":
        cells = [*cells, "13/01/69"]
    with pytest.raises(InputError, match=told):
        dataset(tmp_path, cells * 20)


def test_readings_that_agree_are_one(tmp_path):
    data = dataset(tmp_path, ["01/01/2020", "02/02/2020"] * 20)
    assert data.time[1] - data.time[0] == 32 * 86400


def test_a_test_table_has_the_same_format(tmp_path):
    late = tmp_path / "late.csv"
    late.write_text("when,a,y\n01/02/2021,1,0\n02/03/2021,2,1\n", encoding="utf-8")
    data = dataset(tmp_path, DAYS.strftime("%d/%m/%Y"), test=late)
    assert data.time[-2] == pd.Timestamp("2021-02-01").timestamp()
    with pytest.raises(InputError, match="numbers in one table and dates in the other"):
        dataset(tmp_path, 2000 + np.arange(40), test=_iso(late))
    late.write_text("when,a,y\n12/31/2020,1,0\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"'late': .*'12/31/2020' in data row 1 is not a date"):
        dataset(tmp_path, DAYS.strftime("%d/%m/%Y"), test=late)


def _iso(path):
    path.write_text("when,a,y\n2021-02-01,1,0\n2021-02-02,2,1\n", encoding="utf-8")
    return path


def test_typed_columns(tmp_path):
    frame = pd.DataFrame({"when": DAYS, "a": np.arange(60) % 7, "y": [0, 1] * 30})
    assert load_dataset(frame, "y", time="when").time[0] == DAYS[0].timestamp()
    with pytest.raises(
        InputError, match=r"holds timestamp.*to test on later rows with --time when"
    ):
        load_dataset(frame, "y")
    frame["when"] = np.where(np.arange(60) == 3, np.nan, 2000.0)
    with pytest.raises(InputError, match="time 'when' is empty in data row 4"):
        load_dataset(frame, "y", time="when")
    lists = pa.table({"when": [[1]] * 4, "a": [1, 2, 3, 4], "y": [0, 1] * 2})
    with pytest.raises(InputError, match=r"column 'when' is not a time .it holds list"):
        load_dataset(lists, "y", time="when")
