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
        (Status.CONVERGED, 1.1, 0.4, "cannot tell", r"about \d[\d,]* would"),
        (Status.CONVERGED, float("nan"), float("nan"), "cannot tell", "do not determine"),
        (Status.SEPARATED, 0.1, 0.02, "no MLE exists", "over-confident"),
        (Status.UNMIXED, 1.0, 0.01, "not trustworthy", "R-hat"),
        (Status.MAX_STEPS, 1.0, 0.01, "not trustworthy", "gradient tolerance"),
    ],
)
def test_rules(status, slope, se, name, words):
    verdict = judge(status, slope, se, 500)
    assert verdict.name == name
    assert re.search(words, verdict.text)


def test_rows_needed_would_do():
    """At the number of rows it names, the interval is as narrow as the rule asks."""
    text = judge(Status.CONVERGED, 1.0, 0.4, 100).text
    needed = int(text.rsplit("about ", 1)[1].split()[0].replace(",", ""))
    se = 0.4 * (100 / needed) ** 0.5
    assert judge(Status.CONVERGED, 1.0, se, needed).name == "behaves like probabilities"
