"""How test rows were chosen, in words."""

import pytest

from trifit.results import Evaluation
from trifit.types import SplitBy, SplitRule
from trifit.words import split_text

SIZE = {"n_coefficients": 15, "most": 2_000}


@pytest.mark.parametrize(
    ("kind", "rule", "rest", "text"),
    [
        ("given", {"by": SplitBy.TEST_SET}, {}, "a given test set of 30 rows"),
        (
            "holdout",
            {"by": SplitBy.TIME, "time": "day"},
            {},
            "the latest 20% of the rows (30) by 'day' are test rows",
        ),
        (
            "holdout",
            {"by": SplitBy.REQUEST},
            {},
            "20% of the rows (30, stratified) are test rows, as requested",
        ),
        (
            "holdout",
            {"by": SplitBy.SIZE, **SIZE},
            {"n_groups": 4, "grouped_by": "patient"},
            "20% of the rows (30, whole groups of 'patient') are test rows, the default for "
            "large tables (150 rows x 15 coefficients = 2,250; large is above 2,000; --cv 5 tests "
            "every row, in more time)",
        ),
        (
            "cv",
            {"by": SplitBy.SIZE, **SIZE | {"most": 3_000}},
            {"n_parts": 5},
            "5-fold cross-validation, the default for small tables (150 rows x 15 coefficients = "
            "2,250; small is up to 3,000)",
        ),
        (
            "cv",
            {"by": SplitBy.REQUEST},
            {"n_parts": 3, "n_groups": 9},
            "3-fold cross-validation, as requested, groups of 'groups' kept whole",
        ),
        (
            "cv",
            {"by": SplitBy.SPLITTER, "splitter": "KFold(3)", "n_both": 28},
            {"n_parts": 3},
            "3 splits of KFold(3), in which 30 of 150 rows are tested; up to 28 groups are on both "
            "sides of a split",
        ),
        (
            "holdout",
            {"by": SplitBy.SPLITTER, "splitter": "PredefinedSplit()"},
            {"n_test": 150},
            "the split of PredefinedSplit()",
        ),
    ],
)
def test_every_way_of_choosing_test_rows(kind, rule, rest, text):
    counts = {"n_parts": 1, "n_test": 30, "n_train": 120} | rest
    assert split_text(Evaluation(kind=kind, rule=SplitRule(**rule), **counts), 150) == text


def test_given_predictions_have_no_rule():
    assert split_text(Evaluation(kind="predictions", n_parts=1, n_test=9, n_train=0), 9) == (
        "given predictions"
    )
