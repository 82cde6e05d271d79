"""Many columns of text at once are read as each alone."""

import numpy as np
import pyarrow as pa
import pytest

from trifit.data import many
from trifit.data.cells import any_cell, as_floats
from trifit.data.many import floats_of, matching
from trifit.data.numbers import COMMA, POINT
from trifit.data.tables import Table

MISSING = ("", "NA")


@pytest.fixture(params=[10**6, 9, 1])
def table(request, monkeypatch):
    """Columns of three rows, a few of them not of plain numbers; in small blocks too."""
    monkeypatch.setattr(many, "CELLS", request.param)
    rng = np.random.default_rng(0)
    cells = {f"x{j}": [f"{v:.3f}" for v in rng.normal(size=3)] for j in range(200)}
    cells |= {"x7": ["a", "b", "1"], "x8": ["1", "NA", "3"], "x90": ["1_0", "2", "3"]}
    cells |= {"x91": ["1,5", "2", "3"], "x150": ["nan", "2", "3"], "x199": ["", "", ""]}
    arrays = {name: pa.chunked_array([each[:1], each[1:]]) for name, each in cells.items()}
    arrays["x3"] = arrays["x3"].cast(pa.large_string())
    return Table("t", pa.table(arrays), ",")


def test_numbers_are_those_of_each_column(table):
    found = floats_of(table, table.columns, MISSING, POINT)
    for name in table.columns:
        alone = as_floats(table.cells[name], MISSING, POINT)
        assert (name in found) == (alone is not None)
        if alone is not None:
            assert found[name] == pytest.approx(alone, abs=0, nan_ok=True)
    assert {"x7", "x90", "x91", "x150"}.isdisjoint(found)
    assert floats_of(table, ["x1"], MISSING, COMMA) == {}


def test_matches_are_those_of_each_column(table):
    pattern = r"^\d,\d"
    found = matching(table, table.columns, pattern)
    assert found.shape == (200, 3)
    assert found.any(axis=1).tolist() == [any_cell(table.cells[n], pattern) for n in table.columns]
    assert found[91].tolist() == [True, False, False]


def test_cells_that_are_null_match_nothing():
    cells = pa.table({"a": pa.array(["1", None, "x"])})
    assert matching(Table("t", cells, ""), ["a"], "").tolist() == [[True, False, True]]
    assert matching(Table("t", cells, ""), [], "").shape == (0, 3)
