"""When each row was observed: numbers as they are, dates as seconds since 1970."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trifit.data.cells import MISSING_TEXT, as_floats, is_numeric, is_text, texts_of
from trifit.data.numbers import POINT
from trifit.data.tables import Table, empty_cell
from trifit.errors import InputError
from trifit.notes import Note, NoteKind
from trifit.types import FloatArray, IntArray

type Moments = NDArray[np.datetime64]

DAYS = (
    *(f"%{y}{m}%m{m}%d" for m in "-/." for y in "Yy"),
    *(f"%d{m}%m{m}%{y}" for m in "-/." for y in "Yy"),
    *(f"%m{m}%d{m}%{y}" for m in "-/." for y in "Yy"),
    *(
        day.replace("%b", month)
        for day in ("%b %d, %Y", "%b %d %Y", "%d %b %Y", "%d. %b %Y", "%d-%b-%Y", "%d-%b-%y")
        for month in ("%b", "%B")
    ),
    *("%d%b%Y", "%Y-%m", "%Y/%m", "%m/%Y", "%b %Y", "%B %Y"),
)  # fmt: skip
"""How people write a day or a month."""

CLOCKS = ("%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p")
FORMATS = (
    *DAYS,
    *(f"{day}{gap}{clock}" for day in DAYS for gap in (" ", "T", ", ") for clock in CLOCKS),
    *(f"%Y-%m-%d{gap}%H:%M:%S{part}%z" for gap in " T" for part in ("", ".%f")),
)
"""Whole cells: a day, perhaps with a time of the day."""

MAX_SPAN = 50
"""Years between dates of two digits' years, beyond which a century may be wrong."""

DAYS_AS_YEARS = 27
"""Years that dates of two digits' years span where days of the month are taken for years."""

REMEDY = "write numbers, or dates such as 2024-05-31 or 2024-05-31T12:00:00"


def read_times(
    tables: Sequence[Table], name: str, missing: tuple[str, ...]
) -> tuple[FloatArray, list[Note]]:
    """The times of all rows, table after table, and what to say of how they were read.

    Dates written as text have one format in all tables. It is the one that reads every cell;
    where several do and disagree (is 01/02/2024 in January?), none is chosen. Years of two digits
    that run over 27 years or more are taken for days of the month (31/12/20) if another
    format has them closer together.

    Parameters
    ----------
    tables : sequence of Table
    name : str
        Of the column.
    missing : tuple of str
        Texts that mean "missing".

    Raises
    ------
    InputError
        If a cell is empty, or the cells cannot be read in one way only.
    """
    where = f"data {tables[0].name!r}: time {name!r}"
    found = [_plain(table, name, (*missing, *MISSING_TEXT)) for table in tables]
    if all(seconds is not None for seconds, _ in found):
        if len({dated for _, dated in found}) > 1:
            raise InputError(
                f"{where} holds numbers in one table and dates in the other; use the same in both"
            )
        return np.concatenate([seconds for seconds, _ in found if seconds is not None]), []
    return _dates(tables, name, where)


def _plain(table: Table, name: str, missing: tuple[str, ...]) -> tuple[FloatArray | None, bool]:
    """Numbers, typed dates and ISO dates, and whether they are dates; None for other text."""
    import pyarrow as pa

    column = table.cells[name]
    if column.null_count:
        raise empty_cell(table, "time", name, column.is_null().index(True).as_py())
    if is_numeric(column.type):
        return _numbers(table, name, column.cast(pa.float64(), safe=False).to_numpy()), False
    if is_text(column.type):
        texts = texts_of(column, missing)
        if None in texts:
            raise empty_cell(table, "time", name, texts.index(None))
        if (numbers := as_floats(column, ("",), POINT)) is not None:
            return _numbers(table, name, numbers), False
    try:
        moments = column.cast(pa.timestamp("ns"))
    except pa.ArrowException as error:
        if is_text(column.type):
            return None, True
        raise _no_time(table, name, f"it holds {column.type}") from error
    return np.asarray(moments.cast(pa.int64()).to_numpy() / 1e9, dtype=np.float64), True


def _numbers(table: Table, name: str, values: FloatArray) -> FloatArray:
    """Numbers as they are, unless they are days without marks whose order is not that of time."""
    values = np.asarray(values, dtype=np.float64)
    if np.isnan(values).any():
        raise empty_cell(table, "time", name, int(np.isnan(values).argmax()))
    whole = values.astype(np.int64) if (abs(values) < 1e8).all() else np.zeros(1, dtype=np.int64)
    first, second, year = whole // 1_000_000, whole // 10_000 % 100, whole % 10_000
    days = (first >= 1) & (first <= 31) & (second >= 1) & (second <= 31)
    if (days & (year >= 1900) & (year <= 2100) & (whole == values)).all():
        raise _no_time(table, name, f"{values[0]:.0f} looks like a date with the year at its end")
    return values


def _dates(tables: Sequence[Table], name: str, where: str) -> tuple[FloatArray, list[Note]]:
    """Dates of text, in the one format that reads all of them; ``where`` they are, for errors."""
    texts = [str(text) for table in tables for text in texts_of(table.cells[name], ())]
    unique, places = np.unique(texts, return_inverse=True)
    different = [str(text) for text in unique]
    wanted = [f for f in FORMATS if not np.isnat(_moments(texts[:1], f))[0]]
    read = {f: _moments(different, f) for f in wanted}
    full = {f: moments for f, moments in read.items() if not np.isnat(moments).any()}
    if not full:
        raise _unread(tables, name, texts, read)
    close = {f: m for f, m in full.items() if "%y" not in f or np.ptp(_years(m)) < DAYS_AS_YEARS}
    full = close or full
    chosen, moments = next(iter(full.items()))
    for other in full.values():
        differ = np.flatnonzero(other != moments)
        if len(differ):
            at = differ[0]
            raise InputError(
                f"{where}: {different[at]!r} is {_day(moments[at])} or "
                f"{_day(other[at])}, and no other date of the column decides; write dates such as "
                "2024-05-31"
            )
    years = _years(moments)
    if "%y" in chosen and np.ptp(years) > MAX_SPAN:
        raise InputError(
            f"{where}: years of two digits from {years.min()} to {years.max()}: the century is "
            "not certain; write years with four digits"
        )
    days = (moments.astype("datetime64[D]") - moments.astype("datetime64[M]")).astype(np.int64)
    at = int(days.argmax())
    told = Note(NoteKind.DATE_FORMAT, names=(name,), text=f"{different[at]} is {_day(moments[at])}")
    seconds = moments.astype(np.int64) / 1e6
    return seconds[places], [] if chosen.startswith("%Y") else [told]


def _unread(
    tables: Sequence[Table], name: str, texts: list[str], read: dict[str, Moments]
) -> InputError:
    """The first cell that the format which reads most of them does not read."""
    places = np.unique(texts, return_inverse=True)[1]
    gaps = min((np.isnat(moments) for moments in read.values()), key=np.sum, default=None)
    row = 0 if gaps is None else int(np.flatnonzero(gaps[places])[0])
    like = "" if gaps is None else f" like {str(np.unique(texts)[~gaps][0])!r}"
    at = row
    for table in tables:
        if at < len(table):
            break
        at -= len(table)
    return _no_time(table, name, f"{texts[row]!r} in data row {at + 1} is not a date{like}")


def _no_time(table: Table, name: str, why: str) -> InputError:
    return InputError(f"data {table.name!r}: column {name!r} is not a time ({why}); {REMEDY}")


def _moments(texts: Sequence[str], how: str) -> Moments:
    """Texts read in a format, in microseconds; not a time where it does not fit."""
    import pandas as pd

    dated = [text if any(map(str.isdigit, text)) else "" for text in texts]  # "now" is no date
    read = pd.to_datetime(dated, format=how, errors="coerce", utc=True)
    return np.asarray(read.tz_localize(None).to_numpy(), dtype="datetime64[us]")


def _years(moments: Moments) -> IntArray:
    return 1970 + moments.astype("datetime64[Y]").astype(np.int64)


def _day(moment: Any) -> str:
    return str(moment.astype("datetime64[D]"))
