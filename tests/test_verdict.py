import dataclasses
import math
import re

import pytest

from trifit.fits import Status
from trifit.verdict import ClassBias, Evidence, judge

NAN = float("nan")
FINE = (ClassBias("p", 0.4, 0.4, 0.9, (0.9, 1.1)), ClassBias("q", 0.6, 0.6, 0.8, (0.9, 1.1)))


def evidence(slope=1.0, se=0.05, n_obs=500, *, gain=0.05, p_value=0.5, n_events=200, classes=FINE):
    return Evidence(
        n_obs=n_obs,
        n_events=n_events,
        entropy=0.67,
        slope=slope,
        slope_se=se,
        gains={"temperature": (gain, 0.01), "vector": (gain - 0.001, 0.01)},
        p_value=p_value,
        classes=classes,
    )


P_IS_OFF = (
    ClassBias("p", 0.3, 0.4, 1e-5, (1.3, 1.9)),
    ClassBias("q", 0.7, 0.6, 0.2, (0.5, 0.8)),
)


@pytest.mark.parametrize(
    ("status", "slope", "se", "name", "words"),
    [
        (Status.TRUSTED, 1.0, 0.05, "behaves like probabilities", "0.90 to 1.10"),
        (Status.TRUSTED, 0.9, 0.03, "behaves like probabilities", "can be read as probabilities"),
        (Status.CONVERGED, 0.5, 0.05, "over-confident", "divide its log-odds by 2.0"),
        (Status.CONVERGED, 1.6, 0.1, "under-confident", "multiply its log-odds by 1.6"),
        (Status.CONVERGED, 0.5, 0.05, "over-confident", r"gains 0.050 ± 0.010 nats"),
        (Status.CONVERGED, 1.1, 0.4, "cannot tell", r"about \d[\d,]* would be enough"),
        (Status.CONVERGED, NAN, NAN, "cannot tell", "do not determine"),
        (Status.SEPARATED, 0.1, 0.02, "no MLE exists", "over-confident"),
        (Status.DERIVED_SEPARATED, 1.0, 0.05, "behaves like probabilities", "0.90 to 1.10"),
        (Status.UNMIXED, 1.0, 0.01, "not trustworthy", "R-hat"),
        (Status.MAX_STEPS, 1.0, 0.01, "not trustworthy", "gradient tolerance"),
    ],
)
def test_rules(status, slope, se, name, words):
    verdict = judge(status, evidence(slope, se))
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
    verdict = judge(Status.CONVERGED, evidence(slope, se))
    assert verdict.name == "cannot tell"
    needed = int(verdict.text.rsplit("about ", 1)[1].split()[0].replace(",", ""))
    assert needed > 500
    again = evidence(slope, se * (500 / needed) ** 0.5, needed)
    assert judge(Status.CONVERGED, again).name == then


def test_a_fault_is_claimed_at_one_percent():
    """Slope 2.3 standard errors below 1: outside a 95 % interval, inside a 99 % one."""
    assert judge(Status.TRUSTED, evidence(0.77, 0.1)).name == "cannot tell"
    assert judge(Status.TRUSTED, evidence(0.73, 0.1)).name == "over-confident"


def test_overconfidence_must_cost_something():
    assert judge(Status.TRUSTED, evidence(0.7, 0.1, gain=0.001)).name == "over-confident"
    verdict = judge(Status.TRUSTED, evidence(0.7, 0.1, gain=-0.001))
    assert verdict.name == "cannot tell"
    assert "does not lower the log-loss (−0.001 ± 0.010 nats)" in verdict.text


def test_few_events_are_not_judged():
    verdict = judge(Status.TRUSTED, evidence(-1.4, 0.7, 200, n_events=2))
    assert verdict.name == "cannot tell"
    assert "Only 2 test rows" in verdict.text
    assert not verdict.rules[0].met


def test_slopes_without_information():
    assert "no information" in judge(Status.TRUSTED, evidence(-0.5, 0.4)).text
    assert "far too few" in judge(Status.TRUSTED, evidence(-100.0, 60.0)).text


def test_a_good_slope_is_not_enough():
    verdict = judge(Status.TRUSTED, evidence(classes=P_IS_OFF))
    assert verdict.name == "miscalibrated otherwise"
    assert "class p has probability 0.300 on average but frequency 0.400" in verdict.text
    assert "(odds 1.6 times too small)" in verdict.text
    assert "class q" not in verdict.text
    verdict = judge(Status.TRUSTED, evidence(p_value=0.004))
    assert verdict.name == "miscalibrated otherwise"
    assert "less than 1 time in 250" in verdict.text
    assert judge(Status.TRUSTED, evidence(0.5, classes=P_IS_OFF)).name == "over-confident"


def test_a_fault_without_a_slope_is_still_a_fault():
    assert judge(Status.TRUSTED, evidence(NAN, NAN, p_value=0.001)).name == (
        "miscalibrated otherwise"
    )


def a_million(classes):
    """A million rows refute anything."""
    return Evidence(
        n_obs=10**6,
        n_events=10**5,
        entropy=0.33,
        slope=0.99,
        slope_se=0.001,
        gains={"temperature": (0.0002, 0.00005), "isotonic": (0.001, 0.0001)},
        p_value=0.001,
        classes=classes,
    )


def test_a_fault_worth_nothing_does_not_matter():
    """What cannot gain 1 % of the entropy, and odds right within a quarter, are no fault."""
    within = (
        ClassBias("p", 0.11, 0.1, 1e-9, (0.85, 0.95)),
        ClassBias("q", 0.89, 0.9, 1e-9, (1, 1.2)),
    )
    verdict = judge(Status.TRUSTED, a_million(within))
    assert verdict.name == "behaves like probabilities"
    assert [rule.met for rule in verdict.rules] == [True, True, False, False, True, False, True]


def test_a_class_off_by_more_than_a_quarter_of_its_odds_is_a_fault_whatever_it_costs():
    verdict = judge(Status.TRUSTED, a_million(P_IS_OFF))
    assert verdict.name == "miscalibrated otherwise"
    assert not verdict.rules[4].met


def test_margins_follow_the_entropy_of_the_labels():
    """The same gain is nothing for balanced classes and a third of what a rare one can tell."""
    slight = evidence(p_value=0.001, gain=-0.015)
    assert slight.most == pytest.approx(0.0046, abs=1e-4)
    assert judge(Status.TRUSTED, slight).name == "behaves like probabilities"
    rare = dataclasses.replace(slight, entropy=0.032)
    assert judge(Status.TRUSTED, rare).name == "miscalibrated otherwise"


def test_labels_that_were_all_but_excluded_are_said():
    text = judge(Status.TRUSTED, evidence(p_value=2e-9)).text
    assert "labels occurred to which it gave practically no chance (p-value 2e-09)" in text


def test_classes_are_judged_where_a_slope_cannot_be():
    few = evidence(NAN, NAN, n_events=2, classes=P_IS_OFF)
    assert judge(Status.TRUSTED, few).name == "miscalibrated otherwise"


def test_a_slope_off_does_not_hide_a_class():
    text = judge(Status.TRUSTED, evidence(0.5, classes=P_IS_OFF)).text
    assert "Besides, class p has probability 0.300" in text


@pytest.mark.parametrize(
    ("slope", "words"),
    [(0.86, "slightly over-confident"), (1.12, "slightly under-confident"), (0.98, None)],
)
def test_the_direction_is_said_where_it_is_known(slope, words):
    verdict = judge(Status.TRUSTED, evidence(slope, 0.02))
    assert verdict.name == "behaves like probabilities"
    assert (words in verdict.text) if words else ("slightly" not in verdict.text)


def test_a_rare_class_is_named_as_what_there_is_too_little_of():
    rare = (
        ClassBias("yes", 0.005, 0.005, 0.9, (0.8, 1.3)),
        ClassBias("no", 0.995, 0.995, 0.9, (0.8, 1.3)),
    )
    verdict = judge(Status.TRUSTED, evidence(1.0, 0.2, 8000, n_events=39, classes=rare))
    assert verdict.name == "cannot tell"
    assert "39 test rows outside class no (of 8,000) are too few" in verdict.text
    assert "about 310 would be enough (of 63,000 rows)" in verdict.text


def test_every_rule_shows_its_number():
    rules = judge(Status.TRUSTED, evidence(0.5, classes=P_IS_OFF, p_value=0.03)).rules
    found = [(rule.found, rule.met) for rule in rules]
    assert found == [
        ("200", True),
        ("0.40 to 0.60", False),
        ("0.37 to 0.63", False),
        ("+0.050 ± 0.010", False),
        ("1e-05, odds 1.3 to 1.9 (p)", False),
        ("0.03", False),
        ("0.070", False),
    ]
    assert judge(Status.TRUSTED, evidence(NAN, NAN)).rules[1].found == "no slope"
    assert judge(Status.UNMIXED, evidence()).rules == ()


def test_bonferroni_over_classes():
    many = [ClassBias(str(k), 0.1, 0.1, 0.008 if k == 3 else 0.5, (1.2, 1.6)) for k in range(10)]
    assert judge(Status.TRUSTED, evidence(classes=many)).name == "behaves like probabilities"
    assert judge(Status.TRUSTED, evidence(classes=many[3:4])).name == "miscalibrated otherwise"


def test_a_suspicion_forbids_praise_but_is_no_fault():
    """Between 1 and 5 %: neither a fault nor good behaviour, unless it cannot matter."""
    doubtful = evidence(p_value=0.03)
    verdict = judge(Status.TRUSTED, doubtful)
    assert verdict.name == "cannot tell"
    assert "only 3.0 times in 100; about 1,300 would be enough" in verdict.text
    biased = evidence(classes=(ClassBias("p", 0.4, 0.5, 0.02, (1.1, 2.0)), *FINE[1:]))
    assert judge(Status.TRUSTED, biased).name == "cannot tell"
    harmless = evidence(p_value=0.03, gain=-0.02)
    assert judge(Status.TRUSTED, harmless).name == "behaves like probabilities"


def test_soft_labels_have_no_test_of_the_whole_vector():
    verdict = judge(Status.TRUSTED, evidence(p_value=NAN))
    assert verdict.name == "behaves like probabilities"
    assert len(verdict.rules) == len(judge(Status.TRUSTED, evidence()).rules) - 1


def test_where_an_mle_was_separated_is_said():
    verdict = judge(Status.SEPARATED, evidence(), where="1 of 6 training sets")
    assert "without error in 1 of 6 training sets" in verdict.text


def test_the_most_is_the_highest_limit_of_any_map():
    assert evidence(gain=0.0).most == pytest.approx(1.96 * 0.01, rel=1e-3)
    assert math.isclose(evidence(0.5, 0.1).interval()[0], 0.304, abs_tol=1e-3)
