"""Verdicts by their numbers, and what is said of them."""

import math
import re

import msgspec
import pytest

from trifit.diagnostics import OptimiserDiagnostics
from trifit.fits import Status
from trifit.judge import verdict_on, with_status
from trifit.results import Calibration, ClassBias, Estimate, Verdict
from trifit.words import rules, verdict_text
from trifit.words.verdict import of_outputs

NAN = float("nan")


def bias(name, mean_prob, frequency, p_value, odds):
    low, high = odds
    return ClassBias(
        name=name, mean_prob=mean_prob, frequency=frequency, p_value=p_value, odds_low=low,
        odds_high=high,
    )  # fmt: skip


FINE = (bias("p", 0.4, 0.4, 0.9, (0.9, 1.1)), bias("q", 0.6, 0.6, 0.8, (0.9, 1.1)))


def evidence(slope=1.0, se=0.05, n_obs=500, *, gain=0.05, p_value=0.5, n_events=200, classes=FINE):
    return Calibration(
        n_obs=n_obs,
        n_events=n_events,
        entropy=0.67,
        slope=None if math.isnan(slope) else Estimate.normal(slope, se),
        intercepts=[0.0] * len(classes),
        gains={
            "temperature": Estimate.normal(gain, 0.01),
            "vector": Estimate.normal(gain - 0.001, 0.01),
        },
        p_value=p_value,
        classes=list(classes),
    )


def text_of(calibration):
    return of_outputs(verdict_on(calibration), calibration)


def judged(calibration, status, *, where=(1, 1), **record):
    """The verdict and its sentence on a fit that ended so."""
    from made_up import fit_record, made_up

    whole = made_up().contestants["map"]
    outputs = verdict_on(calibration)
    found = msgspec.structs.replace(whole, calibration=calibration, outputs=outputs)
    found = with_status(found, status)
    n, of = where
    fit = fit_record("map")
    fit = msgspec.structs.replace(fit, status=status, n_with_status=n, n_training_sets=of, **record)
    return found.verdict, verdict_text(found, fit)


P_IS_OFF = (bias("p", 0.3, 0.4, 1e-5, (1.3, 1.9)), bias("q", 0.7, 0.6, 0.2, (0.5, 0.8)))


@pytest.mark.parametrize(
    ("status", "slope", "se", "name", "words"),
    [
        (Status.TRUSTED, 1.0, 0.05, Verdict.BEHAVES, "0.90 to 1.10"),
        (Status.TRUSTED, 0.9, 0.03, Verdict.BEHAVES, "can be read as probabilities"),
        (Status.CONVERGED, 0.5, 0.05, Verdict.OVER_CONFIDENT, "too extreme: .* 0.50"),
        (Status.CONVERGED, 1.6, 0.1, Verdict.UNDER_CONFIDENT, "too cautious: .* 1.60"),
        (Status.CONVERGED, 0.5, 0.05, Verdict.OVER_CONFIDENT, r"gains 0.050 ± 0.010 nats"),
        (Status.CONVERGED, 1.1, 0.4, Verdict.UNCERTAIN, "500 test rows are too few"),
        (Status.CONVERGED, NAN, NAN, Verdict.UNCERTAIN, "do not determine"),
        (Status.SEPARATED, 0.1, 0.02, Verdict.NO_MLE, r"over-confident, with .* 0.10 \(.*\)\.$"),
        (Status.DERIVED_SEPARATED, 1.0, 0.05, Verdict.NO_MLE, "See map"),
        (Status.UNMIXED, 1.0, 0.01, Verdict.FAILED, "R-hat"),
        (Status.MAX_STEPS, 1.0, 0.01, Verdict.FAILED, "gradient tolerance"),
    ],
)
def test_rules(status, slope, se, name, words):
    verdict, text = judged(evidence(slope, se), status)
    assert verdict is name
    assert re.search(words, text)


def test_a_fault_is_claimed_at_one_percent():
    """Slope 2.3 standard errors below 1: outside a 95 % interval, inside a 99 % one."""
    assert verdict_on(evidence(0.77, 0.1)) is Verdict.UNCERTAIN
    assert verdict_on(evidence(0.73, 0.1)) is Verdict.OVER_CONFIDENT


def test_overconfidence_must_cost_something():
    assert verdict_on(evidence(0.7, 0.1, gain=0.001)) is Verdict.OVER_CONFIDENT
    given = evidence(0.7, 0.1, gain=-0.001)
    assert verdict_on(given) is Verdict.UNCERTAIN
    assert "does not lower the log-loss (gain −0.001 ± 0.010 nats per row)" in text_of(given)


def test_few_events_are_not_judged():
    given = evidence(-1.4, 0.7, 200, n_events=2)
    assert verdict_on(given) is Verdict.UNCERTAIN
    assert "Only 2 test rows" in text_of(given)
    assert not rules(given)[0].met


def test_slopes_without_information():
    assert "too extreme" in text_of(evidence(-0.5, 0.4))
    assert "too few" in text_of(evidence(-100.0, 60.0))


def test_a_good_slope_is_not_enough():
    given = evidence(classes=P_IS_OFF)
    assert verdict_on(given) is Verdict.MISCALIBRATED
    assert "Class p has mean probability 0.300 but frequency 0.400" in text_of(given)
    assert "(odds 1.6 times too small)" in text_of(given)
    assert "lass q" not in text_of(given)
    given = evidence(p_value=0.004)
    assert verdict_on(given) is Verdict.MISCALIBRATED
    assert "less than 1 time in 250" in text_of(given)
    assert verdict_on(evidence(0.5, classes=P_IS_OFF)) is Verdict.OVER_CONFIDENT


def test_a_fault_without_a_slope_is_still_a_fault():
    assert verdict_on(evidence(NAN, NAN, p_value=0.001)) == (Verdict.MISCALIBRATED)


def a_million(classes):
    """A million rows refute anything."""
    return Calibration(
        n_obs=10**6,
        n_events=10**5,
        entropy=0.33,
        slope=Estimate.normal(0.99, 0.001),
        intercepts=[0.0, 0.0],
        gains={
            "temperature": Estimate.normal(0.0002, 0.00005),
            "isotonic": Estimate.normal(0.001, 0.0001),
        },
        p_value=0.001,
        classes=list(classes),
    )


def test_a_fault_worth_nothing_does_not_matter():
    """What cannot gain 1 % of the entropy, and odds right within a quarter, are no fault."""
    within = (
        bias("p", 0.11, 0.1, 1e-9, (0.85, 0.95)),
        bias("q", 0.89, 0.9, 1e-9, (1, 1.2)),
    )
    given = a_million(within)
    assert verdict_on(given) is Verdict.BEHAVES
    assert [rule.met for rule in rules(given)] == [True, True, False, False, True, False, True]


def test_a_class_off_by_more_than_a_quarter_of_its_odds_is_a_fault_whatever_it_costs():
    given = a_million(P_IS_OFF)
    assert verdict_on(given) is Verdict.MISCALIBRATED
    assert not rules(given)[4].met


def test_margins_follow_the_entropy_of_the_labels():
    """The same gain is nothing for balanced classes and a third of what a rare one can tell."""
    slight = evidence(p_value=0.001, gain=-0.015)
    assert slight.most == pytest.approx(0.0046, abs=1e-4)
    assert verdict_on(slight) is Verdict.BEHAVES
    rare = msgspec.structs.replace(slight, entropy=0.032)
    assert verdict_on(rare) is Verdict.MISCALIBRATED


def test_labels_that_were_all_but_excluded_are_said():
    text = text_of(evidence(p_value=2e-9))
    assert "considered practically impossible (p < 0.0001)" in text


def test_classes_are_judged_where_a_slope_cannot_be():
    few = evidence(NAN, NAN, n_events=2, classes=P_IS_OFF)
    assert verdict_on(few) is Verdict.MISCALIBRATED


def test_a_slope_off_does_not_hide_a_class():
    text = text_of(evidence(0.5, classes=P_IS_OFF))
    assert "In addition, class p has mean probability 0.300" in text


@pytest.mark.parametrize(
    ("slope", "words"),
    [(0.86, "slightly over-confident"), (1.12, "slightly under-confident"), (0.98, None)],
)
def test_the_direction_is_said_where_it_is_known(slope, words):
    given = evidence(slope, 0.02)
    assert verdict_on(given) is Verdict.BEHAVES
    assert (words in text_of(given)) if words else ("slightly" not in text_of(given))


def test_a_rare_class_is_named_as_what_there_is_too_little_of():
    rare = (
        bias("yes", 0.005, 0.005, 0.9, (0.8, 1.3)),
        bias("no", 0.995, 0.995, 0.9, (0.8, 1.3)),
    )
    given = evidence(1.0, 0.2, 8000, n_events=39, classes=rare)
    assert verdict_on(given) is Verdict.UNCERTAIN
    assert "39 test rows outside class no (of 8,000) are too few" in text_of(given)


def test_every_rule_shows_its_number():
    shown = rules(evidence(0.5, classes=P_IS_OFF, p_value=0.03))
    found = [(rule.found, rule.met) for rule in shown]
    assert found == [
        ("200", True),
        ("0.40 to 0.60", False),
        ("0.37 to 0.63", False),
        ("+0.050 ± 0.010", False),
        ("< 0.0001, odds 1.3 to 1.9 (p)", False),
        ("0.03", False),
        ("0.070", False),
    ]
    assert rules(evidence(NAN, NAN))[1].found == "no slope"


def test_a_p_value_is_that_for_all_classes_together():
    """So it is read against 5 % whatever the number of classes."""
    doubtful = bias("k", 0.1, 0.2, 0.004, (1.1, 2.0))
    shown = rules(evidence(classes=(doubtful, *FINE, *FINE)))[4]
    n_classes = 1 + 2 * len(FINE)
    assert f"p-value, times {n_classes} classes, at least 0.05" in shown.asked
    assert shown.found.startswith(f"{n_classes * 0.004:.3g}, odds 1.1 to 2.0 (k)")
    assert not shown.met


def test_minus_signs_are_real_ones():
    shown = text_of(evidence(-0.5, 0.4))
    assert "calibration slope −0.50 (95% interval −1.28 to 0.28)" in shown


def test_bonferroni_over_classes():
    many = [bias(str(k), 0.1, 0.1, 0.008 if k == 3 else 0.5, (1.2, 1.6)) for k in range(10)]
    assert verdict_on(evidence(classes=many)) is Verdict.BEHAVES
    assert verdict_on(evidence(classes=many[3:4])) is Verdict.MISCALIBRATED


def test_a_suspicion_forbids_praise_but_is_no_fault():
    """Between 1 and 5 %: neither a fault nor good behaviour, unless it cannot matter."""
    doubtful = evidence(p_value=0.03)
    given = doubtful
    assert verdict_on(given) is Verdict.UNCERTAIN
    assert text_of(given).endswith(
        "but the test of the whole probability vector leaves a doubt (p = 0.03; at least 0.05 is "
        "needed)."
    )
    biased = evidence(classes=(bias("p", 0.4, 0.5, 0.02, (1.1, 2.0)), *FINE[1:]))
    assert verdict_on(biased) is Verdict.UNCERTAIN
    assert "class p, of mean probability 0.400 and frequency 0.500, leaves a doubt (p = 0.0" in (
        text_of(biased)
    )
    harmless = evidence(p_value=0.03, gain=-0.02)
    assert verdict_on(harmless) is Verdict.BEHAVES


def test_soft_labels_have_no_test_of_the_whole_vector():
    given = evidence(p_value=None)
    assert verdict_on(given) is Verdict.BEHAVES
    assert len(rules(given)) == len(rules(evidence())) - 1


def test_where_an_mle_was_separated_is_said():
    _, text = judged(evidence(), Status.SEPARATED, where=(1, 6))
    assert "in 1 of 6 training sets. Verdict" in text


@pytest.mark.parametrize(
    ("right", "where", "words"),
    [
        (1.0, (1, 1), "right, at a training cross-entropy of 4.98e-08 nats per row. Verdict"),
        (1.0, (5, 5), "right, at a training cross-entropy of at most 4.98e-08 nats per row."),
        (0.9, (1, 1), "in the training rows. Verdict on where the optimiser stopped"),
    ],
)
def test_how_far_training_went_is_said(right, where, words):
    trained = OptimiserDiagnostics(
        objective=4.976e-8, gradient=1e-8, steps=70, train_loss=4.976e-8, train_right=right
    )
    assert words in judged(evidence(), Status.SEPARATED, where=where, diagnostics=trained)[1]


def test_the_most_is_the_highest_limit_of_any_map():
    assert evidence(gain=0.0).most == pytest.approx(1.96 * 0.01, rel=1e-3)
    assert math.isclose(evidence(0.5, 0.1).interval()[0], 0.304, abs_tol=1e-3)
