import re

import pytest

from trifit.types import Status
from trifit.verdict import judge


@pytest.mark.parametrize(
    ("status", "slope", "se", "name", "words"),
    [
        (Status.TRUSTED, 1.0, 0.05, "behaves like probabilities", "0.90 to 1.10"),
        (Status.TRUSTED, 0.9, 0.03, "behaves like probabilities", "can be read as probabilities"),
        (Status.CONVERGED, 0.5, 0.05, "over-confident", "2.0 times too large"),
        (Status.CONVERGED, 1.6, 0.1, "under-confident", "1.6 times larger"),
        (Status.CONVERGED, 1.1, 0.4, "cannot tell", r"about \d[\d,]* would be enough"),
        (Status.CONVERGED, float("nan"), float("nan"), "cannot tell", "do not determine"),
        (Status.SEPARATED, 0.1, 0.02, "no MLE exists", "over-confident"),
        (Status.DERIVED_SEPARATED, 1.0, 0.05, "behaves like probabilities", "0.90 to 1.10"),
        (Status.UNMIXED, 1.0, 0.01, "not trustworthy", "R-hat"),
        (Status.MAX_STEPS, 1.0, 0.01, "not trustworthy", "gradient tolerance"),
    ],
)
def test_rules(status, slope, se, name, words):
    verdict = judge(status, slope, se, 500)
    assert verdict.name == name
    assert re.search(words, verdict.text)


@pytest.mark.parametrize(
    ("slope", "se", "then"),
    [
        (1.0, 0.4, "behaves like probabilities"),
        (0.85, 0.09, "over-confident"),
        (1.2, 0.11, "under-confident"),
        (1.6, 0.5, "under-confident"),
        (1.08, 0.2, "behaves like probabilities"),
    ],
)
def test_the_rows_it_asks_for_would_do(slope, se, then):
    """With the number of rows it names, and the slope as it is, there is an answer."""
    verdict = judge(Status.CONVERGED, slope, se, 500)
    assert verdict.name == "cannot tell"
    needed = int(verdict.text.rsplit("about ", 1)[1].split()[0].replace(",", ""))
    assert needed > 500
    assert judge(Status.CONVERGED, slope, se * (500 / needed) ** 0.5, needed).name == then


def test_few_events_are_not_judged():
    verdict = judge(Status.TRUSTED, -1.4, 0.7, 200, n_events=2)
    assert verdict.name == "cannot tell"
    assert "Only 2 test rows" in verdict.text


def test_slopes_without_information():
    assert "no information" in judge(Status.TRUSTED, -0.5, 0.4, 200).text
    assert "far too few" in judge(Status.TRUSTED, -100.0, 60.0, 200).text


def test_a_good_slope_is_not_enough():
    verdict = judge(Status.TRUSTED, 1.0, 0.05, 500, fault="class p is off")
    assert verdict.name == "miscalibrated otherwise"
    assert "class p is off" in verdict.text
    assert judge(Status.TRUSTED, 0.5, 0.05, 500, fault="class p is off").name == "over-confident"


def test_where_an_mle_was_separated_is_said():
    verdict = judge(Status.SEPARATED, 1.0, 0.05, 500, where="1 of 6 training sets")
    assert "without error in 1 of 6 training sets" in verdict.text
