"""The rule that chooses a default prior (docs/priors.md), on made-up numbers."""

import importlib.util
import sys
from pathlib import Path

import pandas as pd
import pytest

from trifit.atlas.study import sizes_of
from trifit.data import load_dataset

TOOL = Path(__file__).parents[2] / "tools" / "prior_evidence.py"


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("prior_evidence", TOOL)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def found(tool, losses, **slopes):
    """Two tables with one training set each; a candidate without a loss ended with an error."""
    cells = [tool.Cell(table, 50, 20) for table in ("a", "b")]
    fits = {name: losses.get(name) for name in tool.SCALES}
    rows = [
        {"cell": cell.key, "fit": name, "log_loss": loss, "slope": slopes.get(name, 1.0)}
        | dict.fromkeys(tool.FAILS, 0.0)
        for cell in cells
        for name, loss in {**fits, "frequencies": 0.7}.items()
    ]
    return tool.Found(pd.DataFrame(rows), cells)


def test_the_simplest_of_the_nearly_best_is_chosen(tool):
    losses = {"2.5": 0.5, "1": 0.45, "0.5": 0.4408, "2.5/sqrt(p)": 0.4401, "auto": 0.44}
    assert tool.chosen(found(tool, losses), ["a", "b"]) == "0.5"
    losses["0.5"] = 0.4412
    assert tool.chosen(found(tool, losses), ["a", "b"]) == "2.5/sqrt(p)"


def test_an_error_counts_as_the_class_frequencies_and_as_failed(tool):
    numbers = found(tool, {"2.5": 0.5, "1": 0.4, "0.5": 0.4, "2.5/sqrt(p)": 0.4})
    assert tool.mean_gain(numbers, ["a", "b"], "auto") == pytest.approx(0.2)
    assert numbers.fails("auto")("a-50") == 1
    assert numbers.fails("1")("a-50") == 0


def test_slopes_are_cut(tool):
    losses = dict.fromkeys(tool.SCALES, 0.5)
    numbers = found(tool, losses, **{"2.5": -3.0, "1": 0.5})
    assert numbers.tilt("2.5")("a-50") == pytest.approx(1.386, abs=1e-3)
    assert numbers.tilt("1")("a-50") == pytest.approx(0.693, abs=1e-3)


def test_training_sets_can_be_smaller():
    assert sizes_of(load_dataset("iris"), 80) == ([80, 20], 50)
